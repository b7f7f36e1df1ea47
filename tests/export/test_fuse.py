"""Normalization and decoding in the graph match the app's own."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest

from app.core.errors import StanceError
from app.inference.model_card import IMAGENET_MEAN, IMAGENET_STD, Heatmap, InputSpec, UdpCombined
from app.pose.codecs import codec_of
from app.pose.crop import normalize
from tests.conftest import GOLDEN

torch = pytest.importorskip("torch", reason="the exporter needs PyTorch")

onnx = pytest.importorskip("onnx", reason="the exporter needs onnx")

from export.fuse import Decode, Preprocess  # noqa: E402
from export.targets import check_decoding  # noqa: E402
from export.trace import trace  # noqa: E402


def maps_of(file: str) -> np.ndarray[Any, np.dtype[np.float32]]:
    with np.load(GOLDEN / "codecs" / file) as golden:
        return golden["heatmaps_int16"].astype(np.float32) * np.float32(golden["scale"])


@pytest.mark.parametrize("file", ["decode_64x48_s2.npz", "decode_96x72_s3.npz"])
@pytest.mark.parametrize("refine", ["none", "quarter", "dark", "udp"])
def test_heatmap_decoding_matches_the_app(file: str, refine: Literal["none", "quarter", "dark", "udp"]) -> None:
    maps, codec, udp = maps_of(file), Heatmap(refine), refine == "udp"
    wanted, scores = codec_of(codec).decode([maps], udp)
    with torch.inference_mode():
        got = Decode(codec, (maps.shape[3], maps.shape[2]), udp)(torch.from_numpy(maps)).numpy()
    assert got[..., 2] == pytest.approx(scores)
    seen = scores > 0
    # In heatmap cells; where a blurred map's logarithm is flat, rounding errors become visible.
    distances = np.abs(got[..., :2] - wanted)[seen] * np.array(maps.shape[:1:-1])
    assert np.percentile(distances, 98) < 1e-3
    assert (got[~seen][:, :2] < 0).all()


@pytest.mark.parametrize(("width", "height"), [(48, 64), (64, 48), (64, 64)])
def test_offset_decoding_matches_the_app(width: int, height: int) -> None:
    random = np.random.default_rng(0)
    maps = random.normal(size=(2, 9, height, width)).astype(np.float32)
    wanted, scores = codec_of(UdpCombined()).decode([maps], True)
    with torch.inference_mode():
        got = Decode(UdpCombined(), (width, height), True)(torch.from_numpy(maps)).numpy()
    assert (scores > 0).all()
    assert got[..., 2] == pytest.approx(scores, abs=1e-5)
    assert got[..., :2] == pytest.approx(wanted, abs=1e-4)


CODECS = [*(Heatmap(refine) for refine in ("none", "quarter", "dark", "udp")), Heatmap("dark", 17), UdpCombined()]


def trace_and_check(tmp_path: Path, decoder: Decode, size: tuple[int, int], udp: bool) -> None:
    """Trace ``decoder`` for maps of six channels and check it as for a fused network."""
    model = trace(decoder, torch.zeros((1, 6, size[1], size[0])), "maps", "keypoints")
    onnx.save(model, tmp_path / "decoder.onnx")
    check_decoding(tmp_path / "decoder.onnx", decoder.codec, size, 6, udp)


@pytest.mark.parametrize("codec", CODECS, ids=str)
@pytest.mark.parametrize("size", [(48, 64), (64, 48), (8, 8)])
def test_decoder_recovers_known_keypoints(tmp_path: Path, codec: Heatmap | UdpCombined, size: tuple[int, int]) -> None:
    for udp in (False, True):
        trace_and_check(tmp_path, Decode(codec, size, udp), size, udp)


class FaultyDecode(Decode):
    """A decoder with a bug that its codec and output shape do not show."""

    def __init__(self, codec: Heatmap | UdpCombined, size: tuple[int, int], fault: str) -> None:
        super().__init__(codec, size, True)
        self.fault = fault

    def forward(self, maps: Any) -> Any:
        read = super().forward(maps)
        if self.fault == "mirrored":
            return torch.stack([1 - read[..., 0], read[..., 1], read[..., 2]], dim=-1)
        return read

    def _dark_udp(self, maps: Any, x: Any, y: Any) -> Any:
        dx, dy = super()._dark_udp(maps, x, y)
        return (dx * 0, dy) if self.fault == "no step" else (dx, dy)


def test_decoding_fault_is_detected(tmp_path: Path) -> None:
    """The check is independent of the app's own decoding."""
    size = (64, 48)
    for codec, fault in ((Heatmap("udp"), "no step"), (Heatmap("none"), "mirrored"), (UdpCombined(), "mirrored")):
        with pytest.raises(StanceError, match="is wrong by"):
            trace_and_check(tmp_path, FaultyDecode(codec, size, fault), size, True)
    by_height = Decode(UdpCombined(UdpCombined().radius * 48 / 64), size, True)
    model = trace(by_height, torch.zeros((1, 6, 48, 64)), "maps", "keypoints")
    onnx.save(model, tmp_path / "decoder.onnx")
    with pytest.raises(StanceError, match="is wrong by"):
        check_decoding(tmp_path / "decoder.onnx", UdpCombined(), size, 6, True)


@pytest.mark.parametrize("color", ["rgb", "bgr"])
def test_preprocessing_matches_the_app(color: Literal["rgb", "bgr"]) -> None:
    crops = np.random.default_rng(0).integers(0, 256, (2, 8, 6, 3), np.uint8)
    picture = InputSpec((6, 8), color=color, mean=IMAGENET_MEAN, std=IMAGENET_STD)
    assert Preprocess(picture)(torch.from_numpy(crops)).numpy() == pytest.approx(normalize(crops, picture), abs=1e-5)
