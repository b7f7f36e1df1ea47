"""The networks for hands and faces that a pipeline uses: which are wanted, and opening them."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from dataclasses import dataclass
from pathlib import Path

from app.core.composed_skeleton import compose
from app.core.settings import Settings
from app.pose import faces, hands, palms
from app.pose.body_parts import BodyParts, Timed
from app.pose.face_regions import HeadPoints
from app.pose.found_parts import PartFinder
from app.pose.hand_regions import ArmPoints
from app.pose.landmark_network import Landmarker, open_landmarks
from app.pose.model import ModelInfo
from app.pose.unsupported import unsupported_parts
from app.zoo.part_files import FACE_LANDMARKS, PALM_DETECTOR, hand_landmarks

STAGES = (faces.Faces.stage, hands.Hands.stage)
"""Names of the stages, in order."""
KEPT_NAMES = {"hand-landmarks-full": "landmarks"}
"""Names by which answers are kept in projects, where they are not those of the networks."""


@dataclass(frozen=True, slots=True)
class PartNetworks:
    """Networks that find hands and faces; None for parts that are not looked for. Pipelines may share them."""

    hands: hands.HandNetworks | None = None
    face: Landmarker | None = None

    @property
    def names(self) -> list[str]:
        """The names of the networks in the catalogue."""
        of_hands = [] if self.hands is None else [self.hands.name, PALM_DETECTOR]
        return of_hands + ([] if self.face is None else [FACE_LANDMARKS])

    def changed(self, change: Callable[[str, Landmarker], Landmarker]) -> PartNetworks:
        """The networks that ``change`` returns for the name and the network of each."""
        of_hands = self.hands
        if of_hands is not None:
            name = KEPT_NAMES.get(of_hands.name, of_hands.name)
            landmarks, palm_search = change(name, of_hands.landmarks), change("palms", of_hands.palms)
            of_hands = hands.HandNetworks(landmarks, palm_search, of_hands.name)
        return PartNetworks(of_hands, None if self.face is None else change("face", self.face))

    def copies(self) -> PartNetworks:
        """Copies (``copy.copy``), which share the networks."""
        return self.changed(lambda _, network: copy(network))


NO_PARTS = PartNetworks()


def open_part_networks(settings: Settings, info: ModelInfo, find_file: Callable[[str], Path]) -> PartNetworks:
    """The networks that ``settings`` ask for, as far as people of the pose model can get such parts.

    ``find_file`` returns the file of a network. Raises StanceError if one cannot be located or does not run.
    """
    without = unsupported_parts(info)
    of_hands, of_face = None, None
    if settings.hands and "hands" not in without:
        name = hand_landmarks(settings)
        landmarks = open_landmarks(find_file(name), settings.device, hands.OUTPUTS)
        detector = open_landmarks(find_file(PALM_DETECTOR), settings.device, palms.OUTPUTS, "constant")
        of_hands = hands.HandNetworks(landmarks, palms.Palms(detector), name)
    if settings.face and "face" not in without:
        of_face = open_landmarks(find_file(FACE_LANDMARKS), settings.device, faces.OUTPUTS)
    return PartNetworks(of_hands, of_face)


def body_parts(networks: PartNetworks, info: ModelInfo, settings: Settings, timed: Timed) -> BodyParts:
    """What adds the parts that ``networks`` find to the pose model's people; ``timed`` as in ``BodyParts``."""
    found: list[PartFinder] = []
    head, arms = HeadPoints.of(info.skeleton.names), ArmPoints.of(info.skeleton.names)
    if networks.face is not None and head is not None:
        found.append(faces.Faces(networks.face, head, settings.face))
    if networks.hands is not None and arms is not None:
        found.append(hands.Hands(networks.hands, arms))
    layout = compose(info.skeleton, networks.hands is not None, settings.face if networks.face is not None else "")
    return BodyParts(found, layout, settings, timed)
