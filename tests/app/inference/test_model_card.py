"""Cards: a written card can be read again; an invalid one is refused in one sentence."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.errors import StanceError
from app.core.message import Message
from app.core.skeleton import Skeleton
from app.inference.model_card import (
    DecodedKeypoints,
    DetectorCard,
    Heatmap,
    InputSpec,
    PoseCard,
    Provenance,
    Regression,
    SimCC,
    UdpCombined,
    kind_of,
    read_card,
    write_card,
)
from tests.conftest import GOLDEN

CARDS: list[PoseCard | DetectorCard] = [
    PoseCard("a", InputSpec((192, 256)), Heatmap("dark", 17), "coco17", udp=False, flip_shift=True),
    PoseCard("b", InputSpec((288, 384), color="bgr"), UdpCombined(), "mpii16", udp=True),
    PoseCard("c", InputSpec((192, 256)), SimCC(2.0), Skeleton("own", ("one", "two"), ((0, 1),)), padding=1.1),
    PoseCard("d", InputSpec((256, 256), layout="nhwc"), Regression(), "hand21", provenance=Provenance(ap=0.7)),
    DetectorCard("e", InputSpec((640, 640)), "ultralytics", letterbox="centre", person=3),
]


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.name)
def test_a_written_card_is_read_again(card: PoseCard | DetectorCard) -> None:
    assert read_card(write_card(card), "a file") == card


def test_written_card_states_its_kind() -> None:
    assert [json.loads(write_card(card))["kind"] for card in CARDS] == ["pose-top-down"] * 4 + ["detector"]
    assert [kind_of(card) for card in CARDS] == ["pose-top-down"] * 4 + ["detector"]


def test_cards_without_a_kind_are_read() -> None:
    """The lines were written by ``write_card`` when cards stated a ``task``."""
    lines = (GOLDEN / "cards" / "without_kind.jsonl").read_text(encoding="utf-8").splitlines()
    raw = PoseCard(
        "f",
        InputSpec((192, 256), layout="nhwc", raw=True),
        DecodedKeypoints(),
        "coco17",
        provenance=Provenance(
            licence="Apache-2.0",
            source="a.pth",
            sha256="00" * 32,
            ap=0.76,
            version="1.0.0",
            chosen=("skeleton",),
            precision="float16",
        ),
    )
    assert [read_card(line, "a file") for line in lines] == [*CARDS, raw]


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        ({"kind": "dance"}, "dance"),
        ({"kind": None, "task": "dance"}, "task|kind"),
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
def test_the_error_names_the_invalid_field(change: dict[str, object], wanted: str) -> None:
    text = json.dumps(json.loads(write_card(CARDS[0])) | change)
    with pytest.raises(StanceError, match=wanted) as raised:
        read_card(text, "model.onnx")
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        ({"kind": "dance"}, 'its field kind is "dance"; wanted one of pose-top-down, detector'),
        (
            {"codec": {"type": "heatmap", "refine": 9}},
            "its field codec.refine is 9; wanted one of dark, none, quarter, udp",
        ),
        ({"codec": {"type": "dance"}}, 'its field codec.type is "dance"; wanted one of heatmap, udp-combined'),
        ({"picture": {"size": [0, 1]}}, "its field picture.size.0 is 0; wanted a whole number from 1 to 8192."),
        ({"picture": {"size": [1]}}, "its field picture.size is [1]; wanted a list of 2 values."),
        ({"picture": {}}, "its field picture.size is missing; wanted a list of 2 values."),
        ({"padding": "wide"}, 'its field padding is "wide"; wanted a number above 0, up to 10.'),
        ({"udp": 1}, "its field udp is 1; wanted one of true, false."),
        ({"surprise": 1}, "its field surprise is unknown; wanted only kind, name, picture, codec, skeleton, padding"),
        ({"skeleton": 3}, "its field skeleton is 3; wanted a name, or an object with fields."),
    ],
)
def test_the_error_says_what_was_wanted_in_the_field(change: dict[str, object], wanted: str) -> None:
    text = json.dumps(json.loads(write_card(CARDS[0])) | change)
    with pytest.raises(StanceError) as raised:
        read_card(text, "model.onnx")
    assert str(raised.value).startswith(f"The model card of model.onnx cannot be used: {wanted}")


@pytest.mark.parametrize("text", ["[", '{"kind": "detector", "na', b"\xff", "[" * 100_000])
def test_text_that_is_no_json_is_said_to_be_damaged(text: str | bytes) -> None:
    with pytest.raises(
        StanceError, match=r"model\.onnx cannot be used: its JSON text is damaged or cut off; wanted a card"
    ):
        read_card(text, "model.onnx")


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@settings(deadline=None)
@given(
    st.dictionaries(st.sampled_from(["kind", "task", "name", "picture", "codec", "skeleton", "padding", "head"]), JSON)
    | JSON
    | st.binary()
)
def test_any_input_is_a_card_or_an_error_sentence(value: object) -> None:
    text = value if isinstance(value, bytes) else json.dumps(value)
    with contextlib.suppress(StanceError):
        read_card(text, "model.onnx")


def test_message_in_a_card_is_written_as_text() -> None:
    card = PoseCard(Message("{kind} network", kind="small"), InputSpec((192, 256)), Heatmap("dark", 17), "coco17")
    assert read_card(write_card(card), "a file") == PoseCard(
        "small network", InputSpec((192, 256)), Heatmap("dark", 17), "coco17"
    )
