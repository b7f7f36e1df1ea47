"""Full disks, read-only or removed folders: one error sentence, and what was written can be read."""

from __future__ import annotations

import json
import os
import shutil
import stat
from pathlib import Path

import av
import numpy as np
import pytest

from app.sources.file import VideoFile
from tests.app.sources.clips import make_clip, steady
from tests.faults.runs import Headless, arguments, child, finished, lines, wait_for

FULL = """
import resource
resource.setrlimit(resource.RLIMIT_FSIZE, ({bytes}, {bytes}))
"""


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six seconds of noise, which gives a large video."""
    noise = np.random.default_rng(1).integers(0, 256, (240, 320, 3), np.uint8)
    return make_clip(tmp_path_factory.mktemp("clip") / "noise.mp4", steady(150), size=(320, 240), image=noise)


@pytest.mark.parametrize("ending", [".mp4", ".mkv"])
@pytest.mark.parametrize("free_bytes", [20_000, 400_000])
def test_video_cut_by_a_full_disk_plays(
    tmp_path: Path, made_pose: Path, clip: Path, ending: str, free_bytes: int
) -> None:
    pytest.importorskip("resource")
    path = tmp_path / f"out{ending}"
    process = child(arguments(made_pose, clip, (path,)), before=FULL.format(bytes=free_bytes))
    done = finished(process)
    done.refused(path.name, "cannot be")
    assert [one.name for one in tmp_path.iterdir() if one.name.startswith(".")] == []
    if free_bytes == 400_000:
        assert len(list(iter(VideoFile(path).read, None))) > 5


def test_failed_final_copy_of_an_mp4_leaves_the_growing_one(
    tmp_path: Path, headless: Headless, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the end an MP4 is copied without fragments; if that fails, the fragmented one stays and plays."""
    real = os.replace

    def refuse(one: Path, other: Path) -> None:
        real(one, tmp_path / "gone")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("app.sinks.video.os.replace", refuse)
    headless(clip, tmp_path / "out.mp4").played(150)
    (tmp_path / "gone").unlink()
    assert [path.name for path in tmp_path.iterdir()] == ["out.mp4"]
    with av.open(str(tmp_path / "out.mp4")) as video:
        assert sum(1 for _ in video.decode(video=0)) == 150


def test_full_disk_ends_only_its_own_output(tmp_path: Path, headless: Headless, clip: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    (tmp_path / "full.csv").symlink_to("/dev/full")
    headless(clip, tmp_path / "full.csv", tmp_path / "other.jsonl").refused("full.csv", "No space left")


@pytest.mark.parametrize("name", ["out.bvh", "out.glb"])
def test_motion_without_depth_is_refused_before_anything_is_written(
    tmp_path: Path, headless: Headless, clip: Path, name: str
) -> None:
    headless(clip, tmp_path / name, tmp_path / "other.jsonl").refused(name, "needs points in three dimensions")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name != "posix", reason="POSIX permissions")
@pytest.mark.parametrize(
    "name",
    [
        "out.mp4",
        "out.mkv",
        "out.jsonl",
        "out.csv",
        "out.json",
        "out.mmpose.json",
        "out.trc",
        "out.mot",
        "out.c3d",
        "out.xlsx",
        "out.html",
        "poses/",
    ],
)
def test_read_only_folder_is_refused(tmp_path: Path, headless: Headless, clip: Path, name: str) -> None:
    locked = Path("/sys/kernel") if os.geteuid() == 0 else tmp_path  # root may write to almost any folder
    if not locked.is_dir():
        pytest.skip("no folder is read-only for this user")
    mode = tmp_path.stat().st_mode
    tmp_path.chmod(stat.S_IRUSR | stat.S_IXUSR)
    done = headless(clip, more=("--output", f"{locked}/{name}"))
    tmp_path.chmod(mode)
    done.refused(
        str(locked / name), "not permitted" if name == "poses/" and locked != tmp_path else "Permission denied"
    )
    assert not list(tmp_path.iterdir())


def test_read_only_file_is_refused(tmp_path: Path, headless: Headless, clip: Path) -> None:
    for place in (Path("/proc/version"), Path("/sys/kernel/notes")):
        if not place.exists():
            pytest.skip("this system has no such files")
        for ending in (".mp4", ".mkv", ".jsonl", ".csv", ".json", ".mmpose.json", ".trc"):
            link = tmp_path / f"out{ending}"
            link.unlink(missing_ok=True)
            link.symlink_to(place)
            headless(clip, link, more=("--limit", "2")).refused(link.name)


@pytest.mark.skipif(os.name != "posix", reason="elsewhere a folder with an open file cannot be removed")
def test_folder_removed_during_a_recording(tmp_path: Path, made_pose: Path) -> None:
    """Open files continue unseen; an output that creates new files fails; the output in another folder is complete."""
    clip = make_clip(tmp_path / "long.mp4", steady(600))
    folder = tmp_path / "away"
    folder.mkdir()
    kept = tmp_path / "kept.jsonl"
    names = ("out.mp4", "out.trc", "out.csv", "out.json", "%05d.png")
    process = child(arguments(made_pose, clip, (*(folder / name for name in names), kept)))
    wait_for(lambda: kept.exists() and kept.read_bytes().count(b"\n") > 20)
    while folder.exists():  # new files may appear while it is being emptied
        shutil.rmtree(folder, ignore_errors=True)
    done = finished(process)
    done.refused("away", "No such file")
    whole = lines(kept)[1:]
    assert [frame["frame"] for frame in whole] == list(range(len(whole)))


def test_json_list_is_valid_after_the_disk_was_full(tmp_path: Path, made_pose: Path, clip: Path) -> None:
    pytest.importorskip("resource")
    outputs = (tmp_path / "out.json", tmp_path / "out.mmpose.json", tmp_path / "out.jsonl")
    done = finished(child(arguments(made_pose, clip, outputs), before=FULL.format(bytes=15_000)))
    done.refused("cannot be written", "File too large")
    assert len(json.loads((tmp_path / "out.json").read_text())) > 10
    assert len(json.loads((tmp_path / "out.mmpose.json").read_text())["instance_info"]) > 3
