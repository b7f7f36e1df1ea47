"""Writes ONNX files with their cards."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from os.path import isdir
from pathlib import Path

import onnx

from app.core.errors import StanceError
from app.core.message import Message, foreign
from app.inference.model_card import METADATA_KEY, ModelCard, write_card

Say = Callable[[Message], None]
"""Called with one line of text per step."""


def write(
    model: onnx.ModelProto, card: ModelCard | None, target: Path, metadata: Mapping[str, str] | None = None
) -> None:
    """Write ``model`` with its ``card``, if it has one, and other ``metadata`` to ``target`` atomically.

    Raises StanceError if the file cannot be written, and onnx's own error if the model is invalid.
    """
    del model.metadata_props[:]
    stated = {METADATA_KEY: write_card(card)} if card is not None else {}
    onnx.helper.set_model_props(model, stated | dict(metadata or {}))
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as file:
            file.write(model.SerializeToString())
            file.flush()
            os.fsync(file.fileno())
        onnx.checker.check_model(str(part), full_check=True)
        part.replace(target)
    except OSError as error:
        raise StanceError(
            "{path!r} cannot be written ({reason}).", path=str(target), reason=foreign(error.strerror or error)
        ) from error
    finally:
        part.unlink(missing_ok=True)


def check_target(target: Path) -> None:
    """Raise StanceError unless ``target`` ends in .onnx and its folder exists; called before any work is done."""
    if target.suffix != ".onnx" or not isdir(target.parent):
        raise StanceError(
            "{path!r} cannot be written: wanted a file name ending in .onnx in a folder that exists.", path=str(target)
        )
