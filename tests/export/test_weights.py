"""Checkpoints of training programs: the weights are found, the rest is set aside and reported."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.core.errors import StanceError

torch = pytest.importorskip("torch", reason="the exporter needs PyTorch")
safetensors = pytest.importorskip("safetensors.torch", reason="the exporter needs safetensors")

from app.inference.model_card import PoseCard, read_card  # noqa: E402
from export.architecture import infer_architecture, load  # noqa: E402
from export.checkpoint import Checkpoint, list_sets, read_checkpoint  # noqa: E402
from export.options import ConvertOptions, resolve_options  # noqa: E402
from export.weights import bare_names, removed_prefix  # noqa: E402
from tests.golden_weights import narrow_weights  # noqa: E402

State = dict[str, Any]
Make = Callable[[State, State], Any]


@pytest.fixture(scope="module")
def state() -> State:
    return narrow_weights("resnet18.k17")


@pytest.fixture(scope="module")
def other() -> State:
    """The same network with other weights."""
    return narrow_weights("resnet18.k17", salt="other")


def prefixed(prefix: str, state: State) -> State:
    return {prefix + name: value for name, value in state.items()}


def network_of(checkpoint: Checkpoint) -> Mapping[str, Any]:
    """The weights of the network built from a checkpoint, by the original code's names."""
    return load(
        checkpoint.state, infer_architecture(checkpoint.shapes, checkpoint.path.name), checkpoint.path.name
    ).state_dict()


def holds(checkpoint: Checkpoint, state: State, exact: bool = True) -> bool:
    made = network_of(checkpoint)
    return all(
        torch.equal(made[name], value) if exact else torch.allclose(made[name], value, rtol=1e-2, atol=1e-4)
        for name, value in state.items()
        if value.is_floating_point()
    )


def half_of(state: State, kind: Any) -> State:
    return {name: value.to(kind) if value.is_floating_point() else value for name, value in state.items()}


WRAPPED: dict[str, tuple[Make, str, str]] = {
    "DataParallel": (lambda w, _: {"state_dict": prefixed("module.", w)}, "state_dict", "module"),
    "twice": (lambda w, _: prefixed("module.module.", w), "", "module"),
    "compiled": (lambda w, _: prefixed("_orig_mod.", w), "", "_orig_mod"),
    "both": (lambda w, _: prefixed("_orig_mod.module.", w), "", "_orig_mod.module"),
    "FSDP": (
        lambda w, _: {
            f"_fsdp_wrapped_module.{name.replace('layer1.0.', 'layer1.0._fsdp_wrapped_module.')}": value
            for name, value in w.items()
        },
        "",
        "_fsdp_wrapped_module",
    ),
    "Lightning": (
        lambda w, _: {
            "epoch": 3,
            "state_dict": prefixed("model.", w),
            "optimizer_states": [{}],
            "callbacks": {"ModelCheckpoint": {"best_model_score": torch.tensor(0.5)}},
        },
        "state_dict",
        "model",
    ),
    "model in a model": (lambda w, _: prefixed("model.model.", w), "", "model"),
    "anything": (lambda w, _: prefixed("pose_estimator.net.", w), "", "pose_estimator.net"),
    "nested": (lambda w, _: {"model": {"state_dict": w}, "epoch": 1}, "model.state_dict", ""),
    "DeepSpeed": (
        lambda w, _: {"module": w, "optimizer": {"state": {0: {"exp_avg": torch.zeros(3)}}}, "global_steps": 3},
        "module",
        "",
    ),
    "a list": (lambda w, _: [{"lr": 0.1}, w], "1", ""),
    "averages alone": (lambda w, _: {"ema": w, "epoch": 2}, "ema", ""),
}


@pytest.mark.parametrize(("make", "place", "prefix"), WRAPPED.values(), ids=WRAPPED)
def test_wrapped_weights_are_found(
    tmp_path: Path, state: State, other: State, make: Make, place: str, prefix: str
) -> None:
    torch.save(make(state, other), tmp_path / "net.pth")
    checkpoint = read_checkpoint(tmp_path / "net.pth")
    assert holds(checkpoint, state)
    assert checkpoint.place == place
    assert infer_architecture(checkpoint.shapes, "net.pth").prefix == prefix


@pytest.mark.parametrize("prefix", ["", "model."])
def test_safetensors_names_are_unwrapped(tmp_path: Path, state: State, prefix: str) -> None:
    path = tmp_path / "net.safetensors"
    safetensors.save_file(prefixed(prefix, state), path, metadata={"format": "pt"})
    assert holds(read_checkpoint(path), state)


OTHER_DTYPES: dict[str, tuple[Make, bool]] = {
    "half": (lambda w, _: half_of(w, torch.float16), False),
    "bfloat16": (lambda w, _: half_of(w, torch.bfloat16), False),
    "double": (lambda w, _: half_of(w, torch.float64), True),
    "numpy": (lambda w, _: {"state_dict": {name: value.numpy() for name, value in w.items()}}, True),
    "numpy, big-endian": (
        lambda w, _: {n: v.numpy().astype(v.numpy().dtype.newbyteorder(">")) for n, v in w.items()},
        True,
    ),
    "numpy, by columns": (
        lambda w, _: {n: np.array(v.numpy(), order="F") for n, v in w.items()},
        True,
    ),
}


@pytest.mark.parametrize("protocol", [2, 5])
@pytest.mark.parametrize(("make", "exact"), OTHER_DTYPES.values(), ids=OTHER_DTYPES)
def test_other_dtypes_are_read(
    tmp_path: Path, state: State, other: State, make: Make, exact: bool, protocol: int
) -> None:
    torch.save(make(state, other), tmp_path / "net.pth", pickle_protocol=protocol)
    assert holds(read_checkpoint(tmp_path / "net.pth"), state, exact)


WITH_OTHER_ENTRIES: dict[str, tuple[Make, list[str]]] = {
    "thop": (lambda w, _: w | {"total_ops": torch.zeros(1), "total_params": torch.zeros(1)}, ["counters: total_ops"]),
    "thop inside": (lambda w, _: w | {"layer1.0.conv1.total_ops": torch.zeros(1)}, ["layer1.0.conv1.total_ops"]),
    "a count": (lambda w, _: w | {"epoch": torch.tensor(3)}, ["counters: epoch"]),
    "a plain number": (lambda w, _: w | {"epoch": 3}, ["not tensors: epoch"]),
    "SWA": (lambda w, _: {"n_averaged": torch.tensor(4), **prefixed("module.", w)}, ["counters: n_averaged"]),
    "criterion": (
        lambda w, _: {"state_dict": prefixed("model.", w) | {"criterion.weight": torch.zeros(17)}},
        ["trained with: criterion.weight"],
    ),
    "timm": (
        lambda w, v: {"arch": "x", "state_dict": w, "state_dict_ema": v, "args": argparse.Namespace(lr=0.1)},
        ["other sets of weights: 'state_dict_ema'"],
    ),
    "MMCV": (
        lambda w, v: {"state_dict": w | {f"ema_{name.replace('.', '_')}": value for name, value in v.items()}},
        ["moving averages (--ema takes them instead): ema_conv1_weight"],
    ),
    "MMEngine": (
        lambda w, v: {"state_dict": w, "ema_state_dict": {"steps": torch.tensor(5), **prefixed("module.", v)}},
        ["other sets of weights: 'ema_state_dict'"],
    ),
    "Lightning's averages": (
        lambda w, v: {"state_dict": prefixed("model.", w) | prefixed("ema_model.module.", v)},
        ["other sets of weights: 'state_dict.ema_model'"],
    ),
}


@pytest.mark.parametrize(("make", "expected"), WITH_OTHER_ENTRIES.values(), ids=WITH_OTHER_ENTRIES)
def test_other_entries_are_set_aside_and_reported(
    tmp_path: Path, state: State, other: State, make: Make, expected: list[str]
) -> None:
    torch.save(make(state, other), tmp_path / "net.pth")
    checkpoint = read_checkpoint(tmp_path / "net.pth")
    assert holds(checkpoint, state)
    for words in expected:
        assert any(words in line for line in checkpoint.aside), checkpoint.aside


@pytest.mark.parametrize("kind", ["timm", "MMCV", "MMEngine", "Lightning's averages"])
def test_moving_averages_are_taken_on_request(tmp_path: Path, state: State, other: State, kind: str) -> None:
    torch.save(WITH_OTHER_ENTRIES[kind][0](state, other), tmp_path / "net.pth")
    checkpoint = read_checkpoint(tmp_path / "net.pth", "ema")
    assert holds(checkpoint, other)
    facts = resolve_options(checkpoint, infer_architecture(checkpoint.shapes, "net.pth"), ConvertOptions(weights="ema"))
    assert facts.card.provenance.chosen == ("weights",)
    assert any(line.startswith("flags: weights") for line in facts.described())


def test_averages_of_parameters_only_are_completed(tmp_path: Path, state: State, other: State) -> None:
    """MMCV averages the trained parameters, not the statistics of batch normalization."""
    averaged = {name: value for name, value in other.items() if name.endswith((".weight", ".bias"))}
    buffers = {f"ema_{name.replace('.', '_')}": value for name, value in averaged.items()}
    torch.save({"state_dict": prefixed("module.", state | buffers)}, tmp_path / "net.pth")
    assert holds(read_checkpoint(tmp_path / "net.pth", "ema"), state | averaged)
    assert holds(read_checkpoint(tmp_path / "net.pth"), state)


def error_for(path: Path, wanted: str | None = None) -> str:
    with pytest.raises(StanceError) as raised:
        network_of(read_checkpoint(path, wanted))
    assert path.name in str(raised.value)
    return str(raised.value)


def test_two_networks_need_the_weights_option(tmp_path: Path, state: State, other: State) -> None:
    path = tmp_path / "net.pth"
    for contents in (
        {"state_dict": prefixed("student.", state) | prefixed("teacher.", other)},
        {"student": state, "teacher": other},
    ):
        torch.save(contents, path)
        assert "student', " in error_for(path)
        assert "--weights" in error_for(path)
        assert holds(read_checkpoint(path, "student"), state)
        assert holds(read_checkpoint(path, "teacher"), other)
    assert "no weights named 'ema'" in error_for(path, "ema")


@pytest.mark.parametrize(
    ("make", "names"),
    [
        (lambda w, _: {"state_dict": w}, [("state_dict", False)]),
        (lambda w, _: {"state_dict": w, "model": w, "epoch": 3}, [("state_dict", False)]),
        (lambda w, o: {"ema_state_dict": o, "state_dict": w}, [("state_dict", False), ("ema_state_dict", True)]),
        (
            lambda w, o: {"state_dict": {**w, **{f"ema_{name.replace('.', '_')}": own for name, own in o.items()}}},
            [("state_dict", False), ("state_dict.ema", True)],
        ),
        (
            lambda w, o: prefixed("student.", w) | prefixed("teacher.", o),
            [("student", False), ("teacher", False)],
        ),
        (lambda w, o: {**w, "best": o}, [("", False), ("best", False)]),
    ],
)
def test_every_set_of_a_network_is_listed_and_can_be_taken(
    tmp_path: Path, state: State, other: State, make: Make, names: list[tuple[str, bool]]
) -> None:
    path = tmp_path / "net.pth"
    torch.save(make(state, other), path)
    assert list_sets(path) == names
    for (name, _), weights in zip(names, (state, other), strict=False):
        assert holds(read_checkpoint(path, name or None), weights)


def test_unknown_weights_are_not_dropped_silently(tmp_path: Path, state: State) -> None:
    path = tmp_path / "net.pth"
    torch.save(state | {"fc.weight": torch.zeros(3, 3)}, path)
    assert "unused: fc.weight" in error_for(path)
    torch.save(prefixed("model.", state) | {"depth_head.weight": torch.zeros(3, 3)}, path)
    assert "depth_head.weight" in error_for(path)
    checkpoint = read_checkpoint(path, "model")
    assert holds(checkpoint, state)
    assert any("depth_head.weight" in line for line in checkpoint.aside)


def facts_of(path: Path, state: State, **options: Any) -> Any:
    torch.save(state, path)
    checkpoint = read_checkpoint(path)
    return resolve_options(checkpoint, infer_architecture(checkpoint.shapes, path.name), ConvertOptions(**options))


def test_normalization_in_the_checkpoint_is_used(tmp_path: Path, state: State) -> None:
    path = tmp_path / "net.pth"

    def facts_with(mean: list[float], std: list[float], root: str = "data_preprocessor.") -> Any:
        values = {f"{root}mean": torch.tensor(mean).view(-1, 1, 1), f"{root}std": torch.tensor(std).view(-1, 1, 1)}
        return facts_of(path, prefixed("module.", state | values))

    found = facts_with([123.675, 116.28, 103.53], [58.395, 57.12, 57.375])
    assert found.card.picture.mean == (123.675, 116.28, 103.53)
    assert found.card.picture.color == "rgb"  # the default for the original SimpleBaseline is BGR
    assert "the checkpoint: color rgb, normalization ImageNet" in found.described()
    assert not {"color", "normalization"} & {*found.card.provenance.assumed}
    assert facts_with([103.53, 116.28, 123.675], [57.375, 57.12, 58.395]).card.picture.color == "bgr"
    gray = facts_with([127.5] * 3, [127.5] * 3)
    assert (gray.card.picture.mean, gray.card.picture.std) == ((127.5,) * 3, (127.5,) * 3)
    assert "color" in gray.card.provenance.assumed
    unit = facts_with([0.485, 0.456, 0.406], [0.229, 0.224, 0.225], root="")
    assert unit.card.picture.mean == pytest.approx((123.675, 116.28, 103.53))
    assert unit.card.picture.std == pytest.approx((58.395, 57.12, 57.375))
    with pytest.raises(StanceError, match="normalization that cannot be used"):
        facts_with([1.0, 2.0, 3.0], [0.0, 1.0, 1.0])


def test_conversion_reports_what_it_used(
    tmp_path: Path, command: Callable[..., tuple[int, str, str]], state: State, other: State
) -> None:
    gray = {f"data_preprocessor.{name}": torch.full((3, 1, 1), 127.5) for name in ("mean", "std")}
    training = {"state_dict": prefixed("_orig_mod.", gray | state), "model_ema": other}
    path, target = tmp_path / "mine.ckpt", tmp_path / "mine.onnx"
    torch.save(training, path)
    code, output, error = command("pose", path, "-o", target)
    assert (code, error) == (0, "")
    for line in (
        "weights taken from: state_dict",
        "taken off the names: _orig_mod",
        "set aside, the input's normalization: _orig_mod.data_preprocessor.mean",
        "set aside, other sets of weights: 'model_ema'",
        "the checkpoint: normalization mean 127.5/127.5/127.5",
    ):
        assert line in output
    onnx = pytest.importorskip("onnx")
    card = read_card({p.key: p.value for p in onnx.load(target).metadata_props}["stance.card"], "mine.onnx")
    assert isinstance(card, PoseCard)
    assert (card.name, card.picture.mean) == ("mine", (127.5, 127.5, 127.5))
    assert command("pose", path, "-o", target, "--weights", "nothing")[0] == 2


def test_wrapper_parts_are_removed_only_if_names_stay_distinct() -> None:
    bare = bare_names(["a._orig_mod.x.weight", "a.module.y.weight"])
    assert [*bare.values()] == ["x.weight", "y.weight"]
    assert removed_prefix(bare) == "a._orig_mod.module"
    assert [*bare_names(["module.x.weight", "x.weight"]).values()] == ["module.x.weight", "x.weight"]
    assert bare_names([]) == {}
