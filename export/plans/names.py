"""The names that training code gives to the same weights: those of the authors, of MMPose 0.x and of MMPose 1.x."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

Dialect = Literal["original", "mmpose 0.x", "mmpose 1.x"]
Names = Mapping[str, str]

WRAPPERS = ("backbone", "neck", "keypoint_head", "head")
"""Modules in which MMPose keeps the parts of a network."""
HEADS = ("keypoint_head", "head")
HEAD_PARTS = ("deconv_layers.", "conv_layers.", "final_layer.")


def original_names(bare: Names) -> tuple[Names, Dialect]:
    """Maps the checkpoint's names to those of the original code, from their ``bare`` form; also returns the dialect."""
    if any(name.startswith("keypoint_head.") for name in bare.values()):
        dialect: Dialect = "mmpose 0.x"
    elif any(name.startswith("head.") for name in bare.values()):
        dialect = "mmpose 1.x"
    else:
        return bare, "original"
    # MMPose 0.x numbers the head's convolutions and the final one in a single sequence.
    numbered = re.compile(r"keypoint_head\.final_layer\.(\d+)\.(.+)")
    last = max((int(found[1]) for name in bare.values() if (found := numbered.fullmatch(name))), default=-1)
    own: dict[str, str] = {}
    for name, text in bare.items():
        if found := numbered.fullmatch(text):
            own[name] = f"final_layer.{found[2]}" if int(found[1]) == last else f"conv_layers.{found[1]}.{found[2]}"
        else:
            own[name] = _unwrapped(text)
    return (own if len(set(own.values())) == len(own) else bare), dialect


def _unwrapped(name: str) -> str:
    prefix, _, rest = name.partition(".")
    return rest if prefix in (HEADS if rest.startswith(HEAD_PARTS) else WRAPPERS) else name
