"""The choice of the third dimension in the side panel: off, a lifter that comes with Stance, or a file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PyQt6.QtWidgets import QComboBox, QVBoxLayout, QWidget

from app.core.settings import Settings
from app.inference.registry import LIFTERS
from app.window.i18n.tr import tr
from app.window.panels.model_choice import CHOOSE, fit_list, pick
from app.window.panels.rows import add_choice, add_switches, make_switch
from app.window.panels.shown_settings import ShownSettings
from app.window.widgets.file_dialogs import pick_network

if TYPE_CHECKING:  # this imports NumPy, which the window does not wait for
    from app.pose.model import ModelInfo

STANCE, BLAZEPOSE = "stance-lifter", "blazepose-full"


class LifterChoice:
    """A combo box ``box`` for the setting ``lifter``, and a switch ``bones`` for ``hold_bones``, in ``column``.

    ``folder`` returns the folder in which the dialog for a file starts; ``keep_folder`` is called with that of the
    chosen file.
    """

    def __init__(
        self,
        column: QVBoxLayout,
        shown: ShownSettings,
        folder: Callable[[], Path | None],
        keep_folder: Callable[[Path], None],
    ) -> None:
        self._shown = shown
        self._is_enabled, self._has_depth = True, False
        self._folder, self._keep_folder = folder, keep_folder
        self.box = add_choice(column, tr("Third dimension"), self._choose, wide=True)
        self.box.setToolTip(tr("Points in space, in meters from the pelvis; one camera can only guess the depth"))
        self.bones = make_switch(tr("Hold bone lengths"), tr("Bones in space keep their lengths from frame to frame"))
        self.bones.toggled.connect(lambda on: shown.request(hold_bones=on))
        add_switches(column, [self.bones])

    def show_settings(self, settings: Settings) -> None:
        """Show the lifter of ``settings``."""
        offers = {"": tr("None"), STANCE: tr("Stance lifter"), BLAZEPOSE: "BlazePose"}
        offers |= {name: name for name in sorted(LIFTERS) if name not in offers}
        if settings.lifter not in offers:
            offers[settings.lifter] = Path(settings.lifter).name
        self.box.blockSignals(True)
        self.box.clear()
        for value, title in offers.items():
            self.box.addItem(title, value)
        self.box.insertSeparator(self.box.count())
        self.box.addItem(tr("Choose file…"), CHOOSE)
        pick(self.box, settings.lifter)
        fit_list(self.box)
        self.box.blockSignals(False)
        self.bones.setChecked(settings.hold_bones)
        self._enable_bones()

    def set_enabled(self, enabled: bool) -> None:
        """Enable or disable the choice."""
        self._is_enabled = enabled
        self.box.setEnabled(enabled)
        self._enable_bones()

    def follow_model(self, info: ModelInfo) -> None:
        """Offer to hold bones without a lifter if the pose model in use gives points itself."""
        self._has_depth = info.has_depth
        self._enable_bones()

    def _enable_bones(self) -> None:
        self.bones.setEnabled(self._is_enabled and (self._has_depth or bool(self._shown.settings.lifter)))

    def _choose(self, box: QComboBox) -> None:
        wanted = box.currentData()
        if wanted == CHOOSE:
            pick(box, self._shown.settings.lifter)
            parent = box.window()
            assert isinstance(parent, QWidget)
            wanted = pick_network(parent, tr("Choose the lifter"), self._folder(), checkpoints=False)
            if not wanted:
                return
            self._keep_folder(Path(wanted).parent)
        self._shown.request(lifter=wanted)
        self._enable_bones()
