"""Which deeds make sense now."""

from __future__ import annotations

from PyQt6.QtGui import QAction

from app.window.actions import name_action
from app.window.capture import Capture
from app.window.icons import icon
from app.window.player import Player
from app.window.theme import RECORD_RED
from app.window.words import tr

SHOWN = ("play", "step-forward", "forwards", "halt", "screenshot", "close-source", "zoom-in", "zoom-out")
SOUGHT = ("step-back", "home", "end", "backwards", "mark-in", "mark-out", "go-in", "go-out", "unmark", "loop", "pin")
PACED = ("slower", "faster", "plain-speed", "every-frame", "export")


def offer_deeds(deeds: dict[str, QAction], player: Player, capture: Capture) -> None:
    """Enable what can be done with what ``player`` shows, and call it by its present name."""
    here, found, recording = player.source is not None, player.pipeline is not None, capture.recording
    for name in (*SHOWN, "zoom-fit", "zoom-actual"):
        deeds[name].setEnabled(here)
    for name in (*SOUGHT, *PACED):
        deeds[name].setEnabled(here and player.seekable)
    deeds["analyse-again"].setEnabled(here and found and player.seekable)
    deeds["save-last"].setEnabled(capture.can_save_last)
    deeds["virtual-camera"].setEnabled(here and found)
    deeds["import"].setEnabled(not recording)
    deeds["record"].setEnabled(not capture.recorder.busy and here and (found or player.recorded))
    name_action(deeds["play"], tr("Pause") if player.playing else tr("Play"))
    deeds["play"].setIcon(icon("pause" if player.playing else "play"))
    name_action(deeds["record"], tr("Finish the recording") if recording else tr("Record"))
    deeds["record"].setIcon(icon("stop" if recording else "record", RECORD_RED))
