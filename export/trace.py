"""From a PyTorch network to an ONNX graph."""

from __future__ import annotations

import io
import logging
import warnings

import onnx
import torch
from torch import Tensor, nn

OPSET = 17
OPSETS = range(13, 21)
"""Resize as the networks need it came with 13 (per-channel INT8 too); 20 is the last one that PyTorch traces to."""


def trace(network: nn.Module, example: Tensor, takes: str, gives: str, opset: int = OPSET) -> onnx.ModelProto:
    """``network`` as a graph with input ``takes`` and output ``gives``, both of any batch; ``example`` is one input.

    The networks have no branches, so that following one input through is as good as the newer analysis of the program,
    makes the same graph and takes a tenth of the time.
    """
    buffer = io.BytesIO()
    batch = {0: "batch"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        logging.getLogger("torch.onnx").setLevel(logging.ERROR)
        torch.onnx.export(
            network.eval(),
            (example,),
            buffer,  # type: ignore[arg-type]  # a file object does as well
            dynamo=False,
            input_names=[takes],
            output_names=[gives],
            dynamic_axes={takes: batch, gives: batch},
            opset_version=opset,
        )
    model = onnx.load_from_string(buffer.getvalue())
    model.producer_name = "stance"
    return onnx.shape_inference.infer_shapes(model)
