"""Checkpoints whose weights are split over several files, as FSDP and DeepSpeed write them: what joins them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from app.core.errors import StanceError

FLAT = ("flat_param", "_flat_param")
"""Last name parts of FSDP's flattened weights, of which every process holds a piece."""
DISTRIBUTED = "torch.distributed."
"""Module of the classes of tensors that are split over processes."""
ZERO = frozenset({"param_shapes", "single_partition_of_fp32_groups", "fp32_flat_groups", "zero_stage"})
"""Keys of DeepSpeed's ZeRO checkpoints."""
MAX_DEPTH = 3

DCP = "python -m torch.distributed.checkpoint.format_utils dcp_to_torch FOLDER OUT.pth"
"""Joins a folder of PyTorch's distributed checkpoints."""
ZERO_JOIN = "python zero_to_fp32.py FOLDER OUT"
"""Joins a folder of DeepSpeed, which puts the program into it."""


def refuse_split_files(path: Path) -> None:
    """Raise StanceError if ``path`` is a folder of PyTorch's distributed checkpoints, or a file in one."""
    if path.suffix == ".distcp" or (path.is_dir() and next(path.glob("*.distcp"), None) is not None):
        raise StanceError(
            "{file} is a distributed checkpoint, or a part of one: wanted the file made by `{command}`.",
            file=path.name,
            command=DCP,
        )


def refuse_split_weights(top: Any, classes: Iterable[str], origin: str) -> None:
    """Raise StanceError if the outermost object ``top`` of the file ``origin`` holds one process's part of the weights.

    ``classes`` are the names of the classes in the file.
    """
    keys = set(_keys(top, 0))
    if any(key.rpartition(".")[2] in FLAT for key in keys) or any(name.startswith(DISTRIBUTED) for name in classes):
        raise StanceError(
            "{file} has weights that FSDP split over several processes: wanted the whole weights, saved with "
            "StateDictType.FULL_STATE_DICT, or the file made by `{command}`.",
            file=origin,
            command=DCP,
        )
    if keys & ZERO:
        raise StanceError(
            "{file} has weights that DeepSpeed (ZeRO) split over several files: wanted the file made by `{command}`, a "
            "program in the checkpoint's folder.",
            file=origin,
            command=ZERO_JOIN,
        )


def _keys(value: Any, depth: int) -> Iterator[str]:
    if not isinstance(value, dict | list | tuple) or depth > MAX_DEPTH:
        return
    for key, own in value.items() if isinstance(value, dict) else enumerate(value):
        yield str(key)
        yield from _keys(own, depth + 1)
