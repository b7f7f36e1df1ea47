"""Grouping by tags compared with HigherHRNet, MMPose 0.x and MMPose 1.x (tests/golden/codecs2)."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest

from app.core.skeleton import load_skeleton
from app.inference.bottom_up_card import COCO17_ORDER, AssociativeEmbedding
from app.pose.grouping.associative_embedding import TagGrouping, group_by_tags
from app.pose.grouping.grouping import Run
from app.pose.grouping.map_views import CROWDED, EnlargedMaps, MapView, SampledMaps, Source, WholeMaps
from app.pose.grouping.missing_keypoints import MOST_TILES, best_pixels
from app.pose.grouping.peaks import Peaks, local_peaks, window
from tests.app.pose.grouping.golden import load

CASES = range(11)
TIED = ("off_nonms3_L1", 5)
"""Case in which two groups cost the same: either has the keypoint, and ``refine`` finds it again for the other one."""


@cache
def maps() -> tuple[Any, Any]:
    """The heatmaps (11, 17, 64, 80) and tags (11, 17, 64, 80, 2)."""
    case = load("ae_group")
    heatmaps = case["heatmaps_int16"].astype(np.float32) * np.float32(case["heat_scale"])
    return heatmaps, case["tags_int16"].astype(np.float32) * np.float32(case["tag_scale"])


def views(name: str, case: int) -> tuple[MapView, list[Source]]:
    """The maps of one case, with as many tags as the setting ``name`` has."""
    heatmaps, tags = maps()
    return WholeMaps(heatmaps[case]), [WholeMaps(tags[case, ..., number]) for number in range(length(name))]


def spec(**options: Any) -> AssociativeEmbedding:
    return AssociativeEmbedding(order=COCO17_ORDER, **options)


def length(name: str) -> int:
    """Number of tags of a setting such as ``off_L2``."""
    return int(name[-1])


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("name", ["off_L1", "off_L2"])
def test_peaks_equal_higherhrnet(name: str, case: int) -> None:
    golden, (heatmaps, tags) = load("ae_group"), maps()
    peaks = local_peaks(heatmaps[case], window(5), 0, 30)
    for keypoint in range(17):
        own = peaks.of(keypoint)
        values = golden[f"{name}_topk_val"][case, keypoint]
        # Of equal values any may be among the first 30.
        counted = np.count_nonzero(values > (own.value[-1] if len(own.value) == 30 else 0))
        np.testing.assert_array_equal(own.value[:counted], values[:counted])
        places = {(x, y) for x, y, _ in zip(own.x.tolist(), own.y.tolist(), own.value, strict=True)}
        assert {tuple(place) for place in golden[f"{name}_topk_loc"][case, keypoint, :counted].tolist()} <= places
        distinct = np.array([list(own.value).count(value) == 1 for value in values[:counted]], bool)
        found = tags[case, keypoint, own.y[:counted], own.x[:counted], : length(name)]
        np.testing.assert_array_equal(found[distinct], golden[f"{name}_topk_tag"][case, keypoint, :counted][distinct])


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize(
    ("name", "options", "result"),
    [
        ("off_L1", {"adjust": False, "refine": False}, "matched"),
        ("off_L2", {"adjust": False, "refine": False}, "matched"),
        ("off_L1", {"refine": False}, "adjusted"),
        ("off_L2", {"refine": False}, "adjusted"),
        ("off_L1", {}, "result"),
        ("off_L2", {}, "result"),
        ("off_nonms3_L1", {"nms_kernel": 3, "threshold": 0.2}, "result"),
        ("off_noval_L1", {"use_scores": False, "ignore_too_much": True, "refine": False}, "result"),
    ],
)
def test_people_equal_higherhrnet(name: str, options: dict[str, Any], result: str, case: int) -> None:
    _check_people("ae_group", name, options, result, case)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize(("name", "options"), [("L1", {}), ("L2", {}), ("udp_L1", {"udp": True})])
def test_people_equal_mmpose0(name: str, options: dict[str, Any], case: int) -> None:
    _check_people("ae_group_mmpose0", name, {"dialect": "mmpose0", **options}, "result", case)


def _check_people(file: str, name: str, options: dict[str, Any], result: str, case: int) -> None:
    golden = load(file)
    people, scores = group_by_tags(*views(name, case), spec(**options))
    count = int(golden[f"{name}_people"][case])
    assert len(people) == len(scores) == count
    fragile = load("ae_group").get(f"off_{name[-2:]}_fragile")
    assert fragile is not None
    compared = fragile[case, :count] == 0 if result == "result" and "L" in name and "no" not in name else slice(None)
    atol = 2e-6 if options.get("udp") else 0
    np.testing.assert_allclose(people[compared], golden[f"{name}_{result}"][case, :count][compared], atol=atol)
    wanted = golden[f"{name}_scores"][case, :count]
    if (name, case) == TIED:
        np.testing.assert_allclose(scores.sum(), wanted.sum(), atol=1e-6)
        assert np.count_nonzero(scores != wanted) == 2
    else:
        np.testing.assert_array_equal(scores, wanted)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize(
    ("name", "options"), [("L1", {}), ("L2", {}), ("shift_L1", {"center_shift": 0.5}), ("udp_L1", {"udp": True})]
)
def test_people_equal_mmpose1(name: str, options: dict[str, Any], case: int) -> None:
    golden = load("ae_group_mmpose1")
    setting = spec(dialect="mmpose1", **options)
    people, scores = group_by_tags(*views(name, case), setting)
    count = int(golden[f"{name}_people"][case])
    assert len(people) == count
    np.testing.assert_array_equal(scores, golden[f"{name}_instance_scores"][case, :count])
    fragile = load("ae_group")[f"off_{name[-2:]}_fragile"][case, :count]
    ratio = np.array([319 / 79, 255 / 63] if options.get("udp") else [4, 4])
    for found, wanted in (
        (people[..., :2] * ratio, golden[f"{name}_keypoints"]),
        (people[..., 2], golden[f"{name}_keypoint_scores"]),
    ):
        np.testing.assert_allclose(found[fragile == 0], wanted[case, :count][fragile == 0], atol=3e-5)


@pytest.mark.parametrize("at_input_size", [True, False])
@pytest.mark.parametrize(
    ("setting", "scales"), [("s1_{}project_flip", (1,)), ("s1_{}project_noflip", (1,)), ("ms_{}project_flip", None)]
)
def test_aggregated_maps_equal_higherhrnet(setting: str, scales: tuple[int, ...] | None, at_input_size: bool) -> None:
    golden = load("ae_aggregate")
    name = setting.format("" if at_input_size else "no")
    if f"{name}_heatmaps" not in golden:
        assert (name, at_input_size) == ("s1_noproject_noflip", False)
        return
    runs = []
    for scale in scales or ((2, 1, 0.5) if at_input_size else (1, 0.5)):
        outputs = [golden[f"{name}_scale{scale}_image_stage{stage}"][0] for stage in (0, 1)]
        mirrored = None
        if "noflip" not in name:
            mirrored = [golden[f"{name}_scale{scale}_flipped_stage{stage}"][0] for stage in (0, 1)]
        runs.append(Run(float(scale), outputs, mirrored))
    grouping = TagGrouping(AssociativeEmbedding(at_input_size=at_input_size), load_skeleton("coco17"))
    heatmaps, tags = grouping.maps(runs, tuple(golden["base_wh"].tolist()))
    columns = 2 if scales else 3
    np.testing.assert_allclose(heatmaps[:, ::2, ::columns], golden[f"{name}_heatmaps"][0], atol=1e-6)
    np.testing.assert_allclose(tags[:, ::2, ::columns], golden[f"{name}_tags"][0], atol=1e-6)
    np.testing.assert_allclose(heatmaps.sum((1, 2), np.float64), golden[f"{name}_heatmaps_sum"][0], atol=1e-4)
    np.testing.assert_allclose(tags.sum((1, 2), np.float64), golden[f"{name}_tags_sum"][0], atol=1e-4)


@pytest.mark.parametrize("length", [1, 2])
@pytest.mark.parametrize("weight", [1, 100])
@pytest.mark.parametrize("kind", ["whole", "enlarged", "enlarged twice"])
def test_the_quick_search_for_missing_keypoints_equals_a_full_one(kind: str, weight: float, length: int) -> None:
    random = np.random.default_rng(7)
    shape = {"whole": (3, 22, 30), "enlarged": (3, 11, 15), "enlarged twice": (3, 6, 8)}[kind]
    keypoints, means = np.array([2, 0, 2, 2, 0]), random.normal(0, 3, (5, length)).astype(np.float32)
    for spread in (0, 0.02, 0.3, 1):
        heatmaps: MapView = WholeMaps(random.normal(0, spread, shape).astype(np.float32))
        tags: list[Source] = [WholeMaps(random.normal(0, 3, shape).astype(np.float32)) for _ in range(length)]
        if kind != "whole":
            heatmaps, tags = EnlargedMaps(heatmaps.whole(), 4), [SampledMaps(tag, (2, 2)) for tag in tags]
            tags = [SampledMaps(tag, (2, 2)) for tag in tags]
        y, x = np.indices(heatmaps.shape[1:])
        values = []
        for keypoint, mean in zip(keypoints, means, strict=True):
            gaps = [tag.at(keypoint, y, x) - own for tag, own in zip(tags, mean, strict=True)]
            distance = np.abs(gaps[0]) if length == 1 else np.sqrt(gaps[0] ** 2 + gaps[1] ** 2)
            values.append(heatmaps.at(keypoint, y, x) - np.float32(weight) * np.round(distance))
        full = np.array([one.argmax() for one in values])
        found = best_pixels(heatmaps, tags, keypoints, means, weight)
        np.testing.assert_array_equal(found, np.stack([full % y.shape[1], full // y.shape[1]], axis=1))


def test_maps_that_are_read_in_tiles_are_the_same() -> None:
    random = np.random.default_rng(5)
    coarse = WholeMaps(random.normal(0, 1, (2, 5, 6)).astype(np.float32))
    for source in (coarse, SampledMaps(coarse, (3, 2)), SampledMaps(SampledMaps(coarse, (2, 2)), (2, 4))):
        tile = (2 * source.step[0], 2 * source.step[1])
        y, x = (np.arange(0, source.shape[axis], tile[2 - axis]) for axis in (1, 2))
        for number in (0, 1):
            low, high = (source.bound([number], tile, (0, 0), highest)[0] for highest in (False, True))
            assert low.shape == (len(y), len(x))
            for row, column in np.ndindex(low.shape):
                found = source.tiles(np.array([number]), y[row : row + 1], x[column : column + 1], tile)[..., 0]
                inside = [
                    np.minimum(np.arange(tile[1 - axis]) + start, source.shape[axis + 1] - 1)
                    for axis, start in enumerate((y[row], x[column]))
                ]
                wanted = source.at(np.array(number), inside[0][:, None], inside[1][None])
                np.testing.assert_allclose(found, wanted, atol=1e-6)
                assert low[row, column] <= wanted.min() + 1e-6
                assert high[row, column] >= wanted.max() - 1e-6


@pytest.mark.parametrize("ratio", [2, 4])
@pytest.mark.parametrize("kernel", [3, 5])
def test_enlarged_maps_have_the_peaks_of_all_their_pixels(ratio: int, kernel: int) -> None:
    heatmaps, _ = maps()
    for case in (0, 3, 5, 7):
        small = heatmaps[case, :, :32, :40] + np.random.default_rng(case).normal(0, 1e-3, (17, 32, 40))
        enlarged = EnlargedMaps(small.astype(np.float32), ratio)
        whole = WholeMaps(enlarged.whole())
        assert enlarged.shape == whole.shape
        found, wanted = enlarged.peaks(kernel, 0.1, 30), whole.peaks(kernel, 0.1, 30)
        # At the border the nearest cell is repeated, so that pixels there are equal: any of them is the peak.
        one, other = (_inner(peaks, whole.shape, ratio) for peaks in (found, wanted))
        np.testing.assert_array_equal(one, other)
        everywhere = np.indices(whole.shape)
        np.testing.assert_allclose(enlarged.at(*everywhere), whole.whole(), atol=1e-6)


@pytest.mark.parametrize("noise", [0, 1])
def test_crowded_maps_have_the_peaks_of_all_their_pixels(noise: float) -> None:
    """Two wide peaks, or noise with hundreds: only the highest of the many cells are looked at first."""
    random = np.random.default_rng(2)
    y, x = np.indices((100, 120))
    centers = random.uniform(30, 70, (2, 2, 2))
    small = np.array([sum(np.exp(-((y - a) ** 2 + (x - b) ** 2) / 800) for a, b in one) for one in centers])
    small = (small + random.normal(0, 1, small.shape) * noise).astype(np.float32)
    assert np.count_nonzero(small > 0.01, axis=(1, 2)).min() > CROWDED
    enlarged = EnlargedMaps(small, 4)
    found, wanted = enlarged.peaks(5, 0.01, 30), WholeMaps(enlarged.whole()).peaks(5, 0.01, 30)
    one, other = (_inner(peaks, enlarged.shape, 4) for peaks in (found, wanted))
    assert np.count_nonzero(one[:, 0] == 0) >= (25 if noise else 1)
    np.testing.assert_array_equal(one, other)


class CountedMaps(WholeMaps):
    """Counts the tiles that are read."""

    count = 0

    def tiles(self, number: Any, y: Any, x: Any, tile: Any, margin: Any = (0, 0)) -> Any:
        self.count += len(number)
        return super().tiles(number, y, x, tile, margin)


def test_work_in_maps_of_noise_is_bounded() -> None:
    random = np.random.default_rng(3)
    heatmaps = CountedMaps(random.normal(0, 0.3, (17, 256, 256)).astype(np.float32))
    tags: list[Source] = [WholeMaps(random.normal(0, 5, heatmaps.shape).astype(np.float32))]
    people, _ = group_by_tags(heatmaps, tags, spec())
    assert len(people) > 100
    missing = np.count_nonzero(people[..., 2] == 0, axis=1)
    assert np.count_nonzero(missing == 0) <= 30
    assert 0 < heatmaps.count < MOST_TILES + 3 * 30 * 17


def _inner(peaks: Peaks, shape: tuple[int, int, int], ratio: int) -> Any:
    """Map, y and x (M, 3) of the peaks that are not at the border."""
    half = ratio // 2
    inside = (peaks.y >= half) & (peaks.x >= half) & (peaks.y < shape[1] - half) & (peaks.x < shape[2] - half)
    return np.stack([peaks.map, peaks.y, peaks.x], axis=1)[inside]


def test_people_are_the_same_whether_all_pixels_are_computed_or_not() -> None:
    heatmaps, tags = maps()
    grouping = TagGrouping(spec(), load_skeleton("coco17"))
    for case in (1, 3, 6):
        coarse = np.concatenate([heatmaps[case][:, ::2, ::2], tags[case][:, ::2, ::2, 0]])
        run = Run(1.0, [coarse, heatmaps[case]], [coarse, heatmaps[case]])
        quick = grouping.people([run], (160, 128))
        whole, tag_maps = grouping.maps([run], (160, 128))
        views: list[Source] = [WholeMaps(tag_maps[..., number]) for number in (0, 1)]
        people, scores = group_by_tags(WholeMaps(whole), views, spec())
        assert len(people) == len(quick.poses) > 0
        np.testing.assert_allclose(quick.poses[..., 2], people[..., 2], atol=1e-5)
        np.testing.assert_allclose(quick.poses[..., :2], people[..., :2], atol=1e-5)
        np.testing.assert_allclose(quick.scores, scores, atol=1e-6)
