"""glTF: read back by pygltflib and trimesh, held to the rules of glTF 2.0, and posed as a viewer poses it."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.spatial.transform import Rotation, Slerp

from app.analysis.scale import Scale
from app.core.skeleton import load_skeleton
from app.overlay import DrawStyle
from tests.app.sinks.motion.moving_body import FPS, Values, moving, over_floor, write
from tests.app.sinks.motion.test_bvh import expected

FLOAT, UNSIGNED_BYTE, ARRAY_BUFFER = 5126, 5121, 34962
KINDS: dict[int, np.dtype[Any]] = {FLOAT: np.dtype("<f4"), UNSIGNED_BYTE: np.dtype("u1")}
SIZES = {"SCALAR": 1, "VEC3": 3, "VEC4": 4, "MAT4": 16}


class Viewer:
    """Reads ``path`` by the rules of glTF 2.0 alone, and plays its animation."""

    def __init__(self, path: Path) -> None:
        data = path.read_bytes()
        magic, version, length, size, kind = struct.unpack("<4s2I I4s", data[:20])
        assert (magic, version, length, kind) == (b"glTF", 2, len(data), b"JSON")
        self.file: dict[str, Any] = json.loads(data[20 : 20 + size])
        binary_size, binary_kind = struct.unpack("<I4s", data[20 + size : 28 + size])
        assert binary_kind == b"BIN\0"
        assert size % 4 == binary_size % 4 == 0
        self.binary = data[28 + size : 28 + size + binary_size]
        assert self.file["buffers"] == [{"byteLength": self.file["buffers"][0]["byteLength"]}]
        assert 0 <= binary_size - self.file["buffers"][0]["byteLength"] <= 3

    def array(self, number: int) -> Values:
        """The values of an accessor."""
        accessor = self.file["accessors"][number]
        view = self.file["bufferViews"][accessor["bufferView"]]
        kind = KINDS[accessor["componentType"]]
        assert view["byteOffset"] % 4 == 0
        assert view["byteLength"] == accessor["count"] * SIZES[accessor["type"]] * kind.itemsize
        values = np.frombuffer(self.binary, kind, accessor["count"] * SIZES[accessor["type"]], view["byteOffset"])
        return values.reshape(accessor["count"], -1).astype(float)

    def world(self, time_s: float) -> list[Values]:
        """The matrix (4, 4) of each node at a moment."""
        nodes = self.file["nodes"]
        turns = [Rotation.identity() for _ in nodes]
        places = [np.array(node.get("translation", [0.0, 0.0, 0.0])) for node in nodes]
        (animation,) = self.file["animations"]
        for channel in animation["channels"]:
            sampler = animation["samplers"][channel["sampler"]]
            times, values = self.array(sampler["input"])[:, 0], self.array(sampler["output"])
            now = float(np.clip(time_s, times[0], times[-1]))
            node = channel["target"]["node"]
            if channel["target"]["path"] == "rotation":
                turns[node] = Slerp(times, Rotation.from_quat(values))(now)
            else:
                places[node] = np.array([np.interp(now, times, column) for column in values.T])
        parents = {child: number for number, node in enumerate(nodes) for child in node.get("children", [])}
        found: list[Values] = []
        for number in range(len(nodes)):
            matrix = np.eye(4)
            matrix[:3, :3], matrix[:3, 3] = turns[number].as_matrix(), places[number]
            found.append(found[parents[number]] @ matrix if number in parents else matrix)
        return found

    def places(self, person: int, time_s: float) -> dict[str, Values]:
        """The place of each joint of a person at a moment, by name."""
        world = self.world(time_s)
        return {
            self.file["nodes"][joint]["name"]: world[joint][:3, 3] for joint in self.file["skins"][person]["joints"]
        }


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Values, Values]:
    """The file of two people, and their points; the second one, Anna, is away from frame 10 to 19."""
    skeleton = load_skeleton("wholebody133")
    first, second = moving(skeleton, 30), moving(skeleton, 30, seed=5)
    frames: list[dict[int, Values]] = [{1: first[k]} | ({2: second[k]} if not 10 <= k < 20 else {}) for k in range(30)]
    style = DrawStyle(threshold=0.3, names={2: "Anna"})
    (path,) = write(tmp_path_factory.mktemp("glb") / "out.glb", "wholebody133", frames, style=style)
    return path, first, second


def test_a_viewer_shows_the_joints_where_they_were(pair: tuple[Path, Values, Values]) -> None:
    path, first, _ = pair
    viewer, wanted = Viewer(path), expected(over_floor(first, "wholebody133"), "wholebody133")
    for frame in (0, 13, 29):
        found = viewer.places(0, frame / FPS)
        for joint, places in wanted.items():
            np.testing.assert_allclose(found[joint], places[frame], atol=0.001, err_msg=joint)


def test_a_person_who_is_away_stays_as_seen_last(pair: tuple[Path, Values, Values]) -> None:
    path, _, second = pair
    viewer = Viewer(path)
    wanted = expected(over_floor(second, "wholebody133", [*range(10), *range(20, 30)]), "wholebody133")["LeftHand"]
    for frame, row in ((9, 9), (15, 9), (18, 9), (20, 10), (29, 19)):
        np.testing.assert_allclose(viewer.places(1, frame / FPS)["LeftHand"], wanted[row], atol=0.001)


def test_the_file_keeps_the_rules_of_gltf(pair: tuple[Path, Values, Values]) -> None:
    viewer = Viewer(pair[0])
    file = viewer.file
    assert file["asset"]["version"] == "2.0"
    assert [node["name"] for node in file["nodes"] if "mesh" in node] == ["person1 bones", "Anna bones"]
    children = [child for node in file["nodes"] for child in node.get("children", [])]
    assert len(children) == len(set(children))
    assert sorted([*children, *file["scenes"][0]["nodes"]]) == list(range(len(file["nodes"])))
    for part in (part for mesh in file["meshes"] for part in mesh["primitives"]):
        arrays = {name: viewer.array(number) for name, number in part["attributes"].items()}
        assert len({len(array) for array in arrays.values()}) == 1
        assert len(arrays["POSITION"]) % 3 == 0
        bounds = file["accessors"][part["attributes"]["POSITION"]]
        np.testing.assert_allclose(bounds["min"], arrays["POSITION"].min(axis=0), rtol=1e-6)
        np.testing.assert_allclose(bounds["max"], arrays["POSITION"].max(axis=0), rtol=1e-6)
        np.testing.assert_allclose(np.linalg.norm(arrays["NORMAL"], axis=1), 1, atol=1e-5)
        np.testing.assert_array_equal(arrays["WEIGHTS_0"].sum(axis=1), 1)
        assert arrays["JOINTS_0"].max() < len(file["skins"][0]["joints"])
        views = [file["bufferViews"][file["accessors"][number]["bufferView"]] for number in part["attributes"].values()]
        assert {view["target"] for view in views} == {ARRAY_BUFFER}
    for sampler in file["animations"][0]["samplers"]:
        accessor, times = file["accessors"][sampler["input"]], viewer.array(sampler["input"])
        assert (np.diff(times[:, 0]) > 0).all()
        assert (accessor["min"], accessor["max"]) == ([times.min()], [times.max()])
        assert file["accessors"][sampler["output"]]["count"] == len(times)
    targets = [tuple(channel["target"].values()) for channel in file["animations"][0]["channels"]]
    assert len(targets) == len(set(targets))


def test_bones_lie_between_their_joints_and_face_outward(pair: tuple[Path, Values, Values]) -> None:
    """Skinned as a viewer does it: the bones of a moment enclose the joints of that moment."""
    path, first, _ = pair
    viewer = Viewer(path)
    skin, world = viewer.file["skins"][0], viewer.world(0.5)
    back = viewer.array(skin["inverseBindMatrices"]).reshape(-1, 4, 4).swapaxes(1, 2)
    corners = []
    for part in viewer.file["meshes"][0]["primitives"]:
        points = viewer.array(part["attributes"]["POSITION"])
        joints = viewer.array(part["attributes"]["JOINTS_0"])[:, 0].astype(int)
        matrices = np.stack([world[skin["joints"][joint]] @ back[joint] for joint in joints])
        corners.append(np.einsum("nij,nj->ni", matrices, np.column_stack([points, np.ones(len(points))]))[:, :3])
        triangles = points.reshape(-1, 8, 3, 3)
        middles = triangles.mean(axis=(1, 2), keepdims=True)[:, :, 0]
        outward = (triangles.mean(axis=2) - middles) * viewer.array(part["attributes"]["NORMAL"]).reshape(-1, 8, 3, 3)[
            :, :, 0
        ]
        assert (outward.sum(axis=2) > 0).all()
    everything = np.concatenate(corners)
    for joint, places in expected(over_floor(first, "wholebody133"), "wholebody133").items():
        nearest = np.linalg.norm(everything - places[15], axis=1).min()
        assert nearest < 0.002, joint


def test_other_readers_open_the_file(pair: tuple[Path, Values, Values]) -> None:
    pygltflib, trimesh = pytest.importorskip("pygltflib"), pytest.importorskip("trimesh")
    file = pygltflib.GLTF2().load(str(pair[0]))
    assert [skin.name for skin in file.skins] == ["person1", "Anna"]
    assert {material.name for material in file.materials} == {"left", "right", "middle"}
    scene = trimesh.load(str(pair[0]))
    assert len(scene.geometry) == 6  # three materials each
    assert scene.triangles.shape[0] % 8 == 0


def test_with_a_scale_people_move_along_the_picture(tmp_path: Path) -> None:
    points = moving(load_skeleton("halpe26"), 2)
    (path,) = write(tmp_path / "out.glb", "halpe26", [{1: one} for one in points], scale=Scale(0.01, (100.0, 500.0)))
    assert Viewer(path).places(0, 0.0)["Hips"][0] == pytest.approx(2.0, abs=1e-4)  # 300 px: 200 px from the origin
