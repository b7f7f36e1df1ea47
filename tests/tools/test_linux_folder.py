"""The libraries of a bundle, made smaller after PyInstaller has collected them."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tools.linux_folder import leave_to_system, libraries, merge, prune, strip

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only bundles for Linux")


def make(path: Path, *needed: Path, debug: bool = False) -> Path:
    """A shared library at ``path`` with the function ``seven``, linked with ``needed``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    code, options = "int seven(void) { return 7; }", ["-g"] if debug else ["-s"]
    command = ["cc", "-x", "c", "-", "-x", "none", "-shared", "-fPIC", "-Wl,--no-as-needed", *options]
    subprocess.run(
        [*command, f"-Wl,-soname,{path.name}", "-o", str(path), *map(str, needed)], input=code, text=True, check=True
    )
    return path


def names(folder: Path) -> list[str]:
    return [path.name for path in libraries(folder)]


@pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler")
class TestFolder:
    def test_libraries_that_nothing_needs_any_more_go(self, tmp_path: Path) -> None:
        lower = make(tmp_path / "liblower.so.1")
        make(tmp_path / "libupper.so.1", lower)  # only a plugin that was left out needed it
        make(tmp_path / "package" / "module.so", make(tmp_path / "libused.so.1"))
        make(tmp_path / "libX11.so.6")
        make(tmp_path / "module.so")
        (tmp_path / "libgone.so.1").symlink_to("package/libgone.so.1")
        (tmp_path / "libother.so.1").symlink_to("package/module.so")
        prune(tmp_path)
        assert [path.name for path in tmp_path.iterdir() if path.is_symlink()] == ["libother.so.1"]
        assert names(tmp_path) == ["libX11.so.6", "libused.so.1", "module.so", "module.so"]

    def test_libraries_that_the_readme_asks_for_go(self, tmp_path: Path) -> None:
        for name in ("libX11.so.6", "libX11-xcb.so.1", "libxcb.so.1", "libxcb-xfixes.so.0", "libglib-2.0.so.0"):
            make(tmp_path / name)
        make(tmp_path / "a.libs" / "libxcb.so.1")  # a package's own
        leave_to_system(tmp_path)
        assert names(tmp_path) == ["libxcb.so.1", "libX11-xcb.so.1", "libxcb-xfixes.so.0"]

    def test_a_library_that_two_packages_bring_is_there_once(self, tmp_path: Path) -> None:
        small = make(tmp_path / "b.libs" / "libboth-1234.so.1")
        large = make(tmp_path / "a.libs" / "libboth-1234.so.1", debug=True)
        make(tmp_path / "a.libs" / "libown-5678.so.1")
        merge(tmp_path)
        assert large.resolve() == small
        assert not large.readlink().is_absolute()
        assert ctypes.CDLL(str(large)).seven() == 7
        assert names(tmp_path) == ["libown-5678.so.1", "libboth-1234.so.1"]

    def test_symbols_for_debuggers_go_except_where_that_breaks_a_library(self, tmp_path: Path) -> None:
        module = make(tmp_path / "package" / "module.so", debug=True)
        moved = make(tmp_path / "a.libs" / "libmoved-1234.so.1", debug=True)
        sizes = module.stat().st_size, moved.stat().st_size
        strip(tmp_path)
        assert module.stat().st_size < sizes[0]
        assert moved.stat().st_size == sizes[1]
        assert ctypes.CDLL(str(module)).seven() == 7
