"""The commands ``coco`` and ``pck``: the pipe over annotated photos, and the figures as a table, JSON or a report."""

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

from app.errors import StanceError
from app.evaluate.coco import FIGURES, average_precision
from app.evaluate.estimates import Estimates, GivenBoxes, estimate, read_boxes, true_boxes
from app.evaluate.pck import Shares
from app.evaluate.photos import check_pictures, read_photos
from app.evaluate.shares import keypoint_shares
from app.headless import fetched
from app.pipeline import open_pipeline
from app.settings import DEVICES, Settings
from app.zoo.catalogue import load_catalogue


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to measure on, what to measure, and where the figures go."""
    default = Settings()
    parser.add_argument("--images", type=Path, required=True, metavar="DIR", help="the folder of the pictures")
    parser.add_argument(
        "--annotations", type=Path, required=True, metavar="FILE.json", help="their people, in COCO's keypoint format"
    )
    parser.add_argument("--pose", default=default.pose, metavar="NAME-or-FILE", help=f"pose network ({default.pose})")
    whose = parser.add_mutually_exclusive_group()
    whose.add_argument(
        "--detector",
        default=default.detector,
        metavar="NAME-or-FILE",
        help=f"person detector ({default.detector}); 'none': the whole picture is one person",
    )
    whose.add_argument("--true-boxes", action="store_true", help="look into the annotated boxes instead")
    whose.add_argument(
        "--boxes",
        type=Path,
        metavar="FILE.json",
        help="look into the boxes of COCO detection results instead, in the photos that they name",
    )
    parser.add_argument(
        "--flip-test", action="store_true", help="average with the mirrored crop: slower, more accurate"
    )
    parser.add_argument("--device", choices=DEVICES, default=default.device, help="auto: the best that really runs")
    parser.add_argument("--json", action="store_true", help="one object on stdout instead of a table")
    parser.add_argument(
        "--report", type=Path, metavar="OUT.html", help="a page with figures, curves and the worst cases"
    )


def run_coco(wanted: argparse.Namespace) -> int:
    """Measure average precision and recall; gives the exit code. Raises StanceError for bad input."""
    estimates = _estimates(wanted)
    photos, sigmas = estimates.photos, estimates.sigmas
    papers, _ = average_precision(photos, estimates.everybody, sigmas)
    live = average_precision(photos, estimates.shown, sigmas)[0] if estimates.shown is not None else None
    if wanted.json:
        _tell_json(papers | {"AP_live": live["AP"] if live else None} | _setting(estimates))
    else:
        rows = [("", *FIGURES), ("everybody, as papers count", *(_share(papers[name]) for name in FIGURES))]
        if live:
            rows.append(("whom the window shows", *(_share(live[name]) for name in FIGURES)))
        print(_sentence(estimates), "", _table(rows), sep="\n")
    return _report(wanted, estimates)


def run_pck(wanted: argparse.Namespace) -> int:
    """Measure PCK, PCKh, PDJ and PCP; gives the exit code. Raises StanceError for bad input."""
    estimates = _estimates(wanted)
    names = estimates.photos.skeleton.names
    shares = keypoint_shares(estimates)
    limbs = [f"{names[a]}-{names[b]}" for a, b in shares.ends]
    if wanted.json:
        measures = shares.keypoints | shares.limbs
        _tell_json(
            {name: share.all for name, share in measures.items()}
            | _setting(estimates)
            | {"found": shares.found}
            | {"keypoints": _by_part(names, shares.keypoints), "limbs": _by_part(limbs, shares.limbs)}
        )
    else:
        print(_sentence(estimates))
        print(f"{shares.found} of the people found; who was not found has missed every keypoint")
        print("", _part_table("keypoint", names, shares.keypoints), sep="\n")
        print("", _part_table("limb", limbs, shares.limbs), sep="\n")
    return _report(wanted, estimates)


def _estimates(wanted: argparse.Namespace) -> Estimates:
    """What the pipe makes of the wanted photos, with its progress told on a terminal."""
    _check_report(wanted.report)
    photos = read_photos(wanted.images, wanted.annotations)
    given: GivenBoxes | None = None
    if wanted.true_boxes:
        given = true_boxes(photos)
    elif wanted.boxes is not None:
        given = read_boxes(wanted.boxes, photos)
        photos = photos.only(set(given.boxes))
    check_pictures(photos)
    settings = Settings(
        pose=wanted.pose,
        detector=wanted.detector if given is None else "none",
        device=wanted.device,
        flip_test=wanted.flip_test,
    )
    for name in (settings.pose, settings.detector):
        if name in load_catalogue():
            fetched(name)
    pipeline = open_pipeline(settings)
    order = tqdm(photos.photos, unit="photo", leave=False, disable=None, file=sys.stderr)
    return estimate(pipeline, photos, order, given)


def _check_report(path: Path | None) -> None:
    """Refuse a place where no page can be written, before the work is done."""
    if path is None:
        return
    if path.suffix.lower() not in (".html", ".htm"):
        raise StanceError(f"The report {path} has an unknown ending: wanted .html.")
    if not isdir(path.parent) or isdir(path):
        raise StanceError(f"The report {path} cannot be written there: wanted a file in an existing folder.")


def _report(wanted: argparse.Namespace, estimates: Estimates) -> int:
    if wanted.report is not None:
        from app.evaluate.report import write_report

        write_report(wanted.report, estimates)
        print(f"written: {wanted.report}", file=sys.stderr)
    return 0


def _setting(estimates: Estimates) -> dict[str, Any]:
    photos = estimates.photos
    return {
        "people": photos.people,
        "images": len(photos.photos),
        "pose": estimates.pose,
        "detector": estimates.detector,
        "device": estimates.device,
    }


def _sentence(estimates: Estimates) -> str:
    photos = estimates.photos
    boxes = estimates.detector if estimates.in_true_boxes else f"the boxes of {estimates.detector}"
    return (
        f"{photos.people} people with keypoints in {len(photos.photos)} photos, "
        f"{estimates.pose} in {boxes}, on {estimates.device}"
    )


def _by_part(names: Sequence[str], measures: Mapping[str, Shares]) -> dict[str, dict[str, float | int]]:
    """For each keypoint or limb the share by measure, and how many of it were labelled."""
    return {
        name: {measure: share.each[i] for measure, share in measures.items()}
        | {"labelled": max(int(share.counted[i]) for share in measures.values())}
        for i, name in enumerate(names)
    }


def _part_table(what: str, names: Sequence[str], measures: Mapping[str, Shares]) -> str:
    parts = _by_part(names, measures)
    rows = [(what, *measures, "labelled")]
    rows += [
        (name, *(_share(row[measure]) for measure in measures), str(row["labelled"])) for name, row in parts.items()
    ]
    rows.append(
        (
            "all",
            *(_share(share.all) for share in measures.values()),
            str(sum(int(row["labelled"]) for row in parts.values())),
        )
    )
    return _table(rows)


def _table(rows: Sequence[Sequence[str]]) -> str:
    """Rows of cells, the first column flush left, the others flush right."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(
            [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        )
        for row in rows
    )


def _share(value: float | None) -> str:
    """Three digits, as papers print them."""
    return "-" if value is None or isnan(value) else f"{value:.3f}"


def _tell_json(figures: dict[str, Any]) -> None:
    """One object; what nobody could be measured on is null."""
    print(json.dumps(_plain(figures), indent=1, ensure_ascii=False, allow_nan=False))


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, float):
        return None if isnan(value) else round(float(value), 6)
    return value
