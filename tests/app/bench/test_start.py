"""The window is started and measured in a child process."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from app.bench import start
from app.bench.__main__ import main
from app.bench.start import scale, watch
from app.core.errors import StanceError
from app.core.settings import Settings

CPU = Settings(device="cpu")


@pytest.fixture
def short(demo: Path, tmp_path: Path) -> Path:
    """Half a second of the demo clip at 640x360."""
    scale(str(demo), (640, 360), 0.5, tmp_path / "short.mp4")
    return tmp_path / "short.mp4"


@pytest.mark.slow
def test_json_has_all_figures_and_the_window_imports_nothing_slow(
    short: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    runs: list[dict[str, Any]] = []

    def kept(clip: str, settings: Settings, seconds: float) -> dict[str, Any]:
        runs.append(watch(clip, settings, seconds))
        return runs[-1]

    monkeypatch.setattr(start, "watch", kept)
    arguments = ["--start", "--source", str(short), "--device", "cpu", "--repeats", "1", "--seconds", "0.3", "--json"]
    assert main(arguments) == 0
    figures: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert 0 < figures["window_s"]["median"] < figures["skeleton_s"]["median"]
    assert figures["away_ms"]["least"] <= figures["away_ms"]["median"] <= figures["away_ms"]["most"]
    assert figures["away"]["median"] >= 0
    assert figures["painted_fps"]["median"] > 0
    assert figures["torch"] is False
    assert len(runs) == 3
    for run in runs:  # each has shown people
        modules = set(run["modules"])
        assert {"onnxruntime", "cv2"} <= modules
        assert not modules & {"torch", "filterpy", "scipy", "PIL", "pyqtgraph", "matplotlib"}


def test_clip_is_scaled_and_repeated(short: Path, tmp_path: Path) -> None:
    scale(str(short), (320, 240), 0.8, tmp_path / "scaled.mp4")
    with av.open(str(tmp_path / "scaled.mp4")) as container:
        images = [frame.to_ndarray(format="bgr24") for frame in container.decode(video=0)]
    assert len(images) == 24
    assert images[0].shape == (240, 320, 3)
    assert np.abs(images[15].astype(float) - images[0]).mean() < 5


@pytest.mark.slow
def test_clip_without_people_gives_one_sentence(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "gray.mp4"), "w") as container:
        stream = container.add_stream("libx264", rate=30)
        stream.width, stream.height, stream.pix_fmt = 160, 120, "yuv420p"
        for _ in range(5):
            image = np.full((120, 160, 3), 90, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="bgr24")))
        container.mux(stream.encode(None))
    with pytest.raises(StanceError, match="wanted a video with people"):
        watch(str(tmp_path / "gray.mp4"), CPU, 0.0)


def test_error_of_the_window_is_reported(short: Path) -> None:
    with pytest.raises(StanceError, match="nothing-of-that-name"):
        watch(str(short), Settings(pose="nothing-of-that-name", device="cpu"), 0.0)
