"""Pictures of people as painted dots, and bottom-up networks without weights that read them.

A dot of a keypoint has the keypoint's number in red, and the person's tag in blue. All people have the same shape.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import av
import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from app.core.people import Floats, Image
from app.core.skeleton import Skeleton
from app.inference.bottom_up_card import BottomUpCard, PartAffinity
from app.inference.model_card import METADATA_KEY, InputSpec, write_card

WIDTH, HEIGHT, FPS = 320, 128, 10
STEP = 12
"""Difference of the reds of two keypoints."""
SPREAD = 2.5
"""Standard deviation of the dots in the heatmaps, in pixels."""
WINDOW = 16
"""Pixels across which the networks look at a dot."""

POINTS = Skeleton(name="points17", names=tuple(f"point_{i}" for i in range(17)))
"""A skeleton without left and right: the networks cannot tell a mirrored dot from another one."""


def shape_of(keypoints: int) -> Floats:
    """Where the keypoints (K, 2) of a person lie around the center: on a spiral, at most 42 pixels away."""
    number = np.arange(keypoints)
    angle, radius = 2.4 * number, 8 + 7 * np.sqrt(number)
    return np.round(np.stack([np.cos(angle) * radius, np.sin(angle) * radius], axis=1)).astype(np.float32)


def paint(centers: Sequence[tuple[int, int]], keypoints: int = 17, missing: Sequence[int] = ()) -> Image:
    """A picture of people around ``centers``; the first person lacks the ``missing`` keypoints."""
    image = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    for person, center in enumerate(centers):
        for keypoint, (x, y) in enumerate((shape_of(keypoints) + np.array(center)).astype(int)):
            if person or keypoint not in missing:
                image[y - 1 : y + 2, x - 1 : x + 2] = (40 * (person + 1), 255, STEP * (keypoint + 1))
    return image


def write_clip(path: Path, images: Sequence[Image]) -> Path:
    """Write ``images`` as a video without losses."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=FPS)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "bgr0"
        for image in images:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="bgr24").reformat(format="bgr0")))
        container.mux(stream.encode())
    return path


class Graph:
    """An ONNX network that is built node by node; its input ``x`` is a picture in RGB, 0..255.

    ``strength`` is by how much its heatmaps are lower than usual.
    """

    def __init__(self, strength: float = 1) -> None:
        self.strength = strength
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def add(self, kind: str, inputs: Sequence[str | NDArray[Any]], **attributes: Any) -> str:
        """Add a node; arrays among its ``inputs`` become constants. Returns the name of its output."""
        names = [one if isinstance(one, str) else self._constant(one) for one in inputs]
        output = f"{kind}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, names, [output], **attributes))
        return output

    def _constant(self, value: NDArray[Any]) -> str:
        self.constants.append(numpy_helper.from_array(value, f"constant_{len(self.constants)}"))
        return self.constants[-1].name

    def channel(self, number: int) -> str:
        """One channel (N, 1, H, W) of the picture."""
        return self.add("Gather", ["x", np.array([number], np.int64)], axis=1)

    def heatmaps(self, keypoints: int, stride: int) -> str:
        """Maps (N, K, H / stride, W / stride) of the dots, about 0.9 high."""
        levels = np.arange(1, keypoints + 1, dtype=np.float32).reshape(1, -1, 1, 1) * STEP
        distance = self.add("Abs", [self.add("Sub", [self.channel(0), levels])])
        near = self.add("Relu", [self.add("Sub", [np.array(1, np.float32), distance])])
        reach = np.arange(WINDOW) - (WINDOW - 1) / 2
        weights = np.exp(-(reach**2) / (2 * SPREAD**2))
        kernel = (self.strength * np.outer(weights, weights) / 9).astype(np.float32)
        start = (WINDOW - stride) // 2
        return self.add(
            "Conv",
            [near, np.tile(kernel, (keypoints, 1, 1, 1))],
            group=keypoints,
            kernel_shape=[WINDOW, WINDOW],
            strides=[stride, stride],
            pads=[start] * 4,
        )

    def tags(self, keypoints: int, stride: int) -> str:
        """Tags (N, K, H / stride, W / stride): 4 for the first person, 8 for the second, ..."""
        blue = self.add("Mul", [self.channel(2), np.array(0.1, np.float32)])
        side = 2 * stride
        near = self.add("MaxPool", [blue], kernel_shape=[side] * 2, strides=[stride] * 2, pads=[stride // 2] * 4)
        return self.add("Concat", [near] * keypoints, axis=1)

    def constant_maps(self, values: Sequence[float], like: str) -> str:
        """Maps (N, C, h, w) as large as ``like``, each of one value."""
        blank = self.add("Mul", [self.add("ReduceSum", [like, np.array([1])], keepdims=1), np.array(0, np.float32)])
        return self.add("Add", [blank, np.array(values, np.float32).reshape(1, -1, 1, 1)])

    def save(
        self,
        path: Path,
        outputs: Sequence[str],
        card: BottomUpCard | None,
        size: Sequence[Any],
        metadata: Mapping[str, str] | None = None,
    ) -> Path:
        """Write the network, with ``card`` if there is one, for pictures of ``size`` (height, width; or names)."""
        graph = helper.make_graph(
            self.nodes,
            "painted",
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 3, *size])],
            [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs],
            self.constants,
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
        if card is not None:
            helper.set_model_props(model, {METADATA_KEY: write_card(card), **(metadata or {})})
        onnx.save(model, str(path))
        return path


ANY_SIZE = ("height", "width")
BASE = InputSpec((HEIGHT, HEIGHT))
"""Pictures are not resized by this."""


def higher_hrnet(
    path: Path,
    card: BottomUpCard | None,
    size: Sequence[Any] = ANY_SIZE,
    keypoints: int = 17,
    strength: float = 1,
) -> Path:
    """A network with the outputs of HigherHRNet."""
    graph = Graph(strength)
    coarse = graph.add("Concat", [graph.heatmaps(keypoints, 4), graph.tags(keypoints, 4)], axis=1)
    return graph.save(path, [coarse, graph.heatmaps(keypoints, 2)], card, size)


def hourglass(path: Path, card: BottomUpCard | None, size: Sequence[Any] = ANY_SIZE, keypoints: int = 17) -> Path:
    """A network whose one output has heatmaps and tags."""
    graph = Graph()
    both = graph.add("Concat", [graph.heatmaps(keypoints, 4), graph.tags(keypoints, 4)], axis=1)
    return graph.save(path, [both], card, size)


def dekr(
    path: Path,
    card: BottomUpCard | None,
    size: Sequence[Any] = ANY_SIZE,
    keypoints: int = 17,
    metadata: Mapping[str, str] | None = None,
    strength: float = 1,
) -> Path:
    """A network with the outputs of DEKR; the center of a person is keypoint 0, and has the offsets of all others."""
    graph = Graph(strength)
    heatmaps = graph.heatmaps(keypoints, 4)
    center = graph.add("Gather", [heatmaps, np.array([0], np.int64)], axis=1)
    shape = shape_of(keypoints)
    offsets = graph.constant_maps(((shape[0] - shape) / 4).ravel().tolist(), center)
    return graph.save(path, [graph.add("Concat", [heatmaps, center], axis=1), offsets], card, size, metadata)


def openpose(path: Path, card: BottomUpCard | None, spec: PartAffinity, size: Sequence[Any] = ANY_SIZE) -> Path:
    """A network with the outputs of OpenPose; the fields have the directions of the limbs everywhere."""
    graph = Graph()
    keypoints = 1 + max(keypoint for limb in spec.limbs for keypoint in limb)
    heatmaps = graph.heatmaps(keypoints, 4)
    background = graph.constant_maps([0], heatmaps)
    shape, field = shape_of(keypoints), np.zeros(2 * len(spec.limbs), np.float32)
    for (first, second), (x, y) in zip(spec.limbs, spec.fields, strict=True):
        between = shape[second] - shape[first]
        field[[x, y]] = between / np.linalg.norm(between)
    fields = graph.constant_maps(field.tolist(), heatmaps)
    return graph.save(path, [fields, graph.add("Concat", [heatmaps, background], axis=1)], card, size)
