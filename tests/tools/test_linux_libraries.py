"""The libraries of the wheels, made smaller before a bundle is built."""

from __future__ import annotations

import ctypes
import sys
from pathlib import Path

import av
import cv2
import pytest

from tools.binutils import defined, undefined
from tools.linux_libraries import ENCODERS, SHARED, empty

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only wheels for Linux")

PACKAGES = Path(cv2.__file__).parent.parent


@pytest.mark.parametrize("name", sorted(set(SHARED) - {"libopenblas"}))
def test_the_pinned_packages_have_libraries_of_one_interface(name: str) -> None:
    (own,) = PACKAGES.glob(f"opencv_python*.libs/{name}-*")
    (shared,) = PACKAGES.glob(f"{SHARED[name]}.libs/{name}-*")
    assert own.name.split(".so.")[1].split(".")[0] == shared.name.split(".so.")[1].split(".")[0]


def test_scipy_has_all_functions_of_linear_algebra_that_opencv_calls() -> None:
    (own,) = PACKAGES.glob("opencv_python*.libs/libopenblas*")
    (shared,) = PACKAGES.glob("scipy.libs/libscipy_openblas*")
    called = set(undefined(PACKAGES / "cv2" / "cv2.abi3.so")) & defined(own)
    called = {name for name in called if name.startswith("cblas_") or name.endswith("_")}
    assert {"cblas_dgemm", "dgesdd_"} <= called
    assert {f"scipy_{name}" for name in called} <= defined(shared)


@pytest.mark.parametrize(("encoder", "caller"), ENCODERS.items())
def test_an_empty_encoder_has_the_functions_that_are_called(encoder: str, caller: str, tmp_path: Path) -> None:
    (original,) = PACKAGES.glob(f"{encoder}*")
    (calling,) = PACKAGES.glob(f"{caller}*")
    copy = tmp_path / original.name
    copy.write_bytes(original.read_bytes())
    exported = defined(original)
    called = {name: version for name, version in undefined(calling).items() if name in exported}
    empty(copy, calling)
    assert defined(copy) == set(called) | set(called.values()) - {""} != set()
    assert {getattr(ctypes.CDLL(str(copy)), name)() for name in called} == {0}
    assert copy.stat().st_size < 20_000 < original.stat().st_size


@pytest.mark.parametrize("name", ["vp8", "vp9", "mp3", "amrnb", "amrwb", "opus", "webp"])
def test_ffmpeg_reads_by_its_own_decoder_what_the_empty_libraries_read(name: str) -> None:
    assert av.codec.Codec(name, "r").name == name
