"""What ``main.py`` does instead of a run: listings, downloads, ``--doctor``, ``--install-desktop``."""

from __future__ import annotations

import argparse

from app.core.errors import StanceError


def add_other_commands(parser: argparse.ArgumentParser) -> None:
    """Add their arguments to ``parser``."""
    ask = parser.add_argument_group("other commands")
    ask.add_argument("--list-models", action="store_true", help="list the models to begin with, by what they estimate")
    ask.add_argument("--all", action="store_true", help="with --list-models: list the whole catalogue")
    ask.add_argument("--fetch", metavar="NAME", help="download a file of the catalogue")
    ask.add_argument("--list-cameras", action="store_true", help="list cameras by number and name")
    ask.add_argument(
        "--install-desktop", action="store_true", help="add Stance to the menu and the file types of a Linux desktop"
    )
    ask.add_argument("--doctor", action="store_true", help="report what works on this computer and what is missing")


def run_other_command(arguments: argparse.Namespace) -> int | None:
    """Run the command that ``arguments`` ask for and return its exit code; None if they ask for a run."""
    if arguments.doctor:
        return _doctor()
    if arguments.list_models:
        return _list_models(arguments.all)
    if arguments.all:
        raise StanceError("--all lists nothing itself: wanted --list-models --all.")
    if arguments.fetch is not None:
        return _fetch(arguments.fetch)
    if arguments.list_cameras:
        return _list_cameras()
    if arguments.install_desktop:
        return _install_desktop()
    return None


def _doctor() -> int:
    from app.cli.doctor import report

    text, healthy = report()
    print(text)
    return 0 if healthy else 1


def _list_models(whole: bool) -> int:
    from app.cli.models_list import list_models

    print(list_models(whole))
    return 0


def _fetch(name: str) -> int:
    from app.cli.headless import fetch_with_progress

    print(fetch_with_progress(name))
    return 0


def _list_cameras() -> int:
    from app.sources.camera import list_cameras

    cameras = list_cameras()
    for camera in cameras:
        print(f"{camera.index}  {camera.name}  {camera.path}".rstrip())
    if not cameras:
        print("No camera found.")
    return 0


def _install_desktop() -> int:
    from app.cli.desktop_entry import install_desktop

    print("\n".join(map(str, install_desktop())))
    return 0
