"""One library of linear algebra for all packages of a Linux bundle, instead of one for each.

NumPy calls OpenBLAS with integers of 64 bits, SciPy with those of 32, and each brings its own: 25 MB, and 3 MB of
Fortran's library. In a bundle NumPy calls SciPy's. Where integers are passed as values, as in C, the processor passes
them in 64 bits either way, and functions of Fortran that only read integers by their address read the low half; for
those, other names suffice. For the functions of LAPACK that also write integers there is ``lapack_64.c``.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from pathlib import Path

from app.core.errors import StanceError
from tools.binutils import compile_c, defined, find_library, needed, run, undefined

OPENBLAS = "libscipy_openblas"
"""SciPy's OpenBLAS, all of whose functions have a prefix."""
LAPACK_64 = Path(__file__).with_name("lapack_64.c")
FORTRAN = Path(__file__).with_name("fortran_runtime.c")
LONG = "64_"
"""The end of the names of functions that take integers of 64 bits."""
ONLY_READS = re.compile(rf"scipy_(cblas_\w+|[sdcz]copy_){LONG}")
"""Functions of NumPy's that write no integers."""


def share_blas(packages: Path, patchelf: str) -> None:
    """Let NumPy in ``packages`` (a ``site-packages``) call SciPy's OpenBLAS, and that no library of Fortran.

    ``patchelf`` is that program. Raises StanceError if NumPy or OpenBLAS calls a function that is not known here.
    """
    openblas = find_library(packages / "scipy.libs", OPENBLAS)
    own = find_library(packages / "numpy.libs", OPENBLAS)
    lapack = openblas.with_name("liblapack_64.so")
    compile_c(LAPACK_64, lapack, {}, openblas)
    for module in sorted((packages / "numpy").rglob("*.so")):
        if own.name in needed(module):
            _redirect(module, own, openblas, lapack, patchelf)
    shutil.rmtree(own.parent)
    replace_fortran(packages, openblas, patchelf)


def replace_fortran(packages: Path, openblas: Path, patchelf: str) -> None:
    """Replace Fortran's library by the two functions that ``openblas`` calls.

    Modules of SciPy may be linked with it without calling it; then the link is removed.
    """
    runtime = openblas.with_name(_fortran_of(openblas))
    called = {name: version for name, version in undefined(openblas).items() if name.startswith("_gfortran")}
    compile_c(FORTRAN, runtime, called)
    _check(openblas, set(called), defined(runtime))
    for module in sorted((packages / "scipy").rglob("*.so")):
        if (name := _fortran_of(module)) and not any(name.startswith("_gfortran") for name in undefined(module)):
            run([patchelf, "--remove-needed", name, str(module)])


def rename(table: dict[str, str], module: Path, options: list[str], patchelf: str) -> None:
    """Let ``module`` call functions by other names, from those in ``table``; ``options`` are more for ``patchelf``."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.writelines(f"{old} {new}\n" for old, new in table.items())
        file.flush()
        run([patchelf, "--rename-dynamic-symbols", file.name, "--force-rpath", *options, str(module)])


def _redirect(module: Path, own: Path, openblas: Path, lapack: Path, patchelf: str) -> None:
    """Let ``module`` of NumPy, which is linked with ``own``, call ``openblas`` and ``lapack``."""
    called = set(undefined(module)) & defined(own)
    renamed = {name: name.removesuffix(LONG) for name in called if ONLY_READS.fullmatch(name)}
    _check(module, called - set(renamed), defined(lapack))
    _check(module, set(renamed.values()), defined(openblas))
    folder = "/".join([".."] * len(module.relative_to(own.parent.parent).parent.parts))
    options = ["--replace-needed", own.name, openblas.name, "--add-needed", lapack.name]
    rename(renamed, module, [*options, "--set-rpath", f"$ORIGIN/{folder}/{openblas.parent.name}"], patchelf)


def _check(caller: Path, called: set[str], known: set[str]) -> None:
    if missing := sorted(called - known):
        raise StanceError(
            "{caller} calls {name}, which the bundle has not: wanted it in {source}.",
            caller=caller.name,
            name=missing[0],
            source=FORTRAN.name if missing[0].startswith("_gfortran") else LAPACK_64.name,
        )


def _fortran_of(library: Path) -> str:
    """The library of Fortran that ``library`` is linked with, else an empty text."""
    return next((name for name in needed(library) if name.startswith("libgfortran")), "")
