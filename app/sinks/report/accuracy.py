"""The report's section on how far its figures can be trusted."""

from __future__ import annotations

import json
from html import escape

from app.core.assets import asset
from app.sinks.report.parts import table
from app.sinks.report.texts import Texts, later

FIGURES = "accuracy.json"
"""The errors, by measure and camera: the only place for them; ``docs/accuracy.md`` says how they were measured."""
MEASURES = {
    "hip": (later("Hip, mean error"), "°"),
    "knee": (later("Knee, mean error"), "°"),
    "ankle": (later("Ankle, mean error"), "°"),
    "shoulder": (later("Shoulder, mean error"), "°"),
    "elbow": (later("Elbow, mean error"), "°"),
    "contact": (later("Contact of a foot, median error"), " ms"),
    "cadence": (later("Cadence, mean error"), " %"),
    "stride": (later("Stride length, mean error"), " %"),
    "speed": (later("Walking speed, mean error"), " %"),
    "jump": (later("Jump height, mean error"), " cm"),
}
"""Titles and units, in the order of the table."""
CAMERAS = {"side": later("camera at the side"), "oblique": later("camera 30° off the side")}


def accuracy_section(text: Texts, *, smoothed: bool) -> str:
    """How large the errors are, of people ``smoothed`` over the whole clip or not, and what they depend on."""
    sentences = [
        text(
            "The angles are measured in the plane of the picture. They are correct only where the person moves in that "
            "plane: film from the side, level, with the whole body in the picture."
        ),
        text(
            "A joint angle is 0° for a straight limb (ankle: foot at a right angle to the shank); flexion is positive."
        ),
        text(
            "The table has the errors on true motions of one person (walks, runs, jumps, climbs) in pictures of 1920 × "
            "1080 pixels at 60 frames per second, with keypoints that are off by 1 % of the body height, 2 % of them "
            "missing, and with the scale known. Loose clothes, hidden limbs, poor light and other distances give "
            "larger errors. A difference between two sides or two days that is not clearly larger than these errors "
            "may be an error itself."
        ),
        text("This report describes a recording. It is no medical finding, and the program is no medical device."),
    ]
    kind = "smoothed offline" if smoothed else "as recorded"
    figures = json.loads(asset(FIGURES).read_text(encoding="utf-8"))[kind]
    rows = [
        (text(title), *(f"{figures[key][camera]:g}{unit}" for camera in CAMERAS))
        for key, (title, unit) in MEASURES.items()
    ]
    paragraphs = [f"<p>{escape(sentence)}</p>\n" for sentence in sentences]
    heads = [text("Measure"), *(text(camera) for camera in CAMERAS.values())]
    return (
        f"<section><h2>{escape(text('How accurate these figures are'))}</h2>\n{''.join(paragraphs[:-1])}"
        f"{table(heads, rows)}{paragraphs[-1]}</section>\n"
    )
