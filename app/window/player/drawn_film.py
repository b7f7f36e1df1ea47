"""Videos recorded by Stance: their people are known, so that they are analysed only on request."""

from __future__ import annotations

import logging
from collections.abc import Callable
from os.path import isfile
from pathlib import Path
from typing import TYPE_CHECKING

from app.core.errors import StanceError
from app.window.i18n.tr import tr
from app.window.player.recording_files import ENDING
from app.window.widgets.notification import Notice

if TYPE_CHECKING:
    from app.core.film_note import FilmNote
    from app.sinks.jsonl_reader import Recording
    from app.sources import Source

log = logging.getLogger(__name__)


def note_of(source: Source) -> FilmNote | None:
    """The note in the video of ``source``; None if Stance did not record it. Blocks: for background threads."""
    from app.engine.header import source_file
    from app.sources.film_note_reader import read_note

    path = source_file(source)
    return read_note(path) if path is not None else None


def people_of_film(
    note: FilmNote, film: Path, width: int, recording: Recording | None, data: Path | None
) -> Recording | None:
    """The people of a video recorded by Stance, ``width`` pixels wide.

    They come from ``recording``, which was read from ``data``, or else from the data beside the video. Without data the
    recording is empty if the people are drawn into the video, and None (to be analysed) if not. Of an ``edited`` film
    the data have other times or places.
    """
    if note.edited:
        return _empty_recording(film) if note.people == "drawn" else None
    if recording is None or data is None:
        for data in _beside(note, film):
            recording = _read(data)
            if recording is not None:
                break
        else:
            return _empty_recording(film) if note.people == "drawn" else None
    if _is_made_of(recording, film) or data.absolute() not in _beside(note, film.absolute()):
        return recording  # made by analysing this video later: its coordinates and times are those of the video already
    return recording.on_film(is_mirrored=note.mirrored, width=width)


def notice(has_people: bool, analyse_again: Callable[[], object]) -> Notice:
    """The notice for a film of Stance that is not analysed, with an offer to ``analyse_again``.

    ``has_people``: its people were read from the data beside it.
    """
    if has_people:
        sentence = tr("The people shown were saved with this video. It is not analysed again.")
        return Notice("info", sentence, tr("Analyse anyway"), analyse_again, "source")
    sentence = tr(
        "Skeletons are already drawn into this video, so it is not analysed. There is no pose data file beside it."
    )
    return Notice("warning", sentence, tr("Analyse anyway"), analyse_again, "source")


def _beside(note: FilmNote, film: Path) -> list[Path]:
    """Files beside ``film`` that may have its people: with the name in its note, or with its own name."""
    name = note.data.replace("\\", "/").rpartition("/")[2]
    paths = [film.with_name(name)] if name.lower().endswith(ENDING) else []
    paths += [path for path in (film.with_suffix(ENDING),) if path not in paths]
    return [path for path in paths if isfile(path)]


def _read(data: Path) -> Recording | None:
    from app.sinks.jsonl_reader import read_recording

    try:
        return read_recording(data)
    except StanceError as error:
        log.warning("%s", error)
        return None


def _is_made_of(recording: Recording, film: Path) -> bool:
    """Whether ``recording`` was made by analysing ``film``, and not recorded together with it."""
    try:
        return film.samefile(Path(recording.source).expanduser())
    except (OSError, RuntimeError, ValueError):  # an invalid file name, an unknown home folder
        return False


def _empty_recording(film: Path) -> Recording:
    from app.core.skeleton import load_skeleton
    from app.sinks.jsonl_reader import Recording

    return Recording(str(film), (0, 0), None, load_skeleton("halpe26"), "", "", [])
