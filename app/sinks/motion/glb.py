"""Animated skeletons that Blender, three.js and game engines open (.glb, glTF 2.0)."""

from __future__ import annotations

from pathlib import Path

from app.core.people import Frame, FramePoses
from app.overlay.colors import SIDE_COLORS
from app.sinks.motion.moving import people_in_space, titles_of
from app.sinks.motion.people_file import PeopleFile, check_depth, needs_depth, needs_hips
from app.sinks.motion.rig import make_rig

ALONE = "Person"
"""The name of a single person who was given none."""


class Glb(PeopleFile):
    """Writes ``path`` when it is closed: everybody in one scene, each a skeleton with visible bones and an animation.

    The unit is the meter, y up, and people who look at the camera look along z, as the format wants. Keys are at the
    timestamps of the frames, counted from the first frame of the run. What is not seen stays as it was.

    Raises StanceError if the file is locked or cannot be written, and if nobody has points in three dimensions or hips.
    """

    def look(self, frame: Frame, poses: FramePoses) -> None:
        """Raise StanceError if people have no depth."""
        check_depth(self._path, self.people, poses)

    def make(self, path: Path) -> None:
        """Write the file. Raises OSError if that fails, StanceError if there is nobody whom it could show."""
        from app.sinks.motion.glb_scene import GlbScene

        people = people_in_space(self.people.tracks(), self.header, self._style)
        if not people:
            raise needs_depth(self._path)
        scene, count = GlbScene(SIDE_COLORS), 0
        for title, person in zip(titles_of(people), people, strict=True):
            times_s, points = person.with_holds(1 / self.rate)
            rig = make_rig(points, self.header.skeleton)
            if rig is not None:
                scene.add(title or ALONE, times_s - self.people.first_s, rig)
                count += 1
        if not count:
            raise needs_hips(self._path, self.header.skeleton)
        path.write_bytes(scene.encoded())
