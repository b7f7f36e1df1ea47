"""Settings that have no effect with a pose model: which they are, why, and that asking for them is refused."""

from __future__ import annotations

import pytest

from app.core.errors import StanceError
from app.core.settings import Settings
from app.core.skeleton import load_skeleton
from app.pose.model import ModelInfo
from app.pose.unsupported import refuse_unsupported, unsupported

TOP_DOWN = ModelInfo("crops", load_skeleton("coco17"))
ONE_STAGE = ModelInfo("whole", load_skeleton("coco17"), proposals="self", has_flip_test=False)


def test_a_top_down_network_supports_every_setting() -> None:
    assert unsupported(TOP_DOWN) == {}
    refuse_unsupported(TOP_DOWN, Settings(flip_test=True, detect_every=1.0))


@pytest.mark.parametrize(
    ("skeleton", "reasons"),
    [
        ("halpe26", {}),
        ("blazepose33", {}),
        ("wholebody133", {"hands": "net estimates hands itself.", "face": "net estimates faces itself."}),
        (
            "hand21",
            {
                "hands": "net does not estimate elbows and wrists.",
                "face": "net does not estimate nose, eyes and ears.",
            },
        ),
    ],
)
def test_hands_and_faces_are_added_to_bodies_without(skeleton: str, reasons: dict[str, str]) -> None:
    info = ModelInfo("net", load_skeleton(skeleton))
    assert unsupported(info) == reasons
    for name, settings in (("hands", Settings(hands=True)), ("face", Settings(face="mesh"))):
        if name not in reasons:
            refuse_unsupported(info, settings)
            continue
        with pytest.raises(StanceError, match=rf"^net takes no {name}s?: wanted .*, or no --{name}\.$"):
            refuse_unsupported(info, settings)


def test_a_one_stage_network_has_no_detector_and_no_flip_test() -> None:
    no_detector = "whole finds people itself: no detector runs."
    assert unsupported(ONE_STAGE) == {
        "detector": no_detector,
        "detect_every": no_detector,
        "flip_test": "whole has no flip test.",
    }
    refuse_unsupported(ONE_STAGE, Settings(half_rate=True, max_people=2))
    for settings, option in (
        (Settings(flip_test=True), "flip test"),
        (Settings(detect_every=1.0), "detection interval"),
    ):
        with pytest.raises(StanceError, match=f"wanted no {option}"):
            refuse_unsupported(ONE_STAGE, settings)
