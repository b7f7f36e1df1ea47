"""Settings changed while the pipeline runs: it continues and keeps every person."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from app.core.settings import SMOOTHERS, Settings
from app.pipeline import Pipeline, make_pipeline
from app.pose.top_down import Estimator
from tests.app.toy_networks import ToyDetector, ToyEstimator, toy_clip

CLIP = toy_clip(60)

CHANGES = st.one_of(
    st.builds(lambda kind: {"smooth": kind}, st.sampled_from(SMOOTHERS)),
    st.builds(lambda score: {"threshold": score}, st.sampled_from([0.0, 0.2, 0.3, 0.5, 1.0])),
    st.builds(lambda score: {"person_threshold": score}, st.sampled_from([0.0, 0.2, 0.9])),
    st.builds(lambda every: {"detect_every": every}, st.sampled_from([0.0, 0.1, 0.2, 5.0])),
    st.builds(lambda most: {"max_people": most}, st.integers(0, 3)),
    st.builds(lambda half: {"half_rate": half}, st.booleans()),
    st.builds(lambda flip: {"flip_test": flip}, st.booleans()),
)


def toy_pipeline(**chosen: Any) -> Pipeline:
    return make_pipeline(ToyDetector(), cast(Estimator, ToyEstimator()), Settings(**chosen))


@pytest.mark.parametrize("change", [{"smooth": "kalman"}, {"smooth": "none"}, {"threshold": 0.5}])
@pytest.mark.parametrize("at", [10, 11])
def test_at_half_rate_all_people_keep_their_ids_when_the_smoothing_changes(change: dict[str, Any], at: int) -> None:
    pipeline = toy_pipeline(half_rate=True)
    for frame in CLIP[:at]:
        before = pipeline.process(frame)
    pipeline.adjust(replace(pipeline.settings, **change))
    for frame in CLIP[at : at + 6]:
        after = pipeline.process(frame)
        assert [person.id for person in after.people] == [person.id for person in before.people] == [1, 2]
        moved = [a.keypoints - b.keypoints for a, b in zip(after.people, before.people, strict=True)]
        assert np.abs(np.array(moved)[..., :2]).max() < 12
        before = after


@pytest.mark.slow
@hypothesis_settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(st.integers(0, 59), st.lists(CHANGES, min_size=1, max_size=3), max_size=20),
    st.sets(st.integers(0, 59), max_size=3),
)
def test_settings_can_change_at_any_frame(changes: dict[int, list[dict[str, Any]]], resets: set[int]) -> None:
    pipeline = toy_pipeline()
    for frame in CLIP:
        if frame.index in resets:
            pipeline.reset()
        for change in changes.get(frame.index, ()):
            pipeline.adjust(replace(pipeline.settings, **change))
        poses = pipeline.process(frame)
        ids = [person.id for person in poses.people]
        assert ids == sorted(set(ids))
        assert all(np.isfinite(person.keypoints).all() for person in poses.people)


def test_the_keypoint_threshold_does_not_change_the_crops() -> None:
    """It only affects what is drawn, and the weight of a keypoint in smoothing."""
    low, high = (toy_pipeline(smooth="none", threshold=score) for score in (0.1, 0.9))
    for frame in CLIP:
        one, other = low.process(frame), high.process(frame)
        assert [p.keypoints.tobytes() for p in one.people] == [p.keypoints.tobytes() for p in other.people]
        assert [p.box.tobytes() for p in one.people] == [p.box.tobytes() for p in other.people]
