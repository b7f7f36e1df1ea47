"""What models estimate and of which kind they are."""

from __future__ import annotations

import pytest

from app.zoo.catalogue import Entry, find_entry, load_catalogue
from app.zoo.sorts import MODEL_KINDS, SUBJECTS, SUBJECTS_OF_SKELETONS, model_kind, subject_of


@pytest.mark.parametrize(
    ("name", "subject", "kind"),
    [
        ("rtmpose-s", "body-and-feet", "top-down"),
        ("rtmpose-m_body", "body", "top-down"),
        ("rtmw-l", "whole-body", "top-down"),
        ("dwpose-l_384x288", "whole-body", "top-down"),
        ("rtmpose-m_hand", "hands", "top-down"),
        ("rtmpose-m_face", "face", "top-down"),
        ("rtmpose-m_animal", "animals", "top-down"),
        ("rtmo-s", "body", "one-stage"),
        ("hrnet_w32_256x256_mpii", "body", "top-down"),
        ("blazepose-full", "body-and-feet", "top-down"),
        ("blazepose-detector", None, "detector"),
        ("yolox-tiny", None, "detector"),
        ("demo", None, None),
    ],
)
def test_subject_and_kind(name: str, subject: str | None, kind: str | None) -> None:
    entry = find_entry(name)
    assert (subject_of(entry), model_kind(entry)) == (subject, kind)


def test_every_network_has_a_kind_and_every_pose_network_a_subject() -> None:
    for entry in load_catalogue().values():
        if entry.kind in ("pose", "detector"):
            assert model_kind(entry) in MODEL_KINDS
            assert (subject_of(entry) in SUBJECTS) == (entry.kind == "pose")


def test_every_subject_but_the_body_has_a_skeleton() -> None:
    assert set(SUBJECTS_OF_SKELETONS.values()) == set(SUBJECTS) - {"body"}


def test_models_of_the_user_have_no_subject() -> None:
    pose = Entry("mine.onnx", "mine", "pose", "onnx", "mine.onnx", "")
    detector = Entry("people.onnx", "people", "detector", "onnx", "people.onnx", "")
    assert (subject_of(pose), model_kind(pose)) == (None, None)
    assert (subject_of(detector), model_kind(detector)) == (None, "detector")
