"""The devices that ONNX Runtime knows, and whether each of them runs on this machine.

A device counts as available only after it has run a small network; otherwise the reason is kept.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

from app.core.assets import asset
from app.core.message import Message
from app.inference.session import (
    RUNTIME_ERRORS,
    VERSION,
    DeviceRefusedError,
    Threads,
    make_session,
    prepare_runtime,
    reason_of,
)

PROBE = asset("probe.onnx")
"""The small network that every device is tried with."""

PROVIDERS = {
    "tensorrt": "TensorrtExecutionProvider",
    "cuda": "CUDAExecutionProvider",
    "coreml": "CoreMLExecutionProvider",
    "directml": "DmlExecutionProvider",
    "cpu": "CPUExecutionProvider",
}
"""Devices, the best one first, with the names of ONNX Runtime's execution providers."""

OPTIONS: dict[str, dict[str, str]] = {
    # An exhaustive search takes over half a second for each new batch size and hardly ever finds anything faster.
    "cuda": {"cudnn_conv_algo_search": "HEURISTIC"},
}
"""Options of the execution provider, by device."""


@dataclass(frozen=True, slots=True)
class DeviceReport:
    """Whether ``provider`` (tensorrt, cuda, ..., cpu) runs on this machine; if not, ``reason`` says why."""

    provider: str
    runs: bool
    reason: str


def built_in_devices() -> list[str]:
    """The devices that the installed ONNX Runtime was built with, the best one first."""
    available = onnxruntime.get_available_providers()
    return [device for device, provider in PROVIDERS.items() if provider in available]


def open_session(path: Path, device: str, threads: Threads, options: Mapping[str, str] | None = None) -> Any:
    """A session for ``path`` on ``device``; ``options`` are added to ``OPTIONS``. Raises what ``make_session`` does."""
    return make_session(path, PROVIDERS[device], OPTIONS.get(device, {}) | dict(options or {}), threads)


def probe_devices() -> list[DeviceReport]:
    """All built-in devices, CUDA and the CPU, the best one first, each tried with ``PROBE``."""
    built_in = built_in_devices()
    names = [name for name in PROVIDERS if name in built_in or name in ("cuda", "cpu")]
    return [DeviceReport(name, not unavailable_reason(name), unavailable_reason(name)) for name in names]


@cache
def unavailable_reason(device: str) -> str:
    """Why ``device`` does not run ``PROBE`` on this machine; empty if it does."""
    if device not in built_in_devices():
        return Message(
            "the installed ONNX Runtime {version} is built without {provider}",
            version=VERSION,
            provider=PROVIDERS[device],
        )
    missing = _missing_library(device)
    if missing:
        return missing
    try:
        session = open_session(PROBE, device, Threads())
        session.run(None, {"x": np.ones((1, 3, 16, 16), np.float32)})
    except (DeviceRefusedError, *RUNTIME_ERRORS) as error:
        return reason_of(error)
    return ""


def _missing_library(device: str) -> str:
    """The reason why the shared library of ``device``'s provider does not load; empty if it loads."""
    prepare_runtime()
    folder = Path(onnxruntime.__file__).parent / "capi"
    for library in sorted(folder.glob(f"*onnxruntime_providers_{device}.*")):
        if os.name == "posix":
            # The provider's library requires that this one is loaded before it.
            for shared in folder.glob("*onnxruntime_providers_shared.*"):
                ctypes.CDLL(str(shared), mode=ctypes.RTLD_GLOBAL)
        try:
            ctypes.CDLL(str(library))
        except OSError as error:
            name = str(error).partition(":")[0]
            return (
                Message("{file} is missing", file=name)
                if "cannot open shared object" in str(error)
                else reason_of(error)
            )
    return ""
