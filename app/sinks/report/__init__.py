"""Reports for people who read them on paper: one HTML file, which any browser shows and prints."""

from __future__ import annotations

from pathlib import Path

from app.analysis.checks.finding import plain_name
from app.analysis.recording_check import RecordingCheck
from app.core.people import Frame, FramePoses
from app.overlay import DrawStyle
from app.sinks import Header
from app.sinks.report.page import Content, page
from app.sinks.report.picture_strip import PictureStrip
from app.sinks.report.texts import Texts
from app.sinks.whole_file import WholeFile

__all__ = ["Report"]


class Report(WholeFile):
    """Writes ``path`` when it is closed: pictures, warnings, ranges of motion, curves, and how far to trust them.

    Pictures are drawn as ``style`` says, which also gives the names and the keypoint threshold; the language is that of
    the ``header``.

    Raises StanceError if the file is locked or cannot be written.
    """

    def __init__(self, path: Path, header: Header, style: DrawStyle) -> None:
        super().__init__(path, header)
        self._style = style
        self._strip = PictureStrip(header.skeleton, style)
        self._check = RecordingCheck(header.skeleton, style.threshold, has_pictures=header.has_pictures)

    def look(self, frame: Frame, poses: FramePoses) -> None:
        """Take a picture now and then, and look for what limits the accuracy."""
        if not self.header.still:
            self._check.add(frame, poses)
        if self.header.has_pictures:
            self._strip.add(frame, poses)

    def make(self, path: Path) -> None:
        """Write the page. Raises OSError if that fails."""
        found = self._check.findings(self._name) if self._check.is_judged else None
        warnings = None if found is None else [finding.message for finding in found]
        content = Content(self.header, self.people, self.figures(self._style), self._strip.pictures(), warnings)
        text = page(content, Texts(self.header.language))
        path.write_text(text, encoding="utf-8", errors="replace", newline="\n")

    def _name(self, number: int) -> str:
        return self._style.names.get(number) or plain_name(number)
