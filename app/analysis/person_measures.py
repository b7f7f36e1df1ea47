"""The measures of a tracked person."""

from __future__ import annotations

from app.analysis.analysis import Track
from app.analysis.measures import Measures, PersonTrack, measure
from app.analysis.repeated_sides import Size
from app.analysis.scale import Scale
from app.analysis.series import track_facing
from app.core.settings import REPEATED
from app.core.skeleton import Skeleton


def measure_track(
    track: Track,
    skeleton: Skeleton,
    threshold: float = 0.3,
    scale: Scale | None = None,
    repeated: str = REPEATED,
    size: Size = (0, 0),
) -> Measures:
    """The measures of the person of ``track``, whose side is that which the user has chosen, or the one that is seen.

    ``repeated`` is the angle of which repetitions are counted, see ``measure``; ``size`` (width, height) is that of the
    pictures, in pixels, (0, 0) if it is unknown.
    """
    if not len(track.times_s):
        return Measures(repeated=repeated)
    facing = track_facing(track, skeleton, threshold)
    return measure(PersonTrack(track.times_s, track.keypoints, facing, skeleton, threshold, size), scale, repeated)
