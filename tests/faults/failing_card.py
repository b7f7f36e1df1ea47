"""A graphics card that computes what is right for a while, and then fails in the words of ONNX Runtime."""

from __future__ import annotations

from typing import Any

import onnxruntime
import pytest
from onnxruntime.capi import onnxruntime_pybind11_state as ort_errors

from app import runtime

CUDA = "CUDAExecutionProvider"
PLACE = "/onnxruntime_src/onnxruntime/core/framework/bfc_arena.cc:376 "
CALL = "/onnxruntime_src/onnxruntime/core/providers/cuda/cuda_call.cc:129 "
AT_HOME = (
    " ; GPU=0 ; hostname=annas-pc ; file=/onnxruntime_src/cuda_allocator.cc ; line=47 ; expr=cudaMalloc(&p, size);"
)
FAILURES: dict[str, tuple[Exception, str]] = {
    "arena full": (
        ort_errors.RuntimeException(
            "[ONNXRuntimeError] : 6 : RUNTIME_EXCEPTION : Non-zero status code returned while running Conv node. "
            f"Name:'conv' Status Message: {PLACE}void* onnxruntime::BFCArena::AllocateRawInternal(size_t, bool, "
            "onnxruntime::Stream*, bool, onnxruntime::WaitNotificationFn) Failed to allocate memory for requested "
            "buffer of size 1073741824\n"
        ),
        "Failed to allocate memory for requested buffer of size 1073741824",
    ),
    "memory full": (
        ort_errors.Fail(f"[ONNXRuntimeError] : 1 : FAIL : CUDA failure 2: out of memory{AT_HOME}"),
        "CUDA failure 2: out of memory",
    ),
    "card lost": (
        ort_errors.Fail(
            f"[ONNXRuntimeError] : 1 : FAIL : {CALL}std::conditional_t<THRW, void, Status> onnxruntime::CudaCall("
            "ERRTYPE, const char*, int) [with ERRTYPE = cudaError; bool THRW = true] CUDA failure 700: an illegal "
            f"memory access was encountered{AT_HOME}"
        ),
        "CUDA failure 700: an illegal memory access was encountered",
    ),
}
"""What ONNX Runtime raises, and what a person is told of it."""


class FailingCard:
    """Claims CUDA's place in ONNX Runtime; ``bears`` is how many runs each file's network gets, by the file's name."""

    def __init__(self, patch: pytest.MonkeyPatch, failure: Exception) -> None:
        self.bears: dict[str, int] = {}
        card, real, missing = self, onnxruntime.InferenceSession, runtime._missing_library

        class Session(real):  # type: ignore[misc, valid-type]
            def __init__(self, path: str, options: Any, providers: list[Any], **more: Any) -> None:
                self.name = path.replace("\\", "/").rpartition("/")[2]
                self.on_card = providers[0][0] == CUDA
                super().__init__(path, options, providers=["CPUExecutionProvider"] if self.on_card else providers)

            def get_providers(self) -> list[str]:
                return [CUDA, *super().get_providers()] if self.on_card else super().get_providers()

            def run(self, *wanted: Any) -> Any:
                if self.on_card and self.name in card.bears:
                    card.bears[self.name] -= 1
                    if card.bears[self.name] < 0:
                        raise failure
                return super().run(*wanted)

        patch.setattr(onnxruntime, "InferenceSession", Session)
        patch.setattr(onnxruntime, "get_available_providers", lambda: [CUDA, "CPUExecutionProvider"])
        patch.setattr(runtime, "_missing_library", lambda device: "" if device == "cuda" else missing(device))
