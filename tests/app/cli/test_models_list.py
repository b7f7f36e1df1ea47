"""The list of models: the ones to begin with, and the whole catalogue."""

from __future__ import annotations

from pathlib import Path

from app.cli.models_list import HEAD, list_models
from app.zoo.catalogue import load_catalogue
from app.zoo.sorts import SUBJECTS


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.split("  ") if cell.strip()]


def test_the_short_list_has_every_subject_and_both_kinds_of_networks(stance_home: Path) -> None:
    head, *lines, last = list_models(whole=False).splitlines()
    assert cells(head) == list(HEAD)
    assert 12 <= len(lines) <= 18
    assert last == f"{len(load_catalogue()) - len(lines)} more: --list-models --all"
    text = "\n".join(lines)
    assert all(subject.replace("-", " ") in text for subject in SUBJECTS)
    for name in ("rtmpose-t_body", "rtmpose-m_body", "rtmpose-x_body", "rtmpose-s", "rtmo-s", "yolox-tiny", "demo"):
        assert name in [line.split()[0] for line in lines]
    assert [line.split()[0] for line in lines][-1] == "demo"


def test_the_whole_list_has_every_entry(stance_home: Path) -> None:
    _, *lines = list_models(whole=True).splitlines()
    assert [line.split()[0] for line in lines] == list(load_catalogue())


def test_unknown_sizes_and_accuracies_are_empty(stance_home: Path) -> None:
    rows = {line.split()[0]: cells(line) for line in list_models(whole=True).splitlines()}
    assert rows["rtmpose-m_face"] == ["rtmpose-m_face", "face", "top-down, checkpoint", "Apache-2.0"]
    assert rows["rtmo-s"] == ["rtmo-s", "body", "one-stage", "39.6 MB", "Apache-2.0", "0.686"]
    assert "~114 MB" in rows["hrnet_w32_384x288"]
