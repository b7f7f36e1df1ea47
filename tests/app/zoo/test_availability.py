"""State of catalogue entries: fetchable, fetched, converted, to be downloaded by the user."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.zoo.availability import state_of
from app.zoo.cache import converted_place, place_of, remove, zoo_folder
from app.zoo.catalogue import find_entry


@pytest.fixture(autouse=True)
def zoo(stance_home: Path) -> Path:
    zoo_folder().mkdir(parents=True)
    return zoo_folder()


def test_state_changes_from_fetchable_to_ready_and_back() -> None:
    entry = find_entry("hrnet_w32_256x192_mmpose")
    assert state_of(entry) == "fetchable"
    place_of(entry).write_bytes(b"checkpoint")
    assert state_of(entry) == "unconverted"
    converted_place(entry).write_bytes(b"network")
    assert state_of(entry) == "ready"
    assert remove(entry) == len(b"checkpoint") + len(b"network")
    assert state_of(entry) == "fetchable"
    assert remove(entry) == 0


def test_truncated_file_is_not_ready_but_is_removed() -> None:
    entry = find_entry("rtmpose-s")
    place_of(entry).write_bytes(b"half")
    assert state_of(entry) == "fetchable"
    assert remove(entry) == len(b"half")


def test_files_behind_a_web_page_are_by_hand() -> None:
    assert state_of(find_entry("hrnet_w32_384x288")) == "by-hand"
    assert state_of(find_entry("tinypose_128x96")) == "by-hand"
