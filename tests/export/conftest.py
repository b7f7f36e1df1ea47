"""Networks of real size, each converted once in a test run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from export.__main__ import main

Make = Callable[..., tuple[Path, str]]


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Runs ``python -m export`` with arguments; gives its exit code and what it wrote."""

    def run(*arguments: object) -> tuple[int, str, str]:
        code = main([str(argument) for argument in arguments])
        written = capsys.readouterr()
        return code, written.out, written.err

    return run


@pytest.fixture(scope="session")
def small_checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """SimpleBaseline with ResNet-18, which is the quickest to convert."""
    pytest.importorskip("torch", reason="the exporter needs PyTorch")
    from tests.golden_weights import save

    return save(tmp_path_factory.mktemp("checkpoints") / "small_256x192.pth", "resnet18.k17")


@pytest.fixture(scope="session")
def small(small_checkpoint: Path) -> Path:
    """The same as ONNX."""
    target = small_checkpoint.with_name("small.onnx")
    assert main(["pose", str(small_checkpoint), "-o", str(target)]) == 0
    return target
