"""People are the same to the bit after they were stored, and damaged bytes are refused."""

from __future__ import annotations

import numpy as np
import pytest

from app.core.people import FramePoses, Person
from app.network_answers import Answer
from app.project.answer_blocks import decode_answers, encode_answers
from app.project.pose_blocks import decode_block, encode_block

RNG = np.random.default_rng(3)
KEYPOINTS = 17


def person(number: int, *, full: bool) -> Person:
    def values(*shape: int) -> np.ndarray:
        return RNG.normal(200, 90, shape).astype(np.float32)

    return Person(
        number,
        float(RNG.uniform()),
        values(4),
        values(KEYPOINTS, 3),
        "predicted" if full else "estimated",
        values(KEYPOINTS, 4) if full else None,
        values(KEYPOINTS, 3) if full else None,
        RNG.uniform(size=KEYPOINTS) > 0.5 if full else None,
    )


FRAMES = [
    FramePoses(7, 0.1 + 0.2, (person(1, full=False), person(2**40, full=True))),
    FramePoses(8, 1 / 3, ()),
    FramePoses(10, 1e6 / 7, (person(2, full=True),)),
]


def same(first: object, second: object) -> bool:
    if first is None or second is None:
        return first is second
    one, other = np.asarray(first), np.asarray(second)
    return one.dtype == other.dtype and one.shape == other.shape and one.tobytes() == other.tobytes()


@pytest.mark.parametrize("frames", [FRAMES, FRAMES[1:2], []], ids=["people", "empty frame", "no frame"])
def test_stored_people_are_the_same_to_the_bit(frames: list[FramePoses]) -> None:
    again = decode_block(encode_block(frames, KEYPOINTS), KEYPOINTS)
    assert [(poses.index, poses.time_s) for poses in again] == [(poses.index, poses.time_s) for poses in frames]
    pairs = [
        (before, after)
        for poses, other in zip(frames, again, strict=True)
        for before, after in zip(poses.people, other.people, strict=True)
    ]
    for before, after in pairs:
        assert (before.id, before.score, before.state) == (after.id, after.score, after.state)
        for name in ("box", "keypoints", "points_3d", "measured", "filled"):
            assert same(getattr(before, name), getattr(after, name)), name
        assert after.keypoints.flags.writeable


def test_others_are_kept_by_their_boxes() -> None:
    one, two = person(0, full=False), person(4, full=True)
    frames = [FramePoses(7, 0.1, (person(1, full=False),)), FramePoses(8, 0.2, (), (one, two)), FramePoses(9, 0.3, ())]
    again = decode_block(encode_block(frames, KEYPOINTS), KEYPOINTS)
    assert [len(poses.others) for poses in again] == [0, 2, 0]
    for before, after in zip((one, two), again[1].others, strict=True):
        assert (after.id, after.score) == (0, before.score)
        assert same(before.box, after.box)
        assert after.keypoints.shape == (KEYPOINTS, 3)
        assert not after.keypoints.any()
    plain = [FramePoses(poses.index, poses.time_s, poses.people) for poses in frames]
    assert encode_block(frames, KEYPOINTS).startswith(encode_block(plain, KEYPOINTS))  # older blocks have no others
    assert [poses.others for poses in decode_block(encode_block(plain, KEYPOINTS), KEYPOINTS)] == [()] * 3


def test_every_cut_block_is_refused() -> None:
    data = encode_block(FRAMES, KEYPOINTS)
    for length in range(len(data)):
        with pytest.raises(ValueError, match=r"."):
            decode_block(data[:length], KEYPOINTS)


def test_people_of_another_skeleton_and_values_that_are_not_finite_are_refused() -> None:
    with pytest.raises(ValueError, match="keypoints"):
        decode_block(encode_block(FRAMES, KEYPOINTS), KEYPOINTS - 1)
    lost = person(1, full=False)
    lost.keypoints[3, 1] = np.nan
    with pytest.raises(ValueError, match="not finite"):
        decode_block(encode_block([FramePoses(0, 0.0, (lost,))], KEYPOINTS), KEYPOINTS)


def test_answers_are_the_same_after_they_were_stored() -> None:
    answers = [Answer(3, b"k" * 16, b"\x00\x01\x02\x03"), Answer(4, b"", b""), Answer(2**40, b"q" * 16, b"")]
    data = encode_answers(answers)
    assert list(decode_answers(data)) == answers
    for length in range(len(data)):
        with pytest.raises(ValueError, match=r"."):
            list(decode_answers(data[:length]))
