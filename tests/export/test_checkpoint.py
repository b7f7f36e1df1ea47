"""Reading checkpoints: weights are found, nothing in a file is executed, and errors are one sentence."""

from __future__ import annotations

import collections
import contextlib
import datetime
import io
import os
import pickle
import re
import sys
import types
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.core.errors import StanceError

torch = pytest.importorskip("torch", reason="the exporter needs PyTorch")
safetensors = pytest.importorskip("safetensors.torch", reason="the exporter needs safetensors")

from export.checkpoint import read_checkpoint  # noqa: E402
from tests.golden_weights import rule, weights  # noqa: E402

RAW = re.compile("unpack requires|not a zip|pickle data was|Ran out|exceeds|NoneType|argument")
"""Words of Python's and safetensors' own errors, which tell a user nothing."""


@pytest.fixture(scope="module")
def state() -> dict[str, Any]:
    return weights("resnet18.k17")


def reads_as(path: Path, state: dict[str, Any]) -> bool:
    read = read_checkpoint(path).state
    return list(read) == list(state) and all(torch.equal(read[name], state[name]) for name in state)


def error_for(path: Path) -> str:
    with pytest.raises(StanceError) as raised:
        read_checkpoint(path)
    sentence = str(raised.value)
    assert path.name in sentence
    assert "\n" not in sentence
    return sentence


@pytest.mark.parametrize("zipped", [True, False])
def test_pytorch_files_are_read(tmp_path: Path, state: dict[str, Any], zipped: bool) -> None:
    bare, training = tmp_path / "bare.pth", tmp_path / "training.pth.tar"
    torch.save(state, bare, _use_new_zipfile_serialization=zipped)
    torch.save(rule.to_training_checkpoint(state), training, _use_new_zipfile_serialization=zipped)
    assert reads_as(bare, state)
    assert reads_as(training, {f"module.{name}": tensor for name, tensor in state.items()})
    assert read_checkpoint(training).place == "state_dict"


def test_safetensors_are_read(tmp_path: Path, state: dict[str, Any]) -> None:
    path = tmp_path / "net.safetensors"
    safetensors.save_file(state, path)
    assert set(read_checkpoint(path).state) == set(state)
    path.write_bytes(path.read_bytes()[:100_000])
    assert "safetensors" in error_for(path)


def test_views_and_other_dtypes_are_read(tmp_path: Path) -> None:
    whole = torch.arange(24, dtype=torch.float16).reshape(4, 6)
    state = {"part": whole[1:3, ::2], "turned": whole.T, "count": torch.tensor(7), "none": torch.zeros(0, 3)}
    for zipped in (True, False):
        torch.save({"state_dict": state}, tmp_path / "views.pth", _use_new_zipfile_serialization=zipped)
        assert reads_as(tmp_path / "views.pth", state)


def test_objects_of_missing_libraries_are_skipped(tmp_path: Path, state: dict[str, Any]) -> None:
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
        assert reads_as(tmp_path / f"{zipped}.pth", state)
    assert "absentlib" not in sys.modules


@pytest.mark.parametrize("protocol", [2, 5])
def test_numpy_random_generators_are_skipped(tmp_path: Path, state: dict[str, Any], protocol: int) -> None:
    random = [
        np.random.RandomState(3),
        *(np.random.Generator(kind(3)) for kind in (np.random.PCG64, np.random.SFC64, np.random.Philox)),
        np.random.SeedSequence(3),
        np.random.RandomState(3).get_state(),
    ]
    torch.save({"meta": {"random": random}, "state_dict": state}, tmp_path / "net.pth", pickle_protocol=protocol)
    assert reads_as(tmp_path / "net.pth", state)


class CallOnLoad:
    """An object whose pickle calls ``function``."""

    def __init__(self, function: Any, *arguments: object) -> None:
        self.call = function, arguments

    def __reduce__(self) -> Any:
        return self.call


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("place", ["meta", "state_dict", "key"])
def test_pickle_with_a_call_is_refused_by_name(tmp_path: Path, state: dict[str, Any], zipped: bool, place: str) -> None:
    marker = tmp_path / "was-run"
    malicious = CallOnLoad(os.system, f"touch {marker}")
    holds = {
        "meta": {"state_dict": state, "meta": malicious},
        "state_dict": {"state_dict": state | {"conv1.weight": malicious}},
        "key": {"state_dict": state, malicious: 1},
    }
    path = tmp_path / "malicious.pth"
    torch.save(holds[place], path, _use_new_zipfile_serialization=zipped)
    assert "system" in error_for(path)
    assert not marker.exists()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"(S'echo'\nios\nsystem\n.", "os.system"),
        (b"cbuiltins\neval\n(S'1'\ntR.", "builtins.eval"),
        (b"c__builtin__\nexec\n(S'1'\ntR.", "builtins.exec"),
        (b"\x80\x04\x8c\x08builtins\x8c\x07getattr\x93(NNtR.", "builtins.getattr"),
        (b"\x80\x04\x8c\x02os\x8c\x0bpath.exists\x93(NtR.", "os.path.exists"),
        (b"ctorch._tensor\n_rebuild_from_type_v2\n(cos\nsystem\nN(tNtR.", "os.system"),
        (b"ctorch._utils\n_rebuild_tensor_v2\n}S'build'\ncos\nsystem\nsb.", "state"),
        (pickle.dumps(CallOnLoad(os.system, "true")), "system"),
        (b"cnumpy.random._pickle\n__bit_generator_ctor\n(cos\nabort\ntR.", "os.abort"),
        (b"cnumpy._core.multiarray\n_reconstruct\n(tR(I1\n(I2\ntcos\nsystem\n(S'1'\ntRI00\nS''\ntb.", "os.system"),
        (b"c_codecs\nencode\n(cos\nsystem\n(S'1'\ntRS'latin1'\ntR.", "os.system"),
    ],
)
def test_every_way_to_call_is_refused_in_raw_pickles(tmp_path: Path, data: bytes, message: str) -> None:
    path = tmp_path / "malicious.pth"
    path.write_bytes(data)
    assert message in error_for(path)


def test_file_that_expands_is_refused(tmp_path: Path, state: dict[str, Any]) -> None:
    plain, bomb = tmp_path / "plain.pth", tmp_path / "bomb.pth"
    torch.save({"a": torch.zeros(1_000_000)}, plain)
    with zipfile.ZipFile(plain) as source, zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            target.writestr(name, source.read(name))
    assert "compressed" in error_for(bomb)
    shared = torch.zeros(100_000)
    torch.save({f"w{i}": shared for i in range(100)}, bomb)
    assert "unpacks to more" in error_for(bomb)
    torch.save({"w": torch.zeros(1).expand(10**6, 10**6)}, bomb)
    assert "larger than its storage" in error_for(bomb)


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
def test_pickles_with_huge_sizes_get_an_error(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "greedy.pth"
    path.write_bytes(data)
    error_for(path)


@pytest.mark.parametrize("zipped", [True, False])
def test_truncated_file_gets_an_error(tmp_path: Path, zipped: bool) -> None:
    path = tmp_path / "cut.pth"
    torch.save({"state_dict": {"a": torch.zeros(100), "b": torch.ones(3)}}, path, _use_new_zipfile_serialization=zipped)
    data = path.read_bytes()
    for length in range(0, len(data) - 1, 13):
        path.write_bytes(data[:length])
        sentence = error_for(path)
        assert not RAW.search(sentence), sentence


def test_file_with_changed_bytes_is_read_or_gets_an_error(tmp_path: Path) -> None:
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


def test_other_files_are_refused(tmp_path: Path, state: dict[str, Any]) -> None:
    contents = {
        "text.pth": (b"hello", "not a checkpoint"),
        "empty.pth": (b"", "not a checkpoint"),
        "page.pth": (b"\n<!DOCTYPE html><html>", "web page"),
        "list.pth": (pickle.dumps([1, 2]), "not written by PyTorch"),
    }
    for name, (data, message) in contents.items():
        (tmp_path / name).write_bytes(data)
        assert message in error_for(tmp_path / name)
    with zipfile.ZipFile(tmp_path / "zip.pth", "w") as archive:
        archive.writestr("a.txt", "hello")
    assert "not written by PyTorch" in error_for(tmp_path / "zip.pth")
    torch.save({"epoch": 3}, tmp_path / "empty-handed.pth")
    assert "'epoch'" in error_for(tmp_path / "empty-handed.pth")
    torch.jit.save(torch.jit.trace(torch.nn.ReLU(), torch.zeros(1)), tmp_path / "program.pth")
    assert "TorchScript" in error_for(tmp_path / "program.pth")
    safetensors.save_file({"a": torch.zeros(3)}, tmp_path / "renamed.pth")
    assert "not a checkpoint" in error_for(tmp_path / "renamed.pth")
    assert "There is no checkpoint" in error_for(tmp_path / "nothing.pth")
