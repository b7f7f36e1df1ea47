"""Films of the command line: the options reach the file, and what has no effect is refused."""

from __future__ import annotations

from pathlib import Path

import av
import pytest

from tests.app.cli.test_headless import lines, stance


@pytest.mark.slow
def test_a_film_with_all_options_and_the_same_data_as_without(tmp_path: Path, demo: Path, rtmpose_s: Path) -> None:
    arguments = ("--source", demo, "--headless", "--start", "1", "--limit", "12", "--privacy", "faces")
    options = ("--speed", "0.5", "--freeze", "1.2:1", "--crop-to", "1", "--curves", "right_knee", "--size", "320x240")
    plain = stance(*arguments, "--output", tmp_path / "plain.jsonl", "--output", tmp_path / "plain.mp4")
    done = stance(*arguments, *options, "--output", tmp_path / "out.jsonl", "--output", tmp_path / "out.mp4")
    assert (plain.returncode, done.returncode) == (0, 0), plain.stderr + done.stderr
    assert lines(tmp_path / "out.jsonl")[1:] == lines(tmp_path / "plain.jsonl")[1:]
    with av.open(str(tmp_path / "out.mp4")) as film, av.open(str(tmp_path / "plain.mp4")) as without:
        times = [float(frame.time or 0) for frame in film.decode(video=0)]
        before = [float(frame.time or 0) for frame in without.decode(video=0)]
        video = film.streams.video[0]
        assert (video.width, video.height, len(film.streams.audio)) == (320, 240, 0)
    assert len(before) == 12
    assert times[-1] == pytest.approx(2 * before[-1] + 1.0, abs=0.1)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--speed", "fast"), "Argument --speed: 'fast' is not a number, wanted the speed of films"),
        (("--speed", "0"), "The speed 0 is out of range: wanted 0.05 to 8"),
        (("--freeze", "x"), "The freezes 'x' cannot be read"),
        (("--size", "9"), "The film size '9' is not valid: wanted WIDTHxHEIGHT such as 1280x720."),
        (("--privacy", "some"), "Argument --privacy: invalid choice"),
        (("--privacy", "skeleton", "--no-overlay"), "--no-overlay and --privacy skeleton leave nothing to show"),
        (("--speed", "0.5"), "--speed changes films only: wanted an --output such as film.mp4 with it."),
    ],
)
def test_bad_options_end_in_one_sentence(demo: Path, arguments: tuple[str, ...], sentence: str) -> None:
    done = stance("--source", demo, "--headless", *arguments)
    assert done.returncode == 2
    assert done.stderr.startswith(sentence)
    assert len(done.stderr.splitlines()) == 1
