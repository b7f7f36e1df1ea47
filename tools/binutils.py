"""Reading and making shared libraries with the programs of binutils and a C compiler."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections import defaultdict
from pathlib import Path

from app.core.errors import StanceError

PACKAGES = {
    "as": "binutils",
    "cc": "gcc",
    "ld": "binutils",
    "nm": "binutils",
    "readelf": "binutils",
    "strip": "binutils",
}
"""The system package of each program that is used on Linux."""


def require_programs() -> None:
    """Raise StanceError if one of the programs is not installed."""
    for program, package in PACKAGES.items():
        if shutil.which(program) is None:
            raise StanceError(
                "{program} is not installed: wanted the system package {package}.", program=program, package=package
            )


def run(command: list[str]) -> str:
    """The output of ``command``. Raises StanceError if it fails."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise StanceError(
            "{program} has failed: {reason}.", program=Path(command[0]).name, reason=done.stderr.strip().rstrip(".")
        )
    return done.stdout


def find_library(folder: Path, name: str) -> Path:
    """The one file below ``folder`` whose path begins with ``name``. Raises StanceError if there is none or another."""
    found = sorted(folder.glob(f"{name}*"))
    if len(found) != 1:
        raise StanceError(
            "{count} files {name}* are in {folder}: wanted one.", count=len(found), name=name, folder=folder
        )
    return found[0]


def defined(library: Path) -> set[str]:
    """The names of the symbols that ``library`` exports, without their versions."""
    return set(_symbols(library, "--defined-only"))


def undefined(library: Path) -> dict[str, str]:
    """The names of the symbols that ``library`` takes from others, each with its version or an empty text."""
    return _symbols(library, "--undefined-only")


def needed(library: Path) -> set[str]:
    """The names of the libraries that ``library`` is linked with; none if it is not a library."""
    done = subprocess.run(["readelf", "-d", str(library)], capture_output=True, text=True, check=False)
    return set(re.findall(r"\(NEEDED\).*\[(.+)\]", done.stdout))


def assemble(source: str, library: Path, versions: dict[str, str]) -> None:
    """Assemble ``source`` and link it as ``library``, which is replaced; symbols get their ``versions``."""
    with tempfile.TemporaryDirectory() as folder:
        code, parts = Path(folder) / "library.s", Path(folder) / "library.o"
        code.write_text(f'{source}.section .note.GNU-stack,"",%progbits\n', encoding="ascii")
        run(["as", "-o", str(parts), str(code)])
        options = ["-shared", "-s", "-soname", library.name, *_version_options(versions, folder)]
        run(["ld", *options, "-o", str(library), str(parts)])


def compile_c(source: Path, library: Path, versions: dict[str, str], *others: Path) -> None:
    """Compile ``source`` as ``library``, which is replaced; symbols get their ``versions``.

    It calls functions of ``others``, which are in the same folder.
    """
    options = ["-std=gnu17", "-O2", "-fPIC", "-shared", "-s", f"-Wl,-soname,{library.name}", "-Wl,-rpath,$ORIGIN"]
    with tempfile.TemporaryDirectory() as folder:
        options += [f"-Wl,{option}" for option in _version_options(versions, folder)]
        run(["cc", *options, "-o", str(library), str(source), *map(str, others)])


def _version_options(versions: dict[str, str], folder: str) -> list[str]:
    """The options that tell the linker the ``versions`` of symbols, by a file in ``folder``.

    The loader ends a program that wants a symbol with a version from a library without any.
    """
    names = defaultdict(list)
    for name, version in versions.items():
        if version:
            names[version].append(name)
    if not names:
        return []
    script = Path(folder) / "versions.map"
    script.write_text("".join(f"{version} {{ {'; '.join(group)}; }};\n" for version, group in names.items()), "ascii")
    return [f"--version-script={script}"]


def _symbols(library: Path, option: str) -> dict[str, str]:
    lines = run(["nm", "-D", "--format=just-symbols", option, str(library)]).splitlines()
    return {name: version.lstrip("@") for name, _, version in (line.partition("@") for line in lines)}
