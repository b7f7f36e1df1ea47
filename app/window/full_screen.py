"""Full screen: only the video, with the controls floating over it; leaving it restores the window as it was."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PyQt6.QtCore import QObject
from PyQt6.QtGui import QAction
from PyQt6.QtWidgets import QWidget

from app.window.panels.dock_area import DockArea
from app.window.video.controls import Controls
from app.window.video.video_stack import VideoStack


class FullScreen(QObject):
    """Switches ``window`` to full screen and back; a maximized window comes back maximized.

    ``controls`` float over ``video_stack`` in full screen, ``place_controls`` puts them back under the video.
    ``panel``, the docks of ``dock_area`` and the ``bars`` are hidden. ``action`` is checked while in full screen.
    """

    def __init__(
        self,
        window: QWidget,
        action: QAction,
        video_stack: VideoStack,
        controls: Controls,
        place_controls: Callable[[], None],
        panel: QWidget,
        dock_area: DockArea,
        bars: Sequence[QWidget],
    ) -> None:
        super().__init__(window)
        self._window = window
        self._action = action
        self._video_stack = video_stack
        self._controls = controls
        self._place_controls = place_controls
        self._panel = panel
        self._dock_area = dock_area
        self._bars = bars
        self._panel_was_shown = self._was_maximized = False

    def toggle(self) -> None:
        """Enter full screen, or leave it."""
        window = self._window
        full = not window.isFullScreen()
        if full:
            self._panel_was_shown = not self._panel.isHidden()
            self._was_maximized = window.isMaximized()
            self._video_stack.float_at_bottom(self._controls)
            window.showFullScreen()
        else:
            self._video_stack.float_at_bottom(None)
            self._place_controls()
            if self._was_maximized:
                window.showMaximized()
            else:
                window.showNormal()
        self._panel.setVisible(self._panel_was_shown and not full)
        self._dock_area.clear(full)
        for bar in self._bars:
            bar.setVisible(not full)
        self._action.setChecked(full)
        self._video_stack.view.setFocus()  # a button that was moved would get the focus, and Space with it
