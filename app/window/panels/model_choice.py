"""Models offered in a combo box: ready ones, ones that can be downloaded, and checkpoints to convert first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QStandardItemModel
from PyQt6.QtWidgets import QComboBox

from app.window.i18n.backend_messages import translate
from app.window.i18n.tr import tr
from app.window.panels.model_facts import ModelFacts
from app.window.panels.two_part_items import NOTE
from app.zoo.availability import state_of
from app.zoo.catalogue import Entry, load_catalogue

CHOOSE = "choose"
"""Value of the entry that opens a file dialog."""
ROWS = 18
WIDTH = 460
"""Maximum width of the popup list in pixels; it may be wider than the combo box."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A model to choose; an offer without ``value`` is the heading of a group.

    ``hint`` is the tool tip. ``cost`` stands for the time of a model that was not measured.
    """

    title: str
    value: str = ""
    hint: str = ""
    cost: str = ""


def offer(
    box: QComboBox,
    kind: Literal["pose", "detector"],
    chosen: str,
    own: Sequence[str] = (),
    facts: ModelFacts | None = None,
) -> None:
    """Fill ``box`` with the catalogue's models, the user's ``own`` and "Choose file"; select ``chosen``.

    ``facts`` tell the kind and the cost of each.
    """
    offers = _offers(kind, own)
    if chosen not in [offered.value for offered in offers]:
        offers.insert(0, Offer(Path(chosen).name, chosen, chosen))
    box.blockSignals(True)
    box.clear()
    for offered in offers:
        if not offered.value:
            box.insertSeparator(box.count())
        box.addItem(offered.title, offered.value or None)
        _describe(box, box.count() - 1, offered, facts)
        model = box.model()
        if not offered.value and isinstance(model, QStandardItemModel) and (item := model.item(box.count() - 1)):
            item.setEnabled(False)
    box.insertSeparator(box.count())
    box.addItem(tr("Choose file…"), CHOOSE)
    pick(box, chosen)
    box.setMaxVisibleItems(ROWS)
    fit_list(box)
    box.blockSignals(False)


def _describe(box: QComboBox, row: int, offered: Offer, facts: ModelFacts | None) -> None:
    """Give the item in ``row`` its tool tip, and at its right end the kind and the cost."""
    lines = facts.lines(offered.value) if facts is not None and offered.value else []
    box.setItemData(row, "\n".join(filter(None, [offered.hint, *lines])), Qt.ItemDataRole.ToolTipRole)
    if facts is not None and offered.value:
        box.setItemData(row, facts.short(offered.value, offered.cost), NOTE)


def fit_list(box: QComboBox) -> None:
    """Make the popup list of ``box`` as wide as its texts, at most ``WIDTH``."""
    if (view := box.view()) is not None:
        view.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        view.setMinimumWidth(min(view.sizeHintForColumn(0) + 30, WIDTH))


def pick(box: QComboBox, value: str) -> None:
    """Select the model or setting ``value``."""
    box.setCurrentIndex(max(box.findData(value), 0))


def _offers(kind: Literal["pose", "detector"], own: Sequence[str]) -> list[Offer]:
    """Models of a kind: ready ones, the user's ``own``, ones converted on first use, ones downloaded by hand."""
    ready: list[Offer] = []
    converted: list[Offer] = []
    by_hand: list[Offer] = []
    for entry in load_catalogue().values():
        if entry.kind != kind:
            continue
        state = state_of(entry)
        if entry.form in ("onnx", "tflite"):
            if state != "by-hand":
                fetches = "" if state != "fetchable" else _download(entry)
                hint = "\n".join(filter(None, (_title(entry), accuracy(entry))))
                ready.append(Offer(entry.name, entry.name, hint, fetches))
        elif state == "ready":
            ready.append(Offer(entry.name, entry.name, _hint(entry, tr("converted"))))
        elif state == "by-hand":
            by_hand.append(Offer(entry.name, entry.name, _hint(entry, tr("to be downloaded manually, then converted"))))
        else:
            converted.append(Offer(entry.name, entry.name, _hint(entry, tr("downloaded and converted on first use"))))
    if kind == "detector":
        ready.append(Offer(tr("Whole frame is one person"), "none"))
    if own:
        ready += [Offer(tr("Your models")), *(Offer(_unique_name(path, own), path, path) for path in own)]
    if converted:
        ready += [Offer(tr("Converted on first use")), *converted]
    if by_hand:
        ready += [Offer(tr("Downloaded manually, then converted")), *by_hand]
    return ready


def _download(entry: Entry) -> str:
    """That ``entry`` has to be downloaded, with the size where it is known."""
    if not entry.bytes:
        return tr("to download")
    return tr("{size} MB to download", size=f"{entry.bytes / 1e6:.0f}")


def _unique_name(path: str, others: Sequence[str]) -> str:
    """The file name, with its folder if another file has the same name."""
    name = Path(path).name
    ambiguous = sum(Path(other).name == name for other in others) > 1
    return f"{name}  ·  {Path(path).parent}" if ambiguous else name


def _hint(entry: Entry, state: str) -> str:
    """Description of a checkpoint, one fact per line."""
    return "\n".join(line for line in (_title(entry), accuracy(entry), _size(entry, state)) if line)


def accuracy(entry: Entry) -> str:
    """Measured accuracy of ``entry`` and its setting; empty if not measured."""
    setting = translate(entry.ap_setting)
    return tr("AP {ap}: {setting}", ap=f"{entry.ap:.3f}", setting=setting) if entry.ap is not None else setting


def _title(entry: Entry) -> str:
    return tr("{title} ({licence})", title=translate(entry.title), licence=entry.licence)


def _size(entry: Entry, state: str) -> str:
    if entry.bytes:
        return tr("{size} MB, {state}", size=f"{entry.bytes / 1e6:.0f}", state=state)
    if not entry.parameters:
        return state
    return tr("about {size} MB, {state}", size=f"{4 * entry.parameters / 1e6:.0f}", state=state)
