"""Runs the pipeline once without smoothing and applies each smoother to the result, without running networks again."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from typing import Any

import numpy as np

from app.cli.headless import locate_with_progress
from app.core.errors import StanceError
from app.core.people import Frame, FramePoses
from app.core.settings import Settings, Smooth
from app.core.skeleton import Skeleton
from app.evaluate.steadiness import Samples, lag, steadiness
from app.pipeline import Pipeline, open_pipeline
from app.tracking.smoothing import Smoother

SPEED_RANGES = ((0.5, 1.0), (1.0, 2.0), (2.0, np.inf))
"""Ranges of wrist speed, in body heights per second, for which the lag is measured separately."""


def open_unsmoothed(arguments: argparse.Namespace) -> Pipeline:
    """Open the pipeline without smoothing. Raises StanceError if a network cannot be fetched or opened."""
    settings = Settings(pose=arguments.pose, detector=arguments.detector, device=arguments.device, smooth="none")
    return open_pipeline(settings, locate_with_progress)


def run(pipeline: Pipeline, frames: Iterable[Frame]) -> list[FramePoses]:
    """Process ``frames`` as a new run, with the tracker reset; returns the people of each frame."""
    pipeline.reset()
    return list(pipeline.process_all(frames))


def replay(raw: Sequence[FramePoses], kind: Smooth, threshold: float) -> list[FramePoses]:
    """Apply smoother ``kind`` to the unsmoothed people ``raw``; the same result as running the pipeline with it."""
    smoother = Smoother(kind, threshold)
    smoothed = []
    for poses in raw:
        people = poses.people
        keypoints = smoother.update(
            poses.time_s,
            [person.id for person in people],
            [person.keypoints for person in people],
            [float((person.box[2:] - person.box[:2]).max()) for person in people],
        )
        smoothed_people = (replace(person, keypoints=points) for person, points in zip(people, keypoints, strict=True))
        smoothed.append(FramePoses(poses.index, poses.time_s, tuple(smoothed_people)))
    return smoothed


def figures(samples: Sequence[Samples]) -> dict[str, Any]:
    """The fields of ``Steadiness`` for the samples, and ``lag_ms_by_speed`` for the ranges of ``SPEED_RANGES``."""
    wrists = [wrist for one in samples for wrist in one.wrists]
    by_speed = {f"{slow:g}-{fast:g}": 1000 * lag(wrists, slow, fast) for slow, fast in SPEED_RANGES}
    return asdict(steadiness(samples)) | {"lag_ms_by_speed": by_speed}


def columns(skeleton: Skeleton, names: Sequence[str]) -> list[int]:
    """Indices of the ground truth's keypoints ``names`` in ``skeleton``.

    Raises StanceError if one is missing.
    """
    missing = [name for name in names if name not in skeleton.names]
    if missing:
        raise StanceError(
            "The pose model has no {missing}, which the ground truth has: wanted a model with all its keypoints.",
            missing=missing[0],
        )
    return [skeleton.names.index(name) for name in names]


def wrists(skeleton: Skeleton) -> list[int]:
    """Indices of the keypoints on which lag is measured."""
    return [number for number, name in enumerate(skeleton.names) if name in ("left_wrist", "right_wrist")]


def setting(pipeline: Pipeline) -> dict[str, Any]:
    """The networks and the device, for reports."""
    return {
        "pose": pipeline.info.name,
        "detector": pipeline.detector_name,
        "device": pipeline.device,
    } | pipeline.notes
