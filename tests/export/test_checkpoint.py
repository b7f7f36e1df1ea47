"""Reading checkpoints: whatever holds weights is read, nothing in a file is run, and what is wrong is one sentence."""

from __future__ import annotations

import collections
import contextlib
import datetime
import io
import os
import pickle
import sys
import types
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.errors import StanceError

torch = pytest.importorskip("torch", reason="the exporter needs PyTorch")
safetensors = pytest.importorskip("safetensors.torch", reason="the exporter needs safetensors")

from export.checkpoint import read_checkpoint  # noqa: E402
from tests.golden_weights import rule, weights  # noqa: E402


@pytest.fixture(scope="module")
def state() -> dict[str, Any]:
    return weights("resnet18.k17")


def same(path: Path, state: dict[str, Any]) -> bool:
    read = read_checkpoint(path).state
    return list(read) == list(state) and all(torch.equal(read[name], state[name]) for name in state)


def refused(path: Path) -> str:
    with pytest.raises(StanceError) as raised:
        read_checkpoint(path)
    sentence = str(raised.value)
    assert path.name in sentence
    assert "\n" not in sentence
    return sentence


@pytest.mark.parametrize("zipped", [True, False])
def test_pytorchs_own_files_are_read(tmp_path: Path, state: dict[str, Any], zipped: bool) -> None:
    bare, training = tmp_path / "bare.pth", tmp_path / "training.pth.tar"
    torch.save(state, bare, _use_new_zipfile_serialization=zipped)
    torch.save(rule.to_training_checkpoint(state), training, _use_new_zipfile_serialization=zipped)
    assert same(bare, state)
    assert same(training, {f"module.{name}": tensor for name, tensor in state.items()})
    assert read_checkpoint(training).place == "state_dict"


def test_safetensors_are_read(tmp_path: Path, state: dict[str, Any]) -> None:
    path = tmp_path / "net.safetensors"
    safetensors.save_file(state, path)
    assert set(read_checkpoint(path).state) == set(state)
    path.write_bytes(path.read_bytes()[:100_000])
    assert "safetensors" in refused(path)


def test_views_of_one_storage_and_other_numbers_are_read(tmp_path: Path) -> None:
    whole = torch.arange(24, dtype=torch.float16).reshape(4, 6)
    state = {"part": whole[1:3, ::2], "turned": whole.T, "count": torch.tensor(7), "none": torch.zeros(0, 3)}
    for zipped in (True, False):
        torch.save({"state_dict": state}, tmp_path / "views.pth", _use_new_zipfile_serialization=zipped)
        assert same(tmp_path / "views.pth", state)


def test_objects_of_absent_libraries_are_skipped_and_never_built(tmp_path: Path, state: dict[str, Any]) -> None:
    library = types.ModuleType("absentlib")

    class Buffer:
        def __init__(self) -> None:
            self.history = np.arange(4)
            self.waiting = collections.deque([1])

        def __setstate__(self, state: object) -> None:
            raise AssertionError("was built")

    class Settings(dict[str, object]):
        pass

    for made in (Buffer, Settings):
        made.__module__, made.__qualname__ = "absentlib", made.__name__
        setattr(library, made.__name__, made)
    sys.modules["absentlib"] = library
    meta = {
        "hooks": Buffer(),
        "config": Settings(a=1, b=[2]),
        "time": datetime.datetime(2020, 1, 1),
        "work": Path("work"),
        "seen": {1, 2},
        "best": np.float64(0.75),
    }
    training = {"meta": meta, "state_dict": collections.OrderedDict(state), "optimizer": {"lr": torch.tensor(1.0)}}
    try:
        for zipped in (True, False):
            torch.save(training, tmp_path / f"{zipped}.pth", _use_new_zipfile_serialization=zipped)
    finally:
        del sys.modules["absentlib"]
    for zipped in (True, False):
        assert same(tmp_path / f"{zipped}.pth", state)
    assert "absentlib" not in sys.modules


class Calls:
    """Pickles as a call of anything."""

    def __init__(self, function: Any, *arguments: object) -> None:
        self.call = function, arguments

    def __reduce__(self) -> Any:
        return self.call


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("place", ["meta", "state_dict", "key"])
def test_a_pickle_that_calls_anything_is_refused_and_named(
    tmp_path: Path, state: dict[str, Any], zipped: bool, place: str
) -> None:
    mark = tmp_path / "was-run"
    evil = Calls(os.system, f"touch {mark}")
    holds = {
        "meta": {"state_dict": state, "meta": evil},
        "state_dict": {"state_dict": state | {"conv1.weight": evil}},
        "key": {"state_dict": state, evil: 1},
    }
    path = tmp_path / "evil.pth"
    torch.save(holds[place], path, _use_new_zipfile_serialization=zipped)
    assert "system" in refused(path)
    assert not mark.exists()


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"(S'echo'\nios\nsystem\n.", "os.system"),
        (b"cbuiltins\neval\n(S'1'\ntR.", "builtins.eval"),
        (b"c__builtin__\nexec\n(S'1'\ntR.", "builtins.exec"),
        (b"\x80\x04\x8c\x08builtins\x8c\x07getattr\x93(NNtR.", "builtins.getattr"),
        (b"\x80\x04\x8c\x02os\x8c\x0bpath.exists\x93(NtR.", "os.path.exists"),
        (b"ctorch._tensor\n_rebuild_from_type_v2\n(cos\nsystem\nN(tNtR.", "os.system"),
        (b"ctorch._utils\n_rebuild_tensor_v2\n}S'build'\ncos\nsystem\nsb.", "state"),
        (pickle.dumps(Calls(os.system, "true")), "system"),
    ],
)
def test_every_way_to_call_is_refused(tmp_path: Path, data: bytes, told: str) -> None:
    path = tmp_path / "evil.pth"
    path.write_bytes(data)
    assert told in refused(path)


def test_a_file_that_is_larger_inside_than_outside_is_refused(tmp_path: Path, state: dict[str, Any]) -> None:
    plain, bomb = tmp_path / "plain.pth", tmp_path / "bomb.pth"
    torch.save({"a": torch.zeros(1_000_000)}, plain)
    with zipfile.ZipFile(plain) as source, zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            target.writestr(name, source.read(name))
    assert "compressed" in refused(bomb)
    shared = torch.zeros(100_000)
    torch.save({f"w{i}": shared for i in range(100)}, bomb)
    assert "larger inside" in refused(bomb)
    torch.save({"w": torch.zeros(1).expand(10**6, 10**6)}, bomb)
    assert "larger than its storage" in refused(bomb)


@pytest.mark.parametrize(
    "data",
    [
        b"\x80\x02Nr\xff\xff\xff\x3f.",
        b"\x80\x04\x8e\xff\xff\xff\xff\xff\xff\xff\x0fx.",
        b"\x80\x05\x96\xff\xff\xff\xff\xff\xff\x00\x00x.",
        b"\x80\x02" + b"(" * 100_000 + b"t" * 100_000 + b".",
        b"\x80\x02\x82\x01.",
        b"}" * 10,
    ],
    ids=["memo", "bytes", "bytearray", "deep", "extension", "endless"],
)
def test_pickles_that_ask_for_the_world_get_a_sentence(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "greedy.pth"
    path.write_bytes(data)
    refused(path)


@pytest.mark.parametrize("zipped", [True, False])
def test_a_file_cut_anywhere_gets_a_sentence(tmp_path: Path, zipped: bool) -> None:
    path = tmp_path / "cut.pth"
    torch.save({"state_dict": {"a": torch.zeros(100), "b": torch.ones(3)}}, path, _use_new_zipfile_serialization=zipped)
    data = path.read_bytes()
    for length in range(0, len(data) - 1, 13):
        path.write_bytes(data[:length])
        refused(path)


def test_a_file_with_flipped_bytes_is_read_or_gets_a_sentence(tmp_path: Path) -> None:
    buffer, path = io.BytesIO(), tmp_path / "flipped.pth"
    torch.save({"a": torch.zeros(8)}, buffer, _use_new_zipfile_serialization=False)
    data = buffer.getvalue()
    random = np.random.default_rng(0)
    for _ in range(400):
        changed = bytearray(data)
        for place in random.integers(0, len(data), 3):
            changed[place] = random.integers(256)
        path.write_bytes(changed)
        with contextlib.suppress(StanceError):
            read_checkpoint(path)


def test_what_is_no_checkpoint_is_told(tmp_path: Path, state: dict[str, Any]) -> None:
    contents = {
        "text.pth": (b"hello", "no checkpoint"),
        "empty.pth": (b"", "no checkpoint"),
        "page.pth": (b"\n<!DOCTYPE html><html>", "web page"),
        "list.pth": (pickle.dumps([1, 2]), "none that PyTorch wrote"),
    }
    for name, (data, told) in contents.items():
        (tmp_path / name).write_bytes(data)
        assert told in refused(tmp_path / name)
    with zipfile.ZipFile(tmp_path / "zip.pth", "w") as archive:
        archive.writestr("a.txt", "hello")
    assert "none that PyTorch wrote" in refused(tmp_path / "zip.pth")
    torch.save({"epoch": 3}, tmp_path / "empty-handed.pth")
    assert "'epoch'" in refused(tmp_path / "empty-handed.pth")
    torch.jit.save(torch.jit.trace(torch.nn.ReLU(), torch.zeros(1)), tmp_path / "program.pth")
    assert "TorchScript" in refused(tmp_path / "program.pth")
    safetensors.save_file({"a": torch.zeros(3)}, tmp_path / "renamed.pth")
    assert "no checkpoint" in refused(tmp_path / "renamed.pth")
    assert "There is no checkpoint" in refused(tmp_path / "nothing.pth")
