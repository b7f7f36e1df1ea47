"""Incrementally updated spans equal those computed from scratch, at constant cost per frame."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from app.analysis import Analysis
from app.analysis.person_summary import summarize_people
from app.core.people import FramePoses, Person
from app.core.skeleton import load_skeleton

COCO = load_skeleton("coco17")


def frame(index: int, ids: set[int], step_s: float = 0.04) -> FramePoses:
    people = tuple(
        Person(i, 0.5, np.array([i, 0, i + 2, index + 1], np.float32), np.zeros((17, 3), np.float32))
        for i in sorted(ids)
    )
    return FramePoses(index, index * step_s, people)


def spans_from_scratch(frames: dict[int, FramePoses], gap_s: float) -> dict[int, list[tuple[float, float]]]:
    """The spans by id, computed from scratch."""
    found: dict[int, list[tuple[float, float]]] = {}
    for index in sorted(frames):
        for person in frames[index].people:
            spans, now = found.setdefault(person.id, []), frames[index].time_s
            if spans and now - spans[-1][1] <= gap_s:
                spans[-1] = (spans[-1][0], now)
            else:
                spans.append((now, now))
    return found


def analysed_spans(frames: dict[int, FramePoses]) -> list[tuple[float, float]]:
    found: list[list[int]] = []
    for index in sorted(frames):
        if found and index == found[-1][1] + 1:
            found[-1][1] = index
        else:
            found.append([index, index])
    return [(frames[first].time_s, frames[last].time_s) for first, last in found]


FRAMES = st.lists(st.tuples(st.integers(0, 60), st.sets(st.integers(1, 4))), max_size=80)


@hypothesis_settings(deadline=None)
@given(FRAMES, st.integers(1, 70))
def test_incremental_results_equal_those_from_scratch(added: list[tuple[int, set[int]]], most: int) -> None:
    analysis, frames = Analysis(COCO, most), dict[int, FramePoses]()
    for index, ids in added:
        analysis.add(frame(index, ids))
        frames.pop(index, None)
        if len(frames) >= most:
            del frames[next(iter(frames))]
        frames[index] = frame(index, ids)
    assert analysis.spans() == spans_from_scratch(frames, 0.25)
    assert analysis.seen_spans() == analysed_spans(frames)
    assert [poses.index for poses in analysis.frames()] == sorted(frames)
    for person in summarize_people(analysis):
        appearances = [p for poses in frames.values() for p in poses.people if p.id == person.id]
        assert person.score == pytest.approx(np.mean([p.score for p in appearances]))
        assert person.height == pytest.approx(np.mean([p.box[3] for p in appearances]))
        assert person.x == pytest.approx(person.id + 1)
    for number in analysis.ids():
        track = analysis.track(number)
        assert track.indices.tolist() == [i for i in sorted(frames) if any(p.id == number for p in frames[i].people)]
        assert (track.keypoints.shape, track.boxes.shape) == ((len(track.indices), 17, 3), (len(track.indices), 4))
    assert analysis.covers(range(5, 8)) == all(index in frames for index in range(5, 8))


@hypothesis_settings(deadline=None)
@given(st.permutations([0, 1, 2, 3, 5, 6, 7, 20, 21, 22]))
def test_order_of_adding_does_not_matter_at_low_frame_rate(order: list[int]) -> None:
    analysis = Analysis(COCO)
    for index in order:
        analysis.add(frame(index, {1}, step_s=1.0))
    assert analysis.spans() == {1: [(0.0, 7.0), (20.0, 22.0)]}


def test_huge_frame_index_is_accepted() -> None:
    analysis = Analysis(COCO)
    for index in (0, 10**12, 5):
        analysis.add(FramePoses(index, index / 1e12, frame(0, {1}).people))
    analysis.add(FramePoses(10**12, 1.0, ()))
    assert analysis.seen_spans() == [(0.0, 0.0), (5e-12, 5e-12), (1.0, 1.0)]


def lines_run(work: Callable[[], Any]) -> int:
    """Number of Python lines that ``work`` executes, repetitions included."""
    count = 0

    def trace(frame: FrameType, event: str, arg: object) -> Any:
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
    return count


def test_cost_does_not_grow_with_the_clip() -> None:
    """Adding a frame and summarising costs the same for a clip of any length."""
    costs = []
    for minutes in (1, 20):
        analysis = Analysis(COCO)
        one = frame(0, {1, 2}).people
        for index in range(minutes * 60 * 25):
            analysis.add(FramePoses(index, index / 25, one))

        def update_and_summarize(analysis: Analysis = analysis, people: tuple[Person, ...] = one) -> None:
            analysis.add(FramePoses(len(analysis), len(analysis) / 25, people))
            analysis.spans(), analysis.seen_spans(), summarize_people(analysis), analysis.names(), analysis.ids()

        costs.append(lines_run(update_and_summarize))
    assert costs[1] <= costs[0] + 5
