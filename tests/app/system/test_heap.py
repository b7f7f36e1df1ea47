"""Memory use is measured, threads share heaps, and free memory is returned."""

from __future__ import annotations

import os
import platform
import subprocess
import sys

import pytest

USED = """
from app.system.heap import memory_mb
before = memory_mb()
used = bytearray(b"x") * 200_000_000
print(memory_mb() - before)
"""

HEAPS_OF_EIGHT_THREADS = """
import threading, sys
from contextlib import nullcontext
from app.system.heap import trim_heap
kept, together = [], threading.Barrier(8)
def body():
    together.wait()
    for _ in range(200):
        kept.append(bytes(100_000))
threads = [threading.Thread(target=body) for _ in range(8)]
with trim_heap() if sys.argv[1:] else nullcontext():
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
# glibc puts each heap at a multiple of 64 MB.
print(len({id(piece) >> 26 for piece in kept}))
"""


FREED_IN_BETWEEN = """
import time
from app.system import heap
heap.GIVE_BACK_S = 0.1
pieces = [b"%d" % number * 25_000 for number in range(1000, 3000)]
del pieces[:-1]  # the last one keeps the heap from shrinking by itself
before = heap.memory_mb()
with heap.trim_heap():
    end = time.monotonic() + 10
    while heap.memory_mb() > before - 150 and time.monotonic() < end:
        time.sleep(0.05)
print(before - heap.memory_mb())
"""


def test_allocated_memory_is_measured() -> None:
    command = [sys.executable, "-c", USED]  # a new process whose peak is not higher
    used = float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    assert used == pytest.approx(200, abs=20)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc gives each thread a heap")
def test_threads_share_few_heaps() -> None:
    def heaps(*arguments: str) -> int:
        command = [sys.executable, "-c", HEAPS_OF_EIGHT_THREADS, *arguments]
        plain = {name: value for name, value in os.environ.items() if not name.startswith("MALLOC_")}
        return int(subprocess.run(command, capture_output=True, text=True, check=True, env=plain).stdout)

    # 160 MB: three heaps of 64 MB at least, and a beginning of one more.
    assert heaps("shared") <= 5
    assert heaps() >= 7


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc keeps what is free")
def test_free_memory_is_returned_to_the_system() -> None:
    command = [sys.executable, "-c", FREED_IN_BETWEEN]
    given_back = float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    assert given_back > 150
