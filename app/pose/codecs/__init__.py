"""Codecs decode the outputs of pose networks into keypoints. One file per codec; each registers itself."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from app.inference.model_card import Codec
from app.inference.registry import CODECS
from app.pose.codecs.codec import PoseCodec

__all__ = ["PoseCodec", "codec_of"]

for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")


def codec_of(spec: Codec) -> PoseCodec:
    """The implementation of the codec that a card states; raises StanceError if none is registered."""
    kind: Any = type(spec)
    codec: PoseCodec = CODECS[str(kind.__struct_config__.tag)](spec)
    return codec
