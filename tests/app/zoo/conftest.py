"""A local web server, and processes that fetch from it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.app.zoo.host import CONTENT, Fetcher, Host


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Iterator[Host]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    host = Host()
    host.files["/file"] = CONTENT
    yield host
    host.close()


@pytest.fixture
def fetcher() -> Iterator[Fetcher]:
    fetcher = Fetcher()
    yield fetcher
    for child in fetcher.children:
        child.kill()
        child.communicate()
