"""The people that a pipeline tracks, passed to a pipeline with other networks."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from app.core.people import Floats
from app.tracking.tracker import Handover, Track


@dataclass(frozen=True, slots=True, eq=False)
class TrackedPeople:
    """Tracks whose keypoints have the names ``keypoints`` (K), and whose descriptors have the ``parts`` (P)."""

    handover: Handover
    keypoints: tuple[str, ...]
    parts: tuple[str, ...]

    def with_parts_of(self, keypoints: tuple[str, ...], parts: tuple[str, ...]) -> Handover:
        """The tracks, with these ``keypoints`` and ``parts``: those of the same name stay.

        Other keypoints get the score 0 and the center of the box, other parts count as never seen.
        """
        tracks = [
            replace(
                track,
                keypoints=_by_name(track.keypoints, self.keypoints, keypoints, _unknown_keypoint(track)),
                descriptor=_by_name(track.descriptor, self.parts, parts, np.zeros(4, np.float32)),
                points_3d=None,
                region=None,
            )
            for track in self.handover.tracks
        ]
        return replace(self.handover, tracks=tracks)


def _by_name(rows: Floats, names: tuple[str, ...], wanted: tuple[str, ...], missing: Floats) -> Floats:
    """The rows (M, D) called ``wanted``, of ``rows`` (N, D) called ``names``; ``missing`` (D,) where there is none."""
    found = {name: rows[row] for row, name in enumerate(names)}
    return np.array([found.get(name, missing) for name in wanted], np.float32).reshape(len(wanted), len(missing))


def _unknown_keypoint(track: Track) -> Floats:
    return np.append((track.box[:2] + track.box[2:]) / 2, 0).astype(np.float32)
