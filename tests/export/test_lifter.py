"""Checkpoints of lifting networks, as their authors publish them, become files that ``--lift`` takes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="converting needs PyTorch")

from app.core.errors import StanceError  # noqa: E402
from app.core.skeleton import load_skeleton  # noqa: E402
from app.lifting.network_lifter import open_network_lifter  # noqa: E402
from app.pose.model import TrackWindow  # noqa: E402
from export.lifter import LifterOptions, convert_lifter  # noqa: E402
from tests.golden_lifters import CASES, lifter_keys  # noqa: E402
from tests.golden_networks import rule2  # noqa: E402

Command = Callable[..., tuple[int, str, str]]
HALPE = load_skeleton("halpe26")


def narrow_weights(name: str) -> dict[str, Any]:
    """Generated weights of case ``name`` with a 32nd of the channels."""
    keys = [
        (key, tuple(size // 32 if size in (256, 512, 1024) else size for size in shape))
        for key, shape in lifter_keys(name)
    ]
    spec = CASES[name]["spec"]
    return {key: torch.as_tensor(array) for key, array in rule2.fill(keys, CASES[name]["salt"], spec).items()}


def published(name: str, state: dict[str, Any]) -> dict[str, Any]:
    """The checkpoint as the authors' programs store it."""
    if "mmpose" in name:
        path = {f"traj_{key}": tensor + 1 for key, tensor in state.items()} if "semi" in name else {}
        return {"meta": {"mmpose_version": "1.3.2"}, "state_dict": state | path}
    if "weigq" in name:
        return {"epoch": 200, "lr": 0.001, "err": 44.4, "state_dict": state, "optimizer": {"state": {}}}
    return {"epoch": 80, "lr": 0.001, "random_state": None, "optimizer": {}, "model_pos": state, "model_traj": None}


def window(frames: int, seed: int = 2) -> TrackWindow:
    rng = np.random.default_rng(seed)
    rest = rng.uniform(200, 900, (26, 2))
    places = rest + np.cumsum(rng.normal(0, 3, (frames, 26, 2)), axis=0)
    keypoints = np.concatenate([places, np.full((frames, 26, 1), 0.9)], axis=2).astype(np.float32)
    return TrackWindow(1, np.arange(frames) / 30, keypoints, np.zeros((frames, 4), np.float32), (1920, 1080))


@pytest.mark.parametrize(
    ("name", "history"),
    [
        ("simplebaseline3d_weigq", (0, 0)),
        ("lift_simplebaseline3d_mmpose1", (0, 0)),
        ("videopose3d_1", (0, 0)),
        ("videopose3d_27", (13, 13)),
        ("lift_videopose3d_27_semi_mmpose1", (13, 13)),
        ("lift_videopose3d_243_mmpose1", (121, 121)),
        ("anatomy3d_27_c256", (13, 13)),
    ],
)
def test_converted_lifters_lift_tracks(name: str, history: tuple[int, int], tmp_path: Path) -> None:
    torch.save(published(name, narrow_weights(name)), tmp_path / "net.pth")
    lines: list[str] = []
    card = convert_lifter(tmp_path / "net.pth", tmp_path / "net.onnx", LifterOptions(), lines.append)
    assert card.history == history
    assert "Largest difference to PyTorch" in " ".join(lines)
    lifter = open_network_lifter(tmp_path / "net.onnx", HALPE)
    track = window(6)
    points = lifter.lift(track)
    assert points.shape == (6, 26, 4)
    assert np.isfinite(points).all()
    assert not points[:, HALPE.names.index("hip"), :3].any()
    (alone,) = lifter.lift_all(None, [track])  # type: ignore[arg-type]
    np.testing.assert_allclose(alone, points[-1], atol=1e-5)


def test_a_causal_network_needs_no_later_frames(tmp_path: Path) -> None:
    torch.save(narrow_weights("videopose3d_27"), tmp_path / "net_coco.bin")
    options = LifterOptions(causal=True)
    card = convert_lifter(tmp_path / "net_coco.bin", tmp_path / "net.onnx", options, lambda line: None)
    assert card.history == (26, 0)
    assert card.input_names == load_skeleton("coco17").names
    lifter = open_network_lifter(tmp_path / "net.onnx", HALPE)
    track = window(40)
    whole = lifter.lift(track)
    for frame in (0, 20, 39):
        seen = TrackWindow(1, track.times_s[: frame + 1], track.keypoints[: frame + 1], track.boxes, track.size)
        (points,) = lifter.lift_all(None, [seen])  # type: ignore[arg-type]
        np.testing.assert_allclose(points, whole[frame], atol=1e-5)


def test_the_command_writes_a_lifter_and_describes_it(tmp_path: Path, command: Command) -> None:
    torch.save(published("videopose3d_27", narrow_weights("videopose3d_27")), tmp_path / "videopose_h36m_27.pth")
    code, out, _ = command("lifter", tmp_path / "videopose_h36m_27.pth", "-o", tmp_path / "lift.onnx")
    assert code == 0
    assert "VideoPose3D (27 frames), 17 joints to 17 points" in out
    code, out, _ = command("info", tmp_path / "lift.onnx")
    assert code == 0
    assert "lifter: 13 frames before and 13 after" in out


def test_other_networks_are_refused(tmp_path: Path) -> None:
    def refused(state: dict[str, Any], name: str = "net.pth") -> str:
        torch.save(state, tmp_path / name)
        with pytest.raises(StanceError) as raised:
            convert_lifter(tmp_path / name, tmp_path / "net.onnx", LifterOptions(), lambda line: None)
        assert not (tmp_path / "net.onnx").exists()
        return str(raised.value)

    other = {"conv1.weight": torch.zeros(4, 3, 3, 3), "fc.weight": torch.zeros(4, 4)}
    assert "net.pth is no lifting network that Stance supports" in refused(other)
    state = narrow_weights("videopose3d_27")
    assert "wanted a network for the 17 joints" in refused(state, "videopose_mpi-inf-3dhp.pth")
    trajectory = narrow_weights("videopose3d_27_trajectory")
    assert "takes 17 joints and outputs 1: wanted" in refused(trajectory)
    del state["layers_bn.1.running_var"]
    assert "the weight layers_bn.1.running_var is missing" in refused(state)
    damaged = narrow_weights("videopose3d_27")
    damaged["shrink.bias"] = damaged["shrink.bias"] * float("nan")
    assert "values that are not finite" in refused(damaged)
