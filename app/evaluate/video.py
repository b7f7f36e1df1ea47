"""The commands ``video`` and ``scenes``: steadiness and identity on a clip, and on scenes whose truth is known."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import asdict
from itertools import groupby
from os.path import isdir
from pathlib import Path
from typing import Any, Protocol

import cv2
from tqdm import tqdm

from app.errors import StanceError
from app.evaluate.replays import PACES, columns, figures, open_unsmoothed, replay, run, setting, wrists
from app.evaluate.steadiness import Samples, compare
from app.evaluate.table import as_json, number, table
from app.headless import fetched
from app.people import Frame, FramePoses
from app.pipeline import Pipeline
from app.settings import DEVICES, SMOOTHERS, Settings, Smooth
from app.sinks import Header, writing
from app.sinks.jsonl import JsonLines
from app.sinks.recorded import read_recording
from app.skeleton import Skeleton, load_skeleton
from app.sources import open_source

PLOTS = (".png", ".svg", ".pdf")
ORDER: tuple[Smooth, ...] = ("none", *(name for name in SMOOTHERS if name != "none"))


class Scene(Protocol):
    """A made scene: its frames, and the truth about them."""

    @property
    def name(self) -> str:
        """What it is called."""
        ...

    @property
    def fps(self) -> float:
        """Frames a second."""
        ...

    @property
    def truth(self) -> list[FramePoses]:
        """Who is where in each frame."""
        ...

    def frames(self) -> Iterator[Frame]:
        """The pictures, from the first on."""
        ...


def add_video_arguments(parser: argparse.ArgumentParser) -> None:
    """What to measure, and where the figures go."""
    parser.add_argument("--source", required=True, metavar="CLIP", help="a video file, or 'demo'")
    parser.add_argument("--truth", type=Path, metavar="FILE.jsonl", help="who is where in it, as Stance records it")
    _add_networks(parser)
    parser.add_argument("--json", action="store_true", help="one object on stdout instead of tables")
    parser.add_argument(
        "--plot", type=Path, metavar="OUT.png", help="a moving and a still keypoint's path, jitter and lag by smoother"
    )


def add_scenes_arguments(parser: argparse.ArgumentParser) -> None:
    """What to make scenes of, and where the figures go."""
    parser.add_argument("--images", type=Path, required=True, metavar="DIR", help="the folder of the pictures")
    parser.add_argument(
        "--annotations", type=Path, required=True, metavar="FILE.json", help="their people, in COCO's keypoint format"
    )
    parser.add_argument("--only", choices=("steadiness", "identity"), help="one of the two instead of both")
    _add_networks(parser)
    parser.add_argument("--json", action="store_true", help="one object on stdout instead of tables")
    parser.add_argument(
        "--save", type=Path, metavar="DIR", help="keep the scenes: lossless .mkv files with their truth as .jsonl"
    )


def run_video(wanted: argparse.Namespace) -> int:
    """Measure one clip; gives the exit code. Raises StanceError for bad input."""
    if wanted.plot and (wanted.plot.suffix.lower() not in PLOTS or not isdir(wanted.plot.parent)):
        raise StanceError(f"The plot {wanted.plot} cannot be written: wanted {', '.join(PLOTS)} in an existing folder.")
    truth = read_recording(wanted.truth) if wanted.truth else None
    source = open_source(str(fetched("demo")) if wanted.source == "demo" else wanted.source)
    try:
        if source.live or source.still:
            raise StanceError(f"{wanted.source} is no video file: wanted one, for steadiness is measured over time.")
        pipeline = open_unsmoothed(wanted)
        ours = columns(pipeline.skeleton, truth.names) if truth else []
        raw = run(pipeline, tqdm(iter(source.read, None), total=source.frames, **_bar("frame")))
    finally:
        source.close()
    true = truth.poses if truth else []
    if truth and not {poses.index for poses in true} & {poses.index for poses in raw}:
        raise StanceError(f"{wanted.truth} says nothing about the frames of {wanted.source}: wanted its truth.")
    threshold, skeleton = pipeline.settings.threshold, pipeline.skeleton
    smoothed = {kind: replay(raw, kind, threshold) for kind in ORDER}
    told: dict[str, Any] = {
        "source": wanted.source,
        "frames": len(raw),
        "fps": source.fps,
        "people": len({person.id for poses in raw for person in poses.people}),
        **setting(pipeline),
        "smoothers": {
            kind: figures([compare(raw, steady, wrists(skeleton), threshold, true, ours)])
            for kind, steady in smoothed.items()
        },
    }
    if truth:
        from app.evaluate.identity import identity

        told["identity"] = {"all": asdict(identity(true, raw))}
    if wanted.plot:
        from app.evaluate.plot import write_plot

        write_plot(wanted.plot, Path(wanted.source).name, smoothed, told["smoothers"], threshold, skeleton)
        print(f"written: {wanted.plot}", file=sys.stderr)
    print(as_json(told) if wanted.json else _video_text(told))
    return 0


def run_scenes(wanted: argparse.Namespace) -> int:
    """Measure steadiness on moving photos and identity on made scenes; gives the exit code.

    Raises StanceError for bad input.
    """
    if wanted.save:
        with writing(wanted.save):
            wanted.save.mkdir(parents=True, exist_ok=True)
    pipeline = open_unsmoothed(wanted)
    told: dict[str, Any] = setting(pipeline)
    if wanted.only != "identity":
        told["steadiness"] = _steadiness(pipeline, wanted)
    if wanted.only != "steadiness":
        told["identity"] = _identity(pipeline, wanted)
    print(as_json(told) if wanted.json else _scenes_text(told))
    return 0


def _steadiness(pipeline: Pipeline, wanted: argparse.Namespace) -> dict[str, dict[Smooth, dict[str, Any]]]:
    """The figures by kind of motion and smoother."""
    from app.evaluate.moving import KINDS, moving_photos

    threshold, skeleton = pipeline.settings.threshold, pipeline.skeleton
    samples: dict[str, dict[Smooth, list[Samples]]] = {kind: {name: [] for name in ORDER} for kind in KINDS}
    for scene in tqdm(moving_photos(wanted.images, wanted.annotations), **_bar("scene")):
        raw, truth, ours = run(pipeline, scene.frames()), scene.truth, columns(skeleton, scene.skeleton.names)
        for name in ORDER:
            steady = replay(raw, name, threshold)
            samples[scene.kind][name].append(compare(raw, steady, wrists(skeleton), threshold, truth, ours))
        if wanted.save:
            _save(wanted.save, scene, scene.skeleton)
    return {kind: {name: figures(some) for name, some in alike.items()} for kind, alike in samples.items()}


def _identity(pipeline: Pipeline, wanted: argparse.Namespace) -> dict[str, dict[str, Any]]:
    """The figures by kind of scene, and over all."""
    from app.evaluate.identity import pooled
    from app.evaluate.scenes import made_scenes

    runs = []
    for scene in tqdm(made_scenes(wanted.images, wanted.annotations), **_bar("scene")):
        runs.append((f"{scene.kind}, {scene.fps:g} fps", (scene.truth, run(pipeline, scene.frames()))))
        if wanted.save:
            _save(wanted.save, scene, load_skeleton("coco17"))
    runs.sort(key=lambda one: one[0])
    by_kind = {kind: asdict(pooled(pair for _, pair in alike)) for kind, alike in groupby(runs, lambda one: one[0])}
    return by_kind | {"all": asdict(pooled(pair for _, pair in runs))}


def _save(folder: Path, scene: Scene, skeleton: Skeleton) -> None:
    """Write the scene without loss (FFV1), and its truth beside it."""
    path = folder / f"{scene.name.replace(' ', '_').replace('.', '_')}.mkv"
    frames = scene.frames()
    first = next(frames)
    size = (first.image.shape[1], first.image.shape[0])
    film = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*"FFV1"), scene.fps, size)
    if not film.isOpened():
        raise StanceError(f"The scene {path} cannot be written: wanted a folder that can be written to.")
    truth = JsonLines(
        path.with_suffix(".jsonl"), Header(path.name, size, scene.fps, skeleton, "truth", "truth", "", "")
    )
    for frame, poses in zip([first, *frames], scene.truth, strict=True):
        film.write(frame.image)
        truth.write(frame, poses)
    film.release()
    truth.close()


def _video_text(told: dict[str, Any]) -> str:
    smoothers = told["smoothers"]
    still, moving = (smoothers["none"][name] for name in ("still", "moving"))
    lines = [
        f"{told['source']}: {told['frames']} frames, {told['people']} ids, "
        f"{told['pose']} in {told['detector']}, on {told['device']}",
        f"jitter in % of the height, on {still} keypoints of people who keep still; "
        f"lag in ms, on {moving} moving wrists, and by their speed in heights a second",
        *(["error in % of the height, acceleration error in heights a second squared"] if "identity" in told else []),
        "",
        _smoothers(smoothers, truth="identity" in told),
    ]
    return "\n".join([*lines, *(["", _identities(told["identity"])] if "identity" in told else [])])


def _smoothers(smoothers: dict[str, dict[str, Any]], truth: bool) -> str:
    head = ("smoother", "jitter", "taken off", "lag", *(f"{slow:g}-{fast:g}" for slow, fast in PACES))
    rows = [(*head, *(("error", "acceleration") if truth else ()))]
    plain = smoothers["none"]["jitter"]
    for name, told in smoothers.items():
        off = 100 * (1 - told["jitter"] / plain) if plain else float("nan")
        row = (name, number(told["jitter"], 3), f"{number(off, 0)} %", number(told["lag_ms"], 1))
        speeds = (number(late, 1) for late in told["lag_ms_by_speed"].values())
        against = (number(told["error"], 3), number(told["acceleration_error"])) if truth else ()
        rows.append((*row, *speeds, *against))
    return table(rows)


def _scenes_text(told: dict[str, Any]) -> str:
    parts = [f"{told['pose']} in {told['detector']}, on {told['device']}"]
    if "steadiness" in told:
        kinds = told["steadiness"]
        names = list(next(iter(kinds.values())))
        for what, key, digits in (
            ("error in % of the height", "error", 3),
            ("acceleration error in heights a second squared", "acceleration_error", 2),
        ):
            rows = [(name, *(number(kinds[kind][name][key], digits) for kind in kinds)) for name in names]
            parts.append(f"{what}\n{table([('smoother', *kinds), *rows])}")
    if "identity" in told:
        parts.append(_identities(told["identity"]))
    return "\n\n".join(parts)


def _identities(told: dict[str, dict[str, Any]]) -> str:
    names = next(iter(told.values()))
    rows = [("identity", *(name.replace("_", " ") for name in names))]
    for kind, figure in told.items():
        rows.append((kind, *(number(v, 3) if isinstance(v, float) else str(v) for v in figure.values())))
    return table(rows)


def _add_networks(parser: argparse.ArgumentParser) -> None:
    default = Settings()
    parser.add_argument("--pose", default=default.pose, metavar="NAME-or-FILE", help=f"pose network ({default.pose})")
    parser.add_argument(
        "--detector", default=default.detector, metavar="NAME-or-FILE", help=f"person detector ({default.detector})"
    )
    parser.add_argument("--device", choices=DEVICES, default=default.device, help="auto: the best that really runs")


def _bar(unit: str) -> dict[str, Any]:
    return {"unit": unit, "leave": False, "disable": None, "file": sys.stderr}
