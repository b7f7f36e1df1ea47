"""Keypoints of one layout from those of another: coco17 and halpe26 become the 17 joints of Human3.6M.

A joint of Human3.6M comes from the keypoint of the same name, or, as in MMPose's ``convert_keypoint_definition``:

- root: the hip of halpe26, else the middle of both hips
- thorax: the neck of halpe26, else the middle of both shoulders
- spine: the middle of root and thorax
- neck_base (which lies at the face in these data): the nose
- head: the head of halpe26, else the middle of both eyes, else of both ears
- left_foot, right_foot: the ankles
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from app.core.people import Floats

Choices = tuple[tuple[str, ...], ...]

HIPS, SHOULDERS = ("left_hip", "right_hip"), ("left_shoulder", "right_shoulder")
MIDDLES: dict[str, Choices] = {
    "hip": (("pelvis",), ("root",), HIPS),
    "pelvis": (("hip",), ("root",), HIPS),
    "root": (("hip",), ("pelvis",), HIPS),
    "neck": (("thorax",), SHOULDERS),
    "thorax": (("neck",), SHOULDERS),
}
"""What may replace a keypoint of a name in any layout: the means of other ones, the preferred first."""
OF_H36M: dict[str, Choices] = {
    **MIDDLES,
    "spine": (("hip", "neck"), ("pelvis", "thorax"), (*HIPS, *SHOULDERS)),
    "neck_base": (("nose",), ("upper_neck",)),
    "head": (("head_top",), ("left_eye", "right_eye"), ("left_ear", "right_ear")),
    "left_foot": (("left_ankle",),),
    "right_foot": (("right_ankle",),),
}
"""The same for joints of Human3.6M."""
FROM_H36M: dict[str, Choices] = {
    **MIDDLES,
    "left_ankle": (("left_foot",),),
    "right_ankle": (("right_foot",),),
    "head_top": (("head",),),
    "nose": (("neck_base",),),
}
"""What keypoints of other layouts are taken from if the points have the names of Human3.6M."""


def sources(wanted: Sequence[str], names: Sequence[str], choices: dict[str, Choices]) -> list[list[int]]:
    """For each of the ``wanted`` keypoints the rows of ``names`` whose mean it is; empty where there are none."""
    rows = {name: row for row, name in enumerate(names)}

    def found(name: str) -> list[int]:
        for parts in ((name,), *choices.get(name, ())):
            if all(part in rows for part in parts):
                return [rows[part] for part in parts]
        return []

    return [found(name) for name in wanted]


def gather(values: Floats, rows: Sequence[Sequence[int]]) -> Floats:
    """``values`` (..., K, C) at the means of ``rows`` (J lists): (..., J, C).

    The last channel is a score, of which a mean takes the lowest. Zeros where a list is empty.
    """
    out = np.zeros((*values.shape[:-2], len(rows), values.shape[-1]), np.float32)
    for place, own in enumerate(rows):
        if own:
            part = values[..., list(own), :]
            out[..., place, :] = part.mean(axis=-2)
            out[..., place, -1] = part[..., -1].min(axis=-1)
    return out
