"""Checkpoints of which each process wrote a part: the error says how to join them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.core.errors import StanceError

torch = pytest.importorskip("torch", reason="the exporter needs PyTorch")

from torch.distributed.checkpoint.state_dict_saver import save  # noqa: E402
from torch.distributed.device_mesh import init_device_mesh  # noqa: E402
from torch.distributed.tensor import Shard, distribute_tensor  # noqa: E402

from export.checkpoint import read_checkpoint  # noqa: E402
from tests.golden_weights import weights  # noqa: E402

State = dict[str, Any]


@pytest.fixture(scope="module")
def state() -> State:
    return weights("resnet18.k17")


@pytest.fixture
def process_group(tmp_path: Path) -> Iterator[None]:
    torch.distributed.init_process_group("gloo", init_method=f"file://{tmp_path / 'group'}", rank=0, world_size=1)
    yield
    torch.distributed.destroy_process_group()


def flat(state: State) -> State:
    """What FSDP's local state dictionaries hold: one flat tensor for each wrapped module."""
    values = torch.cat([value.float().flatten() for value in state.values()])
    return {"_fsdp_wrapped_module.backbone._fsdp_wrapped_module._flat_param": values[: len(values) // 2]}


@pytest.mark.parametrize("place", ["", "state_dict", "model"])
def test_flat_weights_of_fsdp(tmp_path: Path, state: State, place: str) -> None:
    torch.save({place: flat(state), "epoch": 3} if place else flat(state), tmp_path / "rank0.pth")
    with pytest.raises(StanceError, match=r"rank0\.pth .* FSDP .* wanted .*FULL_STATE_DICT, or .* made by `python"):
        read_checkpoint(tmp_path / "rank0.pth")


def test_distributed_tensors(tmp_path: Path, state: State, process_group: None) -> None:
    mesh = init_device_mesh("cpu", (1,))
    split = {name: distribute_tensor(value, mesh, [Shard(0)]) for name, value in state.items() if value.ndim}
    torch.save({"state_dict": split}, tmp_path / "rank0.pth")
    with pytest.raises(StanceError, match=r"rank0\.pth .* FSDP .* wanted"):
        read_checkpoint(tmp_path / "rank0.pth")


def test_folder_of_a_distributed_checkpoint(tmp_path: Path, state: State) -> None:
    save({"state_dict": state}, checkpoint_id=tmp_path / "epoch_3", no_dist=True)
    for path in (tmp_path / "epoch_3", next((tmp_path / "epoch_3").glob("*.distcp"))):
        with pytest.raises(StanceError, match=rf"{path.name} is a distributed checkpoint.*: wanted .* dcp_to_torch"):
            read_checkpoint(path)


def test_deepspeed_shards(tmp_path: Path, state: State) -> None:
    shapes = [{name: value.shape for name, value in state.items()}]
    empty = {name: torch.empty(0) for name in state}
    torch.save({"module": empty, "param_shapes": shapes, "ds_version": "0.15"}, tmp_path / "model_states.pt")
    groups = {"zero_stage": 3, "partition_count": 2, "fp32_flat_groups": [torch.zeros(9)]}
    torch.save({"optimizer_state_dict": groups, "ds_version": "0.15"}, tmp_path / "optim_states.pt")
    for name in ("model_states.pt", "optim_states.pt"):
        with pytest.raises(StanceError, match=rf"{name} .* DeepSpeed \(ZeRO\) .* zero_to_fp32.py"):
            read_checkpoint(tmp_path / name)


def test_deepspeed_checkpoint_with_whole_weights_is_read(tmp_path: Path, state: State) -> None:
    """Stages 1 and 2 split only the optimizer."""
    shapes = [{name: value.shape for name, value in state.items()}]
    torch.save({"module": state, "param_shapes": shapes, "ds_version": "0.15"}, tmp_path / "model_states.pt")
    assert read_checkpoint(tmp_path / "model_states.pt").state.keys() == state.keys()
