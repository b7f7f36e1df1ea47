"""People from part affinity fields compared with two ports of OpenPose (tests/golden/codecs2)."""

from __future__ import annotations

from functools import cache
from typing import Any, Literal

import cv2
import msgspec
import numpy as np
import pytest

from app.core.skeleton import load_skeleton
from app.inference.bottom_up_card import BODY25_FIELDS, BODY25_LIMBS, COCO18_FIELDS, COCO18_LIMBS, PartAffinity
from app.pose.grouping.enlarged_peaks import blurred_enlargement, enlarged_peaks, enlargement
from app.pose.grouping.grouping import Run
from app.pose.grouping.joint_labelling import Pairs, label_jointly, objective, persons_of
from app.pose.grouping.limbs import LimbPairs, Parts, closing_limbs, join_greedily
from app.pose.grouping.part_affinity import FieldGrouping, are_people, find_limbs
from app.pose.grouping.peaks import cross, local_peaks
from tests.app.pose.grouping.golden import load

CASES = range(8)
SIZE = (248, 184)
HZ, TB = PartAffinity(), PartAffinity(dialect="tensorboy", min_score=0.3)
HZ_ILP, TB_ILP = (msgspec.structs.replace(spec, grouping="ilp", time_limit=60) for spec in (HZ, TB))
OPENPOSE = load_skeleton("openpose18")


@cache
def maps() -> tuple[Any, Any]:
    """Heatmaps (8, 19, 23, 31) and fields (8, 38, 23, 31)."""
    golden = load("paf_group")
    return tuple(golden[name].astype(np.float32) * golden["scale"] for name in ("heatmaps_int16", "pafs_int16"))


def found(case: int, spec: PartAffinity) -> tuple[Parts, LimbPairs]:
    heatmaps, fields = maps()
    return find_limbs(heatmaps[case][:-1], fields[case], SIZE, spec)


def all_of(pairs: LimbPairs) -> Pairs:
    return Pairs.of(pairs, np.arange(len(pairs.limb)))


def test_limbs_and_channels_are_those_of_the_ports() -> None:
    golden = load("paf_group")
    assert golden["limbs"].tolist() == [list(limb) for limb in COCO18_LIMBS]
    assert golden["paf_channels"].tolist() == [list(pair) for pair in COCO18_FIELDS]
    assert sorted(channel for pair in BODY25_FIELDS for channel in pair) == list(range(52))
    assert {keypoint for limb in BODY25_LIMBS for keypoint in limb} == set(range(25))


def test_the_limbs_between_ears_and_shoulders_start_no_person() -> None:
    assert [COCO18_LIMBS[number] for number in sorted(closing_limbs(COCO18_LIMBS))] == [(2, 16), (5, 17)]
    assert [BODY25_LIMBS[number] for number in sorted(closing_limbs(BODY25_LIMBS))] == [(2, 17), (5, 18)]


@pytest.mark.parametrize("case", CASES)
def test_people_equal_pytorch_openpose(case: int) -> None:
    golden, (parts, pairs) = load("paf_group"), found(case, HZ)
    wanted = golden["hz_candidates"][case, : golden["hz_candidates_count"][case]]
    np.testing.assert_allclose(np.stack([parts.x, parts.y, parts.score], axis=1), wanted[:, :3], atol=1e-6)
    np.testing.assert_array_equal(np.arange(len(parts.x)), wanted[:, 3])
    joined, counts = join_greedily(parts, pairs.limbs, 18, HZ)
    kept = are_people(joined.totals, counts, HZ)
    subset = golden["hz_subset"][case, : golden["hz_people"][case]]
    np.testing.assert_array_equal(joined.parts[kept], subset[:, :18])
    np.testing.assert_allclose(joined.totals[kept], subset[:, 18], atol=1e-5)
    np.testing.assert_array_equal(counts[kept], subset[:, 19])


@pytest.mark.parametrize("case", CASES)
def test_people_equal_realtime_multi_person_pose(case: int) -> None:
    golden, (heatmaps, fields) = load("paf_group"), maps()
    parts, _ = found(case, TB)
    wanted = golden["tb_peaks"][case, : golden["tb_peaks_count"][case]]
    np.testing.assert_allclose(np.stack([parts.x, parts.y, parts.score], axis=1), wanted[:, :3], atol=1e-6)
    np.testing.assert_array_equal(np.stack([np.arange(len(parts.x)), parts.keypoint], axis=1), wanted[:, 3:])
    people = FieldGrouping(TB, OPENPOSE).people([Run(1.0, [fields[case], heatmaps[case]])], SIZE)
    count = int(golden["tb_people"][case])
    keypoints = golden["tb_keypoints"][case, :count]
    assert people.poses.shape == (count, 18, 3)
    np.testing.assert_allclose(people.poses, np.where(keypoints < 0, 0, keypoints), atol=1e-6)
    np.testing.assert_allclose(people.scores * 2, golden["tb_scores"][case, :count], atol=1e-5)


@pytest.mark.parametrize("spec", [HZ_ILP, TB_ILP], ids=["hzzone", "tensorboy"])
@pytest.mark.parametrize("case", CASES)
def test_the_joint_labelling_is_never_worse_than_the_greedy_one(case: int, spec: PartAffinity) -> None:
    parts, limbs = found(case, spec)
    greedy, _ = join_greedily(parts, limbs.limbs, 18, spec)
    jointly = label_jointly(parts, limbs, greedy, spec)
    pairs, candidates = all_of(limbs), len(parts.keypoint)
    best, usual = (objective(persons_of(joined, candidates), pairs) for joined in (jointly, greedy))
    assert best >= usual - 1e-9
    # Greedy joining overlooks false keypoints, and pairs of low score that join two parts of a person.
    assert (best > usual + 0.1) == ((case, spec.dialect) in [(3, "tensorboy"), (5, "hzzone"), (5, "tensorboy")])
    for row in jointly.parts:
        used = row[row >= 0]
        assert (parts.keypoint[used] == np.flatnonzero(row >= 0)).all()
    used = jointly.parts[jointly.parts >= 0]
    assert len(set(used.tolist())) == len(used)


@pytest.mark.parametrize(("limit", "people"), [(60, [[0, 2, -1], [1, -1, 3]]), (1e-9, [[0, 2, 3]])])
def test_a_conflict_is_solved_by_the_programme_if_there_is_time(limit: float, people: list[list[int]]) -> None:
    # The likely pairs 0-2, 2-3 and 1-3 would join both candidates for the first keypoint into one person.
    parts = Parts(np.array([0, 0, 1, 2]), *np.array([[0, 100, 50, 100], [0, 50, 0, 0], [0.9] * 4]))
    vectors = np.array([[0.5, 0], [0.4, 0], [0, -0.45]])
    spec = PartAffinity(
        limbs=((0, 1), (1, 2), (0, 2)), fields=((0, 1), (2, 3), (4, 5)), grouping="ilp", time_limit=limit
    )
    pairs = LimbPairs(parts, lambda limb, x, y: vectors[np.broadcast_to(limb, x.shape)].transpose(2, 0, 1), 1000, spec)
    greedy, _ = join_greedily(parts, pairs.limbs, 3, spec)
    assert greedy.parts.tolist() == [[0, 2, 3]]
    jointly = label_jointly(parts, pairs, greedy, spec)
    assert jointly.parts.tolist() == people
    gain = objective(persons_of(jointly, 4), all_of(pairs)) - objective(persons_of(greedy, 4), all_of(pairs))
    np.testing.assert_allclose(gain, 0.05 if len(people) == 2 else 0, atol=1e-9)


@pytest.mark.parametrize("spec", [HZ, TB], ids=["hzzone", "tensorboy"])
@pytest.mark.parametrize("case", CASES)
def test_pairs_that_are_looked_at_briefly_are_not_likely(case: int, spec: PartAffinity) -> None:
    _, pairs = found(case, spec)
    likely, scores = pairs.likely.copy(), np.concatenate([limb.scores.ravel() for limb in pairs.limbs])
    weights = pairs.weights(np.arange(len(pairs.limb)))  # looks at all of them
    np.testing.assert_array_equal(pairs.likely, likely)
    np.testing.assert_array_equal(weights[likely], scores[likely])
    assert (weights[~likely] <= 0).all()


@pytest.mark.parametrize("case", [1, 3])
def test_both_groupings_find_the_same_people_where_they_are_clear(case: int) -> None:
    heatmaps, fields = maps()
    runs = [Run(1.0, [heatmaps[case], fields[case]])]
    greedy = FieldGrouping(HZ, OPENPOSE).people(runs, SIZE)
    jointly = FieldGrouping(HZ_ILP, OPENPOSE).people(runs, SIZE)
    assert sorted(greedy.poses.tolist()) == sorted(jointly.poses.tolist())


def test_a_flip_test_of_mirrored_maps_changes_nothing() -> None:
    heatmaps, fields = maps()
    grouping = FieldGrouping(PartAffinity(), OPENPOSE)
    straight = [heatmaps[2], fields[2]]
    # Flipping twice gives the maps of the mirrored picture.
    mirrored = list(grouping._split(straight, mirrored=True))
    np.testing.assert_allclose(grouping.maps([Run(1.0, straight, mirrored)])[1], fields[2], atol=1e-7)
    one, both = (grouping.people([Run(1.0, straight, other)], SIZE) for other in (None, mirrored))
    np.testing.assert_allclose(one.poses, both.poses, atol=1e-5)


def test_scales_are_averaged() -> None:
    heatmaps, fields = maps()
    grouping = FieldGrouping(PartAffinity(), OPENPOSE)
    large = [np.stack([cv2.resize(one, (62, 46)) for one in part]) for part in (heatmaps[1], fields[1])]
    runs = [Run(2.0, large), Run(1.0, [heatmaps[1], fields[1]])]
    assert grouping.maps(runs)[0].shape == (19, 23, 31)
    assert len(grouping.people(runs, SIZE).poses) == 2


def test_enlarged_peaks_are_those_of_all_pixels() -> None:
    heatmaps, _ = maps()
    rows, columns = blurred_enlargement(23, 184), blurred_enlargement(31, 248)
    for case in (3, 5):
        whole = np.asarray(rows @ heatmaps[case] @ columns.T, np.float32)
        wanted = local_peaks(whole, cross(), 0.1)
        *places, values = enlarged_peaks(heatmaps[case], SIZE, 0.1)
        np.testing.assert_allclose(values, whole[places[0], places[2], places[1]], atol=1e-6)
        found = np.stack(places, axis=1)
        assert sorted(found.tolist()) == sorted(np.stack([wanted.map, wanted.x, wanted.y], axis=1).tolist())


@pytest.mark.parametrize("dialect", ["hzzone", "tensorboy"])
def test_maps_of_noise_have_a_limited_number_of_candidates(dialect: Literal["hzzone", "tensorboy"]) -> None:
    random = np.random.default_rng(1)
    noise = [random.normal(0, 1, (channels, 23, 31)).astype(np.float32) for channels in (19, 38)]
    grouping = FieldGrouping(PartAffinity(dialect=dialect), OPENPOSE)
    parts, _ = find_limbs(noise[0][:-1], noise[1], SIZE, grouping.spec)
    assert np.bincount(parts.keypoint).max() == 60
    assert grouping.people([Run(1.0, noise)], SIZE).poses.shape[1:] == (18, 3)


def test_fields_are_interpolated_as_opencv_does() -> None:
    _, fields = maps()
    whole = cv2.resize(fields[1][0], SIZE, interpolation=cv2.INTER_CUBIC)
    rows, columns = enlargement(23, 184), enlargement(31, 248)
    np.testing.assert_allclose(rows @ fields[1][0] @ columns.T, whole, atol=1e-6)
