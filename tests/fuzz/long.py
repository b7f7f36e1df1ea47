"""``python -m tests.fuzz.long SECONDS [TARGET ...]``: strangers' bytes for as long as there is time, target by target.

What is found lies in a file of its own afterwards and is told at the end. Any number of these may run at once: each
gives way to other work, and is bounded in memory; SIGTERM ends it early and well. The input that a target is at work
on lies in a file meanwhile, so that it is known even where the process dies of it.
"""

from __future__ import annotations

import faulthandler
import os
import signal
import sys
import tempfile
import threading
import time
import traceback
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings

from tests.fuzz.child import Reader, bound_memory
from tests.fuzz.targets import TARGETS, survive

HANG_S = 120
MOST_BYTES = 12 * 2**30
"""PyTorch and ONNX Runtime claim many addresses that they never use."""
LEFT = Path(tempfile.gettempdir())


@dataclass(slots=True)
class Run:
    """How many examples there were, and what was found: the first example's file by the place of the mistake."""

    examples: int = 0
    found: dict[str, Path] = field(default_factory=dict)


def run(name: str, seconds: float, enough: threading.Event) -> Run:
    """Try ``name`` for so many seconds, or until somebody has ``enough`` of it."""
    target, done, end = TARGETS[name], Run(), time.monotonic() + seconds
    last = LEFT / f"stance-fuzz-{name}-{os.getpid()}-last"

    with tempfile.TemporaryDirectory(prefix=f"stance-fuzz-{name}-") as folder:

        @settings(
            max_examples=100,  # a round; the last one is not cut short
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
            phases=(Phase.generate,),
        )
        @given(target.strategy())
        def attempt(data: bytes) -> None:
            if time.monotonic() > end or enough.is_set():
                return
            done.examples += 1
            last.write_bytes(data)
            faulthandler.dump_traceback_later(HANG_S, exit=True, file=sys.__stderr__ or sys.stderr)
            try:
                survive(target, data, Path(folder))
            except Exception as error:  # noqa: BLE001 - whatever it is, it is told
                keep(done, name, data, error)
            finally:
                faulthandler.cancel_dump_traceback_later()

        while time.monotonic() < end and not enough.is_set():
            attempt()
    last.unlink(missing_ok=True)
    if isinstance(target.read, Reader):
        target.read.close()
    return done


def keep(done: Run, name: str, data: bytes, error: Exception) -> None:
    """Keep the first example of each mistake."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    text = str(error).strip().rpartition("\n")[2][:200]
    mistake = f"{type(error).__name__} in {place.name} of {Path(place.filename).name}, line {place.lineno}: {text}"
    if mistake not in done.found:
        done.found[mistake] = LEFT / f"stance-fuzz-{name}-{os.getpid()}-{len(done.found)}"
        done.found[mistake].write_bytes(data)


def main(seconds: float, names: list[str]) -> int:
    """Run each of the targets ``names`` for so many seconds; 1 where anything was found."""
    if sys.platform != "win32":
        os.nice(15)
    enough = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: enough.set())
    bound_memory(MOST_BYTES)
    worst = 0
    with tempfile.TemporaryDirectory(prefix="stance-fuzz-home-") as home:
        os.environ["STANCE_HOME"] = home
        for name in names:
            if enough.is_set():
                break
            if missing := TARGETS[name].missing:
                sys.stdout.write(f"{name}: not tried, for {missing} is not installed\n")
                continue
            begun = time.monotonic()
            done = run(name, seconds, enough)
            told = f"{len(done.found)} found" if done.found else "nothing found"
            lines = [f"{name}: {done.examples} examples in {time.monotonic() - begun:.0f} s, {told}"]
            lines += [f"  {mistake}\n    {file}" for mistake, file in done.found.items()]
            sys.stdout.write("\n".join(lines) + "\n")
            sys.stdout.flush()
            worst |= bool(done.found)
    return worst


if __name__ == "__main__":
    raise SystemExit(main(float(sys.argv[1]), sys.argv[2:] or list(TARGETS)))
