"""What people look like: clothes of other colours are told apart, and nothing else is taken for them."""

from __future__ import annotations

import cv2
import numpy as np

from app.appearance import Appearance, alike, remembered
from app.people import Floats, Image
from app.skeleton import load_skeleton

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
    """Box (4,) and pose (17, 3) of somebody who stands upright at ``x``."""
    points = []
    for name in NAMES:
        across, down = PLACES[name.split("_")[-1]]
        points.append((x + across * (1 if name.startswith("left") else -1), 20 + down, 0.9))
    return np.array([x - 30, 20, x + 30, 180], np.float32), np.array(points, np.float32)


def picture(*people: tuple[float, tuple[int, int, int], tuple[int, int, int]]) -> Image:
    """People at x, in a shirt and trousers of these colours."""
    image = np.full((200, 400, 3), 230, np.uint8)
    for x, shirt, trousers in people:
        cv2.rectangle(image, (round(x) - 25, 45), (round(x) + 25, 100), shirt, -1)
        cv2.rectangle(image, (round(x) - 20, 101), (round(x) + 20, 175), trousers, -1)
    return image


def looks(image: Image, *places: float) -> Floats:
    boxes, poses = zip(*(body(x) for x in places), strict=True)
    return Appearance(NAMES)(image, np.array(boxes), np.array(poses))


def test_the_same_clothes_look_alike_wherever_they_go() -> None:
    here = looks(picture((80, RED, BLUE), (300, GREEN, BLUE)), 80, 300)
    there = looks(picture((310, RED, BLUE), (120, GREEN, BLUE)), 310, 120)
    same = alike(here[0], there)
    assert same[0] > 0.9
    assert same[1] < 0.75
    assert alike(here[0], looks(picture((80, GREEN, RED)), 80))[0] < 0.4


def test_a_darker_moment_changes_little() -> None:
    image = picture((80, RED, BLUE))
    darker = np.asarray(image * 0.9, np.uint8)
    assert alike(looks(image, 80)[0], looks(darker, 80))[0] > 0.55


def test_what_lies_in_somebody_elses_box_does_not_count() -> None:
    alone, crowded = looks(picture((80, RED, BLUE)), 80), looks(picture((80, RED, BLUE)), 80, 90)
    assert alone[0, :, 3].min() > 0.9
    assert crowded[0, :, 3].mean() < 0.3


def test_what_is_not_seen_says_nothing() -> None:
    image = picture((80, RED, BLUE))
    box, pose = body(80)
    pose[:, 2] = 0.1
    (unseen,) = Appearance(NAMES)(image, box[None], pose[None])
    assert alike(unseen, looks(image, 80))[0] == 0.5
    outside = Appearance(NAMES)(image, box[None] - 500, pose[None] - np.array([500, 500, 0], np.float32))
    assert (outside[..., 3] == 0).all()


def test_a_skeleton_without_a_body_has_no_looks() -> None:
    names = load_skeleton("hand21").names
    seen = Appearance(names)(picture(), np.zeros((2, 4), np.float32), np.zeros((2, 21, 3), np.float32))
    assert seen.shape == (2, 0, 4)
    assert alike(seen[0], seen).tolist() == [0.5, 0.5]


def test_memory_follows_a_change_within_a_second_at_any_rate() -> None:
    red, green = looks(picture((80, RED, RED)), 80)[0], looks(picture((80, GREEN, GREEN)), 80)[0]
    kept = []
    for fps in (5, 50):
        memory = red
        for _ in range(fps):
            memory = remembered(memory, green, 1 / fps)
        kept.append(memory)
    np.testing.assert_allclose(kept[0], kept[1], atol=0.5)
    share = (kept[0][0, :3] - red[0, :3]) / (green[0, :3] - red[0, :3])
    np.testing.assert_allclose(share, 1 - np.exp(-1), atol=0.01)
