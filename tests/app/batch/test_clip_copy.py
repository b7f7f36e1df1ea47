"""A computer that sees neither the clips nor the results' folder processes clips all the same."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from app.batch.clip_copy import Offer, _give, run_copy
from app.batch.clip_list import Clip
from app.batch.clip_run import Job, read_record, run_clip
from app.batch.clip_server import ClipServer
from app.core.errors import StanceError
from tests.app.batch.test_batch import write_clip


def never() -> bool:
    return False


@pytest.fixture
def clip(tmp_path: Path) -> Clip:
    path = tmp_path / "clips" / "deeper" / "a clip.mp4"
    write_clip(path, 90)
    return Clip(path, "deeper/a clip")


@pytest.fixture
def job(tmp_path: Path) -> Job:
    job = Job(tmp_path / "results", ("jsonl", "csv", "xlsx"), ("--threshold", "0.25"))
    job.hidden().mkdir(parents=True)
    return job


@pytest.fixture
def server(job: Job) -> Iterator[ClipServer]:
    server = ClipServer(job, "127.0.0.1")
    yield server
    server.close()


def offered(server: ClipServer, clip: Clip) -> Offer:
    return Offer(*server.address, server.offer(clip)[1])


def files_below(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_files_are_those_of_a_computer_that_sees_the_clip(
    clip: Clip, job: Job, server: ClipServer, rtmpose_s: Path, yolox_tiny: Path, tmp_path: Path
) -> None:
    there = run_copy(job, clip, offered(server, clip), never)
    assert there.problem == ""
    assert there.record == read_record(job, clip)  # complete for --resume
    own = Job(tmp_path / "own", job.formats, job.options)
    assert run_clip(own, clip).problem == ""
    results = {name: data for name, data in files_below(job.folder).items() if not name.startswith(".")}
    assert sorted(results) == ["deeper/a clip.csv", "deeper/a clip.jsonl", "deeper/a clip.xlsx"]
    assert results == {name: data for name, data in files_below(own.folder).items() if not name.startswith(".")}
    assert json.loads(results["deeper/a clip.jsonl"].splitlines()[0])["source"] == str(clip.path)


def test_a_bad_clip_is_told_by_its_own_name(clip: Clip, job: Job, server: ClipServer) -> None:
    clip.path.write_bytes(b"not a video")
    outcome = run_copy(job, clip, offered(server, clip), never)
    assert outcome.problem.startswith(f"{clip.path} cannot be opened as a video")
    clip.path.unlink()
    outcome = run_copy(job, clip, offered(server, clip), never)
    assert outcome.problem == f"{clip.path} cannot be read: No such file or directory."


def test_a_clip_that_is_not_served_any_longer_is_one_sentence(clip: Clip, job: Job, server: ClipServer) -> None:
    number, path = server.offer(clip)
    server.withdraw(number)
    outcome = run_copy(job, clip, Offer(*server.address, path), never)
    assert outcome.problem == "The driver of the batch does not know this clip any longer."


def test_a_driver_that_is_gone_is_one_sentence(clip: Clip, job: Job, server: ClipServer) -> None:
    offer = offered(server, clip)
    server.close()
    outcome = run_copy(job, clip, offer, never)
    assert outcome.problem.startswith(f"The driver of the batch cannot be reached at 127.0.0.1, port {offer.port}: ")


def answer_of(server: ClipServer, method: str, path: str, body: bytes = b"") -> int:
    connection = http.client.HTTPConnection(*server.address, timeout=30)
    connection.request(method, path, body)
    status = connection.getresponse().status
    connection.close()
    return status


def test_who_does_not_know_the_key_gets_nothing(clip: Clip, server: ClipServer) -> None:
    path = offered(server, clip).path
    assert answer_of(server, "GET", path) == 200
    for other in ("/1", "//1", f"/x{path[2:]}", path + "0", "/", f"{path.rpartition('/')[0]}/../../etc/passwd"):
        assert answer_of(server, "GET", other) == 404


@pytest.mark.parametrize("name", ["..%2F..%2Fout", ".hidden", "a%5Cb", "a/b", ""])
def test_results_stay_in_their_folder(clip: Clip, job: Job, server: ClipServer, name: str) -> None:
    assert answer_of(server, "PUT", f"{offered(server, clip).path}/ab/{name}", b"data") == 404
    assert files_below(job.folder) == {}


def test_results_are_put_in_place_when_all_have_come(
    clip: Clip, job: Job, server: ClipServer, rtmpose_s: Path, yolox_tiny: Path, tmp_path: Path
) -> None:
    own = Job(tmp_path / "own", job.formats, job.options)
    record = run_clip(own, clip).record
    assert record is not None
    offer = offered(server, clip)
    assert answer_of(server, "PUT", f"{offer.path}/ab/a%20clip.csv", b"half") == 204
    assert answer_of(server, "POST", f"{offer.path}/ab", msgspec.json.encode(record)) == 409
    assert not (job.folder / "deeper").exists()
    _give(offer, own.folder, record)  # as another node does after the first one has failed
    _give(offer, own.folder, record)
    assert read_record(job, clip) == record
    server.withdraw(1)
    assert list(job.hidden("received").iterdir()) == []


def test_a_folder_that_cannot_be_written_is_told_to_a_node_that_still_sends(
    clip: Clip, job: Job, server: ClipServer, rtmpose_s: Path, yolox_tiny: Path, tmp_path: Path
) -> None:
    own = Job(tmp_path / "own", ("jsonl",), job.options)
    record = run_clip(own, clip).record
    assert record is not None
    (own.folder / "deeper" / "a clip.jsonl").write_bytes(bytes(30_000_000))  # more than connections hold
    job.hidden("received").write_bytes(b"")  # no folder can be made there
    with pytest.raises(StanceError, match=r"^The output .*results/a clip\.jsonl cannot be written: "):
        _give(offered(server, clip), own.folder, record)
