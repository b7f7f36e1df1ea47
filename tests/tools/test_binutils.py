"""Shared libraries, read and made."""

from __future__ import annotations

import platform
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from app.core.errors import StanceError
from tools.binutils import assemble, compile_c, defined, find_library, needed, require_programs, undefined

pytestmark = [
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only bundles for Linux"),
    pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler"),
]


def source(folder: Path, text: str) -> Path:
    path = folder / "source.c"
    path.write_text(text, "ascii")
    return path


def test_a_library_calls_another_by_the_version_of_a_symbol(tmp_path: Path) -> None:
    lower, upper = tmp_path / "liblower.so.1", tmp_path / "libupper.so.1"
    compile_c(source(tmp_path, "int seven(void) { return 7; }"), lower, {"seven": "LOWER_1"})
    compile_c(source(tmp_path, "int seven(void); int eight(void) { return seven() + 1; }"), upper, {}, lower)
    assert needed(upper) >= {"liblower.so.1"}
    assert undefined(upper)["seven"] == "LOWER_1"
    assert "eight" in defined(upper)
    assert _eight(upper) == "8"


@pytest.mark.skipif(platform.machine() != "x86_64", reason="another assembler")
def test_a_library_that_is_assembled_anew_has_the_versions_that_are_wanted(tmp_path: Path) -> None:
    lower, upper = tmp_path / "liblower.so.1", tmp_path / "libupper.so.1"
    compile_c(source(tmp_path, "int seven(void) { return 7; }"), lower, {"seven": "LOWER_1"})
    compile_c(source(tmp_path, "int seven(void); int eight(void) { return seven() + 1; }"), upper, {}, lower)
    function = ".globl seven\n.type seven, %function\nseven: xorl %eax, %eax; ret\n"
    assemble(f".text\n{function}", lower, {"seven": undefined(upper)["seven"]})
    assert _eight(upper) == "1"
    assemble(f".text\n{function}", lower, {})
    assert not _eight(upper)  # the loader ends the program


def test_one_library_is_found_by_the_beginning_of_its_name(tmp_path: Path) -> None:
    (tmp_path / "a.libs").mkdir()
    (tmp_path / "a.libs" / "libone-1234.so.1").touch()
    assert find_library(tmp_path, "a.libs/libone").name == "libone-1234.so.1"
    with pytest.raises(StanceError, match=r"0 files a.libs/libtwo\* are in .*: wanted one"):
        find_library(tmp_path, "a.libs/libtwo")


def test_what_is_not_a_library_needs_none_and_has_no_symbols(tmp_path: Path) -> None:
    text = source(tmp_path, "int seven;")
    assert needed(text) == set()
    with pytest.raises(StanceError, match=r"nm has failed: .*source\.c: file format not recognized"):
        defined(text)


def test_a_program_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    require_programs()
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(StanceError, match="as is not installed: wanted the system package binutils"):
        require_programs()


def _eight(library: Path) -> str:
    """What ``eight`` of ``library`` returns in a process of its own; an empty text if that process is ended."""
    command = f"import ctypes; print(ctypes.CDLL({str(library)!r}).eight())"
    done = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, check=False)
    return done.stdout.strip()
