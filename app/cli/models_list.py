"""The list of models that ``--list-models`` prints."""

from __future__ import annotations

from app.zoo.cache import find, find_converted
from app.zoo.catalogue import Entry, load_catalogue
from app.zoo.sorts import SUBJECTS, model_kind, subject_of

HEAD = ("name", "estimates", "kind", "size", "license", "AP", "downloaded")


def list_models(whole: bool) -> str:
    """The models of the catalogue as a table with one line each: those to begin with, or the ``whole`` catalogue.

    Raises StanceError if the catalogue or the cache cannot be read.
    """
    entries = load_catalogue().values()
    listed = list(entries) if whole else sorted((entry for entry in entries if entry.shown), key=_rank)
    rows = [HEAD, *(_row(entry) for entry in listed)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    if left := len(entries) - len(listed):
        lines.append(f"{left} more: --list-models --all")
    return "\n".join(lines)


def _rank(entry: Entry) -> int:
    """Pose networks by what they estimate, then detectors, networks of further stages, and clips."""
    subject = subject_of(entry)
    if subject and entry.kind == "pose":
        return SUBJECTS.index(subject)
    return len(SUBJECTS) + ("detector", "part", "clip").index(entry.kind)


def _row(entry: Entry) -> tuple[str, ...]:
    """The cells of ``entry``, in the order of ``HEAD``; what is unknown is empty."""
    kind = model_kind(entry) or ("further stage" if entry.kind == "part" else entry.kind)
    estimate = 4 * (entry.parameters or 0)
    size = f"{entry.bytes / 1e6:.1f} MB" if entry.bytes else f"~{estimate / 1e6:.0f} MB" if estimate else ""
    here = find_converted(entry) or (not entry.is_converted and find(entry))
    return (
        entry.name,
        (subject_of(entry) or "").replace("-", " "),
        f"{kind}, checkpoint" if entry.form == "checkpoint" else kind,
        size,
        entry.licence,
        f"{entry.ap:.3f}" if entry.ap is not None else "",
        "yes" if here else "",
    )
