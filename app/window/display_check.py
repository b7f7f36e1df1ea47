"""Whether a window can be shown; checked before Qt is started, because Qt aborts the process without a display."""

from __future__ import annotations

import ctypes
import ctypes.util
import importlib.util
import os
import socket
import sys
import threading
from pathlib import Path

NO_SCREEN = ("offscreen", "minimal", "vnc", "eglfs", "linuxfb", "vkkhrdisplay")
"""Qt platforms that need no display server."""
TIMEOUT_S = 3.0
FOREIGN = ("QT_QPA_PLATFORM_PLUGIN_PATH", "QT_QPA_FONTDIR")


def can_show() -> str:
    """Empty if a window can be shown, else the reason in a few words. Fast; creates no application."""
    if importlib.util.find_spec("PyQt6") is None:
        return "PyQt6 is not installed"
    try:
        import PyQt6.QtSvg
        import PyQt6.QtWidgets  # noqa: F401 - whether it can be imported
    except ImportError as error:
        return f"Qt cannot be loaded ({error})"
    platforms = [part.split(":")[0] for part in os.environ.get("QT_QPA_PLATFORM", "").split(";") if part]
    if not sys.platform.startswith("linux") or (platforms and platforms[0] in NO_SCREEN):
        return ""
    reasons = []
    for platform, variable, why_not in (
        ("wayland", "WAYLAND_DISPLAY", _why_no_wayland),
        ("xcb", "DISPLAY", _why_no_x11),
    ):
        wanted = not platforms or any(name.startswith(platform) for name in platforms)
        if wanted and (display := os.environ.get(variable)):
            reason = why_not(display)
            if not reason:
                return ""
            reasons.append(reason)
    return ", ".join(reasons) or "there is no display, neither DISPLAY nor WAYLAND_DISPLAY is set"


def drop_foreign_plugins() -> None:
    """Remove the paths of Qt 5 plugins and fonts that OpenCV has put into the environment; PyQt6 has its own."""
    for name in FOREIGN:
        if "cv2" in Path(os.environ.get(name, "")).parts:
            del os.environ[name]


def _why_no_wayland(name: str) -> str:
    place = Path(os.environ.get("XDG_RUNTIME_DIR", "/nonexistent")) / name
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(TIMEOUT_S)
            connection.connect(str(place))
    except OSError as error:
        return f"the Wayland display {name} cannot be reached ({error.strerror or error})"
    return _why_no_plugin("libqwayland*.so")


def _why_no_x11(name: str) -> str:
    """Connect as Qt does (by libxcb, which handles sockets, hosts and cookies), but in a thread, with a timeout."""
    if reason := _why_no_plugin("libqxcb.so"):
        return reason
    answer: list[int] = []

    def connect() -> None:
        xcb = ctypes.CDLL("libxcb.so.1")
        xcb.xcb_connect.restype = ctypes.c_void_p
        xcb.xcb_connect.argtypes = [ctypes.c_char_p, ctypes.c_void_p]
        xcb.xcb_connection_has_error.argtypes = [ctypes.c_void_p]
        xcb.xcb_disconnect.argtypes = [ctypes.c_void_p]
        connection = xcb.xcb_connect(None, None)
        answer.append(xcb.xcb_connection_has_error(connection))
        xcb.xcb_disconnect(connection)

    thread = threading.Thread(target=connect, name="stance-display", daemon=True)
    thread.start()
    thread.join(TIMEOUT_S)
    return "" if answer == [0] else f"the X display {name} cannot be reached"


def _why_no_plugin(pattern: str) -> str:
    """Why Qt's plugin for a platform cannot be loaded: mostly a missing system library."""
    import PyQt6

    plugins = sorted((Path(PyQt6.__file__).parent / "Qt6" / "plugins" / "platforms").glob(pattern))
    for plugin in plugins:
        try:
            ctypes.CDLL(str(plugin))
        except OSError as error:
            missing = str(error).partition(":")[0]
            return f"Qt needs {missing}, which is not installed"
    return ""
