"""The welcome page of an empty window."""

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

from app.window.cameras.camera_card import CameraCard
from app.window.cameras.previews import Previews
from app.window.core.preferences import Preferences
from app.window.core.tasks import TaskRunner
from app.window.i18n.backend_messages import translate
from app.window.i18n.tr import tr
from app.window.style.theme import ICONS
from app.window.welcome.recent_list import RecentList

if TYPE_CHECKING:
    from app.sources.camera import CameraInfo

MAX_WIDTH = 640
LOGO_SIZE = 96
"""Size of the logo in pixels."""
CARDS_PER_ROW = 3
"""Camera cards per row."""
PREVIEW_DELAY_MS = 400
"""Delay before a camera is opened, in milliseconds, so that the window shows first."""


class Welcome(QScrollArea):
    """A drop zone with buttons, the cameras of this machine, and recent sources.

    ``chosen`` emits the text of the clicked camera or recent source, after all cameras have been released. Without a
    ``background`` there are no camera previews.
    """

    chosen = pyqtSignal(str)

    def __init__(
        self,
        actions: dict[str, QAction],
        cameras: QMenu,
        background: TaskRunner | None = None,
        preferences: Preferences | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("welcome")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.cards: list[CameraCard] = []
        self._logo = QSvgWidget(str(ICONS / "stance.svg"))
        self._logo.setFixedSize(LOGO_SIZE, LOGO_SIZE)
        self._cameras, self._camera_section = _section(tr("Cameras"))
        self._camera_section.hide()
        self._preview_delay = QTimer(self)
        self._preview_delay.setSingleShot(True)
        self._preview_delay.setInterval(PREVIEW_DELAY_MS)
        column = QVBoxLayout()
        column.setContentsMargins(24, 20, 24, 20)
        column.setSpacing(18)
        column.addStretch(1)
        column.addWidget(self._drop_zone(actions, cameras), 8)
        column.addWidget(self._camera_section)
        self._previews = Previews(background) if background is not None else None
        if self._previews is not None:
            self._previews.found.connect(self._show_cameras)
            self._previews.seen.connect(self._show_picture)
            self._preview_delay.timeout.connect(self._previews.start)
        self.recent: RecentList | None = None
        if background is not None and preferences is not None:
            self.recent = RecentList(preferences, background)
            self.recent.chosen.connect(self._choose)
            grid, section = _section(tr("Recent"))
            grid.addWidget(self.recent, 0, 0)
            column.addWidget(section)
            section.setHidden(not preferences.recent)
            self.recent.changed.connect(lambda: section.setHidden(not preferences.recent))
            self.recent.changed.connect(self._update_logo)
        column.addStretch(1)
        page, middle = QWidget(), QWidget()
        page.setObjectName("welcome")
        middle.setMaximumWidth(MAX_WIDTH)
        middle.setLayout(column)
        row = QHBoxLayout(page)
        row.setContentsMargins(0, 0, 0, 0)
        row.addStretch(1)
        row.addWidget(middle, 1000)
        row.addStretch(1)
        self.setWidget(page)

    def release(self, then: Callable[[], object]) -> None:
        """Release the previewed camera, if any, then call ``then``; needed before a source is opened."""
        self._preview_delay.stop()
        if self._previews is None:
            then()
        else:
            self._previews.stop(then)

    def resume(self) -> None:
        """Restart the previews if the page is visible in the active window."""
        if self.isVisible() and self.isActiveWindow():
            self._preview_delay.start()

    def showEvent(self, event: QShowEvent | None) -> None:
        """Start the previews and refresh the recent sources."""
        super().showEvent(event)
        if self.recent is not None:
            self.recent.refresh()
        self._preview_delay.start()

    def hideEvent(self, event: QHideEvent | None) -> None:
        """Stop the previews."""
        super().hideEvent(event)
        self.release(lambda: None)

    def event(self, event: QEvent | None) -> bool:
        """Stop the previews while another program's window is active."""
        if event is not None and event.type() == QEvent.Type.WindowDeactivate:
            self.release(lambda: None)
        elif event is not None and event.type() == QEvent.Type.WindowActivate and self.isVisible():
            self._preview_delay.start()
        return super().event(event)

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Hide the logo if there is no room for it."""
        super().resizeEvent(event)
        self._update_logo()

    def _update_logo(self) -> None:
        """Show the logo if everything else leaves room for it."""
        page = self.widget()
        if page is not None and (layout := page.layout()) is not None:
            layout.activate()
            rest = page.sizeHint().height() - (0 if self._logo.isHidden() else LOGO_SIZE)
            self._logo.setVisible(rest + LOGO_SIZE <= self.height())

    def _drop_zone(self, actions: dict[str, QAction], cameras: QMenu) -> QFrame:
        title = QLabel(tr("Drop a video here"))
        title.setObjectName("title")
        hint = QLabel(tr('or an image, or <a href="folder">a folder of images</a>'))
        hint.setObjectName("faint")
        hint.linkActivated.connect(actions["open-folder"].trigger)
        zone = QFrame()
        zone.setObjectName("dropzone")
        zone.setMaximumHeight(360)
        column = QVBoxLayout(zone)
        column.setContentsMargins(16, 22, 16, 24)
        column.addStretch(1)
        column.addWidget(self._logo, 0, Qt.AlignmentFlag.AlignHCenter)
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
        """One card per camera; cards of cameras that stay are kept."""
        before = {(card.index, card.text()): card for card in self.cards}
        self.cards = [before.get((one.index, one.name)) or self._card(one) for one in cameras]
        for card in before.values():
            if card not in self.cards:
                card.hide()
                card.deleteLater()
        for grid, card in enumerate(self.cards):
            self._cameras.addWidget(card, grid // CARDS_PER_ROW, grid % CARDS_PER_ROW)
        self._cameras.setColumnStretch(CARDS_PER_ROW, 1)
        self._camera_section.setHidden(not cameras)
        self._update_logo()

    def _card(self, camera: CameraInfo) -> CameraCard:
        card = CameraCard(camera.index, translate(camera.name))
        card.clicked.connect(lambda: self._choose(str(camera.index)))
        return card

    def _show_picture(self, index: int, picture: QImage | None) -> None:
        for card in self.cards:
            if card.index == index:
                card.show_picture(picture)


def _buttons(actions: dict[str, QAction], cameras: QMenu) -> QHBoxLayout:
    """The buttons that open a source."""
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
    """A heading with a grid below it; returns the grid and their widget."""
    heading = QLabel(title.upper())
    heading.setObjectName("heading")
    grid = QGridLayout()
    grid.setHorizontalSpacing(14)
    grid.setVerticalSpacing(10)
    section = QWidget()
    column = QVBoxLayout(section)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(8)
    column.addWidget(heading)
    column.addLayout(grid)
    return grid, section
