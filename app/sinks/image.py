"""Annotated pictures."""

from __future__ import annotations

from pathlib import Path

import cv2

from app.address import path_of
from app.errors import StanceError
from app.overlay import Look, Past, painted
from app.people import Frame, FramePoses
from app.sinks import NUMBER, Header, writing

JPEG_QUALITY = 92


class Pictures:
    """Writes every frame to ``path``, in which ``%d`` or ``%04d`` stands for the frame's index.

    Raises StanceError for a second picture under a name without a number, and rather than write over the source.
    """

    def __init__(self, path: Path, header: Header, look: Look) -> None:
        self.paths: list[Path] = []
        self._path = path
        self._header = header
        self._look = look
        self._past = Past(look.trails)

    def write(self, frame: Frame, poses: FramePoses, name: str = "") -> None:
        """Draw and write one picture. Raises StanceError where the disk refuses."""
        number = NUMBER.search(self._path.name)
        if self.paths and not number:
            raise StanceError(
                f"The output {self._path} holds one picture: wanted a number in its name, "
                f"as in {self._path.stem}-%04d{self._path.suffix}."
            )
        digits = f"{poses.index:0{number[1] or 1}d}" if number else ""
        path = self._path.with_name(NUMBER.sub(digits, self._path.name))
        if self._is_of_the_source(path, name):
            raise StanceError(f"The output {path} is a picture of the source: wanted another name or folder.")
        self._past.add(poses)
        image = painted(frame.image, poses, self._header.skeleton, self._look, self._past.frames)
        _, data = cv2.imencode(path.suffix.lower(), image, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
        with writing(path):
            path.write_bytes(data.tobytes())
        self.paths.append(path)

    def close(self) -> None:
        """Nothing is left open."""

    def _is_of_the_source(self, path: Path, name: str) -> bool:
        """The source is a picture, a folder of pictures, or a pattern in one."""
        source = path_of(self._header.source)
        originals = (source, source / name, source.parent / name) if name else (source,)
        return path.exists() and any(original.is_file() and path.samefile(original) for original in originals)
