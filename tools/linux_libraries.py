"""Makes the libraries of the Linux wheels smaller, before PyInstaller collects them.

Every wheel brings the libraries that it needs: an environment has FFmpeg, OpenBLAS and libavif twice, and x265 in two
versions. In a bundle, OpenCV uses the copies of the other wheels, encoders that Stance never opens are empty, and ICU
has only the data that Qt uses.
"""

from __future__ import annotations

import platform
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from app.core.errors import StanceError
from tools.icu_data import symbol_of, without_locales

SHARED = {
    "libavcodec": "av",
    "libavformat": "av",
    "libavutil": "av",
    "libswscale": "av",
    "libavif": "pillow",
    "libpng16": "pillow",
    "libopenblas": "scipy",
}
"""Libraries of OpenCV, each with the package whose copy takes its place."""
OPENBLAS = "libscipy_openblas"
"""SciPy's OpenBLAS, all of whose functions have a prefix."""
OPENBLAS_PREFIX = "scipy_"
ENCODERS = {
    "av.libs/libx265": "av.libs/libavcodec",
    "av.libs/libSvtAv1Enc": "av.libs/libavcodec",
    "pillow_heif.libs/libx265": "pillow_heif.libs/libheif",
}
"""Encoders of HEVC and AV1, each with the library that calls it. Stance writes H.264, and decoders are elsewhere."""
RETURN_ZERO = {"x86_64": "xorl %eax, %eax; ret", "aarch64": "mov x0, #0; ret"}
"""A function that returns zero, by processor, in the language of the GNU assembler."""
PROGRAMS = ("as", "ld", "nm")


def shrink(packages: Path, patchelf: str) -> None:
    """Make the libraries in ``packages`` (a ``site-packages``) smaller; ``patchelf`` is that program.

    Raises StanceError if a program is missing or fails.
    """
    if missing := [program for program in PROGRAMS if shutil.which(program) is None]:
        raise StanceError("{program} is not installed: wanted the system package binutils.", program=missing[0])
    share_libraries(packages, patchelf)
    for encoder, caller in ENCODERS.items():
        empty(_library(packages, encoder), _library(packages, caller))
    cut_icu(_library(packages, "PyQt6/Qt6/lib/libicudata"))


def share_libraries(packages: Path, patchelf: str) -> None:
    """Let OpenCV use the libraries of the other packages, and remove its own.

    Raises StanceError if one of them has another binary interface.
    """
    module, own = packages / "cv2" / "cv2.abi3.so", packages / "opencv_python_headless.libs"
    options = []
    for name, package in SHARED.items():
        old = _library(own, name)
        new = _library(packages / f"{package}.libs", OPENBLAS if name == "libopenblas" else name)
        if name != "libopenblas" and _interface(old) != _interface(new):
            raise StanceError(
                "OpenCV's {old} and {new} of {package} differ in their interface: wanted versions that fit, or a "
                "shorter list in tools/linux_libraries.py.",
                old=old.name,
                new=new.name,
                package=package,
            )
        options += ["--replace-needed", old.name, new.name]
    folders = ":".join(f"$ORIGIN/../{package}.libs" for package in sorted(set(SHARED.values())))
    exported = _symbols(_library(packages / "scipy.libs", OPENBLAS), "--defined-only")
    renamed = [name for name in _symbols(module, "--undefined-only") if OPENBLAS_PREFIX + name in exported]
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as table:
        table.writelines(f"{name} {OPENBLAS_PREFIX}{name}\n" for name in renamed)
        table.flush()
        options += ["--rename-dynamic-symbols", table.name, "--force-rpath", "--set-rpath", folders]
        _run([patchelf, *options, str(module)])
    shutil.rmtree(own)


def empty(library: Path, caller: Path) -> None:
    """Replace ``library`` by one of the same name, whose functions for ``caller`` all return zero."""
    code = RETURN_ZERO.get(platform.machine())
    if code is None:
        raise StanceError("Bundles are not built for {machine}: wanted x86_64 or aarch64.", machine=platform.machine())
    names = sorted(_symbols(library, "--defined-only") & _symbols(caller, "--undefined-only"))
    exports = "".join(f".globl {name}\n.type {name}, %function\n{name}:\n" for name in names)
    _link(f".text\n{exports}{code}\n", library)


def cut_icu(library: Path) -> None:
    """Replace ICU's data by those that Qt uses: how names are sorted, and the properties of characters."""
    content = library.read_bytes()
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        data.write_bytes(without_locales(content))
        name = symbol_of(content)
        source = f'.section .rodata\n.balign 16\n.globl {name}\n.type {name}, %object\n{name}: .incbin "{data}"\n'
        _link(f"{source}.size {name}, . - {name}\n", library)


def _link(source: str, library: Path) -> None:
    """Assemble ``source`` and link it as ``library``, which is replaced."""
    with tempfile.TemporaryDirectory() as folder:
        code, parts = Path(folder) / "library.s", Path(folder) / "library.o"
        code.write_text(f'{source}.section .note.GNU-stack,"",%progbits\n', encoding="ascii")
        _run(["as", "-o", str(parts), str(code)])
        _run(["ld", "-shared", "-s", "-soname", library.name, "-o", str(library), str(parts)])


def _library(folder: Path, name: str) -> Path:
    """The one file below ``folder`` whose path begins with ``name``."""
    found = sorted(folder.glob(f"{name}*"))
    if len(found) != 1:
        raise StanceError(
            "{count} files {name}* are in {folder}: wanted one.", count=len(found), name=name, folder=folder
        )
    return found[0]


def _interface(library: Path) -> str:
    """The first number behind ``.so.``, which changes when programs must be compiled anew."""
    found = re.search(r"\.so\.(\d+)", library.name)
    return found[1] if found else ""


def _symbols(library: Path, option: str) -> set[str]:
    """The names of the dynamic symbols that ``nm`` lists with ``option``, without their versions."""
    lines = _run(["nm", "-D", "--format=just-symbols", option, str(library)]).splitlines()
    return {line.partition("@")[0] for line in lines}


def _run(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise StanceError(
            "{program} has failed: {reason}.", program=Path(command[0]).name, reason=done.stderr.strip().rstrip(".")
        )
    return done.stdout
