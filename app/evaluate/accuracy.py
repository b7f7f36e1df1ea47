"""The commands ``coco`` and ``pck``: measure accuracy on annotated photos; output as table, JSON or report."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from math import isnan
from os.path import isdir
from pathlib import Path
from typing import Any

from tqdm import tqdm

from app.cli.console import named_path
from app.cli.headless import locate_with_progress
from app.core.errors import StanceError
from app.core.settings import DEVICES, NMS, Settings
from app.evaluate.coco import FIGURES, average_precision
from app.evaluate.estimates import Estimates, GivenBoxes, estimate, read_boxes, true_boxes
from app.evaluate.joint_angles import LARGE_DEGREES, AngleErrors, angle_errors
from app.evaluate.keypoint_metrics import keypoint_metrics
from app.evaluate.pck import Fractions
from app.evaluate.photos import check_pictures, read_photos
from app.pipeline import open_pipeline
from app.pose.unsupported import refuse_unsupported


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of both commands."""
    default = Settings()
    parser.add_argument("--images", type=named_path, required=True, metavar="DIR", help="folder of the images")
    parser.add_argument(
        "--annotations",
        type=named_path,
        required=True,
        metavar="FILE.json",
        help="their annotations, in COCO keypoint format",
    )
    parser.add_argument("--pose", default=default.pose, metavar="NAME-or-FILE", help=f"pose model ({default.pose})")
    parser.add_argument("--crop", default="", metavar="WxH", help="crop size for a pose model with variable input size")
    box_source = parser.add_mutually_exclusive_group()
    box_source.add_argument(
        "--detector",
        metavar="NAME-or-FILE",
        help=f"person detector ({default.detector}); 'none': the whole image is one person",
    )
    box_source.add_argument("--true-boxes", action="store_true", help="use the annotated boxes instead")
    box_source.add_argument(
        "--boxes",
        type=named_path,
        metavar="FILE.json",
        help="use the boxes of COCO detection results instead, in the photos that they name",
    )
    parser.add_argument(
        "--flip-test", action="store_true", help="also estimate on the mirrored crop and average: slower, more accurate"
    )
    parser.add_argument("--nms", choices=NMS, default=default.nms, help="suppression of poses, as for main.py (oks)")
    parser.add_argument(
        "--device", choices=DEVICES, default=default.device, help="auto: the fastest device that works (auto)"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of a table")
    parser.add_argument(
        "--report",
        type=named_path,
        metavar="OUT.html",
        help="write an HTML page with figures, curves and the worst cases",
    )


def run_coco(arguments: argparse.Namespace) -> int:
    """Measure average precision and recall, and angles; returns the exit code. Raises StanceError for bad input."""
    estimates = _estimates(arguments)
    photos, sigmas = estimates.photos, estimates.sigmas
    papers, _ = average_precision(photos, estimates.candidates, sigmas)
    live = average_precision(photos, estimates.shown, sigmas)[0] if estimates.shown is not None else None
    joints = angle_errors(estimates)
    if arguments.json:
        angles = {joint: _angle_figures(errors) for joint, errors in joints.items()}
        _print_json(papers | {"AP_live": live["AP"] if live else None, "angles": angles} | _setting(estimates))
    else:
        rows = [("", *FIGURES), ("all detections, as in papers", *(_fraction(papers[name]) for name in FIGURES))]
        if live:
            rows.append(("people shown in the window", *(_fraction(live[name]) for name in FIGURES)))
        print(_sentence(estimates), "", _table(rows), sep="\n")
        if joints:
            print("", _angle_table(joints), sep="\n")
    return _report(arguments, estimates)


def run_pck(arguments: argparse.Namespace) -> int:
    """Measure PCK, PCKh, PDJ and PCP; returns the exit code. Raises StanceError for bad input."""
    estimates = _estimates(arguments)
    names = estimates.photos.skeleton.names
    metrics = keypoint_metrics(estimates)
    limbs = [f"{names[a]}-{names[b]}" for a, b in metrics.ends]
    if arguments.json:
        measures = metrics.keypoints | metrics.limbs
        _print_json(
            {name: fraction.all for name, fraction in measures.items()}
            | _setting(estimates)
            | {"found": metrics.found}
            | {"keypoints": _by_part(names, metrics.keypoints), "limbs": _by_part(limbs, metrics.limbs)}
        )
    else:
        print(_sentence(estimates))
        print(f"{metrics.found} of the people found; people who were not found count as missing every keypoint")
        print("", _part_table("keypoint", names, metrics.keypoints), sep="\n")
        print("", _part_table("limb", limbs, metrics.limbs), sep="\n")
    return _report(arguments, estimates)


def _estimates(arguments: argparse.Namespace) -> Estimates:
    """Run the pipeline on the photos, with a progress bar on a terminal."""
    _check_report(arguments.report)
    photos = read_photos(arguments.images, arguments.annotations)
    given: GivenBoxes | None = None
    if arguments.true_boxes:
        given = true_boxes(photos)
    elif arguments.boxes is not None:
        given = read_boxes(arguments.boxes, photos)
        photos = photos.only(set(given.boxes))
    check_pictures(photos)
    settings = Settings(
        pose=arguments.pose,
        detector=(arguments.detector or Settings().detector) if given is None else "none",
        device=arguments.device,
        flip_test=arguments.flip_test,
        crop=arguments.crop,
        nms=arguments.nms,
    )
    pipeline = open_pipeline(settings, locate_with_progress, arguments.detector is not None)
    refuse_unsupported(pipeline.info, settings)
    if given is not None and pipeline.info.proposals == "self":
        raise StanceError(
            "{name} finds people itself: wanted neither --true-boxes nor --boxes.", name=pipeline.info.name
        )
    order = tqdm(photos.photos, unit="photo", leave=False, disable=None, file=sys.stderr)
    return estimate(pipeline, photos, order, given)


def _check_report(path: Path | None) -> None:
    """Raise StanceError if the report cannot be written to ``path``; called before any work is done."""
    if path is None:
        return
    if path.suffix.lower() not in (".html", ".htm"):
        raise StanceError("The report {path} has an unknown file extension: wanted .html.", path=path)
    if not isdir(path.parent) or isdir(path):
        raise StanceError("The report {path} cannot be written: wanted a file in an existing folder.", path=path)


def _report(arguments: argparse.Namespace, estimates: Estimates) -> int:
    if arguments.report is not None:
        from app.evaluate.report import write_report

        write_report(arguments.report, estimates)
        print(f"written: {arguments.report}", file=sys.stderr)
    return 0


def _setting(estimates: Estimates) -> dict[str, Any]:
    photos = estimates.photos
    return {
        "people": photos.people,
        "images": len(photos.photos),
        "pose": estimates.pose,
        "detector": estimates.detector,
        "device": estimates.device,
    } | estimates.notes


def _sentence(estimates: Estimates) -> str:
    photos = estimates.photos
    boxes = estimates.detector if estimates.in_true_boxes else f"the boxes of {estimates.detector}"
    return (
        f"{photos.people} people with keypoints in {len(photos.photos)} photos, "
        f"{estimates.pose} in {boxes}, on {estimates.device}"
    )


def _angle_figures(errors: AngleErrors) -> dict[str, float | int]:
    return {
        "mean_deg": errors.mean,
        "median_deg": errors.median,
        f"over_{LARGE_DEGREES:.0f}_deg": errors.large,
        "measured": len(errors.errors),
        "labelled": errors.labeled,
    }


def _angle_table(joints: Mapping[str, AngleErrors]) -> str:
    """Errors in degrees; the last columns are the numbers of angles of the people found and of all."""
    rows = [("angle error, degrees", "mean", "median", f"over {LARGE_DEGREES:.0f}", "measured", "labelled")]
    for joint, errors in joints.items():
        figures = (f"{errors.mean:.1f}", f"{errors.median:.1f}", f"{100 * errors.large:.1f} %")
        cells = figures if len(errors.errors) else ("-", "-", "-")
        rows.append((joint, *cells, str(len(errors.errors)), str(errors.labeled)))
    return _table(rows)


def _by_part(names: Sequence[str], measures: Mapping[str, Fractions]) -> dict[str, dict[str, float | int]]:
    """For each keypoint or limb the fraction correct by measure, and the number labeled."""
    return {
        name: {measure: fraction.each[i] for measure, fraction in measures.items()}
        | {"labelled": max(int(fraction.counted[i]) for fraction in measures.values())}
        for i, name in enumerate(names)
    }


def _part_table(what: str, names: Sequence[str], measures: Mapping[str, Fractions]) -> str:
    parts = _by_part(names, measures)
    rows = [(what, *measures, "labelled")]
    rows += [
        (name, *(_fraction(row[measure]) for measure in measures), str(row["labelled"])) for name, row in parts.items()
    ]
    rows.append(
        (
            "all",
            *(_fraction(fraction.all) for fraction in measures.values()),
            str(sum(int(row["labelled"]) for row in parts.values())),
        )
    )
    return _table(rows)


def _table(rows: Sequence[Sequence[str]]) -> str:
    """Rows of cells as text; the first column is left-aligned, the others right-aligned."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(
            [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        )
        for row in rows
    )


def _fraction(value: float | None) -> str:
    """A fraction with three digits, as in papers; "-" for none."""
    return "-" if value is None or isnan(value) else f"{value:.3f}"


def _print_json(figures: dict[str, Any]) -> None:
    """Print one JSON object; figures without samples are null."""
    print(json.dumps(_plain(figures), indent=1, ensure_ascii=False, allow_nan=False))


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, float):
        return None if isnan(value) else round(float(value), 6)
    return value
