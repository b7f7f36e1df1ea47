"""SciPy in a bundle: what Stance calls, and no more."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import scipy

from app.core.errors import StanceError
from tools.lean_scipy import FILES, trim_scipy

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = Path(scipy.__file__).parent.parent
LEFT_OUT = ("scipy.special", "scipy.spatial", "scipy.fft", "scipy.linalg._matfuncs")
USE = """
import hashlib
import sys

import numpy as np
import scipy
from scipy.linalg import solveh_banded
from scipy.ndimage import median_filter
from scipy.optimize import Bounds, LinearConstraint, curve_fit, linear_sum_assignment, milp
from scipy.sparse import csr_array

def tell(*arrays):
    print(hashlib.sha256(b"".join(np.ascontiguousarray(array).tobytes() for array in arrays)).hexdigest())

random = np.random.default_rng(3)
costs = random.random((30, 40))
tell(*linear_sum_assignment(costs), *linear_sum_assignment(costs.T, maximize=True))
tell(median_filter(random.random(200), 31, mode="nearest"))
bands = np.stack([np.full(200, 6.0), np.full(200, -4.0), np.ones(200)])
tell(solveh_banded(bands, random.random((200, 3)), lower=True, check_finite=False))
def bell(x, a, b, c):
    return a * np.exp(-((x - b) ** 2) / c)
x = np.linspace(-3, 3, 50)
y = bell(x, 2, 0.5, 1.5) + 0.01 * random.standard_normal(50)
tell(*curve_fit(bell, x, y, p0=(1, 0, 1), maxfev=500))
tell(*curve_fit(bell, x, y, p0=(1, 0, 1), bounds=(0, 5)), *curve_fit(bell, x, y, p0=(1, 0, 1), sigma=np.diag(y**2 + 1)))
try:
    curve_fit(bell, x, y, p0=(1, 0, 1), maxfev=2)
except RuntimeError as error:
    print(error)
matrix = csr_array((np.ones(60), (np.repeat(np.arange(20), 3), random.integers(0, 30, 60))), shape=(20, 30))
answer = milp(
    -random.random(30), integrality=np.ones(30), bounds=Bounds(0, 1),
    constraints=LinearConstraint(matrix, -np.inf, 1), options={"time_limit": 600.0},
)
tell(answer.x)
print(answer.status, answer.message)
try:
    solveh_banded(np.zeros((2, 4)), np.ones(4))
except np.linalg.LinAlgError as error:
    print(error)
print([name for name in LEFT_OUT if name in sys.modules])
print(scipy.__file__)
"""


@pytest.fixture(scope="module")
def trimmed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of packages with SciPy as in a bundle."""
    packages = tmp_path_factory.mktemp("packages")
    shutil.copytree(
        PACKAGES / "scipy",
        packages / "scipy",
        ignore=shutil.ignore_patterns("tests", "__pycache__", "stats", "signal", "interpolate", "io"),
    )
    if (PACKAGES / "scipy.libs").is_dir():
        (packages / "scipy.libs").symlink_to(PACKAGES / "scipy.libs")
    trim_scipy(packages)
    return packages


def test_what_stance_calls_computes_the_same_to_the_bit(trimmed: Path) -> None:
    before, after = _lines(USE, PACKAGES), _lines(USE, trimmed)
    assert len(before) == 11
    assert after[:-2] == before[:-2]
    assert before[-2] == str(list(LEFT_OUT))
    assert after[-2] == "[]"
    assert [Path(lines[-1]).parent.parent for lines in (before, after)] == [PACKAGES, trimmed]


def test_every_name_that_stance_imports_is_there(trimmed: Path) -> None:
    wanted = sorted(
        {
            statement
            for room in ("app", "export")
            for path in (ROOT / room).rglob("*.py")
            for statement in _imports(path)
        }
    )
    assert "from scipy.optimize import linear_sum_assignment" in wanted
    assert _lines("\n".join([*wanted, "import scipy", "print(scipy.__file__)"]), trimmed)


def test_a_version_of_scipy_with_other_files_is_refused(tmp_path: Path) -> None:
    first = next(iter(FILES))
    with pytest.raises(StanceError, match=f"SciPy has no file {first}: wanted a version that fits"):
        trim_scipy(tmp_path)


def _imports(path: Path) -> list[str]:
    """The statements in the file at ``path`` that import from SciPy."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "scipy":
            found += [f"from {node.module} import {alias.name}" for alias in node.names]
        if isinstance(node, ast.Import):
            found += [f"import {alias.name}" for alias in node.names if alias.name.split(".")[0] == "scipy"]
    return found


def _lines(code: str, packages: Path) -> list[str]:
    """What ``code`` prints in a process that finds SciPy in ``packages``."""
    done = subprocess.run(
        [sys.executable, "-c", f"LEFT_OUT = {LEFT_OUT}\n{code}"],
        env=os.environ | {"PYTHONPATH": str(packages)},
        cwd=packages,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.splitlines()
