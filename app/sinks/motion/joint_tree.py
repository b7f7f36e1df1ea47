"""The joints of an animated body, made from the names of keypoints.

Joints have the names of the skeletons that most programs of animators recognize: Hips, Spine, LeftUpLeg, LeftHand.
Directions are those of the rest pose: a T-pose that looks along z, y up, its left along x.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.core.skeleton import Side, Skeleton, side_of

Direction = tuple[float, float, float]
Places = tuple[tuple[str, ...], ...]
"""Groups of keypoints: the middle of the first group that is known is the place."""
Keypoints = tuple[int, ...]

NOWHERE: Direction = (0.0, 0.0, 0.0)
LEFT: Direction = (1.0, 0.0, 0.0)
UP: Direction = (0.0, 1.0, 0.0)
DOWN: Direction = (0.0, -1.0, 0.0)
FORWARD: Direction = (0.0, 0.0, 1.0)
BACK: Direction = (0.0, 0.0, -1.0)
TOE: Direction = (0.0, -0.45, 0.893)

HIPS: Places = (("left_hip", "right_hip"), ("hip",), ("pelvis",))
SPINE: Places = (("spine",), *HIPS)
SHOULDERS: Places = (("left_shoulder", "right_shoulder"), ("neck",), ("thorax",))
HEAD: Places = (("left_ear", "right_ear"), ("upper_neck",), ("nose",), ("head",))
FINGERS = {
    "Thumb": "thumb",
    "Index": "forefinger",
    "Middle": "middle_finger",
    "Ring": "ring_finger",
    "Pinky": "pinky_finger",
}
END = "_End"
"""Behind the name of a joint: the end of its bone where no keypoint marks it."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line from one place of the body to another, and its ``direction`` in the rest pose."""

    start: Places
    end: Places
    direction: Direction


@dataclass(frozen=True, slots=True)
class JointSpec:
    """A joint that a body may have, at the place ``places``, in the direction ``rest`` from its parent.

    ``lines``, if both are known, say how it is turned: the first exactly, the second around the first. If no joint
    follows, its bone ends ``end_m`` meters away in the direction ``end``; where ``end_m`` is 0 it is an end itself.
    Without ``lines`` its bone points to the first joint that follows, and the first known line of ``twist`` says how
    far it is turned around itself: at rest that line leans in its ``direction``.
    """

    name: str
    parent: str
    places: Places
    rest: Direction
    end_m: float = 0.0
    end: Direction = UP
    lines: tuple[Line, Line] | None = None
    twist: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True)
class KnownLine:
    """A line between the middles of two groups of keypoints, and its ``direction`` in the rest pose."""

    start: Keypoints
    end: Keypoints
    direction: Direction


@dataclass(frozen=True, slots=True)
class Joint:
    """A joint of a body, in the middle of its ``keypoints``; ``parent`` is its parent's index, -1 for the root.

    An end that no keypoint marks has none: it is ``end_m`` meters along ``rest``. ``lines`` say how the joint is
    turned; without them it turns as little as its first child needs, and then around its bone as ``twist`` says.
    """

    name: str
    parent: int
    keypoints: Keypoints
    rest: Direction
    end_m: float = 0.0
    lines: tuple[KnownLine, KnownLine] | None = None
    twist: tuple[KnownLine, ...] = ()

    @property
    def side(self) -> Side:
        """The side of the body."""
        return side_of(self.name)


def _across(name: str) -> Line:
    """The line from the right to the left keypoint ``name``."""
    return Line(((f"right_{name}",),), ((f"left_{name}",),), LEFT)


def _limbs(side: str, out: Direction) -> tuple[JointSpec, ...]:
    """The joints of a leg and an arm; ``out`` is the direction away from the body.

    Knees and elbows that are bent tell how thigh and upper arm are twisted, the foot tells it of the shank, the palm of
    the forearm, and the toes tell it of the foot.
    """
    low = side.lower()
    index, pinky = f"{low}_index", f"{low}_pinky"  # the knuckles that body networks with few points of the hand have
    knuckles = Line(((f"{low}_pinky_finger1",), (pinky,)), ((f"{low}_forefinger1",), (index,)), FORWARD)
    palm = (Line(((f"{low}_wrist",),), ((f"{low}_middle_finger1",), (index, pinky)), out), knuckles)
    knee, ankle, elbow, wrist = (((f"{low}_{name}",),) for name in ("knee", "ankle", "elbow", "wrist"))
    toe = ((f"{low}_big_toe",), (f"{low}_foot_index",))
    foot = (Line(((f"{low}_heel",),), toe, FORWARD), Line(ankle, toe, FORWARD))
    toes = (Line(((f"{low}_big_toe",),), ((f"{low}_small_toe",),), out),)
    return (
        JointSpec(f"{side}UpLeg", "Hips", ((f"{low}_hip",),), out, 0.4, DOWN, twist=(Line(knee, ankle, BACK),)),
        JointSpec(f"{side}Leg", f"{side}UpLeg", knee, DOWN, 0.4, DOWN, twist=foot),
        JointSpec(f"{side}Foot", f"{side}Leg", ankle, DOWN, 0.15, TOE, twist=toes),
        JointSpec(f"{side}ToeBase", f"{side}Foot", toe, TOE),
        JointSpec(
            f"{side}Arm", "Spine2", ((f"{low}_shoulder",),), out, 0.25, out, twist=(Line(elbow, wrist, FORWARD),)
        ),
        JointSpec(f"{side}ForeArm", f"{side}Arm", elbow, out, 0.25, out, twist=(knuckles,)),
        JointSpec(f"{side}Hand", f"{side}ForeArm", wrist, out, 0.15, out, palm),
    )


def _finger(side: str, title: str, out: Direction) -> tuple[JointSpec, ...]:
    """The four joints of a finger, the last one its tip."""
    along = (0.7 * out[0], 0.0, 0.714) if title == "Thumb" else out
    names = [f"{side}Hand", *(f"{side}Hand{title}{number}" for number in range(1, 5))]
    return tuple(
        JointSpec(
            names[number],
            names[number - 1],
            ((f"{side.lower()}_{FINGERS[title]}{number}",),),
            along,
            0.0 if number == 4 else 0.02,
            along,
        )
        for number in range(1, 5)
    )


CHEST = (_across("shoulder"), Line(SPINE, SHOULDERS, UP))
SPECS = (
    JointSpec("Hips", "", HIPS, NOWHERE, lines=(_across("hip"), Line(HIPS, SHOULDERS, UP))),
    JointSpec("Spine", "Hips", HIPS, NOWHERE, 0.2),
    JointSpec("Spine1", "Spine", (("spine",),), UP, 0.2),
    JointSpec("Spine2", "Spine1", SHOULDERS, UP, 0.1, lines=CHEST),
    JointSpec("Neck", "Spine2", SHOULDERS, NOWHERE, 0.1),
    JointSpec("Head", "Neck", HEAD, UP, 0.15, lines=(_across("ear"), Line(HEAD, (("nose",),), FORWARD))),
    JointSpec("HeadTop_End", "Head", (("head",), ("head_top",)), UP),
    *(spec for side, x in (("Left", 1.0), ("Right", -1.0)) for spec in _limbs(side, (x, 0.0, 0.0))),
    *(
        spec
        for side, x in (("Left", 1.0), ("Right", -1.0))
        for title in FINGERS
        for spec in _finger(side, title, (x, 0.0, 0.0))
    ),
)
"""All joints, each after its parent."""


def joint_tree(skeleton: Skeleton, seen: NDArray[np.bool_]) -> list[Joint]:
    """The joints of a body whose ``seen`` (K,) keypoints of ``skeleton`` are known, each after its parent.

    A joint whose keypoints are missing is left out, and those below it follow the next one above. The list is empty if
    the hips are missing.
    """
    rows = {name: row for row, name in enumerate(skeleton.names) if seen[row]}
    found: dict[str, tuple[JointSpec, Keypoints, str]] = {}
    above = {"": ""}
    for spec in SPECS:
        keypoints, parent = _keypoints(rows, spec.places), above.get(spec.parent, "")
        is_apart = not parent or spec.rest == NOWHERE or keypoints != found[parent][1]
        if keypoints and is_apart and (parent or not spec.parent):
            found[spec.name] = spec, keypoints, parent
            above[spec.name] = spec.name
        else:
            above[spec.name] = parent
    for name in ("Neck", "Spine"):
        if name in found and all(parent != name for _, _, parent in found.values()):
            del found[name]
    return _numbered(rows, found)


def _numbered(rows: Mapping[str, int], found: Mapping[str, tuple[JointSpec, Keypoints, str]]) -> list[Joint]:
    """The joints that were ``found``, and an end for each bone that has none."""
    order = {name: number for number, name in enumerate(found)}
    parents = {parent for _, _, parent in found.values()}
    joints = [
        Joint(name, order.get(parent, -1), keypoints, spec.rest, lines=_lines(rows, spec), twist=_twist(rows, spec))
        for name, (spec, keypoints, parent) in found.items()
    ]
    ends = [
        Joint(name + END, order[name], (), spec.end, spec.end_m)
        for name, (spec, _, _) in found.items()
        if name not in parents and spec.end_m
    ]
    return joints + ends


def _keypoints(rows: Mapping[str, int], places: Places) -> Keypoints:
    """The indices of the first group of ``places`` whose keypoints are all known; empty if there is none."""
    known: Sequence[tuple[str, ...]] = [group for group in places if all(name in rows for name in group)]
    return tuple(rows[name] for name in known[0]) if known else ()


def _lines(rows: Mapping[str, int], spec: JointSpec) -> tuple[KnownLine, KnownLine] | None:
    if spec.lines is None:
        return None
    first, second = (_known(rows, line) for line in spec.lines)
    return None if first is None or second is None else (first, second)


def _twist(rows: Mapping[str, int], spec: JointSpec) -> tuple[KnownLine, ...]:
    return tuple(known for line in spec.twist if (known := _known(rows, line)) is not None)


def _known(rows: Mapping[str, int], line: Line) -> KnownLine | None:
    """``line`` between keypoints; None if an end of it is not known."""
    start, end = _keypoints(rows, line.start), _keypoints(rows, line.end)
    return KnownLine(start, end, line.direction) if start and end else None
