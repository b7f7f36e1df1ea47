"""Small bottom-up networks, converted and run in the app."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest

from app.inference.bottom_up_card import AssociativeEmbedding, BottomUpCard, CenterOffsets, PartAffinity

torch = pytest.importorskip("torch", reason="the exporter needs PyTorch")

from app.core.people import Frame  # noqa: E402
from app.pose.grouping.rescoring import FEATURES, RESCORING_KEY, read_rescoring  # noqa: E402
from app.pose.model import Candidates  # noqa: E402
from app.pose.open_model import open_pose_model  # noqa: E402
from export.info import card_of, describe_card  # noqa: E402
from export.plans.dekr import RescorePlan  # noqa: E402
from tests.export.small_plans import SMALL  # noqa: E402
from tests.golden_weights import save_state  # noqa: E402

Command = Callable[..., tuple[int, str, str]]

GROUPINGS = {
    "higherhrnet": AssociativeEmbedding,
    "swahr": AssociativeEmbedding,
    "ae-hrnet": AssociativeEmbedding,
    "dekr": CenterOffsets,
    "openpose": PartAffinity,
    "ae-hourglass": AssociativeEmbedding,
    "ae-hourglass-mmpose": AssociativeEmbedding,
}


def checkpoint(name: str, folder: Path) -> Path:
    """The small network ``name`` with random weights, as its authors save it."""
    torch.manual_seed(0)
    return save_state(folder / f"{name}.pth", SMALL[name].build().state_dict())


MAIN = ("higherhrnet", "openpose")
"""Networks that are converted in every run."""


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in MAIN else pytest.mark.slow) for name in GROUPINGS]
)
def test_converted_network_runs_on_pictures_of_any_size(name: str, tmp_path: Path, command: Command) -> None:
    path = tmp_path / "net.onnx"
    code, output, error = command("pose", checkpoint(name, tmp_path), "-o", path, "--input", "64x64")
    assert (code, error) == (0, "")
    assert "batch 1 and 2" in output
    card = card_of(path)
    assert isinstance(card, BottomUpCard)
    assert isinstance(card.grouping, GROUPINGS[name])
    assert len(card.resolved_skeleton.names) == SMALL[name].maps
    assert card.picture.size == (64, 64)
    assert "grouping" in card.provenance.assumed
    usual = {"openpose": ("short-side", 8), "ae-hrnet": ("expand", 32)}
    assert (card.resize, card.multiple) == usual.get(name, ("short-side", 64))
    model = open_pose_model(path, "cpu")
    for height, width in ((90, 160), (160, 90)):
        image = np.zeros((height, width, 3), np.uint8)
        model.estimate(
            [Frame(0, 0.0, image)], Candidates.from_boxes(np.empty((0, 4), np.float32), np.empty(0, np.float32))
        )


def test_half_precision(tmp_path: Path, command: Command) -> None:
    path = tmp_path / "net.onnx"
    code, output, _ = command("pose", checkpoint("higherhrnet", tmp_path), "-o", path, "--input", "64x64", "--half")
    assert code == 0
    assert "Heatmaps change by 0.00" in output
    assert card_of(path).provenance.precision == "float16"


@pytest.mark.parametrize(
    ("name", "flags", "message"),
    [
        ("higherhrnet", ("--fused",), "wanted no --fused"),
        ("higherhrnet", ("--int8", "."), "wanted --half or no --int8"),
        ("higherhrnet", ("--decode", "dark"), "wanted no --decode"),
        ("openpose-body25", ("--last-relu", "yes"), ""),
        ("dekr-rescore-14", (), "a part of a pose system"),
        ("higherhrnet-14", ("--keypoints", "coco17"), "does not match the 17 keypoints"),
    ],
)
def test_flags_are_honoured_or_refused(
    name: str, flags: tuple[str, ...], message: str, tmp_path: Path, command: Command
) -> None:
    path = tmp_path / "net.onnx"
    code, output, error = command("pose", checkpoint(name, tmp_path), "-o", path, "--input", "64x64", *flags)
    assert code == (2 if message else 0)
    assert message in error
    assert message or "last_relu yes" in output


def rescoring_checkpoint(folder: Path) -> Path:
    """DEKR's rescoring network, of another width, with random weights."""
    torch.manual_seed(1)
    return save_state(folder / "rescore.pth", RescorePlan(FEATURES, (16, 8)).build().state_dict())


@pytest.mark.slow
def test_the_rescoring_network_is_included(tmp_path: Path, command: Command) -> None:
    path, rescoring = tmp_path / "net.onnx", rescoring_checkpoint(tmp_path)
    network = checkpoint("dekr", tmp_path)
    arguments = ("pose", network, "-o", path, "--input", "64x64", "--rescore", rescoring)
    code, output, error = command(*arguments)
    assert (code, error) == (0, "")
    assert "Scores are rescored by the network in rescore.pth" in output
    card = card_of(path)
    assert card.grouping == CenterOffsets(rescore=True)  # type: ignore[attr-defined]
    assert "scores of the rescoring network" in describe_card(card, path)
    metadata = {one.key: one.value for one in onnx.load(path).metadata_props}
    written = read_rescoring(metadata[RESCORING_KEY], path.name)
    for layer, name in zip(written.layers, ("l1", "l2", "l3"), strict=True):
        state = torch.load(rescoring)
        np.testing.assert_array_equal(layer.weight, state[f"{name}.weight"].numpy())
        np.testing.assert_array_equal(layer.bias, state[f"{name}.bias"].numpy())
    assert open_pose_model(path, "cpu").info.proposals == "self"


@pytest.mark.parametrize(
    ("name", "rescoring", "sentence"),
    [
        ("higherhrnet", "rescore", "has no poses that DEKR's rescoring network judges"),
        ("dekr-14", "rescore", "wanted a DEKR with 17 keypoints, or no --rescore"),
        ("hourglass", "rescore", "wanted a DEKR with 17 keypoints, or no --rescore"),
        ("dekr", "dekr-rescore-14", "wanted DEKR's rescoring network for 17 keypoints, which takes 74 numbers"),
        ("dekr", "dekr", "wanted DEKR's rescoring network"),
        ("dekr", "missing", "There is no checkpoint"),
    ],
)
def test_a_rescoring_network_that_does_not_fit_is_refused(
    name: str, rescoring: str, sentence: str, tmp_path: Path, command: Command
) -> None:
    small = rescoring_checkpoint(tmp_path) if rescoring == "rescore" else tmp_path / "missing.pth"
    if rescoring in SMALL:
        small = checkpoint(rescoring, tmp_path)
    code, _, error = command("pose", checkpoint(name, tmp_path), "-o", tmp_path / "net.onnx", "--rescore", small)
    assert code == 2
    assert sentence in error
    assert not (tmp_path / "net.onnx").exists()
