"""The angle between the view and that from the side, on true motions filmed by cameras whose angle is known."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.analysis.checks.finding import plain_name
from app.analysis.checks.sampled_people import BodyTrack, SampledPeople
from app.analysis.checks.view_angle import check_view, degrees_off_side
from app.evaluate import motions
from app.evaluate.motions import Motion, View, film, load_motions
from tests.app.analysis.checks.bodies import SKELETON, THRESHOLD, of_motion

WALKS = ("02_01", "03_01")


@pytest.fixture(scope="module")
def walks(shared: Path) -> list[Motion]:
    return [motion for motion in load_motions(shared / "mocap" / "cmu60.npz") if motion.name in WALKS]


def filmed(motion: Motion, view: View) -> BodyTrack:
    samples = SampledPeople(SKELETON)
    for poses in of_motion(film(motion, view)):
        samples.add(poses)
    return samples.tracks()[0]


def at_degrees(motion: Motion, degrees: float, monkeypatch: pytest.MonkeyPatch) -> BodyTrack:
    """``motion`` filmed from this angle to the side."""
    monkeypatch.setattr(motions, "OBLIQUE_DEGREES", degrees)
    return filmed(motion, "oblique")


@pytest.mark.parametrize("degrees", [0, 10])
def test_views_from_the_side_are_no_fault(walks: list[Motion], degrees: float, monkeypatch: pytest.MonkeyPatch) -> None:
    tracks = [at_degrees(motion, degrees, monkeypatch) for motion in walks]
    assert check_view(tracks, THRESHOLD, plain_name) == []


@pytest.mark.parametrize("degrees", [30, 45])
def test_oblique_views_are_told_with_their_angle(
    walks: list[Motion], degrees: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    for motion in walks:
        found = at_degrees(motion, degrees, monkeypatch)
        assert degrees_off_side(found, THRESHOLD) == pytest.approx(degrees, abs=12)
        assert [one.kind for one in check_view([found], THRESHOLD, plain_name)] == ["view"]


def test_a_view_from_the_front_is_no_fault(walks: list[Motion]) -> None:
    assert check_view([filmed(motion, "front") for motion in walks], THRESHOLD, plain_name) == []
