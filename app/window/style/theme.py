"""The theme: a light and a dark palette, and a style sheet over Qt's Fusion style."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QColor, QGuiApplication, QPalette
from PyQt6.QtWidgets import QApplication

from app.core.assets import asset

ICONS = asset("icons")
RECORD_RED = "#e5484d"


Theme = Literal["", "light", "dark"]
"""Empty: that of the system."""
_theme: Theme = ""


@dataclass(frozen=True, slots=True)
class Colors:
    """Colors of a theme, as #rrggbb."""

    window: str
    raised: str
    field: str
    line: str
    hover: str
    text: str
    faint: str
    accent: str
    on_accent: str
    error: str
    warning: str


DARK = Colors(
    window="#1b1c1f",
    raised="#242529",
    field="#2d2f34",
    line="#3a3c42",
    hover="#33353b",
    text="#ececee",
    faint="#9da0a8",
    accent="#4aa8ff",
    on_accent="#08131f",
    error="#ff6b6b",
    warning="#ffb454",
)
LIGHT = Colors(
    window="#f4f4f6",
    raised="#ffffff",
    field="#ffffff",
    line="#d6d7dc",
    hover="#e7e8ec",
    text="#1b1c20",
    faint="#5f626b",
    accent="#0b6fd0",
    on_accent="#ffffff",
    error="#c62a2f",
    warning="#9a5b00",
)

STYLE = """
* {{ font-size: 13px; }}
QToolTip {{ background: {raised}; color: {text}; border: 1px solid {line}; padding: 4px 6px; }}
#controls, #status, #panel {{ background: {raised}; }}
#controls, #status {{ border-top: 1px solid {line}; }}
#panel {{ border-left: 1px solid {line}; }}
#panel QScrollArea, #panelBody {{ background: transparent; border: none; }}
#heading {{ color: {faint}; font-size: 11px; font-weight: 600; }}
#preview {{ background: {field}; border-radius: 8px; color: {faint}; }}
#faint, #status QLabel {{ color: {faint}; font-size: 12px; }}
#status QLabel#badge {{ color: {text}; background: {field}; border: 1px solid {line}; border-radius: 9px; }}
#status QLabel#badge {{ padding: 1px 9px; }}
#recorded {{ background: rgba(10, 12, 18, 190); color: #ff8585; font-weight: 600; padding: 3px 10px; }}
#recorded {{ border-radius: 11px; }}
#countdown {{ background: rgba(10, 12, 18, 190); color: white; font-size: 96px; font-weight: 700; }}
#reset {{ padding: 0 4px; border-radius: 4px; }}
#countdown {{ border-radius: 24px; }}
#figure {{ font-size: 72px; font-weight: 700; padding: 0; }}
#figure[state="out"] {{ color: {error}; }}
#figure[state="in"] {{ color: {accent}; }}
#band {{ font-size: 16px; font-weight: 600; }}
#band[state="out"] {{ color: {error}; }}
#position QLineEdit {{ background: transparent; border: 1px solid transparent; border-radius: 4px; padding: 0 2px; }}
#position QLineEdit:hover {{ background: {hover}; }}
#position QLineEdit:focus {{ background: {field}; border-color: {accent}; }}
#title {{ font-size: 24px; font-weight: 600; }}
#subtitle {{ font-size: 16px; font-weight: 600; }}
#welcome {{ background: {window}; }}
#dropzone {{ border: 2px dashed {line}; border-radius: 18px; }}
QToolButton {{ border: none; border-radius: 6px; padding: 5px; }}
QToolButton:hover, QToolButton:open {{ background: {hover}; }}
QToolButton:pressed, QToolButton:checked {{ background: {line}; }}
QToolButton:focus {{ border: 1px solid {accent}; padding: 4px; }}
QToolButton:disabled {{ background: transparent; }}
QToolButton::menu-indicator {{ image: none; }}
QToolButton[popupMode="1"] {{ padding-right: 18px; }}
QToolButton::menu-button {{ border: none; width: 15px; border-radius: 6px; }}
QToolButton::menu-button:hover {{ background: {line}; }}
QToolButton::menu-arrow {{ image: url("{icons}/down.svg"); width: 11px; height: 11px; }}
QPushButton {{ background: {field}; border: 1px solid {line}; border-radius: 7px; padding: 8px 16px; }}
QPushButton:hover {{ background: {hover}; }}
QPushButton:focus {{ border-color: {accent}; }}
QPushButton#primary {{ background: {accent}; color: {on_accent}; border-color: {accent}; font-weight: 600; }}
QPushButton#primary:disabled {{ background: {field}; color: {faint}; border-color: {line}; }}
QPushButton#place {{ padding: 5px 10px; text-align: left; }}
QPushButton::menu-indicator {{ image: none; width: 0; }}
QComboBox {{ background: {field}; border: 1px solid {line}; border-radius: 6px; padding: 4px 8px; }}
QComboBox {{ combobox-popup: 0; }}
QComboBox:hover {{ background: {hover}; }}
QComboBox:focus {{ border-color: {accent}; }}
QComboBox:disabled {{ color: {faint}; }}
QComboBox::drop-down {{ border: none; width: 22px; }}
QComboBox::down-arrow {{ image: url("{icons}/down.svg"); width: 12px; height: 12px; }}
QComboBox QAbstractItemView {{ background: {raised}; border: 1px solid {line}; outline: none; padding: 3px; }}
QComboBox QAbstractItemView::item {{ min-height: 22px; }}
QComboBox QAbstractItemView {{ selection-background-color: {hover}; selection-color: {text}; }}
#panel QScrollBar:vertical {{ width: 8px; background: transparent; border: none; }}
#panel QScrollBar::handle:vertical {{ background: {line}; border-radius: 3px; min-height: 40px; }}
#panel QScrollBar::handle:vertical {{ margin: 2px 2px 2px 0; }}
#panel QScrollBar::handle:vertical:hover {{ background: {faint}; }}
#panel QScrollBar::add-line, #panel QScrollBar::sub-line {{ height: 0; }}
#panel QScrollBar::add-page, #panel QScrollBar::sub-page {{ background: transparent; }}
#panel QSlider::groove, #plain::groove {{ height: 4px; border-radius: 2px; background: {line}; }}
#panel QSlider::sub-page, #plain::sub-page {{ border-radius: 2px; background: {accent}; }}
#panel QSlider::handle, #plain::handle {{ width: 14px; height: 14px; margin: -5px 0; border-radius: 7px; }}
#panel QSlider::handle, #plain::handle {{ background: {accent}; }}
#panel QSlider::handle:focus, #plain::handle:focus {{ background: {text}; }}
#panel QSlider::sub-page:disabled, #plain::sub-page:disabled {{ background: {line}; }}
#panel QSlider::handle:disabled, #plain::handle:disabled {{ background: {faint}; }}
#notice {{ background: {raised}; border: 1px solid {line}; border-radius: 10px; }}
#notice {{ border-top-left-radius: 3px; border-bottom-left-radius: 3px; }}
#notice[kind="error"] {{ border-left: 4px solid {error}; }}
#notice[kind="warning"] {{ border-left: 4px solid {warning}; }}
#notice[kind="info"] {{ border-left: 4px solid {accent}; }}
#notice QTextEdit {{ background: transparent; border: none; }}
#notice QPushButton {{ padding: 4px 12px; }}
#finding {{ background: {raised}; border: 1px solid {line}; border-left: 3px solid {warning}; border-radius: 4px; }}
#finding QLabel {{ border: none; background: transparent; }}
#doing {{ background: rgba(10, 12, 18, 190); border-radius: 14px; }}
#doing QLabel {{ color: white; }}
#doing QPushButton {{ background: rgba(255, 255, 255, 36); color: white; border: 1px solid transparent; }}
#doing QPushButton {{ padding: 1px 10px; border-radius: 8px; }}
#doing QPushButton:hover, #doing QPushButton:focus {{ border-color: rgba(255, 255, 255, 160); }}
QMenu {{ background: {raised}; border: 1px solid {line}; padding: 4px; }}
QMenu::item {{ padding: 6px 24px 6px 12px; border-radius: 5px; }}
QMenu::item:selected {{ background: {hover}; }}
QMenu::item:disabled {{ color: {faint}; }}
QMenu::separator {{ height: 1px; background: {line}; margin: 4px 6px; }}
QLineEdit, QAbstractSpinBox {{ background: {field}; border: 1px solid {line}; border-radius: 6px; padding: 4px 8px; }}
QLineEdit:focus, QAbstractSpinBox:focus {{ border-color: {accent}; }}
QLineEdit:disabled, QAbstractSpinBox:disabled {{ color: {faint}; }}
QAbstractSpinBox QLineEdit {{ border: none; padding: 0; }}
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button {{ border: none; width: 20px; }}
QAbstractSpinBox::up-button {{ subcontrol-position: top right; margin-top: 2px; }}
QAbstractSpinBox::down-button {{ subcontrol-position: bottom right; margin-bottom: 2px; }}
QAbstractSpinBox::up-arrow {{ image: url("{icons}/up.svg"); width: 9px; height: 9px; }}
QAbstractSpinBox::down-arrow {{ image: url("{icons}/down.svg"); width: 9px; height: 9px; }}
QCheckBox::indicator, QTreeView::indicator {{ width: 14px; height: 14px; background: {field}; }}
QCheckBox::indicator, QTreeView::indicator {{ border: 1px solid {faint}; border-radius: 4px; }}
QCheckBox::indicator {{ margin: 3px 0; }}
#choice::item {{ padding: 3px 0; }}
#measures::item {{ padding: 2px 0; border: none; }}
#measures QHeaderView::section {{ padding: 7px 4px; }}
QCheckBox::indicator:hover, QCheckBox::indicator:focus, QTreeView::indicator:hover {{ border-color: {accent}; }}
QCheckBox::indicator:checked, QTreeView::indicator:checked {{ background: {accent}; border-color: {accent}; }}
QCheckBox::indicator:checked, QTreeView::indicator:checked {{ image: url("{icons}/tick-{scheme}.svg"); }}
QCheckBox::indicator:disabled, QTreeView::indicator:disabled {{ border-color: {line}; }}
QDockWidget::title {{ padding: 6px 14px; text-align: left; }}
QTableView {{ background: {field}; border: 1px solid {line}; border-radius: 8px; outline: none; }}
QTableView {{ selection-background-color: {line}; selection-color: {text}; }}
QTableView::item {{ border: none; padding: 0 8px; }}
QTableView::item:selected {{ background: {line}; color: {text}; }}
QHeaderView {{ background: {field}; border: none; border-radius: 8px; }}
QHeaderView::section {{ background: {field}; color: {faint}; font-size: 12px; font-weight: 600; padding: 7px 11px; }}
QHeaderView::section {{ border: none; border-bottom: 1px solid {line}; }}
QHeaderView::down-arrow {{ image: url("{icons}/down.svg"); width: 10px; height: 10px; }}
QHeaderView::up-arrow {{ image: url("{icons}/up.svg"); width: 10px; height: 10px; }}
QHeaderView::down-arrow, QHeaderView::up-arrow {{ subcontrol-position: center right; right: 4px; }}
#rows, #recent {{ background: transparent; border: none; }}
QScrollBar {{ background: transparent; border: none; margin: 0; }}
QScrollBar:vertical {{ width: 12px; }}
QScrollBar:horizontal {{ height: 12px; }}
QScrollBar::handle {{ background: {line}; border-radius: 4px; margin: 2px; }}
QScrollBar::handle:hover {{ background: {faint}; }}
QScrollBar::handle:vertical {{ min-height: 32px; }}
QScrollBar::handle:horizontal {{ min-width: 32px; }}
QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
"""


def is_dark() -> bool:
    """Whether the dark colors are used: because they were chosen, or else because the system uses them."""
    if _theme:
        return _theme == "dark"
    hints = QGuiApplication.styleHints()
    return hints is not None and hints.colorScheme() == Qt.ColorScheme.Dark


def colors() -> Colors:
    """The colors of the present theme."""
    return DARK if is_dark() else LIGHT


def apply_theme(application: QApplication) -> None:
    """Apply the present theme to the application."""
    chosen = colors()
    application.setPalette(_palette(chosen))
    names = {name: getattr(chosen, name) for name in Colors.__slots__}
    application.setStyleSheet(STYLE.format(icons=ICONS.as_posix(), scheme="dark" if is_dark() else "light", **names))


def choose_theme(application: QApplication, theme: Theme) -> None:
    """Use ``theme`` from now on, also for what the system draws: title bars, file dialogs."""
    global _theme
    _theme = theme
    hints = application.styleHints()
    if hints is not None:
        schemes = {"light": Qt.ColorScheme.Light, "dark": Qt.ColorScheme.Dark}
        hints.setColorScheme(schemes.get(theme, Qt.ColorScheme.Unknown))
    apply_theme(application)


def theme_of(values: Mapping[str, object]) -> Theme:
    """The theme in the saved ``values``; that of the system if there is none."""
    saved = values.get("theme")
    return "dark" if saved == "dark" else "light" if saved == "light" else ""


def follow_scheme(application: QApplication) -> None:
    """Apply the theme again whenever the system's color scheme changes."""
    hints = application.styleHints()
    if hints is not None:
        hints.colorSchemeChanged.connect(lambda _: apply_theme(application))


def _palette(chosen: Colors) -> QPalette:
    role = QPalette.ColorRole
    palette = QPalette()
    for part, color in (
        (role.Window, chosen.window),
        (role.WindowText, chosen.text),
        (role.Base, chosen.field),
        (role.AlternateBase, chosen.raised),
        (role.Text, chosen.text),
        (role.Button, chosen.field),
        (role.ButtonText, chosen.text),
        (role.BrightText, chosen.text),
        (role.ToolTipBase, chosen.raised),
        (role.ToolTipText, chosen.text),
        (role.PlaceholderText, chosen.faint),
        (role.Mid, chosen.line),
        (role.Highlight, chosen.accent),
        (role.HighlightedText, chosen.on_accent),
        (role.Accent, chosen.accent),
        (role.Link, chosen.accent),
    ):
        palette.setColor(part, QColor(color))
    for part in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, part, QColor(chosen.faint))
    return palette
