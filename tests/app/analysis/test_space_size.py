"""Points in space at the height that the user states, on true motions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.analysis.analysis import Analysis
from app.analysis.body_size import USUAL_HEIGHT_M
from app.analysis.space_size import size_factors, sized_poses
from app.analysis.stature import height_m
from app.core.people import FramePoses, Person
from app.core.scale_options import NO_SCALE, ScaleOptions
from app.core.skeleton import load_skeleton
from app.evaluate.motions import FPS
from tests.app.overlay.space_people import people_in_space

HALPE = load_skeleton("halpe26")


@pytest.fixture
def walker(shared: Path) -> list[Person]:
    """A person who walks, as seen obliquely."""
    return people_in_space(shared / "mocap" / "cmu60.npz", "02_01")[1]


def analysis_of(people: list[Person]) -> Analysis:
    analysis = Analysis(HALPE)
    for index, person in enumerate(people):
        analysis.add(FramePoses(index, index / FPS, (person,)))
    return analysis


def height_of(analysis: Analysis, number: int = 1) -> float:
    track = analysis.track(number)
    assert track.points_3d is not None
    return height_m(track.times_s, track.points_3d, HALPE)


def test_the_height_in_space_does_not_depend_on_the_view(shared: Path, walker: list[Person]) -> None:
    beside = people_in_space(shared / "mocap" / "cmu60.npz", "02_01", "side")[1]
    oblique, side = height_of(analysis_of(walker)), height_of(analysis_of(beside))
    assert oblique == pytest.approx(side, rel=0.005)
    assert 1.5 < oblique < 2.0


def test_the_person_has_the_stated_height(walker: list[Person]) -> None:
    analysis = analysis_of(walker)
    factors = size_factors(analysis, ScaleOptions(height_m=1.92))
    larger = analysis_of([person for poses in analysis.frames() for person in sized_poses(poses, factors).people])
    assert height_of(larger) == pytest.approx(1.92, rel=0.002)
    before, after = walker[10].points_3d, larger.frames()[10].people[0].points_3d
    assert before is not None
    assert after is not None
    np.testing.assert_array_equal(before[:, 3], after[:, 3])
    np.testing.assert_allclose(after[:, :3], before[:, :3] * factors[1], rtol=1e-5)


def test_only_a_stated_height_of_somebody_with_points_counts(walker: list[Person]) -> None:
    assert not size_factors(analysis_of(walker), NO_SCALE)
    assert not size_factors(analysis_of(walker), ScaleOptions(scale="420=1.5"))
    flat = [Person(1, 0.9, person.box, person.keypoints) for person in walker]
    assert not size_factors(analysis_of(flat), ScaleOptions(height_m=1.8))


def test_of_half_a_body_the_usual_height_is_taken(walker: list[Person]) -> None:
    seen = []
    for person in walker[:20]:
        assert person.points_3d is not None
        points = person.points_3d.copy()
        points[[row for row, name in enumerate(HALPE.names) if name.endswith(("knee", "ankle", "heel"))], 3] = 0
        seen.append(Person(1, 0.9, person.box, person.keypoints, points_3d=points))
    assert size_factors(analysis_of(seen), ScaleOptions(height_m=1.87)) == {1: pytest.approx(1.87 / USUAL_HEIGHT_M)}
