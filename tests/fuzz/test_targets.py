"""The short form: some examples for each target, the same ones every time, and all that was ever found."""

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
    "catalogue, no TOML": ("catalogue", b"0"),
    "catalogue, an entry without a name": ("catalogue", b"[[entry]]\nfile = 'a.onnx'\n"),
    "catalogue, entries that are none": ("catalogue", b"[[group]]\nentries = 3\n"),
    "preferences, lists in lists": ("preferences", b"[places]\nrecent=" + DEEP),
    "recording, lists in lists": ("recording", DEEP),
    "card, lists in lists": ("card", DEEP),
}
"""What once brought something else than a value or a sentence."""


def needs(name: str) -> None:
    if missing := TARGETS[name].missing:
        pytest.skip(f"{missing} is not installed")


@pytest.mark.parametrize("name", TARGETS)
def test_whatever_comes_it_is_read_or_told(name: str, stance_home: Path) -> None:
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


def test_what_is_not_damaged_plays(tmp_path: Path) -> None:
    """Else nothing would be tried behind the first bytes."""
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


@pytest.mark.parametrize(("deed", "told"), [(die, "died"), (sleep, "nothing came"), (fail_in_a_thread, "IndexError")])
def test_a_reader_that_dies_or_hangs_is_a_find(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, deed: Read, told: str
) -> None:
    monkeypatch.setattr(child, "PATIENCE_S", 0.5)
    reader = Reader(deed)
    for _ in range(2 if deed is die else 1):
        with pytest.raises(AssertionError, match=told):
            reader(tmp_path / "any")
    reader.close()


def test_a_long_run_tells_what_it_found_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def read(path: Path) -> None:
        if b"\0" in path.read_bytes():
            raise LookupError("a nought")

    monkeypatch.setattr(long, "LEFT", tmp_path)
    monkeypatch.setitem(TARGETS, "made", Target(".bin", lambda: st.sampled_from([b"\0", b"a"]), read))
    done = long.run("made", 0.5, threading.Event())
    assert done.examples > 10
    ((mistake, file),) = done.found.items()
    assert mistake.startswith("LookupError in read of test_targets.py")
    assert file.read_bytes() == b"\0"
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize(("name", "data"), FOUND.values(), ids=FOUND)
def test_what_was_found_once_is_told(name: str, data: bytes, tmp_path: Path) -> None:
    needs(name)
    survive(TARGETS[name], data, tmp_path)


@pytest.mark.parametrize("name", ["checkpoint", "zip"])
def test_a_name_in_a_zip_that_is_no_text(name: str, tmp_path: Path) -> None:
    needs(name)
    whole, known = (saved_weights()[1], b"archive/") if name == "checkpoint" else (archives()[0], b"package/")
    says_utf8 = whole[:6] + b"\0\x08" + whole[8:]
    survive(TARGETS[name], says_utf8.replace(known, b"\xff" + known[1:], 1), tmp_path)


@pytest.mark.parametrize("way", range(len(archives())))
@pytest.mark.parametrize("method", [None, 0, 1, 8, 9, 12, 14, 93, 98, 99])
def test_a_zip_whose_contents_are_damaged_is_blamed_itself(tmp_path: Path, way: int, method: int | None) -> None:
    """Bytes are spoilt, or packed in another way than is said: no word of the cache folder, whose fault it is not."""
    whole = archives()[way]
    if method is None:
        spoilt = [whole[:at] + b"\xff" * 8 + whole[at + 8 :] for at in range(46, 80, 4)]
    else:
        entry, said = whole.index(b"PK\x01\x02") + 10, method.to_bytes(2, "little")
        spoilt = [whole[:8] + said + whole[10:entry] + said + whole[entry + 2 :]]
    for data in spoilt:
        (tmp_path / "a.zip").write_bytes(data)
        with contextlib.suppress(Unavailable):
            assert _unzipped(tmp_path / "a.zip", "file.onnx", tmp_path, 1000).is_file()


@pytest.mark.parametrize("name", STRANGE)
def test_a_network_of_a_strange_shape_is_used_or_told(name: str, stance_home: Path, tmp_path: Path) -> None:
    survive(TARGETS["network"], STRANGE[name], tmp_path)
