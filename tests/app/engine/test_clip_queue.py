"""A queue of clips: their files, failures, pausing, removing and going on later."""

from __future__ import annotations

import threading
from itertools import islice
from pathlib import Path
from typing import cast

import av
import pytest

from app.core.settings import Settings
from app.detection.detector import open_detector
from app.engine.clip_export import export
from app.engine.clip_queue import ClipQueue, QueuedClip
from app.inference.onnx_model import OnnxModel
from app.overlay import DrawStyle
from app.pipeline import Pipeline, make_pipeline
from app.pose.model import PoseModel
from app.pose.top_down import open_estimator
from app.project.store import ProjectStore
from tests.app.sources.clips import make_clip, steady, write_clip
from tests.app.toy_networks import ToyDetector, ToyEstimator

STYLE = DrawStyle()
PATIENCE_S = 60


@pytest.fixture
def toy() -> Pipeline:
    return make_pipeline(ToyDetector(), cast("PoseModel", ToyEstimator()), Settings())


def queued(folder: Path, name: str, frames: int = 20) -> QueuedClip:
    clip = make_clip(folder / f"{name}.mp4", steady(frames))
    return QueuedClip(str(clip), [folder / f"{name}_stance.jsonl"])


def states(queue: ClipQueue) -> list[str]:
    return [clip.state for clip in queue.clips]


def test_every_clip_is_written_and_a_bad_one_fails_with_its_sentence(tmp_path: Path, toy: Pipeline) -> None:
    queue = ClipQueue(ProjectStore())
    bad = tmp_path / "bad.mp4"
    bad.write_bytes(b"no video" * 100)
    clips = [queued(tmp_path, "a"), QueuedClip(str(bad), [tmp_path / "bad_stance.jsonl"]), queued(tmp_path, "c")]
    queue.add(clips)
    seen: list[tuple[str, str]] = []
    queue.run(toy, STYLE, changed=lambda clip: seen.append((Path(clip.path).stem, clip.state)))
    assert [clip.state for clip in clips] == ["done", "failed", "done"]
    assert "bad.mp4" in str(clips[1].problem)
    assert list(dict.fromkeys(seen))[:3] == [("a", "analysing"), ("a", "writing"), ("a", "done")]
    assert [path.name for clip in clips for path in clip.written] == ["a_stance.jsonl", "c_stance.jsonl"]
    assert (clips[0].done, clips[0].total) == (20, 20)
    assert sorted(path.name for path in tmp_path.glob("*.jsonl")) == ["a_stance.jsonl", "c_stance.jsonl"]


def test_the_files_are_those_of_an_export_of_the_clip_alone(
    tmp_path: Path, rtmpose_s: Path, yolox_tiny: Path, demo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(device="cpu")
    pipeline = make_pipeline(open_detector(yolox_tiny, "cpu"), open_estimator(rtmpose_s, "cpu"), settings)
    with av.open(str(demo)) as video:
        frames = [frame.reformat(format="yuv420p") for frame in islice(video.decode(video=0), 24)]
    short = write_clip(tmp_path / "short.mp4", frames)
    clip = QueuedClip(str(short), [tmp_path / "queue.jsonl"])
    queue = ClipQueue(ProjectStore())
    queue.add([clip])
    queue.run(pipeline, STYLE)
    export(str(short), [tmp_path / "alone.jsonl"], pipeline, STYLE)
    assert clip.state == "done"
    assert (tmp_path / "queue.jsonl").read_bytes() == (tmp_path / "alone.jsonl").read_bytes()
    assert b'"people":[{' in (tmp_path / "queue.jsonl").read_bytes()
    # Opened in a new queue, nothing has to be computed: the project has all frames.
    again = QueuedClip(str(short), [tmp_path / "again.jsonl"])
    later = ClipQueue(ProjectStore())
    later.add([again])
    monkeypatch.delattr(OnnxModel, "run")
    later.run(pipeline, STYLE)
    assert (tmp_path / "again.jsonl").read_bytes() == (tmp_path / "alone.jsonl").read_bytes()


def test_a_paused_queue_waits_and_goes_on(tmp_path: Path, toy: Pipeline) -> None:
    queue = ClipQueue(ProjectStore())
    clip = queued(tmp_path, "a", frames=200)
    queue.add([clip])
    some, more = threading.Event(), threading.Event()

    def changed(one: QueuedClip) -> None:
        if one.done > 0 and not some.is_set():
            queue.pause()
            some.set()
        elif some.is_set() and one.state == "done":
            more.set()

    worker = threading.Thread(target=lambda: queue.run(toy, STYLE, changed=changed))
    worker.start()
    assert some.wait(PATIENCE_S)
    assert not more.wait(1.0)
    assert states(queue) == ["analysing"]
    queue.resume()
    worker.join(PATIENCE_S)
    assert states(queue) == ["done"]


def test_a_removed_clip_leaves_no_file_and_the_next_one_is_written(tmp_path: Path, toy: Pipeline) -> None:
    queue = ClipQueue(ProjectStore())
    first, second = queued(tmp_path, "a"), queued(tmp_path, "b")
    queue.add([first, second])
    queue.run(toy, STYLE, changed=lambda clip: queue.remove(first) if first in queue.clips else None)
    assert first.state == "removed"
    assert queue.clips == [second]
    assert second.state == "done"
    assert [path.name for path in tmp_path.glob("*.jsonl")] == ["b_stance.jsonl"]


def test_a_stopped_queue_keeps_its_clips_and_finishes_later(tmp_path: Path, toy: Pipeline) -> None:
    queue = ClipQueue(ProjectStore())
    clips = [queued(tmp_path, "a"), queued(tmp_path, "b")]
    queue.add(clips)
    queue.run(toy, STYLE, changed=lambda clip: queue.stop())
    assert [clip.state for clip in clips] == ["waiting", "waiting"]
    assert not list(tmp_path.glob("*.jsonl"))
    queue.add([])
    queue.run(toy, STYLE)
    assert [clip.state for clip in clips] == ["done", "done"]


def test_a_failed_clip_can_be_tried_again(tmp_path: Path, toy: Pipeline) -> None:
    queue = ClipQueue(ProjectStore())
    clip = queued(tmp_path, "a")
    blocked = tmp_path / "file"
    blocked.write_text("no folder")
    clip.outputs = [blocked / "a.jsonl"]
    queue.add([clip])
    queue.run(toy, STYLE)
    assert states(queue) == ["failed"]
    clip.outputs = [tmp_path / "a.jsonl"]
    queue.again(clip)
    queue.run(toy, STYLE)
    assert states(queue) == ["done"]
    assert clip.problem is None


def test_photos_are_written_too(tmp_path: Path, toy: Pipeline) -> None:
    import cv2
    import numpy as np

    picture = np.zeros((240, 320, 3), np.uint8)
    picture[50:200, 100:160] = 200
    cv2.imwrite(str(tmp_path / "photo.png"), picture)
    queue = ClipQueue(ProjectStore())
    clip = QueuedClip(str(tmp_path / "photo.png"), [tmp_path / "photo.jsonl"])
    queue.add([clip])
    queue.run(toy, STYLE)
    assert clip.state == "done"
    assert (tmp_path / "photo.jsonl").read_text().count('"id":1') == 1


def test_a_clip_that_is_left_to_another_analysis_is_worked_on_afterwards(tmp_path: Path, toy: Pipeline) -> None:
    queue = ClipQueue(ProjectStore())
    first, second = queued(tmp_path, "a", frames=200), queued(tmp_path, "b")
    queue.add([first, second])
    queue.run(toy, STYLE, changed=lambda clip: queue.leave(first.path) if clip.done > 5 else None)
    assert states(queue) == ["waiting", "done"]
    assert not queue.can_work
    queue.leave("")
    assert queue.can_work
    queue.run(toy, STYLE)
    assert states(queue) == ["done", "done"]
    assert (tmp_path / "a_stance.jsonl").read_bytes().count(b"\n") == 201
