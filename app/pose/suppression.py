"""Decides which candidates are people, and keeps each person once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from app.core.people import Floats
from app.pose.model import Candidates
from app.pose.oks import areas_of, oks, oks_nms
from app.pose.second_look import person_scores, pose_confidence
from app.tracking.appearance import similarity

MIN_POSE_CONFIDENCE = 0.3
"""Minimum mean score of the better half of a tracked person's keypoints; below it the candidate is dropped."""

MAX_BOX_DISTANCE = 4
"""Maximum coordinate of a box, in longer sides of the picture; a box further out belongs to no person."""

DUPLICATE_OKS = 0.5
"""Two poses with at least this similarity (OKS) are the same person."""


def distinct_people(
    candidates: Candidates, descriptors: Floats, size: tuple[int, int], person_threshold: float, sigmas: Floats
) -> NDArray[np.intp]:
    """The rows (M,) of ``candidates`` that contain a person, each person once.

    ``descriptors`` (N, P, 4) are the appearance descriptors of the N candidates, ``size`` is (width, height) of the
    picture, ``person_threshold`` the minimum score of a new person, ``sigmas`` (K,) those of the skeleton.
    """
    poses = candidates.poses
    confidence = pose_confidence(poses)
    tracked = np.array([track is not None for track in candidates.assigned_tracks], bool)
    is_new_person = person_scores(candidates.scores, confidence) >= person_threshold
    near = (np.abs(candidates.boxes) <= MAX_BOX_DISTANCE * max(size)).all(axis=1)
    rows = np.flatnonzero(np.where(tracked, confidence >= MIN_POSE_CONFIDENCE, is_new_person) & near)
    if len(rows) < 2:
        return rows
    # Of two rows with the same person, the one that is assigned to that person's track is kept.
    affinity = np.zeros(len(tracked))
    affinity[tracked] = _track_affinities(candidates, descriptors, np.flatnonzero(tracked), sigmas)
    rank = confidence[rows] * (0.5 + affinity[rows]).astype(np.float32)
    keep = oks_nms(poses[rows], rank, areas_of(candidates.boxes[rows]), sigmas, DUPLICATE_OKS)
    return np.sort(rows[keep])


def _track_affinities(
    candidates: Candidates, descriptors: Floats, rows: NDArray[np.intp], sigmas: Floats
) -> NDArray[np.float64]:
    """Similarities (M,) of tracked ``rows`` (M,) to the last poses of their tracks, moved to the predicted boxes.

    They are multiplied by the similarities of appearance.
    """
    tracks = [track for track in candidates.assigned_tracks if track is not None]
    if not tracks:
        return np.empty(0)
    last, expected = np.array([track.box for track in tracks]), np.array([track.expected for track in tracks])
    moves = (expected[:, :2] + expected[:, 2:] - last[:, :2] - last[:, 2:]) / 2
    moved = np.array([track.keypoints[:, :2] for track in tracks]) + moves[:, None]
    areas = areas_of(last)
    pose = oks(moved, candidates.poses[rows], areas, areas, sigmas)
    return pose * 2 * similarity(np.array([track.descriptor for track in tracks]), descriptors[rows])
