"""The log contains uncaught exceptions but no passwords, and the program runs without it."""

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

from app.cli import doctor
from app.cli.console import BAD_INPUT, exit_code
from app.core.errors import StanceError
from app.core.settings import Settings
from app.system import log
from tests.conftest import ROOT


def log_text(home: Path) -> str:
    return (home / "log" / log.NAME).read_text(encoding="utf-8")


def test_uncaught_exception_is_logged_with_traceback(stance_home: Path) -> None:
    def run() -> int:
        raise ZeroDivisionError("rtsp://anna:hunter2@cam/a")

    with pytest.raises(ZeroDivisionError):
        exit_code(run, "")
    assert "Traceback" in log_text(stance_home)
    assert "ZeroDivisionError: rtsp://cam/a" in log_text(stance_home)
    assert "hunter2" not in log_text(stance_home).replace('raise ZeroDivisionError("rtsp://anna:hunter2@cam/a")', "")


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_uncaught_exception_of_a_thread_is_logged(stance_home: Path) -> None:
    def run() -> int:
        thread = threading.Thread(target=lambda: [][0], name="stance-lost")
        thread.start()
        thread.join()
        return 0

    assert exit_code(run, "") == 0
    assert "the thread stance-lost ended with an error" in log_text(stance_home)
    assert "IndexError" in log_text(stance_home)


def test_details_are_in_the_log_and_not_on_the_console(stance_home: Path) -> None:
    program = (
        "import logging, sys; from app.cli.console import exit_code\n"
        "def run():\n"
        "    logging.getLogger('app.engine').warning('a sentence')\n"
        "    logging.getLogger('app.engine').info('a detail')\n"
        "    logging.getLogger('other').info('of another package')\n"
        "    return 0\n"
        "sys.exit(exit_code(run, ''))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stderr == "stance: WARNING: a sentence\n"
    text = log_text(stance_home)
    assert "a sentence" in text
    assert "a detail" in text
    assert "of another package" not in text


def test_error_sentence_is_logged(stance_home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def run() -> int:
        raise StanceError("The stream rtsp://anna:hunter2@cam/a gives no picture.")

    assert exit_code(run, "") == BAD_INPUT
    assert capsys.readouterr().err == "The stream rtsp://cam/a gives no picture.\n"
    assert log.last_warnings(5)[-1].endswith("The stream rtsp://cam/a gives no picture.")
    assert "hunter2" not in log_text(stance_home)


def test_log_file_is_rotated(stance_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "MAX_BYTES", 2000)
    with log.log_to_file():
        for number in range(200):
            logging.getLogger("app").error("trouble number %d", number)
    files = sorted(path.name for path in (stance_home / "log").iterdir())
    assert files == ["stance.log", "stance.log.1", "stance.log.2", "stance.log.3"]
    assert all(path.stat().st_size <= 2000 for path in (stance_home / "log").iterdir())
    assert log.last_warnings(2)[-1].endswith("trouble number 199")


def test_program_starts_without_a_log_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("STANCE_HOME", str(tmp_path / "file" / "home"))
    assert exit_code(lambda: 0, "") == 0
    assert log.last_warnings(5) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_full_disk_is_ignored(stance_home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (stance_home / "log").mkdir(parents=True)
    (stance_home / "log" / log.NAME).symlink_to("/dev/full")

    def run() -> int:
        logging.getLogger("app").error("lost")
        return 0

    assert exit_code(run, "") == 0
    assert "Logging error" not in capsys.readouterr().err


def test_last_warnings_include_tracebacks(stance_home: Path) -> None:
    with log.log_to_file():
        try:
            [][0]
        except IndexError:
            logging.getLogger("app").exception("first")
        logging.getLogger("app").warning("second")
    first, second = log.last_warnings(5)
    assert "Traceback" in first
    assert "second" in second


def crashed(home: Path, how: str) -> int:
    """The exit code of a new Stance process that crashes by evaluating ``how``."""
    program = f"import faulthandler, os\nfrom app.cli.console import exit_code\nexit_code(lambda: {how}, '')"
    environment = os.environ | {"STANCE_HOME": str(home)}
    return subprocess.run([sys.executable, "-c", program], cwd=ROOT, env=environment, check=False).returncode


@pytest.mark.skipif(os.name != "posix", reason="exit codes contain signals on POSIX only")
def test_native_crash_is_reported_at_the_next_start(
    stance_home: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    assert crashed(stance_home, "faulthandler._sigabrt()") == -signal.SIGABRT
    assert crashed(stance_home, "faulthandler._sigsegv()") == -signal.SIGSEGV
    assert capfd.readouterr().err == ""
    assert crashed(stance_home, "0") == 0
    crash = log.last_crash()
    assert crash.startswith(time.strftime("%Y-"))
    assert "Segmentation fault" in crash
    assert "Aborted" not in crash
    assert "in exit_code" in crash
    monkeypatch.setattr(doctor, "report", lambda: ("", True))
    monkeypatch.setenv("HOME", str(ROOT))
    monkeypatch.setenv("USERPROFILE", str(ROOT))
    diagnostics = doctor.diagnostics(Settings())
    assert 'File "~/app/cli/console.py"' in diagnostics.partition("Last crash:")[2]
    assert str(ROOT) not in diagnostics


def test_no_crash_is_reported_without_one(stance_home: Path) -> None:
    assert log.last_crash() == ""
    with log.log_to_file():
        pass
    assert log.last_crash() == ""


@pytest.mark.skipif(os.name != "posix", reason="exit codes contain signals on POSIX only")
def test_crash_file_does_not_grow_without_limit(stance_home: Path) -> None:
    file = stance_home / "log" / log.CRASHES
    file.parent.mkdir(parents=True)
    file.write_bytes(b"Fatal Python error: old\n" * (log.MAX_BYTES // 20))
    crashed(stance_home, "faulthandler._sigsegv()")
    assert file.stat().st_size < 100_000
    assert "Segmentation fault" in log.last_crash()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_exception_in_a_destructor_is_logged(stance_home: Path) -> None:
    class Odd:
        def __del__(self) -> None:
            raise LookupError("lost on the way out")

    with log.log_to_file():
        odd = Odd()
        del odd
    assert "Exception ignored in" in log_text(stance_home) or "cannot be raised" in log_text(stance_home)
    assert "LookupError: lost on the way out" in log_text(stance_home)
