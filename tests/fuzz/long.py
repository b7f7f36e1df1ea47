"""Fuzzing for a given time, target by target: ``python -m tests.fuzz.long SECONDS [TARGET ...]``.

Each finding is written to a file and printed at the end. Several may run at once: each has a low priority and a memory
limit. SIGTERM ends a run early with its report. The current input is kept in a file, so that it is known even if the
process crashes.
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
"""Limit of the address space; PyTorch and ONNX Runtime reserve much that they never use."""
FOLDER = Path(tempfile.gettempdir())


@dataclass(slots=True)
class Run:
    """Number of examples, and the file of the first example of each finding."""

    examples: int = 0
    found: dict[str, Path] = field(default_factory=dict)


def run(name: str, seconds: float, stop: threading.Event) -> Run:
    """Fuzz target ``name`` for ``seconds``, or until ``stop`` is set."""
    target, done, end = TARGETS[name], Run(), time.monotonic() + seconds
    last = FOLDER / f"stance-fuzz-{name}-{os.getpid()}-last"

    with tempfile.TemporaryDirectory(prefix=f"stance-fuzz-{name}-") as folder:

        @settings(
            max_examples=100,  # per round; a round ends early when the time is over
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
            phases=(Phase.generate,),
        )
        @given(target.strategy())
        def attempt(data: bytes) -> None:
            if time.monotonic() > end or stop.is_set():
                return
            done.examples += 1
            last.write_bytes(data)
            faulthandler.dump_traceback_later(HANG_S, exit=True, file=sys.__stderr__ or sys.stderr)
            try:
                survive(target, data, Path(folder))
            except Exception as error:  # noqa: BLE001 - any exception is a finding
                keep(done, name, data, error)
            finally:
                faulthandler.cancel_dump_traceback_later()

        while time.monotonic() < end and not stop.is_set():
            attempt()
    last.unlink(missing_ok=True)
    if isinstance(target.read, Reader):
        target.read.close()
    return done


def keep(done: Run, name: str, data: bytes, error: Exception) -> None:
    """Write the first example of each error to a file."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    text = str(error).strip().rpartition("\n")[2][:200]
    error_text = f"{type(error).__name__} in {last.name} of {Path(last.filename).name}, line {last.lineno}: {text}"
    if error_text not in done.found:
        done.found[error_text] = FOLDER / f"stance-fuzz-{name}-{os.getpid()}-{len(done.found)}"
        done.found[error_text].write_bytes(data)


def main(seconds: float, names: list[str]) -> int:
    """Fuzz each of the targets ``names`` for ``seconds``; return 1 if anything was found, else 0."""
    if sys.platform != "win32":
        os.nice(15)
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    bound_memory(MOST_BYTES)
    worst = 0
    with tempfile.TemporaryDirectory(prefix="stance-fuzz-home-") as home:
        os.environ["STANCE_HOME"] = home
        for name in names:
            if stop.is_set():
                break
            if missing := TARGETS[name].missing:
                sys.stdout.write(f"{name}: skipped, {missing} is not installed\n")
                continue
            begun = time.monotonic()
            done = run(name, seconds, stop)
            summary = f"{len(done.found)} found" if done.found else "nothing found"
            lines = [f"{name}: {done.examples} examples in {time.monotonic() - begun:.0f} s, {summary}"]
            lines += [f"  {error_text}\n    {file}" for error_text, file in done.found.items()]
            sys.stdout.write("\n".join(lines) + "\n")
            sys.stdout.flush()
            worst |= bool(done.found)
    return worst


if __name__ == "__main__":
    raise SystemExit(main(float(sys.argv[1]), sys.argv[2:] or list(TARGETS)))
