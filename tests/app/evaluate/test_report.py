"""The report: one page that needs nothing else, with the figures and the people who came out worst."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import cv2
import numpy as np
import pytest

from app.errors import StanceError
from app.evaluate.cases import pictures
from app.evaluate.estimates import Estimates
from app.evaluate.pairs import Pair
from app.evaluate.photos import read_photos
from app.evaluate.report import write_report
from app.people import Person
from app.skeleton import load_skeleton
from tests.app.evaluate.annotated import annotation, write_folder
from tests.app.evaluate.test_coco import SIGMAS, person


@pytest.fixture
def estimates(tmp_path: Path) -> Estimates:
    """In the first photo somebody found and somebody missed, in the second somebody who is not there."""
    first = annotation(1, 1)
    photos = read_photos(*write_folder(tmp_path, [first, annotation(2, 1, shift=100)]))
    shown = {1: [person(first, 0.8, off=2)], 2: [person(first, 0.6)]}
    return Estimates(photos, shown, shown, False, SIGMAS, "tiny <pose>", "yolox", "cpu")


class Page(HTMLParser):
    """What a page says and what it wants to load; refuses tags that do not close."""

    def __init__(self) -> None:
        super().__init__()
        self.text = ""
        self.loads: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.loads += [value or "" for name, value in attrs if name in ("src", "href")]
        if tag not in ("meta", "img", "br"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.loads += [value or "" for name, value in attrs if name in ("src", "href")]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def read_page(path: Path) -> Page:
    page = Page()
    page.feed(path.read_text(encoding="utf-8"))
    assert not page.open
    return page


def test_the_page_tells_the_figures_and_shows_the_people(estimates: Estimates, tmp_path: Path) -> None:
    out = tmp_path / "out.html"
    write_report(out, estimates)
    page = read_page(out)
    assert "How good is tiny <pose>?" in page.text
    assert "1 of 2 people are right" in page.text
    assert "1 are missed; 1 were found where nobody is annotated" in page.text
    assert page.text.count("000000000001.jpg") == 2  # the one who was found, and the one who was not
    assert page.text.count("000000000002.jpg") == 1
    assert "AP live" in page.text


def test_the_page_needs_no_other_file(estimates: Estimates, tmp_path: Path) -> None:
    out = tmp_path / "out.html"
    write_report(out, estimates)
    page = read_page(out)
    assert len(page.loads) == 4  # two pictures of a pair, one of each other
    assert all(load.startswith("data:image/jpeg;base64,") for load in page.loads)
    assert not re.search(r"url\(|@import|<script|<link|https?:", out.read_text())
    assert str(tmp_path) not in out.read_text()


def test_nobody_found_is_still_a_page(estimates: Estimates, tmp_path: Path) -> None:
    out = tmp_path / "out.html"
    write_report(out, replace(estimates, everybody={}, shown=None))
    assert "0 of 2 people are right" in read_page(out).text


def test_a_disk_that_refuses_is_told(estimates: Estimates, tmp_path: Path) -> None:
    with pytest.raises(StanceError, match=r"out\.html"):
        write_report(tmp_path / "nowhere" / "out.html", estimates)


def test_truth_and_estimate_show_the_same_part_of_the_photo(tmp_path: Path) -> None:
    image = np.full((240, 320, 3), 90, np.uint8)
    cv2.rectangle(image, (40, 20), (80, 170), (0, 0, 255), -1)
    first = annotation(1, 1)
    truth = read_photos(*write_folder(tmp_path, [first])).photos[0].people[0]
    drawn = pictures(Pair(1, truth, person(first, 0.9, off=60)), image, load_skeleton("coco17"), 0.3)
    assert [what for what, _ in drawn] == ["truth", "estimate"]
    assert drawn[0][1].shape == drawn[1][1].shape
    # Where the pictures differ at all there is a drawing, not another part of the photo: the corners are the same.
    assert (drawn[0][1][:5, :5] == drawn[1][1][:5, :5]).all()
    assert (drawn[0][1] != drawn[1][1]).any()


def test_somebody_outside_the_photo_is_still_a_picture() -> None:
    image = np.zeros((40, 30, 3), np.uint8)
    box = np.array([500, 500, 501, 501], np.float32)
    far = Person(0, 0.5, box, np.full((17, 3), 500, np.float32))
    [(_, picture)] = pictures(Pair(1, None, far), image, load_skeleton("coco17"), 0.3)
    assert picture.size
