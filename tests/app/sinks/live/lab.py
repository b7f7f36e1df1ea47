"""Whether Lab Streaming Layer can be tested on this computer."""

from __future__ import annotations

import uuid
from functools import cache

import pytest


@cache
def why_not() -> str:
    """Why liblsl itself finds no stream here; empty if it does.

    It asks for streams by multicast and on the loopback interface, which containers may lack.
    """
    import pylsl

    name = f"probe-{uuid.uuid4().hex}"
    outlet = pylsl.StreamOutlet(pylsl.StreamInfo(name, "Probe", 1, pylsl.IRREGULAR_RATE, pylsl.cf_float32, name))
    found = pylsl.resolve_byprop("name", name, timeout=20)
    del outlet
    return "" if found else "liblsl finds no stream on this computer: multicast is not available"


def skip_without_lsl() -> None:
    """Skip the test where pylsl is not installed, or cannot find any stream."""
    pytest.importorskip("pylsl", reason="pylsl, an extra of the package, is not installed", exc_type=ImportError)
    if reason := why_not():
        pytest.skip(reason)
