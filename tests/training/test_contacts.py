"""The regression of contact times is fitted to true motions."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from app.analysis.contact_timing import INPUTS, MAX_OFFSET_S
from app.evaluate.motions import FPS, load_motions
from tests.app.evaluate.test_motions import walk
from training.__main__ import main
from training.contacts import DECIMALS, Samples, as_json, find_samples, fit, held_out_figures


def made(seed: int, contacts: int = 400) -> Samples:
    """Contacts of four motions whose offsets follow two of the inputs, with noise of half a frame."""
    chance = np.random.default_rng(seed)
    inputs = chance.normal(0, 1, (contacts, INPUTS))
    offsets_s = (inputs[:, 3] - 0.5 * inputs[:, 40] + chance.normal(0, 0.5, contacts)) / FPS
    return Samples(inputs, offsets_s, np.ones(contacts, bool), np.arange(contacts) % 4)


def test_the_offsets_are_found_from_the_inputs() -> None:
    timing = fit(made(0))
    other = made(1)
    found = np.array([timing.offset_s(inputs) for inputs in other.inputs])
    assert np.abs(found - np.clip(other.offsets_s, -MAX_OFFSET_S, MAX_OFFSET_S)).mean() * FPS < 0.6  # of 0.9
    weights = np.abs(timing.weights_s)
    assert sorted(np.argsort(weights)[-2:].tolist()) == [3, 40]
    before_median, before_p95, median, p95 = held_out_figures(made(0), other)
    assert median < 0.7 * before_median
    assert p95 < 0.7 * before_p95


def test_what_one_motion_alone_shows_is_not_learned_from_it() -> None:
    samples = made(0)
    samples.offsets_s[samples.motions == 2] *= -1
    contrary = samples.part(samples.motions == 2)
    before_median, _, median, _ = held_out_figures(samples, contrary)
    assert median > before_median


def test_the_file_holds_what_was_fitted() -> None:
    timing = fit(made(0))
    stored = json.loads(as_json(timing))
    assert stored["weights_s"] == pytest.approx(timing.weights_s, abs=10**-DECIMALS)
    assert stored["bias_s"] == pytest.approx(timing.bias_s, abs=10**-DECIMALS)


def test_true_motions_teach_when_feet_touch_down(shared: Path) -> None:
    motions = [motion for motion in load_motions(shared / "mocap" / "cmu60.npz") if motion.name in ("02_01", "03_01")]
    samples = find_samples(motions, (("side", 1, 1), ("side", 3, 2)))
    assert samples.timed.sum() >= 20
    assert set(samples.motions.tolist()) == {0, 1}
    timing = fit(samples)
    moved_s = np.array([timing.offset_s(inputs) for inputs in samples.inputs])
    assert np.abs(samples.offsets_s - moved_s).mean() < np.abs(samples.offsets_s).mean()


def test_motions_without_steps_teach_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    motions = str(walk(tmp_path / "walk.npz"))  # whose feet glide
    assert main(["contacts", "--motions", motions, "-o", str(tmp_path / "out.json")]) == 2
    assert "wanted walks, runs, jumps or climbs" in capsys.readouterr().err
    assert not (tmp_path / "out.json").exists()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "wanted --motions FILE.npz"),
        (["--motions", "none.npz"], "wanted -o FILE.json"),
        (["--motions", "none.npz", "-o", "x.onnx"], "wanted a file name ending in .json"),
        (["--motions", "none.npz", "-o", "none/x.json"], "in a folder that exists"),
        (["--motions", "none.npz", "-o", "x.json"], "none.npz cannot be read"),
    ],
)
def test_bad_input_is_refused_in_one_sentence(
    capsys: pytest.CaptureFixture[str], arguments: list[str], sentence: str
) -> None:
    assert main(["contacts", *arguments]) == 2
    error = capsys.readouterr().err
    assert sentence in error
    assert len(error.splitlines()) == 1
