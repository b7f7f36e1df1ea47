"""One ONNX Runtime session on one execution provider, and what ONNX Runtime's exceptions say.

ONNX Runtime falls back to the CPU without reporting it, both when it makes a session and when it runs one. Both
fallbacks are turned off here.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as ort_errors

from app.core.errors import ExplainedError
from app.core.message import Message, foreign
from app.system.threads import in_background

VERSION: str = onnxruntime.__version__

FEW_CORES = 2
"""With this many cores or fewer, a run of a network uses one thread."""

MAX_REASON = 300
"""Maximum length of a reason, in characters."""

PREFIXES = (
    "Status Message: ",
    *(f" : {kind} : " for kind in ("FAIL", "INVALID_PROTOBUF", "INVALID_ARGUMENT", "RUNTIME_EXCEPTION", "EP_FAIL")),
    "&) ",
)
"""Marks after which ONNX Runtime's messages become readable; the last one ends the signature of a function."""
SOURCE_LOCATION = re.compile(r"^.*\.(?:cc|cpp|cu|h):\d+ .*?[)\]] (?=[A-Z])")
"""The source file and the function at the beginning of a device's message."""
CUDA_TAIL = re.compile(r" ; GPU=\d.*$")
"""The end of CUDA's messages: number of the card, name of the machine, source file."""
LOADING = "Load model from "
"""The beginning of the message about a file that cannot be loaded; the path follows, which the caller knows."""
NOT_ONNX = ort_errors.InvalidProtobuf
"""What ONNX Runtime raises for a file in another format, and for one that is cut."""

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
"""What ONNX Runtime raises for a file or a device that does not work; its own classes have no common base class."""


class DeviceRefusedError(ExplainedError):
    """ONNX Runtime made a session without the requested execution provider."""


@dataclass(frozen=True, slots=True)
class Threads:
    """How a session uses the CPU.

    A run uses ``count`` threads (0: one per core), which ``spin`` between runs or sleep. In the ``background`` they
    have a lower priority than all other threads. ``split_batch`` runs a batch as two halves at the same time.
    """

    count: int = 0
    # Two networks take turns in one process: threads that spin while the other network runs make it twice as slow.
    spin: bool = False
    background: bool = False
    split_batch: bool = False


def shared_cpu_threads(background: bool = False) -> Threads:
    """Threads for a network that shares the CPU with another network, a decoder and the window.

    On few cores a run uses one thread: two threads of a run wait for each other after every layer, and longer where
    something else uses one of the cores. The two halves of a batch wait for each other only once.
    """
    if _core_count() > FEW_CORES:
        return Threads(background=background)
    return Threads(1, background=background, split_batch=not background)


def make_session(path: Path, provider: str, options: Mapping[str, str], threads: Threads) -> Any:
    """An ``onnxruntime.InferenceSession`` for ``path`` that runs on ``provider`` with its ``options``, or not at all.

    Raises DeviceRefusedError if the provider does not start, and one of ``RUNTIME_ERRORS`` if the file cannot be read
    or the device fails.
    """
    prepare_runtime()
    session_options = onnxruntime.SessionOptions()
    session_options.log_severity_level = 4
    session_options.intra_op_num_threads = threads.count
    session_options.add_session_config_entry("session.intra_op.allow_spinning", str(int(threads.spin)))
    make = partial(
        onnxruntime.InferenceSession,
        str(path),
        session_options,
        providers=[(provider, dict(options))],
        enable_fallback=0,
    )
    # A session's threads inherit the priority of the thread that makes the session.
    session = in_background(make) if threads.background else make()
    if provider not in session.get_providers():
        raise DeviceRefusedError(
            "ONNX Runtime could not start {provider} (no usable device or driver)", provider=provider
        )
    return session


@cache
def prepare_runtime() -> None:
    """Load CUDA's libraries from where pip or torch installed them, and turn off ONNX Runtime's log and telemetry."""
    onnxruntime.set_default_logger_severity(4)
    onnxruntime.disable_telemetry_events()  # effective on Windows; elsewhere ``prepare_environment`` turns it off
    if hasattr(onnxruntime, "preload_dlls") and "CUDAExecutionProvider" in onnxruntime.get_available_providers():
        # It prints the names of missing libraries, which ``devices.unavailable_reason`` reports.
        with contextlib.redirect_stdout(io.StringIO()):
            onnxruntime.preload_dlls()


def reason_of(error: Exception) -> Message:
    """The message of ``error`` in one line, without prefixes, source locations and names of machines."""
    if isinstance(error, ExplainedError):
        return error.message
    text = " ".join(str(error).split())
    for mark in PREFIXES:
        _, found, rest = text.partition(mark)
        text = rest if found else text
    text = SOURCE_LOCATION.sub("", CUDA_TAIL.sub("", text))[:MAX_REASON].rstrip(". ")
    subject, failed, reason = text.partition(" failed:")
    return foreign(reason if failed and subject.startswith(LOADING) else text)


def _core_count() -> int:
    """The number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
