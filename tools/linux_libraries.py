"""Makes the libraries of the Linux wheels smaller, before PyInstaller collects them.

Every wheel brings the libraries that it needs: an environment has FFmpeg, OpenBLAS and libavif twice, and x265 in two
versions. In a bundle, OpenCV uses the copies of the other wheels, encoders that Stance never opens are empty, and ICU
has only the data that Qt uses.
"""

from __future__ import annotations

import platform
import re
import shutil
import tempfile
from pathlib import Path

from app.core.errors import StanceError
from tools.binutils import assemble, defined, find_library, require_programs, undefined
from tools.icu_data import symbol_of, without_locales
from tools.linux_blas import OPENBLAS, rename, share_blas

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
OPENBLAS_PREFIX = "scipy_"
ENCODERS = {
    "av.libs/libx265": "av.libs/libavcodec",
    "av.libs/libSvtAv1Enc": "av.libs/libavcodec",
    "av.libs/libvpx": "av.libs/libavcodec",
    "av.libs/libmp3lame": "av.libs/libavcodec",
    "av.libs/libopencore-amrnb": "av.libs/libavcodec",
    "av.libs/libopencore-amrwb": "av.libs/libavcodec",
    "av.libs/libopus": "av.libs/libavcodec",
    "av.libs/libwebp-": "av.libs/libavcodec",
    "av.libs/libwebpmux": "av.libs/libavcodec",
    "av.libs/libasound": "av.libs/libavdevice",
    "pillow_heif.libs/libx265": "pillow_heif.libs/libheif",
}
"""Encoders that Stance does not open, each with the library that calls it, and ALSA, from which it records nothing.

Stance writes H.264, AAC, and WebP by Pillow. FFmpeg's own decoders read VP8, VP9, MP3, AMR, Opus and WebP; those here
are its second choice. Decoders of HEVC and AV1 are in other libraries.
"""
RETURN_ZERO = {"x86_64": "xorl %eax, %eax; ret", "aarch64": "mov x0, #0; ret"}
"""A function that returns zero, by processor, in the language of the GNU assembler."""


def shrink(packages: Path, patchelf: str) -> None:
    """Make the libraries in ``packages`` (a ``site-packages``) smaller; ``patchelf`` is that program.

    Raises StanceError if a program is missing or fails.
    """
    require_programs()
    share_blas(packages, patchelf)
    share_libraries(packages, patchelf)
    for encoder, caller in ENCODERS.items():
        empty(find_library(packages, encoder), find_library(packages, caller))
    cut_icu(find_library(packages, "PyQt6/Qt6/lib/libicudata"))


def share_libraries(packages: Path, patchelf: str) -> None:
    """Let OpenCV use the libraries of the other packages, and remove its own.

    Raises StanceError if one of them has another binary interface.
    """
    module, own = packages / "cv2" / "cv2.abi3.so", packages / "opencv_python_headless.libs"
    options = []
    for name, package in SHARED.items():
        old = find_library(own, name)
        new = find_library(packages / f"{package}.libs", OPENBLAS if name == "libopenblas" else name)
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
    exported = defined(find_library(packages / "scipy.libs", OPENBLAS))
    table = {name: OPENBLAS_PREFIX + name for name in undefined(module) if OPENBLAS_PREFIX + name in exported}
    rename(table, module, [*options, "--set-rpath", folders], patchelf)
    shutil.rmtree(own)


def empty(library: Path, caller: Path) -> None:
    """Replace ``library`` by one of the same name, whose functions for ``caller`` all return zero."""
    code = RETURN_ZERO.get(platform.machine())
    if code is None:
        raise StanceError("Bundles are not built for {machine}: wanted x86_64 or aarch64.", machine=platform.machine())
    exported = defined(library)
    names = {name: version for name, version in undefined(caller).items() if name in exported}
    exports = "".join(f".globl {name}\n.type {name}, %function\n{name}:\n" for name in names)
    assemble(f".text\n{exports}{code}\n", library, names)


def cut_icu(library: Path) -> None:
    """Replace ICU's data by those that Qt uses: how names are sorted, and the properties of characters."""
    content = library.read_bytes()
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        data.write_bytes(without_locales(content))
        name = symbol_of(content)
        source = f'.section .rodata\n.balign 16\n.globl {name}\n.type {name}, %object\n{name}: .incbin "{data}"\n'
        assemble(f"{source}.size {name}, . - {name}\n", library, {})


def _interface(library: Path) -> str:
    """The first number behind ``.so.``, which changes when programs must be compiled anew."""
    found = re.search(r"\.so\.(\d+)", library.name)
    return found[1] if found else ""
