"""Writes files under temporary names, so that no unfinished file ever has its final name."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from app.core.errors import StanceError
from app.core.message import Message, Value
from app.sinks import in_folder, writing
from app.sinks.output_lock import STAGING_LOCK, hold_staging_folder, sweep


class Staging:
    """Temporary places for the outputs ``outputs``, in a folder ``stance-unfinished-…`` beside each of them.

    To be used as a context: ``paths`` are the temporary paths, in order; ``finish`` gives the files their final names.
    What is not finished at the end of the context is removed; a killed process leaves the folder, which ``sweep``
    removes later.

    Raises StanceError if the folder cannot be created.
    """

    def __init__(self, outputs: Sequence[Path]) -> None:
        self._folders: dict[Path, Path] = {}
        self._existed: dict[Path, set[str]] = {}
        self._releases: list[Callable[[], object]] = []
        try:
            self.paths = [self._place(in_folder(path)) for path in outputs]
        except BaseException:
            self.discard()
            raise

    def __enter__(self) -> Staging:
        return self

    def __exit__(self, *_: object) -> None:
        self.discard()

    def finish(self, made: Sequence[Path]) -> list[Path]:
        """Move everything to its final place; returns the final paths of the files ``made``.

        A file that another program has created there meanwhile is not overwritten: the new one is numbered.
        Raises StanceError if a file cannot be moved.
        """
        final = {}
        for folder, temporary in self._folders.items():
            for one in sorted(temporary.iterdir()):
                if one.name != STAGING_LOCK:
                    final[one] = self._move(one, folder)
        return [self._final(path, final) for path in made]

    def named(self, sentence: Message) -> Message:
        """``sentence`` with the final paths in place of the temporary ones."""
        if not sentence.values:
            return Message(str(self._named(str(sentence))))
        return Message(sentence.key, **{name: self._named(value) for name, value in sentence.values.items()})

    def _named(self, value: Value) -> Value:
        if isinstance(value, Message):
            return self.named(value)
        if not isinstance(value, str):
            return value
        for folder, temporary in self._folders.items():
            value = value.replace(str(temporary), str(folder))
        return value

    def discard(self) -> None:
        """Remove everything that is not finished; idempotent."""
        for temporary in self._folders.values():
            shutil.rmtree(temporary, ignore_errors=True)
        while self._releases:
            self._releases.pop()()

    def _place(self, path: Path) -> Path:
        """The temporary path for ``path``, whose folder may be new."""
        folder = path.parent if path.parent.is_dir() else path.parent.parent
        if folder not in self._folders:
            sweep(folder)
            with writing(path):
                self._existed[folder] = set(os.listdir(folder))
                self._folders[folder], release = hold_staging_folder(folder)
            self._releases.append(release)
        staged = self._folders[folder] / path.relative_to(folder)
        if not staged.parent.is_dir():
            with writing(path.parent):
                staged.parent.mkdir()
        return staged

    def _move(self, one: Path, folder: Path) -> Path:
        target = folder / one.name
        with writing(target):
            if one.is_dir() and target.is_dir():
                for file in one.iterdir():
                    os.replace(file, target / file.name)
                return target
            number = 2
            while target.exists() and target.name not in self._existed[folder]:
                target = folder / f"{one.stem}-{number}{one.suffix}"
                number += 1
            os.replace(one, target)
        return target

    def _final(self, path: Path, final: dict[Path, Path]) -> Path:
        """The final path of ``path``, which is one of the moved files, or in a moved folder."""
        return final[path] if path in final else final[path.parent] / path.name


def write_staged(output: Path, make: Callable[[Path], object]) -> list[Path]:
    """Let ``make`` write the file ``output`` under a temporary name; returns the files that it made.

    Raises StanceError as ``make`` does; then nothing is written.
    """
    with Staging([output]) as staged:
        try:
            make(staged.paths[0])
        except StanceError as error:
            raise StanceError(staged.named(error.message)) from None
        made = [one for one in staged.paths[0].parent.iterdir() if one.name != STAGING_LOCK]
        return staged.finish(made)
