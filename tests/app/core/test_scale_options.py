"""What the user states about the size of things."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.core.errors import StanceError
from app.core.scale_options import ScaleOptions


def test_lengths_and_files_are_told_apart() -> None:
    assert ScaleOptions(scale="420=1.5").lengths == (420.0, 1.5)
    assert ScaleOptions(scale=" 420 px = 1.5 m ").lengths == (420.0, 1.5)
    assert ScaleOptions(scale="cameras/Calib.TOML").calibration == Path("cameras/Calib.TOML")
    assert ScaleOptions(scale="cameras/Calib.toml").lengths is None


def test_floor_may_be_a_slope() -> None:
    assert ScaleOptions(height_m=1.8, floor="-3.5").slope_degrees == -3.5
    assert [ScaleOptions(height_m=1.8, floor=floor).slope_degrees for floor in ("auto", "none")] == [None, None]


def test_nothing_stated_is_no_scale() -> None:
    assert not ScaleOptions()
    assert ScaleOptions(height_m=1.8)
    assert ScaleOptions(scale="100=1")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"height_m": 178.0}, r"height of 178\.0 m is out of range: wanted a body height from 0\.3 to 2\.8 m, such as"),
        ({"height_m": float("nan")}, "height of nan m is out of range"),
        ({"scale": "420"}, "scale '420' is not valid: wanted PIXELS=METERS such as 420=1.5, or a calibration"),
        ({"scale": "0=1.5"}, "scale '0=1.5' is not valid: wanted a length above 0 in pixels and in meters"),
        ({"scale": "420=0"}, "scale '420=0' is not valid: wanted a length above 0"),
        ({"scale": "1e-9=1e9"}, "scale '1e-9=1e9' is not valid: wanted a length above 0 .*, without an exponent"),
        ({"scale": "-4=1.5"}, "scale '-4=1.5' is not valid"),
        ({"scale": "420=1.5", "height_m": 1.8}, "two scales"),
        ({"height_m": 1.8, "floor": "level"}, "floor 'level' is not valid: wanted auto, none, or its slope"),
        ({"height_m": 1.8, "floor": "60"}, "floor '60' is not valid"),
        ({"height_m": 1.8, "floor": "nan"}, "floor 'nan' is not valid"),
        ({"floor": "3"}, "floor '3' has no effect without a scale: wanted --height or --scale"),
    ],
)
def test_wrong_values_are_refused_in_one_sentence(options: dict[str, float | str], sentence: str) -> None:
    with pytest.raises(StanceError, match=sentence):
        ScaleOptions(**options)  # type: ignore[arg-type]
