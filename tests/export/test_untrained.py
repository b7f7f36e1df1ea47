"""Published architectures with random weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

from app.inference.model_card import PoseCard
from export.info import card_of
from export.untrained import PLANS, main
from export.verify import open_on_cpu
from tests.golden_weights import keys

PUBLISHED = {"hrnet_w32": "hrnet_w32.k17", "hrnet_w48": "hrnet_w48.k17", "simplebaseline_r50": "resnet50.k17"}


@pytest.mark.parametrize("name", sorted(PLANS))
def test_weights_have_the_names_and_shapes_of_the_published_ones(name: str) -> None:
    plan = PLANS[name]
    with torch.device("meta"):
        network = plan.build()
    shapes = {key: tuple(tensor.shape) for key, tensor in network.state_dict().items()}
    published = dict(keys(PUBLISHED[name], "original"))
    assert {key: shape for key, shape in shapes.items() if not key.endswith("num_batches_tracked")} == {
        key: shape for key, shape in published.items() if not key.endswith("num_batches_tracked")
    }


@pytest.mark.slow
def test_every_form_runs(tmp_path: Path) -> None:
    assert main([str(tmp_path), "simplebaseline_r50"]) == 0
    outputs = {}
    for path in sorted(tmp_path.glob("*.onnx")):
        card = card_of(path)
        assert isinstance(card, PoseCard)
        shape = (2, 256, 192, 3) if card.picture.raw else (2, 3, 256, 192)
        network = open_on_cpu(path, shape, np.uint8 if card.picture.raw else np.float32)
        outputs[path.stem] = network.run([np.zeros(shape, np.uint8 if card.picture.raw else np.float32)])[0]
        kinds = {tensor.data_type for tensor in onnx.load(path).graph.initializer}
        assert (onnx.TensorProto.FLOAT16 in kinds) == path.stem.endswith("fp16")
    assert {name: output.shape for name, output in outputs.items()} == {
        "simplebaseline_r50": (2, 17, 64, 48),
        "simplebaseline_r50-fp16": (2, 17, 64, 48),
        "simplebaseline_r50-fused": (2, 17, 3),
        "simplebaseline_r50-fused-fp16": (2, 17, 3),
    }
