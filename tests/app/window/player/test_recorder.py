"""Recordings: their time is that of the last frame in the film; those of a single picture end by themselves."""

from __future__ import annotations

from pathlib import Path

import av
import pytest

from app.overlay import DrawStyle
from app.sinks import open_sinks
from app.window.player.recorder import Recording
from tests.app.sinks.people import blank, header, poses


@pytest.mark.parametrize(
    ("times", "seconds"),
    [
        ([3.0, 3.04, 3.08], [0.0, 0.04, 0.08]),
        ([7.0, 9.0, 11.0, 12.5], [0.0, 2.0, 4.0, 5.5]),  # a stream of less than one frame per second
        ([5.0, 6.0, 2.0, 3.0], [0.0, 1.0, 1.04, 2.04]),  # a seek back
    ],
)
def test_recorded_time_is_that_of_the_film(tmp_path: Path, times: list[float], seconds: list[float]) -> None:
    made = header()
    path = tmp_path / "take.mkv"
    recording = Recording([path], open_sinks([path], made, DrawStyle()), lambda _: None, made.fps)
    counted = []
    for index, time_s in enumerate(times):
        frame = blank(index, time_s)
        recording.write(frame, poses(frame))
        counted.append(recording.seconds)
    recording.close()
    assert counted == pytest.approx(seconds, abs=1e-4)
    with av.open(str(path)) as film:
        assert [frame.time for frame in film.decode(video=0)] == pytest.approx(seconds, abs=0.002)


def test_a_recording_of_one_picture_is_finished_by_its_frame(tmp_path: Path) -> None:
    """Not before: the picture may be shown again while the recording waits for it."""
    path = tmp_path / "drawn.png"
    closed: list[Recording] = []
    recording = Recording([path], open_sinks([path], header(still=True), DrawStyle()), closed.append, limit=1)
    assert not closed
    for index in range(2):
        frame = blank(index, 0.0)
        recording.write(frame, poses(frame))
        assert closed == [recording]
    assert recording.failure is None
    assert recording.made == [path]
    assert path.exists()
