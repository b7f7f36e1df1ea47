"""What runs the networks of a pipeline."""

from __future__ import annotations

from typing import Any

from app.pipeline import Pipeline


def network_owners(pipeline: Pipeline) -> list[Any]:
    """Everything that runs a network and has it as ``network``: that of poses first, those of hands and faces last."""
    owners: list[Any] = [use.runs for use in pipeline.networks]
    parts: Any = pipeline.part_networks
    if parts.hands is not None:
        owners += [parts.hands.landmarks, parts.hands.palms.landmarks]
    if parts.face is not None:
        owners.append(parts.face)
    return owners
