"""What no weight tells comes from the person, else the catalogue, else what is usual; the card says which."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from app.card import Heatmap, UdpCombined
from app.errors import StanceError
from app.zoo.catalogue import find_entry

torch = pytest.importorskip("torch", reason="the exporter needs PyTorch")

from export.checkpoint import Checkpoint  # noqa: E402
from export.facts import Facts, Wishes, read_skeleton, settle  # noqa: E402
from export.recognise import recognise  # noqa: E402
from tests.golden_weights import keys  # noqa: E402


def facts(file: str, arch: str, dialect: str = "original", sha256: str = "", **wishes: Any) -> Facts:
    """The facts of a file of that name; no weight is looked at."""
    shapes = dict(keys(arch, dialect))
    checkpoint = Checkpoint(Path(file), sha256 or hashlib.sha256(file.encode()).hexdigest(), "", {})
    return settle(checkpoint, recognise(shapes, file), Wishes(**wishes))


def test_nothing_known_is_assumed_and_said() -> None:
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
    assert any(line.startswith("assumed: size 192x256, color rgb") for line in found.told())


def test_the_catalogue_is_asked_by_hash() -> None:
    entry = find_entry("hrnet_w48_384x288_udp")
    card = facts("renamed.pth", "hrnet_w48.k17", "mmpose1", sha256=entry.sha256 + "0" * 56).card
    assert (card.name, card.picture.size, card.codec) == (entry.name, (288, 384), Heatmap("udp"))
    assert card.udp
    assert not card.flip_shift
    assert (card.provenance.licence, card.provenance.ap) == ("Apache-2.0", entry.ap)
    assert "size" in card.provenance.catalogued


def test_the_catalogue_is_asked_by_file_name_and_claims_nothing_for_another_file() -> None:
    entry = find_entry("hrnet_w32_256x192_dark")
    card = facts(entry.file, "hrnet_w32.k17", "mmpose1").card
    assert card.codec == Heatmap("dark")
    assert (card.provenance.licence, card.provenance.ap) == ("", None)
    official = facts("pose_resnet_50_256x192.pth.tar", "resnet50.k17").card
    assert official.picture.color == "bgr"
    assert official.provenance.ap == 0.704
    assert "published under this name" in official.provenance.ap_setting


def test_the_catalogue_is_not_asked_about_a_network_that_cannot_be_it() -> None:
    card = facts("pose_hrnet_w32_256x192.pth", "hrnet_w32.k133", "mmpose1").card
    assert card.skeleton == "wholebody133"
    assert card.name == "pose_hrnet_w32_256x192"


def test_flags_come_first() -> None:
    wishes: dict[str, Any] = {
        "size": (288, 384),
        "color": "bgr",
        "decoding": "udp",
        "skeleton": "coco17",
        "fusing": "bilinear",
    }
    found = facts("pose_hrnet_w32_256x192.pth", "hrnet_w32.k17", **wishes)
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
def test_the_usual_is_assumed(file: str, arch: str, dialect: str, wanted: tuple[object, ...]) -> None:
    found = facts(file, arch, dialect)
    picture = found.card.picture
    assert (picture.size, picture.color, found.card.skeleton, found.fusing) == wanted


def test_three_maps_a_keypoint_are_udp_with_offsets(tmp_path: Path) -> None:
    shapes = dict(keys("hrnet_w32.k17", "original"))
    shapes["final_layer.weight"], shapes["final_layer.bias"] = (51, 32, 1, 1), (51,)
    checkpoint = Checkpoint(Path("mine.pth"), "0" * 64, "", {})
    card = settle(checkpoint, recognise(shapes, "mine.pth"), Wishes(skeleton="coco17")).card
    assert card.codec == UdpCombined()
    assert card.udp
    skeleton = tmp_path / "three.json"
    skeleton.write_text('{"name": "three", "names": ["a", "b", "c"]}')
    with pytest.raises(StanceError, match="51 maps, which does not fit the 3 keypoints of three"):
        settle(checkpoint, recognise(shapes, "mine.pth"), Wishes(skeleton=read_skeleton(str(skeleton))))


@pytest.mark.parametrize(
    ("wishes", "told"),
    [
        ({"size": (100, 100)}, "multiples of 32"),
        ({"size": (0, 256)}, "multiples of 32"),
        ({"skeleton": "mpii16"}, "17 maps.*16 keypoints of mpii16"),
        ({"style": "caffe"}, "has no Caffe style"),
    ],
)
def test_a_wish_that_does_not_fit_is_told(wishes: dict[str, Any], told: str) -> None:
    with pytest.raises(StanceError, match=told):
        facts("mine.pth", "hrnet_w32.k17", **wishes)


def test_a_skeleton_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(StanceError, match="cannot be read"):
        read_skeleton(str(tmp_path / "none.json"))
    (tmp_path / "bad.json").write_text('{"name": "x", "names": []}')
    with pytest.raises(StanceError, match="no keypoints"):
        read_skeleton(str(tmp_path / "bad.json"))
    with pytest.raises(StanceError, match="no skeleton named 'centaur'"):
        read_skeleton("centaur")
