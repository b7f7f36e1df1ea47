"""Finds the written card of a network: in the file itself, or in the catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from app.inference.model_card import METADATA_KEY, ModelCard, read_card
from app.zoo.catalogue import entry_of_file


def stated_card(path: Path, metadata: Mapping[str, str]) -> ModelCard | None:
    """The card in the ``metadata`` of the ONNX file ``path``, else the catalogue's for that file, else None.

    Raises StanceError if the card in the file is invalid.
    """
    if METADATA_KEY in metadata:
        return read_card(metadata[METADATA_KEY], path.name)
    entry = entry_of_file(path)
    return entry.card if entry else None
