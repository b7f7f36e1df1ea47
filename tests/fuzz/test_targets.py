"""Short fuzzing: the same examples for each target in every run, and all earlier findings."""

from __future__ import annotations

import contextlib
import os
import tempfile
import threading
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from app.zoo import Unavailable
from app.zoo.fetch import _unzipped
from tests.fuzz import child, long
from tests.fuzz.bytes import DEEP
from tests.fuzz.child import Read, Reader
from tests.fuzz.films import play, small_films, small_streams, watch
from tests.fuzz.shapes import STRANGE
from tests.fuzz.targets import TARGETS, Target, archives, saved_weights, survive

FOUND = {
    "catalogue, not TOML": ("catalogue", b"0"),
    "catalogue, an entry without a name": ("catalogue", b"[[entry]]\nfile = 'a.onnx'\n"),
    "catalogue, entries are a number": ("catalogue", b"[[group]]\nentries = 3\n"),
    "preferences, nested lists": ("preferences", b"[places]\nrecent=" + DEEP),
    "recording, nested lists": ("recording", DEEP),
    "card, nested lists": ("card", DEEP),
}
"""Inputs that once caused another exception than StanceError."""


def needs(name: str) -> None:
    if missing := TARGETS[name].missing:
        pytest.skip(f"{missing} is not installed")


@pytest.mark.parametrize("name", TARGETS)
def test_damaged_input_is_read_or_refused(name: str, stance_home: Path) -> None:
    needs(name)
    target = TARGETS[name]

    @settings(
        max_examples=15 if target.heavy else 60,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate,),
    )
    @given(target.strategy())
    def attempt(data: bytes) -> None:
        with tempfile.TemporaryDirectory() as folder:
            survive(target, data, Path(folder))

    attempt()


def test_undamaged_seeds_play(tmp_path: Path) -> None:
    """Otherwise fuzzing would never get beyond the first bytes."""
    file = tmp_path / "whole"
    counts = []
    for data in small_films():
        file.write_bytes(data)
        counts.append(play(file))
    assert counts == [12, 12, 12, 12, 12, 4]
    for data in small_streams():
        file.write_bytes(data)
        assert watch(file) >= 1


def die(path: Path) -> None:
    os.abort()


def sleep(path: Path) -> None:
    time.sleep(60)


def fail_in_a_thread(path: Path) -> None:
    thread = threading.Thread(target=lambda: [][0])
    thread.start()
    thread.join()


@pytest.mark.parametrize(("read", "message"), [(die, "died"), (sleep, "no answer"), (fail_in_a_thread, "IndexError")])
def test_reader_that_crashes_or_hangs_is_a_finding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, read: Read, message: str
) -> None:
    monkeypatch.setattr(child, "TIMEOUT_S", 0.5)
    reader = Reader(read)
    for _ in range(2 if read is die else 1):
        with pytest.raises(AssertionError, match=message):
            reader(tmp_path / "any")
    reader.close()


def test_long_run_keeps_its_finding_and_continues(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def read(path: Path) -> None:
        if b"\0" in path.read_bytes():
            raise LookupError("a zero byte")

    monkeypatch.setattr(long, "FOLDER", tmp_path)
    monkeypatch.setitem(TARGETS, "made", Target(".bin", lambda: st.sampled_from([b"\0", b"a"]), read))
    done = long.run("made", 2.0, threading.Event())
    assert done.examples > 1
    ((error_text, file),) = done.found.items()
    assert error_text.startswith("LookupError in read of test_targets.py")
    assert file.read_bytes() == b"\0"
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize(("name", "data"), FOUND.values(), ids=FOUND)
def test_earlier_finding_is_refused(name: str, data: bytes, tmp_path: Path) -> None:
    needs(name)
    survive(TARGETS[name], data, tmp_path)


@pytest.mark.parametrize("name", ["checkpoint", "zip"])
def test_name_in_a_zip_that_is_not_utf8(name: str, tmp_path: Path) -> None:
    needs(name)
    whole, known = (saved_weights()[1], b"archive/") if name == "checkpoint" else (archives()[0], b"package/")
    says_utf8 = whole[:6] + b"\0\x08" + whole[8:]
    survive(TARGETS[name], says_utf8.replace(known, b"\xff" + known[1:], 1), tmp_path)


@pytest.mark.parametrize("way", range(len(archives())))
@pytest.mark.parametrize("method", [None, 0, 1, 8, 9, 12, 14, 93, 98, 99])
def test_damaged_zip_is_not_reported_as_a_cache_error(tmp_path: Path, way: int, method: int | None) -> None:
    """Contents are damaged, or the stated compression is wrong: the error is the zip's, not the cache folder's."""
    whole = archives()[way]
    if method is None:
        damaged = [whole[:at] + b"\xff" * 8 + whole[at + 8 :] for at in range(46, 80, 4)]
    else:
        entry, code = whole.index(b"PK\x01\x02") + 10, method.to_bytes(2, "little")
        damaged = [whole[:8] + code + whole[10:entry] + code + whole[entry + 2 :]]
    for data in damaged:
        (tmp_path / "a.zip").write_bytes(data)
        with contextlib.suppress(Unavailable):
            assert _unzipped(tmp_path / "a.zip", "file.onnx", tmp_path, 1000).is_file()


@pytest.mark.parametrize("name", STRANGE)
def test_network_of_an_unusual_shape_is_used_or_refused(name: str, stance_home: Path, tmp_path: Path) -> None:
    survive(TARGETS["network"], STRANGE[name], tmp_path)
