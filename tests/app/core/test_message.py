"""Messages: the text, and the template and values from which it is translated."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest

from app.core.errors import InvalidValueError, StanceError, message_of
from app.core.message import Message, foreign, joined
from app.core.message_lines import REQUESTED, from_line, to_line
from app.inference.model_card import read_card

REASON = Message("no frame for {seconds:.0f} s", seconds=3.0)
LOST = Message("{source!r} is lost ({reason}).", source="door", reason=REASON)


def parts(message: object) -> tuple[str, dict[str, Any]]:
    """The key and the values of ``message``, and of the messages among these."""
    assert isinstance(message, Message)
    own: dict[str, Any] = {
        name: parts(value) if isinstance(value, Message) else value for name, value in message.values.items()
    }
    return message.key, own


def test_a_message_is_its_text_and_keeps_template_and_values() -> None:
    assert LOST == "'door' is lost (no frame for 3 s)."
    assert parts(LOST) == (
        "{source!r} is lost ({reason}).",
        {"source": "door", "reason": ("no frame for {seconds:.0f} s", {"seconds": 3.0})},
    )


def test_a_text_without_values_is_its_own_key_whatever_its_braces() -> None:
    for text in ("100 % {", "{} of {name}", ""):
        assert parts(foreign(text)) == (text, {})
        assert StanceError(text).message == str(StanceError(text)) == text


@pytest.mark.parametrize("login", ["rtsp://anna:secret@door/1", "http://door/1?password=secret"])
def test_credentials_are_in_neither_text_nor_values(login: str) -> None:
    for error in (
        StanceError("{source!r} cannot be opened: {reason}.", source=login, reason=foreign(f"no answer from {login}")),
        StanceError(f"{login} cannot be opened."),
    ):
        assert "secret" not in str(error)
        assert "secret" not in repr(parts(error.message))


def test_parts_are_joined_to_one_message() -> None:
    assert joined("{first}; {rest}", []) == ""
    assert joined("{first}; {rest}", [REASON]) is REASON
    three = joined("{first}; {rest}", ["a", REASON, "c"])
    assert three == "a; no frame for 3 s; c"
    assert isinstance(three, Message)
    assert isinstance(three.values["rest"], Message)
    assert three.values["rest"].values["first"] is REASON


def test_copies_and_pickles_keep_template_and_values() -> None:
    for other in (copy.deepcopy(LOST), pickle.loads(pickle.dumps(LOST))):
        assert (other, parts(other)) == (LOST, parts(LOST))
    error = pickle.loads(pickle.dumps(StanceError("{source} has ended.", source="door")))
    assert parts(error.message) == ("{source} has ended.", {"source": "door"})


def test_a_line_of_a_child_process_keeps_template_and_values(monkeypatch: pytest.MonkeyPatch) -> None:
    assert to_line(LOST) == LOST
    monkeypatch.setenv(REQUESTED, "1")
    line = to_line(LOST)
    assert "\n" not in line
    assert parts(from_line(line)) == parts(LOST)
    assert to_line("plain") == "plain"


@pytest.mark.parametrize("line", ["plain text", "{broken", "12", '{"key": 1}', '{"a": {}}', "[]", "null"])
def test_any_other_line_of_a_child_process_is_a_foreign_text(line: str) -> None:
    assert parts(from_line(line)) == (line, {})


def test_the_message_of_an_error_is_that_of_its_cause_if_it_repeats_it() -> None:
    with pytest.raises(StanceError) as refused:
        read_card('{"kind": "pose-top-down", "skeleton": {"name": "none", "names": []}}', "a.onnx")
    reason = refused.value.message.values["reason"]
    assert isinstance(reason, Message)
    assert str(refused.value).startswith("The model card of a.onnx cannot be used: ")
    assert message_of(ValueError("{x}")) == foreign("{x}")
    assert message_of(KeyError()) == "KeyError"
    assert message_of(InvalidValueError("{name} is empty", name="a")).key == "{name} is empty"
