"""Starting, stopping, seeking and switching, hundreds of times: ``python -m tests.stress``.

Every step has five seconds; after each start and stop no thread may be left, and none may die unseen or be nameless.
The suite runs a short form of it.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from app.engine import Engine, Result
from app.pipeline import Pipeline, open_pipeline
from app.settings import Settings
from app.sources.file import VideoFile
from app.sources.kept import Kept
from tests.app.sources.clips import make_clip, steady

STEP_S = 5.0
FRAMES = 60


class Watch:
    """Notes what comes out, and waits for it no longer than a step may take."""

    def __init__(self) -> None:
        self.results = 0
        self.last = -1
        self._news = threading.Condition()

    def note(self, result: Result) -> None:
        with self._news:
            self.results += 1
            self.last = result.frame.index
            self._news.notify_all()

    def wait_for(self, condition: Callable[[], bool], what: str) -> None:
        with self._news:
            if not self._news.wait_for(condition, timeout=STEP_S):
                names = sorted(thread.name for thread in threading.enumerate())
                raise AssertionError(f"{what} took more than {STEP_S} s; threads: {', '.join(names)}")


@contextmanager
def no_thread_lost() -> Iterator[None]:
    """Nothing of Stance runs afterwards, nothing died of an exception, nothing was nameless."""
    died: list[threading.ExceptHookArgs] = []
    nameless: set[str] = set()
    hook, threading.excepthook = threading.excepthook, died.append
    try:
        yield
        nameless = {thread.name for thread in threading.enumerate() if thread.name.startswith("Thread-")}
    finally:
        threading.excepthook = hook
    left = ours()
    deadline = time.monotonic() + STEP_S
    while left and time.monotonic() < deadline:
        time.sleep(0.01)
        left = ours()
    assert not left, f"still there: {', '.join(left)}"
    assert not died, f"died: {died[0].exc_value!r}"
    assert not nameless, f"without a name: {', '.join(nameless)}"


def ours() -> list[str]:
    """The threads of Stance that run."""
    return sorted(thread.name for thread in threading.enumerate() if thread.name.startswith("stance-"))


def start_and_stop(clip: Path, pipeline: Pipeline | None, times: int) -> None:
    """A new engine each time, stopped at any moment of its life."""
    chance = random.Random(1)
    for _ in range(times):
        with no_thread_lost():
            watch, wanted = Watch(), chance.choice([0, 0, 1, 3])
            engine = Engine(VideoFile(clip), pipeline, on_result=watch.note, real_time=chance.random() < 0.5, stay=True)
            engine.start()
            watch.wait_for(lambda watch=watch, wanted=wanted: watch.results >= wanted, "the first frames")  # type: ignore[misc]
            begun = time.monotonic()
            engine.stop()
            assert time.monotonic() - begun < STEP_S


def seek(clip: Path, pipeline: Pipeline | None, times: int) -> None:
    """To and fro at random, standing, playing, stepping; where it stands at last is where it was sent."""
    chance = random.Random(2)
    watch = Watch()
    with no_thread_lost():
        engine = Engine(Kept(VideoFile(clip), 20 * 64 * 48 * 3), pipeline, on_result=watch.note, paused=True, stay=True)
        engine.start()
        for number in range(times):
            place = chance.randrange(FRAMES)
            chance.choice([engine.play, engine.pause, engine.step, lambda: None])()
            engine.seek(place / 25 + 0.001)
            if number % 10 == 0:
                engine.pause()
                engine.seek(place / 25 + 0.001)
                watch.wait_for(lambda place=place: watch.last == place, f"seek {number} to {place}")  # type: ignore[misc]
        engine.stop()


def switch(clips: list[Path], pipeline: Pipeline, times: int) -> None:
    """One source after the other with the same networks, as the window does."""
    with no_thread_lost():
        before: Engine | None = None
        for number in range(times):
            watch = Watch()
            engine = Engine(Kept(VideoFile(clips[number % len(clips)])), pipeline, on_result=watch.note, stay=True)
            if before is not None:
                before.stop()
            engine.start()
            watch.wait_for(lambda watch=watch: watch.results > 0, f"source {number}")  # type: ignore[misc]
            before = engine
        if before is not None:
            before.stop()


def main() -> None:
    """All of it, with the default networks."""
    pipeline = open_pipeline(Settings(device="cpu"))
    with TemporaryDirectory() as folder:
        clips = [
            make_clip(Path(folder) / f"{n}.mp4", steady(FRAMES), codec="libx264", options={"g": "12"}) for n in "abc"
        ]
        for what, run in (
            ("500 starts and stops", lambda: start_and_stop(clips[0], pipeline, 500)),
            ("1,000 seeks", lambda: seek(clips[0], pipeline, 1000)),
            ("200 switches", lambda: switch(clips, pipeline, 200)),
        ):
            begun = time.monotonic()
            run()
            print(f"{what}: {time.monotonic() - begun:.0f} s, nothing left, nothing lost")


if __name__ == "__main__":
    main()
