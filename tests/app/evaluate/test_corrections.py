"""How many clicks correct made errors: the errors, the simulated user, the command."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.analysis.carry import Carried
from app.core.people import Frame, FramePoses, Person
from app.evaluate.__main__ import main
from app.evaluate.corrections import NEAR, Clip, Track, clip_of, correct
from app.evaluate.made_errors import KINDS
from app.evaluate.motions import film, load_motions
from app.sinks import Header
from app.sinks.jsonl import JsonLines
from tests.app.evaluate.test_motions import walk


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Clip:
    path = walk(tmp_path_factory.mktemp("motions") / "walk.npz")
    made = (clip_of(film(load_motions(path)[0], "side"), seed) for seed in range(20))
    return next(one for one in made if len(one.errors) > 1)


def test_made_errors_are_errors_and_nothing_else_is_changed(shared: Path) -> None:
    motion = next(one for one in load_motions(shared / "mocap" / "cmu60.npz") if one.name == "02_05")
    one = clip_of(film(motion, "side"))
    assert {error.kind for error in one.errors} == set(KINDS)
    away = np.linalg.norm(one.keypoints[..., :2] - one.truth, axis=-1) / one.heights[:, None]
    touched = np.zeros(away.shape, bool)
    for error in one.errors:
        rows = slice(error.first, error.last + 1)
        touched[rows, list(error.keypoints)] = True
        if error.kind == "missing":
            assert (one.keypoints[rows, list(error.keypoints), 2] < 0.3).all()
        if error.kind == "drift":
            assert away[rows, error.keypoints[0]].max() > NEAR
    seen = one.keypoints[..., 2] >= 0.3
    assert away[~touched & seen].max() < 0.06


def test_the_user_clicks_until_every_keypoint_is_at_its_place(clip: Clip) -> None:
    outcome = correct(clip)
    assert outcome.wrong_before > 0
    assert outcome.wrong_after == 0
    assert 0 < outcome.clicks < outcome.wrong_before
    assert sum(outcome.by_kind.values()) == outcome.clicks
    assert correct(clip) == outcome


def test_without_errors_nothing_is_clicked(clip: Clip) -> None:
    exact = np.concatenate([clip.truth, np.ones((*clip.truth.shape[:2], 1))], axis=-1).astype(np.float32)
    assert correct(replace(clip, keypoints=exact)).clicks == 0


def test_carried_corrections_take_fewer_clicks_than_single_ones(clip: Clip) -> None:
    def alone(
        _times: Any, _keypoints: Any, corrections: Mapping[int, Mapping[int, Any]], *_: Any
    ) -> dict[int, Carried]:
        return {
            keypoint: Carried(
                np.array(sorted(places)), np.array([places[row] for row in sorted(places)]), np.ones(len(places), bool)
            )
            for keypoint, places in corrections.items()
            if places
        }

    single, clicks = Track(clip, alone), 0
    while (errors := single.errors()).max() > NEAR:
        row, keypoint = np.unravel_index(errors.argmax(), errors.shape)
        single.place(int(keypoint), int(row), tuple(clip.truth[row, keypoint].tolist()))
        clicks += 1
    assert correct(clip).clicks < clicks


def test_the_command_prints_the_same_figures_each_time(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = str(walk(tmp_path / "walk.npz"))
    printed = []
    for _ in range(2):
        assert main(["corrections", "--motions", file, "--json"]) == 0
        printed.append(capsys.readouterr().out)
    assert printed[0] == printed[1]
    figures = json.loads(printed[0])
    assert figures["wrong_left"] == figures["made_wrong_per_1050_frames"] == 0
    assert figures["clicks_per_1050_frames"] == pytest.approx(figures["clicks"] * 1050 / figures["frames"], abs=1e-5)
    assert main(["corrections", "--motions", file, "--camera", "front"]) == 0
    assert "clicks per 1,050 frames" in capsys.readouterr().out


def test_errors_made_in_recorded_people_are_corrected(
    clip: Clip, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def recorded(name: str, frames: int) -> str:
        lines = JsonLines(tmp_path / name, Header("walk", (8, 8), 60.0, clip.skeleton, "", "", "", ""))
        for row in range(frames):
            points = np.concatenate([clip.truth[row], np.ones((len(clip.truth[row]), 1))], axis=1).astype(np.float32)
            person, time_s = Person(1, 0.9, np.array([0, 0, 8, 8], np.float32), points), float(clip.times_s[row])
            lines.write(Frame(row, time_s, np.zeros((8, 8, 3), np.uint8)), FramePoses(row, time_s, (person,)))
        lines.close()
        return str(tmp_path / name)

    assert main(["corrections", "--people", recorded("long.jsonl", len(clip.times_s)), "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert list(figures["motions"]) == ["person 1"]
    assert figures["wrong_left"] == 0
    assert 0 < figures["clicks"] < figures["wrong_keypoints_per_1050_frames"]
    assert main(["corrections", "--people", recorded("short.jsonl", 20)]) == 2
    assert "wanted people who are there in 60 frames" in capsys.readouterr().err


def test_motions_have_to_be_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["corrections"]) == 2
    assert "wanted --motions FILE.npz" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize("name", ["02_09", "01_05"])
def test_few_clicks_correct_a_walk_and_a_climb_and_right_keypoints_stay_so(shared: Path, name: str) -> None:
    motion = next(one for one in load_motions(shared / "mocap" / "cmu60.npz") if one.name == name)
    outcome = correct(clip_of(film(motion, "side")))
    assert outcome.wrong_after == 0
    assert outcome.clicks * 1050 / len(motion.points) <= 27
    assert outcome.made_wrong <= 10
