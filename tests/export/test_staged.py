"""Small top-down networks of several stages, converted in the forms that files can have."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from app.inference.model_card import DecodedKeypoints, Heatmap, PoseCard

torch = pytest.importorskip("torch", reason="the exporter needs PyTorch")

from export.info import card_of  # noqa: E402
from tests.export.small_plans import SMALL  # noqa: E402
from tests.golden_weights import save_state  # noqa: E402

Command = Callable[..., tuple[int, str, str]]


@pytest.mark.parametrize(
    ("name", "flags", "codec", "shifted"),
    [
        pytest.param("rsn", ("--input", "64x96", "--fused"), DecodedKeypoints, False, marks=pytest.mark.slow),
        ("cpn", ("--input", "64x96", "--half"), Heatmap, True),
        ("hourglass", ("--input", "64x64"), Heatmap, True),
    ],
)
def test_prediction_of_the_last_stage_is_written(
    name: str, flags: tuple[str, ...], codec: type, shifted: bool, tmp_path: Path, command: Command
) -> None:
    torch.manual_seed(0)
    path = tmp_path / "net.onnx"
    checkpoint = save_state(tmp_path / f"{name}.pth", SMALL[name].build().state_dict())
    code, _, error = command("pose", checkpoint, "-o", path, *flags)
    assert (code, error) == (0, "")
    card = card_of(path)
    assert isinstance(card, PoseCard)
    assert isinstance(card.codec, codec)
    assert len(card.resolved_skeleton.names) == SMALL[name].maps
    assert card.flip_shift is shifted
