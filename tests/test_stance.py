"""The library: three lines to the first skeleton, and the examples of docs/library.md."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import stance
from app.core.settings import Settings
from app.pipeline import open_pipeline
from app.sources import open_source
from tests.app.pose import one_stage_networks as networks
from tests.conftest import ROOT

DOCUMENT = ROOT / "docs" / "library.md"
EXAMPLES = re.findall(r"```python\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)


@pytest.fixture(scope="module")
def pose(rtmpose_s: Path, yolox_tiny: Path) -> stance.Pose:
    return stance.Pose(rtmpose_s, detector=yolox_tiny, device="cpu")


@pytest.fixture(scope="module")
def image(demo: Path) -> stance.Image:
    source = open_source(str(demo))
    try:
        source.seek(2.0)
        frame = source.read()
    finally:
        source.close()
    assert frame is not None
    return frame.image


def engine_threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("stance-")]


def test_importing_sets_and_loads_nothing() -> None:
    program = (
        "import os, sys\n"
        "before = dict(os.environ)\n"
        "import stance\n"
        "assert dict(os.environ) == before\n"
        "assert not {'cv2', 'onnxruntime', 'PyQt6', 'av', 'scipy', 'torch'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True)


def test_people_of_one_picture(pose: stance.Pose, image: stance.Image) -> None:
    before = image.copy()
    people = pose(image)
    assert len(people) >= 1
    height, width = image.shape[:2]
    for person in people:
        assert person.keypoints.shape == (len(pose.skeleton.names), 3)
        x0, y0, x1, y1 = person.box
        assert x1 > x0 >= -width
        assert y1 > y0 >= -height
    assert [person.id for person in pose(image)] == [person.id for person in people]
    assert (image == before).all()


def test_tracking_finds_what_the_pipeline_finds(pose: stance.Pose, demo: Path) -> None:
    found = [(frame.index, people) for frame, people in pose.track(demo, limit=12)]
    assert [index for index, _ in found] == list(range(12))
    pipeline = open_pipeline(pose.settings)
    source = open_source(str(demo))
    for _, people in found:
        frame = source.read()
        assert frame is not None
        expected = pipeline.process(frame).people
        assert [person.id for person in people] == [person.id for person in expected]
        for person, other in zip(people, expected, strict=True):
            np.testing.assert_array_equal(person.keypoints, other.keypoints)
    source.close()


def test_leaving_the_loop_ends_its_threads(pose: stance.Pose, demo: Path) -> None:
    frames = pose.track(demo)
    next(iter(frames))
    assert engine_threads()
    frames.close()  # type: ignore[attr-defined]
    for thread in threading.enumerate():
        if thread.name.startswith("stance-"):
            thread.join(10)
    assert not engine_threads()


def test_drawing_makes_a_new_picture(pose: stance.Pose, image: stance.Image) -> None:
    people = pose(image)
    drawn = stance.draw(image, people, pose.skeleton)
    assert drawn.shape == image.shape
    x, y = people[0].keypoints[people[0].keypoints[:, 2].argmax(), :2]
    around = np.s_[round(y) - 3 : round(y) + 4, round(x) - 3 : round(x) + 4]
    assert (drawn[around] != image[around]).any()
    assert (stance.draw(image, [], pose.skeleton) == image).all()


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (np.zeros((4, 4), np.uint8), r"shape \(4, 4\) and type uint8: wanted \(height, width, 3\) of uint8"),
        (np.zeros((4, 4, 4), np.uint8), r"shape \(4, 4, 4\)"),
        (np.zeros((0, 4, 3), np.uint8), r"shape \(0, 4, 3\)"),
        (np.zeros((4, 4, 3), np.float32), "float32"),
        (None, "type NoneType: wanted a numpy array"),
        ("photo.jpg", "type str: wanted a numpy array"),
        ([[[0, 0, 0]]], "type list: wanted a numpy array"),
    ],
    ids=["gray", "alpha", "empty", "float", "none", "path", "list"],
)
def test_a_picture_of_another_kind_is_refused(pose: stance.Pose, wrong: Any, sentence: str) -> None:
    with pytest.raises(stance.StanceError, match=sentence):
        pose(wrong)
    with pytest.raises(stance.StanceError, match=sentence):
        stance.draw(wrong, [], pose.skeleton)


def test_unknown_options_are_refused(pose: stance.Pose, image: stance.Image) -> None:
    with pytest.raises(stance.StanceError, match="Unknown option 'smoth'"):
        stance.Pose(smoth="kalman")
    with pytest.raises(stance.StanceError, match="Unknown style 'colour'"):
        stance.draw(image, [], pose.skeleton, colour="side")
    with pytest.raises(stance.StanceError, match="wanted"):
        list(pose.track("there-is-no-such-clip.mp4"))


@pytest.mark.parametrize(
    ("people", "sentence"),
    [
        (None, "People of type NoneType: wanted a list of Person"),
        ([None], "A person of type NoneType: wanted a list of Person"),
        ([np.zeros((26, 3))], "A person of type ndarray"),
        ("people", "A person of type str"),
        ([stance.Person(1, 1.0, np.zeros(4, np.float32), np.zeros((17, 3), np.float32))], "x, y and score of the 26"),
        ([stance.Person(1, 1.0, np.zeros(4, np.float32), np.zeros((26, 2), np.float32))], r"shape \(26, 2\)"),
    ],
    ids=["none", "list of none", "arrays", "text", "other keypoints", "without scores"],
)
def test_people_of_another_kind_are_not_drawn(
    pose: stance.Pose, image: stance.Image, people: Any, sentence: str
) -> None:
    with pytest.raises(stance.StanceError, match=sentence):
        stance.draw(image, people, pose.skeleton)


@pytest.mark.parametrize(
    ("style", "sentence"),
    [
        ({"threshold": "0.3"}, "threshold is '0.3': wanted a number"),
        ({"boxes": 1}, "boxes is 1: wanted True or False"),
        ({"names": ["Ann"]}, "wanted names by id"),
        ({"color": "rainbow"}, "Unknown color 'rainbow': wanted one of side, part, person, score"),
        ({"style": "stick"}, "Unknown style 'stick': wanted one of lines"),
    ],
    ids=lambda value: "".join(value) if isinstance(value, dict) else "",
)
def test_values_of_a_style_are_checked(
    pose: stance.Pose, image: stance.Image, style: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(stance.StanceError, match=sentence):
        stance.draw(image, [], pose.skeleton, **style)


def test_the_skeleton_is_checked(image: stance.Image) -> None:
    wrong: Any = None
    with pytest.raises(stance.StanceError, match=r"A skeleton of type NoneType: wanted Pose\.skeleton"):
        stance.draw(image, [], wrong)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"source": None}, "type NoneType: wanted a path, an address or the number of a camera"),
        ({"source": np.zeros((4, 4, 3), np.uint8)}, "type ndarray: wanted a path"),
        ({"start_s": "1"}, "start_s is '1': wanted a number"),
        ({"end_s": "1"}, "end_s is '1': wanted a number"),
        ({"limit": 2.5}, "limit is 2.5: wanted a whole number"),
        ({"limit": True}, "limit is True: wanted a whole number"),
    ],
    ids=lambda value: "".join(value) if isinstance(value, dict) else "",
)
def test_arguments_of_track_are_checked(
    pose: stance.Pose, demo: Path, arguments: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(stance.StanceError, match=sentence):
        pose.track(**({"source": demo} | arguments))


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"max_people": "3"}, "max_people is '3': wanted a whole number"),
        ({"threshold": None}, "threshold is None: wanted a number"),
        ({"flip_test": "yes"}, "flip_test is 'yes': wanted True or False"),
        ({"crop": (192,)}, r"crop is \(192,\): wanted \(width, height\) or \"WIDTHxHEIGHT\""),
        ({"crop": (192, 0)}, "The crop size '192x0' is not valid: wanted WIDTHxHEIGHT"),
        ({"pose": 5}, r"pose is 5: wanted a name of the catalogue or a path\."),
        ({"detector": 5}, r"detector is 5: wanted a name of the catalogue or a path\."),
        ({"device": 0}, "Unknown device 0"),
    ],
    ids=lambda value: "".join(value) if isinstance(value, dict) else "",
)
def test_options_of_another_kind_are_refused(options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(stance.StanceError, match=sentence):
        stance.Pose(**options)


def test_a_crop_is_a_pair_of_numbers_or_a_text_and_no_flag(tmp_path: Path) -> None:
    path = networks.write_variable(tmp_path / "net.onnx")
    for crop in ((96, 64), "96x64"):
        assert stance.Pose(path, device="cpu", crop=crop).settings.crop == "96x64"
    for options in ({"flip_test": True}, {"detect_every": 1.0}, {"detector": "yolox-tiny"}):
        with pytest.raises(stance.StanceError, match="wanted no") as raised:
            stance.Pose(path, device="cpu", crop=(96, 64), **options)
        assert "--" not in str(raised.value)


def test_views_and_numbers_of_numpy_are_accepted(pose: stance.Pose, image: stance.Image) -> None:
    people = pose(image[:, :, ::-1][::2, ::-2])
    drawn = stance.draw(image[:, ::-1], people, pose.skeleton, threshold=np.float32(0.3), scale=2, names={1: "Ann"})
    assert drawn.shape == image.shape


@pytest.mark.parametrize("example", EXAMPLES, ids=range(len(EXAMPLES)))
def test_the_examples_of_the_document_run(
    example: str, demo: Path, image: stance.Image, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import cv2

    monkeypatch.chdir(tmp_path)
    (tmp_path / "clip.mp4").symlink_to(demo)
    cv2.imwrite("photo.jpg", image)
    exec(compile(example, DOCUMENT.name, "exec"), {"__name__": "example"})


def test_the_package_needs_what_the_requirements_name() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    def named(file: str) -> list[str]:
        lines = (ROOT / file).read_text(encoding="utf-8").splitlines()
        return [line.strip() for line in lines if line.strip() and not line.startswith(("#", "-r"))]

    assert project["dependencies"] == named("requirements-app.txt")
    assert project["optional-dependencies"]["export"] == named("requirements-export.txt")
    assert project["optional-dependencies"]["dev"] == named("requirements-dev.txt")


def test_options_of_pose_are_the_settings() -> None:
    assert stance.Pose.__init__.__annotations__["device"] == "Device"
    assert {"smooth", "flip_test", "max_people", "threshold"} <= set(Settings.__dataclass_fields__)
