"""A start time after the end of a source."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import av
import cv2
import pytest

from app.core.errors import StanceError
from app.sources import SourceEvent, open_source
from app.sources.start import check_start
from tests.app.sources.clips import make_clip, number_of, numbered, steady, truncated_clip


def folder(path: Path, count: int) -> Path:
    """A folder of ``count`` numbered pictures."""
    path.mkdir()
    for number in range(count):
        cv2.imwrite(str(path / f"{number}.png"), numbered(number))
    return path


SOURCES: dict[str, tuple[Callable[[Path], Path], str]] = {
    "mp4": (lambda path: make_clip(path / "a.mp4", steady(50)), "2.00"),
    "uneven": (lambda path: make_clip(path / "a.mkv", [0.0, 0.5, 3.0]), "3.0"),
    "avi": (lambda path: make_clip(path / "a.avi", steady(50), codec="mpeg4"), "2.00"),
    "raw": (lambda path: make_clip(path / "a.h264", steady(50), container="h264"), "2.00"),
    "folder": (lambda path: folder(path / "photos", 3), "2.00"),
    "picture": (lambda path: folder(path / "photos", 1) / "0.png", "0.00"),
}


@pytest.mark.parametrize("kind", SOURCES)
def test_start_after_the_end_is_refused_and_the_latest_start_is_accepted(tmp_path: Path, kind: str) -> None:
    make, latest = SOURCES[kind]
    source = open_source(str(make(tmp_path)))
    with pytest.raises(
        StanceError, match=rf"The start 100 s is after the end of .*: wanted at most {latest}"
    ) as caught:
        check_start(source, 100.0)
    allowed = re.search(r"at most ([\d.]+) s", str(caught.value))
    assert allowed is not None
    check_start(source, float(allowed[1]))
    with pytest.raises(StanceError):
        check_start(source, float(allowed[1]) + 1)
    source.close()


def test_file_longer_than_declared_starts_in_its_undeclared_part(tmp_path: Path) -> None:
    """Two recordings joined by their bytes: the declared duration is that of one."""
    data = b""
    for number in range(2):
        data += make_clip(tmp_path / f"{number}.ts", steady(80), options={"g": "10"}).read_bytes()
    (tmp_path / "both.ts").write_bytes(data)
    source = open_source(str(tmp_path / "both.ts"))
    check_start(source, 5.0)
    source.seek(5.0)
    frame = source.read()
    assert frame is not None
    assert number_of(frame.image) == 45
    source.close()


def test_start_in_the_missing_rest_of_a_file_is_refused(tmp_path: Path) -> None:
    source = open_source(str(truncated_clip(tmp_path)))
    with pytest.raises(
        StanceError, match=r"There is nothing at the start 1.5 s: .*cut.mp4 ends at .* of 2.00 s"
    ) as caught:
        check_start(source, 1.5)
    found = re.search(r"ends at ([\d.]+) s", str(caught.value))
    assert found is not None
    end_s = float(found[1])
    assert 0.3 < end_s < 1.0
    check_start(source, end_s)
    check_start(source, end_s - 0.05)
    with pytest.raises(StanceError):
        check_start(source, end_s + 0.05)
    source.close()


def test_start_in_a_long_last_frame_is_accepted(tmp_path: Path) -> None:
    """A screen recording ends with a frame that is shown for seconds."""
    path = tmp_path / "a.mp4"
    with av.open(str(path), "w") as output:
        stream = output.add_stream("libx264", rate=25, options={"bf": "0"})
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        packets = []
        for number in range(20):
            packets += stream.encode(av.VideoFrame.from_ndarray(numbered(number), format="bgr24"))
        packets += stream.encode(None)
        packets[-1].duration = round(3 / packets[-1].time_base)
        output.mux(packets)
    source = open_source(str(path))
    assert source.duration_s == pytest.approx(0.76 + 3, abs=0.05)
    check_start(source, 2.0)
    source.close()


def test_pictures_are_not_read_to_check_the_start(tmp_path: Path) -> None:
    """Each that cannot be read would be reported twice."""
    events: list[SourceEvent] = []
    pictures = folder(tmp_path / "photos", 4)
    source = open_source(str(pictures), notify=events.append)
    (pictures / "1.png").write_bytes(b"torn")
    check_start(source, 1.0)
    assert events == []
    source.close()
