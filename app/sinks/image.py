"""Annotated images."""

from __future__ import annotations

from pathlib import Path

import cv2

from app.core.address import path_of, picture_folder
from app.core.errors import StanceError
from app.core.film_note import to_comment
from app.core.people import Frame, FramePoses
from app.overlay import DrawStyle
from app.sinks import NUMBER, Header, write_whole
from app.sinks.earlier_run import numbered_names, remove_rest
from app.sinks.film_frames import film_note
from app.sinks.film_picture import FilmPicture
from app.sinks.picture_comment import has_comment, with_comment

JPEG_QUALITY = 92


class Pictures:
    """Writes every frame to an image file ``path``, in which ``%d`` or ``%04d`` stands for the frame's index.

    Each has the comment that videos have, a ``FilmNote``. At the end, images that an earlier run wrote under other
    numbers are removed.
    """

    def __init__(self, path: Path, header: Header, style: DrawStyle) -> None:
        self.paths: list[Path] = []
        self._path = path
        self._header = header
        self._picture = FilmPicture(header, style)
        self._comment = to_comment(film_note(style, header.film))

    def write(self, frame: Frame, poses: FramePoses, name: str = "") -> None:
        """Draw and write one image.

        Raises StanceError if the file cannot be written, for a second image under a name without a number, and if the
        file is an image of the source.
        """
        number = NUMBER.search(self._path.name)
        if self.paths and not number:
            raise StanceError(
                "The output {path} holds one image only: wanted a number in its name, as in {stem}-%04d{suffix}.",
                path=self._path,
                stem=self._path.stem,
                suffix=self._path.suffix,
            )
        digits = f"{poses.index:0{number[1] or 1}d}" if number else ""
        path = self._path.with_name(NUMBER.sub(digits, self._path.name))
        if self._is_source_image(path, name):
            raise StanceError("The output {path} is an image of the source: wanted another name or folder.", path=path)
        image = self._picture.draw(frame, poses)
        _, data = cv2.imencode(path.suffix.lower(), image, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
        write_whole(path, with_comment(data.tobytes(), self._comment))
        self.paths.append(path)

    def close(self) -> None:
        """Remove the images of an earlier run; idempotent. Raises StanceError if that fails."""
        if self.paths and NUMBER.search(self._path.name):
            folder, source = self._path.parent, picture_folder(self._header.source)
            sources = [source / name for name in self._header.pictures]
            remove_rest(folder, numbered_names(self._path.name), has_comment, self.paths, sources)

    def _is_source_image(self, path: Path, name: str) -> bool:
        """Whether ``path`` is an image of the source, which may be a file, a folder or a pattern."""
        source = self._header.source
        originals = [path_of(source), *([picture_folder(source) / name] if name else [])]
        return path.exists() and any(original.is_file() and path.samefile(original) for original in originals)
