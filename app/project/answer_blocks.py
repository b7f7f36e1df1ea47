"""Answers of networks as bytes, and back: frame indices, lengths, keys and numbers, one array after the other."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence

import numpy as np

from app.network_answers import Answer

COUNT = struct.Struct("<I")
KEY_BYTES = 16
NO_ANSWER = -1
"""The length that stands for a frame that needed no detection."""


def encode_answers(answers: Sequence[Answer]) -> bytes:
    """``answers`` as bytes."""
    lengths = [len(one.numbers) if one.key else NO_ANSWER for one in answers]
    return b"".join(
        [
            COUNT.pack(len(answers)),
            np.array([one.frame for one in answers], "<i8").tobytes(),
            np.array(lengths, "<i8").tobytes(),
            *(one.key for one in answers),
            *(one.numbers for one in answers),
        ]
    )


def decode_answers(data: bytes) -> Iterator[Answer]:
    """The answers in ``data``. Raises ValueError if that is not what ``encode_answers`` returns."""
    if len(data) < COUNT.size:
        raise ValueError("the block is too short")
    (count,) = COUNT.unpack_from(data)
    indices = np.frombuffer(data, "<i8", count, COUNT.size).tolist()
    lengths = np.frombuffer(data, "<i8", count, COUNT.size + 8 * count).tolist()
    keys = COUNT.size + 16 * count
    numbers = keys + KEY_BYTES * sum(length != NO_ANSWER for length in lengths)
    sizes = [max(length, 0) for length in lengths]
    if min(lengths, default=0) < NO_ANSWER or numbers + sum(sizes) != len(data):
        raise ValueError("the lengths of the answers do not add up")
    for index, length in zip(indices, lengths, strict=True):
        if length == NO_ANSWER:
            yield Answer(index, b"", b"")
        else:
            yield Answer(index, data[keys : keys + KEY_BYTES], data[numbers : numbers + length])
            keys, numbers = keys + KEY_BYTES, numbers + length
