"""A simulated CUDA card that works for some runs, then raises the exceptions of ONNX Runtime."""

from __future__ import annotations

from typing import Any

import onnxruntime
import pytest
from onnxruntime.capi import onnxruntime_pybind11_state as ort_errors

from app.inference import devices

CUDA = "CUDAExecutionProvider"
ARENA_FILE = "/onnxruntime_src/onnxruntime/core/framework/bfc_arena.cc:376 "
CALL_FILE = "/onnxruntime_src/onnxruntime/core/providers/cuda/cuda_call.cc:129 "
DETAILS = (
    " ; GPU=0 ; hostname=annas-pc ; file=/onnxruntime_src/cuda_allocator.cc ; line=47 ; expr=cudaMalloc(&p, size);"
)
FAILURES: dict[str, tuple[Exception, str]] = {
    "arena full": (
        ort_errors.RuntimeException(
            "[ONNXRuntimeError] : 6 : RUNTIME_EXCEPTION : Non-zero status code returned while running Conv node. "
            f"Name:'conv' Status Message: {ARENA_FILE}void* onnxruntime::BFCArena::AllocateRawInternal(size_t, bool, "
            "onnxruntime::Stream*, bool, onnxruntime::WaitNotificationFn) Failed to allocate memory for requested "
            "buffer of size 1073741824\n"
        ),
        "Failed to allocate memory for requested buffer of size 1073741824",
    ),
    "memory full": (
        ort_errors.Fail(f"[ONNXRuntimeError] : 1 : FAIL : CUDA failure 2: out of memory{DETAILS}"),
        "CUDA failure 2: out of memory",
    ),
    "card lost": (
        ort_errors.Fail(
            f"[ONNXRuntimeError] : 1 : FAIL : {CALL_FILE}std::conditional_t<THRW, void, Status> onnxruntime::CudaCall("
            "ERRTYPE, const char*, int) [with ERRTYPE = cudaError; bool THRW = true] CUDA failure 700: an illegal "
            f"memory access was encountered{DETAILS}"
        ),
        "CUDA failure 700: an illegal memory access was encountered",
    ),
}
"""Exceptions of ONNX Runtime, each with the part of its message that the user sees."""


class FailingCard:
    """Stands in for CUDA in ONNX Runtime; ``runs_left`` gives, by file name, the runs of a network before it fails."""

    def __init__(self, patch: pytest.MonkeyPatch, failure: Exception) -> None:
        self.runs_left: dict[str, int] = {}
        card, real, missing = self, onnxruntime.InferenceSession, devices._missing_library

        class Session(real):  # type: ignore[misc, valid-type]
            def __init__(self, path: str, options: Any, providers: list[Any], **more: Any) -> None:
                self.name = path.replace("\\", "/").rpartition("/")[2]
                self.on_card = providers[0][0] == CUDA
                super().__init__(path, options, providers=["CPUExecutionProvider"] if self.on_card else providers)

            def get_providers(self) -> list[str]:
                return [CUDA, *super().get_providers()] if self.on_card else super().get_providers()

            def run(self, *wanted: Any) -> Any:
                if self.on_card and self.name in card.runs_left:
                    card.runs_left[self.name] -= 1
                    if card.runs_left[self.name] < 0:
                        raise failure
                return super().run(*wanted)

        patch.setattr(onnxruntime, "InferenceSession", Session)
        patch.setattr(onnxruntime, "get_available_providers", lambda: [CUDA, "CPUExecutionProvider"])
        patch.setattr(devices, "_missing_library", lambda device: "" if device == "cuda" else missing(device))
