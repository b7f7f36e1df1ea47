"""The states of clips in the panel Queue."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.core.errors import StanceError
from app.engine.clip_queue import QueuedClip
from app.sources.file import VideoFile
from app.window.review.queue_panel import state_text


def test_a_failed_clip_shows_the_reason_before_all_else(tmp_path: Path) -> None:
    """The name of the clip stands in the column beside it, and the column is narrow."""
    path = tmp_path / "broken.mp4"
    path.write_bytes(b"no video")
    with pytest.raises(StanceError) as error:
        VideoFile(path)
    clip = QueuedClip(str(path), [], state="failed", problem=error.value.message)
    assert state_text(clip).startswith("Failed: cannot be opened as a video")
