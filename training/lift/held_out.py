"""Motions that a lifter does not learn from, and its errors on them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from app.core.errors import StanceError
from app.core.skeleton import load_skeleton
from app.evaluate.lift import KEYS, measure, pooled
from app.evaluate.motions import Motion
from app.lifting.network_lifter import open_network_lifter


def split(motions: Sequence[Motion], names: str) -> tuple[list[Motion], list[Motion]]:
    """The motions to learn from, and those whose ``names``, joined by commas, say that they are held out.

    Raises StanceError for an unknown name, and if no motion is left.
    """
    wanted = {name.strip() for name in names.split(",") if name.strip()}
    known = [motion.name for motion in motions]
    if unknown := sorted(wanted.difference(known)):
        raise StanceError(
            "There is no motion {name!r} to hold out: wanted some of {known}.", name=unknown[0], known=", ".join(known)
        )
    rest = [motion for motion in motions if motion.name not in wanted]
    if not rest:
        raise StanceError("All motions are held out: wanted one at least to learn from.")
    return rest, [motion for motion in motions if motion.name in wanted]


def figures_of(file: Path, motions: Sequence[Motion]) -> str:
    """One sentence about the errors on ``motions`` of the lifter in ``file``, by ``app.evaluate lift``."""
    lifter = open_network_lifter(file, load_skeleton("halpe26"))
    measured = pooled(error for motion in motions for error in measure(lifter.lift, motion, lifter.card.unit))
    names = ", ".join(motion.name for motion in motions)
    mpjpe, p_mpjpe, n_mpjpe, velocity = (f"{measured[key]:.1f} mm" for key in KEYS)
    return (
        f"On {names}, which it has not learned from: MPJPE {mpjpe}, P-MPJPE {p_mpjpe}, N-MPJPE {n_mpjpe}, "
        f"velocity {velocity}/frame."
    )
