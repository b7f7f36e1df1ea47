"""The log: what nobody caught is in it, no password is, and nothing depends on it."""

from __future__ import annotations

import logging
import threading
from pathlib import Path

import pytest

from app import journal
from app.command import BAD_INPUT, exit_code
from app.errors import StanceError


def text_of(home: Path) -> str:
    return (home / "log" / journal.NAME).read_text(encoding="utf-8")


def test_what_nobody_catches_is_in_the_file_with_its_traceback(stance_home: Path) -> None:
    def run() -> int:
        raise ZeroDivisionError("rtsp://anna:hunter2@cam/a")

    with pytest.raises(ZeroDivisionError):
        exit_code(run, "")
    assert "Traceback" in text_of(stance_home)
    assert "ZeroDivisionError: rtsp://cam/a" in text_of(stance_home)
    assert "hunter2" not in text_of(stance_home).replace('raise ZeroDivisionError("rtsp://anna:hunter2@cam/a")', "")


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_what_a_thread_does_not_catch_is_in_the_file(stance_home: Path) -> None:
    def run() -> int:
        thread = threading.Thread(target=lambda: [][0], name="stance-lost")
        thread.start()
        thread.join()
        return 0

    assert exit_code(run, "") == 0
    assert "the thread stance-lost ended with an error" in text_of(stance_home)
    assert "IndexError" in text_of(stance_home)


def test_a_sentence_is_in_the_file_too(stance_home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def run() -> int:
        raise StanceError("The stream rtsp://anna:hunter2@cam/a gives no picture.")

    assert exit_code(run, "") == BAD_INPUT
    assert capsys.readouterr().err == "The stream rtsp://cam/a gives no picture.\n"
    assert journal.last_troubles(5)[-1].endswith("The stream rtsp://cam/a gives no picture.")
    assert "hunter2" not in text_of(stance_home)


def test_the_file_is_turned_over(stance_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "MOST_BYTES", 2000)
    with journal.kept():
        for number in range(200):
            logging.getLogger("app").error("trouble number %d", number)
    files = sorted(path.name for path in (stance_home / "log").iterdir())
    assert files == ["stance.log", "stance.log.1", "stance.log.2", "stance.log.3"]
    assert all(path.stat().st_size <= 2000 for path in (stance_home / "log").iterdir())
    assert journal.last_troubles(2)[-1].endswith("trouble number 199")


def test_a_start_does_not_depend_on_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("STANCE_HOME", str(tmp_path / "file" / "home"))
    assert exit_code(lambda: 0, "") == 0
    assert journal.last_troubles(5) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="wants the disk that is always full")
def test_a_full_disk_is_nobodys_trouble(stance_home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (stance_home / "log").mkdir(parents=True)
    (stance_home / "log" / journal.NAME).symlink_to("/dev/full")

    def run() -> int:
        logging.getLogger("app").error("lost")
        return 0

    assert exit_code(run, "") == 0
    assert "Logging error" not in capsys.readouterr().err


def test_troubles_come_with_their_tracebacks(stance_home: Path) -> None:
    with journal.kept():
        try:
            [][0]
        except IndexError:
            logging.getLogger("app").exception("first")
        logging.getLogger("app").warning("second")
    first, second = journal.last_troubles(5)
    assert "Traceback" in first
    assert "second" in second
