"""The menu bar: everything that can be done, in the places where people look for it."""

from __future__ import annotations

from PyQt6.QtGui import QAction
from PyQt6.QtWidgets import QMenu, QMenuBar, QWidget

from app.window.words import later, tr

CAMERAS = "cameras"
RECENT = "recent"
PANELS = "panels"
MENUS = (
    (
        later("&File"),
        ("open", "open-folder", "open-recording", RECENT, CAMERAS, "demo"),
        ("screenshot", "export"),
        ("settings",),
        ("close-source", "quit"),
    ),
    (
        later("&Play"),
        ("play", "backwards", "halt", "forwards"),
        ("step-back", "step-forward", "home", "end"),
        ("slower", "faster", "plain-speed", "every-frame"),
        ("mark-in", "mark-out", "go-in", "go-out", "unmark", "loop"),
        ("pin", "analyse-again"),
    ),
    (later("&Record"), ("record", "record-clean", "save-last"), ("virtual-camera",)),
    (
        later("&View"),
        ("full-screen",),
        ("zoom-in", "zoom-out", "zoom-fit", "zoom-actual"),
        ("skeleton", "boxes", "ids", "mirror"),
        ("panel", PANELS),
    ),
    (later("&Models"), ("models", "import")),
    (later("&Help"), ("shortcuts", "diagnostics"), ("about",)),
)
"""Each menu's title, then what is in it, in groups."""


def menu_bar(actions: dict[str, QAction], menus: dict[str, QMenu], panels: list[QAction], parent: QWidget) -> QMenuBar:
    """The bar over ``parent``; ``menus`` are those that are filled elsewhere, ``panels`` what can be docked."""
    bar = QMenuBar(parent)
    for title, *groups in MENUS:
        menu = QMenu(tr(title), bar)
        for group in groups:
            for name in group:
                if name == PANELS:
                    menu.addActions(panels)
                elif name in menus:
                    menu.addMenu(menus[name])
                else:
                    menu.addAction(actions[name])
            menu.addSeparator()
        bar.addMenu(menu)
    return bar
