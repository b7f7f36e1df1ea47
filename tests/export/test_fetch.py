"""A catalogue entry is fetched and converted: from a local server, from a file given by the user, and by the app."""

from __future__ import annotations

import functools
import shutil
import threading
from collections.abc import Callable, Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import msgspec
import pytest

from app.core.errors import StanceError
from app.pose.top_down import open_estimator
from app.zoo import cache, fetch
from app.zoo.catalogue import Entry, Web, find_entry, sha256_of

torch = pytest.importorskip("torch", reason="the exporter needs PyTorch")

import export.fetch  # noqa: E402

Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def served(small_checkpoint: Path) -> Iterator[str]:
    """URL of the small checkpoint on a local server."""

    class SilentHandler(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
            pass

    handler = functools.partial(SilentHandler, directory=str(small_checkpoint.parent))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/{small_checkpoint.name}"
        server.shutdown()
        thread.join()


def entry_for(checkpoint: Path, url: str) -> Entry:
    """A catalogue entry for ``checkpoint`` with the address ``url``."""
    return msgspec.structs.replace(
        find_entry("simplebaseline_r50_256x192_dark"),
        file=checkpoint.name,
        sha256=sha256_of(checkpoint),
        bytes=checkpoint.stat().st_size,
        addresses=(Web(url),),
    )


def test_entry_is_fetched_converted_and_cached(
    small_checkpoint: Path, served: str, stance_home: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = entry_for(small_checkpoint, served)
    monkeypatch.setattr(export.fetch, "find_entry", lambda _: entry)
    code, output, error = command("fetch", entry.name)
    assert (code, error) == (0, "")
    assert f"Downloading {entry.name}: " in output
    made = cache.converted_place(entry)
    assert output.splitlines()[-1] == str(made)
    card = open_estimator(made, "cpu").card
    assert (card.name, card.provenance.licence, card.provenance.ap) == (entry.name, "Apache-2.0", entry.ap)
    assert card.provenance.assumed == ()
    assert "decoding" in card.provenance.catalogued
    before = made.stat().st_mtime_ns
    assert command("fetch", entry.name)[0] == 0
    assert made.stat().st_mtime_ns == before


def test_wrong_file_is_not_converted(
    small_checkpoint: Path, served: str, stance_home: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = msgspec.structs.replace(entry_for(small_checkpoint, served), sha256="0" * 64)
    monkeypatch.setattr(export.fetch, "find_entry", lambda _: entry)
    assert command("fetch", entry.name)[0] == 2
    code, _, error = command("fetch", entry.name, "--file", small_checkpoint)
    assert code == 2
    assert "is not the checkpoint of" in error
    assert cache.find_converted(entry) is None


def test_file_fetched_by_hand_gets_the_catalogue_name(
    small_checkpoint: Path, stance_home: Path, command: Command
) -> None:
    name = "simplebaseline_r50_256x192"
    code, _, error = command("fetch", name)
    assert code == 2
    assert f"python -m export fetch {name} --file" in error
    assert command("fetch", name, "--file", small_checkpoint)[0] == 0
    assert fetch.locate(name) == cache.converted_place(find_entry(name))
    assert open_estimator(fetch.locate(name), "cpu").card.picture.color == "bgr"


@pytest.mark.slow
def test_app_converts_a_fetched_checkpoint(small_checkpoint: Path, stance_home: Path) -> None:
    entry = find_entry("simplebaseline_r50_256x192_mmpose")
    place = cache.place_of(entry)
    place.parent.mkdir(parents=True)
    shutil.copyfile(small_checkpoint, place)
    lines: list[str] = []
    path = fetch.locate(entry.name, report=lines.append)
    assert path == cache.converted_place(entry)
    assert any("Largest difference to PyTorch" in line for line in lines)
    assert open_estimator(path, "cpu").card.name == entry.name


@pytest.mark.slow
def test_converter_error_reaches_the_app(stance_home: Path) -> None:
    entry = find_entry("simplebaseline_r50_256x192_mmpose")
    place = cache.place_of(entry)
    place.parent.mkdir(parents=True)
    place.write_bytes(b"<html>")
    with pytest.raises(StanceError, match="is a web page"):
        fetch.locate(entry.name)


def test_cancelling_ends_the_converter(small_checkpoint: Path, stance_home: Path) -> None:
    entry = find_entry("simplebaseline_r50_256x192_mmpose")
    place = cache.place_of(entry)
    place.parent.mkdir(parents=True)
    shutil.copyfile(small_checkpoint, place)

    class Cancelled(Exception):  # noqa: N818
        pass

    def cancel(done: int, total: int | None) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        fetch.locate(entry.name, cancel)
    assert cache.find_converted(entry) is None
