"""A real Ray cluster of two nodes, of which the one that works sees neither the clips nor the results' folder."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

from app.cli.main import main as single_run
from tests.app.batch.test_batch import IN_A_NAMESPACE, can_mount, table, write_clip
from tests.app.sinks.live.receivers import free_port
from tests.conftest import ROOT

START_S = 180.0
RAY = [sys.executable, "-c", "from ray.scripts.scripts import main; main()", "start", "--block"]
SMALL = ["--object-store-memory=100000000", "--include-log-monitor=false"]


@contextmanager
def node(log: Path, command: list[str]) -> Iterator[None]:
    """A node of a cluster, in a process group of its own. Skips the test if it does not start."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path]), "RAY_USAGE_STATS_ENABLED": "0"}
    with log.open("wb") as out:
        process = subprocess.Popen(command, env=environment, stdout=out, stderr=out, start_new_session=True)
    try:
        deadline_s = time.monotonic() + START_S
        while "runtime started" not in (told := log.read_text(errors="replace")):
            if "Exception" in told or process.poll() is not None or time.monotonic() > deadline_s:
                pytest.skip(f"Ray starts no node on this computer: {told[-200:]}")
            time.sleep(0.1)
        yield
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[str]:
    """The address of a cluster whose working node sees an empty folder in place of ``tmp_path / "seen"``."""
    pytest.importorskip("ray", reason="ray, an extra of the package, is not installed")
    if not can_mount():
        pytest.skip("hiding a folder from a node needs the right to mount")
    (tmp_path / "seen").mkdir()
    address = f"127.0.0.1:{free_port()}"
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="ray", dir="/tmp", ignore_cleanup_errors=True))
        head = [f"--port={address.rpartition(':')[2]}", f"--temp-dir={folder}", "--include-dashboard=false"]
        stack.enter_context(node(tmp_path / "head.log", [*RAY, "--head", "--num-cpus=0", *head, *SMALL]))
        hiding = [*IN_A_NAMESPACE, "sh", "-c", 'mount -t tmpfs tmpfs "$0" && exec "$@"', str(tmp_path / "seen")]
        worker = [*hiding, *RAY, f"--address={address}", "--num-cpus=1", *SMALL]
        stack.enter_context(node(tmp_path / "node.log", worker))
        yield address


@pytest.mark.slow
def test_a_node_that_sees_nothing_gets_the_clips_and_gives_the_results(
    cluster: str, rtmpose_s: Path, yolox_tiny: Path, tmp_path: Path
) -> None:
    clips, results = tmp_path / "seen" / "clips", tmp_path / "seen" / "results"
    write_clip(clips / "one.mp4", 60)
    write_clip(clips / "deeper" / "two.mp4", 180)
    (clips / "bad.mp4").write_bytes(b"not a video")
    batch = [sys.executable, "-m", "app.batch", f"{clips}/**/*.mp4", "--output", str(results), "--format", "jsonl,mp4"]
    done = subprocess.run([*batch, "--ray", cluster], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    (failed,) = table(results / "errors.csv")
    assert failed["error"].startswith(f"{clips / 'bad.mp4'} cannot be opened as a video")
    assert [row["clip"] for row in table(results / "summary.csv")] == [
        str(clips / "deeper" / "two.mp4"),
        str(clips / "one.mp4"),
    ]
    outputs = [f"--output={tmp_path / 'two'}.{ending}" for ending in ("jsonl", "mp4")]
    assert single_run(["--headless", f"--source={clips / 'deeper' / 'two.mp4'}", *outputs]) == 0
    for ending in ("jsonl", "mp4"):
        assert (results / "deeper" / f"two.{ending}").read_bytes() == (tmp_path / f"two.{ending}").read_bytes()
    assert sorted(path.name for path in (results / ".stance-batch").iterdir()) == ["done", "lock"]
