"""``python -m tests.fuzz.long SECONDS [TARGET ...]``: strangers' bytes for as long as there is time.

The input that a target is at work on lies in a file meanwhile, so that it is known even where the process dies of it.
"""

from __future__ import annotations

import faulthandler
import sys
import tempfile
import time
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings

from tests.fuzz.targets import TARGETS, survive

HANG_S = 60


def run(name: str, seconds: float) -> int:
    """Try ``name`` for so many seconds; gives the number of examples. Raises what was found, with its example."""
    target, count, end = TARGETS[name], 0, time.monotonic() + seconds
    with tempfile.TemporaryDirectory(prefix=f"stance-fuzz-{name}-") as folder:
        last = Path(tempfile.gettempdir()) / f"stance-fuzz-last-{name}"

        @settings(
            max_examples=1000,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
            phases=(Phase.generate, Phase.shrink),
        )
        @given(target.strategy())
        def attempt(data: bytes) -> None:
            nonlocal count
            if time.monotonic() > end:
                return
            count += 1
            last.write_bytes(data)
            faulthandler.dump_traceback_later(HANG_S, exit=True)
            survive(target, data, Path(folder))
            faulthandler.cancel_dump_traceback_later()

        while time.monotonic() < end:
            attempt()
        last.unlink(missing_ok=True)
    return count


if __name__ == "__main__":
    for target in sys.argv[2:] or TARGETS:
        begun = time.monotonic()
        examples = run(target, float(sys.argv[1]))
        sys.stdout.write(f"{target}: {examples} examples in {time.monotonic() - begun:.0f} s, nothing found\n")
        sys.stdout.flush()
