"""The report's page as HTML."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from pathlib import Path

from app import __version__
from app.analysis.person_figures import PersonFigures
from app.analysis.track_builder import TrackBuilder
from app.core.address import without_secrets
from app.sinks import Header
from app.sinks.report.accuracy import accuracy_section
from app.sinks.report.person import person_section, title_of
from app.sinks.report.picture_strip import Picture
from app.sinks.report.space import space_ranges
from app.sinks.report.texts import Texts

STYLE = Path(__file__).with_name("report.css")
MAX_PEOPLE = 12
"""Most people who have a section; those who were seen longest."""


@dataclass(frozen=True, slots=True, eq=False)
class Content:
    """What a page is about: all ``frames`` of the run, the figures of the ``people`` in them, and some ``pictures``.

    ``warnings`` are the sentences about what limits the accuracy of the recording; None if it was not checked.
    """

    header: Header
    frames: TrackBuilder
    people: Sequence[PersonFigures]
    pictures: Sequence[Picture] = ()
    warnings: Sequence[str] | None = None


def page(content: Content, text: Texts) -> str:
    """The whole page, in the language of ``text``."""
    header, people = content.header, content.people
    shown = sorted(people, key=lambda person: -person.seconds)[:MAX_PEOPLE]
    shown.sort(key=lambda person: person.track.id)
    title = text("Movement report")
    body = [
        f"<header><h1>{escape(title)}</h1>\n{_facts(content, text)}</header>\n",
        _strip(content.pictures, text),
        _warnings(content, text),
        _omitted(len(people) - len(shown), text),
        *(_person(person, content, text) for person in shown),
        accuracy_section(text, smoothed=header.filled),
        f"<footer>{escape(text('Made with Stance {version}', version=__version__))}</footer>\n",
    ]
    return (
        f'<!doctype html>\n<html lang="{text.language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(f'{title}: {Path(without_secrets(header.source)).name}')}</title>"
        f"<style>\n{STYLE.read_text(encoding='utf-8')}</style></head>\n"
        f"<body><main>\n{''.join(body)}</main></body></html>\n"
    )


def _person(person: PersonFigures, content: Content, text: Texts) -> str:
    filled = content.frames.filled_share(person.track.id)
    return person_section(person, filled, text, space_ranges(person, content.header, text))


def _facts(content: Content, text: Texts) -> str:
    header, frames = content.header, content.frames
    width, height = header.size
    rate = text("{rate:g} frames per second", rate=round(header.fps, 2)) if header.fps else text("no fixed frame rate")
    facts = [
        (text("Recording"), header.source_file.name if header.source_file else header.source),
        (text("File dated"), _file_date(header.source_file)),
        (text("Report made"), f"{datetime.now():%Y-%m-%d %H:%M}"),
        (
            text("Analysed"),
            text(
                "{count} frames, {start:.2f} s to {end:.2f} s",
                count=frames.frames,
                start=frames.first_s,
                end=frames.last_s,
            ),
        ),
        (text("Picture"), f"{width} × {height}, {rate}"),
        (text("Scale"), _scale(content, text)),
        (text("Models"), f"{header.pose_model}, {header.detector}"),
        (text("Settings"), _settings(header, text)),
    ]
    cells = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in facts if value)
    return f"<dl>{cells}</dl>\n"


def _scale(content: Content, text: Texts) -> str:
    """The scale, and whose height states it."""
    header, scale = content.header, content.header.known_scale
    if scale is None:
        return text("none")
    size = text("1 m = {pixels:.1f} pixels", pixels=1 / scale.metres_per_pixel)
    height_m = header.measure.options.height_m if header.measure is not None else None
    if scale.person is None or height_m is None:
        return size
    whose = next((person for person in content.people if person.track.id == scale.person), None)
    name = text("Person {id}", id=scale.person) if whose is None else title_of(whose, text)
    return f"{size}; {text('body height {metres:.2f} m: {name}', metres=height_m, name=name)}"


def _file_date(file: Path | None) -> str:
    try:
        return f"{datetime.fromtimestamp(file.stat().st_mtime):%Y-%m-%d %H:%M}" if file is not None else ""
    except OSError:
        return ""


def _settings(header: Header, text: Texts) -> str:
    settings = header.settings
    if settings is None:
        return ""
    return text(
        "smoothing {smooth}, keypoint threshold {threshold:g}, people detected every {seconds:g} s",
        smooth=header.notes.get("smoothing", settings.smooth).replace("offline", text("offline")),
        threshold=settings.threshold,
        seconds=settings.detect_every,
    )


def _strip(pictures: Sequence[Picture], text: Texts) -> str:
    if not pictures:
        return ""
    cells = "".join(
        f'<figure><img src="{one.address}" alt=""><figcaption>{one.time_s:.2f} s</figcaption></figure>\n'
        for one in pictures
    )
    kind = "strip tall" if all(one.is_tall for one in pictures) else "strip"
    return f'<section class="{kind}" aria-label="{escape(text("Pictures"))}">\n{cells}</section>\n'


def _warnings(content: Content, text: Texts) -> str:
    if content.warnings is None:
        return ""
    if not content.warnings:
        return f"<p>{escape(text('The check of the recording found nothing that limits its accuracy.'))}</p>\n"
    rows = "".join(f"<li>{escape(text.sentence(warning))}</li>\n" for warning in content.warnings)
    title = escape(text("What limits the accuracy of this recording"))
    return f'<section class="warnings"><h2>{title}</h2>\n<ul>\n{rows}</ul></section>\n'


def _omitted(count: int, text: Texts) -> str:
    if count <= 0:
        return ""
    sentence = text("{count} further people were seen for a shorter time and have no section.", count=count)
    return f"<p>{escape(sentence)}</p>\n"
