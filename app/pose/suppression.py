"""Decides which candidates are people, and keeps each person once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from app.core.people import Floats
from app.core.settings import Nms, Settings
from app.pose.model import Candidates
from app.pose.oks import areas_of, oks, oks_nms, pose_scores
from app.pose.pose_nms import merge_poses
from app.pose.second_look import person_scores, pose_confidence
from app.tracking.appearance import similarity

MIN_POSE_CONFIDENCE = 0.3
"""Minimum mean score of the better half of a tracked person's keypoints; below it the candidate is dropped."""

MAX_BOX_DISTANCE = 4
"""Maximum coordinate of a box, in longer sides of the picture; a box further out belongs to no person."""

DUPLICATE_OKS = 0.5
"""Two poses with at least this similarity (OKS) are the same person."""

COCO_NMS_OKS = 0.9
"""Two poses over this similarity are the same person, in the evaluation of papers."""


def distinct_people(
    candidates: Candidates, descriptors: Floats, size: tuple[int, int], settings: Settings, sigmas: Floats
) -> NDArray[np.intp]:
    """The rows (M,) of ``candidates`` that contain a person, each person once.

    ``descriptors`` (N, P, 4) are the appearance descriptors of the N candidates, ``size`` is (width, height) of the
    picture, ``sigmas`` (K,) are those of the skeleton. With ``nms="pose"`` in ``settings`` the poses of these rows
    are replaced by merged ones.
    """
    poses = candidates.poses
    confidence = pose_confidence(poses)
    tracked = np.array([track is not None for track in candidates.assigned_tracks], bool)
    is_new_person = person_scores(candidates.scores, confidence) >= settings.person_threshold
    near = (np.abs(candidates.boxes) <= MAX_BOX_DISTANCE * max(size)).all(axis=1)
    rows = np.flatnonzero(np.where(tracked, confidence >= MIN_POSE_CONFIDENCE, is_new_person) & near)
    if len(rows) < 2:
        return rows
    if settings.nms == "pose":
        merged = merge_poses(poses[rows], candidates.boxes[rows])
        rows = rows[merged.picked]
        candidates.poses[rows] = merged.poses
        return np.sort(rows)
    found, areas = poses[rows], areas_of(candidates.boxes[rows])
    similar = ~(oks(found[:, None], found, areas[:, None], areas, sigmas) <= DUPLICATE_OKS)
    if np.count_nonzero(similar) <= len(rows):  # each is similar to itself only
        return rows
    # Of two rows with the same person, the one that is assigned to that person's track is kept.
    affinity = np.zeros(len(tracked))
    affinity[tracked] = _track_affinities(candidates, descriptors, np.flatnonzero(tracked), sigmas)
    rank = confidence[rows] * (0.5 + affinity[rows]).astype(np.float32)
    keep = oks_nms(found, rank, areas, sigmas, DUPLICATE_OKS)
    return np.sort(rows[keep])


def ranked_people(candidates: Candidates, keypoints: list[int], sigmas: Floats, nms: Nms) -> tuple[Candidates, Floats]:
    """The people of ``candidates`` as papers evaluate them, each once, the best first, and their scores (M,).

    Similarities and scores are those of these ``keypoints``; ``sigmas`` (K,) are those of all.
    """
    poses, boxes = candidates.poses[:, keypoints], candidates.boxes
    if nms == "pose":
        merged = merge_poses(poses, boxes)
        candidates = candidates[merged.picked]
        candidates.poses[:, keypoints] = merged.poses
        scores = pose_scores(candidates.scores, merged.poses[..., 2])
        order = np.argsort(-scores, kind="stable")
    else:
        scores = pose_scores(candidates.scores, poses[..., 2])
        order = np.array(oks_nms(poses, scores, areas_of(boxes), sigmas[keypoints], COCO_NMS_OKS), np.intp)
    return candidates[order], scores[order]


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
    moved = np.array([track.keypoints for track in tracks])[..., :2] + moves[:, None]
    areas = areas_of(last)
    pose = oks(moved, candidates.poses[rows], areas, areas, sigmas)
    return pose * 2 * similarity(np.array([track.descriptor for track in tracks]), descriptors[rows])
