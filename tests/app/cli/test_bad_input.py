"""Bad input gives one sentence that says what, which and what was wanted, and exit code 2."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from app.cli.main import main
from app.inference.registry import LIFTERS
from tests.app.cli.test_headless import stance
from tests.conftest import ROOT

BAD = [
    (["--source", "gone.mp4"], "gone.mp4"),
    (["--source", "README.md"], "README.md"),
    (["--source", "demo", "--output", "no/such/folder.mp4"], "no/such"),
    (["--source", "demo", "--output", "out.txt"], ".txt"),
    (["--source", "demo", "--output", "a.csv", "--output", "a.csv"], "a.csv"),
    (["--source", "demo", "--output", "a.png"], "a.png"),
    (["--source", "demo", "--pose", "nothing"], "nothing"),
    (["--source", "demo", "--pose", "README.md"], "'README.md' is not an ONNX file, or is damaged: wanted"),
    (["--source", "demo", "--detector", "README.md"], "'README.md' is not an ONNX file, or is damaged: wanted"),
    (["--source", "demo", "--crop", "100x100"], "wanted no other size"),
    (
        ["--source", "demo", "--lift", "nothing"],
        "Unknown lifter 'nothing': wanted one of stance-lifter",
    ),
    (["--source", "demo", "--max-people", "-1"], "wanted 0 (no limit) or more"),
    (["--source", "demo", "--max-people", "all"], "'all' is not a whole number, wanted 0 (no limit) or more"),
    (["--source", "demo", "--detector", "rtmpose-s"], "--pose"),
    (["--source", "demo", "--threshold", "1.5"], "1.5"),
    (["--source", "demo", "--threshold", "much"], "much"),
    (["--source", "demo", "--detect-every", "-1"], "wanted 0 s (every frame) or more"),
    (["--source", "demo", "--start", "nan"], "nan"),
    (["--source", "demo", "--start", "3", "--end", "2"], "2"),
    (["--source", "demo", "--limit", "0"], "0"),
    (["--source", str(ROOT / "docs" / "demo.jpg"), "--check"], "wanted a video or a camera"),
    (["--source", "demo", "--limit", "-3"], "-3"),
    (["--source", "demo", "--start", "100"], "at most 7.67 s"),
    (["--source", "cam1/01.jpg", "cam1/02.jpg", "cam2/01.jpg"], "--source '*/*.jpg'"),
    (["--source", "a.mp4", "--source", "b.mp4"], "2 sources"),
    (["--source", "demo", "--smooth", "butter"], "--smooth: invalid choice 'butter' (choose from"),
    (["--source", "demo", "--device", "abacus"], "abacus"),
    (["--source", "demo", "--only", "top"], "--only 'top' names no people: wanted ids as in 2,3, or one of largest"),
    (
        ["--source", "demo", "--angles", "right_knee,knees"],
        "There is no angle 'knees': wanted one of right_ankle, left_ankle",
    ),
    (["--source", "demo", "--scale", "-5=2"], "The scale '-5=2' is not valid: wanted a length above 0 in pixels"),
    (["--source", "demo", "--freeze", "1,,2"], "The freezes '1,,2' cannot be read"),
    (["--source", "99"], "99"),
    (["--source", "demo", "--output", ""], "--output is empty: wanted"),
    (["--source", "demo", "--output", " "], "--output is empty: wanted"),
    (["--source", "demo", "--output", "README.md/a.csv"], "README.md, which is a file: wanted a folder"),
    (["--source", "demo", "--output", "README.md/poses/"], "README.md, which is a file: wanted a folder"),
    (["--source", "demo", "--output", "README.md/"], "README.md is a file: wanted the name of a folder"),
    (["--source", "demo", "--output", "no/such/poses/"], "The folder of the output no/such/poses does not exist"),
    (["--output", "a.csv"], "--source"),
    ([], "--source"),
    (["--no-such-flag"], "Unrecognized arguments: --no-such-flag; `"),
]


@pytest.mark.parametrize(("arguments", "named"), BAD, ids=lambda value: " ".join(value) if value else "nothing")
def test_bad_input_gives_one_line_that_names_it(
    tmp_path: Path,
    arguments: list[str],
    named: str,
    demo: Path,
    rtmpose_s: Path,
    yolox_tiny: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "README.md").write_text("This is no video.\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(LIFTERS, "_values", {})  # tests that ran before in this process may have registered some
    try:
        code: object = main(["--headless", *arguments])
    except SystemExit as ended:
        code = ended.code
    stderr = capsys.readouterr().err
    assert code == 2
    assert stderr.count("\n") == 1, stderr
    assert named in stderr
    assert stderr.count(": ") < 2, "a sentence has one colon"
    assert "Traceback" not in stderr
    assert list(tmp_path.iterdir()) == [tmp_path / "README.md"]


@pytest.mark.parametrize("arguments", [["--source", "gone.mp4"], ["--source", "demo", "--limit", "much"]])
def test_process_with_bad_input_prints_one_line_and_exits_with_2(tmp_path: Path, arguments: list[str]) -> None:
    done = stance("--headless", *arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1, done.stderr
    assert arguments[-1] in done.stderr


@pytest.mark.parametrize("option", ["--pose", "--detector"])
def test_a_checkpoint_names_the_exporter(
    tmp_path: Path, option: str, demo: Path, rtmpose_s: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    checkpoint = tmp_path / "weights.pth.tar"
    checkpoint.write_text("no ONNX")
    assert main(["--headless", "--source", "demo", option, str(checkpoint)]) == 2
    stderr = capsys.readouterr().err
    assert stderr.count(str(checkpoint)) == 1
    assert "is not an ONNX file: wanted the one that `python -m export pose` makes of it" in stderr


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="others get another error of the system")
@pytest.mark.parametrize("name", ["a.csv", "a.mp4", "poses/", "a-%04d.png"])
def test_a_folder_that_takes_no_file_is_named(
    name: str, demo: Path, rtmpose_s: Path, yolox_tiny: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--headless", "--source", "demo", "--output", f"/proc/{name}"]) == 2
    out, err = capsys.readouterr()
    assert "no file can be created in /proc; wanted another folder" in err
    assert out == "", "nothing was analysed"


@pytest.mark.parametrize("name", ["a.jsonl", "b.trc", "c.stance"])
def test_recordings_are_no_source_of_a_run_without_a_window(
    tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / name).write_text("{}\n")
    assert main(["--headless", "--source", str(tmp_path / name)]) == 2
    assert f"{name}' has no pictures and opens in the window only: wanted a video" in capsys.readouterr().err
