"""Resolves facts about a network, each from the best source that has it, and records which source that was."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from app import __version__
from app.inference.model_card import PoseModelCard, Provenance
from app.zoo.catalogue import Entry
from export.checkpoint import Checkpoint

Card = TypeVar("Card", bound=PoseModelCard)


@dataclass
class FactBook(Generic[Card]):
    """The facts that were resolved, by source.

    Attributes:
        known: The catalogue's card of the network, if there is one.
        chosen: Names of the facts that the user gave.
        stated: Names of those that the checkpoint states beside its weights.
        catalogued: Names of those from the catalogue.
        assumed: Names of the others.
    """

    known: Card | None
    chosen: list[str] = field(default_factory=list)
    stated: list[str] = field(default_factory=list)
    catalogued: list[str] = field(default_factory=list)
    assumed: list[str] = field(default_factory=list)

    def fact(self, name: str, given: Any, of: Callable[[Card], Any] | None, default: Any, in_file: Any = None) -> Any:
        """The fact called ``name``: ``given`` by the user, else ``in_file``, else the catalogue's, else ``default``.

        ``of`` takes it from a card; with None the catalogue's networks have the usual value.
        """
        if given is not None:
            source, value = self.chosen, given
        elif in_file is not None:
            source, value = self.stated, in_file
        elif self.known is not None:
            source, value = self.catalogued, of(self.known) if of else default
        else:
            source, value = self.assumed, default
        source.append(name)
        return value

    def provenance(self, checkpoint: Checkpoint, entry: Entry | None, network: str) -> Provenance:
        """Where the network comes from; the catalogue's licence and AP only for the very file that it lists."""
        verified = entry is not None and (not entry.sha256 or checkpoint.sha256.startswith(entry.sha256))
        measured = entry if verified and not self.chosen else None
        return Provenance(
            licence=entry.licence if entry and verified else "",
            source=checkpoint.path.name,
            sha256=checkpoint.sha256,
            ap=measured.ap if measured else None,
            ap_setting=_setting(measured) if measured else "",
            chosen=tuple(self.chosen),
            catalogued=tuple(self.catalogued),
            assumed=tuple(self.assumed),
            network=network,
            version=__version__,
        )


def _setting(entry: Entry) -> str:
    """The conditions of the published AP, with a remark if the file is known only by its name."""
    return entry.ap_setting if entry.sha256 else f"{entry.ap_setting} (of the file published under this name)"
