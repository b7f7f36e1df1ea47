"""The card of a trained lifter."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from app import __version__
from app.inference.lifter_card import LifterCard
from app.inference.model_card import Provenance
from training.lift.bodies import SKELETON
from training.lift.network import OFFSETS
from training.lift.train import BATCH

STATURE_M = 1.70
"""The body height that the lifter's answers assume, from the heels to the top of the head."""
DATA = "CMU Graphics Lab Motion Capture Database (mocap.cs.cmu.edu, made with funding from NSF EIA-0196217), {motions}"
FIGURES = (
    "Trained in the same way without 01_11, 02_05 and 03_01, it has errors on these, which it has not learned from: "
    "MPJPE 41.9 mm, P-MPJPE 33.5 mm, N-MPJPE 41.6 mm, velocity 23.0 mm/frame."
)
"""Of a training of the usual length."""
LIMITS = (
    "One camera: depth is an estimate, and so is the size of the body (1.70 m). Learned from "
    "adults who walk, run, jump, climb, punch and bend; postures far from these, such as lying, are less certain. The "
    "camera is level to within -15 to 25 degrees and does not roll. Points of the face and the feet are made from a "
    "few joints."
)


def with_figures(card: LifterCard, figures: str) -> LifterCard:
    """``card`` that states these ``figures``, a sentence."""
    return replace(card, provenance=replace(card.provenance, ap_setting=figures))


def lifter_card(motions: Sequence[str], steps: int, seed: int) -> LifterCard:
    """The card of a lifter that has learned from ``motions`` in ``steps`` steps with ``seed``."""
    return LifterCard(
        name="stance-lifter",
        inputs=SKELETON.names,
        outputs=SKELETON.names,
        history=(OFFSETS[-1], 0),
        normalization="body",
        unit=STATURE_M,
        axes="stance",
        mask=True,
        data=DATA.format(motions=", ".join(motions)),
        limits=LIMITS,
        provenance=Provenance(
            licence="GPL-3.0-or-later",
            source=f"python -m training lift, {steps} steps of {BATCH} poses, seed {seed}",
            version=__version__,
            network="residual linear layers, mirrored alike",
            precision="float16",
        ),
    )
