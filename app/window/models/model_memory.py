"""Saves settings between sessions; models and devices only after they have been loaded successfully."""

from __future__ import annotations

from dataclasses import replace

from PyQt6.QtCore import QObject

from app.core.settings import DEVICES, Device, Settings
from app.window.core.preferences import Preferences
from app.window.core.tasks import TaskRunner, nothing
from app.window.models.loader import ModelLoader
from app.window.panels.side_panel import SidePanel

AUTOMATIC: Device = "auto"
ALWAYS: Device = "cpu"
"""The device that runs on every machine; it is not probed."""


class ModelMemory(QObject):
    """Passes changes to ``loader`` and saves them in ``preferences``; disables devices that do not run in ``panel``.

    Devices are probed after the first models were loaded or failed, because that takes a while.
    """

    def __init__(self, preferences: Preferences, loader: ModelLoader, panel: SidePanel, background: TaskRunner) -> None:
        super().__init__(loader)
        self._preferences = preferences
        self._loader = loader
        self._panel = panel
        self._background = background
        self._before: Settings | None = None
        self._probed = False
        loader.loaded.connect(self._on_loaded)
        loader.failed.connect(self._on_failed)
        loader.cancelled.connect(self._on_failed)

    def change(self, settings: Settings) -> None:
        """Apply ``settings``, which the user has just chosen."""
        before = self._loader.settings
        self._preferences.keep_change(before, settings.with_networks_of(before))
        self._before = None if before.with_networks_of(settings) == before else before
        self._loader.request(settings)

    def _on_loaded(self) -> None:
        """Save the models that were loaded as the last choice."""
        before, self._before = self._before, None
        if before is not None:
            self._preferences.keep_change(before, before.with_networks_of(self._loader.settings))
        self._probe_devices()

    def _on_failed(self) -> None:
        self._before = None
        self._probe_devices()

    def _probe_devices(self) -> None:
        if self._probed:
            return
        self._probed = True

        def work() -> dict[str, str]:
            from app.inference.devices import unavailable_reason

            reasons = {device: unavailable_reason(device) for device in DEVICES if device not in (AUTOMATIC, ALWAYS)}
            return {device: reason for device, reason in reasons.items() if reason}

        self._background.run("devices", work, self._show_devices, nothing, self)

    def _show_devices(self, reasons: dict[str, str]) -> None:
        self._panel.models.show_devices_that_fail(reasons)
        kept = self._preferences.settings(Settings())
        if kept.device in reasons:  # it ran once; since then a driver or the GPU has been removed
            self._preferences.keep_change(kept, replace(kept, device=AUTOMATIC))
