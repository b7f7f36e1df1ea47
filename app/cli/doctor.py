"""``--doctor``: a text report of what is installed, what works, what does not, why, and how to repair it.

This module imports nothing heavy. Everything that may fail is tried in a child process, so that a missing, broken or
crashing library is one line of the report and does not end it.
"""

from __future__ import annotations

import contextlib
import getpass
import importlib.metadata
import json
import os
import platform
import re
import signal
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Literal

from app import __version__
from app.core.address import without_secrets
from app.core.settings import Settings
from app.system import log

ROOT = Path(__file__).resolve().parent.parent.parent
TIMEOUT_S = 120.0
"""Time limit of each child process, in seconds."""
MAX_WARNINGS = 10
"""Number of the log's last warnings and errors in the diagnostics."""

PACKAGES = (
    *("numpy", "opencv-python", "av", "pillow", "pillow-heif"),
    *("PyQt6", "scipy", "msgspec", "platformdirs", "filelock", "tqdm"),
)
FOR_CONVERTING = ("torch", "ultralytics", "onnx")
MODULES = (
    *("numpy", "cv2", "av", "PIL.Image", "pillow_heif"),
    *("onnxruntime", "PyQt6.QtWidgets", "scipy.optimize", "msgspec"),
)
EDITIONS = {"onnxruntime", *(f"onnxruntime-{edition}" for edition in ("gpu", "directml", "openvino", "rocm", "qnn"))}

DEBIAN = {
    "libGL.so.1": "libgl1",
    "libgthread-2.0.so.0": "libglib2.0-0",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libxcb.so.1": "libxcb1",
    "libEGL.so.1": "libegl1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libfontconfig.so.1": "libfontconfig1",
    "libdbus-1.so.3": "libdbus-1-3",
}
"""Debian and Ubuntu packages by library, for the libraries needed to import OpenCV and Qt."""
DEBIAN_WINDOW = {
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
}
"""The same for the libraries needed to open a window on X11."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report: its state, its text, and what the user can do about it (empty: nothing)."""

    state: Literal["ok", "note", "broken"]
    text: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Trial:
    """Result of Python code run in a child process: its output, and why it failed (empty: it succeeded)."""

    output: str
    failure: str


def report() -> tuple[str, bool]:
    """The full report, and whether everything that Stance requires works (a GPU is not required)."""
    checks = (check_packages, check_runtimes, check_imports, check_devices, check_qt, check_cache, check_catalogue)
    with ThreadPoolExecutor(len(checks)) as pool:
        findings = [finding for found in pool.map(lambda check: check(), checks) for finding in found]
    lines = [
        f"Stance {__version__}",
        f"Python {platform.python_version()} on {platform.platform()}, {os.cpu_count()} processors",
        *(f"{finding.state:<8}{finding.text}" for finding in findings),
    ]
    remedies = list(dict.fromkeys(finding.remedy for finding in findings if finding.remedy))
    healthy = all(finding.state != "broken" for finding in findings)
    lines.append("All required parts work." if healthy else "A required part does not work.")
    if remedies:
        lines += ["What to do:", *(f"  {remedy}" for remedy in remedies)]
    return "\n".join(lines), healthy


def diagnostics(settings: Settings) -> str:
    """The report, the ``settings``, the log's last warnings and the last crash, without personal data and passwords."""
    chosen = [f"  {field.name} = {getattr(settings, field.name)}" for field in fields(settings)]
    warnings = log.last_warnings(MAX_WARNINGS) or ["nothing"]
    crash = log.last_crash() or "none"
    lines = [report()[0], "Settings:", *chosen, "Last warnings and errors:", *warnings, "Last crash:", crash]
    return anonymous("\n".join(lines))


def anonymous(text: str) -> str:
    """``text`` without secrets, with ``~`` for the home folder and ``user`` for the account name."""
    text = without_secrets(text)
    with contextlib.suppress(RuntimeError):  # the home folder is unknown
        home = Path.home()
        for spelling in sorted({str(home), home.as_posix(), str(home).replace("\\", "\\\\")}, key=len, reverse=True):
            text = re.sub(rf"(?i){re.escape(spelling)}(?![\w-])", "~", text) if len(spelling) > 1 else text
    with contextlib.suppress(OSError, KeyError, ImportError):  # an account without a name
        text = re.sub(rf"(?i)(?<![^\W_]){re.escape(getpass.getuser())}(?![^\W_])", "user", text)
    return text


def check_packages() -> list[Finding]:
    """Package versions; those needed only for converting may be missing."""
    versions = {name: _version(name) for name in (*PACKAGES, *FOR_CONVERTING)}
    found = ", ".join(f"{name} {version}" for name, version in versions.items() if version)
    findings = [Finding("ok", f"packages: {found}")]
    if missing := [name for name in PACKAGES if not versions[name]]:
        remedy = f"{sys.executable} -m pip install -r requirements-app.txt"
        findings.append(Finding("broken", f"packages that are not installed: {', '.join(missing)}", remedy))
    if missing := [name for name in FOR_CONVERTING if not versions[name]]:
        findings.append(Finding("note", f"not installed, needed only for converting models: {', '.join(missing)}"))
    return findings


def check_runtimes() -> list[Finding]:
    """Whether exactly one edition of ONNX Runtime is installed; two would overwrite each other in one folder."""
    names = {(found.metadata["Name"] or "").replace("_", "-").lower() for found in importlib.metadata.distributions()}
    editions = sorted(names & EDITIONS)
    installed = ", ".join(f"{name} {_version(name)}" for name in editions)
    if len(editions) == 1:
        return [Finding("ok", f"ONNX Runtime: {installed}")]
    wanted = "onnxruntime" if sys.platform == "darwin" else "onnxruntime-gpu"
    pip = f"{sys.executable} -m pip"
    if not editions:
        return [Finding("broken", "ONNX Runtime is not installed", f"{pip} install {wanted}")]
    remedy = f"{pip} uninstall -y {' '.join(editions)} && {pip} install {wanted}"
    return [Finding("broken", f"ONNX Runtime is installed more than once in the same folder: {installed}", remedy)]


def check_imports() -> list[Finding]:
    """Whether each required library can be imported, each in its own process."""
    with ThreadPoolExecutor(2) as pool:
        trials = dict(zip(MODULES, pool.map(lambda module: attempt(f"import {module}"), MODULES), strict=True))
    findings = []
    if working := [module for module, trial in trials.items() if not trial.failure]:
        findings.append(Finding("ok", f"imports: {', '.join(working)}"))
    for module, trial in trials.items():
        if trial.failure:
            findings.append(
                Finding("broken", f"{module} cannot be imported: {trial.failure}", system_remedy(trial.failure))
            )
    return findings


def check_devices() -> list[Finding]:
    """Devices on which networks run, and why the others do not; only the CPU is required."""
    trial = attempt(
        "import json; from app.inference.devices import probe_devices;"
        "print(json.dumps([[device.provider, device.runs, device.reason] for device in probe_devices()]))"
    )
    if trial.failure:
        return [Finding("broken", f"devices cannot be tested: {trial.failure}", system_remedy(trial.failure))]
    findings = []
    for provider, runs, reason in json.loads(trial.output.splitlines()[-1]):
        if runs:
            findings.append(Finding("ok", f"device {provider}: works"))
        else:
            findings.append(Finding("broken" if provider == "cpu" else "note", f"device {provider}: {reason}"))
    return findings


def check_qt() -> list[Finding]:
    """Whether a window can open; without a display, whether Qt works at all."""
    start = "from PyQt6.QtWidgets import QApplication; print(QApplication([]).platformName())"
    requested = os.environ.get("QT_QPA_PLATFORM", "")
    trial = attempt(start)
    if not trial.failure:
        return [Finding("ok", f"Qt platform: {trial.output}{' (QT_QPA_PLATFORM)' if requested else ''}")]
    offscreen = attempt(start, {"QT_QPA_PLATFORM": "offscreen"})
    if offscreen.failure:
        return [Finding("broken", f"Qt does not start: {offscreen.failure}", system_remedy(offscreen.failure))]
    if (
        not requested
        and sys.platform == "linux"
        and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
    ):
        return [
            Finding(
                "note",
                "Qt platform: no display (DISPLAY and WAYLAND_DISPLAY are empty), so no window; headless works",
            )
        ]
    return [Finding("broken", f"Qt cannot open a window: {trial.failure}", system_remedy(trial.failure, DEBIAN_WINDOW))]


def check_cache() -> list[Finding]:
    """The cache folder: whether it is writable, and which files it contains."""
    trial = attempt(
        "import json; from app.zoo import cache; from app.zoo.catalogue import load_catalogue\n"
        "with cache.report_disk_errors():\n"
        "    cache.zoo_folder().mkdir(parents=True, exist_ok=True)\n"
        "with cache.temp_folder() as folder, cache.report_disk_errors():\n"
        "    (folder / 'trial').write_bytes(b'trial')\n"
        "size = sum(path.stat().st_size for path in cache.home().rglob('*') if path.is_file())\n"
        "here = [entry.name for entry in load_catalogue().values() if cache.find(entry)]\n"
        "print(json.dumps([str(cache.home()), size, here]))"
    )
    if trial.failure:
        return [Finding("broken", f"cache folder: {trial.failure}")]
    folder, size, here = json.loads(trial.output.splitlines()[-1])
    return [Finding("ok", f"cache folder: {folder}, {size / 1e6:.1f} MB, contains: {', '.join(here) or 'nothing yet'}")]


def check_catalogue() -> list[Finding]:
    """Whether the catalogue can be read."""
    trial = attempt("from app.zoo.catalogue import load_catalogue; print(len(load_catalogue()))")
    if trial.failure:
        return [Finding("broken", f"catalogue: {trial.failure}")]
    return [Finding("ok", f"catalogue: {trial.output} entries")]


def attempt(code: str, environment: Mapping[str, str] | None = None) -> Trial:
    """Run ``code`` in a new interpreter in the project folder; ``environment`` is added to the current one."""
    try:
        child = subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env={**os.environ, "PYTHONUTF8": "1", **(environment or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=TIMEOUT_S,
        )
    except subprocess.TimeoutExpired:
        return Trial("", f"no result after {TIMEOUT_S:.0f} s")
    except OSError as error:
        return Trial("", f"Python cannot be started ({error.strerror})")
    if child.returncode == 0:
        return Trial(child.stdout.strip(), "")
    said = [line.strip() for line in child.stderr.splitlines() if line.strip()]
    if child.returncode < 0:
        return Trial(child.stdout.strip(), f"it crashed ({_signal(-child.returncode)}): {' '.join(said[:2])}")
    last = said[-1] if said else f"it ended with exit code {child.returncode}"
    return Trial(child.stdout.strip(), last.removeprefix("app.core.errors.StanceError: "))


def system_remedy(failure: str, also: Mapping[str, str] | None = None) -> str:
    """The command that installs the system packages missing according to ``failure`` or on this machine; else empty.

    ``also`` adds libraries (with their packages) to look for on this machine.
    """
    if sys.platform != "linux":
        return ""
    known = DEBIAN | DEBIAN_WINDOW
    named = [library for library in re.findall(r"lib[\w.+-]+?\.so(?:\.\d+)*", failure) if library in known]
    if not named and not also:
        return ""
    packages = {known[library] for library in (*named, *_absent({**DEBIAN, **(also or {})}))}
    return f"on Debian or Ubuntu: sudo apt-get install {' '.join(sorted(packages))}" if packages else ""


def _absent(libraries: Mapping[str, str]) -> list[str]:
    """The libraries that the dynamic loader does not find."""
    trial = attempt(
        "import ctypes, sys\n"
        f"for name in {list(libraries)!r}:\n"
        "    try:\n"
        "        ctypes.CDLL(name)\n"
        "    except OSError:\n"
        "        print(name)\n"
    )
    return trial.output.split()


def _version(distribution: str) -> str:
    """The version of an installed distribution, or of its edition without windows; empty if there is none."""
    for name in (distribution, f"{distribution}-headless"):
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            return importlib.metadata.version(name)
    return ""


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
