"""The commands ``video`` and ``scenes``: steadiness and identity on a clip, and on synthetic scenes."""

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

from app.cli.console import named_path
from app.cli.headless import fetch_with_progress
from app.core.errors import StanceError
from app.core.people import Frame, FramePoses
from app.core.settings import DEVICES, SMOOTHERS, Settings, Smooth
from app.core.skeleton import Skeleton, load_skeleton
from app.evaluate.smoothing_replay import SPEED_RANGES, columns, figures, open_unsmoothed, replay, run, setting, wrists
from app.evaluate.steadiness import Samples, compare
from app.evaluate.table import as_json, number, table
from app.pipeline import Pipeline
from app.sinks import Header, writing
from app.sinks.jsonl import JsonLines
from app.sinks.jsonl_reader import read_recording
from app.sources import open_source

PLOTS = (".png", ".svg", ".pdf")
"""File suffixes of plots."""
ORDER: tuple[Smooth, ...] = ("none", *(name for name in SMOOTHERS if name != "none"))


class Scene(Protocol):
    """A synthetic scene: its frames and the ground truth."""

    @property
    def name(self) -> str:
        """Name of the scene."""
        ...

    @property
    def fps(self) -> float:
        """Frames per second."""
        ...

    @property
    def truth(self) -> list[FramePoses]:
        """The people of each frame."""
        ...

    def frames(self) -> Iterator[Frame]:
        """The frames, from the first on."""
        ...


def add_video_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``video``."""
    parser.add_argument("--source", required=True, metavar="CLIP", help="a video file, or 'demo'")
    parser.add_argument(
        "--truth", type=named_path, metavar="FILE.jsonl", help="ground truth of the video, as .jsonl of Stance"
    )
    _add_networks(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of tables")
    parser.add_argument(
        "--plot",
        type=named_path,
        metavar="OUT.png",
        help="plot the path of a moving and of a still keypoint, jitter and lag for each smoother",
    )


def add_scenes_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``scenes``."""
    parser.add_argument("--images", type=named_path, required=True, metavar="DIR", help="folder of the images")
    parser.add_argument(
        "--annotations",
        type=named_path,
        required=True,
        metavar="FILE.json",
        help="their annotations, in COCO keypoint format",
    )
    parser.add_argument("--only", choices=("steadiness", "identity"), help="one of the two only")
    _add_networks(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of tables")
    parser.add_argument(
        "--save",
        type=named_path,
        metavar="DIR",
        help="save the scenes: lossless .mkv files with their ground truth as .jsonl",
    )


def run_video(arguments: argparse.Namespace) -> int:
    """Measure one clip; returns the exit code. Raises StanceError for bad input."""
    if arguments.plot and (arguments.plot.suffix.lower() not in PLOTS or not isdir(arguments.plot.parent)):
        raise StanceError(
            "The plot {path} cannot be written: wanted {known} in an existing folder.",
            path=arguments.plot,
            known=", ".join(PLOTS),
        )
    truth = read_recording(arguments.truth) if arguments.truth else None
    source = open_source(str(fetch_with_progress("demo")) if arguments.source == "demo" else arguments.source)
    try:
        if source.live or source.still:
            raise StanceError(
                "{source} is not a video file: wanted a video, as jitter is measured over time.",
                source=arguments.source,
            )
        pipeline = open_unsmoothed(arguments)
        truth_columns = columns(pipeline.skeleton, truth.names) if truth else []
        raw = run(pipeline, tqdm(iter(source.read, None), total=source.frames, **_bar("frame")))
    finally:
        source.close()
    true = truth.poses if truth else []
    if truth and not {poses.index for poses in true} & {poses.index for poses in raw}:
        raise StanceError(
            "{truth} has none of the frames of {source}: wanted its ground truth.",
            truth=arguments.truth,
            source=arguments.source,
        )
    threshold, skeleton = pipeline.settings.threshold, pipeline.skeleton
    smoothed = {kind: replay(raw, kind, threshold) for kind in ORDER}
    results: dict[str, Any] = {
        "source": arguments.source,
        "frames": len(raw),
        "fps": source.fps,
        "people": len({person.id for poses in raw for person in poses.people}),
        **setting(pipeline),
        "smoothers": {
            kind: figures([compare(raw, steady, wrists(skeleton), threshold, true, truth_columns)])
            for kind, steady in smoothed.items()
        },
    }
    if truth:
        from app.evaluate.identity import identity

        results["identity"] = {"all": asdict(identity(true, raw))}
    if arguments.plot:
        from app.evaluate.plot import write_plot

        write_plot(arguments.plot, Path(arguments.source).name, smoothed, results["smoothers"], threshold, skeleton)
        print(f"written: {arguments.plot}", file=sys.stderr)
    print(as_json(results) if arguments.json else _video_text(results))
    return 0


def run_scenes(arguments: argparse.Namespace) -> int:
    """Measure steadiness on moving photos and identity on synthetic scenes; returns the exit code.

    Raises StanceError for bad input.
    """
    if arguments.save:
        with writing(arguments.save):
            arguments.save.mkdir(parents=True, exist_ok=True)
    pipeline = open_unsmoothed(arguments)
    results: dict[str, Any] = setting(pipeline)
    if arguments.only != "identity":
        results["steadiness"] = _steadiness(pipeline, arguments)
    if arguments.only != "steadiness":
        results["identity"] = _identity(pipeline, arguments)
    print(as_json(results) if arguments.json else _scenes_text(results))
    return 0


def _steadiness(pipeline: Pipeline, arguments: argparse.Namespace) -> dict[str, dict[Smooth, dict[str, Any]]]:
    """The steadiness metrics by kind of motion and smoother."""
    from app.evaluate.moving import KINDS, moving_photos

    threshold, skeleton = pipeline.settings.threshold, pipeline.skeleton
    samples: dict[str, dict[Smooth, list[Samples]]] = {kind: {name: [] for name in ORDER} for kind in KINDS}
    for scene in tqdm(moving_photos(arguments.images, arguments.annotations), **_bar("scene")):
        raw, truth, truth_columns = run(pipeline, scene.frames()), scene.truth, columns(skeleton, scene.skeleton.names)
        for name in ORDER:
            steady = replay(raw, name, threshold)
            samples[scene.kind][name].append(compare(raw, steady, wrists(skeleton), threshold, truth, truth_columns))
        if arguments.save:
            _save(arguments.save, scene, scene.skeleton)
    return {kind: {name: figures(some) for name, some in group.items()} for kind, group in samples.items()}


def _identity(pipeline: Pipeline, arguments: argparse.Namespace) -> dict[str, dict[str, Any]]:
    """The identity metrics by kind of scene, and over all."""
    from app.evaluate.identity import pooled
    from app.evaluate.scenes import made_scenes

    runs = []
    for scene in tqdm(made_scenes(arguments.images, arguments.annotations), **_bar("scene")):
        runs.append((f"{scene.kind}, {scene.fps:g} fps", (scene.truth, run(pipeline, scene.frames()))))
        if arguments.save:
            _save(arguments.save, scene, load_skeleton("coco17"))
    runs.sort(key=lambda one: one[0])
    by_kind = {kind: asdict(pooled(pair for _, pair in group)) for kind, group in groupby(runs, lambda one: one[0])}
    return by_kind | {"all": asdict(pooled(pair for _, pair in runs))}


def _save(folder: Path, scene: Scene, skeleton: Skeleton) -> None:
    """Write the scene losslessly (FFV1) and its ground truth as JSON lines."""
    path = folder / f"{scene.name.replace(' ', '_').replace('.', '_')}.mkv"
    frames = scene.frames()
    first = next(frames)
    size = (first.image.shape[1], first.image.shape[0])
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*"FFV1"), scene.fps, size)
    if not writer.isOpened():
        raise StanceError("The scene {path} cannot be written: wanted a writable folder.", path=path)
    truth = JsonLines(
        path.with_suffix(".jsonl"), Header(path.name, size, scene.fps, skeleton, "truth", "truth", "", "")
    )
    for frame, poses in zip([first, *frames], scene.truth, strict=True):
        writer.write(frame.image)
        truth.write(frame, poses)
    writer.release()
    truth.close()


def _video_text(results: dict[str, Any]) -> str:
    smoothers = results["smoothers"]
    still, moving = (smoothers["none"][name] for name in ("still", "moving"))
    lines = [
        f"{results['source']}: {results['frames']} frames, {results['people']} ids, "
        f"{results['pose']} in {results['detector']}, on {results['device']}",
        f"jitter in % of the height, on {still} keypoints of people who keep still; "
        f"lag in ms, on {moving} moving wrists, and by their speed in heights per second",
        *(
            ["error in % of the height, acceleration error in heights per second squared"]
            if "identity" in results
            else []
        ),
        "",
        _smoothers(smoothers, truth="identity" in results),
    ]
    return "\n".join([*lines, *(["", _identities(results["identity"])] if "identity" in results else [])])


def _smoothers(smoothers: dict[str, dict[str, Any]], truth: bool) -> str:
    head = ("smoother", "jitter", "taken off", "lag", *(f"{slow:g}-{fast:g}" for slow, fast in SPEED_RANGES))
    rows = [(*head, *(("error", "acceleration") if truth else ()))]
    plain = smoothers["none"]["jitter"]
    for name, results in smoothers.items():
        off = 100 * (1 - results["jitter"] / plain) if plain else float("nan")
        row = (name, number(results["jitter"], 3), f"{number(off, 0)} %", number(results["lag_ms"], 1))
        speeds = (number(late, 1) for late in results["lag_ms_by_speed"].values())
        against = (number(results["error"], 3), number(results["acceleration_error"])) if truth else ()
        rows.append((*row, *speeds, *against))
    return table(rows)


def _scenes_text(results: dict[str, Any]) -> str:
    parts = [f"{results['pose']} in {results['detector']}, on {results['device']}"]
    if "steadiness" in results:
        kinds = results["steadiness"]
        names = list(next(iter(kinds.values())))
        for what, key, digits in (
            ("error in % of the height", "error", 3),
            ("acceleration error in heights per second squared", "acceleration_error", 2),
        ):
            rows = [(name, *(number(kinds[kind][name][key], digits) for kind in kinds)) for name in names]
            parts.append(f"{what}\n{table([('smoother', *kinds), *rows])}")
    if "identity" in results:
        parts.append(_identities(results["identity"]))
    return "\n\n".join(parts)


def _identities(results: dict[str, dict[str, Any]]) -> str:
    names = next(iter(results.values()))
    rows = [("identity", *(name.replace("_", " ") for name in names))]
    for kind, figure in results.items():
        rows.append((kind, *(number(v, 3) if isinstance(v, float) else str(v) for v in figure.values())))
    return table(rows)


def _add_networks(parser: argparse.ArgumentParser) -> None:
    default = Settings()
    parser.add_argument("--pose", default=default.pose, metavar="NAME-or-FILE", help=f"pose model ({default.pose})")
    parser.add_argument(
        "--detector", default=default.detector, metavar="NAME-or-FILE", help=f"person detector ({default.detector})"
    )
    parser.add_argument(
        "--device", choices=DEVICES, default=default.device, help="auto: the fastest device that works (auto)"
    )


def _bar(unit: str) -> dict[str, Any]:
    return {"unit": unit, "leave": False, "disable": None, "file": sys.stderr}
