"""URLs are shown without their credentials."""

from __future__ import annotations

import pytest

from app.core.address import without_secrets
from app.core.errors import StanceError


@pytest.mark.parametrize(
    ("address", "wanted"),
    [
        ("rtsp://anna:hunter2@cam.local:554/main", "rtsp://cam.local:554/main"),
        ("rtsp://anna:hun@ter2@cam.local/main", "rtsp://cam.local/main"),
        ("rtsp://anna:hun/ter2@cam.local/main", "rtsp://cam.local/main"),
        ("RTSP://anna:hun%40ter2@[fe80::1]:554", "RTSP://[fe80::1]:554"),
        ("http://hunter2@cam.local", "http://cam.local"),
        ("http://cam/video?user=anna&pwd=hunter2&fps=5", "http://cam/video?user=...&pwd=...&fps=5"),
        ("The stream 'rtsp://anna:hunter2@cam/a' is gone.", "The stream 'rtsp://cam/a' is gone."),
        ("rtsp://a:hunter2@one/x rtsp://b:hunter2@two/y", "rtsp://one/x rtsp://two/y"),
    ],
)
def test_credentials_are_removed_from_urls(address: str, wanted: str) -> None:
    assert without_secrets(address) == wanted
    assert str(StanceError(address)) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "0@1280x720@30",
        "/home/anna/me@work.mp4",
        "http://cam.local:8080/pictures@2x/a.jpg",
        "rtsp://[fe80::1]:554/a@b",
        "http://cam.local/keyhole?name=door",
        "Ask anna@example.org.",
    ],
)
def test_text_without_credentials_is_unchanged(text: str) -> None:
    assert without_secrets(text) == text
