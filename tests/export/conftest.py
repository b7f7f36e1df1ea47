"""A small network, converted once per test run, and the command that converts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pytest

from app.detection.detector import open_detector
from export.__main__ import main

Make = Callable[..., tuple[Path, str]]


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Runs ``python -m export`` with arguments; returns exit code, standard output, standard error."""

    def run(*arguments: object) -> tuple[int, str, str]:
        code = main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


@pytest.fixture(scope="session")
def small_checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint of SimpleBaseline with a narrow ResNet-18, the fastest network to convert."""
    pytest.importorskip("torch", reason="the exporter needs PyTorch")
    from tests.golden_weights import narrow_weights, save_state

    return save_state(tmp_path_factory.mktemp("checkpoints") / "small_256x192.pth", narrow_weights("resnet18.k17"))


@pytest.fixture(autouse=True, scope="session")
def check_frames() -> Iterator[None]:
    """Read two of the clip's frames for checking, and open the detector, once per test run."""
    if find_spec("torch") is None:
        yield
        return
    from export import crops

    read = crops._frames
    frames = cache(lambda clip: list(read(clip))[1:3])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(crops, "_frames", lambda clip: iter(frames(clip)))
        patch.setattr(crops, "open_detector", cache(open_detector))
        yield


@pytest.fixture(scope="session")
def small(small_checkpoint: Path) -> Path:
    """The same network as ONNX file."""
    target = small_checkpoint.with_name("small.onnx")
    assert main(["pose", str(small_checkpoint), "-o", str(target)]) == 0
    return target
