"""Convolutions whose rounded weights say little stay as they are."""

from __future__ import annotations

import numpy as np
import pytest

onnx = pytest.importorskip("onnx", reason="the exporter's packages are needed")
pytest.importorskip("torch", reason="the exporter's packages are needed")

from onnx import TensorProto, helper, numpy_helper  # noqa: E402

from export.quantization_noise import noisy_convolutions  # noqa: E402


def test_convolution_of_weights_that_cancel_out_is_noisy() -> None:
    random = np.random.default_rng(4)
    plain = random.normal(0, 1, (4, 3, 3, 3)).astype(np.float32)
    # The difference of two channels that are almost equal, as large weights of both.
    cancelling = np.zeros((2, 4, 1, 1), np.float32)
    cancelling[:, 0], cancelling[:, 1] = 40.0, -39.9
    plain[1] = plain[0]
    graph = helper.make_graph(
        [
            helper.make_node("Conv", ["image", "plain"], ["maps"], name="plain", pads=[1, 1, 1, 1]),
            helper.make_node("Conv", ["maps", "cancelling"], ["difference"], name="cancelling"),
            helper.make_node("Conv", ["maps", "usual"], ["result"], name="usual", strides=[2, 2]),
        ],
        "graph",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["N", 3, 16, 16])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in ("difference", "result")],
        [
            numpy_helper.from_array(values, name)
            for name, values in (
                ("plain", plain),
                ("cancelling", cancelling),
                ("usual", random.normal(0, 1, (3, 4, 2, 2)).astype(np.float32)),
            )
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=10)
    inputs = random.normal(0, 1, (3, 3, 16, 16)).astype(np.float32)
    assert noisy_convolutions(model, inputs, ["plain", "cancelling", "usual"]) == ["cancelling"]
    assert noisy_convolutions(model, inputs, ["plain", "usual"]) == []
