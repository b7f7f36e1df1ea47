"""Every reader of untrusted bytes. Each must return a value or raise StanceError, nothing else."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import json
import tempfile
import warnings
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import PIL.Image
import pillow_heif
from hypothesis import strategies as st

from app.core.errors import StanceError
from tests.fuzz.bytes import changed_json, damaged
from tests.fuzz.child import Reader
from tests.fuzz.films import films, play, streams, watch


@dataclass(frozen=True, slots=True)
class Target:
    """``read`` reads a file with the bytes of ``strategy``; ``heavy`` if an example takes long.

    ``package`` names a package that it needs beyond the app's own.
    """

    ending: str
    strategy: Callable[[], st.SearchStrategy[bytes]]
    read: Callable[[Path], object]
    heavy: bool = False
    package: str = ""

    @property
    def missing(self) -> str:
        """The name of the needed package if it is not installed, else empty."""
        return self.package if self.package and importlib.util.find_spec(self.package) is None else ""


def survive(target: Target, data: bytes, folder: Path) -> None:
    """Read ``data``; any exception but StanceError, a new file or a changed input fails."""
    place = folder / "inner"
    place.mkdir(exist_ok=True)
    file = place / f"strange{target.ending}"
    file.write_bytes(data)
    with contextlib.suppress(StanceError), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # numbers beyond float32 are allowed
        target.read(file)
    assert {path.name for path in folder.iterdir()} == {"inner"}, "a file outside its folder"
    assert file.read_bytes() == data, "the file was changed"


# Cards.

CARD: dict[str, object] = {
    "task": "pose",
    "name": "a",
    "picture": {"size": [192, 256], "color": "rgb", "mean": [1, 2, 3], "std": [1, 1, 1], "layout": "nchw"},
    "codec": {"type": "simcc", "split_ratio": 2.0, "refine": "gaussian"},
    "skeleton": {"name": "own", "names": ["a", "b"], "limbs": [[0, 1]], "flip_pairs": [[0, 1]], "sigmas": [0.1, 0.1]},
    "padding": 1.25,
    "provenance": {"licence": "x", "assumed": ["mean"], "ap": 0.5},
}


def cards() -> st.SearchStrategy[bytes]:
    return changed_json(CARD) | damaged(json.dumps(CARD).encode()) | st.binary(max_size=64)


def read_card_file(path: Path) -> object:
    from app.inference.model_card import read_card, write_card

    return write_card(read_card(path.read_bytes(), path.name))


# Recorded people.

HEAD: dict[str, object] = {
    "format": "",
    "source": "clip.mp4",
    "size": [640, 480],
    "fps": 25.0,
    "skeleton": {"names": ["a", "b"], "limbs": [[0, 1]]},
    "pose_model": "p",
    "detector": "d",
}
PERSON: dict[str, object] = {"id": 1, "score": 0.9, "box": [1, 2, 3, 4], "keypoints": [[1, 2, 0.5], [3, 4, 0.5]]}
LINE: dict[str, object] = {"frame": 0, "time_s": 0.0, "people": [PERSON]}


def recordings() -> st.SearchStrategy[bytes]:
    from app.sinks.jsonl import FORMAT

    head = json.dumps(HEAD | {"format": FORMAT}).encode()
    line = json.dumps(LINE).encode()
    later = json.dumps(LINE | {"frame": 7, "time_s": 0.3}).encode()
    lines = st.lists(changed_json(LINE) | st.just(line), max_size=4).map(lambda found: b"\n".join([head, *found]))
    heads = changed_json(HEAD | {"format": FORMAT}).map(lambda found: found + b"\n" + line + b"\n")
    return lines | heads | damaged(b"\n".join([head, line, later, b""]))


def read_people(path: Path) -> object:
    from app.sinks.jsonl_reader import read_recording
    from app.window.player.recording_files import video_of

    recording = read_recording(path)
    found = recording.analysis()
    return [found.track(number) for number in found.ids()], found.spans(), video_of(recording, path, "shown.mp4")


# The catalogue.

CATALOGUE = b"""
[parameters]
hrnet_w32 = 28500000
[[entry]]
name = "a"
title = "A"
kind = "pose"
form = "onnx"
file = "a.onnx"
licence = "MIT"
sha256 = "00"
bytes = 12
addresses = [{type = "web", url = "https://example.org/{file}", member = "b.onnx"}]
[entry.card]
skeleton = "coco17"
picture = {size = [192, 256], mean = [1, 2, 3]}
codec = {type = "heatmap", refine = "dark"}
[[group]]
title = "B"
kind = "pose"
form = "checkpoint"
licence = "MIT"
[group.entries.hrnet_w32_x]
file = "x-0123abcd_20200101.pth"
"""


def catalogues() -> st.SearchStrategy[bytes]:
    return damaged(CATALOGUE) | st.binary(max_size=64)


def read_catalogue(path: Path) -> object:
    from app.zoo.catalogue import read_entries

    return list(read_entries(path.read_bytes().decode("utf-8", "replace")))


# Checkpoints.


@cache
def saved_weights() -> tuple[bytes, ...]:
    import torch
    from safetensors.torch import save

    weights = {"conv.weight": torch.ones(2, 3), "conv.bias": torch.zeros(2, dtype=torch.float64)}
    found = [save(weights)]
    for form in (True, False):
        file = io.BytesIO()
        torch.save({"state_dict": weights, "epoch": 3}, file, _use_new_zipfile_serialization=form)
        found.append(file.getvalue())
    return tuple(found)


def checkpoints() -> st.SearchStrategy[bytes]:
    return damaged(*saved_weights()[1:])


def tensor_files() -> st.SearchStrategy[bytes]:
    return damaged(saved_weights()[0])


def read_weights(path: Path) -> object:
    from export.checkpoint import read_checkpoint

    return {name: tensor.sum() for name, tensor in read_checkpoint(path).state.items() if not tensor.is_meta}


# Networks.


@cache
def small_networks() -> tuple[bytes, ...]:
    """The smallest pose network, with and without a card, and the smallest detector."""
    from onnx import TensorProto, helper

    found = []
    for axes, card in (((1, 3, 8, 8), CARD), ((1, 3, 8), None)):
        width, height = 8, 8
        inputs = [helper.make_tensor_value_info("picture", TensorProto.FLOAT, ("n", 3, height, width))]
        shape = helper.make_tensor("shape", TensorProto.INT64, (len(axes),), axes)
        nodes = [helper.make_node("Expand", ["mean", "shape"], ["answer"])]
        nodes.insert(0, helper.make_node("ReduceMean", ["picture"], ["mean"], axes=[0, 1, 2, 3], keepdims=0))
        outputs = [helper.make_tensor_value_info("answer", TensorProto.FLOAT, axes)]
        graph = helper.make_graph(nodes, "small", inputs, outputs, [shape])
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        found.append(model.SerializeToString())
        if card is not None:
            fields = card | {
                "picture": {"size": [8, 8]},
                "codec": {"type": "heatmap"},
                "skeleton": {"name": "own", "names": ["a", "b", "c"]},
            }
            helper.set_model_props(model, {"stance.card": json.dumps(fields)})
            found.append(model.SerializeToString())
    return tuple(found)


def onnx_files() -> st.SearchStrategy[bytes]:
    return damaged(*small_networks())


def open_both(path: Path) -> object:
    """Open the file as a pose network and as a detector, and run each on a blank picture."""
    from app.detection.detector import open_detector
    from app.pose.top_down import open_estimator

    image, boxes = np.zeros((50, 60, 3), np.uint8), np.array([[0, 0, 20, 40]], np.float32)
    with contextlib.suppress(StanceError):
        open_estimator(path, "cpu")(image, boxes)
    return open_detector(path, "cpu")(image, 0.5)


# Pictures.


@cache
def small_pictures() -> tuple[bytes, ...]:
    from tests.app.sources.test_images import with_orientation

    image = np.arange(24 * 16 * 3, dtype=np.uint8).reshape(24, 16, 3)
    found = [cv2.imencode(ending, image)[1].tobytes() for ending in (".jpg", ".png", ".bmp", ".webp", ".tiff", ".ppm")]
    found += [cv2.imencode(ending, image.astype(np.uint16))[1].tobytes() for ending in (".png", ".tiff")]
    return (*found, *(with_orientation(found[0], number) for number in (6, 9)), *several_pictures())


def several_pictures() -> Iterator[bytes]:
    """A file of two pictures in each format that can hold several."""
    pillow_heif.register_heif_opener()
    first, second = (PIL.Image.new("RGB", (64, 64), (gray,) * 3) for gray in (40, 200))
    for kind in ("HEIF", "AVIF", "GIF", "PNG", "WEBP", "TIFF"):
        file = io.BytesIO()
        first.save(file, kind, save_all=True, append_images=[second])
        yield file.getvalue()


def pictures() -> st.SearchStrategy[bytes]:
    return damaged(*small_pictures())


def look(path: Path) -> object:
    from app.sources.images import Images

    frame = Images(path).read()
    assert frame is not None
    assert frame.image.ndim == 3
    return frame


# Preferences.

INI = (
    b'[pipe]\npose="\\"rtmpose-s\\""\nthreshold=0.5\nmax_people=2\n[window]\nlooks={}\ngeometry="\\"AAA=\\""\n'
    b'shortcuts="{\\"play\\": \\"K\\"}"\n[places]\nrecent="[\\"/a.mp4\\"]"\nopened="\\"/\\""\n[live]\nring=10\n'
    b'[speed]\nrtmpose-s="[3.5, \\"cpu\\"]"\n'
)


def preference_files() -> st.SearchStrategy[bytes]:
    return damaged(INI)


def remember(path: Path) -> object:
    from app.core.settings import Settings
    from app.window.core.preferences import Preferences

    kept = Preferences(path)
    values = [getattr(kept, name) for name, value in vars(Preferences).items() if isinstance(value, property)]
    return kept.settings(Settings()), kept.speed("rtmpose-s"), values


# Archives.


@cache
def archives() -> tuple[bytes, ...]:
    found = []
    for way in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", way) as archive:
            archive.writestr("package/file.onnx", b"network" * 30)
            archive.writestr("../../outside.txt", b"outside")
        found.append(file.getvalue())
    return tuple(found)


def zips() -> st.SearchStrategy[bytes]:
    return damaged(*archives())


def unzip(path: Path) -> object:
    from app.zoo import Unavailable
    from app.zoo.fetch import _unzipped

    with contextlib.suppress(Unavailable):  # the next address is tried
        made = _unzipped(path, "file.onnx", path.parent, 1000)
        assert made.stat().st_size <= 1000
        return made
    return None


# TensorFlow Lite networks.


@cache
def tflite_files() -> tuple[bytes, ...]:
    """Files of one operator each."""
    import tflite

    from tests.export.small_tflite import Small, options

    kinds = tflite.BuiltinOperator
    weights = np.ones((2, 3, 3, 3), np.float32)
    conv = options("Conv2DOptions", StrideW=2, StrideH=2)
    size = np.array([8, 8], np.int32)
    resize = options("ResizeBilinearOptions", HalfPixelCenters=True)
    small = (
        Small(kinds.CONV_2D, [(1, 4, 4, 3)], (1, 2, 2, 2), [weights, weights[0, 0, 0, :2]], conv),
        Small(kinds.PAD, [(1, 4, 4, 3)], (1, 5, 5, 3), [np.array([[0, 0], [1, 0], [1, 0], [0, 0]], np.int32)]),
        Small(kinds.RESIZE_BILINEAR, [(1, 4, 4, 3)], (1, 8, 8, 3), [size], resize, version=3),
        Small(kinds.PRELU, [(1, 4, 4, 3)], (1, 4, 4, 3), [weights[:1, 0, 0]]),
    )
    with tempfile.TemporaryDirectory() as folder:
        return tuple(one.write(Path(folder) / "small.tflite").read_bytes() for one in small)


def tflites() -> st.SearchStrategy[bytes]:
    return damaged(*tflite_files())


def convert_tflite(path: Path) -> object:
    from export.tflite import to_onnx
    from export.tflite_file import read_network

    return to_onnx(read_network(path), path.name)


TARGETS = {
    "card": Target(".json", cards, read_card_file),
    "recording": Target(".jsonl", recordings, read_people),
    "catalogue": Target(".toml", catalogues, read_catalogue),
    "picture": Target(".png", pictures, look),
    "preferences": Target(".ini", preference_files, remember),
    "zip": Target(".zip", zips, unzip),
    "video": Target(".mp4", films, Reader(play), heavy=True),
    "stream": Target(".http", streams, Reader(watch), heavy=True),
    "network": Target(".onnx", onnx_files, open_both, heavy=True),
    "checkpoint": Target(".pth", checkpoints, read_weights, heavy=True, package="torch"),
    "tflite": Target(".tflite", tflites, convert_tflite),
    "safetensors": Target(".safetensors", tensor_files, read_weights, heavy=True, package="torch"),
}
