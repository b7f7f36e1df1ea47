"""DEKR's rescoring network compared with the original (tests/golden/codecs2, tests/golden/networks2)."""

from __future__ import annotations

import importlib
import json
from typing import Any

import numpy as np
import pytest

from app.core.errors import StanceError
from app.core.people import Floats
from app.pose.grouping.rescoring import FEATURES, Layer, Rescoring, read_rescoring, rescore_features
from tests.app.pose.grouping.golden import load
from tests.conftest import GOLDEN

rule2: Any = importlib.import_module("tests.golden.rule2")


def original() -> Rescoring:
    """The network with the weights that the golden answers were made with."""
    case = json.loads((GOLDEN / "networks2" / "cases.json").read_text())["dekr_rescore_coco"]
    keys = json.loads((GOLDEN / "keys2" / f"{case['arch']}.{case['dialect']}.json").read_text())
    weights = rule2.fill([(name, tuple(shape)) for name, shape in keys], case["salt"], case["spec"])
    layers = [(weights[f"l{number}.weight"], weights[f"l{number}.bias"]) for number in (1, 2, 3)]
    return Rescoring([Layer(*(np.asarray(part, np.float32) for part in layer)) for layer in layers])


def final_poses() -> list[Floats]:
    """The people (N, 17, 3) of each case, in pixels of the picture."""
    golden = load("dekr_decode")
    return [poses[:count] for poses, count in zip(golden["final"], golden["people"], strict=True)]


def test_features_equal_dekr() -> None:
    for poses, wanted in zip(final_poses(), load("dekr_decode")["rescore_feature"], strict=True):
        np.testing.assert_allclose(rescore_features(poses), wanted[: len(poses)], atol=1e-5)


def test_factors_and_scores_equal_dekr() -> None:
    with np.load(GOLDEN / "networks2" / "dekr_rescore_coco.npz") as stored:
        wanted = stored["oks"][:, 0]
    poses, rescoring = final_poses(), read_rescoring(original().to_text(), "dekr.onnx")
    assert len(wanted) == sum(map(len, poses)) == 19
    found = np.concatenate([rescoring(rescore_features(one)) for one in poses])
    np.testing.assert_allclose(found, wanted, atol=3e-5)
    scores = np.concatenate([own[: len(one)] for own, one in zip(load("dekr_decode")["scores"], poses, strict=True)])
    rescored = rescoring.rescored(np.concatenate(poses), scores)
    np.testing.assert_allclose(rescored, scores * wanted, atol=3e-5)


def test_nobody_is_rescored_and_invalid_factors_are_0() -> None:
    rescoring = original()
    assert rescoring.rescored(np.empty((0, 17, 3), np.float32), np.empty(0, np.float32)).shape == (0,)
    assert rescoring(np.full((1, FEATURES), np.nan, np.float32)).tolist() == [0]


def layer(inputs: int, outputs: int) -> Layer:
    return Layer(np.ones((outputs, inputs), np.float32), np.ones(outputs, np.float32))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (None, "holds no network for it: wanted a file that `python -m export pose --rescore` wrote"),
        (
            "[",
            r"dekr\.onnx cannot be used: its JSON text is damaged or cut off; wanted a network as .* writes it\.$",
        ),
        ("{}", r"it is \{\}; wanted a network as .* writes it\.$"),
        ('[{"inputs":0}]', r"its field 0\.inputs is 0; wanted a whole number from 1 to 4096\.$"),
        ('[{"inputs":74,"outputs":1,"weight":"?"}]', r'its field 0\.weight is "\?"; wanted a text in base64\.$'),
        (
            '[{"inputs":74,"outputs":1,"weight":"AAAA","bias":"AAAA"}]',
            r"a layer of 74 x 1 has 3 bytes of numbers; wanted 296\.$",
        ),
        ("[]", "wanted 74 features and one output"),
        (Rescoring([layer(73, 1)]).to_text(), "has layers of 73 x 1: wanted 74 features"),
        (Rescoring([layer(74, 8), layer(9, 1)]).to_text(), "has layers of 74 x 8, 9 x 1"),
        (Rescoring([layer(74, 2)]).to_text(), "has layers of 74 x 2"),
    ],
)
def test_a_bad_network_is_refused(text: str | None, sentence: str) -> None:
    with pytest.raises(StanceError, match=sentence):
        read_rescoring(text, "dekr.onnx")
