"""Each set of shortcuts is complete, and no key has two meanings in it."""

from __future__ import annotations

import pytest
from PyQt6.QtGui import QKeySequence

from app.window.core.action_specs import ACTION_SPECS, key_sequences
from app.window.core.key_sets import KEY_SETS, usual_keys


@pytest.mark.parametrize("name", KEY_SETS)
def test_no_key_has_two_meanings(name: str) -> None:
    keys = [(one.toString(), action) for action, keys in usual_keys(name).items() for one in key_sequences(keys)]
    assert len(dict(keys)) == len(keys), sorted(keys)


@pytest.mark.parametrize("name", KEY_SETS)
def test_a_set_has_every_action_and_no_key_that_qt_does_not_know(name: str) -> None:
    assert usual_keys(name).keys() == ACTION_SPECS.keys()
    for keys in usual_keys(name).values():
        assert QKeySequence.listToString(key_sequences(keys)) == keys
        assert len(key_sequences(keys)) <= 2


@pytest.mark.parametrize(
    ("name", "key", "action"),
    [
        *(("kinovea", key, action) for key, action in (("Up", "faster"), ("Down", "slower"), ("F11", "full-screen"))),
        *(("kinovea", key, action) for key, action in (("PgUp", "tenth-back"), ("PgDown", "tenth-forward"))),
        *(("kinovea", key, action) for key, action in (("Ctrl+Left", "mark-back"), ("Ctrl+Right", "mark-forward"))),
        *(("kinovea", key, action) for key, action in (("Ins", "mark"), ("Ctrl+Return", "record"))),
        *(("mpv", key, action) for key, action in ((".", "step-forward"), (",", "step-back"), ("P", "play"))),
        *(("mpv", key, action) for key, action in (("Backspace", "plain-speed"), ("S", "screenshot"), ("Q", "quit"))),
        *(("mpv", key, action) for key, action in (("Right", "seconds-forward"), ("PgUp", "mark-forward"))),
    ],
)
def test_keys_known_from_other_programs_do_what_they_do_there(name: str, key: str, action: str) -> None:
    assert QKeySequence(key) in key_sequences(usual_keys(name)[action])


def test_an_unknown_set_is_the_usual_one() -> None:
    assert usual_keys("vlc") == usual_keys("stance")
