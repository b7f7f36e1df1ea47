"""Reports for people who read them on paper: one HTML file, which any browser shows and prints."""

from __future__ import annotations

from pathlib import Path

from app.core.people import Frame, FramePoses
from app.overlay import DrawStyle
from app.sinks import Header
from app.sinks.report.page import page
from app.sinks.report.picture_strip import PictureStrip
from app.sinks.report.texts import Texts
from app.sinks.whole_file import WholeFile

__all__ = ["Report"]


class Report(WholeFile):
    """Writes ``path`` when it is closed: pictures, ranges of motion, curves, and how far they can be trusted.

    Pictures are drawn as ``style`` says, which also gives the names and the keypoint threshold; the language is that of
    the ``header``.

    Raises StanceError if the file is locked or cannot be written.
    """

    def __init__(self, path: Path, header: Header, style: DrawStyle) -> None:
        super().__init__(path, header)
        self._style = style
        self._strip = PictureStrip(header.skeleton, style)

    def look(self, frame: Frame, poses: FramePoses) -> None:
        """Take a picture now and then."""
        if self.header.has_pictures:
            self._strip.add(frame, poses)

    def make(self, path: Path) -> None:
        """Write the page. Raises OSError if that fails."""
        text = page(
            self.header, self.people, self.figures(self._style), self._strip.pictures(), Texts(self.header.language)
        )
        path.write_text(text, encoding="utf-8", errors="replace", newline="\n")
