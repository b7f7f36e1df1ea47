"""Sends poses to other programs: creates the dialog and the outputs, and connects them with the window."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, Qt, QTimer
from PyQt6.QtWidgets import QDialog, QLabel

from app.core.live_address import LiveAddress
from app.window.i18n.backend_messages import translate
from app.window.i18n.tr import tr
from app.window.parts import WindowParts
from app.window.player.live_output import LiveOutput
from app.window.widgets.notification import Notice, sentence_of

if TYPE_CHECKING:
    from app.overlay import DrawStyle

POLL_MS = 500
"""Interval at which a closed or ended source is noticed, in milliseconds."""


class Sending(QObject):
    """Owns the live ``output`` and its ``dialog``; the status bar shows ``label`` while something is sent."""

    def __init__(self, parts: WindowParts) -> None:
        super().__init__(parts.window)
        self._parts = parts
        self.dialog: QDialog | None = None
        self.output = output = LiveOutput(parts.background, parts.player, self._draw_style, self)
        self.label = QLabel()
        self.label.setTextFormat(Qt.TextFormat.PlainText)
        self.label.hide()
        parts.status.add_beside_device(self.label)
        self._timer = QTimer(self)
        self._timer.setInterval(POLL_MS)
        self._timer.timeout.connect(output.follow_source)
        parts.actions["send"].triggered.connect(lambda _: self.show_dialog())
        output.changed.connect(self._show_state)
        output.failed.connect(self._tell_failed)
        output.missed.connect(lambda sentence: self._tell(Notice("warning", translate(sentence))))
        follow = Qt.ConnectionType.QueuedConnection  # the player takes a loaded pipeline first
        parts.player.opened.connect(output.follow_source, follow)  # type: ignore[call-arg]
        parts.loader.loaded.connect(output.follow_source, follow)  # type: ignore[call-arg]

    def send(self, addresses: Sequence[LiveAddress]) -> None:
        """Send to ``addresses`` alone from now on; to none: end."""
        self.output.send(addresses)

    def show_dialog(self) -> None:
        """Show the dialog, at most once."""
        if self.dialog is None:
            from app.window.dialogs.send_dialog import SendDialog

            self.dialog = dialog = SendDialog(self.output, self._parts.preferences, self._parts.window)
            dialog.asked.connect(self.send)
            dialog.finished.connect(self._forget_dialog)
            dialog.show()
        self.dialog.activateWindow()

    def _draw_style(self) -> DrawStyle:
        return self._parts.panel.draw_style(self._parts.review.panels.names())

    def _show_state(self) -> None:
        addresses = [str(address) for address in self.output.addresses]
        self.label.setVisible(bool(addresses))
        if not addresses:
            self._timer.stop()
            return
        self._timer.start()
        more = tr("{first} and {count} more", first=addresses[0], count=len(addresses) - 1)
        address = more if addresses[1:] else addresses[0]
        on = self.output.sending
        text = tr("sending to {address}", address=address) if on else tr("{address}: waiting", address=address)
        self.label.setText(text)
        self.label.setToolTip("\n".join(addresses))
        self.label.setAccessibleDescription("\n".join(addresses))

    def _tell_failed(self, error: Exception) -> None:
        if self.dialog is None:  # else it shows the sentence
            self._tell(Notice("error", sentence_of(error)))

    def _tell(self, notice: Notice) -> None:
        self._parts.stack.banner.notify(notice)

    def _forget_dialog(self) -> None:
        dialog, self.dialog = self.dialog, None
        if dialog is not None:
            dialog.deleteLater()
