"""Charts of reports."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import numpy as np
import pytest

from app.sinks.report.charts import BOTTOM, HEIGHT, MAX_POINTS, TOP, WIDTH, Line, chart, ticks


def paths(svg: str, kind: str) -> list[list[tuple[float, float]]]:
    """The points of each stretch of the paths with the CSS class ``kind``."""
    found = []
    for element in ElementTree.fromstring(svg).iter("path"):
        if kind in element.get("class", "").split():
            for piece in re.findall(r"M([^MZ]*)", element.get("d", "")):
                found.append([(float(x), float(y)) for x, y in re.findall(r"(-?[\d.]+) (-?[\d.]+)", piece)])
    return found


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (-3.0, 61.0, [-20, 0, 20, 40, 60, 80]),
        (0.0, 100.0, [0, 20, 40, 60, 80, 100]),
        (0.0, 0.9, [0, 0.2, 0.4, 0.6, 0.8, 1.0]),
        (5.0, 5.0, None),
        (-1e-9, 1e-9, None),
    ],
)
def test_ticks_are_round_and_enclose_the_values(low: float, high: float, expected: list[float] | None) -> None:
    found = ticks(low, high)
    assert found[0] <= low
    assert found[-1] >= high
    assert 2 <= len(found) <= 8
    assert expected is None or found == expected


def test_a_line_is_broken_where_nothing_is_known_and_stays_in_the_chart() -> None:
    y = np.array([1.0, 2.0, np.nan, np.nan, 5.0, 4.0, np.nan, 3.0])
    svg = chart([Line("knee", np.arange(8.0), y, "left")], "time (s)", "angle (°)", "Knee <left>")
    stretches = paths(svg, "line")
    assert [len(points) for points in stretches] == [2, 2, 1]
    assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for points in stretches for x, y in points)
    (first, second), (high, low), _ = stretches
    assert first[0] < second[0] < high[0] < low[0]
    assert high[1] < low[1] < second[1] < first[1]  # y grows downwards


def test_the_band_reaches_from_mean_minus_to_mean_plus_the_spread() -> None:
    x, mean = np.linspace(0, 100, 101), np.full(101, 20.0)
    svg = chart([Line("knee", x, mean, "right", np.full(101, 10.0))], "cycle (%)", "angle (°)", "Knee")
    (band,), (line,) = paths(svg, "band"), paths(svg, "line")
    heights = {y for _, y in band}
    assert len(heights) == 2
    assert sum(heights) / 2 == pytest.approx(line[0][1], abs=0.11)
    ys = [float(text.get("y", "")) for text in ElementTree.fromstring(svg).iter("text") if text.text in ("10", "30")]
    assert sorted(ys) == pytest.approx([min(heights) + 3, max(heights) + 3], abs=0.11)


def test_long_lines_are_thinned_and_keep_their_peaks() -> None:
    y = np.zeros(100_000)
    y[61_803] = 90.0
    (points,) = paths(chart([Line("knee", np.arange(100_000) / 30, y)], "time (s)", "°", "Knee"), "line")
    assert len(points) <= MAX_POINTS
    top = TOP + (100 - 90) / 100 * (HEIGHT - TOP - BOTTOM)  # the axis ends at 100
    assert min(y for _, y in points) == pytest.approx(top, abs=0.1)


def test_nothing_known_gives_no_chart() -> None:
    assert chart([Line("knee", np.arange(3.0), np.full(3, np.nan))], "time (s)", "°", "Knee") == ""


def test_what_was_filled_in_is_dotted_up_to_the_measured_values() -> None:
    x, y = np.arange(10.0), np.arange(10.0) * 5
    dotted = np.isin(x, [0, 4, 5, 9])
    svg = chart([Line("knee", x, y, "right", dotted=dotted)], "time (s)", "angle (°)", "Knee")
    whole = paths(chart([Line("knee", x, y, "right")], "time (s)", "angle (°)", "Knee"), "line")[0]
    filled = paths(svg, "filled")
    solid = [points for points in paths(svg, "line") if points not in filled]
    assert [[whole.index(point) for point in points] for points in solid] == [[1, 2, 3], [6, 7, 8]]
    assert [[whole.index(point) for point in points] for points in filled] == [[0, 1], [3, 4, 5, 6], [8, 9]]


def test_a_long_line_stays_dotted_where_it_was_filled_in() -> None:
    x = np.arange(50_000.0)
    dotted = np.zeros(len(x), bool)
    dotted[20_000:20_003] = True
    svg = chart([Line("knee", x, np.sin(x), "left", dotted=dotted)], "time (s)", "angle (°)", "Knee")
    (stretch,) = paths(svg, "filled")
    assert 2 <= len(stretch) <= 6
