"""The command line of the training."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.core.skeleton import load_skeleton
from app.lifting.network_lifter import open_network_lifter
from tests.app.evaluate.test_motions import walk
from training.__main__ import main


def test_the_same_motions_steps_and_seed_give_the_same_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = [tmp_path / f"{name}.onnx" for name in ("one", "again", "other")]
    motions = str(walk(tmp_path / "walk.npz"))
    for file, seed in zip(files, ("5", "5", "6"), strict=True):
        assert main(["lift", "--motions", motions, "--minutes", "0.003", "--seed", seed, "-o", str(file)]) == 0
    assert "step 3 of 3" in capsys.readouterr().out
    one, again, other = (file.read_bytes() for file in files)
    assert one == again
    assert one != other
    lifter = open_network_lifter(files[0], load_skeleton("coco17"))
    assert lifter.history == (18, 0)
    assert "glide" in lifter.card.data


def test_motions_that_are_held_out_are_measured(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with np.load(walk(tmp_path / "walk.npz")) as file:
        np.savez(tmp_path / "two.npz", names=file["names"], **{"1_1": file["glide"], "1_2": file["glide"][:40]})
    target = tmp_path / "out.onnx"
    run = ["lift", "--motions", str(tmp_path / "two.npz"), "--minutes", "0.001", "-o", str(target), "--hold-out"]
    assert main([*run, "1_2"]) == 0
    assert "On 1_2, which it has not learned from: MPJPE" in capsys.readouterr().out
    card = open_network_lifter(target, load_skeleton("halpe26")).card
    assert "MPJPE" in card.provenance.ap_setting
    assert card.data.endswith(", 1_1")
    assert main([*run, "1_3"]) == main([*run, "1_1,1_2"]) == 2
    assert "no motion '1_3' to hold out: wanted some of 1_1, 1_2" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "wanted --motions FILE.npz"),
        (["--motions", "none.npz"], "wanted -o FILE.onnx"),
        (["--motions", "none.npz", "-o", "x.onnx", "--minutes", "0"], "wanted more than 0"),
        (["--motions", "none.npz", "-o", "x.onnx", "--seed", "-1"], "wanted a whole number from 0"),
        (["--motions", "none.npz", "-o", "x.pth"], "wanted a file name ending in .onnx"),
        (["--motions", "none.npz", "-o", "x.onnx"], "none.npz cannot be read"),
    ],
)
def test_bad_input_is_refused_in_one_sentence(
    capsys: pytest.CaptureFixture[str], arguments: list[str], sentence: str
) -> None:
    assert main(["lift", *arguments]) == 2
    error = capsys.readouterr().err
    assert sentence in error
    assert error.count("\n") == 1
