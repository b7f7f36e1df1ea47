"""Opens a pose network of any kind."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

from numpy.typing import NDArray

from app.core.settings import Device
from app.inference.model_card import PoseModelCard, kind_of
from app.inference.onnx_model import OnnxModel, open_network
from app.inference.registry import POSE_MODELS
from app.inference.session import Threads, shared_cpu_threads
from app.pose import blazepose, bottom_up, one_stage, temporal, top_down  # noqa: F401  # register themselves
from app.pose.infer_card import any_pose_card
from app.pose.model import PoseModel, PoseModelClass


def open_pose_model(
    path: Path, device: Device, flip_test: bool = False, crop: tuple[int, int] | None = None
) -> PoseModel:
    """The pose model for the network in ``path``, of the class registered for the kind of its card; it has run once.

    ``crop`` is the input size (width, height) of a network that takes any. Raises StanceError if the file is not a pose
    network or does not run on ``device``.
    """

    def sample(network: OnnxModel) -> Sequence[NDArray[Any]]:
        card = any_pose_card(network, crop)
        return _model_class(card).blank_inputs(network, card)

    def open_with(threads: Threads) -> PoseModel:
        network = open_network(path, device, sample, threads)
        card = any_pose_card(network, crop)
        return _model_class(card).from_network(network, card, flip_test)

    model = open_with(shared_cpu_threads())
    if model.info.proposals == "self" and model.network.threads.split_batch:
        # One image is not a batch that can be split, and no detector uses the other core: the run itself is split.
        return open_with(Threads())
    return model


def _model_class(card: PoseModelCard) -> PoseModelClass:
    return cast("PoseModelClass", POSE_MODELS[kind_of(card)])
