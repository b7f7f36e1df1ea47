"""The file of the preferences: one value in JSON for each key."""

from __future__ import annotations

import json
from typing import Any

from PyQt6.QtCore import QSettings


def read_values(file: QSettings) -> dict[str, Any]:
    """All values of ``file`` that can be parsed."""
    found = {}
    for key in filter(None, file.allKeys()):  # a damaged file may have a key without a name
        try:
            found[key] = json.loads(file.value(key))
        except (TypeError, ValueError, RecursionError):
            continue
    return found
