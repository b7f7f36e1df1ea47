"""Opens a lifter of any kind by its name or file."""

from __future__ import annotations

from collections.abc import Callable
from os.path import isfile
from pathlib import Path

from app.core.address import path_of
from app.core.assets import asset
from app.core.errors import StanceError
from app.core.settings import Device
from app.core.skeleton import Skeleton
from app.inference import lifter_card  # noqa: F401  # registers its card
from app.inference.registry import LIFTERS
from app.lifting import blazepose_lifter  # noqa: F401  # registers itself
from app.lifting.network_lifter import open_network_lifter
from app.pose.model import FrameLifter, Lifter
from app.zoo.catalogue import load_catalogue
from app.zoo.fetch import locate

DEFAULT = "stance-lifter"
"""Name of the packaged lifter."""


def open_lifter(
    name_or_file: str, skeleton: Skeleton, device: Device = "auto", find_file: Callable[[str], Path] = locate
) -> Lifter | FrameLifter:
    """The lifter ``name_or_file`` for keypoints of ``skeleton``.

    It is a registered name, ``DEFAULT``, a name of the catalogue or an ONNX file; ``find_file`` returns the file of a
    network, which it may download first. A registered class is called with the skeleton, or its ``open`` with the
    skeleton, ``device`` and ``find_file`` if it has one. Raises StanceError if there is no such lifter or it does not
    run.
    """
    if name_or_file in LIFTERS:
        made = LIFTERS[name_or_file]
        lifter: Lifter | FrameLifter = (
            made.open(skeleton, device, find_file) if hasattr(made, "open") else made(skeleton)
        )
        return lifter
    check_lifter(name_or_file)
    if name_or_file == DEFAULT:
        return open_network_lifter(default_file(), skeleton)
    is_listed = name_or_file in load_catalogue()
    return open_network_lifter(find_file(name_or_file) if is_listed else path_of(name_or_file), skeleton)


def check_lifter(name_or_file: str) -> None:
    """Raise StanceError if there is no lifter ``name_or_file``, neither a name nor a file."""
    if name_or_file in lifter_names() or name_or_file in load_catalogue():
        return
    path = path_of(name_or_file)
    if isfile(path):
        return
    if path.suffix or len(path.parts) > 1:
        raise StanceError("There is no file {path!r}: wanted an ONNX file.", path=name_or_file)
    raise StanceError(
        "Unknown lifter {name!r}: wanted one of {known}, or an ONNX file.",
        name=name_or_file,
        known=", ".join(lifter_names()),
    )


def lifter_names() -> list[str]:
    """The names of all lifters that are installed, the default first."""
    return [DEFAULT, *sorted(LIFTERS)]


def default_file() -> Path:
    """The file of the packaged lifter."""
    return asset("models/stance-lifter.onnx")


def lifter_name(lifter: object, requested: str) -> str:
    """What files and the window call ``lifter``, which was ``requested`` by a name or a file."""
    return str(getattr(lifter, "name", "")) or Path(requested).name
