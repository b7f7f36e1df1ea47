"""The dialog in which the user sends poses to other programs, and stops that."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import (
    QCheckBox,
    QDialog,
    QFormLayout,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.core.errors import StanceError
from app.core.live_address import LiveAddress, parse_live
from app.window.core.preferences import Preferences
from app.window.i18n.tr import later, tr
from app.window.player.live_output import LiveOutput
from app.window.widgets.notification import sentence_of
from app.window.widgets.value_controls import ComboBox

WIDTH = 480
MESSAGE_LINES = 3
PART = "send"
ALL_NETWORKS = "0.0.0.0"
PROTOCOLS = {
    "osc": ("Open Sound Control (OSC)", "127.0.0.1:9000"),
    "ws": ("WebSocket", "127.0.0.1:8765"),
    "udp": ("UDP", "127.0.0.1:9100"),
    "lsl": ("Lab Streaming Layer (LSL)", "stance"),
}
"""Title of each protocol, and its usual address."""
EXPLAINED = {
    "osc": later("A message for each keypoint, to the program at this address."),
    "ws": later("JSON lines, to programs and web pages that connect to this address."),
    "udp": later("JSON lines, each in a datagram, to the program at this address."),
    "lsl": later("A stream for each person, to all recorders in the network."),
}


class SendDialog(QDialog):
    """Adds addresses to ``output``, and takes them away; ``preferences`` keep the last one of each protocol."""

    asked = pyqtSignal(tuple)  # the addresses to send to; none: stop

    def __init__(self, output: LiveOutput, preferences: Preferences, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Send to other programs"))
        self.setMinimumWidth(WIDTH)
        self._output = output
        self._preferences = preferences
        self._kept = _kept(preferences)
        self.protocol, self.address = ComboBox(), QLineEdit()
        self.open_to_others = QCheckBox(tr("Let other computers connect"))
        self.open_to_others.setToolTip(tr("Whoever reaches this computer can watch: there is no password."))
        self.message = QLabel()
        self.add = QPushButton(tr("Send"))
        self.state = QLabel()
        self.stops: dict[LiveAddress, QPushButton] = {}
        self._rows = QGridLayout()
        self._lay_out()
        self._show_kept()
        self.protocol.currentIndexChanged.connect(lambda _: self._show_protocol())
        self.add.clicked.connect(lambda _: self._add())
        output.changed.connect(self.refresh)
        output.failed.connect(self._show_error)
        self.refresh()

    def chosen(self) -> LiveAddress:
        """The address in the controls. Raises StanceError if it is not valid, or is sent to already."""
        scheme, text = str(self.protocol.currentData()), self.address.text().strip()
        address = parse_live(f"lsl:{text}" if scheme == "lsl" else f"{scheme}://{text}")
        if scheme == "ws" and self.open_to_others.isChecked():
            address = replace(address, host=ALL_NETWORKS if address.is_loopback else address.host)
        elif scheme == "ws" and not address.is_loopback:
            raise StanceError("Other computers could connect to {address}: wanted 127.0.0.1.", address=str(address))
        if address in self._output.addresses:
            raise StanceError("The address {address} is given twice: wanted each once.", address=str(address))
        return address

    def refresh(self) -> None:
        """Show what is being sent now."""
        if list(self.stops) != list(self._output.addresses):
            self._list_addresses()
        waiting = tr("Sending begins as soon as a source is open and the models are loaded.")
        self.state.setText(tr("Sending to:") if self._output.sending else waiting)
        self.state.setVisible(bool(self.stops))
        self._fit()

    def _fit(self) -> None:
        """Make the dialog as high as its rows."""
        if (layout := self.layout()) is not None:
            layout.activate()
            width = self.width() if self.isVisible() else WIDTH
            self.resize(width, layout.totalHeightForWidth(width))

    def _list_addresses(self) -> None:
        """A row for each address that is sent to, with a button that ends that."""
        while (item := self._rows.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        self.stops.clear()
        for row, address in enumerate(self._output.addresses):
            label, stop = QLabel(str(address)), QPushButton(tr("Stop sending"))
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setWordWrap(True)
            stop.setAutoDefault(False)
            stop.setAccessibleDescription(str(address))
            stop.clicked.connect(partial(self._stop, address))
            self._rows.addWidget(label, row, 0)
            self._rows.addWidget(stop, row, 1)
            self.stops[address] = stop

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(22, 18, 22, 16)
        column.setSpacing(10)
        form = QFormLayout()
        form.setHorizontalSpacing(18)
        form.addRow(tr("Protocol"), self.protocol)
        form.addRow(tr("Address"), self.address)
        form.addRow("", self.open_to_others)
        column.addLayout(form)
        self.message.setObjectName("faint")
        self.message.setWordWrap(True)
        self.message.setTextFormat(Qt.TextFormat.PlainText)
        self.message.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self.message.setMinimumHeight(MESSAGE_LINES * self.message.fontMetrics().lineSpacing())
        column.addWidget(self.message)
        self.state.setWordWrap(True)
        self.state.setTextFormat(Qt.TextFormat.PlainText)
        column.addWidget(self.state)
        self._rows.setColumnStretch(0, 1)
        column.addLayout(self._rows)
        column.addStretch(1)
        row = QHBoxLayout()
        row.addStretch(1)
        close = QPushButton(tr("Close"))
        close.setAutoDefault(False)
        close.clicked.connect(self.reject)
        self.add.setDefault(True)
        row.addWidget(close)
        row.addWidget(self.add)
        column.addLayout(row)

    def _show_kept(self) -> None:
        for scheme, (title, _) in PROTOCOLS.items():
            self.protocol.addItem(title, scheme)
        self.protocol.setCurrentIndex(max(self.protocol.findData(self._kept["scheme"]), 0))
        self._show_protocol()

    def _show_protocol(self) -> None:
        """Show the address that was last used with the protocol, and what the protocol does."""
        scheme = str(self.protocol.currentData())
        if self.address.property("scheme") != scheme:
            self.address.setProperty("scheme", scheme)
            self.address.setText(self._kept[scheme])
        form = self.findChild(QFormLayout)
        assert form is not None
        form.setRowVisible(self.open_to_others, scheme == "ws")
        label = form.labelForField(self.address)
        assert isinstance(label, QLabel)
        label.setText(tr("Name") if scheme == "lsl" else tr("Address"))
        explained = EXPLAINED[scheme]
        self._say(tr(explained))

    def _add(self) -> None:
        """Send to the address in the controls too."""
        try:
            address = self.chosen()
        except StanceError as error:
            self._show_error(error)
            return
        scheme = str(self.protocol.currentData())
        self._kept |= {"scheme": scheme, scheme: self.address.text().strip()}
        self._preferences.keep_part(PART, self._kept)
        self._show_protocol()
        self.asked.emit((*self._output.addresses, address))

    def _stop(self, address: LiveAddress) -> None:
        self._show_protocol()
        self.asked.emit(tuple(one for one in self._output.addresses if one != address))

    def _show_error(self, error: Exception) -> None:
        self._say(sentence_of(error))

    def _say(self, sentence: str) -> None:
        self.message.setText(sentence)


def _kept(preferences: Preferences) -> dict[str, str]:
    """The saved protocol and addresses; the usual ones in place of what is missing or of another type."""
    usual = {"scheme": "osc"} | {scheme: address for scheme, (_, address) in PROTOCOLS.items()}
    saved: dict[str, Any] = preferences.part(PART)
    return usual | {key: value for key, value in saved.items() if key in usual and isinstance(value, str)}
