"""ONNX Runtime: one warm session a network, on the best device that really runs it.

ONNX Runtime changes to the CPU without a word, both when it makes a session and when it runs one. Here both
are off: a device counts only once it has run a picture, and the reason why a better one did not is kept.
"""

from __future__ import annotations

import contextlib
import ctypes
import io
import logging
import os
import re
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from os.path import isfile
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from onnxruntime.capi import onnxruntime_pybind11_state as ort_errors

from app.errors import StanceError
from app.priority import in_background
from app.settings import Device

log = logging.getLogger(__name__)

PROBE = Path(__file__).resolve().parent.parent / "assets" / "probe.onnx"

VERSION: str = onnxruntime.__version__

PROVIDERS = {
    "tensorrt": "TensorrtExecutionProvider",
    "cuda": "CUDAExecutionProvider",
    "coreml": "CoreMLExecutionProvider",
    "directml": "DmlExecutionProvider",
    "cpu": "CPUExecutionProvider",
}
"""Devices from best to last, with ONNX Runtime's names for them."""

OPTIONS: dict[str, dict[str, str]] = {
    # An exhaustive search takes over half a second for each new batch size and finds hardly anything faster.
    "cuda": {"cudnn_conv_algo_search": "HEURISTIC"},
}

DTYPES = {"tensor(float)": np.float32, "tensor(float16)": np.float16, "tensor(double)": np.float64}
"""The kinds of numbers that a picture is fed as."""

PREFIXES = (
    "Status Message: ",
    *(f" : {kind} : " for kind in ("FAIL", "INVALID_PROTOBUF", "INVALID_ARGUMENT", "RUNTIME_EXCEPTION", "EP_FAIL")),
)
PLACE = re.compile(r"^.*\.(?:cc|cpp|cu|h):\d+ .*?[)\]] (?=[A-Z])")
"""The source file and the function, which stand before what a device says."""
TAIL = re.compile(r" ; GPU=\d.*$")
"""What CUDA's failures end with: the card, the machine's name, and the source file once more."""

RUNTIME_ERRORS = (
    ort_errors.Fail,
    ort_errors.InvalidArgument,
    ort_errors.NoSuchFile,
    ort_errors.NoModel,
    ort_errors.EngineError,
    ort_errors.RuntimeException,
    ort_errors.InvalidProtobuf,
    ort_errors.ModelLoaded,
    ort_errors.NotImplemented,
    ort_errors.InvalidGraph,
    ort_errors.EPFail,
    MemoryError,
    RuntimeError,
    ValueError,
)
"""What ONNX Runtime raises for a file or a device that does not work (the classes have no parent of their own)."""


@dataclass(frozen=True, slots=True)
class DeviceReport:
    """Whether ``provider`` (tensorrt, cuda, ..., cpu) runs on this machine; ``reason`` says why not."""

    provider: str
    runs: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Tensor:
    """An input or output of a network; sizes that are free are None, ``type`` is ONNX Runtime's name."""

    name: str
    shape: tuple[int | None, ...]
    type: str


@dataclass(frozen=True, slots=True)
class Threads:
    """How a session uses the CPU: ``count`` threads a run (0: one a core), which ``spin`` between runs or sleep.

    ``back`` keeps them in the background: they give way to all others. ``halves`` runs a batch as two halves at once.
    """

    count: int = 0
    # Two networks take turns in one process: threads that spin while the other one works cost a factor of two.
    spin: bool = False
    back: bool = False
    halves: bool = False


FEW_CORES = 2


def beside_others(back: bool = False) -> Threads:
    """How a network uses a CPU that it shares with another one, a decoder and whoever paints.

    On few cores a run keeps to one thread: two threads of a run wait for each other after every layer, all the longer
    where something else has taken a core from one of them. Two halves of a batch wait for each other once.
    """
    if _cores() > FEW_CORES:
        return Threads(back=back)
    return Threads(1, back=back, halves=not back)


class Network:
    """One ONNX file in one session.

    ``device`` is where it runs, ``requested`` what was asked for, ``passed_over`` the better devices with the
    reason why each was not taken, or is no longer. ``others`` are those that it goes on to where this one fails.
    """

    def __init__(
        self,
        path: Path,
        session: Any,
        requested: Device,
        device: str,
        passed_over: dict[str, str],
        threads: Threads | None = None,
    ) -> None:
        self.path = path
        self.requested = requested
        self.device = device
        self.passed_over = passed_over
        self.others: Sequence[str] = ()
        self.inputs = [_tensor(node) for node in session.get_inputs()]
        self.outputs = [_tensor(node) for node in session.get_outputs()]
        self.metadata: dict[str, str] = dict(session.get_modelmeta().custom_metadata_map)
        self._session = session
        self._threads = threads or Threads()
        self._moving = threading.Lock()
        self._half = ThreadPoolExecutor(1, thread_name_prefix="network") if self._threads.halves else None
        if self._half:
            self._half.submit(int)  # begins now, to be as nice as who opens the network

    def run(self, arrays: Sequence[NDArray[Any]]) -> list[NDArray[Any]]:
        """The outputs for ``arrays`` (one an input, in their order); any thread may ask.

        Raises StanceError where the network or its device fails, and where it answers texts or lists.
        """
        if self._half is None or self.device != "cpu" or self.inputs[0].shape[:1] != (None,) or len(arrays[0]) < 2:
            return self._run(arrays)
        middle = (len(arrays[0]) + 1) // 2
        second = self._half.submit(self._run, [array[middle:] for array in arrays])
        first = self._run([array[:middle] for array in arrays])
        return [np.concatenate(halves) for halves in zip(first, second.result(), strict=True)]

    def _run(self, arrays: Sequence[NDArray[Any]]) -> list[NDArray[Any]]:
        feeds = {tensor.name: array for tensor, array in zip(self.inputs, arrays, strict=True)}
        while True:
            session, device = self._session, self.device
            try:
                answer = list(session.run(None, feeds))
                break
            except RUNTIME_ERRORS as error:
                if not self._move(session, feeds, _one_line(error)):
                    raise StanceError(f"{self.path.name} failed on {device}: {_one_line(error)}.") from error
        if not all(isinstance(output, np.ndarray) and output.dtype.kind in "fiub" for output in answer):
            raise StanceError(f"{self.path.name} answers something else than numbers.")
        return answer

    def _move(self, failed: Any, feeds: dict[str, NDArray[Any]], reason: str) -> bool:
        """Go on, for good, on the best of the ``others`` that takes these ``feeds``; False where none does.

        The memory of a device runs out, and a driver may break, long after the first run.
        """
        with self._moving:
            if self._session is not failed:  # another thread has been here
                return True
            for number, other in enumerate(self.others):
                try:
                    session = _session(self.path, other, self._threads)
                    session.run(None, feeds)
                except (_DeviceRefusedError, *RUNTIME_ERRORS):
                    continue
                told = f"{self.path.name} failed in mid-run: {reason}"
                log.warning("%s; it goes on on %s.", told, other)
                self.passed_over = {**self.passed_over, self.device: told}
                self._session, self.device, self.others = session, other, self.others[number + 1 :]
                return True
            return False


class Bound:
    """A network with its inputs ``arrays`` and its outputs where it runs: nothing is copied from run to run.

    Raises StanceError where the device fails.
    """

    def __init__(self, network: Network, arrays: Sequence[NDArray[Any]]) -> None:
        self._network = network
        answer = network.run(arrays)
        place = "cpu" if network.device == "cpu" else "cuda"
        self._binding = network._session.io_binding()
        with self._told():
            for tensor, array in zip(network.inputs, arrays, strict=True):
                there = onnxruntime.OrtValue.ortvalue_from_numpy(np.ascontiguousarray(array), place, 0)
                self._binding.bind_ortvalue_input(tensor.name, there)
            for tensor, output in zip(network.outputs, answer, strict=True):
                there = onnxruntime.OrtValue.ortvalue_from_shape_and_type(output.shape, output.dtype.type, place, 0)
                self._binding.bind_ortvalue_output(tensor.name, there)

    def run(self) -> None:
        """Run it once, to its end."""
        with self._told():
            self._network._session.run_with_iobinding(self._binding)

    def outputs(self) -> list[NDArray[Any]]:
        """What the last run answered, copied from there."""
        return list(self._binding.copy_outputs_to_cpu())

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except RUNTIME_ERRORS as error:
            name, device = self._network.path.name, self._network.device
            raise StanceError(f"{name} failed on {device}: {_one_line(error)}.") from error


Sample = Callable[[Network], Sequence[NDArray[Any]]]


def open_network(
    path: Path,
    device: Device,
    sample: Sample,
    threads: Threads | None = None,
    options: Mapping[str, str] | None = None,
) -> Network:
    """Open ``path`` on ``device`` and run ``sample(network)`` once, which also warms it up.

    ``options`` of ONNX Runtime for the device come on top of ``OPTIONS``.
    ``auto`` goes from the best device down to the CPU and keeps the reasons. Raises StanceError where the file is
    no usable network, or where the device that was asked for does not run it.
    """
    if not isfile(path):
        raise StanceError(f"There is no model file {str(path)!r}.")
    candidates = [name for name in PROVIDERS if _offered(name)] if device == "auto" else [device]
    passed_over: dict[str, str] = {}
    for number, candidate in enumerate(candidates, 1):
        reason = why_not(candidate)
        if not reason:
            try:
                session = _session(path, candidate, threads or Threads(), options)
                network = Network(path, session, device, candidate, dict(passed_over), threads)
                network.run(sample(network))
                network.others = candidates[number:]
                return network
            except _DeviceRefusedError as error:
                reason = str(error)
            except StanceError as error:
                if candidate == "cpu":
                    raise
                reason = str(error)
            except RUNTIME_ERRORS as error:
                if candidate == "cpu":
                    raise StanceError(
                        f"{str(path)!r} is not a network that ONNX Runtime can run: {_one_line(error)}."
                    ) from error
                reason = _one_line(error)
        passed_over[candidate] = reason
    raise StanceError(f"Device {device!r} does not run here: {passed_over[candidates[-1]]}.")


def probe_devices() -> list[DeviceReport]:
    """Every device that ONNX Runtime knows of, best first, each one tried with a small network."""
    names = [name for name in PROVIDERS if _offered(name) or name in ("cuda", "cpu")]
    return [DeviceReport(name, not why_not(name), why_not(name)) for name in names]


@cache
def why_not(device: str) -> str:
    """Why ``device`` does not run a small network here; empty where it does."""
    if not _offered(device):
        return f"the installed ONNX Runtime {onnxruntime.__version__} is built without {PROVIDERS[device]}"
    missing = _missing_library(device)
    if missing:
        return missing
    try:
        session = _session(PROBE, device, Threads())
        session.run(None, {"x": np.ones((1, 3, 16, 16), np.float32)})
    except (_DeviceRefusedError, *RUNTIME_ERRORS) as error:
        return _one_line(error)
    return ""


class _DeviceRefusedError(Exception):
    """ONNX Runtime made a session without the device that was asked for."""


def _cores() -> int:
    """The processor's cores that this process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def _offered(device: str) -> bool:
    return PROVIDERS[device] in onnxruntime.get_available_providers()


def _session(path: Path, device: str, threads: Threads, more: Mapping[str, str] | None = None) -> Any:
    _prepare()
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = threads.count
    options.add_session_config_entry("session.intra_op.allow_spinning", str(int(threads.spin)))
    provider = PROVIDERS[device]
    make = partial(
        onnxruntime.InferenceSession,
        str(path),
        options,
        providers=[(provider, OPTIONS.get(device, {}) | dict(more or {}))],
        enable_fallback=0,
    )
    # A session's threads are as nice as the one that makes it.
    session = in_background(make) if threads.back else make()
    if provider not in session.get_providers():
        raise _DeviceRefusedError(f"ONNX Runtime could not start {provider} (no usable device or driver)")
    return session


@cache
def _prepare() -> None:
    """Find CUDA's libraries where pip or torch put them, and keep ONNX Runtime's own log off the console."""
    onnxruntime.set_default_logger_severity(4)
    onnxruntime.disable_telemetry_events()  # on Windows: elsewhere the environment has told it to report nothing
    if hasattr(onnxruntime, "preload_dlls") and _offered("cuda"):
        # It prints what it misses; the reason is told once, by ``why_not``.
        with contextlib.redirect_stdout(io.StringIO()):
            onnxruntime.preload_dlls()


def _missing_library(device: str) -> str:
    """The shared library that keeps ``device``'s provider from loading, by name; empty where it loads."""
    _prepare()
    folder = Path(onnxruntime.__file__).parent / "capi"
    for library in sorted(folder.glob(f"*onnxruntime_providers_{device}.*")):
        if os.name == "posix":
            # The provider's library expects this one to be loaded before it.
            for shared in folder.glob("*onnxruntime_providers_shared.*"):
                ctypes.CDLL(str(shared), mode=ctypes.RTLD_GLOBAL)
        try:
            ctypes.CDLL(str(library))
        except OSError as error:
            name = str(error).partition(":")[0]
            return f"{name} is missing" if "cannot open shared object" in str(error) else _one_line(error)
    return ""


def _tensor(node: Any) -> Tensor:
    shape = tuple(size if isinstance(size, int) else None for size in node.shape)
    return Tensor(node.name, shape, node.type)


def _one_line(error: Exception) -> str:
    """The first line that says something, without ONNX Runtime's prefixes, source places and names of machines."""
    text = " ".join(str(error).split())
    for mark in (*PREFIXES, "&) "):
        _, found, rest = text.partition(mark)
        text = rest if found else text
    return PLACE.sub("", TAIL.sub("", text))[:300].rstrip(". ")
