"""The exceptions that Pillow and its plugins raise for damaged files."""

from __future__ import annotations

import struct

DAMAGE = (
    *(OSError, EOFError, SyntaxError, ValueError, TypeError, LookupError, AttributeError),
    *(ArithmeticError, RuntimeError, AssertionError, struct.error),
)
