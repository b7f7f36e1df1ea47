"""Normalisation and decoding inside a network give what the app's own give."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pytest

from app.card import IMAGENET_MEAN, IMAGENET_STD, Heatmap, Picture, UdpCombined
from app.estimate.crop import normalise
from app.estimate.decode import decode
from tests.conftest import GOLDEN

torch = pytest.importorskip("torch", reason="the exporter needs PyTorch")

from export.fuse import Feeding, Reading  # noqa: E402


def maps_of(file: str) -> np.ndarray[Any, np.dtype[np.float32]]:
    with np.load(GOLDEN / "codecs" / file) as golden:
        return golden["heatmaps_int16"].astype(np.float32) * np.float32(golden["scale"])


@pytest.mark.parametrize("file", ["decode_64x48_s2.npz", "decode_96x72_s3.npz"])
@pytest.mark.parametrize("refine", ["none", "quarter", "dark", "udp"])
def test_heatmaps_are_read_as_the_app_reads_them(file: str, refine: Literal["none", "quarter", "dark", "udp"]) -> None:
    maps, codec, udp = maps_of(file), Heatmap(refine), refine == "udp"
    wanted, scores = decode([maps], codec, udp)
    with torch.inference_mode():
        got = Reading(codec, (maps.shape[3], maps.shape[2]), udp)(torch.from_numpy(maps)).numpy()
    assert got[..., 2] == pytest.approx(scores)
    seen = scores > 0
    # In heatmap cells; a blurred map's logarithm is flat in places, where the last bit of a sum shows.
    distances = np.abs(got[..., :2] - wanted)[seen] * np.array(maps.shape[:1:-1])
    assert np.percentile(distances, 98) < 1e-3
    assert (got[~seen][:, :2] < 0).all()


def test_maps_with_offsets_are_read_as_the_app_reads_them() -> None:
    random = np.random.default_rng(0)
    maps = random.normal(size=(2, 9, 64, 48)).astype(np.float32)
    wanted, scores = decode([maps], UdpCombined(), True)
    with torch.inference_mode():
        got = Reading(UdpCombined(), (48, 64), True)(torch.from_numpy(maps)).numpy()
    assert (scores > 0).all()
    assert got[..., 2] == pytest.approx(scores, abs=1e-5)
    assert got[..., :2] == pytest.approx(wanted, abs=1e-4)


@pytest.mark.parametrize("color", ["rgb", "bgr"])
def test_crops_are_fed_as_the_app_feeds_them(color: Literal["rgb", "bgr"]) -> None:
    crops = np.random.default_rng(0).integers(0, 256, (2, 8, 6, 3), np.uint8)
    picture = Picture((6, 8), color=color, mean=IMAGENET_MEAN, std=IMAGENET_STD)
    assert Feeding(picture)(torch.from_numpy(crops)).numpy() == pytest.approx(normalise(crops, picture), abs=1e-5)
