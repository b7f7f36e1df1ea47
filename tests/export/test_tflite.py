"""MediaPipe's networks in ONNX: the outputs of the original interpreter (tests/golden/mediapipe/networks)."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx.helper import get_attribute_value

from app.core.errors import StanceError
from app.inference.onnx_model import open_network
from app.zoo.cache import CONVERSIONS
from app.zoo.catalogue import find_entry
from app.zoo.fetch import fetch
from export.__main__ import BAD_INPUT, main
from export.tflite import convert_tflite, to_onnx
from export.tflite_file import read_network
from tests.conftest import GOLDEN, ROOT

rule3: Any = importlib.import_module("tests.golden.rule3")

NETWORKS = {
    "blazepose-full": "pose_landmark_full",
    "blazepose-detector": "pose_detection",
    "palm-detector": "palm_detection_full",
    "hand-landmarks-full": "hand_landmark_full",
    "hand-landmarks-lite": "hand_landmark_lite",
    "hand-recrop": "hand_recrop",
    "face-landmarks": "face_landmark",
    "face-detector-short-range": "face_detection_short_range",
}
"""Names of the golden files by those of the catalogue."""

GRAPHS = {"hand-landmarks-full": "440dda4b5bb93abf", "palm-detector": "29125bd33d135eb3"}
"""Digests of the operators that are written for some of them."""


def fetched(name: str) -> Path:
    """The .tflite file of ``name``, from the cache or the package index; the test is skipped without either."""
    try:
        return fetch(find_entry(name))
    except StanceError as error:
        pytest.skip(str(error))


def compared(output: Any, steps: dict[str, int]) -> Any:
    """The part of an output, in the layout of TensorFlow Lite, that the golden file contains."""
    if output.ndim == 4:
        output = output.transpose(0, 2, 3, 1)
    for axis, step in steps.items():
        output = output.take(range(0, output.shape[int(axis)], step), int(axis))
    return output


@pytest.mark.parametrize("name", NETWORKS)
def test_outputs_of_the_original_alone_and_in_a_batch(name: str, tmp_path: Path) -> None:
    golden = np.load(GOLDEN / "mediapipe" / "networks" / f"{NETWORKS[name]}.npz")
    meta = json.loads(str(golden["meta"]))
    target = tmp_path / "network.onnx"
    convert_tflite(fetched(name), target, lambda _: None, all_outputs=True)
    calls = [(one["kind"], *meta["input_hw"], one["seed"]) for one in meta["inputs"]]
    pictures = [rule3.to_input(rule3.picture(*call), meta["value_range"]) for call in calls]
    batch = np.concatenate(pictures).transpose(0, 3, 1, 2)
    network = open_network(target, "cpu", lambda _: [batch[:1]])
    together = network.run([batch])
    alone = [network.run([batch[row : row + 1]]) for row in range(len(batch))]
    assert len(together) == len(meta["outputs"])
    for place, output in enumerate(together):
        key = f"out{place}"
        noise = meta["noise"][key]
        single = np.concatenate([row[place] for row in alone])
        np.testing.assert_allclose(output, single, atol=1e-6 * noise["largest"], rtol=0)
        atol = max(1e-4 * noise["largest"], 4 * noise["max_abs_xnnpack_on_off"])
        part = compared(output, meta["steps"].get(key, {}))
        np.testing.assert_allclose(part, golden[key], atol=atol, rtol=0)


@pytest.mark.parametrize("name", ["hand-landmarks-full", "palm-detector"])
def test_a_changed_conversion_has_a_new_version(name: str) -> None:
    """Another graph than the recorded one needs a higher number in ``CONVERSIONS``, or old files stay in use."""
    graph = to_onnx(read_network(fetched(name)), name).graph
    nodes = [
        [node.op_type, *node.input, *node.output, *((one.name, get_attribute_value(one)) for one in node.attribute)]
        for node in graph.node
    ]
    digest = sha256(repr(nodes).encode()).hexdigest()[:16]
    assert (CONVERSIONS["tflite"], digest) == (2, GRAPHS[name])


def test_unused_mask_is_left_out_and_no_torch_is_imported(tmp_path: Path) -> None:
    source, target = fetched("blazepose-full"), tmp_path / "blazepose.onnx"
    code = (
        "import sys; from export.__main__ import main\n"
        f"code = main(['tflite', {str(source)!r}, '-o', {str(target)!r}])\n"
        "assert not {'torch', 'torchvision', 'ultralytics'} & sys.modules.keys()\n"
        "raise SystemExit(code)"
    )
    child = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert child.returncode == 0, child.stderr
    assert "left out, as it is not used: Identity_2" in child.stdout
    network = open_network(target, "cpu", lambda _: [np.zeros((1, 3, 256, 256), np.float32)])
    assert [output.shape for output in network.outputs] == [(None, 195), (None, 1), (None, 39, 64, 64), (None, 117)]


def test_file_that_is_no_network_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.tflite"
    path.write_bytes(b"<html>not found</html>")
    assert main(["tflite", str(path), "-o", str(tmp_path / "a.onnx")]) == BAD_INPUT
    assert capsys.readouterr().err == "a.tflite is not a TensorFlow Lite network: wanted a .tflite file.\n"
    assert main(["tflite", str(tmp_path / "none.tflite"), "-o", str(tmp_path / "a.onnx")]) == BAD_INPUT
    assert "none.tflite' cannot be read (No such file or directory)" in capsys.readouterr().err
    assert [file.name for file in tmp_path.iterdir()] == ["a.tflite"]
