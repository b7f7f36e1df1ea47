"""Bad input to the exporter gives one sentence that says what was wanted, and exit code 2."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

Command = Callable[..., tuple[int, str, str]]


@pytest.mark.parametrize(
    ("file", "sentence"),
    [
        ("none.onnx", "There is no file '{path}': wanted an ONNX file.\n"),
        ("empty.onnx", "'{path}' is not an ONNX file, or is damaged: wanted a model in ONNX format (.onnx).\n"),
        ("note.txt", "'{path}' is not an ONNX file, or is damaged: wanted a model in ONNX format (.onnx).\n"),
        ("net.pth", "'{path}' is not an ONNX file: wanted the one that `python -m export pose` makes of it, or "),
    ],
)
def test_info_of_what_is_no_network(tmp_path: Path, file: str, sentence: str, command: Command) -> None:
    (tmp_path / "empty.onnx").touch()
    for name in ("note.txt", "net.pth"):
        (tmp_path / name).write_text("not a network")
    code, out, err = command("info", tmp_path / file)
    assert (code, out) == (2, "")
    assert err.startswith(sentence.format(path=tmp_path / file))
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["pose", ""], "Argument checkpoint: the name is empty, wanted that of a file or folder; `"),
        (["pose", "net.pth", "-o", ""], "Argument -o/--output: the name is empty, wanted that of a file or folder; `"),
        (["pose", "net.pth", "--input", "wide"], "Argument --input: 'wide' is not a size, wanted WIDTHxHEIGHT such as"),
        (["pose", "net.pth", "--opset", "new"], "Argument --opset: 'new' is not a whole number, wanted 13 to 20; `"),
        (["detector", "net.pt", "--input", "big"], "Argument --input: 'big' is not a whole number, wanted a multiple"),
        (["pose", "net.pth", "--bogus"], "Unrecognized arguments: --bogus; `"),
        (["turn"], "Argument command: invalid choice 'turn' (choose from"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_arguments_that_cannot_be_used(
    arguments: list[str], sentence: str, command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        command(*arguments)
    assert ended.value.code == 2
    err = capsys.readouterr().err
    assert err.startswith(sentence)
    assert (err.count("\n"), err.count(": ")) == (1, 1)
