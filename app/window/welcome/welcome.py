"""What an empty window says: where to begin."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PyQt6.QtCore import QEvent, Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QAction, QHideEvent, QImage, QResizeEvent, QShowEvent
from PyQt6.QtSvgWidgets import QSvgWidget
from PyQt6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from app.window.background import Background
from app.window.camera_card import CameraCard
from app.window.preferences import Preferences
from app.window.previews import Previews
from app.window.recent import RecentList
from app.window.theme import ICONS
from app.window.words import tr

if TYPE_CHECKING:
    from app.sources.camera import CameraInfo

WIDEST = 640
FIGURE = 96
"""Pixels a side."""
CARDS = 3
"""Cameras in a row."""
CALM_MS = 400
"""The window comes first: so long it is shown before a camera is looked at."""


class Welcome(QScrollArea):
    """An invitation to drop something, buttons, the cameras of this machine, and what was opened lately.

    ``chosen`` gets the text of the camera or recent source that is clicked, once no camera is held here any more.
    Without a ``background`` no camera is looked at.
    """

    chosen = pyqtSignal(str)

    def __init__(
        self,
        actions: dict[str, QAction],
        cameras: QMenu,
        background: Background | None = None,
        preferences: Preferences | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("welcome")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.cards: list[CameraCard] = []
        self._figure = QSvgWidget(str(ICONS / "stance.svg"))
        self._figure.setFixedSize(FIGURE, FIGURE)
        self._cameras, self._shelf = _section(tr("Cameras"))
        self._shelf.hide()
        self._calm = QTimer(self)
        self._calm.setSingleShot(True)
        self._calm.setInterval(CALM_MS)
        column = QVBoxLayout()
        column.setContentsMargins(24, 20, 24, 20)
        column.setSpacing(18)
        column.addStretch(1)
        column.addWidget(self._drop_zone(actions, cameras), 8)
        column.addWidget(self._shelf)
        self._previews = Previews(background) if background is not None else None
        if self._previews is not None:
            self._previews.found.connect(self._show_cameras)
            self._previews.seen.connect(self._show_picture)
            self._calm.timeout.connect(self._previews.start)
        self.recent: RecentList | None = None
        if background is not None and preferences is not None:
            self.recent = RecentList(preferences, background)
            self.recent.chosen.connect(self._choose)
            place, shelf = _section(tr("Recent"))
            place.addWidget(self.recent, 0, 0)
            column.addWidget(shelf)
            shelf.setHidden(not preferences.recent)
            self.recent.changed.connect(lambda: shelf.setHidden(not preferences.recent))
            self.recent.changed.connect(self._fit)
        column.addStretch(1)
        page, middle = QWidget(), QWidget()
        page.setObjectName("welcome")
        middle.setMaximumWidth(WIDEST)
        middle.setLayout(column)
        row = QHBoxLayout(page)
        row.setContentsMargins(0, 0, 0, 0)
        row.addStretch(1)
        row.addWidget(middle, 1000)
        row.addStretch(1)
        self.setWidget(page)

    def release(self, then: Callable[[], object]) -> None:
        """Let go of the camera that is looked at, if one is, then do ``then``: before anything is opened."""
        self._calm.stop()
        if self._previews is None:
            then()
        else:
            self._previews.stop(then)

    def resume(self) -> None:
        """Look at the cameras again as long as the page is visible, in a window that is in use."""
        if self.isVisible() and self.isActiveWindow():
            self._calm.start()

    def showEvent(self, event: QShowEvent | None) -> None:
        """Look at the cameras, and at what is recent."""
        super().showEvent(event)
        if self.recent is not None:
            self.recent.refresh()
        self._calm.start()

    def hideEvent(self, event: QHideEvent | None) -> None:
        """Nobody sees the cameras."""
        super().hideEvent(event)
        self.release(lambda: None)

    def event(self, event: QEvent | None) -> bool:
        """Leave the cameras to other programs while one of them is in use."""
        if event is not None and event.type() == QEvent.Type.WindowDeactivate:
            self.release(lambda: None)
        elif event is not None and event.type() == QEvent.Type.WindowActivate and self.isVisible():
            self._calm.start()
        return super().event(event)

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """What is only pretty gives way."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Show the figure where there is room for it beside everything else."""
        page = self.widget()
        if page is not None and (layout := page.layout()) is not None:
            layout.activate()
            rest = page.sizeHint().height() - (0 if self._figure.isHidden() else FIGURE)
            self._figure.setVisible(rest + FIGURE <= self.height())

    def _drop_zone(self, actions: dict[str, QAction], cameras: QMenu) -> QFrame:
        title = QLabel(tr("Drop a video here"))
        title.setObjectName("title")
        hint = QLabel(tr('or a picture, or <a href="folder">a folder of pictures</a>'))
        hint.setObjectName("faint")
        hint.linkActivated.connect(actions["open-folder"].trigger)
        zone = QFrame()
        zone.setObjectName("dropzone")
        zone.setMaximumHeight(360)
        column = QVBoxLayout(zone)
        column.setContentsMargins(16, 22, 16, 24)
        column.addStretch(1)
        column.addWidget(self._figure, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addSpacing(12)
        for label in (title, hint):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            column.addWidget(label)
        column.addSpacing(18)
        column.addLayout(_buttons(actions, cameras))
        column.addStretch(1)
        return zone

    def _choose(self, text: str) -> None:
        self.release(lambda: self.chosen.emit(text))

    def _show_cameras(self, cameras: list[CameraInfo]) -> None:
        """A card for each; those that stay keep their pictures."""
        before = {(card.index, card.text()): card for card in self.cards}
        self.cards = [before.get((one.index, one.name)) or self._card(one) for one in cameras]
        for card in before.values():
            if card not in self.cards:
                card.hide()
                card.deleteLater()
        for place, card in enumerate(self.cards):
            self._cameras.addWidget(card, place // CARDS, place % CARDS)
        self._cameras.setColumnStretch(CARDS, 1)
        self._shelf.setHidden(not cameras)
        self._fit()

    def _card(self, camera: CameraInfo) -> CameraCard:
        card = CameraCard(camera.index, camera.name)
        card.clicked.connect(lambda: self._choose(str(camera.index)))
        return card

    def _show_picture(self, index: int, picture: QImage | None) -> None:
        for card in self.cards:
            if card.index == index:
                card.show_picture(picture)


def _buttons(actions: dict[str, QAction], cameras: QMenu) -> QHBoxLayout:
    """What can be begun with."""
    row = QHBoxLayout()
    row.setSpacing(10)
    row.addStretch(1)
    for name in ("open", "camera", "demo"):
        button = QPushButton(actions[name].text())
        button.setToolTip(actions[name].toolTip())
        button.setAccessibleName(actions[name].text())
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setAutoDefault(False)
        if name == "camera":
            button.setMenu(cameras)
        else:
            button.clicked.connect(actions[name].trigger)
        if name == "open":
            button.setObjectName("primary")
        row.addWidget(button)
    row.addStretch(1)
    return row


def _section(title: str) -> tuple[QGridLayout, QWidget]:
    """A heading with a place under it: the place, and the whole."""
    heading = QLabel(title.upper())
    heading.setObjectName("heading")
    place = QGridLayout()
    place.setHorizontalSpacing(14)
    place.setVerticalSpacing(10)
    whole = QWidget()
    column = QVBoxLayout(whole)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(8)
    column.addWidget(heading)
    column.addLayout(place)
    return place, whole
