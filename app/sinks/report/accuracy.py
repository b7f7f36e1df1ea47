"""The report's section on how far its figures can be trusted."""

from __future__ import annotations

from html import escape

from app.sinks.report.texts import Texts


def accuracy_section(text: Texts) -> str:
    """What the angles mean, and what they depend on."""
    sentences = [
        text(
            "Angles are measured in the plane of the picture. They are correct only where the person moves in that "
            "plane: film from the side, level, with the whole body in the picture."
        ),
        text(
            "Joint angles are 0° for a straight limb (ankle: foot at a right angle to the shank); flexion is positive."
        ),
        text("This report describes a recording. It is no medical finding, and the program is no medical device."),
    ]
    paragraphs = "".join(f"<p>{escape(sentence)}</p>\n" for sentence in sentences)
    return f"<section><h2>{escape(text('How accurate these figures are'))}</h2>\n{paragraphs}</section>\n"
