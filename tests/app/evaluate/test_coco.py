"""COCO metrics and matching, against pycocotools and cases computed by hand."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from pycocotools.cocoeval import Params

from app.core.people import Person
from app.core.skeleton import load_skeleton
from app.evaluate.coco import FIGURES, average_precision, pairs_by_similarity
from app.evaluate.pairs import pairs_by_box
from app.evaluate.photos import Photos, read_photos
from tests.app.evaluate.annotated import annotation, write_folder
from tests.conftest import GOLDEN

SIGMAS = np.array(load_skeleton("coco17").sigmas, np.float32)


def person(truth: dict[str, object], score: float, off: float = 0.0) -> Person:
    """An estimate of ``truth``, shifted ``off`` pixels to the right."""
    keypoints = np.array(truth["keypoints"], np.float32).reshape(17, 3)
    x, y, width, height = np.array(truth["bbox"], np.float32)
    keypoints = keypoints + np.array([off, 0, 0], np.float32)
    keypoints[:, 2] = score
    return Person(0, score, np.array([x, y, x + width, y + height], np.float32), keypoints)


@pytest.fixture
def two(tmp_path: Path) -> Photos:
    return read_photos(*write_folder(tmp_path, [annotation(0, 1), annotation(1, 1, shift=100)]))


def test_sigmas_match_coco() -> None:
    assert load_skeleton("coco17").sigmas == pytest.approx(Params("keypoints").kpt_oks_sigmas)


def test_metrics_match_cocoeval(tmp_path: Path) -> None:
    golden = json.loads((GOLDEN / "codecs" / "coco_eval.json").read_text())
    path = tmp_path / "truth.json"
    path.write_text(json.dumps(golden["gt"]))
    photos = read_photos(tmp_path, path)
    found: dict[int, list[Person]] = {}
    for row in golden["dt"]:
        keypoints = np.array(row["keypoints"], np.float32).reshape(17, 3)
        found.setdefault(row["image_id"], []).append(Person(0, row["score"], np.zeros(4, np.float32), keypoints))
    figures, curves = average_precision(photos, found, SIGMAS)
    wanted = dict(zip((name.replace("_", "") for name in golden["stats_names"]), golden["stats"], strict=True))
    assert figures == pytest.approx(wanted, abs=1e-6)
    assert curves.mean.mean() == pytest.approx(wanted["AP"])
    assert curves.half.mean() == pytest.approx(wanted["AP50"])
    assert curves.three_quarters.mean() == pytest.approx(wanted["AP75"])


def test_half_of_the_people_give_half_the_recall(two: Photos) -> None:
    figures, _ = average_precision(two, {1: [person(annotation(0, 1), 0.9)]}, SIGMAS)
    assert figures["AR"] == pytest.approx(0.5)
    assert figures["AP"] == pytest.approx(51 / 101)  # COCO's 101 recalls up to 0.5
    assert figures["APL"] is None  # both people are of medium size


def test_no_estimates_give_zero(two: Photos) -> None:
    figures, _ = average_precision(two, {}, SIGMAS)
    assert {name: figures[name] for name in FIGURES[:3]} == {"AP": 0.0, "AP50": 0.0, "AP75": 0.0}


def test_best_score_is_matched_first(two: Photos) -> None:
    left, right = annotation(0, 1), annotation(1, 1, shift=100)
    found = {
        1: [person(left, 0.5), person(left, 0.9, off=2), person(right, 0.7, off=3)],
        2: [person(left, 0.4)],
    }
    pairs = pairs_by_similarity(two, found, SIGMAS, 0.1)
    by_truth = {pair.truth.id: pair.estimate for pair in pairs if pair.truth and pair.estimate}
    assert by_truth == {0: found[1][1], 1: found[1][2]}
    alarms = [(pair.photo, pair.estimate) for pair in pairs if pair.truth is None]
    assert alarms == [(1, found[1][0]), (2, found[2][0])]


def test_distant_estimate_is_a_miss(two: Photos) -> None:
    pairs = pairs_by_similarity(two, {1: [person(annotation(0, 1), 0.9, off=300)]}, SIGMAS, 0.1)
    assert sorted((pair.truth is None, pair.estimate is None) for pair in pairs) == [
        (False, True),
        (False, True),
        (True, False),
    ]


def test_similarity_uses_labelled_keypoints_only(tmp_path: Path) -> None:
    row = annotation(1, 1, num_keypoints=1)
    row["keypoints"] = [*row["keypoints"][:3], *[0] * 48]
    photos = read_photos(*write_folder(tmp_path, [row]))
    found = {1: [person(annotation(1, 1), 0.9, off=4)]}
    expected = np.exp(-(4**2) / (2 * 6000 * (2 * 0.026) ** 2))
    assert pairs_by_similarity(photos, found, SIGMAS, 0.1)[0].similarity == pytest.approx(expected, rel=1e-4)
    assert pairs_by_box(photos, found, SIGMAS)[0].similarity == pytest.approx(expected, rel=1e-4)


def test_estimates_in_a_crowd_are_left_out(tmp_path: Path) -> None:
    crowd = annotation(1, 1, iscrowd=1, num_keypoints=0, keypoints=[0] * 51)
    photos = read_photos(*write_folder(tmp_path, [crowd, annotation(2, 2)]))
    assert [pair.truth is None for pair in pairs_by_similarity(photos, {1: [person(crowd, 0.9)]}, SIGMAS, 0.1)] == [
        False
    ]


def test_true_boxes_are_paired_despite_poor_poses(two: Photos) -> None:
    left, right = annotation(0, 1), annotation(1, 1, shift=100)
    found = {1: [person(right, 0.9, off=-100), person(left, 0.2, off=100)]}
    pairs = pairs_by_box(two, found, SIGMAS)
    assert [(pair.truth.id, pair.estimate) for pair in pairs if pair.truth] == [(0, found[1][1]), (1, found[1][0])]
    assert all(pair.estimate is None for pair in pairs_by_box(two, {}, SIGMAS))
