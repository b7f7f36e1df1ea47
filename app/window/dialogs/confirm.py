"""Questions asked before something costly is done."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QMessageBox, QWidget

from app.core.settings import Settings
from app.window.i18n.tr import tr
from app.zoo.availability import state_of
from app.zoo.catalogue import Entry, load_catalogue
from app.zoo.part_files import part_files

if TYPE_CHECKING:
    from app.window.panels.side_panel import SidePanel
    from app.window.player.player import Player

LONG_S = 600.0
"""Seconds of analysed video from which analysing again needs confirmation."""


def confirm(
    parent: QWidget,
    question: str,
    label: str,
    accepted: Callable[[], object],
    declined: Callable[[], object] = lambda: None,
) -> QMessageBox:
    """Ask ``question``; the button ``label`` calls ``accepted``, Cancel and Esc call ``declined``. Does not block."""
    box = QMessageBox(QMessageBox.Icon.NoIcon, "Stance", question, parent=parent)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    accept = box.addButton(label, QMessageBox.ButtonRole.AcceptRole)
    cancel = box.addButton(tr("Cancel"), QMessageBox.ButtonRole.RejectRole)
    box.setDefaultButton(accept)
    box.setEscapeButton(cancel)
    box.finished.connect(lambda _: accepted() if box.clickedButton() is accept else declined())
    box.open()
    return box


def downloads(before: Settings, after: Settings) -> list[Entry]:
    """Networks named by ``after`` but not by ``before`` that have to be downloaded first."""
    catalogue = load_catalogue()
    names = [after.pose] * (after.pose != before.pose) + [after.detector] * (after.detector != before.detector)
    names += [name for name in part_files(after) if name not in part_files(before)]
    return [catalogue[name] for name in names if name in catalogue and state_of(catalogue[name]) == "fetchable"]


def ask_before_download(
    panel: SidePanel, before: Settings, wanted: Settings, request: Callable[[Settings], object]
) -> None:
    """Call ``request`` with ``wanted``, after a question if networks have to be downloaded; "No" shows ``before``."""
    entries = downloads(before, wanted)
    if not entries:
        request(wanted)
        return
    names = ", ".join(entry.name for entry in entries)
    sizes = [(entry.bytes or 4 * (entry.parameters or 0)) / 1e6 for entry in entries]
    if all(sizes):
        size = f"{sum(sizes):.0f}"
        question = tr("{names} is not on this computer. Download it (about {size} MB)?", names=names, size=size)
    else:
        question = tr("{names} is not on this computer. Download it (of unknown size)?", names=names)
    confirm(panel, question, tr("Download"), lambda: request(wanted), lambda: panel.show_settings(before))


def ask_before_analysis(
    panel: SidePanel, player: Player, before: Settings, wanted: Settings, request: Callable[[Settings], object]
) -> None:
    """Call ``request`` with ``wanted``, after a question if the networks would have to analyse much of a clip again."""
    seconds = player.clip_analysis.analysed_s(player.analysis)
    if seconds < LONG_S or not changes_networks(before, wanted):
        request(wanted)
        return
    minutes = f"{seconds / 60:.0f}"
    if player.clip_analysis.is_kept:
        question = tr(
            "This change needs a new analysis of the clip. The {minutes} minutes analysed so far are kept "
            "and return with the previous settings. Continue?",
            minutes=minutes,
        )
    else:
        question = tr(
            "This change needs a new analysis of the clip. The {minutes} minutes analysed so far "
            "are too large to keep and will be lost. Continue?",
            minutes=minutes,
        )
    confirm(panel, question, tr("Analyse again"), lambda: request(wanted), lambda: panel.show_settings(before))


def changes_networks(before: Settings, wanted: Settings) -> bool:
    """Whether ``wanted`` has other networks than ``before``, or uses them differently."""
    names = ("pose", "detector", "device", "flip_test", "hands", "hand_network", "face")
    return any(getattr(before, name) != getattr(wanted, name) for name in names)
