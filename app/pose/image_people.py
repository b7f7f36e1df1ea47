"""All people in a single image, as papers evaluate: with low scores too, without tracking."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from app.core.people import Floats, Frame, Person
from app.core.settings import Nms
from app.detection.detector import Detect
from app.pose.model import Candidates, PoseModel
from app.pose.oks import sigmas_or_even
from app.pose.second_look import tighten_boxes
from app.pose.suppression import ranked_people

COCO_BOX_THRESHOLD = 0.03
"""Minimum box score in the evaluation of papers."""


def people_in_image(
    model: PoseModel, detector: Detect | None, frame: Frame, given: Floats | None, counted: Sequence[int], nms: Nms
) -> list[Person]:
    """The people in ``frame``, best first.

    Boxes ``given`` (N, 5) = x0 y0 x1 y1 score replace those of ``detector``: poses are then estimated once, in exactly
    these. The score is computed from the keypoints with the indices ``counted`` (all if it is empty); a pose model that
    finds people itself has its own.
    """
    candidates = _candidates(model, detector, frame, given)
    boxes, poses = candidates.boxes, candidates.poses
    keypoints = list(counted) or list(range(poses.shape[1]))
    if model.info.proposals == "self":  # its own score ranks its people, and it has suppressed duplicates
        best = np.argsort(-candidates.scores, kind="stable")
        return [Person(0, float(candidates.scores[row]), boxes[row], poses[row]) for row in best]
    skeleton = model.info.skeleton
    sigmas = sigmas_or_even(skeleton.sigmas, len(skeleton.names))
    people, scores = ranked_people(candidates, keypoints, sigmas, nms)
    return [Person(0, *values) for values in zip(scores.tolist(), people.boxes, people.poses, strict=True)]


def _candidates(model: PoseModel, detector: Detect | None, frame: Frame, given: Floats | None) -> Candidates:
    """The candidates with poses, in the boxes that are ``given`` or detected."""
    boxes = np.empty((0, 5), np.float32) if given is None else given
    if given is None and detector is not None:
        boxes = detector(frame.image, COCO_BOX_THRESHOLD)
    frames = [frame] * (1 + sum(model.info.history))
    candidates = model.estimate(frames, Candidates.from_detections(boxes))
    if given is not None or model.info.proposals == "self":
        return candidates
    tight = Candidates.from_boxes(tighten_boxes(candidates.boxes, candidates.poses), candidates.scores)
    return candidates.with_poses(model.estimate(frames, tight, flip_test=True).poses)
