"""Fetching from a local server: the file is complete and verified, or one sentence gives the reason."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from app.core.errors import StanceError
from app.zoo import cache, http
from app.zoo.catalogue import Entry, Page, Web, find_entry, sha256_of
from app.zoo.fetch import fetch, locate
from tests.app.zoo.host import CONTENT, HALF, Fetcher, Host, make_entry


def test_file_is_fetched_once_with_progress(host: Host, stance_home: Path) -> None:
    entry = make_entry(Web(host.url("/file")))
    reports: list[tuple[int, int | None]] = []
    path = fetch(entry, lambda done, total: reports.append((done, total)))
    assert path.read_bytes() == CONTENT
    assert path.is_relative_to(stance_home)
    assert reports[-1] == (len(CONTENT), len(CONTENT))
    assert [done for done, _ in reports] == sorted(done for done, _ in reports)
    assert fetch(entry) == path
    assert host.requests == [("/file", "")]
    assert not list(path.parent.glob(".*.part"))


def test_eight_digits_of_the_hash_are_enough(host: Host, stance_home: Path) -> None:
    digits = hashlib.sha256(CONTENT).hexdigest()[:8]
    assert fetch(make_entry(Web(host.url("/file")), sha256=digits, bytes=None)).read_bytes() == CONTENT


def test_truncated_cached_file_is_fetched_again(host: Host, stance_home: Path) -> None:
    entry = make_entry(Web(host.url("/file")))
    fetch(entry).write_bytes(CONTENT[:100])
    assert cache.find(entry) is None
    assert fetch(entry).read_bytes() == CONTENT


def test_addresses_are_tried_in_order(host: Host, stance_home: Path) -> None:
    host.files |= {"/page": b"<html>log in first</html>", "/wrong": b"x" * len(CONTENT)}
    host.faults["/page"] = "html"
    paths = ["/gone", "/page", "/wrong", "/file"]
    dead = Web("http://127.0.0.1:9/file")
    assert fetch(make_entry(dead, *(Web(host.url(path)) for path in paths))).read_bytes() == CONTENT
    assert [path for path, _ in host.requests] == paths


def test_error_gives_the_reason_of_each_address(host: Host, stance_home: Path) -> None:
    host.files |= {"/page": b"<html>", "/wrong": b"x" * len(CONTENT), "/large": CONTENT * 2}
    host.faults["/page"] = "html"
    paths = ["/gone", "/page", "/wrong", "/large"]
    with pytest.raises(StanceError) as raised:
        fetch(make_entry(Web("http://127.0.0.1:9/file"), *(Web(host.url(path)) for path in paths)))
    sentence = str(raised.value)
    assert sentence.startswith("'thing' could not be downloaded (127.0.0.1:9: Connection refused; ")
    reasons = ["Connection refused", "404", "web page", "a different file", f"{len(CONTENT) * 2} bytes"]
    assert [sentence.index(reason) for reason in reasons] == sorted(sentence.index(reason) for reason in reasons)
    assert "\n" not in sentence
    assert not list(stance_home.rglob("*.mp4"))


def test_unknown_host_is_named(stance_home: Path) -> None:
    with pytest.raises(
        StanceError, match=r"nowhere\.invalid: the host was not found, or there is no network connection"
    ):
        fetch(make_entry(Web("https://nowhere.invalid/file")))


def test_silent_host_is_given_up(host: Host, stance_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "TIMEOUT_S", 0.3)
    host.files["/silent"] = CONTENT
    host.faults["/silent"] = "silent"
    assert fetch(make_entry(Web(host.url("/silent")), Web(host.url("/file")))).read_bytes() == CONTENT


def test_very_slow_host_is_given_up(host: Host, stance_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "MIN_BYTES_S", 0.3)
    host.files |= {"/drip": b"a small file that takes seconds", "/other": b"a small file that takes seconds"}
    host.faults["/drip"] = "drip"
    fetch(make_entry(Web(host.url("/drip")), Web(host.url("/other")), content=host.files["/drip"]))
    assert [path for path, _ in host.requests] == ["/drip", "/other"]


def test_broken_connection_is_resumed(host: Host, stance_home: Path) -> None:
    host.faults["/file"] = "cut"
    assert fetch(make_entry(Web(host.url("/file")))).read_bytes() == CONTENT
    assert host.requests == [("/file", ""), ("/file", f"bytes={HALF}-")]


def test_killed_fetch_is_resumed(host: Host, fetcher: Fetcher, stance_home: Path) -> None:
    entry = make_entry(Web(host.url("/file")))
    child, _ = half_fetched(host, fetcher, entry)
    child.kill()
    child.wait()
    assert cache.find(entry) is None
    assert fetch(entry).read_bytes() == CONTENT
    assert host.requests == [("/file", ""), ("/file", f"bytes={HALF}-")]


@pytest.mark.parametrize("fault", ["no range", "range from 0"])
def test_host_without_resume_sends_the_whole_file(host: Host, stance_home: Path, fault: str) -> None:
    host.faults["/file"] = fault
    entry = make_entry(Web(host.url("/file")))
    write_part(entry, host.url("/file"), CONTENT[:HALF])
    assert fetch(entry).read_bytes() == CONTENT
    assert len(host.requests) == 1


def test_wrong_range_is_refused(host: Host, stance_home: Path) -> None:
    host.faults["/file"] = "other range"
    entry = make_entry(Web(host.url("/file")))
    write_part(entry, host.url("/file"), CONTENT[:HALF])
    with pytest.raises(StanceError, match=f"asked to resume after {HALF} bytes, but sent something else"):
        fetch(entry)


@pytest.mark.parametrize("partial", [b"?" * 1000, b"?" * len(CONTENT), CONTENT + b"?"])
def test_partial_file_of_another_version_is_discarded(host: Host, stance_home: Path, partial: bytes) -> None:
    entry = make_entry(Web(host.url("/file")))
    write_part(entry, host.url("/file"), partial)
    assert fetch(entry).read_bytes() == CONTENT
    assert host.requests[-1] == ("/file", "")


def test_complete_partial_file_is_not_downloaded_again(host: Host, stance_home: Path) -> None:
    entry = make_entry(Web(host.url("/file")))
    write_part(entry, host.url("/file"), CONTENT)
    assert fetch(entry).read_bytes() == CONTENT
    assert host.requests == [("/file", f"bytes={len(CONTENT)}-")]


def test_two_processes_share_one_download(host: Host, fetcher: Fetcher, stance_home: Path) -> None:
    host.faults["/file"] = "stall"
    entry = make_entry(Web(host.url("/file")))
    first = fetcher.start(entry)
    assert first.stdout is not None
    assert first.stdout.readline().endswith(f" {len(CONTENT)}\n")
    second = fetcher.start(entry)
    assert second.stdout is not None
    assert second.stdout.readline() == "0 None\n"
    host.faults.clear()
    host.release.set()
    assert [first.wait(60), second.wait(60)] == [0, 0]
    assert [requests for _, requests in host.requests].count("") == 1
    found = cache.find(entry)
    assert found is not None
    assert sha256_of(found) == entry.sha256


def test_two_threads_share_one_download(host: Host, stance_home: Path) -> None:
    entry = make_entry(Web(host.url("/file")))
    with ThreadPoolExecutor(4) as pool:
        paths = list(pool.map(lambda _: fetch(entry), range(4)))
    assert len(set(paths)) == 1
    assert host.requests == [("/file", "")]


def test_progress_callback_can_cancel(host: Host, stance_home: Path) -> None:
    class StopError(Exception):
        pass

    def stop(done: int, total: int | None) -> None:
        raise StopError

    entry = make_entry(Web(host.url("/file")))
    with pytest.raises(StopError):
        fetch(entry, stop)
    assert cache.find(entry) is None
    assert fetch(entry).read_bytes() == CONTENT


def test_only_the_member_of_a_zip_is_extracted(host: Host, stance_home: Path, tmp_path: Path) -> None:
    archive = tmp_path / "sdk.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as opened:
        opened.writestr("../../evil", "out of here")
        opened.writestr("20230831/end2end.onnx", CONTENT)
    host.files["/sdk.zip"] = archive.read_bytes()
    path = fetch(make_entry(Web(host.url("/sdk.zip"), member="end2end.onnx")))
    assert path.read_bytes() == CONTENT
    left = [file.name for file in stance_home.rglob("*") if file.is_file() and file.suffix != ".lock"]
    assert left == [path.name]
    assert not list(tmp_path.rglob("evil"))


def test_bad_zips_are_refused(host: Host, stance_home: Path, tmp_path: Path) -> None:
    archive = tmp_path / "sdk.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as opened:
        opened.writestr("a/twice", "1")
        opened.writestr("b/twice", "2")
        opened.writestr("bomb", bytes(len(CONTENT) + 1))
    host.files |= {"/sdk.zip": archive.read_bytes(), "/cut.zip": archive.read_bytes()[:200]}
    members = [Web(host.url("/sdk.zip"), member=member) for member in ("missing", "twice", "bomb")]
    with pytest.raises(StanceError) as raised:
        fetch(make_entry(*members, Web(host.url("/cut.zip"), member="bomb")))
    sentence = str(raised.value)
    assert "no 'missing'" in sentence
    assert "more than one 'twice'" in sentence
    assert f"'bomb' is larger than the expected {len(CONTENT)} bytes" in sentence
    assert "a zip that cannot be read" in sentence


def test_unusable_cache_folder_is_named(host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("STANCE_HOME", str(tmp_path / "file" / "home"))
    with pytest.raises(
        StanceError, match=r"^The cache folder '.*home' cannot be used \(.+\): wanted free space"
    ) as raised:
        fetch(make_entry(Web(host.url("/file"))))
    assert "\n" not in str(raised.value)


@pytest.mark.skipif(sys.platform == "win32", reason="file sizes are limited by POSIX means")
def test_full_disk_gives_one_sentence(host: Host, fetcher: Fetcher, stance_home: Path) -> None:
    child = fetcher.start(
        make_entry(Web(host.url("/file"))), before="import resource; resource.setrlimit(1, (5000, 5000))"
    )
    _, error = child.communicate(timeout=60)
    assert child.returncode == 1
    last = error.strip().splitlines()[-1]
    assert re.match(
        r"app\.core\.errors\.StanceError: The cache folder '.*' cannot be used \(File too large\): wanted", last
    )


def test_stale_files_are_swept_and_recent_parts_kept(host: Host, stance_home: Path) -> None:
    folder = stance_home / "zoo"
    (folder / ".work-old").mkdir(parents=True)
    (folder / ".old-0.part").write_bytes(b"old")
    (folder / ".fresh-0.part").write_bytes(b"fresh")
    long_ago = time.time() - cache.STALE_S - 60
    for name in (".work-old", ".old-0.part"):
        os.utime(folder / name, (long_ago, long_ago))
    path = fetch(make_entry(Web(host.url("/file"))))
    left = sorted(file.name for file in folder.iterdir() if file.suffix != ".lock")
    assert left == sorted([".fresh-0.part", path.name])


def test_old_part_in_use_is_kept(host: Host, fetcher: Fetcher, stance_home: Path) -> None:
    entry = make_entry(Web(host.url("/file")))
    child, part = half_fetched(host, fetcher, entry)
    long_ago = time.time() - cache.STALE_S - 60
    os.utime(part, (long_ago, long_ago))
    cache.sweep()
    assert part.is_file()
    child.kill()
    child.communicate()
    os.utime(part, (long_ago, long_ago))
    cache.sweep()
    assert not part.exists()


def test_by_hand_file_names_its_page(stance_home: Path) -> None:
    entry = find_entry("hrnet_w32_384x288")
    page = next(address.url for address in entry.addresses if isinstance(address, Page))
    with pytest.raises(StanceError) as raised:
        fetch(entry)
    assert page in str(raised.value)
    assert "python -m export fetch hrnet_w32_384x288 --file pose_hrnet_w32_384x288.pth" in str(raised.value)
    with pytest.raises(StanceError, match=r"has no download address: wanted the file tinypose_256x192\.onnx"):
        fetch(find_entry("tinypose_256x192"))


def test_locate_takes_files_and_names(stance_home: Path, tmp_path: Path) -> None:
    file = tmp_path / "mine.onnx"
    file.write_bytes(b"network")
    assert locate(str(file)) == file
    with pytest.raises(StanceError, match="There is no file"):
        locate(str(tmp_path / "other.onnx"))
    with pytest.raises(StanceError, match="did you mean"):
        locate("yolox-tinny")
    with pytest.raises(StanceError, match="must be downloaded manually"):
        locate("hrnet_w32_384x288")


def half_fetched(host: Host, fetcher: Fetcher, entry: Entry) -> tuple[subprocess.Popen[str], Path]:
    """A process that waits for the second half of ``entry``, and the path of the partial file."""
    host.faults["/file"] = "stall"
    child = fetcher.start(entry)
    part = cache.part_of(entry, host.url("/file"))
    deadline = time.monotonic() + 30
    while not (part.is_file() and part.stat().st_size == HALF):
        assert time.monotonic() < deadline, "the first half never came"
        time.sleep(0.02)
    return child, part


def write_part(entry: Entry, url: str, content: bytes) -> None:
    """Write ``content`` as the partial download from ``url``."""
    part = cache.part_of(entry, url)
    part.parent.mkdir(parents=True)
    part.write_bytes(content)
