"""Converts TensorFlow Lite networks to ONNX; PyTorch is not needed."""

from __future__ import annotations

import tempfile
from collections.abc import Collection
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper

from app.core.errors import StanceError
from app.core.message import Message, joined
from app.inference.model_card import ModelCard
from app.inference.onnx_model import open_network
from app.zoo.catalogue import entry_of_file
from export.onnx_file import Say, check_target, write
from export.tflite_file import DAMAGE, Network, read_network
from export.tflite_graph import NCHW, Builder
from export.tflite_operators import OPERATORS

OPSET = 17
"""The ONNX operator set that is written."""
IR_VERSION = 8
"""The version of the ONNX format that belongs to ``OPSET``."""
UNUSED_OUTPUTS = {"blazepose-full": {"Identity_2"}}
"""Outputs that Stance does not use, by the catalogue's name: a mask of the person takes half of the network's time."""
EXACT = 1e-4
"""Maximum difference between a batch and single runs, relative to the largest magnitude."""
BATCH = 3
"""Size of the batch that is compared."""


def convert_tflite(path: Path, target: Path, say: Say, all_outputs: bool = False) -> ModelCard | None:
    """Convert the TensorFlow Lite network in ``path`` to the ONNX file ``target``.

    Args:
        path: The .tflite file.
        target: The ONNX file to write; unchanged if the conversion fails.
        say: Called with one line of text per step.
        all_outputs: Keep the outputs that Stance does not use of the networks that are in the catalogue.

    Returns:
        The network's card, which is written to the file; None for a network that has none in the catalogue.

    Raises:
        StanceError: The file is not such a network, has an operator that is not known, or cannot be written.
    """
    check_target(target)
    network = read_network(path)
    entry = entry_of_file(path)
    known = entry if entry is not None and entry.form == "tflite" else None
    unused = UNUSED_OUTPUTS.get(known.name, set()) if known is not None and not all_outputs else set()
    model = to_onnx(network, path.name, unused)
    say(
        Message(
            "{file}: {name}, {count} operators",
            file=path.name,
            name=known.name if known is not None else Message("a network that the catalogue does not contain"),
            count=len(network.operators),
        )
    )
    if unused:
        say(Message("  left out, as it is not used: {names}", names=joined("{first}, {rest}", sorted(unused))))
    card = known.card if known is not None else None
    _check_batch(model, path.name)
    write(model, card, target)
    say(Message("{path}: {size:.1f} MB, checked", path=target, size=target.stat().st_size / 1e6))
    return card


def to_onnx(network: Network, file: str, unused: Collection[str] = ()) -> onnx.ModelProto:
    """The ``network`` of ``file`` as an ONNX model with a free batch.

    Names of inputs and outputs are those of the file; those of four dimensions are (N, C, H, W). Outputs named in
    ``unused`` are left out.

    Raises:
        StanceError: An operator, or the way in which it is used, is not known; the sentence names it.
    """
    for operator in network.operators:
        rule = OPERATORS.get(operator.name)
        if rule is None or operator.version > rule.version:
            raise StanceError(
                "{file} has the operator {operator} in version {version}, which cannot be converted: wanted only "
                "{known}.",
                file=file,
                operator=operator.name,
                version=operator.version,
                known=", ".join(f"{name} 1-{known.version}" for name, known in sorted(OPERATORS.items())),
            )
    builder = Builder(network, file)
    inputs = [_value(builder.set_input(tensor), network.tensors[tensor].shape) for tensor in network.inputs]
    try:
        for operator in network.operators:
            OPERATORS[operator.name].write(builder, operator)
    except DAMAGE as error:
        raise StanceError("{file} is damaged and cannot be read: wanted a complete .tflite file.", file=file) from error
    kept = [tensor for tensor in network.outputs if network.tensors[tensor].name not in unused]
    outputs = [_value(builder.output(tensor), network.tensors[tensor].shape) for tensor in kept]
    nodes, constants = builder.used({output.name for output in outputs})
    graph = helper.make_graph(nodes, "network", inputs, outputs, constants)
    model = helper.make_model(
        graph, producer_name="stance", opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION
    )
    return onnx.shape_inference.infer_shapes(model, data_prop=True)


def _value(name: str, shape: tuple[int, ...]) -> onnx.ValueInfoProto:
    sides = np.array(shape)[list(NCHW)].tolist() if len(shape) == 4 else list(shape)
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", *sides[1:]])


def _check_batch(model: onnx.ModelProto, file: str) -> None:
    """Raise StanceError unless a batch of random pictures gives what single runs give."""
    given = model.graph.input
    shapes = [[side.dim_value for side in one.type.tensor_type.shape.dim[1:]] for one in given]
    random = np.random.default_rng(0)
    inputs = [random.random((BATCH, *shape), np.float32) for shape in shapes]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{Path(file).stem}.onnx"
        onnx.save(model, path)
        session = open_network(path, "cpu", lambda _: [one[:1] for one in inputs])
        together = session.run(inputs)
        alone = [session.run([one[row : row + 1] for one in inputs]) for row in range(BATCH)]
    for place, output in enumerate(together):
        single = np.concatenate([row[place] for row in alone])
        largest = float(np.abs(single).max())
        if single.shape != output.shape or not np.abs(single - output).max() <= EXACT * largest:
            raise StanceError(
                "{file} gives other values for several pictures than for each: wanted a network whose batch is free.",
                file=file,
            )
