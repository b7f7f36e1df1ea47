"""The short form: some examples for each target, the same ones every time, and all that was ever found."""

from __future__ import annotations

import importlib.util
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from tests.fuzz.bytes import DEEP
from tests.fuzz.targets import TARGETS, survive

FOUND = {
    "catalogue, no TOML": ("catalogue", b"0"),
    "catalogue, an entry without a name": ("catalogue", b"[[entry]]\nfile = 'a.onnx'\n"),
    "catalogue, entries that are none": ("catalogue", b"[[group]]\nentries = 3\n"),
    "preferences, lists in lists": ("preferences", b"[places]\nrecent=" + DEEP),
    "recording, lists in lists": ("recording", DEEP),
    "card, lists in lists": ("card", DEEP),
}
"""What once brought something else than a value or a sentence."""


def needs(name: str) -> None:
    if name in ("checkpoint", "safetensors") and importlib.util.find_spec("torch") is None:
        pytest.skip("torch is not installed")


@pytest.mark.parametrize("name", TARGETS)
def test_whatever_comes_it_is_read_or_told(name: str, stance_home: Path) -> None:
    needs(name)
    target = TARGETS[name]

    @settings(
        max_examples=15 if target.heavy else 60,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate,),
    )
    @given(target.strategy())
    def attempt(data: bytes) -> None:
        with tempfile.TemporaryDirectory() as folder:
            survive(target, data, Path(folder))

    attempt()


@pytest.mark.parametrize(("name", "data"), FOUND.values(), ids=FOUND)
def test_what_was_found_once_is_told(name: str, data: bytes, tmp_path: Path) -> None:
    needs(name)
    survive(TARGETS[name], data, tmp_path)
