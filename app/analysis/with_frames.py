"""An analysis with other frames, and all else that the user has said about its people."""

from __future__ import annotations

from collections.abc import Iterable

from app.analysis.analysis import Analysis
from app.core.people import FramePoses


def with_frames(analysis: Analysis, frames: Iterable[FramePoses]) -> Analysis:
    """A copy of ``analysis`` with these ``frames``, in which its edits are already applied.

    Ids, names, chosen sides, hidden people and order stay.
    """
    result = Analysis(analysis.skeleton, most=max(len(analysis), 1))
    for poses in frames:
        result.add(poses)
    for number, name in analysis.names().items():
        result.rename(number, name)
    for number, side in analysis.chosen_facing().items():
        result.choose_facing(number, side)
    for number in analysis.hidden():
        result.hide(number, True)
    result.reorder(analysis.ids())
    return result
