"""Takes the style sheet away from the application of the tests, which the program never does."""

from __future__ import annotations

from PyQt6.QtWidgets import QApplication


def undress(application: QApplication) -> None:
    """Replace the style sheet by one without a rule.

    Qt 6 does not note the end of a widget that was there when the style sheet was removed and that has never been
    visible. After the widget is deleted, the next style sheet but one would still visit it.
    """
    application.setStyleSheet("QWidget {}")
