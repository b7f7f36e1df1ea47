"""The documents name the options that the commands have: no more, and in the tables no fewer."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

import pytest

from app.bench.__main__ import _parser as bench_parser
from app.cli.main import make_parser as main_parser
from app.evaluate.__main__ import COMMANDS
from app.evaluate.__main__ import _parser as evaluate_parser
from export.__main__ import _parser as export_parser
from tests.conftest import ROOT
from tests.test_docs import DOCUMENTS

OPTION = re.compile(r"--[a-z][a-z0-9-]*")
EXPORT = (ROOT / "docs" / "export.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")


def of_command(parser: argparse.ArgumentParser, name: str) -> argparse.ArgumentParser:
    """The parser of the subcommand ``name``."""
    (commands,) = (action for action in parser._actions if isinstance(action, argparse._SubParsersAction))
    found: argparse.ArgumentParser = commands.choices[name]
    return found


EXPORT_COMMANDS = ("pose", "detector", "info", "fetch")
PARSERS = {
    "python main.py": main_parser(),
    "python -m app.bench": bench_parser(),
    **{f"python -m export {name}": of_command(export_parser(), name) for name in EXPORT_COMMANDS},
    **{f"python -m app.evaluate {name}": of_command(evaluate_parser([name]), name) for name in COMMANDS},
}


def options_of(parser: argparse.ArgumentParser) -> set[str]:
    return {text for action in parser._actions for text in action.option_strings if text.startswith("--")} - {"--help"}


def commands_in(text: str) -> list[tuple[str, str]]:
    """The commands in a document, in blocks and in lines, each with the rest of its line or lines."""
    joined = re.sub(r"\\\n\s*|\n {4,}|\n(?=--)", " ", text)
    found = re.findall(rf"({'|'.join(map(re.escape, PARSERS))})\b([^`#\n]*)", joined)
    return [(name, rest) for name, rest in found]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_commands_have_options_that_exist(path: Path) -> None:
    commands = commands_in(path.read_text(encoding="utf-8"))
    unknown = [
        (name, option)
        for name, rest in commands
        for option in OPTION.findall(rest)
        if option not in options_of(PARSERS[name]) | {"--help"}
    ]
    assert unknown == []


def rows() -> list[tuple[str, str]]:
    """The rows of README's table of arguments: the code in the first cell, and the meaning."""
    return re.findall(r"^\| (`--.*?) \| (.*) \|$", README, re.MULTILINE)


def test_the_table_of_arguments_is_whole() -> None:
    assert {option for first, _ in rows() for option in OPTION.findall(first)} == options_of(main_parser())


def test_the_table_of_arguments_has_the_choices() -> None:
    choices = {action.option_strings[0]: action.choices for action in main_parser()._actions if action.choices}
    stated = {
        option: tuple(values.split("/")) for option, values in re.findall(r"`(--[a-z-]+) ([\w-]+(?:/[\w-]+)+)`", README)
    }
    assert stated == {option: tuple(values) for option, values in choices.items() if values is not None}


@pytest.mark.parametrize("option", ["--detect-every", "--smooth", "--threshold", "--max-people", "--device"])
def test_the_table_of_arguments_has_the_defaults(option: str) -> None:
    (meaning,) = (meaning for first, meaning in rows() if option in OPTION.findall(first))
    (default,) = (action.default for action in main_parser()._actions if option in action.option_strings)
    assert re.search(rf"\(`?{default}[`;,)]|`{default}`, the default", meaning), default


@pytest.mark.parametrize("name", EXPORT_COMMANDS)
def test_the_usage_of_the_exporter_is_whole(name: str) -> None:
    (usage,) = [rest for command, rest in commands_in(EXPORT.split("```")[1]) if command == f"python -m export {name}"]
    assert set(OPTION.findall(usage)) == options_of(PARSERS[f"python -m export {name}"]) - {"--output"}  # it has -o


def test_every_ending_is_documented() -> None:
    from app.sinks import ENDINGS

    formats = (ROOT / "docs" / "formats.md").read_text(encoding="utf-8")
    table = "\n".join(line for line in formats.splitlines() if line.startswith("| `"))
    (meaning,) = (meaning for first, meaning in rows() if "--output" in first)
    (shown,) = (action.help or "" for action in main_parser()._actions if "--output" in action.option_strings)
    for ending in set(ENDINGS) - {".jpeg"}:  # the same as .jpg
        assert all(ending in text for text in (table, meaning, shown)), ending
