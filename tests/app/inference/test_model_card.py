"""Cards: what is written is read again; what is wrong is told in one sentence."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.card import (
    DetectorCard,
    Heatmap,
    Picture,
    PoseCard,
    Provenance,
    Regression,
    SimCC,
    UdpCombined,
    read_card,
    write_card,
)
from app.errors import StanceError
from app.skeleton import Skeleton

CARDS: list[PoseCard | DetectorCard] = [
    PoseCard("a", Picture((192, 256)), Heatmap("dark", 17), "coco17", udp=False, flip_shift=True),
    PoseCard("b", Picture((288, 384), color="bgr"), UdpCombined(), "mpii16", udp=True),
    PoseCard("c", Picture((192, 256)), SimCC(2.0), Skeleton("own", ("one", "two"), ((0, 1),)), padding=1.1),
    PoseCard("d", Picture((256, 256), layout="nhwc"), Regression(), "hand21", provenance=Provenance(ap=0.7)),
    DetectorCard("e", Picture((640, 640)), "ultralytics", letterbox="centre", person=3),
]


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.name)
def test_what_is_written_is_read_again(card: PoseCard | DetectorCard) -> None:
    assert read_card(write_card(card), "a file") == card


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        ({"task": "dance"}, "dance"),
        ({"picture": {"size": [0, 256]}}, "size"),
        ({"picture": {"size": [192, 256], "std": [0, 1, 1]}}, "std"),
        ({"codec": {"type": "heatmap", "refine": "magic"}}, "magic"),
        ({"skeleton": "centaur"}, "centaur"),
        ({"skeleton": "../../etc/passwd"}, "passwd"),
        ({"skeleton": {"name": "x", "names": ["a"], "limbs": [[0, 5]]}}, "limb"),
        ({"padding": -1}, "padding"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_what_is_wrong_is_named(change: dict[str, object], wanted: str) -> None:
    text = json.dumps(json.loads(write_card(CARDS[0])) | change)
    with pytest.raises(StanceError, match=wanted) as told:
        read_card(text, "model.onnx")
    assert "\n" not in str(told.value)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@settings(deadline=None)
@given(
    st.dictionaries(st.sampled_from(["task", "name", "picture", "codec", "skeleton", "padding", "head"]), JSON)
    | JSON
    | st.binary()
)
def test_a_strangers_card_is_a_card_or_a_sentence(value: object) -> None:
    text = value if isinstance(value, bytes) else json.dumps(value)
    with contextlib.suppress(StanceError):
        read_card(text, "model.onnx")
