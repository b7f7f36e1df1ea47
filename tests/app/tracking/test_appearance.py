"""Appearance descriptors: clothes of different colors are distinguished, and nothing else matters."""

from __future__ import annotations

import cv2
import numpy as np

from app.core.people import Floats, Image
from app.core.skeleton import load_skeleton
from app.tracking.appearance import Appearance, blend, similarity

NAMES = load_skeleton("coco17").names
PLACES = {
    "shoulder": (15, 30),
    "elbow": (18, 55),
    "wrist": (18, 75),
    "hip": (12, 80),
    "knee": (12, 115),
    "ankle": (12, 150),
    "ear": (6, 12),
    "eye": (3, 10),
    "nose": (0, 12),
}
RED, BLUE, GREEN = (40, 40, 190), (190, 60, 40), (50, 160, 50)


def body(x: float) -> tuple[Floats, Floats]:
    """Box (4,) and pose (17, 3) of a person who stands upright at ``x``."""
    points = []
    for name in NAMES:
        across, down = PLACES[name.split("_")[-1]]
        points.append((x + across * (1 if name.startswith("left") else -1), 20 + down, 0.9))
    return np.array([x - 30, 20, x + 30, 180], np.float32), np.array(points, np.float32)


def picture(*people: tuple[float, tuple[int, int, int], tuple[int, int, int]]) -> Image:
    """A picture of ``people``: x, and the BGR colors of shirt and trousers."""
    image = np.full((200, 400, 3), 230, np.uint8)
    for x, shirt, trousers in people:
        cv2.rectangle(image, (round(x) - 25, 45), (round(x) + 25, 100), shirt, -1)
        cv2.rectangle(image, (round(x) - 20, 101), (round(x) + 20, 175), trousers, -1)
    return image


def descriptors(image: Image, *places: float) -> Floats:
    boxes, poses = zip(*(body(x) for x in places), strict=True)
    return Appearance(NAMES)(image, np.array(boxes), np.array(poses))


def test_the_same_clothes_are_similar_at_any_position() -> None:
    here = descriptors(picture((80, RED, BLUE), (300, GREEN, BLUE)), 80, 300)
    there = descriptors(picture((310, RED, BLUE), (120, GREEN, BLUE)), 310, 120)
    same = similarity(here[0], there)
    assert same[0] > 0.9
    assert same[1] < 0.75
    assert similarity(here[0], descriptors(picture((80, GREEN, RED)), 80))[0] < 0.4


def test_similarity_of_pairs_is_that_of_each_pair_alone() -> None:
    rng = np.random.default_rng(5)
    ones, others = rng.uniform(0, 1, (2, 6, 5, 4)).astype(np.float32) * 20
    alone = [similarity(one, other[None])[0] for one, other in zip(ones, others, strict=True)]
    assert similarity(ones, others).tolist() == alone


def test_a_slightly_darker_picture_changes_the_descriptor_little() -> None:
    image = picture((80, RED, BLUE))
    darker = np.asarray(image * 0.9, np.uint8)
    assert similarity(descriptors(image, 80)[0], descriptors(darker, 80))[0] > 0.55


def test_points_in_another_persons_box_are_ignored() -> None:
    alone, crowded = descriptors(picture((80, RED, BLUE)), 80), descriptors(picture((80, RED, BLUE)), 80, 90)
    assert alone[0, :, 3].min() > 0.9
    assert crowded[0, :, 3].mean() < 0.3


def test_unseen_parts_give_a_neutral_similarity() -> None:
    image = picture((80, RED, BLUE))
    box, pose = body(80)
    pose[:, 2] = 0.1
    (unseen,) = Appearance(NAMES)(image, box[None], pose[None])
    assert similarity(unseen, descriptors(image, 80))[0] == 0.5
    outside = Appearance(NAMES)(image, box[None] - 500, pose[None] - np.array([500, 500, 0], np.float32))
    assert (outside[..., 3] == 0).all()


def test_a_skeleton_without_a_body_has_no_descriptor() -> None:
    names = load_skeleton("hand21").names
    seen = Appearance(names)(picture(), np.zeros((2, 4), np.float32), np.zeros((2, 21, 3), np.float32))
    assert seen.shape == (2, 0, 4)
    assert similarity(seen[0], seen).tolist() == [0.5, 0.5]


def test_descriptor_follows_a_change_within_a_second_at_any_frame_rate() -> None:
    red, green = descriptors(picture((80, RED, RED)), 80)[0], descriptors(picture((80, GREEN, GREEN)), 80)[0]
    blended = []
    for fps in (5, 50):
        descriptor = red
        for _ in range(fps):
            (descriptor,) = blend(descriptor[None], green[None], [1 / fps])
        blended.append(descriptor)
    np.testing.assert_allclose(blended[0], blended[1], atol=0.5)
    fraction = (blended[0][0, :3] - red[0, :3]) / (green[0, :3] - red[0, :3])
    np.testing.assert_allclose(fraction, 1 - np.exp(-1), atol=0.01)


def test_people_are_described_and_blended_as_each_of_them_alone() -> None:
    """People whose boxes do not meet; parts of some are hidden or out of the picture."""
    image = picture((40, RED, BLUE), (200, GREEN, RED), (340, BLUE, GREEN))
    rng = np.random.default_rng(9)
    boxes, poses = (np.array(each) for each in zip(*(body(x) for x in (40, 200, 340)), strict=True))
    poses[:, :, 2] = rng.uniform(0, 1, (3, len(NAMES)))
    poses[2, 7, :2] += 500
    describe = Appearance(NAMES)
    together = describe(image, boxes, poses)
    alone = [describe(image, boxes[row : row + 1], poses[row : row + 1]) for row in range(3)]
    assert together.tobytes() == b"".join(one.tobytes() for one in alone)
    later, elapsed_s = describe(image[:, ::-1], boxes, poses), [0.03, 0.2, 1.0]
    blended = blend(together, later, elapsed_s)
    for row, seconds in enumerate(elapsed_s):
        assert blend(together[row : row + 1], later[row : row + 1], [seconds])[0].tobytes() == blended[row].tobytes()
