"""One run of the pipe without smoothing, and what each smoother makes of it: no need to run the networks again."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from typing import Any

import numpy as np

from app.errors import StanceError
from app.evaluate.steadiness import Samples, lag, steadiness
from app.headless import fetched
from app.people import Frame, FramePoses
from app.pipeline import Pipeline, open_pipeline
from app.settings import Settings, Smooth
from app.skeleton import Skeleton
from app.smooth import Smoother
from app.zoo.catalogue import load_catalogue

PACES = ((0.5, 1.0), (1.0, 2.0), (2.0, np.inf))
"""Speeds of wrists, in heights a second, for which the lag is told apart."""


def open_unsmoothed(wanted: argparse.Namespace) -> Pipeline:
    """The pipe with the networks that were asked for. Raises StanceError where one cannot be had."""
    settings = Settings(pose=wanted.pose, detector=wanted.detector, device=wanted.device, smooth="none")
    for name in (settings.pose, settings.detector):
        if name in load_catalogue():
            fetched(name)
    return open_pipeline(settings)


def run(pipeline: Pipeline, frames: Iterable[Frame]) -> list[FramePoses]:
    """The people of all ``frames``, which have nothing to do with those of another run."""
    pipeline.reset()
    return [pipeline.process(frame) for frame in frames]


def replay(raw: Sequence[FramePoses], kind: Smooth, threshold: float) -> list[FramePoses]:
    """What the pipe would have given with smoother ``kind`` where it gave ``raw`` without one."""
    smoother = Smoother(kind, threshold)
    steady = []
    for poses in raw:
        people = poses.people
        keypoints = smoother.update(
            poses.time_s,
            [person.id for person in people],
            [person.keypoints for person in people],
            [float((person.box[2:] - person.box[:2]).max()) for person in people],
        )
        moved = (replace(person, keypoints=points) for person, points in zip(people, keypoints, strict=True))
        steady.append(FramePoses(poses.index, poses.time_s, tuple(moved)))
    return steady


def figures(samples: Sequence[Samples]) -> dict[str, Any]:
    """What ``Steadiness`` says of the samples, and the lag in ms at the speeds of ``PACES``."""
    wrists = [wrist for one in samples for wrist in one.wrists]
    by_pace = {f"{slow:g}-{fast:g}": 1000 * lag(wrists, slow, fast) for slow, fast in PACES}
    return asdict(steadiness(samples)) | {"lag_ms_by_speed": by_pace}


def columns(skeleton: Skeleton, names: Sequence[str]) -> list[int]:
    """Where the truth's keypoints ``names`` stand among those of the network.

    Raises StanceError where one is missing.
    """
    missing = [name for name in names if name not in skeleton.names]
    if missing:
        raise StanceError(f"The pose network gives no {missing[0]}, which the truth has: wanted one that gives all.")
    return [skeleton.names.index(name) for name in names]


def wrists(skeleton: Skeleton) -> list[int]:
    """The keypoints on which lag is measured."""
    return [number for number, name in enumerate(skeleton.names) if name in ("left_wrist", "right_wrist")]


def setting(pipeline: Pipeline) -> dict[str, Any]:
    """What was measured, for a report."""
    return {
        "pose": pipeline.estimator.card.name,
        "detector": pipeline.detector.name,
        "device": pipeline.device,
    }
