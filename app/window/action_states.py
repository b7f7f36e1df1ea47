"""Enables the actions that can be used now."""

from __future__ import annotations

from PyQt6.QtGui import QAction

from app.window.core.action_specs import explain_action, name_action
from app.window.i18n.tr import tr
from app.window.player.capture import CaptureController
from app.window.player.player import Player
from app.window.style.icons import icon
from app.window.style.theme import RECORD_RED

SHOWN = ("play", "step-forward", "forwards", "halt", "screenshot", "scale", "close-source", "zoom-in", "zoom-out")
SEEKABLE = (
    *(
        "step-back",
        "home",
        "end",
        "backwards",
        "go-to",
        "mark-in",
        "mark-out",
        "go-in",
        "go-out",
        "unmark",
        "loop",
        "pin",
    ),
    *("seconds-back", "seconds-forward", "tenth-back", "tenth-forward"),
    *("mark", "mark-delete", "mark-back", "mark-forward"),
)
LIVE_ONLY = ("delay-more", "delay-less", "delay-frame-more", "delay-frame-less")
TOOLS = ("tool-select", "tool-line", "tool-distance", "tool-angle", "tool-arrow", "tool-text")
FILE_ONLY = ("slower", "faster", "plain-speed", "every-frame", "export", "report", "save-project", "correct")


def update_actions(actions: dict[str, QAction], player: Player, capture: CaptureController) -> str:
    """Enable and name the actions according to the states of ``player`` and ``capture``.

    Returns what cannot be done now and why, in a few words; empty if there is nothing to explain.
    """
    is_open, has_models, recording = player.source is not None, player.pipeline is not None, capture.recording
    for name in (*SHOWN, *TOOLS, "zoom-fit", "zoom-actual"):
        actions[name].setEnabled(is_open)
    for name in (*SEEKABLE, *FILE_ONLY):
        actions[name].setEnabled(is_open and player.seekable)
    for name in LIVE_ONLY:
        actions[name].setEnabled(is_open and not player.seekable)
    actions["analyse-again"].setEnabled(is_open and has_models and player.seekable)
    actions["save-last"].setEnabled(capture.last_seconds.available)
    actions["virtual-camera"].setEnabled(is_open and has_models and not player.over)
    actions["import"].setEnabled(not recording)
    reason = _why_not_record(player, capture)
    actions["record"].setEnabled(not reason and is_open and not capture.recorder.busy)
    if is_open:
        _explain(actions, player, reason)
    name_action(actions["play"], tr("Pause") if player.playing else tr("Play"))
    actions["play"].setIcon(icon("pause" if player.playing else "play"))
    name_action(actions["record"], tr("Stop recording") if recording else tr("Record"))
    explain_action(actions["record"], reason)
    actions["record"].setIcon(icon("stop" if recording else "record", RECORD_RED))
    if recording:
        return tr("Models cannot be changed while recording")
    return tr("Recording is not possible: {reason}", reason=reason) if reason and is_open else ""


def _explain(actions: dict[str, QAction], player: Player, why_not_record: str) -> None:
    """Give the tool tips of disabled actions the reason, while a source is open."""
    live = "" if player.seekable else tr("not for live sources")
    for name in (*SEEKABLE, *FILE_ONLY, "analyse-again"):
        explain_action(actions[name], live)
    for name in LIVE_ONLY:
        explain_action(actions[name], tr("only for live sources") if player.seekable else "")
    explain_action(actions["analyse-again"], live or player.models.why_none())
    explain_action(actions["save-last"], "" if actions["save-last"].isEnabled() else tr("only for live sources"))
    explain_action(actions["virtual-camera"], "" if actions["virtual-camera"].isEnabled() else why_not_record)


def _why_not_record(player: Player, capture: CaptureController) -> str:
    """Why nothing can be recorded now, in a few words; empty if something can."""
    if player.source is None or capture.recording:
        return "" if capture.recording else tr("nothing is open")
    if player.over:
        return tr("the source has ended; play it again")
    if player.pipeline is None and not player.recorded:
        return player.models.why_none()
    return ""
