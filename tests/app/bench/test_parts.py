"""What hands, faces and points in three dimensions cost beside the body alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.bench import parts, tables
from app.bench.__main__ import main
from app.core.errors import StanceError
from app.core.settings import Settings
from app.zoo.fetch import locate


def test_variants_differ_from_the_body_in_what_they_add() -> None:
    known = parts.variants(Settings(hands=True, face="68", lifter="other"))
    body = known[parts.BODY]
    assert (body.hands, body.face, body.lifter) == (False, "", "")
    assert known["body, hands, face"].hands
    assert known["body, hands, face"].face == "mesh"
    assert [known["body, hands"].face, known["body, face"].hands] == ["", False]
    assert known["body, 3D by BlazePose"].lifter == parts.BLAZEPOSE
    assert known["BlazePose alone"].pose == parts.BLAZEPOSE


@pytest.mark.slow
def test_each_addition_is_measured_beside_the_body(demo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    try:
        for name in ("hand-landmarks-full", "palm-detector", "face-landmarks", "blazepose-full"):
            locate(name)
    except StanceError as error:
        pytest.skip(str(error))
    assert main(["--parts", "--source", str(demo), "--frames", "6", "--repeats", "1", "--device", "cpu", "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    rows = {row["what"]: row for row in figures["parts"]}
    assert list(rows) == list(parts.variants(Settings()))
    assert rows[parts.BODY]["share"]["median"] == 1
    assert rows[parts.BODY]["hands"] == rows[parts.BODY]["faces"] == 0
    assert rows["body, face"]["faces"] > 0
    assert rows["body, face"]["each_ms"] == pytest.approx(rows["body, face"]["more_ms"] / rows["body, face"]["faces"])
    assert "of the body alone" in tables.parts(figures)


def test_source_without_an_end_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--parts", "--source", str(tmp_path / "none.mp4")]) == 2
    assert "none.mp4" in capsys.readouterr().err
