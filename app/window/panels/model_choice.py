"""What a choice of models offers: what is ready, what can be fetched, and checkpoints that are converted first."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, NamedTuple

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QStandardItemModel
from PyQt6.QtWidgets import QComboBox

from app.window.sentences import told
from app.window.words import tr
from app.zoo.catalogue import Entry, load_catalogue
from app.zoo.states import state_of

CHOOSE = "choose"
ROWS = 18
WIDTH = 340
"""The list may be wider than the choice itself, for names that differ in their middle."""


class Offer(NamedTuple):
    """A model; a group of them begins with an offer that has no ``value``."""

    title: str
    value: str = ""
    hint: str = ""


def offer(box: QComboBox, kind: Literal["pose", "detector"], chosen: str) -> None:
    """Fill ``box`` with the models that can be had, and a file of one's own; pick ``chosen``."""
    offers = _offers(kind)
    if chosen not in [offered.value for offered in offers]:
        offers.insert(0, Offer(Path(chosen).name, chosen, chosen))
    box.blockSignals(True)
    box.clear()
    for offered in offers:
        if not offered.value:
            box.insertSeparator(box.count())
        box.addItem(offered.title, offered.value or None)
        box.setItemData(box.count() - 1, offered.hint, Qt.ItemDataRole.ToolTipRole)
        model = box.model()
        if not offered.value and isinstance(model, QStandardItemModel) and (item := model.item(box.count() - 1)):
            item.setEnabled(False)
    box.insertSeparator(box.count())
    box.addItem(tr("Choose file…"), CHOOSE)
    pick(box, chosen)
    box.setMaxVisibleItems(ROWS)
    if (view := box.view()) is not None:
        view.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        view.setMinimumWidth(min(view.sizeHintForColumn(0) + 30, WIDTH))
    box.blockSignals(False)


def pick(box: QComboBox, value: str) -> None:
    """Show the model or setting ``value`` as the chosen one."""
    box.setCurrentIndex(max(box.findData(value), 0))


def _offers(kind: Literal["pose", "detector"]) -> list[Offer]:
    """The catalogue's networks of a kind: ready ones first, then checkpoints, those to be fetched by hand last."""
    ready: list[Offer] = []
    converted: list[Offer] = []
    by_hand: list[Offer] = []
    for entry in load_catalogue().values():
        if entry.kind != kind:
            continue
        state = state_of(entry)
        if entry.form == "onnx":
            if state == "ready" or entry.addresses:
                size = f"{(entry.bytes or 0) / 1e6:.0f}"
                fetches = "" if state == "ready" or not entry.bytes else tr("  ·  fetches {size} MB", size=size)
                ready.append(Offer(entry.name + fetches, entry.name, _title(entry)))
        elif state == "ready":
            ready.append(Offer(entry.name, entry.name, _hint(entry, tr("converted"))))
        elif state == "by-hand":
            by_hand.append(Offer(entry.name, entry.name, _hint(entry, tr("to be fetched by hand, then converted"))))
        else:
            converted.append(Offer(entry.name, entry.name, _hint(entry, tr("fetched and converted on first use"))))
    if kind == "detector":
        ready.append(Offer(tr("Whole frame is one person"), "none"))
    if converted:
        ready += [Offer(tr("Converted on first use")), *converted]
    if by_hand:
        ready += [Offer(tr("Fetched by hand, then converted")), *by_hand]
    return ready


def _hint(entry: Entry, state: str) -> str:
    """What is known of a checkpoint, a line each."""
    return "\n".join(line for line in (_title(entry), accuracy(entry), _size(entry, state)) if line)


def accuracy(entry: Entry) -> str:
    """What was measured of ``entry`` and how; empty where nothing was."""
    setting = told(entry.ap_setting)
    return tr("AP {ap}: {setting}", ap=f"{entry.ap:.3f}", setting=setting) if entry.ap is not None else setting


def _title(entry: Entry) -> str:
    return tr("{title} ({licence})", title=told(entry.title), licence=entry.licence)


def _size(entry: Entry, state: str) -> str:
    if entry.bytes:
        return tr("{size} MB, {state}", size=f"{entry.bytes / 1e6:.0f}", state=state)
    return tr("about {size} MB, {state}", size=f"{4 * (entry.parameters or 0) / 1e6:.0f}", state=state)
