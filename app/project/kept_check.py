"""What a recording check has read from the pictures of a clip, as it is stored."""

from __future__ import annotations

import logging

import msgspec

from app.analysis.recording_check import PictureSamples, RecordingCheck
from app.core.json_errors import JSON_ERRORS

log = logging.getLogger(__name__)


def encode_samples(check: RecordingCheck) -> bytes:
    """What ``check`` has read from the pictures, as JSON."""
    return msgspec.json.encode(check.picture_samples())


def restore_samples(check: RecordingCheck, data: bytes) -> None:
    """Give ``check`` what was stored; without valid ``data`` it judges by the poses alone."""
    if not data:
        return
    try:
        check.restore_samples(msgspec.json.decode(data, type=PictureSamples))
    except JSON_ERRORS as error:
        log.warning("what was read from the pictures is not valid and is ignored: %s", error)
