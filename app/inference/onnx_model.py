"""ONNX networks, each in one session on the best device that really runs it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from os.path import isfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.core.errors import StanceError
from app.core.message import Message
from app.core.settings import Device
from app.inference.devices import built_in_devices, open_session, unavailable_reason
from app.inference.session import NOT_ONNX, RUNTIME_ERRORS, DeviceRefusedError, Threads, reason_of

log = logging.getLogger(__name__)

DTYPES = {"tensor(float)": np.float32, "tensor(float16)": np.float16, "tensor(double)": np.float64}
"""Floating-point types of inputs, by ONNX Runtime's names."""


@dataclass(frozen=True, slots=True)
class Tensor:
    """An input or output of a network; variable sizes are None, ``type`` is ONNX Runtime's name."""

    name: str
    shape: tuple[int | None, ...]
    type: str

    def __str__(self) -> str:
        return f"{self.name} [{', '.join(str(size or '?') for size in self.shape)}]"


class OnnxModel:
    """One ONNX file in one ``session``.

    ``device`` is the device it runs on, ``requested`` the requested one. ``skipped_devices`` are better devices, each
    with the reason why it is not used. ``fallbacks`` are the devices that are tried if this one fails during a run.
    """

    def __init__(
        self,
        path: Path,
        session: Any,
        requested: Device,
        device: str,
        skipped_devices: dict[str, str],
        threads: Threads | None = None,
    ) -> None:
        self.path = path
        self.session = session
        self.requested = requested
        self.device = device
        self.skipped_devices = skipped_devices
        self.fallbacks: Sequence[str] = ()
        self.inputs = [_tensor(node) for node in session.get_inputs()]
        self.outputs = [_tensor(node) for node in session.get_outputs()]
        self.metadata: dict[str, str] = dict(session.get_modelmeta().custom_metadata_map)
        self._names: list[str] | None = None
        self._shapes: list[tuple[int, ...] | None] = [None] * len(self.outputs)
        self.threads = threads or Threads()
        self._changing_device = threading.Lock()
        self._half = ThreadPoolExecutor(1, thread_name_prefix="network") if self.threads.split_batch else None
        if self._half:
            self._half.submit(int)  # starts the thread now, so that it inherits the priority of this one

    def keep(self, outputs: Sequence[tuple[int, tuple[int, ...] | None]]) -> None:
        """Return only these outputs from now on, in this order.

        Each is the index of an output, and the shape of one image's part of it (None: as the network returns it).
        """
        self._shapes = [shape for _, shape in outputs]
        self.outputs = [self.outputs[index] for index, _ in outputs]
        self._names = [tensor.name for tensor in self.outputs]

    def run(self, arrays: Sequence[NDArray[Any]]) -> list[NDArray[Any]]:
        """The outputs for ``arrays``, one per input in the network's order; any thread may call it.

        Raises StanceError if the network or its device fails, and if an output is not an array of numbers.
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
            session, device = self.session, self.device
            try:
                outputs = list(session.run(self._names, feeds))
                break
            except RUNTIME_ERRORS as error:
                if not self._change_device(session, feeds, reason_of(error)):
                    raise StanceError(
                        "{file} failed on {device}: {reason}.",
                        file=self.path.name,
                        device=device,
                        reason=reason_of(error),
                    ) from error
        if not all(isinstance(output, np.ndarray) and output.dtype.kind in "fiub" for output in outputs):
            raise StanceError("{file} outputs values that are not numbers.", file=self.path.name)
        return [
            output if shape is None else output.reshape(-1, *shape)
            for output, shape in zip(outputs, self._shapes, strict=True)
        ]

    def _change_device(self, failed: Any, feeds: dict[str, NDArray[Any]], reason: str) -> bool:
        """Continue on the best of the ``fallbacks`` that runs these ``feeds``; False if none does.

        A device may run out of memory, or its driver may fail, long after the first run. ``failed`` is the session that
        raised the error.
        """
        with self._changing_device:
            if self.session is not failed:  # another thread has changed the device already
                return True
            for number, device in enumerate(self.fallbacks):
                try:
                    session = open_session(self.path, device, self.threads)
                    session.run(None, feeds)
                except (DeviceRefusedError, *RUNTIME_ERRORS):
                    continue
                failure = Message("{file} failed while running: {reason}", file=self.path.name, reason=reason)
                log.warning("%s; it continues on %s.", failure, device)
                self.skipped_devices = {**self.skipped_devices, self.device: failure}
                self.session, self.device, self.fallbacks = session, device, self.fallbacks[number + 1 :]
                return True
            return False


Sample = Callable[[OnnxModel], Sequence[NDArray[Any]]]


def open_network(
    path: Path,
    device: Device,
    sample: Sample,
    threads: Threads | None = None,
    options: Mapping[str, str] | None = None,
) -> OnnxModel:
    """Open ``path`` on ``device`` and run ``sample(network)`` once, which also warms it up.

    ``options`` of the execution provider are added to ``devices.OPTIONS``. ``auto`` tries the devices from the best one
    down to the CPU and keeps the reasons of those that do not run. Raises StanceError if the file is not a network that
    ONNX Runtime can run, or if the requested device does not run it.
    """
    if not isfile(path):
        raise StanceError("There is no file {path!r}: wanted an ONNX file.", path=str(path))
    if not path.stat().st_size:
        raise _not_onnx(path)
    candidates = built_in_devices() if device == "auto" else [device]
    skipped: dict[str, str] = {}
    for number, candidate in enumerate(candidates, 1):
        reason = unavailable_reason(candidate)
        if not reason:
            try:
                session = open_session(path, candidate, threads or Threads(), options)
                network = OnnxModel(path, session, device, candidate, dict(skipped), threads)
                network.run(sample(network))
                network.fallbacks = candidates[number:]
                return network
            except DeviceRefusedError as error:
                reason = error.message
            except StanceError as error:
                if candidate == "cpu":
                    raise
                reason = error.message
            except NOT_ONNX as error:
                raise _not_onnx(path) from error
            except RUNTIME_ERRORS as error:
                if candidate == "cpu":
                    raise StanceError(
                        "{path!r} is not a model that ONNX Runtime can run: {reason}.",
                        path=str(path),
                        reason=reason_of(error),
                    ) from error
                reason = reason_of(error)
        skipped[candidate] = reason
    raise StanceError(
        "The device {device!r} is not available: {reason}.", device=device, reason=skipped[candidates[-1]]
    )


def _not_onnx(path: Path) -> StanceError:
    """The error for a file that is not in ONNX format; checkpoints can be converted."""
    from app.zoo.conversion import is_checkpoint

    if is_checkpoint(path.name):
        return StanceError(
            "{path!r} is not an ONNX file: wanted the one that `python -m export pose` makes of it, or "
            "`python -m export detector` if it is a detector.",
            path=str(path),
        )
    if path.suffix.lower() == ".tflite":
        return StanceError(
            "{path!r} is not an ONNX file: wanted the one that `python -m export tflite` makes of it.", path=str(path)
        )
    return StanceError(
        "{path!r} is not an ONNX file, or is damaged: wanted a model in ONNX format (.onnx).", path=str(path)
    )


def _tensor(node: Any) -> Tensor:
    shape = tuple(size if isinstance(size, int) else None for size in node.shape)
    return Tensor(node.name, shape, node.type)
