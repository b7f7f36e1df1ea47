"""The catalogue's entries match what the publishers of the files state."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from app.core.errors import StanceError
from app.inference.model_card import DetectorCard, Heatmap, PoseCard, PoseModelCard, SimCC, UdpCombined
from app.inference.one_stage_card import OneStageCard
from app.zoo.catalogue import OPENMMLAB_NAME, Page, Web, entry_of_file, find_entry, load_catalogue, read_entries


def pose_card(name: str) -> PoseCard:
    card = find_entry(name).card
    assert isinstance(card, PoseCard)
    return card


def test_default_networks_and_demo_clip() -> None:
    rtmpose = pose_card("rtmpose-s")
    assert rtmpose.picture.size == (192, 256)
    assert rtmpose.codec == SimCC(split_ratio=2.0)
    assert len(rtmpose.resolved_skeleton.names) == 26
    assert rtmpose.provenance.licence == "Apache-2.0"
    assert rtmpose.provenance.sha256 == find_entry("rtmpose-s").sha256
    yolox = find_entry("yolox-tiny").card
    assert isinstance(yolox, DetectorCard)
    assert (yolox.head, yolox.picture.color, yolox.letterbox, yolox.pad) == ("dets", "bgr", "corner", 114)
    assert find_entry("demo").form == "video"


def test_entries_have_distinct_files_and_hashes() -> None:
    entries = load_catalogue().values()
    files = [entry.file for entry in entries]
    assert len(set(files)) == len(files)
    hashes = [entry.sha256[:8] for entry in entries if entry.sha256]
    assert len(set(hashes)) == len(hashes)


def test_fetchable_entries_have_hashes_and_https() -> None:
    for entry in load_catalogue().values():
        if any(not isinstance(address, Page) for address in entry.addresses):
            assert len(entry.sha256) in (8, 64), entry.name
        for address in entry.addresses:
            if isinstance(address, Web):
                assert address.url.startswith("https://"), entry.name
                assert "{" not in address.url, entry.name


def test_every_network_has_a_card_whose_skeleton_has_the_stated_keypoints() -> None:
    for entry in load_catalogue().values():
        if entry.kind == "clip":
            assert entry.card is None
            continue
        assert entry.card is not None, entry.name
        assert entry.card.name == entry.name
        assert (entry.kind == "detector") == isinstance(entry.card, DetectorCard)
        assert min(entry.card.picture.size) > 0
        if isinstance(entry.card, PoseModelCard):
            skeleton = entry.card.resolved_skeleton
            stated = re.search(r"\b(\d+) keypoints", entry.title)
            assert stated is None or int(stated[1]) == len(skeleton.names), entry.name
            assert len(set(skeleton.names)) == len(skeleton.names)
        written = re.search(r"(\d+)x(\d+)", entry.name)
        assert written is None or entry.card.picture.size == (int(written[2]), int(written[1])), entry.name


def test_openmmlab_onnx_files_have_two_addresses_at_different_hosts() -> None:
    files = [
        entry for entry in load_catalogue().values() if entry.form == "onnx" and "openmmlab.com" in str(entry.addresses)
    ]
    assert len(files) >= 20
    for entry in files:
        sites = [address for address in entry.addresses if isinstance(address, Web | Page)]
        assert len({urlsplit(address.url).netloc for address in sites}) >= 2, entry.name
        for address in sites:
            assert Path(urlsplit(address.url).path).stem == Path(entry.file).stem, entry.name
            if isinstance(address, Web):
                assert address.member == ("end2end.onnx" if address.url.endswith(".zip") else ""), entry.name


def test_listed_families_have_two_addresses_unless_no_second_one_is_known() -> None:
    alone = {
        *("rtmpose-t", "rtmpose-m_384x288", "rtmpose-l", "rtmpose-m_384x288_body", "dwpose-t"),
        *("rtmpose-t_face", "rtmpose-s_face"),
        *(f"vitpose_{size}_256x192_mmpose" for size in "sblh"),
        *(f"vitpose_{size}_256x192_simple_mmpose" for size in "sbl"),
    }
    entries = [
        entry for entry in load_catalogue().values() if re.match(r"rtmpose-|rtmw-|dwpose-|rtmo-|vitpose_", entry.name)
    ]
    assert len(entries) >= 38
    assert {entry.name for entry in entries if len(entry.addresses) < 2} == alone
    assert not any(find_entry(name).shown for name in alone)


def test_every_entry_has_two_addresses_unless_no_second_one_is_known() -> None:
    alone = [entry for entry in load_catalogue().values() if len(entry.addresses) < 2]
    unknown = re.compile(
        r"tinypose_|yolox_nano_416$|person_detector_192$|rtmpose-[tl]$|rtmpose-m_384x288(_body)?$|dwpose-t$|rtmpose-[ts]_face$"
        r"|vitpose_.*_mmpose$|(hrnet|simplebaseline)_.*_(mmpose|fp16|aic_merge|aic_combine|dark|udp|udp_regress|dark_mmpose0"
        r"|udp_mmpose0|udp_regress_mmpose0|mpii_mmpose0|mpii_dark)$"
    )
    assert [entry.name for entry in alone if not unknown.match(entry.name)] == []
    assert len(alone) == 66
    assert not any(entry.shown for entry in alone)


def test_mirrors_of_checkpoints_keep_the_published_name() -> None:
    mirrored = [
        (entry, address.url)
        for entry in load_catalogue().values()
        if entry.form == "checkpoint"
        for address in entry.addresses
        if isinstance(address, Web) and urlsplit(address.url).netloc == "huggingface.co"
    ]
    assert len(mirrored) >= 6
    for entry, url in mirrored:
        assert url.endswith(f"/{entry.file}"), entry.name
        assert entry.sha256, entry.name  # else a mirror could not be told from the published file
        stated = OPENMMLAB_NAME.search(entry.file)
        assert stated is None or entry.sha256.startswith(stated["sha256"]), entry.name


def test_openmmlab_names_state_the_input_of_the_card() -> None:
    for entry in load_catalogue().values():
        stated = re.findall(r"(\d{3})x(\d{3})", entry.file)
        if "openmmlab.com" in str(entry.addresses) and stated and entry.card is not None:
            height, width = (int(side) for side in stated[-1])
            assert entry.card.picture.size == (width, height), entry.name


def test_checkpoints_of_rtmpose_and_vitpose_match_the_published_lists(shared: Path) -> None:
    by_file = {entry.file: entry for entry in load_catalogue().values()}
    rtmpose = json.loads((shared / "parity" / "published.json").read_text())["mmpose1"]["models"]
    families = json.loads((shared / "parity2" / "published.json").read_text())["mmpose"]
    lists = [(model["file"], model["weights"], model["results"][0]["Metrics"]) for model in rtmpose]
    lists += [(model["file"], model["url"], model["results"][0]) for model in families["vitpose"] + families["rtmo"]]
    checked = set()
    for file, url, results in lists:
        entry = by_file.get(file) or by_file.get(Path(file).with_suffix(".onnx").name)
        if entry is None or not re.match("rtmpose|rtmo|vitpose", entry.name):
            continue
        if entry.form == "checkpoint":
            assert entry.addresses[0] == Web(url=url)
            assert OPENMMLAB_NAME.search(file)
        if "AP" in results:
            assert entry.ap == results["AP"], entry.name
        elif "AUC" in results:
            assert f"PCK@0.1 {results['Mean@0.1']:.3f}, AUC {results['AUC']:.3f}" in entry.ap_setting or entry.ap
        checked.add(entry.name)
    assert len(checked) >= 22, sorted(checked)


def test_one_stage_networks_have_the_card_of_their_kind() -> None:
    for size, side in (("t", 416), ("s", 640), ("m", 640), ("l", 640)):
        card = find_entry(f"rtmo-{size}").card
        assert isinstance(card, OneStageCard)
        assert (card.output, card.letterbox, card.pad, card.picture.color) == ("rtmo", "corner", 114, "bgr")
        assert card.picture.size == (side, side)
        assert len(card.resolved_skeleton.names) == 17


def test_mmpose_body_checkpoints_match_their_configurations(shared: Path) -> None:
    published = json.loads((shared / "parity" / "published.json").read_text())
    by_file = {entry.file: entry for entry in load_catalogue().values()}
    checked = 0
    for generation in ("mmpose1", "mmpose0"):
        for model in published[generation]["models"]:
            body = model["results"][0]["Dataset"] in ("COCO", "MPII") and "rtmpose" not in model["name"]
            if not body or model["name"] == "td-hm_res101_8xb32-210e_coco-384x288":  # listed with another model's file
                continue
            entry = by_file[model["file"]]
            assert entry.addresses[0] == Web(url=model["weights"])
            assert entry.sha256[:8] == model["sha256_first8"]
            card = entry.card
            assert isinstance(card, PoseCard)
            assert list(card.picture.size) == model["input_hw"][::-1]
            assert card.picture.color == "rgb"
            assert card.skeleton == {"MPII": "mpii16"}.get(model["results"][0]["Dataset"], card.skeleton)
            assert card.flip_shift == model["test_cfg"]["shift_heatmap"]
            assert card.udp == model["use_udp_affine"]
            assert card.codec == (stated_codec_1 if generation == "mmpose1" else stated_codec_0)(model), entry.name
            assert f"{model['input_hw'][0]}x{model['input_hw'][1]}" in entry.name
            checked += 1
    assert checked == 67


def stated_codec_1(model: dict[str, Any]) -> object:
    codec = model["codec"]
    kernel = codec.get("blur_kernel_size", 11)
    if codec["type"] == "UDPHeatmap":
        if codec.get("heatmap_type") == "combined":
            return UdpCombined(blur_kernel=kernel)
        return Heatmap(refine="udp", blur_kernel=kernel)
    return Heatmap(refine="dark", blur_kernel=kernel) if codec.get("unbiased") else Heatmap()


def stated_codec_0(model: dict[str, Any]) -> object:
    test = model["test_cfg"]
    if test.get("use_udp"):
        if test["target_type"] == "CombinedTarget":
            return UdpCombined(blur_kernel=test["modulate_kernel"])
        return Heatmap(refine="udp", blur_kernel=test["modulate_kernel"])
    if test["post_process"] == "unbiased":
        return Heatmap(refine="dark", blur_kernel=test["modulate_kernel"])
    return Heatmap()


def test_official_checkpoints_have_their_page(shared: Path) -> None:
    published = json.loads((shared / "parity" / "published.json").read_text())
    by_file = {entry.file: entry for entry in load_catalogue().values()}
    for zoo in ("official_hrnet", "official_simplebaseline"):
        listed = published[zoo]["model_zoo"]
        for file in listed["files"]["pose_coco"] + listed["files"]["pose_mpii"]:
            entry = by_file[file]
            assert entry.form == "checkpoint"
            assert Page(url=listed["google_drive"]) in entry.addresses
            card = entry.card
            assert isinstance(card, PoseCard)
            assert card.picture.color == ("rgb" if "hrnet" in file else "bgr")
            assert f"{card.picture.size[1]}x{card.picture.size[0]}" in file
            assert card.skeleton == ("coco17" if file in listed["files"]["pose_coco"] else "mpii16")


def test_ap_matches_papers_and_model_lists() -> None:
    assert find_entry("hrnet_w32_256x192").ap == 0.744
    assert find_entry("hrnet_w48_384x288").ap == 0.763
    assert find_entry("simplebaseline_r152_384x288").ap == 0.743
    assert find_entry("hrnet_w32_256x192_mmpose").ap == 0.749
    assert find_entry("hrnet_w48_384x288_dark").ap == 0.772
    assert find_entry("hrnet_w48_384x288_udp").ap == 0.773
    assert find_entry("simplebaseline_r101_256x192_mmpose").ap == 0.728
    assert find_entry("hrnet_w32_256x256_mpii").ap is None
    assert "PCKh@0.5 0.903" in find_entry("hrnet_w32_256x256_mpii").ap_setting


def test_files_are_identified_by_content(shared: Path, tmp_path: Path) -> None:
    renamed = tmp_path / "whatever.onnx"
    shutil.copy(shared / "models" / "tinypose_256x192.onnx", renamed)
    entry = entry_of_file(renamed)
    assert entry is not None
    assert entry.name == "tinypose_256x192"
    assert pose_card(entry.name).flip_shift
    for name in ("rtmdet_nano_person", "yolox_nano_416", "person_detector_192", "tinypose_128x96"):
        found = entry_of_file(shared / "models" / f"{name}.onnx")
        assert found is not None
        assert found.name == name


def test_other_content_of_same_size_and_name_is_unknown(tmp_path: Path) -> None:
    size = find_entry("tinypose_256x192").bytes
    assert size is not None
    file = tmp_path / "tinypose_256x192.onnx"
    file.write_bytes(bytes(size))
    assert entry_of_file(file) is None


def test_checkpoint_without_hash_is_identified_by_name(tmp_path: Path) -> None:
    file = tmp_path / "pose_hrnet_w32_384x288.pth"
    file.write_bytes(b"weights")
    entry = entry_of_file(file)
    assert entry is not None
    assert (entry.name, entry.sha256) == ("hrnet_w32_384x288", "")
    assert entry_of_file(file.rename(tmp_path / "mine.pth")) is None


def test_unknown_name_gets_suggestions() -> None:
    with pytest.raises(StanceError, match=r"^The catalogue has no 'yolox-tin': did you mean yolox-tiny"):
        find_entry("yolox-tin")
    with pytest.raises(StanceError, match="--list-models"):
        find_entry("zebra")


def test_entries_inherit_values_of_their_group() -> None:
    (plain, special) = read_entries(
        """
        [[group]]
        title = "Two"
        kind = "pose"
        form = "checkpoint"
        licence = "MIT"
        addresses = [{ type = "web", url = "https://example.org/{file}" }]
        card.picture = { size = [192, 256], color = "bgr" }
        card.codec = { type = "heatmap", refine = "dark" }
        card.skeleton = "coco17"
        [group.entries]
        plain = { file = "a-0123abcd_20200102.pth" }
        special = { file = "b.pth", card.picture.size = [288, 384], card.codec.blur_kernel = 17 }
        """
    )
    assert isinstance(plain.card, PoseCard)
    assert isinstance(special.card, PoseCard)
    assert (plain.name, plain.sha256, plain.card.picture.size) == ("plain", "0123abcd", (192, 256))
    assert (special.sha256, special.card.picture.size, special.card.picture.color) == ("", (288, 384), "bgr")
    assert special.card.codec == Heatmap(refine="dark", blur_kernel=17)
    assert special.addresses == (Web(url="https://example.org/b.pth"),)
