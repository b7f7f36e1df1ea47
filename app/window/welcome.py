"""What an empty window says: where to begin."""

from __future__ import annotations

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QAction
from PyQt6.QtSvgWidgets import QSvgWidget
from PyQt6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QMenu, QPushButton, QVBoxLayout, QWidget

from app.window.theme import ICONS


class Welcome(QFrame):
    """An invitation to drop something, and buttons for those who would rather click."""

    def __init__(self, actions: dict[str, QAction], cameras: QMenu, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("welcome")
        title = QLabel("Drop a video here")
        title.setObjectName("title")
        hint = QLabel('or a picture, or <a href="folder">a folder of pictures</a>')
        hint.setObjectName("faint")
        hint.linkActivated.connect(actions["open-folder"].trigger)
        buttons = QHBoxLayout()
        buttons.setSpacing(10)
        buttons.addStretch(1)
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
            buttons.addWidget(button)
        buttons.addStretch(1)
        figure = QSvgWidget(str(ICONS / "stance.svg"))
        figure.setFixedSize(96, 96)
        zone = QFrame()
        zone.setObjectName("dropzone")
        zone.setMaximumSize(600, 360)
        column = QVBoxLayout(zone)
        column.addStretch(1)
        column.addWidget(figure, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addSpacing(12)
        for label in (title, hint):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            column.addWidget(label)
        column.addSpacing(18)
        column.addLayout(buttons)
        column.addStretch(1)
        QGridLayout(self).addWidget(zone)
