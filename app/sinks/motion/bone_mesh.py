"""The visible bones of an animated body: a slim octahedron from each joint to the next."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.core.skeleton import Side
from app.sinks.motion.joint_tree import Joint
from app.sinks.motion.rotations import SMALL, Values

WAIST, HALF_WIDTH = 0.2, 0.09
"""Where a bone is thickest, and half its width there, as fractions of its length."""
THINNEST_M, THICKEST_M = 0.003, 0.03


@dataclass(frozen=True, slots=True, eq=False)
class BoneMesh:
    """Triangles of the bones on one side of the body, three corners (N, 3) each, in the rest pose.

    ``normals`` (N, 3) point outward; ``joints`` (N,) are the indices of the joints that the corners move with.
    """

    corners: NDArray[np.float32]
    normals: NDArray[np.float32]
    joints: NDArray[np.uint8]


def rest_places(joints: list[Joint], offsets: Values) -> Values:
    """The places (J, 3) of all joints in the rest pose, from their ``offsets`` (J, 3), with the root at 0."""
    places = np.zeros_like(offsets)
    for number, joint in enumerate(joints):
        if joint.parent >= 0:
            places[number] = places[joint.parent] + offsets[number]
    return places


def bone_meshes(joints: list[Joint], offsets: Values) -> dict[Side, BoneMesh]:
    """The bones of each side of the body that has any."""
    places = rest_places(joints, offsets)
    found: dict[Side, list[tuple[Values, int]]] = {}
    for number, joint in enumerate(joints):
        if joint.parent >= 0 and np.linalg.norm(offsets[number]) > SMALL:
            triangles = _octahedron(places[joint.parent], places[number])
            found.setdefault(joint.side, []).append((triangles, joint.parent))
    return {side: _mesh(bones) for side, bones in found.items()}


def _mesh(bones: list[tuple[Values, int]]) -> BoneMesh:
    triangles = np.concatenate([one for one, _ in bones])
    normals = np.cross(triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0])
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    return BoneMesh(
        triangles.reshape(-1, 3).astype(np.float32),
        normals.repeat(3, axis=0).astype(np.float32),
        np.concatenate([np.full(3 * len(one), joint, np.uint8) for one, joint in bones]),
    )


def _octahedron(start: Values, end: Values) -> Values:
    """The eight triangles (8, 3 corners, 3) of a bone from ``start`` to ``end``, counterclockwise from outside."""
    along = end - start
    length = float(np.linalg.norm(along))
    along = along / length
    across = np.cross(along, np.eye(3)[int(np.argmin(np.abs(along)))])
    across /= np.linalg.norm(across)
    over = np.cross(along, across)
    width = min(max(HALF_WIDTH * length, THINNEST_M), THICKEST_M)
    ring = [start + along * WAIST * length + side * width for side in (across, over, -across, -over)]
    pairs = list(zip(ring, ring[1:] + ring[:1], strict=True))
    return np.array([(end, one, other) for one, other in pairs] + [(start, other, one) for one, other in pairs])
