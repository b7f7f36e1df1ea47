"""Spreadsheets for Excel, LibreOffice and Numbers: a summary, angles and points in sheets of one workbook."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from math import isfinite
from pathlib import Path

import numpy as np
import xlsxwriter
from xlsxwriter.exceptions import XlsxWriterException
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from app.analysis.event_spans import event_spans
from app.analysis.measure_rows import measure_rows
from app.analysis.person_figures import PersonFigures
from app.analysis.scale import Scale
from app.analysis.space_angles import seen_in_space, space_angles
from app.analysis.space_size import sized
from app.core.people import Floats
from app.overlay import DrawStyle
from app.sinks import Header
from app.sinks.events_csv import rounded
from app.sinks.whole_file import WholeFile

MAX_ROWS = 1_048_576
"""Rows of a sheet that Excel reads; further ones are written to a second sheet."""
CREATED = datetime(2000, 1, 1, tzinfo=UTC)
"""Date in the file's properties: the same for all, so that the same run writes the same file."""
IN_PIXELS = "pixels of the source, y down; there is no scale"
IN_METERS = "meters, x to the right along the floor, y up from it"
ROW_COLUMNS = ("frame", "time (s)", "id", "name")
"""The first columns of the sheets with one row per person and frame."""

EVENT_COLUMNS = (
    *("event", "side", "start (s)", "end (s)", "duration (s)", "length", "unit", "duty factor", "flight height (m)"),
    *("angle", "depth (°)", "range (°)", "time under (s)", "left (°)", "right (°)"),
)
"""The columns of ``EventSpan`` with their units."""

Cell = str | float | None


class Xlsx(WholeFile):
    """Writes ``path`` when it is closed, row by row, so that a long clip needs no more memory.

    Sheets: ``Summary`` (the run, the people, their measures and ranges of motion), ``Events``, and with one row per
    person and frame ``Angles`` and ``Points``. Every heading has its unit. A cell is empty where a keypoint scores
    below the threshold of ``style``; names come from ``style`` too. Where keypoints may be filled in, the last column
    of these two sheets has the names of those that were. With points in three dimensions there are further sheets:
    ``Angles in space``, which ``space_angles`` defines, and ``Points in space``.

    Raises StanceError if the file is locked or cannot be written.
    """

    def __init__(self, path: Path, header: Header, style: DrawStyle) -> None:
        super().__init__(path, header)
        self._style = style

    def make(self, path: Path) -> None:
        """Write the workbook. Raises OSError if that fails."""
        people = self.figures(self._style)
        options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        book = xlsxwriter.Workbook(str(path), options)
        try:
            book.set_properties({"title": _clean(self.header.source), "created": CREATED.replace(tzinfo=None)})
            tables = _Book(book)
            self._write_summary(tables, people)
            self._write_events(tables, people)
            self._write_angles(tables, people)
            self._write_points(tables, people)
            if self.people.has_points_3d:
                self._write_space(tables, people)
            book.close()
        except XlsxWriterException as error:
            _abandon(book)
            reason = error.args[0] if error.args else error
            raise reason if isinstance(reason, OSError) else OSError(str(reason)) from None
        except BaseException:
            _abandon(book)
            raise

    def _write_summary(self, tables: _Book, people: Sequence[PersonFigures]) -> None:
        table = tables.sheet("Summary", first_column=24)
        header, width, height = self.header, *self.header.size
        scale = header.known_scale
        table.rows(
            [
                ("source", header.source),
                ("size (px)", f"{width} x {height}"),
                ("rate (1/s)", header.fps),
                ("frames", self.people.frames),
                ("first frame (s)", self.people.first_s),
                ("last frame (s)", self.people.last_s),
                ("pose model", header.pose_model),
                ("detector", header.detector),
                ("keypoint threshold", self._style.threshold),
                ("coordinates", IN_METERS if scale else IN_PIXELS),
                ("scale (m/px)", scale.metres_per_pixel if scale else None),
                (),
            ]
        )
        columns = ("id", "name", "first seen (s)", "last seen (s)", "seen (s)", "frames", "mean score", "height (px)")
        table.heading(columns)
        table.rows(_person_row(person) for person in people)
        table.rows([()])
        table.heading(("id", "name", "measure", "unit", "mean", "left", "right", "difference (%)"))
        table.rows(
            (person.track.id, person.name, row.title, row.unit, row.both, row.left, row.right, row.symmetry)
            for person in people
            for row in measure_rows(person.measures)
        )
        table.rows([()])
        table.heading(("id", "name", "angle", "lowest (°)", "highest (°)", "range (°)"))
        table.rows(
            (person.track.id, person.name, one.angle, one.lowest, one.highest, one.range)
            for person in people
            for one in person.measures.ranges
        )

    def _write_events(self, tables: _Book, people: Sequence[PersonFigures]) -> None:
        table = tables.sheet("Events", ("id", "name", *EVENT_COLUMNS))
        table.rows(
            (person.track.id, person.name, *rounded(row)) for person in people for row in event_spans(person.measures)
        )

    def _write_angles(self, tables: _Book, people: Sequence[PersonFigures]) -> None:
        names = people[0].names if people else ()
        table = tables.sheet("Angles", (*ROW_COLUMNS, *(f"{name} (°)" for name in names), *self._last_columns()))
        for person in people:
            starts = _row_starts(person)
            table.rows(
                (*next(starts), *row.round(3).tolist(), *marks)
                for row, marks in zip(person.continuous_angles(), self._marks(person), strict=True)
            )

    def _write_points(self, tables: _Book, people: Sequence[PersonFigures]) -> None:
        scale = self.header.known_scale
        unit = "m" if scale else "px"
        parts = (f" x ({unit})", f" y ({unit})", " score")
        columns = [name.replace("_", " ") + part for name in self.header.skeleton.names for part in parts]
        table = tables.sheet("Points", (*ROW_COLUMNS, "score", *columns, *self._last_columns()))
        for person in people:
            starts = _row_starts(person)
            scores = person.track.scores.tolist()
            table.rows(
                (*next(starts), round(score, 4), *self._point_cells(keypoints, scale), *marks)
                for score, keypoints, marks in zip(scores, person.track.keypoints, self._marks(person), strict=True)
            )

    def _write_space(self, tables: _Book, people: Sequence[PersonFigures]) -> None:
        """Write angles in space, and points in meters from the pelvis: to the right, up, and toward the camera."""
        threshold, skeleton, names = self._style.threshold, self.header.skeleton, people[0].names
        sizes = self.header.sizes
        tracks = [
            (person, sized(person.track.points_3d, sizes.get(person.track.id, 1.0)))
            for person in people
            if person.track.points_3d is not None
        ]
        table = tables.sheet("Angles in space", (*ROW_COLUMNS, *(f"{name} in space (°)" for name in names)))
        for person, points in tracks:
            angles = space_angles(points, skeleton, names, threshold).round(3).tolist()
            table.rows((*start, *row) for start, row in zip(_row_starts(person), angles, strict=True))
        parts = (" x (m)", " y (m)", " z (m)", " score")
        columns = [name.replace("_", " ") + part for name in skeleton.names for part in parts]
        table = tables.sheet("Points in space", (*ROW_COLUMNS, *columns))
        for person, points in tracks:
            seen = np.concatenate([seen_in_space(points, threshold), points[..., 3:]], axis=-1)
            cells = seen.astype(float).round(4).reshape(len(seen), -1).tolist()
            table.rows((*start, *row) for start, row in zip(_row_starts(person), cells, strict=True))

    def _last_columns(self) -> Sequence[str]:
        return ("filled",) if self.header.filled else ()

    def _marks(self, person: PersonFigures) -> Iterator[Sequence[Cell]]:
        """For each frame of ``person``, where that may be: the keypoints that were filled in, a space between them."""
        for index in person.track.indices.tolist():
            yield (" ".join(self.people.filled(person.track.id, index)) or None,) if self.header.filled else ()

    def _point_cells(self, keypoints: Floats, scale: Scale | None) -> Iterator[Cell]:
        """x, y and score of each of the ``keypoints`` (K, 3) of one frame."""
        places = (scale.to_metres(keypoints).round(4) if scale else keypoints[:, :2].astype(float).round(2)).tolist()
        for (x, y), score in zip(places, keypoints[:, 2].tolist(), strict=True):
            seen = score >= self._style.threshold
            yield x if seen else None
            yield y if seen else None
            yield round(score, 4)


class _Book:
    """Adds sheets to ``book``."""

    def __init__(self, book: xlsxwriter.Workbook) -> None:
        self._book = book
        self._bold = book.add_format({"bold": True, "bottom": 1})

    def sheet(self, title: str, columns: Sequence[str] = (), first_column: int = 10) -> _Sheet:
        """A new sheet that begins with the headings ``columns``."""
        return _Sheet(self._book, self._bold, title, columns, first_column)


class _Sheet:
    """A table that is written from the top, row by row, continued on a further sheet where one is full."""

    def __init__(
        self, book: xlsxwriter.Workbook, bold: Format, title: str, columns: Sequence[str], first_column: int
    ) -> None:
        self._book = book
        self._bold = bold
        self._title = title
        self._columns = columns
        self._first_column = first_column
        self._number = 0
        self._begin()

    def heading(self, columns: Sequence[str]) -> None:
        """Write a row of headings."""
        for column, text in enumerate(columns):
            self._sheet.write_string(self._row, column, _clean(text), self._bold)
        self._row += 1

    def rows(self, rows: Iterable[Sequence[Cell]]) -> None:
        """Write rows of texts and numbers; None, NaN and infinite numbers are left empty."""
        for cells in rows:
            if self._row == MAX_ROWS:
                self._begin()
            for column, cell in enumerate(cells):
                if isinstance(cell, str):
                    self._sheet.write_string(self._row, column, _clean(cell))
                elif cell is not None and isfinite(cell):
                    self._sheet.write_number(self._row, column, cell)
            self._row += 1

    def _begin(self) -> None:
        self._number += 1
        title = self._title if self._number == 1 else f"{self._title} {self._number}"
        self._sheet: Worksheet = self._book.add_worksheet(title)
        self._sheet.set_column(0, 0, self._first_column)
        self._sheet.set_column(1, max(len(self._columns), 8), 14)
        self._row = 0
        if self._columns:
            self._sheet.freeze_panes(1, len(ROW_COLUMNS))
            self.heading(self._columns)


def _person_row(person: PersonFigures) -> Sequence[Cell]:
    track = person.track
    times, score = track.times_s, float(track.scores.mean())
    seen = (float(times[0]), float(times[-1]), person.seconds, len(times))
    return (track.id, person.name, *seen, round(score, 4), round(person.height, 1))


def _row_starts(person: PersonFigures) -> Iterator[Sequence[Cell]]:
    """Frame, time, id and name of each frame of a person."""
    track = person.track
    for index, time_s in zip(track.indices.tolist(), track.times_s.tolist(), strict=True):
        yield index, round(time_s, 6), track.id, person.name


def _clean(text: str) -> str:
    """``text`` without the parts of a file name that are not valid text."""
    return text.encode("utf-8", "replace").decode()


def _abandon(book: xlsxwriter.Workbook) -> None:
    """Close the temporary files of an unfinished workbook."""
    for sheet in book.worksheets():
        if sheet.row_data_fh is not None and not sheet.row_data_fh.closed:
            sheet.row_data_fh.close()
            Path(sheet.row_data_filename).unlink(missing_ok=True)
    book.fileclosed = True  # its destructor would try again
