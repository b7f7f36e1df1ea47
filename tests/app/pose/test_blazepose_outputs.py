"""How points are refined by the heatmaps of BlazePose."""

from __future__ import annotations

import numpy as np
import pytest

from app.pose.blazepose_outputs import read_landmarks, refine_points


def maps(*cells: tuple[int, int, float]) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """One map of 64 x 64 cells with these (column, row, logit), far below zero elsewhere."""
    made = np.full((1, 1, 64, 64), -60, np.float32)
    for column, row, logit in cells:
        made[0, 0, row, column] = logit
    return made


def refined(
    x: float, y: float, heatmaps: np.ndarray[tuple[int, ...], np.dtype[np.float32]], window: int = 9
) -> list[float]:
    moved = refine_points(np.array([[[x / 64, y / 64]]], np.float32), heatmaps, window) * 64
    return [float(value) for value in moved[0, 0]]


def test_a_point_moves_to_the_mean_of_the_cells_around_it() -> None:
    # Two cells of weight 0.5 and one outside of the window of 9 x 9 around cell (20, 30).
    assert refined(20.9, 30.2, maps((22, 30, 0.0), (24, 34, 0.0), (25, 30, 9.0))) == pytest.approx([23, 32], abs=1e-4)
    assert refined(20.9, 30.2, maps((22, 30, 0.0), (24, 34, 0.0)), window=7) == pytest.approx([22, 30], abs=1e-4)


def test_a_window_is_cut_at_the_border() -> None:
    assert refined(0.4, 63.5, maps((3, 61, 2.0))) == pytest.approx([3, 61], abs=1e-4)
    assert refined(-0.4, 5, maps((2, 5, 2.0))) == pytest.approx([2, 5], abs=1e-4)  # truncated towards zero


@pytest.mark.parametrize(("x", "y"), [(-3.0, 5.0), (64.5, 5.0), (20.5, 64.0)])
def test_points_outside_of_the_map_stay(x: float, y: float) -> None:
    assert refined(x, y, np.full((1, 1, 64, 64), 9, np.float32)) == pytest.approx([x, y], abs=1e-4)


def test_points_without_a_clear_cell_stay() -> None:
    assert refined(20.5, 30.5, maps((21, 30, -0.1))) == pytest.approx([20.5, 30.5], abs=1e-4)


def test_no_crops_give_no_points() -> None:
    empty = [np.empty(shape, np.float32) for shape in ((0, 195), (0, 1), (0, 39, 64, 64), (0, 117))]
    assert read_landmarks(empty, 256, 9).points.shape == (0, 39, 3)
