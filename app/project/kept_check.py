"""What a recording check has read from the pictures of a clip, as it is stored."""

from __future__ import annotations

import logging
from collections.abc import Callable

import msgspec

from app.analysis import Analysis
from app.analysis.recording_check import PictureSamples, RecordingCheck
from app.core.json_errors import JSON_ERRORS

log = logging.getLogger(__name__)


def encode_samples(check: RecordingCheck) -> bytes:
    """What ``check`` has read from the pictures, as JSON."""
    return msgspec.json.encode(check.picture_samples())


def replay_check(
    check: RecordingCheck, size: tuple[int, int], analysis: Analysis, data: bytes, is_cancelled: Callable[[], bool]
) -> None:
    """Let ``check`` look at the people of an analysis that was restored, of frames of ``size`` pixels.

    ``data`` is what it has read from the pictures; without valid ``data`` it judges by the people alone. Once
    ``is_cancelled``, the rest is left out.
    """
    for poses in analysis.frames():
        if is_cancelled():
            return
        check.add_people(size, poses)
    if not data:
        return
    try:
        check.restore_samples(msgspec.json.decode(data, type=PictureSamples))
    except JSON_ERRORS as error:
        log.warning("what was read from the pictures is not valid and is ignored: %s", error)
