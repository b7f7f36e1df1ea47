"""A kept analysis is restored without a network and gives the same files, byte for byte."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from app.analysis import Analysis
from app.core.people import FramePoses
from app.core.settings import Settings
from app.network_answers import NetworkAnswers
from app.overlay import DrawStyle
from app.project.opened_project import save_project
from app.project.project_file import open_project
from app.project.project_run import ProjectRun
from app.project.run_info import ClipPart
from app.project.store import ProjectStore, clip_entry, find_clip, folder, set_clip
from app.sinks import Header, open_sinks
from tests.app.test_network_answers import CLIP, Counted, toys
from tests.app.toy_networks import SIZE


@pytest.fixture
def clip(tmp_path: Path, stance_home: Path) -> Path:
    """A file that stands for the toy clip, and the network of the toys."""
    (tmp_path / "toy.onnx").write_bytes(b"network")
    path = tmp_path / "films" / "film.mp4"
    path.parent.mkdir()
    path.write_bytes(b"film" * 1000)
    return path


@pytest.fixture
def counted(tmp_path: Path) -> Counted:
    made = toys()
    made.pipeline.networks[0].network.path = tmp_path / "toy.onnx"
    return made


def project_run(
    clip: Path,
    counted: Counted,
    answers: NetworkAnswers | None = None,
    said: list[str] | None = None,
    *,
    anew: bool = False,
) -> ProjectRun:
    answers = NetworkAnswers() if answers is None else answers
    notify = ([] if said is None else said).append
    return ProjectRun(ProjectStore(), clip, ClipPart(), counted.pipeline, answers, notify=notify, anew=anew)


def analyse(clip: Path, counted: Counted, frames: int = len(CLIP), *, anew: bool = False) -> list[FramePoses]:
    """Analyse the first ``frames`` of the clip as a pass does; all of them finish it."""
    answers = NetworkAnswers()
    run = project_run(clip, counted, answers, anew=anew)
    pipeline = answers.pipeline(counted.pipeline)
    assert run.restore() is None
    found = []
    for frame in CLIP[:frames]:
        found.append(pipeline.process(frame))
        run.add(found[-1])
    if frames == len(CLIP):
        run.finish()
    else:
        run.flush()
    return found


def lines(frames: list[FramePoses], path: Path) -> bytes:
    """What is exported as JSON lines."""
    analysis = Analysis(toys().pipeline.skeleton)
    for poses in frames:
        analysis.add(poses)
    header = Header("film.mp4", SIZE, 30.0, analysis.skeleton, "toy", "toy", "cpu", "cpu")
    (sink,) = open_sinks([path], header, DrawStyle())
    for frame, poses in zip(CLIP, analysis.frames(), strict=False):
        sink.write(frame, poses, "")
    sink.close()
    return path.read_bytes()


def test_a_kept_analysis_gives_the_same_file_and_needs_no_network(clip: Path, counted: Counted, tmp_path: Path) -> None:
    found = analyse(clip, counted)
    counted.reset()
    moved = Path(shutil.move(clip, tmp_path / "moved.mp4"))
    parts = project_run(moved, counted).restore()
    assert parts is not None
    kept = [poses for part in parts for poses in part]
    assert (counted.runs, counted.crops) == (0, 0)
    assert lines(kept, tmp_path / "again.jsonl") == lines(found, tmp_path / "first.jsonl")
    assert [one.measured is None for poses in kept for one in poses.people] == [
        one.measured is None for poses in found for one in poses.people
    ]


def test_an_interrupted_analysis_is_repeated_with_the_kept_answers(
    clip: Path, counted: Counted, tmp_path: Path
) -> None:
    analyse(clip, counted, 60)
    counted.reset()
    answers = NetworkAnswers()
    run = project_run(clip, counted, answers)
    assert run.restore() is None
    pipeline = answers.pipeline(counted.pipeline)
    again = [pipeline.process(frame) for frame in CLIP[:60]]
    assert (counted.runs, counted.crops) == (0, 0)
    fresh = toys().pipeline
    assert lines(again, tmp_path / "again.jsonl") == lines(
        [fresh.process(one) for one in CLIP[:60]], tmp_path / "f.jsonl"
    )


@pytest.mark.parametrize("change", [{"smooth": "kalman"}, {"max_people": 1}], ids=str)
def test_other_settings_are_another_analysis(change: dict[str, object], clip: Path, counted: Counted) -> None:
    analyse(clip, counted)
    counted.pipeline.adjust(replace(Settings(), **change))  # type: ignore[arg-type]
    assert project_run(clip, counted).restore() is None
    counted.pipeline.adjust(Settings())
    assert project_run(clip, counted).restore() is not None


def test_another_network_or_clip_is_another_analysis(clip: Path, counted: Counted, tmp_path: Path) -> None:
    analyse(clip, counted)
    (tmp_path / "toy.onnx").write_bytes(b"another")
    assert project_run(clip, counted).restore() is None
    (tmp_path / "toy.onnx").write_bytes(b"network")
    assert project_run(clip, counted).restore() is not None
    clip.write_bytes(b"another film")
    assert project_run(clip, counted).restore() is None


def test_an_analysis_made_anew_uses_nothing(clip: Path, counted: Counted) -> None:
    analyse(clip, counted)
    counted.reset()
    analyse(clip, counted, anew=True)
    assert counted.crops > 0


def test_a_damaged_file_of_the_data_folder_is_set_aside(clip: Path, counted: Counted) -> None:
    analyse(clip, counted)
    (file,) = folder().iterdir()
    file.write_bytes(b"damaged")
    analyse(clip, counted)
    assert project_run(clip, counted).restore() is not None
    assert sorted(path.suffix for path in folder().iterdir()) == [".damaged", ".stance"]


def test_a_saved_project_beside_the_clip_is_used_and_a_damaged_one_is_left_alone(
    clip: Path, counted: Counted, tmp_path: Path
) -> None:
    analyse(clip, counted)
    (file,) = folder().iterdir()
    saved = Path(shutil.move(file, clip.parent / "any name.stance"))
    with open_project(saved) as project:
        set_clip(project, clip, file.stem)
    assert project_run(clip, counted).restore() is not None
    saved.write_bytes(b"damaged")
    said: list[str] = []
    run = project_run(clip, counted, said=said)
    assert run.restore() is None
    assert saved.read_bytes() == b"damaged"


def test_what_cannot_be_written_is_said_once_and_the_analysis_goes_on(clip: Path, counted: Counted) -> None:
    folder().parent.mkdir(parents=True, exist_ok=True)
    folder().write_bytes(b"a file in the place of the folder")
    said: list[str] = []
    run = project_run(clip, counted, said=said)
    assert run.restore() is None
    for frame in CLIP[:3]:
        run.add(counted.pipeline.process(frame))
        run.flush()
    assert len(said) == 1


def test_a_clip_that_cannot_be_read_is_not_kept(clip: Path, counted: Counted) -> None:
    clip.unlink()
    assert project_run(clip, counted).restore() is None
    assert not folder().exists()


def test_the_clip_of_a_moved_project_is_found(clip: Path, counted: Counted, tmp_path: Path) -> None:
    analyse(clip, counted)
    (file,) = folder().iterdir()
    saved = Path(shutil.copy(file, clip.parent / "film.stance"))
    with open_project(saved) as project:
        set_clip(project, clip, file.stem)
        entry = clip_entry(project)
    assert entry is not None
    assert entry.path == "film.mp4"
    elsewhere = Path(shutil.move(clip.parent, tmp_path / "elsewhere"))
    assert find_clip(elsewhere / "film.stance", entry) == elsewhere / "film.mp4"
    (elsewhere / "film.mp4").rename(elsewhere / "renamed.mov")
    assert find_clip(elsewhere / "film.stance", entry) == elsewhere / "renamed.mov"
    (elsewhere / "renamed.mov").write_bytes(b"another film")
    assert find_clip(elsewhere / "film.stance", entry) is None


def test_results_used_longest_ago_are_deleted_beyond_the_limit(clip: Path, counted: Counted) -> None:
    for name in ("first", "second", "third"):
        clip.write_bytes(name.encode() * 1000)
        analyse(clip, counted)
    files = sorted(folder().iterdir(), key=lambda path: path.stat().st_mtime)
    with open_project(files[1]) as project:
        (run,) = project.runs()
        project.set_edits(run.key, b"[1]")
    ProjectStore(files[2].stat().st_size).trim(files[2])
    assert sorted(folder().iterdir()) == sorted(files[1:])
    with open_project(files[1]) as project:
        (run,) = project.runs()
        assert (run.frames, project.edits(run.key)) == (0, b"[1]")


EDITS = b'{"hidden":[1]}'
LATER = b'{"hidden":[2]}'


def saved_run(clip: Path, counted: Counted, said: list[str]) -> tuple[ProjectRun, Path]:
    """The run of an analysed clip whose project was saved beside it, and that project."""
    analyse(clip, counted)
    run = project_run(clip, counted, said=said)
    assert run.restore() is not None
    path = clip.with_suffix(".stance")
    save_project(clip, path, ProjectStore(), run.move)
    return run, path


def test_edits_made_after_the_project_was_deleted_are_kept_and_this_is_said_once(clip: Path, counted: Counted) -> None:
    said: list[str] = []
    run, path = saved_run(clip, counted, said)
    assert run.save_edits(EDITS) is None
    path.unlink()
    assert str(path) in str(run.save_edits(LATER))
    assert run.save_edits(LATER) is None
    again = project_run(clip, counted, said=said)
    assert again.restore() is not None
    assert again.edits == LATER
    assert not path.exists()
    assert said == []


def test_a_clip_whose_project_was_deleted_between_sessions_has_the_newest_edits(clip: Path, counted: Counted) -> None:
    said: list[str] = []
    run, path = saved_run(clip, counted, said)
    run.save_edits(EDITS)
    run.save_edits(LATER)
    path.unlink()
    for _ in range(2):
        again = project_run(clip, counted, said=said)
        assert again.restore() is not None
        assert again.edits == LATER
    assert len(said) == 1
    assert str(path) in said[0]


def test_an_analysis_goes_on_without_being_kept_when_its_project_is_deleted(clip: Path, counted: Counted) -> None:
    said: list[str] = []
    answers = NetworkAnswers()
    run = project_run(clip, counted, answers, said)
    assert run.restore() is None
    pipeline = answers.pipeline(counted.pipeline)
    run.add(pipeline.process(CLIP[0]))
    path = clip.with_suffix(".stance")
    save_project(clip, path, ProjectStore(), run.move)
    run.add(pipeline.process(CLIP[1]))
    run.flush()
    path.unlink()
    for frame in CLIP[2:]:
        run.add(pipeline.process(frame))
    run.finish()
    run.save_edits(EDITS)
    assert len(said) == 1
    again = project_run(clip, counted)
    assert again.restore() is None  # some of its frames are lost, so it is computed again
    assert again.edits == EDITS


def test_of_two_analyses_at_the_same_time_one_is_kept_whole(clip: Path, counted: Counted) -> None:
    first, second = project_run(clip, counted), project_run(clip, counted)
    assert first.restore() is None
    assert second.restore() is None
    poses = [FramePoses(index, index / 30, ()) for index in range(12)]
    for index in range(4):
        first.add(poses[index])
    first.flush()
    for index in range(6):
        second.add(poses[index])
    second.flush()
    for index in range(4, 12):
        first.add(poses[index])
    first.finish()  # its first frames were given up for those of the second one
    assert first.file is not None
    with open_project(first.file) as project:
        assert [run.complete for run in project.runs()] == [False]
    for index in range(6, 12):
        second.add(poses[index])
    second.finish()
    with open_project(first.file) as project:
        (run,) = project.runs()
        assert run.complete
        assert [one.index for one in project.frames(run)] == list(range(12))
