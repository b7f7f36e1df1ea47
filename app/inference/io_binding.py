"""Runs a network on arrays that stay on its device."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from app.core.errors import StanceError
from app.inference.onnx_model import OnnxModel
from app.inference.session import RUNTIME_ERRORS, reason_of


class IoBinding:
    """A network whose inputs ``arrays`` and outputs are on its device: a run copies nothing.

    Raises StanceError if the device fails.
    """

    def __init__(self, network: OnnxModel, arrays: Sequence[NDArray[Any]]) -> None:
        self._network = network
        outputs = network.run(arrays)
        memory = "cpu" if network.device == "cpu" else "cuda"
        self._binding = network.session.io_binding()
        with self._naming_errors():
            for tensor, array in zip(network.inputs, arrays, strict=True):
                value = onnxruntime.OrtValue.ortvalue_from_numpy(np.ascontiguousarray(array), memory, 0)
                self._binding.bind_ortvalue_input(tensor.name, value)
            for tensor, output in zip(network.outputs, outputs, strict=True):
                value = onnxruntime.OrtValue.ortvalue_from_shape_and_type(output.shape, output.dtype.type, memory, 0)
                self._binding.bind_ortvalue_output(tensor.name, value)

    def run(self) -> None:
        """Run the network once and wait for its end."""
        with self._naming_errors():
            self._network.session.run_with_iobinding(self._binding)

    def outputs(self) -> list[NDArray[Any]]:
        """The outputs of the last run, copied from the device."""
        return list(self._binding.copy_outputs_to_cpu())

    @contextmanager
    def _naming_errors(self) -> Iterator[None]:
        """Convert ONNX Runtime's exceptions to StanceErrors that name the network and its device."""
        try:
            yield
        except RUNTIME_ERRORS as error:
            name, device = self._network.path.name, self._network.device
            raise StanceError(
                "{file} failed on {device}: {reason}.", file=name, device=device, reason=reason_of(error)
            ) from error
