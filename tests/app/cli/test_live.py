"""Headless runs that send poses to other programs: real processes and receivers."""

from __future__ import annotations

import json
import socket
import time
from pathlib import Path

import pytest
from websockets.sync.client import connect

from app.cli.main import main
from tests.app.sinks.live.receivers import free_port
from tests.app.sources.clips import make_clip, steady
from tests.faults import made
from tests.faults.runs import arguments, child, finished


@pytest.fixture(scope="module")
def pose(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made.pose(tmp_path_factory.mktemp("networks") / "made.onnx")


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(tmp_path_factory.mktemp("clips") / "clip.mp4", steady(30))


def test_datagrams_of_a_run_are_the_lines_of_its_file(pose: Path, clip: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        receiver.settimeout(10)
        address = f"udp://127.0.0.1:{receiver.getsockname()[1]}"
        done = finished(child(arguments(pose, clip, (out,), ("--output", address))))
        assert done.code == 0, done.err
        received = [receiver.recv(65535).decode() for _ in range(31)]
    lines = out.read_text(encoding="utf-8").splitlines()
    assert [line for line in received if line != lines[0]] == lines[1:]  # the head may come again
    assert f"sent: {address}, 30 frames" in done.out
    assert f"written: {out}" in done.out


@pytest.mark.slow
def test_a_client_that_waits_for_the_server_gets_every_frame(pose: Path, clip: Path) -> None:
    address = f"ws://127.0.0.1:{free_port()}"
    run = child(arguments(pose, clip, (), ("--output", address)))
    while run.poll() is None:
        try:
            with connect(address) as client:
                lines = [json.loads(line) for line in client]
        except OSError:  # not open yet
            time.sleep(0.01)
            continue
        break
    done = finished(run)
    assert done.code == 0, done.err
    assert "skeleton" in lines[0]
    assert lines[-1]["frame"] == 29


def test_a_taken_port_is_one_sentence_and_no_file_is_left(
    pose: Path, clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out.jsonl"
    with socket.create_server(("127.0.0.1", 0)) as other:
        address = f"ws://127.0.0.1:{other.getsockname()[1]}"
        assert main(arguments(pose, clip, (out,), ("--output", address))) == 2
    assert f"{address} is taken by another program: wanted another port." in capsys.readouterr().err
    assert not out.exists()


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (["--output", "osc://127.0.0.1"], "wanted a host and a port from 1 to 65535"),
        (["--output", "tcp://127.0.0.1:9000"], "Poses cannot be sent to tcp://127.0.0.1:9000: wanted osc://"),
        (["--output", "ws://0.0.0.0:8765"], "wanted ws://127.0.0.1:8765, or --listen 0.0.0.0 with it"),
        (["--output", "lsl:a", "--output", "lsl:a"], "is given twice"),
    ],
)
def test_bad_addresses_are_one_sentence(
    more: list[str], sentence: str, clip: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--headless", "--source", str(clip), *more]) == 2
    error = capsys.readouterr().err
    assert sentence in error
    assert error.count("\n") == 1
