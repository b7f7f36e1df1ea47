"""Facts that weights do not contain come from flags, else the catalogue, else defaults; the card states which."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from app.core.errors import StanceError
from app.inference.model_card import Heatmap, UdpCombined
from app.zoo.catalogue import find_entry

torch = pytest.importorskip("torch", reason="the exporter needs PyTorch")

from export.architecture import infer_architecture  # noqa: E402
from export.checkpoint import Checkpoint  # noqa: E402
from export.options import ConvertOptions, Decoding, Facts, read_skeleton, resolve_options  # noqa: E402
from tests.golden_weights import keys  # noqa: E402


def facts(file: str, arch: str, dialect: str = "original", sha256: str = "", **options: Any) -> Facts:
    """The facts for a file of that name with the parameter shapes of ``arch``."""
    shapes = dict(keys(arch, dialect))
    checkpoint = Checkpoint(Path(file), sha256 or hashlib.sha256(file.encode()).hexdigest(), "", {})
    return resolve_options(checkpoint, infer_architecture(shapes, file), ConvertOptions(**options))


def test_unknown_facts_are_assumed_and_reported() -> None:
    found = facts("mine.pth", "hrnet_w32.k17", "mmpose1")
    card = found.card
    assert (card.picture.size, card.picture.color, card.codec, card.skeleton) == (
        (192, 256),
        "rgb",
        Heatmap(),
        "coco17",
    )
    assert card.flip_shift
    assert not card.udp
    assert "color" in card.provenance.assumed
    assert (card.provenance.chosen, card.provenance.catalogued) == ((), ())
    assert card.provenance.ap is None
    assert any(line.startswith("assumed: size 192x256, color rgb") for line in found.described())


def test_catalogue_entry_is_found_by_hash() -> None:
    entry = find_entry("hrnet_w48_384x288_udp")
    card = facts("renamed.pth", "hrnet_w48.k17", "mmpose1", sha256=entry.sha256 + "0" * 56).card
    assert (card.name, card.picture.size, card.codec) == (entry.name, (288, 384), Heatmap("udp"))
    assert card.udp
    assert not card.flip_shift
    assert (card.provenance.licence, card.provenance.ap) == ("Apache-2.0", entry.ap)
    assert "size" in card.provenance.catalogued


def test_file_name_match_claims_no_licence_or_ap() -> None:
    entry = find_entry("hrnet_w32_256x192_dark")
    card = facts(entry.file, "hrnet_w32.k17", "mmpose1").card
    assert card.codec == Heatmap("dark")
    assert (card.provenance.licence, card.provenance.ap) == ("", None)
    official = facts("pose_resnet_50_256x192.pth.tar", "resnet50.k17").card
    assert official.picture.color == "bgr"
    assert official.provenance.ap == 0.704
    assert "published under this name" in official.provenance.ap_setting


def test_catalogue_entry_must_fit_the_number_of_keypoints() -> None:
    card = facts("pose_hrnet_w32_256x192.pth", "hrnet_w32.k133", "mmpose1").card
    assert card.skeleton == "wholebody133"
    assert card.name == "pose_hrnet_w32_256x192"


def test_flags_take_precedence() -> None:
    options: dict[str, Any] = {
        "size": (288, 384),
        "color": "bgr",
        "decoding": "udp",
        "skeleton": "coco17",
        "fusing": "bilinear",
    }
    found = facts("pose_hrnet_w32_256x192.pth", "hrnet_w32.k17", **options)
    assert (found.card.picture.size, found.card.picture.color) == ((288, 384), "bgr")
    assert (found.card.codec, found.card.udp, found.fusing) == (Heatmap("udp"), True, "bilinear")
    assert set(found.card.provenance.chosen) == {"size", "color", "decoding", "skeleton", "fusing"}
    assert found.card.provenance.ap is None


@pytest.mark.parametrize(
    ("file", "arch", "dialect", "wanted"),
    [
        ("mine_384x288_best.pth", "hrnet_w48.k17", "mmpose1", ((288, 384), "rgb", "coco17", "nearest")),
        ("mine.pth", "resnet50.k17", "original", ((192, 256), "bgr", "coco17", "nearest")),
        ("mine.pth", "resnet50.k16", "original", ((256, 256), "bgr", "mpii16", "nearest")),
        ("hand.pth", "hrnetv2_w18.k21", "mmpose0", ((256, 256), "rgb", "hand21", "bilinear")),
        ("face.pth", "hrnetv2_w18.k68", "mmpose1", ((256, 256), "rgb", "face68", "bilinear")),
    ],
)
def test_defaults_are_assumed(file: str, arch: str, dialect: str, wanted: tuple[object, ...]) -> None:
    found = facts(file, arch, dialect)
    picture = found.card.picture
    assert (picture.size, picture.color, found.card.skeleton, found.fusing) == wanted


def test_three_maps_per_keypoint_are_udp_with_offsets(tmp_path: Path) -> None:
    shapes = dict(keys("hrnet_w32.k17", "original"))
    shapes["final_layer.weight"], shapes["final_layer.bias"] = (51, 32, 1, 1), (51,)
    checkpoint = Checkpoint(Path("mine.pth"), "0" * 64, "", {})
    card = resolve_options(checkpoint, infer_architecture(shapes, "mine.pth"), ConvertOptions(skeleton="coco17")).card
    assert card.codec == UdpCombined()
    assert card.udp
    skeleton = tmp_path / "three.json"
    skeleton.write_text('{"name": "three", "names": ["a", "b", "c"]}')
    with pytest.raises(StanceError, match="51 heatmaps, which does not match the 3 keypoints of three"):
        resolve_options(
            checkpoint, infer_architecture(shapes, "mine.pth"), ConvertOptions(skeleton=read_skeleton(str(skeleton)))
        )


@pytest.mark.parametrize(
    ("dialect", "size", "radius"),
    [
        ("mmpose0", (256, 192), 0.0546875 * 192 / 256),  # relative to the height, as in MMPose 0.x
        ("mmpose0", (192, 256), 0.0546875),
        ("mmpose1", (256, 192), 0.0546875),
        ("original", (256, 192), 0.0546875),
    ],
)
def test_offset_radius_follows_the_training_program(dialect: str, size: tuple[int, int], radius: float) -> None:
    shapes = dict(keys("resnet50.k17", dialect))
    shapes = {name: (51, *shape[1:]) if ".final_layer" in f".{name}" else shape for name, shape in shapes.items()}
    checkpoint = Checkpoint(Path("mine.pth"), "0" * 64, "", {})
    decodings: tuple[Decoding | None, ...] = (None, "udp")
    for decoding in decodings:
        options = ConvertOptions(size=size, skeleton="coco17", decoding=decoding)
        codec = resolve_options(checkpoint, infer_architecture(shapes, "mine.pth"), options).card.codec
        assert isinstance(codec, UdpCombined)
        assert codec.radius == pytest.approx(radius)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"size": (100, 100)}, "multiples of 32"),
        ({"size": (0, 256)}, "multiples of 32"),
        ({"skeleton": "mpii16"}, "17 heatmaps.*16 keypoints of mpii16"),
        ({"style": "caffe"}, "has no Caffe style"),
    ],
)
def test_option_that_does_not_fit_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(StanceError, match=message):
        facts("mine.pth", "hrnet_w32.k17", **options)


def test_unreadable_skeleton_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StanceError, match="cannot be read"):
        read_skeleton(str(tmp_path / "none.json"))
    (tmp_path / "bad.json").write_text('{"name": "x", "names": []}')
    with pytest.raises(StanceError, match="no keypoints"):
        read_skeleton(str(tmp_path / "bad.json"))
    (tmp_path / "bad.json").write_text('{"name": "x", "names": [1]}')
    with pytest.raises(StanceError, match=r"cannot be used: its field names\.0 is 1; wanted a text\.$"):
        read_skeleton(str(tmp_path / "bad.json"))
    (tmp_path / "bad.json").write_bytes(b"\xff\xfe{")
    with pytest.raises(StanceError, match=r"damaged or cut off; wanted an object with the fields name and names\.$"):
        read_skeleton(str(tmp_path / "bad.json"))
    with pytest.raises(StanceError, match="no skeleton named 'centaur'"):
        read_skeleton("centaur")
