"""Converting by another process: what it says, what it leaves, how it is stopped."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from app.errors import StanceError
from app.zoo.cache import converted_place
from app.zoo.catalogue import find_entry
from app.zoo.importing import CancelledError, convert, convert_entry, imported_place, is_checkpoint

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
    """A program in place of the exporter; ``wanted`` are its arguments."""
    path = folder / "exporter.py"
    path.write_text(BEGIN + body, encoding="utf-8")
    return sys.executable, str(path)


def left(target: Path) -> list[str]:
    return sorted(path.name for path in target.parent.rglob("*"))


def test_the_lines_are_passed_on_and_the_file_is_put_in_its_place(
    tmp_path: Path, checkpoint: Path, target: Path
) -> None:
    command = exporter(
        tmp_path,
        """
assert wanted[0] == "pose" and wanted[2] == "-o"
print("17 maps × 3", flush=True)
print("\\n  assumed: color rgb\\n")
out = pathlib.Path(wanted[3])
out.write_bytes(pathlib.Path(wanted[1]).read_bytes() + b" in onnx")
print(f"{out}: 7 MB, checked")
""",
    )
    lines: list[str] = []
    assert convert(checkpoint, target, lines.append, lambda: False, command) == target
    assert target.read_bytes() == b"weights in onnx"
    assert lines == ["17 maps × 3", "assumed: color rgb", "my net.onnx: 7 MB, checked"]
    assert left(target) == ["my net.onnx"]


def test_a_refusal_is_the_exporters_own_sentence(tmp_path: Path, checkpoint: Path, target: Path) -> None:
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
    assert left(target) == []


def test_what_the_exporter_finds_to_be_a_detector_is_converted_as_one(
    tmp_path: Path, checkpoint: Path, target: Path
) -> None:
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


def test_what_has_been_converted_is_not_converted_again(tmp_path: Path, checkpoint: Path, stance_home: Path) -> None:
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
        ("raise MemoryError('no room')", "broke off .*no room"),
        ("os._exit(9)", "broke off .*exit code 9"),
        ("print('done')", "gave no file"),
    ],
)
def test_an_exporter_that_breaks_down_is_told_in_one_sentence(
    tmp_path: Path, checkpoint: Path, target: Path, body: str, reason: str
) -> None:
    with pytest.raises(StanceError, match=reason) as refusal:
        convert(checkpoint, target, print, lambda: False, exporter(tmp_path, body))
    assert "my net.pth" in str(refusal.value)
    assert "\n" not in str(refusal.value)
    assert left(target) == []


def test_a_program_that_is_not_there_is_named(checkpoint: Path, target: Path) -> None:
    with pytest.raises(StanceError, match="no-such-python"):
        convert(checkpoint, target, print, lambda: False, ("no-such-python",))


def test_cancelling_ends_a_silent_exporter_and_leaves_nothing(tmp_path: Path, checkpoint: Path, target: Path) -> None:
    heart = tmp_path / "heart"
    command = exporter(
        tmp_path,
        f"""
pathlib.Path(wanted[3]).write_bytes(b"half")
pathlib.Path(tempfile.mkdtemp(), "scratch").write_bytes(b"half")
print("begun", flush=True)
while True:
    pathlib.Path({str(heart)!r}).write_text(str(time.monotonic()))
    time.sleep(0.02)
""",
    )
    lines: list[str] = []
    with pytest.raises(CancelledError):
        convert(checkpoint, target, lines.append, lambda: bool(lines) and heart.exists(), command)
    beat = heart.read_text()
    assert left(target) == []
    time.sleep(0.1)
    assert heart.read_text() == beat


def test_a_checkpoint_of_the_catalogue_is_converted_into_the_cache(
    tmp_path: Path, checkpoint: Path, stance_home: Path
) -> None:
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
    with pytest.raises(StanceError, match="broke off"):
        convert_entry(entry, None, print, lambda: False, command)


def test_the_exporter_itself_speaks_in_one_sentence(tmp_path: Path, target: Path) -> None:
    """Without torch it names the missing package, with torch the missing file."""
    with pytest.raises(StanceError, match=r"requirements\.txt|missing\.pth"):
        convert(tmp_path / "missing.pth", target, print, lambda: False)
    assert left(target) == []


def test_what_counts_as_a_checkpoint(tmp_path: Path, stance_home: Path) -> None:
    for name in ("a.pth", "a.PTH", "a.pth.tar", "a.pt", "a.safetensors"):
        assert is_checkpoint(name)
        (tmp_path / name).write_bytes(b"abc")
        assert imported_place(tmp_path / name) == stance_home / "imported" / "a-ba7816bf.onnx"
    assert not any(is_checkpoint(name) for name in ("a.onnx", "a.tar", "a.mp4", "pth"))
    with pytest.raises(StanceError, match=r"missing.*cannot be read"):
        imported_place(tmp_path / "missing.pth")
