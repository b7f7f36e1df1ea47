"""The networks for hands: the chosen one is opened, and its answers are kept under a name of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.core.errors import StanceError
from app.core.settings import HandNetwork, Settings
from app.core.skeleton import load_skeleton
from app.pose.hands import OUTPUTS
from app.pose.landmark_network import Landmarker, LandmarkNetwork
from app.pose.model import ModelInfo
from app.pose.part_networks import open_part_networks
from app.zoo.fetch import locate

BODY = ModelInfo("body", load_skeleton("coco17"))


def find(name: str) -> Path:
    try:
        return locate(name)
    except StanceError as error:
        pytest.skip(str(error))


@pytest.mark.parametrize(("chosen", "kept"), [("full", "landmarks"), ("lite", "hand-landmarks-lite")])
def test_the_chosen_network_of_hands_is_opened(chosen: HandNetwork, kept: str) -> None:
    networks = open_part_networks(Settings(device="cpu", hands=True, hand_network=chosen), BODY, find)
    assert networks.hands is not None
    landmarks = networks.hands.landmarks
    assert isinstance(landmarks, LandmarkNetwork)
    assert landmarks.network.path.name.startswith(f"hand-landmarks-{chosen}-")
    assert landmarks._length == sum(OUTPUTS)
    assert networks.names == [f"hand-landmarks-{chosen}", "palm-detector"]
    names: list[str] = []

    def named(name: str, network: Landmarker) -> Landmarker:
        names.append(name)
        return network

    assert networks.changed(named) == networks
    assert networks.copies().hands is not None
    assert names == [kept, "palms"]
