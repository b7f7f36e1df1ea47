"""Opens projects for the player: with their networks where these are on this computer, else with the kept people."""

from __future__ import annotations

from dataclasses import replace
from os.path import isfile
from typing import TYPE_CHECKING

from app.core.address import path_of

if TYPE_CHECKING:
    from app.core.settings import Settings
    from app.project.opened_project import OpenedProject
    from app.sinks.jsonl_reader import Recording


def open_project_file(text: str) -> OpenedProject | None:
    """The project that ``text`` names; None if it names something else. For background threads.

    Raises StanceError if it cannot be read or its clip is not found.
    """
    from app.project.opened_project import read_project
    from app.project.store import is_project

    return read_project(path_of(text)) if is_project(text) else None


def people_of_project(project: OpenedProject | None) -> Recording | None:
    """The people of ``project`` as a recording, if its networks are not on this computer; else None."""
    if project is None or project.run is None or has_networks(project.run.info.settings):
        return None
    from app.sinks.jsonl_reader import Recording

    info = project.run.info
    models, lifter = (
        (info.pose_model, info.detector),
        path_of(info.settings.lifter).name if info.settings.lifter else "",
    )
    frames, changes = project.people(project.run)
    people = Recording(str(project.clip), (0, 0), None, info.skeleton, *models, frames, lifter=lifter)
    return replace(people, edits=changes.edits, hidden=changes.hidden)


def has_networks(settings: Settings) -> bool:
    """Whether the networks of ``settings`` can run without a download or a conversion."""
    from app.zoo.availability import state_of
    from app.zoo.catalogue import load_catalogue

    catalogue = load_catalogue()
    return all(
        name == "none" or isfile(name) or (name in catalogue and state_of(catalogue[name]) == "ready")
        for name in (settings.pose, settings.detector)
    )
