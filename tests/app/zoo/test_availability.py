from __future__ import annotations

from pathlib import Path

import pytest

from app.zoo.cache import converted_place, place_of, remove, zoo_folder
from app.zoo.catalogue import find_entry
from app.zoo.states import state_of


@pytest.fixture(autouse=True)
def zoo(stance_home: Path) -> Path:
    zoo_folder().mkdir(parents=True)
    return zoo_folder()


def test_a_checkpoint_is_fetched_then_converted_then_ready_and_removed_with_what_was_made_of_it() -> None:
    entry = find_entry("hrnet_w32_256x192_mmpose")
    assert state_of(entry) == "fetchable"
    place_of(entry).write_bytes(b"checkpoint")
    assert state_of(entry) == "unconverted"
    converted_place(entry).write_bytes(b"network")
    assert state_of(entry) == "ready"
    assert remove(entry) == len(b"checkpoint") + len(b"network")
    assert state_of(entry) == "fetchable"
    assert remove(entry) == 0


def test_a_file_that_was_cut_does_not_count_and_is_removed_all_the_same() -> None:
    entry = find_entry("rtmpose-s")
    place_of(entry).write_bytes(b"half")
    assert state_of(entry) == "fetchable"
    assert remove(entry) == len(b"half")


def test_what_only_a_person_can_get_says_so() -> None:
    assert state_of(find_entry("hrnet_w32_256x192")) == "by-hand"
    assert state_of(find_entry("tinypose_128x96")) == "by-hand"
