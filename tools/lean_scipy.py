"""Lets SciPy in a bundle consist of what Stance calls.

Packages of SciPy import all that they have as soon as one function is asked for, so that PyInstaller collects special
functions, spatial trees and Fourier transforms for the sake of an assignment. In the environment of a bundle, these
files give the names that Stance, or the rest of SciPy, takes from them, and nothing else.
"""

from __future__ import annotations

from pathlib import Path

from app.core.errors import StanceError

FILES = {
    "linalg/__init__.py": """
from ._basic import solve_triangular, solveh_banded
from ._cythonized_array_utils import issymmetric
from ._decomp_cholesky import cho_factor, cho_solve, cholesky
from ._decomp_qr import qr
from ._decomp_svd import svd
from ._misc import LinAlgError
from .blas import get_blas_funcs
from .lapack import get_lapack_funcs
""",
    "ndimage/__init__.py": """
from ._filters import median_filter
""",
    "optimize/__init__.py": """
from ._optimize import OptimizeResult, OptimizeWarning
from ._constraints import Bounds, LinearConstraint
from ._lsap import linear_sum_assignment
from ._milp import milp
from ._minpack_py import curve_fit
""",
    "optimize/_minimize.py": """
from ._constraints import Bounds
""",
    "sparse/linalg/__init__.py": """
from ._interface import LinearOperator, aslinearoperator
from ._isolve.lsmr import lsmr
""",
    "sparse/linalg/_isolve/__init__.py": "",
}
"""Files below ``scipy``, each with what takes its place."""


def trim_scipy(packages: Path) -> None:
    """Replace the files of SciPy in ``packages`` (a ``site-packages``). Raises StanceError if one is not there."""
    for name, text in FILES.items():
        path = packages / "scipy" / name
        if not path.is_file():
            raise StanceError(
                "SciPy has no file {name}: wanted a version that fits tools/lean_scipy.py, or a change there.",
                name=name,
            )
        path.unlink()  # pip may have linked it to a copy that other environments use
        path.write_text(text.lstrip(), encoding="utf-8")
