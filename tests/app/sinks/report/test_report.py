"""Reports, read back as HTML."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from app import __version__
from app.analysis.analysis import Track
from app.analysis.angles import angles
from app.analysis.facing import RIGHT
from app.analysis.person_figures import Cycles, measure_person
from app.analysis.track_builder import TrackBuilder
from app.core.people import Frame, FramePoses, Person
from app.core.scale_options import ScaleOptions
from app.core.settings import Language, Settings
from app.core.skeleton import load_skeleton
from app.overlay import DrawStyle
from app.sinks import Header, open_sinks
from app.sinks.clip_scale import ClipScale
from app.sinks.report.page import Content, page
from app.sinks.report.texts import Texts
from tests.app.sinks.people import header

HALPE = load_skeleton("halpe26")
FRAMES = 90
VOID = {"meta", "img", "br", "path"}


def squatter(number: int, time_s: float) -> Person:
    """A person seen from the side, who squats once in 1.5 s: the knees bend from about 0 to about 90 degrees."""
    bend = np.radians(45 * (1 - np.cos(2 * np.pi * time_s / 1.5)) / 2)
    keypoints = np.zeros((26, 3), np.float32)
    keypoints[:, 2] = 0.9

    def put(name: str, x: float, y: float) -> None:
        for one in (name, f"left_{name}", f"right_{name}"):
            if one in HALPE.names:
                keypoints[HALPE.names.index(one), :2] = x, y

    knee = (40 * np.sin(bend), 360 - 40 * np.cos(bend))
    hip = (knee[0] - 40 * np.sin(bend), knee[1] - 40 * np.cos(bend))
    put("ankle", 0, 360)
    put("heel", -5, 368)
    put("big_toe", 20, 368)
    put("small_toe", 18, 368)
    put("knee", *knee)
    put("hip", *hip)
    for name, height in (("shoulder", 60), ("neck", 62), ("elbow", 35), ("wrist", 15), ("head", 90), ("nose", 80)):
        put(name, hip[0] + (2 if name == "wrist" else 0), hip[1] - height)
    keypoints[:, 0] += 100 * number
    low, high = keypoints[:, :2].min(0), keypoints[:, :2].max(0)
    return Person(number, 0.9, np.array([*low, *high], np.float32), keypoints)


def write(
    path: Path, head: Header, *ids: int, names: dict[int, str] | None = None, frames: int = FRAMES, height: int = 400
) -> str:
    (sink,) = open_sinks([path], replace(head, size=(500, height)), DrawStyle(names=names or {}))
    image = np.full((height, 500, 3), 90, np.uint8)
    for index in range(frames):
        poses = FramePoses(index, index / 30, tuple(squatter(one, index / 30) for one in ids))
        sink.write(Frame(index, index / 30, image), poses)
    sink.close()
    return path.read_text(encoding="utf-8")


def test_the_scale_says_whose_height_it_is_from(tmp_path: Path) -> None:
    options = ScaleOptions(height_m=1.7)
    plain = header("halpe26")
    for names, name in (({}, "Person 2"), ({2: "Anna"}, "Anna")):
        head = replace(plain, measure=ClipScale(options, HALPE, plain.size, 0.3))
        text = write(tmp_path / f"{name}.html", head, 2, names=names)
        assert f"pixels; body height 1.70 m: {name}</dd>" in text


class Reader(HTMLParser):
    """The texts of headings and table rows; fails at tags that are not closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.headings: list[str] = []
        self.rows: list[list[str]] = []
        self.links: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.links += [value or "" for name, value in attributes if name in ("src", "href")]
        if tag not in VOID:
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("h1", "h2", "h3"):
            self.headings.append("")
        if tag in ("th", "td"):
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in ("h1", "h2", "h3"):
            self.headings[-1] += data
        if self.open and self.open[-1] in ("th", "td"):
            self.rows[-1][-1] += data


def test_report_has_who_when_settings_ranges_and_curves(tmp_path: Path) -> None:
    text = write(
        tmp_path / "out.html",
        replace(header("halpe26"), source="<squat> & more.mp4", settings=Settings()),
        1,
        2,
        names={2: "Anna <b>"},
    )
    read = Reader(text)
    assert read.headings[:4] == [
        "Movement report",
        "Person 1",
        "Measures; repetitions of the joint: Knee",
        "Ranges of motion",
    ]
    assert "Anna <b>" in read.headings
    assert "<squat>" not in text
    assert "one-euro" in text
    assert __version__ in text
    knees = [row for row in read.rows if row[0] == "Knee"]
    track = np.stack([squatter(1, index / 30).keypoints for index in range(FRAMES)])
    knee = angles(track, HALPE, ("left knee",), np.full(FRAMES, RIGHT, np.int8))[:, 0]
    low, high, extent = (int(number) for number in re.findall(r"\d+", f"{knees[0][1]} {knees[0][2]}"))
    assert [low, high] == pytest.approx([knee.min(), knee.max()], abs=3)
    assert extent == pytest.approx(high - low, abs=1)
    assert knees[0][3:] == [*knees[0][1:3], "+0 %"]
    assert "Joint angles over a repetition, mean and standard deviation" in read.headings
    rows = {row[0]: row[1] for row in read.rows}
    assert rows["Repetitions"] == "2"
    assert rows["Duration"].endswith(" s")
    assert text.count('class="line left"') == text.count('class="line right"') == 10  # 5 joints of 2 people


def test_report_is_one_file_that_loads_nothing(tmp_path: Path) -> None:
    text = write(tmp_path / "out.html", header("halpe26"), 1, frames=8)
    assert len(Reader(text).links) == 6
    assert all(link.startswith("data:image/jpeg;base64,") for link in Reader(text).links)
    assert not re.search(r"https?://|@import|url\(", text)
    assert "@page" in text
    assert "size: A4" in text


def test_report_is_written_in_chinese(tmp_path: Path) -> None:
    text = write(tmp_path / "out.html", replace(header("halpe26"), language="zh", settings=Settings()), 1, frames=8)
    read = Reader(text)
    assert '<html lang="zh">' in text
    assert read.headings[:3] == ["动作报告", "人物 1", "关节活动范围"]
    assert "Ranges" not in text
    plain = re.sub(r"<style>.*?</style>|<[^>]*>", " ", text, flags=re.DOTALL)
    words = set(re.findall(r"[A-Za-z]{3,}", plain)) - set(re.findall(r"[A-Za-z]{3,}", "Stance clip mp4 rtmpose yolox"))
    assert words <= {"tiny", "one", "euro"}


def test_report_about_nobody_says_nothing_of_people(tmp_path: Path) -> None:
    assert Reader(write(tmp_path / "out.html", header("halpe26"), frames=2)).headings == [
        "Movement report",
        "How accurate these figures are",
    ]


def test_report_of_a_skeleton_without_joints_says_so(tmp_path: Path) -> None:
    hand = header("hand21")
    (sink,) = open_sinks([tmp_path / "out.html"], hand, DrawStyle())
    one = Person(1, 0.9, np.array([0, 0, 9, 9], np.float32), np.ones((len(hand.skeleton.names), 3), np.float32))
    sink.write(Frame(0, 0.0, np.zeros((9, 9, 3), np.uint8)), FramePoses(0, 0.0, (one,)))
    sink.close()
    assert "No joint angle is known." in (tmp_path / "out.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(("kind", "label"), [("gait cycle", "gait cycle (%)"), ("repetition", "repetition (%)")])
def test_curves_are_averaged_over_cycles(kind: str, label: str) -> None:
    times = np.arange(FRAMES) / 30
    keypoints = np.stack([squatter(1, time_s).keypoints for time_s in times.tolist()])
    boxes = np.tile(np.array([0, 100, 50, 400], np.float32), (FRAMES, 1))
    track = Track(1, np.arange(FRAMES), times, np.ones(FRAMES, np.float32), boxes, keypoints)
    frames = TrackBuilder(HALPE)
    frames.add(FramePoses(0, 0.0, (squatter(1, 0.0),)))
    cycles = Cycles(kind, left=((0.0, 1.5), (1.5, 2.96)), right=((0.0, 1.5),))  # type: ignore[arg-type]
    found = replace(measure_person(track, HALPE, 0.3), cycles=cycles)
    text = page(Content(header("halpe26"), frames, [found]), Texts("en"))
    assert "Knee (left n = 2, right n = 1)" in text
    assert label in text
    assert "mean and standard deviation" in text
    assert text.count('class="band left"') == 5


def test_a_crowd_has_sections_for_those_seen_longest(tmp_path: Path) -> None:
    text = write(tmp_path / "out.html", header("halpe26"), *range(1, 15), frames=4)
    assert sum(heading.startswith("Person ") for heading in Reader(text).headings) == 12
    assert "2 further people" in text


@pytest.mark.parametrize(
    ("language", "wanted"),
    [("en", "Anna: feet are outside the picture for 100 %"), ("zh", "Anna：100% 的时间里双脚在画面外")],
)
def test_warnings_about_the_recording_are_told(tmp_path: Path, language: Language, wanted: str) -> None:
    head = replace(header("halpe26"), size=(500, 400), language=language)
    text = write(tmp_path / "report.html", head, 5, names={5: "Anna"})  # beyond the right edge
    Reader(text)
    assert wanted in text
    assert 'class="warnings"' in text
    assert 'class="warnings"' not in write(tmp_path / "good.html", head, 1)


def test_a_report_without_pictures_has_no_strip(tmp_path: Path) -> None:
    text = write(tmp_path / "out.html", replace(header("halpe26"), has_pictures=False), 1, frames=40)
    assert "<img" not in text
    assert 'class="strip' not in text


def test_report_tells_how_much_was_filled_in(tmp_path: Path) -> None:
    head = replace(header("halpe26"), filled=True, settings=Settings(), notes={"smoothing": "offline, 6 Hz"})
    (sink,) = open_sinks([tmp_path / "out.html"], head, DrawStyle())
    flags = np.zeros(26, bool)
    flags[:13] = True
    for index in range(8):
        one = replace(squatter(1, index / 30), filled=flags if index < 2 else None)
        sink.write(Frame(index, index / 30, np.zeros((400, 500, 3), np.uint8)), FramePoses(index, index / 30, (one,)))
    sink.close()
    text = (tmp_path / "out.html").read_text(encoding="utf-8")
    assert "12.5 % of the keypoints were filled in" in text
    assert "smoothing offline, 6 Hz" in text


def test_ranges_in_space_are_labelled_and_name_the_network(tmp_path: Path) -> None:
    """The squat is seen from the side, so that in space the knees bend as far as in the picture."""
    head = replace(header("halpe26"), notes={"lifter": "stance-lifter"})
    (sink,) = open_sinks([tmp_path / "space.html"], head, DrawStyle())
    image = np.full((400, 500, 3), 90, np.uint8)
    for index in range(FRAMES):
        person = squatter(1, index / 30)
        flat = person.keypoints
        points = np.column_stack([flat[:, 0] / 100, -flat[:, 1] / 100, 0 * flat[:, 0], flat[:, 2]]).astype(np.float32)
        poses = FramePoses(index, index / 30, (replace(person, points_3d=points),))
        sink.write(Frame(index, index / 30, image), poses)
    sink.close()
    text = (tmp_path / "space.html").read_text(encoding="utf-8")
    start = text.index("Ranges of motion in space")
    part = text[start : text.index("</section>", start)]
    assert "a guess by stance-lifter from one camera" in part
    knee = re.search(r"Knee</th><td>[^<]*</td><td>(\d+)°", part)
    assert knee is not None
    assert 80 <= int(knee[1]) <= 91
    assert "in space" not in write(tmp_path / "flat.html", head, 1)
