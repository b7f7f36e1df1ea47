"""Opens all outputs of a run, and says what became of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from app.core.settings import RunOptions
from app.overlay import DrawStyle
from app.sinks import Header, open_sinks, unwritten
from app.sinks.live import open_senders
from app.sinks.live.sent import SentOutput
from app.sinks.output import Output


def open_outputs(options: RunOptions, header: Header, style: DrawStyle) -> list[Output]:
    """Open the files and the addresses of ``options``.

    Raises StanceError if one of them cannot be opened; then none is left open, and no new file is kept.
    """
    senders = open_senders(options.live, header, style.names)
    try:
        return [*open_sinks(options.outputs, header, style), *senders]
    except BaseException:
        for sender in senders:
            sender.close()
        raise


def output_lines(sinks: Sequence[Output]) -> list[str]:
    """A line for each of the closed ``sinks`` that has not failed: what was written or sent, and what was not."""
    lines: list[str] = [*unwritten(sinks)]
    for sink in sinks:
        if sink.failure or sink.unwritten:
            continue
        if isinstance(sink, SentOutput):
            lines.append(f"sent: {sink.address}, {sink.frames} {'frame' if sink.frames == 1 else 'frames'}")
            lines += sink.warnings
        else:
            lines.append(f"written: {_paths_text(sink.paths)}")
    return lines


def _paths_text(paths: Sequence[Path]) -> str:
    """Up to four paths in full, else the first, the last and the number of files."""
    if len(paths) <= 4:
        return ", ".join(map(str, paths)) or "nothing"
    return f"{paths[0]} ... {paths[-1].name}, {len(paths)} files"
