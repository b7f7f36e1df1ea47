"""Stance: steady skeletons of the people in a camera or a video, in real time."""

import os

__version__ = "0.1.0"

# OpenCV reads these when it is first imported: no picture that would eat the memory, no log of its own on the console.
os.environ.setdefault("OPENCV_IO_MAX_IMAGE_PIXELS", str(2**27))
os.environ.setdefault("OPENCV_LOG_LEVEL", "SILENT")
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")

# ONNX Runtime reports to its maker, from the moment it is loaded, unless it is told not to: by either name.
os.environ |= dict.fromkeys(("ORT_DISABLE_TELEMETRY", "ORT_TELEMETRY_DISABLED"), "1")
