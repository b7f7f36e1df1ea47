"""A notice over the video: a sentence, its buttons, and a close button."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import ceil
from typing import Literal

from PyQt6.QtCore import Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QTextDocument, QTextOption
from PyQt6.QtWidgets import QFrame, QPushButton, QTextEdit, QToolButton, QWidget

from app.window.i18n.tr import tr
from app.window.style.icons import icon

INFO_MS = 8000
"""Milliseconds after which a notice of kind "info" closes."""
MAX_BESIDE_SHARE = 0.34
"""Buttons wider than this fraction of the card are placed below the sentence."""
LEFT, MARGIN, SPACING = 14, 8, 10


@dataclass(frozen=True, slots=True)
class Notice:
    """A sentence for the user; the button ``label`` calls ``action``, ``more`` are further buttons (label, callback).

    Notices of one ``topic`` are removed together when they no longer apply.
    """

    kind: Literal["info", "warning", "error"]
    sentence: str
    label: str = ""
    action: Callable[[], object] | None = None
    topic: str = ""
    more: tuple[tuple[str, Callable[[], object]], ...] = ()


class WrappedText(QTextEdit):
    """A text to read and copy. A path that is wider than the widget continues in the next line; long texts scroll."""

    def __init__(self) -> None:
        super().__init__()
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setAcceptDrops(False)  # files are dropped on the window
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._document.setDocumentMargin(0)

    @property
    def _document(self) -> QTextDocument:
        document = self.document()
        assert document is not None
        return document

    def heightForWidth(self, width: int) -> int:
        """The height of the whole text, in pixels, in lines of ``width`` pixels."""
        copy = QTextDocument(self.toPlainText())
        copy.setDefaultFont(self.font())
        copy.setDefaultTextOption(self._document.defaultTextOption())
        copy.setDocumentMargin(0)
        copy.setTextWidth(width)
        return ceil(copy.size().height())


class NoticeCard(QFrame):
    """Shows ``notice`` until ``closed``: by the user, by a button, or after a delay for kind "info"."""

    closed = pyqtSignal()

    def __init__(self, notice: Notice, parent: QWidget) -> None:
        super().__init__(parent)
        self.notice = notice
        self.setObjectName("notice")
        self.setProperty("kind", notice.kind)
        self._text = WrappedText()
        self.change(notice.sentence)
        first = ((notice.label, notice.action),) if notice.action is not None else ()
        self._buttons = [self._button(label, action) for label, action in (*first, *notice.more)]
        self._close = QToolButton()
        self._close.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._close.setAccessibleName(tr("Close this message"))
        self._close.setToolTip(tr("Close this message (Esc)"))
        self._close.setIcon(icon("close"))
        self._close.clicked.connect(self.closed)
        for child in (self._text, *self._buttons, self._close):
            child.setParent(self)
        self._close_timer = QTimer(self)
        self._close_timer.setSingleShot(True)
        self._close_timer.setInterval(INFO_MS)
        self._close_timer.timeout.connect(self.closed)

    @property
    def text_is_whole(self) -> bool:
        """Whether the whole sentence is visible without scrolling."""
        return self._text.height() >= self._text.heightForWidth(self._text.width())

    def change(self, sentence: str) -> None:
        """Show another sentence."""
        self.notice = replace(self.notice, sentence=sentence)
        self.setAccessibleName(sentence)
        self._text.setPlainText(sentence)

    def retranslate(self, of: Callable[[str], str]) -> None:
        """Show the sentence in another language."""
        self.change(of(self.notice.sentence))

    def present(self) -> None:
        """Show the card; the delay of kind "info" starts."""
        if self.isHidden():
            self.show()
            if self.notice.kind == "info":
                self._close_timer.start()

    def fit(self, width: int, max_height: int) -> int:
        """Set the width, and the height needed for it, at most ``max_height``; returns the height (pixels).

        The sentence's height depends on its width, which is known only after the style sheet is applied.
        """
        for widget in (self, self._text, *self._buttons, self._close):
            widget.ensurePolished()
        self.resize(width, max(self.height(), 100))
        inner = self.contentsRect().adjusted(LEFT, MARGIN, -MARGIN, -MARGIN)
        sizes, close = [button.sizeHint() for button in self._buttons], self._close.sizeHint()
        buttons_width = sum(size.width() + SPACING for size in sizes)
        buttons_height = max((size.height() for size in sizes), default=0)
        below = bool(sizes) and buttons_width > inner.width() * MAX_BESIDE_SHARE
        text_width = inner.width() - close.width() - SPACING - (0 if below else buttons_width)
        extra_height = self.height() - inner.height() + (buttons_height + SPACING if below else 0)
        line = self._text.fontMetrics().lineSpacing()
        text = min(self._text.heightForWidth(max(text_width, 1)), max(max_height - extra_height, line))
        height = max(text, close.height(), 0 if below else buttons_height)
        self._text.setGeometry(inner.left(), inner.top() + (height - text) // 2, text_width, text)
        self._close.setGeometry(inner.right() + 1 - close.width(), inner.top(), close.width(), close.height())
        x = inner.right() + 1 - buttons_width + SPACING if below else self._close.x() - buttons_width
        y = inner.top() + height + SPACING if below else inner.top() + (height - buttons_height) // 2
        for button, size in zip(self._buttons, sizes, strict=True):
            button.setGeometry(x, y, size.width(), size.height())
            x += size.width() + SPACING
        self.resize(width, height + extra_height)
        return height + extra_height

    def _button(self, label: str, action: Callable[[], object]) -> QPushButton:
        button = QPushButton(label)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setAccessibleName(label)
        button.clicked.connect(lambda: self._trigger(action))
        return button

    def _trigger(self, action: Callable[[], object]) -> None:
        self.closed.emit()
        action()
