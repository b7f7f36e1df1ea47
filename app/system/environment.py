"""Environment variables that OpenCV and ONNX Runtime read when they are first loaded."""

from __future__ import annotations

import os

MAX_PIXELS = 2**27
"""Pixels of the largest picture that OpenCV decodes; a larger one would exhaust the memory."""


def prepare_environment() -> None:
    """Bound OpenCV's memory, keep its log off the console, and switch off ONNX Runtime's reports to its maker.

    Programs call this before they import either library; child processes inherit it. Variables that are set already
    stay, but for those of the reports.
    """
    os.environ.setdefault("OPENCV_IO_MAX_IMAGE_PIXELS", str(MAX_PIXELS))
    os.environ.setdefault("OPENCV_LOG_LEVEL", "SILENT")
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
    # ONNX Runtime reports from the moment it is loaded, unless one of these names says no.
    os.environ |= dict.fromkeys(("ORT_DISABLE_TELEMETRY", "ORT_TELEMETRY_DISABLED"), "1")
