"""What the user may have done to a keypoint: the values of ``Person.edited``."""

from __future__ import annotations

CORRECTED, CARRIED = 1, 2
"""Placed by the user; moved to follow a place given in another frame."""
SIDE_KNOWN = 4
"""Exchanged with the other side, dropped or filled by the user; files do not mark it."""
