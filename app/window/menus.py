"""The menu bar: everything that can be done, in the places where people look for it."""

from __future__ import annotations

from PyQt6.QtGui import QAction
from PyQt6.QtWidgets import QMenu, QMenuBar, QWidget

from app.window.words import later, tr

LINE = "-"
CAMERAS = "cameras"
RECENT = "recent"
PANELS = "panels"
MENUS = (
    (
        later("&File"),
        ("open", "open-folder", "open-recording", RECENT, CAMERAS, "demo", LINE)
        + ("screenshot", "export", LINE, "settings", LINE, "close-source", "quit"),
    ),
    (
        later("&Play"),
        ("play", "backwards", "halt", "forwards", LINE, "step-back", "step-forward", "home", "end", LINE)
        + ("slower", "faster", "plain-speed", "every-frame", LINE)
        + ("mark-in", "mark-out", "go-in", "go-out", "unmark", "loop", LINE, "pin", "analyse-again"),
    ),
    (later("&Record"), ("record", "record-clean", "save-last", LINE, "virtual-camera")),
    (
        later("&View"),
        ("full-screen", LINE, "zoom-in", "zoom-out", "zoom-fit", "zoom-actual", LINE)
        + ("skeleton", "boxes", "ids", "mirror", LINE, "panel", PANELS),
    ),
    (later("&Models"), ("models", "import")),
    (later("&Help"), ("shortcuts", "about")),
)


def menu_bar(
    actions: dict[str, QAction], menus: dict[str, QMenu], panels: list[QAction], parent: QWidget
) -> QMenuBar:
    """The bar over ``parent``; ``menus`` are those that are filled elsewhere, ``panels`` what can be docked."""
    bar = QMenuBar(parent)
    for title, names in MENUS:
        menu = QMenu(tr(title), bar)
        for name in names:
            if name == LINE:
                menu.addSeparator()
            elif name == PANELS:
                menu.addActions(panels)
            elif name in menus:
                menu.addMenu(menus[name])
            else:
                menu.addAction(actions[name])
        bar.addMenu(menu)
    return bar
