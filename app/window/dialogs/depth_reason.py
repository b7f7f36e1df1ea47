"""Why files of motions in three dimensions cannot be exported."""

from __future__ import annotations

from collections.abc import Iterable

from app.window.i18n.tr import tr
from app.window.player.player import Player


def missing_depth(player: Player, formats: Iterable[str]) -> str:
    """The reason why one of ``formats`` cannot be written of the people of ``player``; empty if all can."""
    from app.sinks import SPACE_ENDINGS

    pipeline, analysis = player.pipeline, player.analysis
    if not any(name.endswith(SPACE_ENDINGS) for name in formats) or pipeline is None or not analysis:
        return ""
    if pipeline.settings.lifter or analysis.has_points_3d:
        return ""
    return tr("BVH and glTF need points in three dimensions: choose a third dimension in the settings.")
