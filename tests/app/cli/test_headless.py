"""Headless runs from the command line: real processes, files and signals."""

from __future__ import annotations

import csv
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from pycocotools.coco import COCO

from tests.conftest import ROOT


def stance(
    *arguments: str | Path, cwd: Path | None = None, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run ``main.py`` and wait for its end."""
    return subprocess.run(
        [sys.executable, str(ROOT / "main.py"), *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=cwd,
        env=os.environ | (environment or {}),
        timeout=300,
        check=False,
    )


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory, demo: Path, rtmpose_s: Path, yolox_tiny: Path) -> Path:
    """A folder with the outputs of 23 frames of the demo clip, in every format."""
    folder = tmp_path_factory.mktemp("outputs")
    forms = ["mp4", "mkv", "jsonl", "csv", "json"]
    done = stance(
        *("--source", "demo", "--headless", "--start", "1", "--end", "1.76"),
        *(argument for form in forms for argument in ("--output", folder / f"out.{form}")),
    )
    assert done.returncode == 0, done.stderr
    (folder / "stdout.txt").write_text(done.stdout)
    (folder / "stderr.txt").write_text(done.stderr)
    return folder


def test_summary_and_progress(outputs: Path) -> None:
    summary = (outputs / "stdout.txt").read_text()
    assert "23 frames, 2 people (ids 1, 2)" in summary
    assert "device: auto -> " in summary
    for stage in ("read", "detect", "pose", "track", "smooth", "write"):
        (row,) = (line.split() for line in summary.splitlines() if line.startswith(f"{stage} "))
        assert 0 <= float(row[1]) <= float(row[2])
    bar = (outputs / "stderr.txt").read_text()
    assert "fps, 2 people" in bar
    assert "23/23" in bar


@pytest.mark.slow
def test_check_tells_what_limits_the_accuracy(demo: Path, rtmpose_s: Path, yolox_tiny: Path) -> None:
    done = stance("--source", "demo", "--headless", "--check", "--start", "6", "--end", "7.5")
    assert done.returncode == 0, done.stderr
    checks = [line for line in done.stdout.splitlines() if line.startswith("check: ")]
    assert any("hands or feet move by up to" in line for line in checks)  # the man jumps off the wall
    assert not any("The camera moves" in line for line in checks)


def test_json_lines(outputs: Path) -> None:
    head, *frames = lines(outputs / "out.jsonl")
    assert head["format"] == "stance/1"
    assert (head["source"], head["size"], head["fps"]) == ("demo", [1768, 994], 30.0)
    assert (head["pose_model"], head["detector"]) == ("rtmpose-s", "yolox-tiny")
    assert set(head["device"]) == {"requested", "actual"}
    assert len(head["skeleton"]["names"]) == 26
    assert all(len(limb) == 2 for limb in head["skeleton"]["limbs"])
    assert [frame["frame"] for frame in frames] == list(range(30, 53))
    np.testing.assert_allclose([frame["time_s"] for frame in frames], np.arange(30, 53) / 30, atol=1e-3)
    assert [len(frame["people"]) for frame in frames[:10]] == [1] * 10
    assert [len(frame["people"]) for frame in frames[-8:]] == [2] * 8
    man, woman = frames[-1]["people"]
    assert (man["id"], woman["id"]) == (1, 2)
    for person in (man, woman):
        x0, y0, x1, y1 = person["box"]
        points = np.array(person["keypoints"])
        assert points.shape == (26, 3)
        assert 0 < person["score"] <= 1
        good = points[points[:, 2] > 0.5]
        slack = 0.1 * (y1 - y0)
        assert ((good[:, :2] > [x0 - slack, y0 - slack]) & (good[:, :2] < [x1 + slack, y1 + slack])).all()
    # The man stands on a wall in the upper half, the woman walks below.
    assert man["box"][3] < 520 < woman["box"][3]


def test_all_formats_agree(outputs: Path) -> None:
    frames = lines(outputs / "out.jsonl")[1:]
    people = [(frame["frame"], person) for frame in frames for person in frame["people"]]
    with (outputs / "out.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [(int(row["frame"]), int(row["id"])) for row in rows] == [(n, p["id"]) for n, p in people]
    for row, (_, person) in zip(rows, people, strict=True):
        assert float(row["left_wrist_x"]) == pytest.approx(person["keypoints"][9][0], abs=0.01)
    results = json.loads((outputs / "out.json").read_text())
    assert [(r["image_id"], r["track_id"]) for r in results] == [(n, p["id"]) for n, p in people]
    np.testing.assert_allclose(
        [np.array(r["keypoints"]).reshape(17, 3) for r in results],
        [p["keypoints"][:17] for _, p in people],
        atol=0.01,
    )


def test_coco_results_are_read_by_pycocotools(outputs: Path) -> None:
    truth = COCO()
    truth.dataset = {
        "images": [{"id": number} for number in range(30, 53)],
        "annotations": [],
        "categories": [{"id": 1, "name": "person"}],
    }
    truth.createIndex()
    loaded = truth.loadRes(str(outputs / "out.json"))
    assert len(loaded.anns) == len(json.loads((outputs / "out.json").read_text()))


@pytest.mark.parametrize("form", ["mp4", "mkv"])
def test_annotated_video(outputs: Path, form: str, demo: Path) -> None:
    with av.open(str(outputs / f"out.{form}")) as video:
        stream = video.streams.video[0]
        assert stream.codec_context.name == "h264"
        assert stream.codec_context.pix_fmt == "yuv420p"
        assert (stream.width, stream.height) == (1768, 994)
        assert len(video.streams.audio) == 1
        frames = list(video.decode(video=0))
    times = [float(frame.pts * frame.time_base) for frame in frames if frame.pts is not None and frame.time_base]
    np.testing.assert_allclose(np.array(times) - times[0], np.arange(23) / 30, atol=2e-3)
    drawn = frames[20].to_ndarray(format="bgr24").astype(int)
    with av.open(str(demo)) as source:
        original = next(f for n, f in enumerate(source.decode(video=0)) if n == 50).to_ndarray(format="bgr24")
    changed = np.abs(drawn - original).max(axis=2) > 90
    man = np.array(lines(outputs / "out.jsonl")[1 + 20]["people"][0]["keypoints"])
    # The drawing changes the pixels at the elbows and none in the corner.
    for x, y, score in man[[7, 8]]:
        assert score > 0.3
        assert changed[round(y) - 6 : round(y) + 7, round(x) - 6 : round(x) + 7].any()
    assert not changed[:100, -300:].any()


@pytest.mark.slow
def test_output_is_reproducible(outputs: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.jsonl"
    done = stance("--source", "demo", "--headless", "--start", "1", "--end", "1.76", "--output", again)
    assert done.returncode == 0, done.stderr
    assert again.read_bytes() == (outputs / "out.jsonl").read_bytes()


@pytest.mark.slow
def test_folder_of_photos(tmp_path: Path, shared: Path) -> None:
    photos = sorted((shared / "data" / "coco-val-dev" / "images").glob("*.jpg"))[:5]
    folder = tmp_path / "photos"
    folder.mkdir()
    for photo in photos:
        (folder / photo.name).symlink_to(photo)
    done = stance(
        "--source", folder, "--headless", "--output", tmp_path / "out.json", "--output", tmp_path / "%03d.png"
    )
    assert done.returncode == 0, done.stderr
    results = json.loads((tmp_path / "out.json").read_text())
    found = {result["image_id"] for result in results}
    assert len(found) >= 4
    assert found <= {int(photo.stem) for photo in photos}
    assert len(list(tmp_path.glob("*.png"))) == 5


def test_images_that_cannot_be_read_are_counted(tmp_path: Path, shared: Path) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    (folder / "b.jpg").symlink_to(next((shared / "data" / "coco-val-dev" / "images").glob("*.jpg")))
    for name in ("a.jpg", "c.png"):
        (folder / name).write_bytes(b"no picture")
    done = stance("--source", folder, "--headless", "--output", tmp_path / "out.jsonl")
    assert done.returncode == 0, done.stderr
    assert f"{folder}: 1 frame (2 images could not be read), " in done.stdout
    assert [frame["name"] for frame in lines(tmp_path / "out.jsonl")[1:]] == ["b.jpg"]


@pytest.mark.skipif(os.name != "posix", reason="signals are sent the POSIX way")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_completes_the_files(tmp_path: Path, demo: Path, number: signal.Signals) -> None:
    out = tmp_path / "out.jsonl"
    outputs = [str(out), str(tmp_path / "out.mp4"), str(tmp_path / "out.json")]
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "main.py"), "--source", "demo", "--headless"]
        + [argument for path in outputs for argument in ("--output", path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 60
    while (not out.exists() or out.read_bytes().count(b"\n") < 10) and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(number)
    stdout, stderr = process.communicate(timeout=60)
    assert process.returncode == 0, stderr
    frames = lines(out)[1:]
    assert 9 <= len(frames) < 230
    assert f"{len(frames)} frames" in stdout
    with av.open(str(tmp_path / "out.mp4")) as video:
        assert sum(1 for _ in video.decode(video=0)) == len(frames)
    people = sum(len(frame["people"]) for frame in frames)
    assert len(json.loads((tmp_path / "out.json").read_text())) == people


def test_output_onto_the_source_is_refused(tmp_path: Path, demo: Path) -> None:
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(demo.read_bytes())
    done = stance("--source", clip, "--headless", "--output", clip)
    assert done.returncode == 2
    assert "clip.mp4" in done.stderr
    assert clip.read_bytes() == demo.read_bytes()


@pytest.mark.slow
def test_no_display_runs_headless_and_says_so(tmp_path: Path, demo: Path) -> None:
    out = tmp_path / "out.jsonl"
    no_display = {"QT_QPA_PLATFORM": "xcb", "DISPLAY": ":987", "WAYLAND_DISPLAY": ""}
    done = stance("--source", "demo", "--limit", "3", "--output", out, environment=no_display)
    assert done.returncode == 0, done.stderr
    assert "running headless" in done.stderr.splitlines()[0]
    assert len(lines(out)) == 4
    alone = stance(environment=no_display)
    assert alone.returncode == 2
    assert alone.stderr.count("\n") == 1


def test_list_models_and_fetch(demo: Path) -> None:
    listed = stance("--list-models", "--all")
    assert listed.returncode == 0
    rows = {line.split()[0]: line for line in listed.stdout.splitlines()}
    assert "22.8 MB" in rows["rtmpose-s"]
    assert "Apache-2.0" in rows["rtmpose-s"]
    assert rows["demo"].endswith("yes")
    assert "0.744" in rows["hrnet_w32_256x192"]
    alone = stance("--all")
    assert (alone.returncode, alone.stderr.count("\n")) == (2, 1)
    assert "--list-models --all" in alone.stderr
    got = stance("--fetch", "demo")
    assert got.returncode == 0
    assert Path(got.stdout.strip()) == demo


@pytest.mark.slow
def test_formats_of_other_programs(tmp_path: Path, demo: Path) -> None:
    names = ["poses/", "walk.trc", "walk.mot", "walk.mmpose.json", "%03d.jpg", "walk.jsonl"]
    done = stance(
        *("--source", "demo", "--headless", "--start", "2", "--limit", "20"),
        *(argument for name in names for argument in ("--output", f"{tmp_path}/{name}")),
    )
    assert done.returncode == 0, done.stderr
    frames = lines(tmp_path / "walk.jsonl")[1:]
    ids = sorted({person["id"] for frame in frames for person in frame["people"]})
    assert len(ids) == 2
    written = [f"walk_person{number}{ending}" for ending in (".trc", ".mot") for number in ids]
    assert {path.name for path in tmp_path.iterdir()} == {
        *("poses", "walk.mmpose.json", "walk.jsonl"),
        *written,
        *(f"{frame['frame']:03d}.jpg" for frame in frames),
    }
    assert all(name in done.stdout for name in written)
    assert "20 files" in done.stdout
    for frame, path in zip(frames, sorted((tmp_path / "poses").iterdir()), strict=True):
        assert path.name == f"demo_{frame['frame']:012d}_keypoints.json"
        people = json.loads(path.read_text())["people"]
        assert [one["person_id"][0] for one in people] == [person["id"] for person in frame["people"]]
        assert [one["pose_keypoints_2d"][:3] for one in people] == [p["keypoints"][0] for p in frame["people"]]
    stored = json.loads((tmp_path / "walk.mmpose.json").read_text())["instance_info"]
    assert [frame["frame_id"] - 1 for frame in stored] == [frame["frame"] for frame in frames]


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_files_are_readable_after_a_kill(tmp_path: Path, demo: Path) -> None:
    names = ["walk.trc", "walk.mot", "walk.mmpose.json"]
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "main.py"), "--source", "demo", "--headless"]
        + [argument for name in names for argument in ("--output", str(tmp_path / name))],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    stored = tmp_path / "walk.mmpose.json"
    deadline = time.monotonic() + 60
    while (not stored.exists() or stored.read_bytes().count(b"frame_id") < 10) and time.monotonic() < deadline:
        time.sleep(0.02)
    process.kill()
    process.wait(timeout=60)
    assert len(json.loads(stored.read_text())["instance_info"]) >= 9
    for path in (*tmp_path.glob("*.trc"), *tmp_path.glob("*.mot")):
        rows = [line for line in path.read_text().splitlines()[6 if path.suffix == ".trc" else 7 :] if line]
        assert len(rows) >= 8
        (notice, *_) = (int(count) for count in re.findall(r"\b(\d{7})\b", path.read_text()))
        assert notice in (len(rows), len(rows) - 1)  # a row is written before the count is updated


def test_annotated_video_as_source_gives_a_notice(outputs: Path, tmp_path: Path) -> None:
    done = stance("--source", outputs / "out.mp4", "--headless", "--limit", "2", "--output", tmp_path / "again.jsonl")
    assert done.returncode == 0, done.stderr
    (notice,) = [line for line in done.stderr.splitlines() if "already contains skeletons" in line]
    assert "out.mp4" in notice
    assert "out.jsonl" in notice
    assert len(lines(tmp_path / "again.jsonl")) == 3


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="needs a limit of the file size")
def test_outputs_that_are_not_whole_are_named_with_what_they_hold(tmp_path: Path, demo: Path) -> None:
    whole = tmp_path / "whole.jsonl"
    script = (
        "import resource, sys; from app.cli.main import run\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (30000, 30000)); run()"
    )
    outputs = [whole, tmp_path / "film.mp4", tmp_path / "p-%03d.png", tmp_path / "walk.trc"]
    done = subprocess.run(
        [sys.executable, "-c", script, "--source", "demo", "--headless", "--limit", "12"]
        + [argument for path in outputs for argument in ("--output", str(path))],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 2
    written = [line for line in done.stdout.splitlines() if line.startswith("written: ")]
    assert written == [f"written: {whole}", f"written: {tmp_path / 'walk.trc'}"]
    last = done.stderr.splitlines()[-1]
    assert f"The output {tmp_path / 'film.mp4'} cannot be written: File too large. " in last
    assert f"The output {tmp_path / 'p-000.png'} cannot be written: File too large. Nothing of it is kept." in last
    assert not list(tmp_path.glob("*.png"))
    assert len(lines(whole)) == 13
