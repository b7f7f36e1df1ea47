"""The report: a self-contained page with the metrics and pictures of the worst results."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import cv2
import numpy as np
import pytest

from app.core.errors import StanceError
from app.core.people import Person
from app.core.skeleton import load_skeleton
from app.evaluate.cases import pictures
from app.evaluate.estimates import Estimates
from app.evaluate.pairs import Pair
from app.evaluate.photos import read_photos
from app.evaluate.report import write_report
from tests.app.evaluate.annotated import annotation, write_folder
from tests.app.evaluate.test_coco import SIGMAS, person


@pytest.fixture
def estimates(tmp_path: Path) -> Estimates:
    """One match and one miss in the first photo, a false positive in the second."""
    first = annotation(1, 1)
    photos = read_photos(*write_folder(tmp_path, [first, annotation(2, 1, shift=100)]))
    shown = {1: [person(first, 0.8, off=2)], 2: [person(first, 0.6)]}
    return Estimates(photos, shown, shown, False, SIGMAS, "tiny <pose>", "yolox", "cpu")


class Page(HTMLParser):
    """Collects a page's text and the addresses it loads; fails on unclosed tags."""

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


def test_page_has_metrics_and_pictures(estimates: Estimates, tmp_path: Path) -> None:
    out = tmp_path / "out.html"
    write_report(out, estimates)
    page = read_page(out)
    assert "Accuracy of tiny <pose>" in page.text
    assert "1 of 2 people are correct" in page.text
    assert "1 are missed; 1 detections are false positives" in page.text
    assert page.text.count("000000000001.jpg") == 2  # the match and the miss
    assert page.text.count("000000000002.jpg") == 1
    assert "AP live" in page.text


def test_page_is_self_contained(estimates: Estimates, tmp_path: Path) -> None:
    out = tmp_path / "out.html"
    write_report(out, estimates)
    page = read_page(out)
    assert len(page.loads) == 4  # two pictures of the match, one of the miss and of the false positive
    assert all(load.startswith("data:image/jpeg;base64,") for load in page.loads)
    assert not re.search(r"url\(|@import|<script|<link|https?:", out.read_text())
    assert str(tmp_path) not in out.read_text()


def test_page_without_estimates(estimates: Estimates, tmp_path: Path) -> None:
    out = tmp_path / "out.html"
    write_report(out, replace(estimates, candidates={}, shown=None))
    assert "0 of 2 people are correct" in read_page(out).text


def test_write_error_is_reported(estimates: Estimates, tmp_path: Path) -> None:
    with pytest.raises(StanceError, match=r"out\.html"):
        write_report(tmp_path / "nowhere" / "out.html", estimates)


def test_truth_and_estimate_show_the_same_region(tmp_path: Path) -> None:
    image = np.full((240, 320, 3), 90, np.uint8)
    cv2.rectangle(image, (40, 20), (80, 170), (0, 0, 255), -1)
    first = annotation(1, 1)
    truth = read_photos(*write_folder(tmp_path, [first])).photos[0].people[0]
    drawn = pictures(Pair(1, truth, person(first, 0.9, off=60)), image, load_skeleton("coco17"), 0.3)
    assert [what for what, _ in drawn] == ["truth", "estimate"]
    assert drawn[0][1].shape == drawn[1][1].shape
    # The pictures differ only where something is drawn: the corners are equal.
    assert (drawn[0][1][:5, :5] == drawn[1][1][:5, :5]).all()
    assert (drawn[0][1] != drawn[1][1]).any()


def test_person_outside_the_photo_has_a_picture() -> None:
    image = np.zeros((40, 30, 3), np.uint8)
    box = np.array([500, 500, 501, 501], np.float32)
    far = Person(0, 0.5, box, np.full((17, 3), 500, np.float32))
    [(_, picture)] = pictures(Pair(1, None, far), image, load_skeleton("coco17"), 0.3)
    assert picture.size
