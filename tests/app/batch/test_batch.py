"""Batches of real clips: the same files as single runs, bad clips told, stopped batches continued."""

from __future__ import annotations

import csv
import errno
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import av
import numpy as np
import pytest

from app.batch.__main__ import main
from app.batch.batch import run_batch
from app.batch.clip_list import Clip, find_clips
from app.batch.clip_run import Job, Outcome
from app.batch.runner import LocalRunner, usual_workers
from app.cli.main import main as single_run
from app.core.errors import StanceError
from app.core.people import Image
from app.sinks.output_lock import hold
from tests.child_process import child_process
from tests.conftest import ROOT
from tools.batch_scale import Clock, SimulatedNodes

BAD = "bad.mp4"
IN_A_NAMESPACE = ("unshare", "--map-root-user", "--mount")
"""Runs a command that may mount disks, which nothing else sees."""


def can_mount() -> bool:
    """Whether this user may mount a small disk in a namespace."""
    if shutil.which("unshare") is None:
        return False
    command = [*IN_A_NAMESPACE, "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def write_clip(path: Path, shade: int, frames: int = 2) -> None:
    """A video without people, which the networks look at all the same."""
    write_images(path, [np.full((64, 96, 3), shade, np.uint8)] * frames)


def write_images(path: Path, images: Sequence[Image]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as file:
        stream = file.add_stream("mpeg4", 10)
        stream.width, stream.height, stream.pix_fmt = images[0].shape[1], images[0].shape[0], "yuv420p"
        for image in images:
            file.mux(stream.encode(av.VideoFrame.from_ndarray(image, "bgr24")))
        file.mux(stream.encode())


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clips")
    write_clip(folder / "one.mp4", 60)
    write_clip(folder / "deeper" / "two.mp4", 180)
    (folder / BAD).write_bytes(b"not a video")
    return folder


@pytest.fixture(scope="module")
def results(
    clips: Path, rtmpose_s: Path, yolox_tiny: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, int]:
    """The folder of a finished batch, and its exit code."""
    folder = tmp_path_factory.mktemp("batch") / "results"
    return folder, main([f"{clips}/**/*.mp4", "--output", str(folder), "--format", "jsonl,csv", "--threshold", "0.25"])


def table(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_files_are_the_same_as_those_of_single_runs(clips: Path, results: tuple[Path, int], tmp_path: Path) -> None:
    folder, _ = results
    clip = clips / "deeper" / "two.mp4"
    outputs = [str(tmp_path / "two.jsonl"), str(tmp_path / "two.csv")]
    options = [text for output in outputs for text in ("--output", output)]
    assert single_run(["--headless", "--source", str(clip), *options, "--threshold", "0.25"]) == 0
    assert (folder / "deeper" / "two.jsonl").read_bytes() == (tmp_path / "two.jsonl").read_bytes()
    assert (folder / "deeper" / "two.csv").read_bytes() == (tmp_path / "two.csv").read_bytes()


def test_a_bad_clip_is_one_line_and_the_rest_goes_on(clips: Path, results: tuple[Path, int]) -> None:
    folder, code = results
    assert code == 1
    (failed,) = table(folder / "errors.csv")
    assert failed["clip"] == str(clips / BAD)
    assert "cannot be opened as a video" in failed["error"]
    done = table(folder / "summary.csv")
    assert [(row["clip"], row["frames"], row["people"]) for row in done] == [
        (str(clips / "deeper" / "two.mp4"), "2", "0"),
        (str(clips / "one.mp4"), "2", "0"),
    ]
    assert not (folder / ".stance-batch" / "unfinished" / "one").exists()


def test_finished_clips_are_not_done_again(
    clips: Path, results: tuple[Path, int], capsys: pytest.CaptureFixture[str]
) -> None:
    folder, _ = results
    command = [f"{clips}/**/[ot]*.mp4", "--output", str(folder), "--format", "jsonl,csv", "--threshold", "0.25"]
    kept = folder / "one.jsonl"
    before = kept.stat().st_mtime_ns
    assert main(command) == 2
    assert "has the results of 2 of these clips: wanted --resume, or another folder." in capsys.readouterr().err
    assert main([*command, "--mirror"]) == 2  # with other options they would be overwritten too
    assert "has the results of 2 of these clips: wanted --resume, or another folder." in capsys.readouterr().err
    (folder / "deeper" / "two.csv").write_text("half a li", encoding="utf-8")
    assert main([*command, "--resume"]) == 0
    assert "1 clip processed, 1 complete before" in capsys.readouterr().out
    assert kept.stat().st_mtime_ns == before
    assert (folder / "deeper" / "two.csv").read_text(encoding="utf-8").startswith("frame")


def test_two_batches_do_not_share_a_folder(clips: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / ".stance-batch").mkdir()
    release = hold(tmp_path / ".stance-batch" / "lock")
    assert release is not None
    assert main([f"{clips}/one.mp4", "--output", str(tmp_path)]) == 2
    assert f"Another batch is writing to {tmp_path}" in capsys.readouterr().err
    release()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--output", "{}"], "No clip is given: wanted files, or a pattern in quotes such as 'clips/*.mp4'."),
        (["one.mp4", "--output", "{}", "--format", "docx"], "has an unknown file extension: wanted one of"),
        (["one.mp4", "--output", "{}", "--format", "mp4"], "one.mp4 is one of the clips itself: wanted another folder"),
        (["one.mp4", "--output", "{}", "--workers", "0"], "0 workers are out of range: wanted 1 or more."),
        (["one.mp4", "--output", "{}", "--source", "a.mp4"], "--source has no place in a batch"),
        (["one.mp4", "--output", "{}", "--lift", "nothing"], "Unknown lifter 'nothing'"),
        (["one.mp4", "--output", "{}", "--pose", "nothing"], "The catalogue has no 'nothing': wanted a name from"),
        (["one.mp4", "--output", "{}", "--pose", "no.onnx"], "There is no file 'no.onnx': wanted an existing file"),
        (["one.mp4", "--output", "{}", "--detector", "nothing"], "The catalogue has no 'nothing'"),
        (["one.mp4", "--output", "{}", "--pose", "hand-recrop"], "'hand-recrop' only adds hands to people"),
    ],
)
def test_bad_arguments_are_refused_before_anything_is_processed(
    clips: Path,
    arguments: list[str],
    sentence: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(clips)
    before = sorted(clips.rglob("*"))
    assert main([argument.format(clips) for argument in arguments]) == 2
    assert sentence in capsys.readouterr().err
    assert sorted(clips.rglob("*")) == before


@pytest.mark.parametrize("reason", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_ends_the_batch_and_keeps_what_is_complete(tmp_path: Path, reason: int) -> None:
    for number in range(6):
        (tmp_path / f"{number}.mp4").touch()
    job = Job(tmp_path / "results", ("jsonl",), ())
    nodes = SimulatedNodes(job, 1, Clock())

    def run(job: Job, clip: Clip, cancelled: Callable[[], bool]) -> Outcome:
        if clip.name == "2":
            return Outcome(clip, problem=f"The output {clip.name}.jsonl cannot be written: {os.strerror(reason)}.")
        nodes.start(clip)
        return next(iter(nodes.finished(1.0)))

    with pytest.raises(StanceError, match=r"The disk of .* is full: wanted free space, then the same command"):
        run_batch(job, find_clips([f"{tmp_path}/*.mp4"]), lambda job: LocalRunner(job, 1, run), resume=False)
    assert [Path(row["clip"]).name for row in table(job.folder / "summary.csv")] == ["0.mp4", "1.mp4"]
    assert table(job.folder / "errors.csv") == []


@pytest.mark.slow
@pytest.mark.skipif(not can_mount(), reason="a small disk needs the right to mount one")
def test_a_batch_goes_on_when_the_disk_has_room_again(rtmpose_s: Path, yolox_tiny: Path, tmp_path: Path) -> None:
    noise = np.random.default_rng(0)
    images = [noise.integers(0, 256, (480, 640, 3), np.uint8) for _ in range(8)]
    for number in range(2):
        write_images(tmp_path / "clips" / f"{number}.mp4", images)
    disk = tmp_path / "disk"
    disk.mkdir()
    batch = shlex.join([sys.executable, "-m", "app.batch", f"{tmp_path}/clips/*.mp4", "--output", str(disk / "out")])
    batch += " --format jsonl,mp4 --workers 1 --resume"
    size = (tmp_path / "clips" / "0.mp4").stat().st_size
    small, large = (f"size={size * tenths // 10 + 200_000}" for tenths in (15, 90))
    script = f"""
        mount -t tmpfs -o {small} tmpfs {disk}; {batch}; echo $? > {tmp_path}/codes; ls {disk}/out > {tmp_path}/first
        mount -o remount,{large} {disk}; {batch}; echo $? >> {tmp_path}/codes; ls {disk}/out > {tmp_path}/second
    """
    done = subprocess.run([*IN_A_NAMESPACE, "sh", "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert f"The disk of {disk / 'out'} is full" in done.stderr
    assert (tmp_path / "codes").read_text().split() == ["2", "0"]
    tables = ["errors.csv", "summary.csv"]
    assert (tmp_path / "first").read_text().split() == ["0.jsonl", "0.mp4", *tables]
    assert (tmp_path / "second").read_text().split() == ["0.jsonl", "0.mp4", "1.jsonl", "1.mp4", *tables]


def test_unknown_options_end_with_one_line(clips: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([f"{clips}/one.mp4", "--output", str(tmp_path), "--treshold", "0.3"])
    assert ended.value.code == 2
    assert "Unrecognized arguments: --treshold" in capsys.readouterr().err


def test_memory_limits_the_clips_at_a_time() -> None:
    assert usual_workers(16, int(64e9)) == 16
    assert usual_workers(16, int(5e9)) == 4
    assert usual_workers(2, int(0.5e9)) == 1
    assert usual_workers(4, None) == 4


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl+C reaches a single process on Unix only")
def test_ctrl_c_leaves_a_state_that_resumes(rtmpose_s: Path, yolox_tiny: Path, tmp_path: Path) -> None:
    for number in range(5):
        write_clip(tmp_path / "clips" / f"{number}.mp4", 40 * number)
    results = tmp_path / "results"
    command = [sys.executable, "-m", "app.batch", f"{tmp_path}/clips/*.mp4", "--output", str(results), "--workers", "1"]
    with child_process(command, cwd=ROOT, stderr=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True) as batch:
        records = results / ".stance-batch" / "done"
        while batch.poll() is None and not list(records.glob("*.json")):
            time.sleep(0.05)
        os.kill(batch.pid, signal.SIGINT)
        told = batch.communicate(timeout=60)[0]
    assert batch.returncode == 130
    assert "left (the same command with --resume continues)" in told
    complete = len(list(records.glob("*.json")))
    assert 1 <= complete < 5
    assert sorted(path.name for path in results.glob("*.jsonl")) == [f"{number}.jsonl" for number in range(complete)]
    assert len(table(results / "summary.csv")) == complete
    assert main([*command[3:], "--resume"]) == 0
    assert len(table(results / "summary.csv")) == 5
    shutil.rmtree(results)
