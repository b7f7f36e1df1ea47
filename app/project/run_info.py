"""What an analysis was made with: networks, settings, and the part of the clip."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING

from app.core.settings import Rotate, Settings
from app.core.skeleton import Skeleton
from app.project.fingerprint import fingerprint

if TYPE_CHECKING:
    from app.pipeline import Pipeline


@dataclass(frozen=True, slots=True)
class ClipPart:
    """The analysed part of a clip, as in ``Engine``, and how its frames are rotated."""

    rotate: Rotate = "auto"
    start_s: float = 0.0
    end_s: float | None = None
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class RunInfo:
    """What an analysis was made with.

    ``settings`` are those of the pipeline, ``pose_model`` and ``detector`` the display names of its networks,
    ``skeleton`` the keypoints, ``device`` where the networks ran, ``version`` the version of Stance.
    """

    settings: Settings
    skeleton: Skeleton
    pose_model: str = ""
    detector: str = ""
    device: str = ""
    part: ClipPart = ClipPart()
    version: str = ""


@dataclass(frozen=True, slots=True)
class RunKeys:
    """Keys of an analysis: equal ``networks`` give equal answers, and with an equal ``run`` equal people.

    ``clip_id`` is the fingerprint of the clip.
    """

    clip_id: str
    networks: str
    run: str


def keys_of(clip: Path, part: ClipPart, pipeline: Pipeline) -> RunKeys:
    """The keys of an analysis of ``part`` of the file ``clip`` by ``pipeline``. Raises OSError."""
    uses = [f"{fingerprint(use.network.path)} {use.card!r} {use.network.requested}" for use in pipeline.networks]
    networks = _digest(part.rotate, *uses, pipeline.detector_name)
    settings = replace(pipeline.settings, pose="", detector="", device="auto")
    values = [(field.name, getattr(settings, field.name), field.default) for field in fields(settings)]
    # A setting with its default is left out, so that keys stay the same when settings are added.
    changed = [f"{name}={value!r}" for name, value, default in values if value != default]
    # Of lifters the files count too, since they change the people but not what the other networks answer.
    files = [fingerprint(lifter.network.path) for lifter in pipeline.lifters if hasattr(lifter, "network")]
    run = _digest(networks, part.start_s, part.end_s, part.limit, *changed, *files)
    return RunKeys(fingerprint(clip), networks, run)


def info_of(part: ClipPart, pipeline: Pipeline) -> RunInfo:
    """What an analysis of ``part`` by ``pipeline`` is made with."""
    from app import __version__

    return RunInfo(
        pipeline.settings,
        pipeline.skeleton,
        pipeline.info.name,
        pipeline.detector_name,
        pipeline.device,
        part,
        __version__,
    )


def _digest(*parts: object) -> str:
    return blake2b("\n".join(map(str, parts)).encode(), digest_size=16).hexdigest()
