"""Conversion in a child process: its output, its files, cancelling it."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from app.core.errors import StanceError
from app.core.message import Message
from app.zoo.cache import converted_place
from app.zoo.catalogue import find_entry
from app.zoo.conversion import CancelledError, convert, convert_entry, imported_place, is_checkpoint

BEGIN = """
import os, pathlib, sys, tempfile, time
wanted = sys.argv[1:]
"""


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    path = tmp_path / "my net.pth"
    path.write_bytes(b"weights")
    return path


@pytest.fixture
def target(stance_home: Path) -> Path:
    return stance_home / "imported" / "my net.onnx"


def exporter(folder: Path, body: str) -> tuple[str, str]:
    """A program that replaces the exporter; in ``body``, ``wanted`` are its arguments."""
    path = folder / "exporter.py"
    path.write_text(BEGIN + body, encoding="utf-8")
    return sys.executable, str(path)


def files_beside(target: Path) -> list[str]:
    return sorted(path.name for path in target.parent.rglob("*"))


def test_lines_are_relayed_and_the_file_is_moved_to_the_target(tmp_path: Path, checkpoint: Path, target: Path) -> None:
    command = exporter(
        tmp_path,
        """
assert wanted[0] == "pose" and wanted[2] == "-o"
print("17 maps × 3", flush=True)
print("\\n  assumed: color rgb\\n")
out = pathlib.Path(wanted[3])
out.write_bytes(pathlib.Path(wanted[1]).read_bytes() + b" in onnx")
print(f"{out}: 7 MB, checked")
sys.path.insert(0, os.getcwd())
from app.core.message import Message
from app.core.message_lines import to_line
print(to_line(Message("{path}: {size:.1f} MB, checked", path=out, size=7)))
""",
    )
    lines: list[Message] = []
    assert convert(checkpoint, target, lines.append, lambda: False, command) == target
    assert target.read_bytes() == b"weights in onnx"
    assert lines == ["17 maps × 3", "assumed: color rgb", "my net.onnx: 7 MB, checked", "my net.onnx: 7.0 MB, checked"]
    assert (lines[3].key, lines[3].values) == ("{path}: {size:.1f} MB, checked", {"path": "my net.onnx", "size": 7})
    assert files_beside(target) == ["my net.onnx"]


def test_error_is_the_exporters_own_sentence(tmp_path: Path, checkpoint: Path, target: Path) -> None:
    command = exporter(
        tmp_path,
        """
pathlib.Path(wanted[3]).write_bytes(b"half")
print("a warning of some library", file=sys.stderr)
print("my net.pth holds no pose network: wanted HRNet or SimpleBaseline.", file=sys.stderr)
sys.exit(2)
""",
    )
    with pytest.raises(StanceError, match=r"^my net\.pth holds no pose network: wanted HRNet or SimpleBaseline\.$"):
        convert(checkpoint, target, print, lambda: False, command)
    assert files_beside(target) == []


def test_detector_is_converted_as_detector(tmp_path: Path, checkpoint: Path, target: Path) -> None:
    command = exporter(
        tmp_path,
        """
if wanted[0] == "pose":
    print("it is a detector", file=sys.stderr)
    sys.exit(3)
pathlib.Path(wanted[3]).write_text(wanted[0])
""",
    )
    assert convert(checkpoint, target, print, lambda: False, command).read_text() == "detector"


def test_converted_file_is_reused(tmp_path: Path, checkpoint: Path, stance_home: Path) -> None:
    command = exporter(tmp_path, "pathlib.Path(wanted[3]).write_bytes(b'onnx'); pathlib.Path(wanted[1]).touch()")
    made = convert(checkpoint, imported_place(checkpoint), print, lambda: False, command)
    again = imported_place(checkpoint)
    assert convert(checkpoint, again, print, lambda: False, ("no-such-python",)) == made

    other = tmp_path / "elsewhere" / checkpoint.name
    other.parent.mkdir()
    other.write_bytes(b"other weights")
    assert convert(other, imported_place(other), print, lambda: False, command) != made
    assert made.is_file()


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("raise MemoryError('no room')", "failed .*no room"),
        ("os._exit(9)", "failed .*exit code 9"),
        ("print('done')", "produced no file"),
    ],
)
def test_crashing_exporter_gives_one_sentence(
    tmp_path: Path, checkpoint: Path, target: Path, body: str, reason: str
) -> None:
    with pytest.raises(StanceError, match=reason) as raised:
        convert(checkpoint, target, print, lambda: False, exporter(tmp_path, body))
    assert "my net.pth" in str(raised.value)
    assert "\n" not in str(raised.value)
    assert files_beside(target) == []


def test_missing_program_is_named(checkpoint: Path, target: Path) -> None:
    with pytest.raises(StanceError, match="no-such-python"):
        convert(checkpoint, target, print, lambda: False, ("no-such-python",))


def test_cancelling_ends_a_silent_exporter_and_leaves_no_files(tmp_path: Path, checkpoint: Path, target: Path) -> None:
    heartbeat = tmp_path / "heartbeat"
    command = exporter(
        tmp_path,
        f"""
pathlib.Path(wanted[3]).write_bytes(b"half")
pathlib.Path(tempfile.mkdtemp(), "scratch").write_bytes(b"half")
print("begun", flush=True)
while True:
    pathlib.Path({str(heartbeat)!r}).write_text(str(time.monotonic()))
    time.sleep(0.02)
""",
    )
    lines: list[str] = []
    with pytest.raises(CancelledError):
        convert(checkpoint, target, lines.append, lambda: bool(lines) and heartbeat.exists(), command)
    last_beat = heartbeat.read_text()
    assert files_beside(target) == []
    time.sleep(0.1)
    assert heartbeat.read_text() == last_beat


def test_catalogue_checkpoint_is_converted_into_the_cache(tmp_path: Path, checkpoint: Path, stance_home: Path) -> None:
    entry = find_entry("hrnet_w32_256x192")
    made = converted_place(entry)
    command = exporter(
        tmp_path,
        f"""
assert wanted == ["fetch", "hrnet_w32_256x192", "--file", {str(checkpoint)!r}], wanted
pathlib.Path({str(made)!r}).write_bytes(b"onnx")
""",
    )
    assert convert_entry(entry, checkpoint, print, lambda: False, command) == made
    assert made.is_relative_to(stance_home)
    with pytest.raises(StanceError, match="failed"):
        convert_entry(entry, None, print, lambda: False, command)


@pytest.mark.slow
def test_real_exporter_error_is_one_sentence(tmp_path: Path, target: Path) -> None:
    """Without torch it names the missing package, with torch the missing file."""
    with pytest.raises(StanceError, match=r"requirements\.txt|missing\.pth"):
        convert(tmp_path / "missing.pth", target, print, lambda: False)
    assert files_beside(target) == []


def test_checkpoint_suffixes_and_imported_path(tmp_path: Path, stance_home: Path) -> None:
    for name in ("a.pth", "a.PTH", "a.pth.tar", "a.pt", "a.safetensors"):
        assert is_checkpoint(name)
        (tmp_path / name).write_bytes(b"abc")
        assert imported_place(tmp_path / name) == stance_home / "imported" / "a-ba7816bf.onnx"
    assert not any(is_checkpoint(name) for name in ("a.onnx", "a.tar", "a.mp4", "pth"))
    with pytest.raises(StanceError, match=r"missing.*cannot be read"):
        imported_place(tmp_path / "missing.pth")
