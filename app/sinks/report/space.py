"""The report's ranges of motion in space, of people with points in three dimensions."""

from __future__ import annotations

from html import escape

from app.analysis.motion_ranges import ranges_of_motion
from app.analysis.person_figures import PersonFigures
from app.analysis.space_angles import space_angles
from app.overlay import DrawStyle
from app.sinks.header import Header
from app.sinks.report.person import JOINTS, SIDES, ranges_table
from app.sinks.report.texts import Texts

THRESHOLD = DrawStyle().threshold


def space_ranges(person: PersonFigures, header: Header, text: Texts) -> str:
    """The ranges of the joint angles of ``person`` in space; empty without points in three dimensions."""
    points = person.track.points_3d
    if points is None:
        return ""
    names = tuple(f"{side} {joint}" for joint in JOINTS for side in SIDES)
    threshold = THRESHOLD if header.settings is None else header.settings.threshold
    angles = space_angles(points, header.skeleton, names, threshold)
    ranges = {one.angle: one for one in ranges_of_motion(person.track.times_s, names, angles)}
    table = ranges_table(ranges.get, text)
    if not table:
        return ""
    network = header.notes.get("lifter") or header.pose_model
    note = text(
        "Angles between the two parts of the body in space, without a direction. Their depth is a guess by {network}"
        " from one camera.",
        network=network,
    )
    return f'<h3>{escape(text("Ranges of motion in space"))}</h3>\n{table}<p class="note">{escape(note)}</p>\n'
