"""Memory: how much there is, and that threads share what they have had."""

from __future__ import annotations

import os
import platform
import subprocess
import sys

import pytest

USED = """
from app.resident import memory_mb
before = memory_mb()
used = bytearray(b"x") * 200_000_000
print(memory_mb() - before)
"""

HEAPS_OF_EIGHT_THREADS = """
import threading, sys
from contextlib import nullcontext
from app.resident import kept_small
kept, together = [], threading.Barrier(8)
def body():
    together.wait()
    for _ in range(200):
        kept.append(bytes(100_000))
threads = [threading.Thread(target=body) for _ in range(8)]
with kept_small() if sys.argv[1:] else nullcontext():
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
# glibc puts each heap at a multiple of 64 MB.
print(len({id(piece) >> 26 for piece in kept}))
"""


FREED_IN_BETWEEN = """
import time
from app import resident
resident.GIVE_BACK_S = 0.1
pieces = [b"%d" % number * 25_000 for number in range(1000, 3000)]
del pieces[:-1]  # the last one keeps the heap from shrinking by itself
before = resident.memory_mb()
with resident.kept_small():
    end = time.monotonic() + 10
    while resident.memory_mb() > before - 150 and time.monotonic() < end:
        time.sleep(0.05)
print(before - resident.memory_mb())
"""


def test_memory_that_is_used_is_told() -> None:
    command = [sys.executable, "-c", USED]  # a process that has never held as much
    used = float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    assert used == pytest.approx(200, abs=20)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc gives each thread a heap")
def test_threads_share_a_few_heaps() -> None:
    def heaps(*arguments: str) -> int:
        command = [sys.executable, "-c", HEAPS_OF_EIGHT_THREADS, *arguments]
        plain = {name: value for name, value in os.environ.items() if not name.startswith("MALLOC_")}
        return int(subprocess.run(command, capture_output=True, text=True, check=True, env=plain).stdout)

    # 160 MB: three heaps of 64 MB at least, and a beginning of one more.
    assert heaps("shared") <= 5
    assert heaps() >= 7


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc keeps what is free")
def test_what_is_free_is_given_back() -> None:
    command = [sys.executable, "-c", FREED_IN_BETWEEN]
    given_back = float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    assert given_back > 150
