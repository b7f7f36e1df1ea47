"""Differences of two analyses, by people that are matched by their boxes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from app.analysis import Analysis
from app.analysis.comparison import compare, same_people
from app.core.people import FramePoses, Person
from app.core.skeleton import load_skeleton

COCO, HALPE = load_skeleton("coco17"), load_skeleton("halpe26")


def person(number: int, index: int, *, shift: float = 0.0) -> Person:
    """Someone of 200 pixels, who walks to the right; ``shift`` moves the left wrist."""
    left = 100.0 * number + index
    places = np.random.default_rng(number).uniform(10, 90, (17, 2))
    keypoints = np.concatenate([places + (left, 50), np.full((17, 1), 0.9)], axis=1).astype(np.float32)
    keypoints[COCO.names.index("left_wrist"), 0] += shift
    return Person(number, 0.9, np.array([left, 50, left + 90, 250], np.float32), keypoints)


def analysis(frames: range, *, shift: float = 0.0, swapped: bool = False) -> Analysis:
    made = Analysis(COCO)
    for index in frames:
        people = [person(1, index, shift=shift), person(2, index)]
        if swapped:
            people = [replace(people[0], id=2), replace(people[1], id=1)]
        made.add(FramePoses(index, index / 30, tuple(people)))
    return made


def test_people_are_matched_by_their_boxes() -> None:
    assert same_people(analysis(range(20)), analysis(range(10, 40), swapped=True)) == {1: 2, 2: 1}
    assert same_people(analysis(range(20)), Analysis(COCO)) == {}


def test_only_what_differs_has_a_difference() -> None:
    found = compare(analysis(range(20)), analysis(range(20), shift=8.0, swapped=True), 0.3)
    by_name = {one.name: one for one in found.keypoints}
    assert set(by_name) == set(COCO.names)
    wrist = by_name.pop("left_wrist")
    assert [wrist.pixels, wrist.percent] == pytest.approx([4.0, 2.0], abs=1e-3)
    assert wrist.frames == 40
    assert max(one.pixels for one in by_name.values()) == 0.0
    changed = {one.name for one in found.angles if one.degrees > 0.1}
    assert all("left" in name and ("elbow" in name or "forearm" in name or "wrist" in name) for name in changed)


def test_keypoints_that_only_one_skeleton_has_are_left_out() -> None:
    other = Analysis(HALPE)
    for index in range(20):
        short = person(1, index)
        keypoints = np.zeros((26, 3), np.float32)
        keypoints[:17] = short.keypoints
        other.add(FramePoses(index, index / 30, (replace(short, keypoints=keypoints),)))
    found = compare(analysis(range(20)), other, 0.3)
    assert {one.name for one in found.keypoints} == set(COCO.names)
    assert found.people == {1: 1}
