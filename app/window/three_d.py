"""The 3-D view: shows the people of the shown frame in a room, and follows its actions."""

from __future__ import annotations

from dataclasses import replace
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, Qt, QTimer

from app.window.core.view_ticks import follow_visibility
from app.window.i18n.tr import tr
from app.window.panels.dock_area import OWN_ACTION
from app.window.panels.three_d_panel import ThreeDPanel
from app.window.parts import WindowParts

if TYPE_CHECKING:  # these import NumPy and OpenCV, which the window does not wait for
    from app.analysis import Analysis
    from app.engine import Result
    from app.overlay import DrawStyle
    from app.overlay.space_placement import PlacedPerson

NAME = "three-d"
"""Name of the panel, of its action, and of what it saves."""
VIEWS = ("three-d-front", "three-d-side", "three-d-top", "three-d-opposite", "three-d-parallel", "three-d-reset")
"""Actions that need the view to be visible."""
NEXT_S = 0.25
"""A frame that is at most this much later than the one before is followed smoothly, in seconds."""


class ThreeD(QObject):
    """Owns the panel of the 3-D view and docks it; does nothing while the panel is hidden."""

    def __init__(self, parts: WindowParts) -> None:
        super().__init__(parts.window)
        self._parts = parts
        self._chosen: int | None = None
        self._last_s: float | None = None
        self.panel = ThreeDPanel(parts.actions, lambda: parts.view.draw_style)
        self._dock = parts.docks.dock(NAME, tr("3-D view"), self.panel, Qt.DockWidgetArea.RightDockWidgetArea, 340)
        self._dock.setProperty(OWN_ACTION, True)
        follow_visibility(parts.actions[NAME], self._dock)
        self._restore()
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.timeout.connect(self.refresh)
        self._connect()
        self._enable(False)

    def refresh(self) -> None:
        """Show the shown frame again."""
        self._last_s = None
        self._show(self._parts.player.current)

    def _connect(self) -> None:
        parts, panel = self._parts, self.panel
        parts.player.shown.connect(self._show)
        parts.player.opened.connect(self._begin)
        parts.people.chosen.connect(self._choose)
        for changed in (panel.shown, parts.panel.switched, parts.loader.adjusted, parts.people.changed):
            changed.connect(lambda *_: self._later.start())  # after the others, who change the style
        panel.wanted.connect(self._switch_on)
        panel.followed.connect(lambda _: self._keep())
        panel.followed.connect(lambda _: self.refresh())
        panel.view.moved.connect(self._keep)
        panel.view.panned.connect(lambda: panel.follow.setChecked(False))
        self._dock.visibilityChanged.connect(self._enable)
        for name, turn in (
            ("three-d-front", lambda: self._look("front")),
            ("three-d-side", lambda: self._look("side")),
            ("three-d-top", lambda: self._look("top")),
            ("three-d-opposite", lambda: panel.view.turn_to(panel.view.camera.opposite())),
            ("three-d-parallel", self._change_perspective),
            ("three-d-reset", self._reset),
        ):
            parts.actions[name].triggered.connect(lambda _, turn=turn: turn())

    def _enable(self, visible: bool) -> None:
        for name in VIEWS:
            self._parts.actions[name].setEnabled(visible)

    def _begin(self) -> None:
        """Forget the people of the previous source."""
        self._chosen = self._last_s = None
        self.panel.view.forget()
        self._later.start()

    def _choose(self, number: int) -> None:
        self._chosen = number
        self._later.start()

    # What is shown.

    def _show(self, result: Result | None) -> None:
        panel, analysis = self.panel, self._parts.player.analysis
        if not panel.isVisible():
            return
        if result is None:
            panel.show_hint(tr("People are shown here in three dimensions."), False)
            return
        if _is_of_others(result, analysis):
            return  # the networks were changed; the frame comes again
        style = self._parts.view.draw_style
        placed = self._placed(result, analysis, style) if style is not None else []
        if not placed and any(person.points_3d is None for person in result.poses.people):
            panel.show_hint(*self._why_none())
            return
        time_s = result.frame.time_s
        glide = self._last_s is not None and 0 < time_s - self._last_s <= NEXT_S
        self._last_s = time_s
        panel.show_source(self._source())
        panel.show_hint("", False)
        followed = [one for one in placed if one.person.id == self._chosen] or placed
        skeleton = analysis.skeleton if analysis is not None else None
        panel.view.show_people(placed, skeleton, followed if panel.follow.isChecked() else (), glide)

    def _placed(self, result: Result, analysis: Analysis | None, style: DrawStyle) -> list[PlacedPerson]:
        from app.analysis.person_around import person_around
        from app.overlay.space_placement import place

        if analysis is None:
            return []
        poses, skeleton, size = result.poses, analysis.skeleton, result.frame.size
        tall, factor = self._stated_height(analysis)
        found = [
            place(
                person,
                person_around(analysis, poses, person.id),
                skeleton,
                size,
                style.threshold,
                factor if person.id == tall else 1.0,
            )
            for person in poses.people
        ]
        return [one.mirrored() if style.mirror else one for one in found if one is not None]

    def _stated_height(self, analysis: Analysis) -> tuple[int | None, float]:
        """The person whose height the user has stated, and by what that is larger than the usual one."""
        from app.analysis.body_size import USUAL_HEIGHT_M
        from app.analysis.find_scale import main_person

        height_m = self._parts.player.scale.height_m
        return (None, 1.0) if height_m is None else (main_person(analysis), height_m / USUAL_HEIGHT_M)

    def _source(self) -> str:
        """Where the depth comes from, and what it is worth."""
        from app.lifting.open_lifter import DEFAULT

        network = self._network()
        if network == DEFAULT:
            network = tr("Stance lifter")
        if network and self._lacks_frames():
            return tr(
                "Depth by {network}, without the later frames that it needs: a guess from one camera, less exact than"
                " in exports of videos. Distances between people and to the floor assume an ordinary lens.",
                network=network,
            )
        if network:
            return tr(
                "Depth by {network}: a guess from one camera. Distances between people and to the floor assume an"
                " ordinary lens.",
                network=network,
            )
        return tr(
            "Depth as it was recorded: a guess, if from one camera. Distances between people and to the floor assume"
            " an ordinary lens."
        )

    def _lacks_frames(self) -> bool:
        """Whether the lifter needs later frames, which are not there yet while frames arrive."""
        player = self._parts.player
        return (
            not player.recorded
            and player.pipeline is not None
            and any(lifter.history[1] for lifter in player.pipeline.lifters)
        )

    def _network(self) -> str:
        """The network that the depth comes from; empty if that is unknown."""
        player = self._parts.player
        if player.recorded:
            return player.session.depth_by
        if player.pipeline is None:
            return ""
        return player.pipeline.notes.get("lifter", "") or Path(self._parts.loader.settings.pose).name

    def _why_none(self) -> tuple[str, bool]:
        """Why nobody has a third dimension, and whether it can be switched on."""
        from app.lifting.open_lifter import default_file

        player, settings = self._parts.player, self._parts.loader.settings
        if player.recorded or player.pipeline is None:
            return tr("These people have places in the picture only."), False
        if settings.lifter:
            return tr("The third dimension of these people is not known yet."), False
        text = tr(
            "These people have places in the picture only. A network can guess their depth: Models, Third dimension."
        )
        return text, default_file().is_file()

    def _switch_on(self) -> None:
        """Ask for the lifter that comes with Stance."""
        from app.lifting.open_lifter import DEFAULT

        self._parts.panel.request(replace(self._parts.loader.settings, lifter=DEFAULT))

    # From where it is shown.

    def _look(self, direction: str) -> None:
        from app.overlay.orbit_camera import DIRECTIONS

        view = self.panel.view
        view.turn_to(view.camera.looking(DIRECTIONS[direction]))
        view.frame_people()

    def _change_perspective(self) -> None:
        view = self.panel.view
        view.turn_to(replace(view.camera, parallel=not view.camera.parallel))

    def _reset(self) -> None:
        from app.overlay.orbit_camera import OrbitCamera

        view = self.panel.view
        view.turn_to(OrbitCamera(target=view.camera.target))
        view.frame_people()

    def _keep(self) -> None:
        camera = self.panel.view.camera
        self._parts.preferences.keep_part(
            NAME,
            {
                "azimuth": camera.azimuth,
                "elevation": camera.elevation,
                "parallel": camera.parallel,
                "follow": self.panel.follow.isChecked(),
            },
        )

    def _restore(self) -> None:
        """Take the saved direction; what is not valid is ignored."""
        match self._parts.preferences.part(NAME):
            case {"azimuth": int() | float() as azimuth, "elevation": int() | float() as elevation, **rest}:
                if isfinite(azimuth) and isfinite(elevation):
                    self.panel.view.start_at(float(azimuth), float(elevation), rest.get("parallel") is True)
                self.panel.follow.setChecked(rest.get("follow") is not False)


def _is_of_others(result: Result, analysis: Analysis | None) -> bool:
    """Whether the people of ``result`` have other keypoints than those of ``analysis``."""
    people = result.poses.people
    return analysis is not None and any(len(one.keypoints) != len(analysis.skeleton.names) for one in people)
