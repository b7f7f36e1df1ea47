"""What happened, told in one calm line over the picture, with a way out where there is one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from PyQt6.QtCore import Qt, QTimer
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QToolButton, QWidget

from app.address import without_secrets
from app.errors import StanceError
from app.window.icons import icon
from app.window.sentences import told
from app.window.words import tr

INFO_MS = 8000
MARGIN = 12
NARROWEST, WIDEST = 200, 760


@dataclass(frozen=True, slots=True)
class Notice:
    """A sentence for the person; ``action`` is what the button ``label`` does."""

    kind: Literal["info", "warning", "error"]
    sentence: str
    label: str = ""
    action: Callable[[], object] | None = None


def sentence_of(error: BaseException) -> str:
    """The sentence to be shown for ``error``: its own, or that it was a mistake of the program."""
    if isinstance(error, StanceError):
        return told(str(error))
    text = without_secrets(" ".join(str(error).split()))[:200]
    what = f"{type(error).__name__}: {text}"
    return tr("Something went wrong inside Stance ({what}); its log tells where.", what=what)


class Banner(QFrame):
    """Shows the newest notice until it is closed; good news leaves by itself."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("banner")
        self._text = QLabel()
        self._text.setWordWrap(True)
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._button = QPushButton()
        self._button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._button.clicked.connect(self._act)
        self._close = QToolButton()
        self._close.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._close.setAccessibleName(tr("Close this message"))
        self._close.setToolTip(tr("Close this message (Esc)"))
        self._close.clicked.connect(self.hide)
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 8, 8, 8)
        row.setSpacing(10)
        row.addWidget(self._text, 1)
        row.addWidget(self._button)
        row.addWidget(self._close)
        self._leaving = QTimer(self)
        self._leaving.setSingleShot(True)
        self._leaving.setInterval(INFO_MS)
        self._leaving.timeout.connect(self.hide)
        self._notice: Notice | None = None
        self.hide()

    @property
    def sentence(self) -> str:
        """What is said; empty where nothing is."""
        return self._notice.sentence if self._notice is not None and not self.isHidden() else ""

    def tell(self, notice: Notice) -> None:
        """Show ``notice`` in place of what is there; good news is put behind an error instead."""
        if notice.kind == "info" and self._notice is not None and self._notice.kind == "error" and self.sentence:
            notice = replace(self._notice, sentence=f"{self.sentence} {notice.sentence}")
        self._notice = notice
        self._text.setText(notice.sentence)
        self.setAccessibleName(notice.sentence)
        self._button.setVisible(notice.action is not None)
        self._button.setText(notice.label)
        self._button.setAccessibleName(notice.label)
        self._close.setIcon(icon("close"))
        self.setProperty("kind", notice.kind)
        if (style := self.style()) is not None:
            style.polish(self)  # the style sheet's rules for the kind are looked up anew
        if notice.kind == "info":
            self._leaving.start()
        else:
            self._leaving.stop()
        self.show()
        self.raise_()
        self.fit()

    def fit(self) -> None:
        """Take the place at the top of the parent."""
        parent = self.parentWidget()
        if parent is None or self.isHidden():
            return
        width = max(min(parent.width() - 2 * MARGIN, WIDEST), NARROWEST)
        layout = self.layout()
        height = layout.heightForWidth(width) if layout is not None else 0
        self.setGeometry((parent.width() - width) // 2, MARGIN, width, height)

    def _act(self) -> None:
        notice = self._notice
        self.hide()
        if notice is not None and notice.action is not None:
            notice.action()
