"""Networks of further stages: fetched once from one wheel and converted without PyTorch."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from app.cli.main import main
from app.core.errors import StanceError
from app.core.settings import HAND_NETWORKS, Settings
from app.zoo.availability import state_of
from app.zoo.cache import converted_place, find_converted, place_of, remove, zoo_folder
from app.zoo.catalogue import Entry, find_entry, load_catalogue
from app.zoo.fetch import fetch, locate
from app.zoo.part_files import hand_landmarks, part_files
from export.info import card_of
from tests.app.zoo.host import ROOT

NAME = "hand-recrop"


def parts() -> list[Entry]:
    """All entries that lie in the same wheel."""
    return [entry for entry in load_catalogue().values() if entry.form == "tflite"]


@pytest.fixture(scope="module")
def file() -> Path:
    """The file of ``NAME`` in the user's cache, fetched if needed."""
    try:
        return fetch(find_entry(NAME))
    except StanceError as error:
        pytest.skip(str(error))


@pytest.fixture
def fetched(file: Path, stance_home: Path) -> Path:
    """A cache that contains the file of ``NAME`` alone."""
    zoo_folder().mkdir(parents=True)
    place_of(find_entry(NAME)).write_bytes(file.read_bytes())
    return zoo_folder()


def test_part_is_converted_once_and_in_a_child_process(fetched: Path) -> None:
    code = (
        "import sys; from app.zoo.fetch import locate\n"
        f"print(locate({NAME!r}))\n"
        "assert not {'onnx', 'tflite', 'torch', 'export'} & sys.modules.keys()"
    )
    command = [sys.executable, "-c", code]
    pipe = subprocess.PIPE
    children = [subprocess.Popen(command, cwd=ROOT, stdout=pipe, stderr=pipe, text=True) for _ in range(2)]
    for child in children:  # both at once
        output, errors = child.communicate(timeout=60)
        assert (child.returncode, output.strip()) == (0, str(converted_place(find_entry(NAME)))), errors
    converted = converted_place(find_entry(NAME))
    changed = converted.stat().st_mtime_ns
    assert locate(NAME) == converted
    assert converted.stat().st_mtime_ns == changed
    assert [file.name for file in fetched.glob(".work-*")] == []
    assert state_of(find_entry(NAME)) == "ready"


def test_what_an_earlier_version_has_converted_is_converted_anew(fetched: Path) -> None:
    entry = find_entry(NAME)
    older = place_of(entry).with_suffix(".onnx")
    older.write_bytes(b"slow network")
    assert find_converted(entry) is None
    assert state_of(entry) == "unconverted"
    assert locate(NAME) == converted_place(entry) != older
    assert sorted(fetched.glob("*.onnx")) == [converted_place(entry)]
    older.write_bytes(b"slow network")
    files = place_of(entry), converted_place(entry), older
    sizes = [file.stat().st_size for file in files]
    assert remove(entry) == sum(sizes)
    assert not any(file.exists() for file in files)


def test_part_states_its_card_and_is_no_pose_model(fetched: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = locate(NAME)
    card = card_of(path)
    assert card == find_entry(NAME).card
    assert (card.picture.size, card.provenance.licence) == ((256, 256), "Apache-2.0")
    for option in ("--pose", "--detector"):
        assert main(["--source", "demo", "--headless", option, str(path)]) == 2
        assert (
            "is neither a pose model nor a detector of people, but a network of the kind 'part'"
            in capsys.readouterr().err
        )


@pytest.mark.parametrize(
    ("option", "name", "sentence"),
    [
        (
            "--pose",
            "hand-landmarks-full",
            "only adds hands to people: wanted a pose model such as rtmpose-s with --hands",
        ),
        ("--pose", "palm-detector", "only adds hands to people"),
        ("--pose", "face-landmarks", "only adds faces to people: wanted a pose model such as rtmpose-s with --face"),
        ("--detector", "palm-detector", "is not a detector of people: wanted a detector such as yolox-tiny"),
        ("--pose", "demo", "is a clip: wanted a model from --list-models"),
    ],
)
def test_a_part_is_refused_as_a_model_without_being_fetched(
    stance_home: Path, shared: Path, option: str, name: str, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    clip = shared / "data" / "videos" / "two_people_jump_1280x720.mp4"
    assert main(["--source", str(clip), "--headless", option, name]) == 2
    assert f"{name!r} {sentence}" in capsys.readouterr().err
    assert not list(stance_home.rglob("*.tflite"))


def test_the_network_of_hands_is_chosen_by_the_settings() -> None:
    names = {choice: hand_landmarks(Settings(hand_network=choice)) for choice in HAND_NETWORKS}
    assert names == {"full": "hand-landmarks-full", "lite": "hand-landmarks-lite"}
    assert part_files(Settings(hands=True, hand_network="lite")) == ["hand-landmarks-lite", "palm-detector"]
    assert part_files(Settings(hand_network="lite")) == []
    with pytest.raises(StanceError, match="Unknown network of hands 'large': wanted one of full, lite"):
        Settings(hand_network="large")  # type: ignore[arg-type]


def test_killed_conversion_leaves_nothing_that_is_used(fetched: Path) -> None:
    code = f"from app.zoo.fetch import locate; locate({NAME!r}, None, lambda line: print(line, flush=True))"
    child = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    child.stdout.readline()  # the converter has begun
    child.kill()
    child.wait()
    child.stdout.close()
    assert locate(NAME) == converted_place(find_entry(NAME))


def test_without_a_package_index_one_sentence_says_so(stance_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.delenv("PIP_EXTRA_INDEX_URL", raising=False)
    monkeypatch.setenv("PIP_RETRIES", "0")
    with pytest.raises(
        StanceError, match=rf"^'{NAME}' could not be downloaded \(mediapipe 0\.10\.14 of the package index"
    ):
        locate(NAME)


@pytest.mark.slow
def test_one_download_brings_all_networks_of_the_wheel(stance_home: Path) -> None:
    try:
        fetch(find_entry(NAME))
    except StanceError as error:
        pytest.skip(str(error))
    assert {state_of(entry) for entry in parts()} == {"unconverted"}
