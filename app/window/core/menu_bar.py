"""The menu bar, with all actions."""

from __future__ import annotations

from PyQt6.QtGui import QAction
from PyQt6.QtWidgets import QMenu, QMenuBar, QWidget

from app.window.i18n.tr import later, tr

CAMERAS = "cameras"
RECENT = "recent"
PANELS = "panels"
TURN = "turn"
SUBMENUS = {
    TURN: (
        later("Turn the 3-D view"),
        ("three-d-front", "three-d-side", "three-d-top", "three-d-opposite", "three-d-parallel", "three-d-reset"),
    )
}
"""Title and entries of each submenu that has actions only."""
MENUS = (
    (
        later("&File"),
        ("open", "open-folder", "open-recording", "open-project", RECENT, CAMERAS, "demo"),
        ("save-project", "queue", "queue-folder"),
        ("screenshot", "export", "report"),
        ("scale",),
        ("settings",),
        ("close-source", "quit"),
    ),
    (
        later("&Edit"),
        ("undo", "redo", "revert-edits"),
        ("correct",),
        ("tool-select", "tool-line", "tool-distance", "tool-angle", "tool-arrow", "tool-text"),
    ),
    (
        later("&Play"),
        ("play", "backwards", "halt", "forwards"),
        ("step-back", "step-forward", "seconds-back", "seconds-forward", "tenth-back", "tenth-forward"),
        ("home", "end", "go-to"),
        ("mark", "mark-back", "mark-forward", "mark-delete"),
        ("slower", "faster", "plain-speed", "every-frame"),
        ("mark-in", "mark-out", "go-in", "go-out", "unmark", "loop"),
        ("pin", "second-clip", "same-moment", "analyse-again"),
    ),
    (
        later("&Record"),
        ("record", "record-clean", "save-last"),
        ("delay-more", "delay-less", "delay-frame-more", "delay-frame-less"),
        ("virtual-camera", "send"),
    ),
    (
        later("&View"),
        ("full-screen",),
        ("zoom-in", "zoom-out", "zoom-fit", "zoom-actual"),
        ("skeleton", "boxes", "ids", "mirror"),
        ("three-d", TURN),
        ("panel", "simple-view", PANELS),
    ),
    (later("&Models"), ("models", "import")),
    (later("&Help"), ("shortcuts", "diagnostics"), ("about",)),
)
"""Title of each menu, then groups of its entries."""


def menu_bar(actions: dict[str, QAction], menus: dict[str, QMenu], panels: list[QAction], parent: QWidget) -> QMenuBar:
    """The menu bar of ``parent``; ``menus`` are submenus that are filled elsewhere, ``panels`` toggle the docks."""
    bar = QMenuBar(parent)
    for title, *groups in MENUS:
        menu = QMenu(tr(title), bar)
        menu.setToolTipsVisible(True)  # they say why an entry is disabled
        for group in groups:
            for name in group:
                if name == PANELS:
                    menu.addActions(panels)
                elif name in SUBMENUS:
                    title_below, names = SUBMENUS[name]
                    below = menu.addMenu(tr(title_below))
                    if below is not None:
                        below.addActions([actions[one] for one in names])
                elif name in menus:
                    menu.addMenu(menus[name])
                else:
                    menu.addAction(actions[name])
            menu.addSeparator()
        bar.addMenu(menu)
    return bar
