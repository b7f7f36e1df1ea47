"""Starting, stopping, seeking and switching, hundreds of times: ``python -m tests.stress``.

Each step may take a minute. After each start and stop no thread may be left, none may die unnoticed, and each has
a name. The test suite runs a short form.
"""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from app.core.settings import Settings
from app.engine import Engine, Result
from app.pipeline import Pipeline, open_pipeline
from app.sources.file import VideoFile
from app.sources.frame_cache import CachedSource
from tests.app.sources.clips import make_clip, steady

STEP_S = 60.0
FRAMES = 60


class Watch:
    """Counts an engine's results and waits for them, at most ``STEP_S`` seconds."""

    def __init__(self) -> None:
        self.results = 0
        self.last = -1
        self._changed = threading.Condition()

    def note(self, result: Result) -> None:
        with self._changed:
            self.results += 1
            self.last = result.frame.index
            self._changed.notify_all()

    def wait_for(self, condition: Callable[[], bool], what: str) -> None:
        with self._changed:
            if not self._changed.wait_for(condition, timeout=STEP_S):
                names = sorted(thread.name for thread in threading.enumerate())
                raise AssertionError(f"{what} took more than {STEP_S} s; threads: {', '.join(names)}")


@contextmanager
def no_thread_lost() -> Iterator[None]:
    """Assert that afterwards no new thread of Stance runs, none died of an exception and none was unnamed."""
    before = set(threading.enumerate())
    died: list[threading.ExceptHookArgs] = []
    unnamed: set[str] = set()
    hook, threading.excepthook = threading.excepthook, died.append
    try:
        yield
        new = set(threading.enumerate()) - before
        unnamed = {thread.name for thread in new if thread.name.startswith("Thread-")}
    finally:
        threading.excepthook = hook
    left = stance_threads(before)
    deadline = time.monotonic() + STEP_S
    while left and time.monotonic() < deadline:
        time.sleep(0.01)
        left = stance_threads(before)
    assert not left, f"still running: {', '.join(left)}"
    assert not died, f"died: {died[0].exc_value!r}"
    assert not unnamed, f"without a name: {', '.join(unnamed)}"


def stance_threads(before: set[threading.Thread]) -> list[str]:
    """Names of Stance's running threads that are not among those of ``before``."""
    return sorted(thread.name for thread in set(threading.enumerate()) - before if thread.name.startswith("stance-"))


def start_and_stop(clip: Path, pipeline: Pipeline | None, times: int) -> None:
    """A new engine each time, stopped at a random moment."""
    rng = random.Random(1)
    for _ in range(times):
        with no_thread_lost():
            watch, wanted = Watch(), rng.choice([0, 0, 1, 3])
            engine = Engine(
                VideoFile(clip), pipeline, on_result=watch.note, real_time=rng.random() < 0.5, pause_at_end=True
            )
            engine.start()
            watch.wait_for(lambda watch=watch, wanted=wanted: watch.results >= wanted, "the first frames")  # type: ignore[misc]
            begun = time.monotonic()
            engine.stop()
            assert time.monotonic() - begun < STEP_S


def seek(clip: Path, pipeline: Pipeline | None, times: int) -> None:
    """Seek at random while paused, playing or stepping; the frame sought last is the one shown."""
    rng = random.Random(2)
    watch = Watch()
    with no_thread_lost():
        engine = Engine(
            CachedSource(VideoFile(clip), 20 * 64 * 48 * 3),
            pipeline,
            on_result=watch.note,
            paused=True,
            pause_at_end=True,
        )
        engine.start()
        for number in range(times):
            index = rng.randrange(FRAMES)
            rng.choice([engine.play, engine.pause, engine.step, lambda: None])()
            engine.seek(index / 25 + 0.001)
            if number % 10 == 0:
                engine.pause()
                engine.seek(index / 25 + 0.001)
                watch.wait_for(lambda index=index: watch.last == index, f"seek {number} to {index}")  # type: ignore[misc]
        engine.stop()


def switch(clips: list[Path], pipeline: Pipeline, times: int) -> None:
    """One source after the other with the same pipeline, as in the window."""
    with no_thread_lost():
        before: Engine | None = None
        for number in range(times):
            watch = Watch()
            engine = Engine(
                CachedSource(VideoFile(clips[number % len(clips)])), pipeline, on_result=watch.note, pause_at_end=True
            )
            if before is not None:
                before.stop()
            engine.start()
            watch.wait_for(lambda watch=watch: watch.results > 0, f"source {number}")  # type: ignore[misc]
            before = engine
        if before is not None:
            before.stop()


def window_rounds(clips: list[Path], rounds: int) -> None:
    """Random use of a window (``tests.stress_window``), outside the user's settings and notes."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from tests.stress_window import use_window

    with TemporaryDirectory() as folder:
        home = Path(folder)
        os.environ |= {f"XDG_{kind}_HOME": str(home / kind.lower()) for kind in ("CONFIG", "STATE", "DATA")}
        recordings = home / "recordings"
        recordings.mkdir()
        use_window(clips, recordings, Settings(device="cpu"), rounds)


def main() -> None:
    """Run all parts with the default networks."""
    pipeline = open_pipeline(Settings(device="cpu"))
    with TemporaryDirectory() as folder:
        clips = [
            make_clip(Path(folder) / f"{n}.mp4", steady(FRAMES), codec="libx264", options={"g": "12"}) for n in "abc"
        ]
        for what, run in (
            ("500 starts and stops", lambda: start_and_stop(clips[0], pipeline, 500)),
            ("1,000 seeks", lambda: seek(clips[0], pipeline, 1000)),
            ("200 switches", lambda: switch(clips, pipeline, 200)),
            ("500 rounds of using the window", lambda: window_rounds(clips, 500)),
        ):
            begun = time.monotonic()
            run()
            print(f"{what}: {time.monotonic() - begun:.0f} s, no thread left or lost")


if __name__ == "__main__":
    main()
