"""Animated bodies as a scene of glTF 2.0: each has a skeleton, visible bones, and a part of one animation."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from pygltflib import (
    GLTF2,
    Animation,
    AnimationChannel,
    AnimationChannelTarget,
    AnimationSampler,
    Asset,
    Attributes,
    Buffer,
    Material,
    Mesh,
    Node,
    PbrMetallicRoughness,
    Primitive,
    Scene,
    Skin,
)

from app.core.skeleton import Side
from app.overlay.shape import Color
from app.sinks.motion.bone_mesh import BoneMesh, bone_meshes, rest_places
from app.sinks.motion.glb_buffer import GlbBuffer
from app.sinks.motion.rig import Rig
from app.sinks.motion.rotations import quaternions

SIDES: tuple[Side, ...] = ("left", "right", "middle")
ROUGHNESS = 0.6
ANIMATION = "Motion"
GENERATOR = "Stance"


class GlbScene:
    """A scene, empty at first; ``colors`` are those of the bones on each side of the body."""

    def __init__(self, colors: dict[Side, Color]) -> None:
        self._buffer = GlbBuffer()
        self._animation = Animation(name=ANIMATION)
        self._file = GLTF2(
            asset=Asset(version="2.0", generator=GENERATOR),
            scene=0,
            scenes=[Scene(nodes=[])],
            animations=[self._animation],
            materials=[_material(side, colors[side]) for side in SIDES],
        )

    def add(self, title: str, times_s: NDArray[np.float64], rig: Rig) -> None:
        """Add the person ``title``, whose animation ``rig`` has its frames at ``times_s`` (T,), in seconds from 0."""
        file, top = self._file, len(self._file.nodes)
        first = top + 1
        file.nodes.append(Node(name=title, children=[first]))  # by which Blender tells the skeletons apart
        for number, joint in enumerate(rig.joints):
            place = rig.roots[0] if joint.parent < 0 else rig.offsets[number]
            file.nodes.append(Node(name=joint.name, translation=place.tolist()))
            if joint.parent >= 0:
                file.nodes[first + joint.parent].children.append(first + number)
        places = rest_places(rig.joints, rig.offsets)
        file.skins.append(
            Skin(
                name=title,
                skeleton=first,
                joints=list(range(first, first + len(rig.joints))),
                inverseBindMatrices=self._buffer.add(_moved_back(places)),
            )
        )
        meshes = bone_meshes(rig.joints, rig.offsets)
        parts = [self._part(SIDES.index(side), mesh) for side, mesh in meshes.items()]
        file.meshes.append(Mesh(name=title, primitives=parts))
        file.nodes.append(Node(name=f"{title} bones", mesh=len(file.meshes) - 1, skin=len(file.skins) - 1))
        file.scenes[0].nodes += [top, len(file.nodes) - 1]
        self._animate(first, times_s, rig)

    def encoded(self) -> bytes:
        """The whole file."""
        self._file.accessors, self._file.bufferViews = self._buffer.accessors, self._buffer.views
        self._file.buffers = [Buffer(byteLength=len(self._buffer.data))]
        self._file.set_binary_blob(bytes(self._buffer.data))
        return b"".join(self._file.save_to_bytes())

    def _part(self, material: int, mesh: BoneMesh) -> Primitive:
        """The triangles of one side of the body, which follow one joint each."""
        joints = np.zeros((len(mesh.joints), 4), np.uint8)
        joints[:, 0] = mesh.joints
        attributes = Attributes(
            POSITION=self._buffer.add(mesh.corners, is_vertex=True, has_bounds=True),
            NORMAL=self._buffer.add(mesh.normals, is_vertex=True),
            JOINTS_0=self._buffer.add(joints, is_vertex=True),
            WEIGHTS_0=self._buffer.add(np.eye(1, 4, dtype=np.float32).repeat(len(joints), axis=0), is_vertex=True),
        )
        return Primitive(attributes=attributes, material=material)

    def _animate(self, first: int, times_s: NDArray[np.float64], rig: Rig) -> None:
        """Add the channels of a person whose joints are the nodes from ``first`` on."""
        times = self._buffer.add(times_s.astype(np.float32), has_bounds=True)
        self._channel(first, "translation", times, rig.roots.astype(np.float32))
        parents = {joint.parent for joint in rig.joints}
        for number in sorted(parents - {-1}):
            self._channel(first + number, "rotation", times, quaternions(rig.rotations[:, number]).astype(np.float32))

    def _channel(self, node: int, path: str, times: int, values: NDArray[np.float32]) -> None:
        sampler = AnimationSampler(input=times, output=self._buffer.add(values), interpolation="LINEAR")
        self._animation.samplers.append(sampler)
        number = len(self._animation.samplers) - 1
        target = AnimationChannelTarget(node=node, path=path)
        self._animation.channels.append(AnimationChannel(sampler=number, target=target))


def _moved_back(places: NDArray[np.float64]) -> NDArray[np.float32]:
    """The matrices (J, 4, 4), column after column, that move each of ``places`` (J, 3) to 0."""
    matrices = np.eye(4, dtype=np.float32)[None].repeat(len(places), axis=0)
    matrices[:, 3, :3] = -places
    return matrices


def _material(side: Side, color: Color) -> Material:
    """A dull material of ``color``, which is converted from sRGB to linear light (IEC 61966-2-1)."""
    srgb = np.array([color.red, color.green, color.blue]) / 255
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    surface = PbrMetallicRoughness(
        baseColorFactor=[*linear.round(4).tolist(), 1.0], metallicFactor=0.0, roughnessFactor=ROUGHNESS
    )
    return Material(name=side, pbrMetallicRoughness=surface)
