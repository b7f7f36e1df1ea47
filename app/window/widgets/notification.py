"""Notifications over the video: one card per notice, each with its own close button."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QPushButton, QWidget

from app.core.address import without_secrets
from app.core.errors import StanceError
from app.window.i18n.backend_messages import translate
from app.window.i18n.tr import tr
from app.window.widgets.notice_card import Notice, NoticeCard

__all__ = ["Banner", "Notice", "sentence_of"]

MARGIN = 12
GAP = 8
MAX_SHOWN = 3
"""So many notices are visible at once, so that they leave the video free."""
MIN_WIDTH, MAX_WIDTH = 200, 760


def sentence_of(error: BaseException) -> str:
    """The sentence to show for ``error``: its own, or that it is a bug in Stance."""
    if isinstance(error, StanceError):
        return translate(error.message)
    if isinstance(error, OSError) and error.strerror:  # a refusal by the system, not a bug
        reason = translate(error.strerror)
        if error.filename is None:
            return tr("System error: {reason}.", reason=reason)
        return tr("{path} cannot be used: {reason}.", path=error.filename, reason=reason)
    text = without_secrets(" ".join(str(error).split()))[:200]
    what = f"{type(error).__name__}: {text}"
    return tr("Internal error in Stance ({what}). See the log for details.", what=what)


class Banner(QWidget):
    """The open notices in a column, the newest at the bottom; the newest ``MAX_SHOWN`` of them that fit are visible.

    The others are shown when these have been closed; with two or more, a button closes all.
    """

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.cards: list[NoticeCard] = []
        self._close_all = QPushButton(tr("Close all"), self)
        self._close_all.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._close_all.setToolTip(tr("Close all messages, those that are not shown too"))
        self._close_all.clicked.connect(lambda _: self.close_all())
        self.hide()

    @property
    def sentence(self) -> str:
        """The sentences of all notices, from the top; empty if there are none."""
        return " ".join(card.notice.sentence for card in self.cards)

    def notify(self, notice: Notice) -> None:
        """Add ``notice`` at the bottom; it replaces one with the same sentence."""
        for card in [card for card in self.cards if card.notice.sentence == notice.sentence]:
            self._remove(card)
        card = NoticeCard(notice, self)
        card.hide()
        card.closed.connect(lambda: self._close(card))
        self.cards.append(card)
        self.fit()

    def replace(self, sentence: str, by: str) -> None:
        """Change the notice ``sentence`` to ``by``, where it is, unless it was closed; both are translated."""
        before = translate(sentence)
        for card in self.cards:
            if card.notice.sentence == before:
                card.change(translate(by))
        self.fit()

    def retranslate(self, _: Callable[[str], str]) -> None:
        """The sentences have another length in another language."""
        self.fit()

    def drop(self, *topics: str) -> None:
        """Remove the notices of ``topics``."""
        for card in [card for card in self.cards if card.notice.topic in topics]:
            self._remove(card)
        self.fit()

    def close_newest(self) -> bool:
        """Close the lowest visible notice; returns whether there was one."""
        shown = [card for card in self.cards if not card.isHidden()]
        if shown:
            self._close(shown[-1])
        return bool(shown)

    def close_all(self) -> None:
        """Close all notices, also those that wait to be shown."""
        for card in list(self.cards):
            self._remove(card)
        self.fit()

    def fit(self) -> None:
        """Place the cards at the top of the parent."""
        parent = self.parentWidget()
        self.setVisible(bool(self.cards))
        if parent is None or not self.cards:
            return
        width = max(min(parent.width() - 2 * MARGIN, MAX_WIDTH), MIN_WIDTH)
        max_height = parent.height() - 2 * MARGIN
        heights: list[int] = []
        for card in reversed(self.cards[-MAX_SHOWN:]):
            height = card.fit(width, max_height)
            if heights and sum(heights) + len(heights) * GAP + height > max_height:
                break
            heights.insert(0, height)
        for card in self.cards[: -len(heights)]:
            card.hide()
        top = 0
        for card, height in zip(self.cards[-len(heights) :], heights, strict=True):
            card.move(0, top)
            card.present()
            top += height + GAP
        height = top - GAP
        button, size = self._close_all, self._close_all.sizeHint()
        button.setVisible(len(self.cards) > 1 and top + size.height() <= max_height)
        if not button.isHidden():
            button.setGeometry(width - size.width(), top, size.width(), size.height())
            height = top + size.height()
        self.setGeometry((parent.width() - width) // 2, MARGIN, width, height)
        self.raise_()

    def _close(self, card: NoticeCard) -> None:
        if card in self.cards:
            self._remove(card)
            self.fit()

    def _remove(self, card: NoticeCard) -> None:
        self.cards.remove(card)
        card.hide()
        card.deleteLater()
