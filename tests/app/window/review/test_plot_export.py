"""Plots are written as tables and pictures."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from PyQt6.QtGui import QImage
from pytestqt.qtbot import QtBot

from app.analysis import Analysis
from app.core.errors import StanceError
from app.core.people import FramePoses
from app.window.review.plot_panel import PlotPanel
from tests.app.window.review.test_plot_panel import plotted
from tests.app.window.seen import AWAY, FPS, FRAMES, walker, walkers


def table_of(path: Path) -> list[list[str]]:
    """Rows of a CSV file."""
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def test_the_csv_file_contains_the_plotted_values(panel: PlotPanel, qtbot: QtBot, tmp_path: Path) -> None:
    analysis = walkers()
    panel.choice = ["x:left_wrist", "angle:left knee"]
    panel.show_analysis(analysis)
    plotted(panel, qtbot)
    path = tmp_path / "curves.csv"
    with qtbot.waitSignal(panel.exported, timeout=60_000):
        panel.export.write_csv(path)
    header, *cells = table_of(path)
    assert header == [
        "time_s",
        *("1: left wrist x (px)", "1: left knee (°)"),
        *("2: left wrist x (px)", "2: left knee (°)"),
    ]
    table = np.array([[float(cell) if cell else np.nan for cell in row] for row in cells])
    track = analysis.track(1)
    assert np.allclose(table[:, 0], [index / FPS for index in range(FRAMES)], atol=1e-6)  # including empty frames
    known = np.isfinite(table[:, 1])
    assert np.allclose(table[known, 1], track.keypoints[:, 9, 0], atol=1e-3)
    assert [row for row, there in enumerate(known) if not there] == list(AWAY)


def test_the_csv_file_covers_the_points_and_names_the_person(panel: PlotPanel, qtbot: QtBot, tmp_path: Path) -> None:
    analysis = Analysis(walkers().skeleton)
    for index in range(FRAMES):
        analysis.add(FramePoses(index, index / FPS, () if index in AWAY else (walker(1, index),)))
    analysis.rename(1, "Zoë")
    panel.choice = ["angle:left knee"]
    panel.show_analysis(analysis)
    panel.show_bounds(80 / FPS, 100 / FPS)
    plotted(panel, qtbot)
    for bounds, frames in (
        ((80, 100), range(80, 101)),
        ((None, 3), range(4)),
        ((FRAMES - 2, None), range(FRAMES - 2, FRAMES)),
    ):
        panel.show_bounds(*(None if place is None else place / FPS for place in bounds))
        with qtbot.waitSignal(panel.exported, timeout=60_000):
            panel.export.write_csv(tmp_path / "part.csv")
        header, *cells = table_of(tmp_path / "part.csv")
        assert header == ["time_s", "Zoë: left knee (°)"]
        assert [round(float(time_s) * FPS) for time_s, _ in cells] == list(frames)
        assert [row[1] == "" for row in cells] == [index in AWAY for index in frames]


def test_two_people_with_the_same_name_have_separate_columns(panel: PlotPanel, qtbot: QtBot, tmp_path: Path) -> None:
    analysis = walkers()
    for number in (1, 2):
        analysis.rename(number, "Anna")
    panel.choice = ["x:nose"]
    panel.show_analysis(analysis)
    plotted(panel, qtbot)
    with qtbot.waitSignal(panel.exported, timeout=60_000):
        panel.export.write_csv(tmp_path / "two.csv")
    assert table_of(tmp_path / "two.csv")[0] == ["time_s", "Anna (1): nose x (px)", "Anna (2): nose x (px)"]


def test_the_png_is_twice_as_large_and_not_blank(panel: PlotPanel, qtbot: QtBot, tmp_path: Path) -> None:
    panel.show_analysis(walkers())
    chart = plotted(panel, qtbot)
    path = tmp_path / "plots.png"
    with qtbot.waitSignal(panel.exported, timeout=60_000) as exported:
        panel.export.write_png(path)
    assert exported.args == [path]
    picture = QImage(str(path))
    assert picture.size() == chart.size() * 2
    found = {picture.pixel(x, y) for x in range(0, picture.width(), 2) for y in range(0, picture.height(), 2)}
    assert len(found) > 20


def test_a_failed_export_is_reported(panel: PlotPanel, qtbot: QtBot, tmp_path: Path) -> None:
    panel.show_analysis(walkers())
    plotted(panel, qtbot)
    for export, name in ((panel.export.write_png, "plots.png"), (panel.export.write_csv, "curves.csv")):
        with qtbot.waitSignal(panel.failed, timeout=60_000) as failed:
            export(tmp_path / "nowhere" / name)
        assert isinstance(failed.args[0], StanceError)
        assert name in str(failed.args[0])


def test_an_existing_file_is_kept_when_its_new_version_does_not_fit_on_the_disk(
    panel: PlotPanel, qtbot: QtBot, tmp_path: Path
) -> None:
    resource = pytest.importorskip("resource")
    panel.show_analysis(walkers())
    plotted(panel, qtbot)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    for export, name in ((panel.export.write_png, "plots.png"), (panel.export.write_csv, "curves.csv")):
        (tmp_path / name).write_text("precious")
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
        try:
            with qtbot.waitSignal(panel.failed) as failed:
                export(tmp_path / name)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        assert f"{tmp_path / name} cannot be written" in str(failed.args[0])
        assert (tmp_path / name).read_text() == "precious"
    assert {path.name for path in tmp_path.iterdir()} == {"plots.png", "curves.csv"}
    with qtbot.waitSignal(panel.exported):
        panel.export.write_csv(tmp_path / "curves.csv")
    assert len(table_of(tmp_path / "curves.csv")) > 100
