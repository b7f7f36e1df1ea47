"""The log: what nobody caught is in it, no password is, and nothing depends on it."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from app import doctor, journal
from app.command import BAD_INPUT, exit_code
from app.errors import StanceError
from app.settings import Settings
from tests.conftest import ROOT


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


def crashed(home: Path, how: str) -> int:
    """The exit code of a Stance of its own that dies of ``how``."""
    program = f"import faulthandler, os\nfrom app.command import exit_code\nexit_code(lambda: {how}, '')"
    environment = os.environ | {"STANCE_HOME": str(home)}
    return subprocess.run([sys.executable, "-c", program], cwd=ROOT, env=environment, check=False).returncode


@pytest.mark.skipif(os.name != "posix", reason="signals tell how a process died")
def test_a_crash_of_native_code_is_told_by_the_next_start(
    stance_home: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    assert crashed(stance_home, "faulthandler._sigabrt()") == -signal.SIGABRT
    assert crashed(stance_home, "faulthandler._sigsegv()") == -signal.SIGSEGV
    assert capfd.readouterr().err == ""
    assert crashed(stance_home, "0") == 0
    told = journal.last_crash()
    assert told.startswith(time.strftime("%Y-"))
    assert "Segmentation fault" in told
    assert "Aborted" not in told
    assert "in exit_code" in told
    monkeypatch.setattr(doctor, "report", lambda: ("", True))
    monkeypatch.setenv("HOME", str(ROOT))
    monkeypatch.setenv("USERPROFILE", str(ROOT))
    diagnostics = doctor.diagnostics(Settings())
    assert 'File "~/app/command.py"' in diagnostics.partition("Last crash:")[2]
    assert str(ROOT) not in diagnostics


def test_without_a_crash_none_is_told(stance_home: Path) -> None:
    assert journal.last_crash() == ""
    with journal.kept():
        pass
    assert journal.last_crash() == ""


@pytest.mark.skipif(os.name != "posix", reason="signals tell how a process died")
def test_crashes_do_not_fill_the_disk(stance_home: Path) -> None:
    file = stance_home / "log" / journal.CRASHES
    file.parent.mkdir(parents=True)
    file.write_bytes(b"Fatal Python error: old\n" * (journal.MOST_BYTES // 20))
    crashed(stance_home, "faulthandler._sigsegv()")
    assert file.stat().st_size < 100_000
    assert "Segmentation fault" in journal.last_crash()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_what_goes_wrong_while_something_is_let_go_is_in_the_file(stance_home: Path) -> None:
    class Odd:
        def __del__(self) -> None:
            raise LookupError("lost on the way out")

    with journal.kept():
        odd = Odd()
        del odd
    assert "Exception ignored in" in text_of(stance_home) or "nobody could be told" in text_of(stance_home)
    assert "LookupError: lost on the way out" in text_of(stance_home)
