"""The titles of angles in charts."""

from __future__ import annotations

from app.sinks.report.person import JOINTS
from app.sinks.report.texts import later

SEGMENTS = {
    "foot": later("Foot"),
    "shank": later("Shank"),
    "thigh": later("Thigh"),
    "arm": later("Arm"),
    "forearm": later("Forearm"),
    "pelvis": later("Pelvis"),
    "trunk": later("Trunk"),
    "shoulders": later("Shoulders"),
    "head": later("Head"),
}
"""The segments whose angles are measured, and their titles."""
TITLES = {**SEGMENTS, **JOINTS}
"""Titles of the joints and segments, to be translated."""
