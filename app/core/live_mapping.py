"""A mapping that another part of the program changes while this one reads it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


class LiveMapping(Mapping[Key, Value]):
    """What ``read()`` returns whenever this is used; ``read`` may be called from any thread."""

    def __init__(self, read: Callable[[], Mapping[Key, Value]]) -> None:
        self._read = read

    def __getitem__(self, key: Key) -> Value:
        return self._read()[key]

    def __iter__(self) -> Iterator[Key]:
        return iter(self._read())

    def __len__(self) -> int:
        return len(self._read())
