"""``python -m tools.bundle``: a folder and an archive of Stance that run on a computer without Python.

PyInstaller builds for the system that it runs on; ``tools/stance.spec`` is the same for all.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from app import __version__
from app.cli.console import Parser, exit_code, named_path
from app.core.errors import StanceError

ROOT = Path(__file__).resolve().parent.parent
SPEC = ROOT / "tools" / "stance.spec"
ARCHIVES = {"linux": "gztar", "win32": "zip", "darwin": "zip"}
"""The usual archive of each system, as ``shutil`` calls it."""


def build(output: Path) -> tuple[Path, Path]:
    """Build the folder ``stance`` and its archive in ``output``; returns both.

    Raises StanceError if PyInstaller is missing or fails.
    """
    if find_spec("PyInstaller") is None:
        raise StanceError("PyInstaller is not installed: wanted it, by `pip install pyinstaller`.")
    work = output / "build"
    command = ["--noconfirm", "--log-level=WARN", f"--distpath={output}", f"--workpath={work}", str(SPEC)]
    done = subprocess.run([sys.executable, "-m", "PyInstaller", *command], cwd=ROOT, check=False)
    if done.returncode:
        raise StanceError("PyInstaller has failed: wanted the bundle; its reason is above.")
    shutil.rmtree(work, ignore_errors=True)
    folder = output / "stance"
    name = f"stance-{__version__}-{sys.platform}"
    archive = shutil.make_archive(str(output / name), ARCHIVES.get(sys.platform, "zip"), output, "stance")
    return folder, Path(archive)


def size_mb(folder: Path) -> float:
    """The size of all files in ``folder``, in megabytes; links count once."""
    return sum(path.lstat().st_size for path in folder.rglob("*")) / 1e6


def _run() -> int:
    parser = Parser(prog="python -m tools.bundle", description="Build Stance for computers without Python.")
    parser.add_argument(
        "--output", type=named_path, default=ROOT / "dist", metavar="FOLDER", help="where to put both (dist)"
    )
    arguments: argparse.Namespace = parser.parse_args()
    folder, archive = build(arguments.output.absolute())
    print(f"{folder}: {size_mb(folder):.0f} MB\n{archive}: {archive.stat().st_size / 1e6:.0f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(exit_code(_run, "`python main.py --doctor` shows what is missing."))
