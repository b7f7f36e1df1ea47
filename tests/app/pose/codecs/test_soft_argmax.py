"""Soft-argmax compared with the authors' implementation of DSNT (tests/golden/codecs2)."""

from __future__ import annotations

import numpy as np
import pytest

from app.core.errors import StanceError
from app.core.skeleton import Skeleton
from app.inference.model_card import InputSpec, PoseCard, SoftArgmax, read_card, write_card
from app.pose.codecs import codec_of
from app.pose.codecs.soft_argmax import dsnt, flat_softmax, soft_argmax
from tests.app.pose.grouping.golden import load

FIVE = Skeleton(name="five", names=("a", "b", "c", "d", "e"), flip_pairs=((0, 1),))


@pytest.mark.parametrize("name", ["a", "b"])
def test_coordinates_equal_dsnt(name: str) -> None:
    golden = load("dsnt")
    maps = flat_softmax(golden[f"{name}_input"])
    np.testing.assert_allclose(maps, golden[f"{name}_softmax"], atol=1e-6)
    np.testing.assert_allclose(dsnt(maps), golden[f"{name}_dsnt"], atol=2e-6)
    # In pixels the original was run on the maps before the softmax, whose sums are not 1.
    np.testing.assert_allclose(soft_argmax(golden[f"{name}_input"]), golden[f"{name}_soft_argmax_pixels"], rtol=1e-6)
    sides = np.array(maps.shape[:1:-1])
    np.testing.assert_allclose((golden[f"{name}_target"] + 1) / 2 * sides - 0.5, golden[f"{name}_pixels"], atol=1e-5)


@pytest.mark.parametrize("softmax", [True, False])
def test_the_codec_reads_the_mean_of_the_map(softmax: bool) -> None:
    golden = load("dsnt")
    codec, maps = codec_of(SoftArgmax(softmax=softmax)), golden["a_input" if softmax else "a_softmax"]
    edges, scores = codec.decode([maps], udp=False)
    # Maps of 12 x 16 cells of a crop of 48 x 64 pixels; fractions count from the center of the first pixel.
    np.testing.assert_allclose(edges + 0.5 / np.array([48, 64]), (golden["a_dsnt"] + 1) / 2, atol=1e-6)
    ends, _ = codec.decode([maps], udp=True)
    np.testing.assert_allclose(ends * [11, 15], soft_argmax(golden["a_softmax"]), atol=2e-5)
    assert ((scores > 0) & (scores <= 1)).all()
    assert codec.heatmap([maps], 2).max() == 1


def test_a_gaussian_of_the_training_scores_about_1() -> None:
    rows, columns = np.indices((16, 12))
    gaussian = np.exp(-((rows - 7) ** 2 + (columns - 4) ** 2) / 2)
    maps = (gaussian / gaussian.sum())[None, None].astype(np.float32)
    _, scores = codec_of(SoftArgmax(softmax=False)).decode([maps], udp=False)
    np.testing.assert_allclose(scores, 1, atol=0.01)


def test_a_flip_test_of_mirrored_maps_changes_nothing() -> None:
    codec, maps = codec_of(SoftArgmax()), load("dsnt")["b_input"]
    mirrored = maps[:, FIVE.flip_order, :, ::-1]
    np.testing.assert_array_equal(codec.unflip([mirrored], FIVE.flip_order, False, 80)[0], maps)


def test_the_codec_is_named_in_cards_and_checks_its_maps() -> None:
    card = PoseCard("a", InputSpec((48, 64)), SoftArgmax(stride=8), FIVE)
    assert read_card(write_card(card), "a.onnx") == card
    with pytest.raises(StanceError, match="SoftArgmax for the 5 keypoints"):
        codec_of(card.codec).check([np.zeros((1, 4, 16, 12), np.float32)], FIVE, (48, 64), "a.onnx")
