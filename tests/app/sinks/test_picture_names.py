"""Names of images in output files."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.sinks.picture_names import file_stems, numbers_of


@pytest.mark.parametrize(
    ("names", "numbers"),
    [
        (["000000000139.jpg", "000000000785.jpg"], [139, 785]),
        (["cam1/0001.jpg", "cam1/0002.jpg"], [1, 2]),
        (["cam1/0001.jpg", "cam2/0001.jpg"], None),
        (["2.jpg", "beach.jpg"], None),
        (["1.jpg", "01.jpg"], None),
        (["7.jpg", "7.png"], None),
        (["stack.tif#0", "stack.tif#1"], None),
        (["12.tif#0", "12.tif#1"], None),
        ([], []),
    ],
)
def test_images_are_numbered_by_name_only_if_all_numbers_differ(names: list[str], numbers: list[int] | None) -> None:
    assert numbers_of(names) == numbers


@pytest.mark.parametrize(
    ("names", "stems"),
    [
        (["beach.jpg", "2.jpg"], ["beach", "2"]),
        (["beach.jpg", "beach.png", "2.jpg"], ["beach.jpg", "beach.png", "2"]),
        (["Beach.jpg", "beach.jpg"], ["Beach.jpg_0", "beach.jpg_1"]),
        (["cam1/1.jpg", "cam2/1.jpg"], ["cam1_1", "cam2_1"]),
        (["cam1/1.jpg", "cam1_1.jpg"], ["cam1_1.jpg_0", "cam1_1.jpg_1"]),
        (["a.b.jpg", "a.c.jpg"], ["a.b", "a.c"]),
        (["stack.tif#0", "stack.tif#1"], ["stack.tif#0", "stack.tif#1"]),
        (["caf\u00e9.jpg", "cafe\u0301.png"], ["caf\u00e9.jpg", "cafe\u0301.png"]),
    ],
)
def test_stems_are_image_names_where_these_are_unique(names: list[str], stems: list[str]) -> None:
    assert file_stems(names) == stems


@given(
    st.lists(
        st.from_regex(r"([aAb]/)?[aAb_]{1,3}(_0|_1)?\.(jpg|png|JPG)(_0|_1)?", fullmatch=True), unique=True, max_size=12
    )
)
def test_stems_are_always_unique(names: list[str]) -> None:
    assert len({stem.casefold() for stem in file_stems(names)}) == len(names)
