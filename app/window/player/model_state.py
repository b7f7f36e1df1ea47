"""What the player asks about the models while it has none."""

from __future__ import annotations

from typing import Protocol


class ModelState(Protocol):
    """The state of the models, which are loaded elsewhere."""

    @property
    def loading(self) -> bool:
        """Whether models are being loaded."""
        ...

    def why_none(self) -> str:
        """Why there are no models, in a few words; empty if there are some."""
        ...


class NoModels:
    """No models, and none are being loaded."""

    loading = False

    def why_none(self) -> str:
        """See ``ModelState``."""
        return ""
