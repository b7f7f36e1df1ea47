"""Everything that the window shows, in Chinese too."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest
from PyQt6.QtWidgets import QApplication, QDialogButtonBox
from pytestqt.qtbot import QtBot

from app.errors import StanceError
from app.sources import open_source
from app.window.banner import sentence_of
from app.window.language import TRANSLATIONS, below, install, system_language, texts_of
from app.window.sentences import PLACE, Names, called, told
from app.window.words import tr
from tests.app.window import spoken
from tests.conftest import ROOT

WAYS = ("tr", "later")


def literals() -> Iterator[tuple[str, str | None]]:
    """Where texts are written in the window: None where one is no literal."""
    for path in sorted((ROOT / "app" / "window").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in WAYS:
                first = node.args[0] if node.args else None
                if node.func.id == "tr" and isinstance(first, ast.Name | ast.Attribute):
                    continue  # a name of what was marked where it stands
                text = first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else None
                yield f"{path.name}:{node.lineno}", text


def missing(language: str) -> list[str]:
    """What can be seen in the window and nobody has put into ``language`` yet."""
    known, (sentences, names) = texts_of(language), below(language)
    texts = [text for _, text in literals() if text is not None and text not in known]
    from_below = sorted((spoken.sentences() | spoken.of_the_catalogue()) - set(sentences))
    unnamed = [name for name in sorted(spoken.names()) if Names(names).say(name) is None]
    return list(dict.fromkeys([*texts, *from_below, *unnamed]))


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.fixture
def chinese(qapp: QApplication) -> Iterator[QApplication]:
    install(qapp, "zh")
    yield qapp
    install(qapp, "en")


def test_every_text_is_a_literal() -> None:
    assert [place for place, text in literals() if text is None] == []


def test_every_text_has_a_chinese_one() -> None:
    todo = json.dumps(dict.fromkeys(missing("zh"), ""), ensure_ascii=False, indent=2)
    assert not missing("zh"), f"assets/translations lacks:\n{todo}"


def test_translations_keep_the_placeholders_and_nothing_is_left_over() -> None:
    known = texts_of("zh")
    assert {text for text, theirs in known.items() if placeholders(text) != placeholders(theirs)} == set()
    assert set(known) - {text for _, text in literals()} == set()
    tables = json.loads((TRANSLATIONS / "below_zh.json").read_text(encoding="utf-8"))
    pairs = [pair for table in tables.values() for pair in table.items()]
    assert [text for text, theirs in pairs if sorted(PLACE.findall(text)) != sorted(PLACE.findall(theirs))] == []
    assert set(tables["sentences"]) == spoken.sentences()
    assert set(tables["catalogue"]) == spoken.of_the_catalogue()


def test_the_window_and_qt_speak_the_chosen_language(chinese: QApplication, qtbot: QtBot) -> None:
    assert tr("Settings") == "设置"
    assert tr("The file of {name}", name="hrnet") == texts_of("zh")["The file of {name}"].format(name="hrnet")
    assert tr("Nobody has translated this.") == "Nobody has translated this."
    box = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
    qtbot.addWidget(box)
    assert box.buttons()[0].text() == "取消"
    install(chinese, "en")
    assert tr("Settings") == "Settings"


def test_an_unknown_system_speaks_english() -> None:
    assert system_language() in ("en", "zh")


@pytest.mark.parametrize(
    ("english", "theirs"),
    [
        (
            "The output /tmp/a.mp4 cannot be written: No space left on device.",
            "无法写入输出 /tmp/a.mp4：磁盘空间不足。",
        ),
        (
            "Camera 0 is lost (no picture for 3 s); trying again.",
            "摄像头 0 已断开（3 秒内没有画面），正在重试。",
        ),
        (
            "'rtmpose-s' could not be fetched (here.org: it answered 404 Not Found; there.org: nothing came for 20 s).",
            "无法下载 'rtmpose-s'（here.org：返回 404 未找到；there.org：20 秒内没有收到数据）。",
        ),
        (
            "a.onnx is not a pose network: it answers x [1, 4]; wanted heatmaps (N, K, H, W), SimCC vectors (N, K, W) "
            "and (N, K, H), or coordinates (N, K, 2).",
            "a.onnx 不是姿态网络：其输出为 x [1, 4]；需要热图 (N, K, H, W)、SimCC 向量 (N, K, W) 和 (N, K, H)，"
            "或坐标 (N, K, 2)。",
        ),
        ("The picture knee, head: nose.png cannot be decoded: wanted a whole picture.", None),
        ("Nobody has translated this.", "Nobody has translated this."),
    ],
)
def test_a_sentence_from_below_is_told_in_chinese(chinese: QApplication, english: str, theirs: str | None) -> None:
    assert told(english) == (theirs or "无法解码图片 knee, head: nose.png：需要完整的图片。")
    install(chinese, "en")
    assert told(english) == english


def test_keypoints_and_angles_have_names_in_chinese_and_stay_what_they_are_where_they_are_unknown(
    chinese: QApplication,
) -> None:
    assert [called(name) for name in ("left_shoulder", "right knee", "right_middle_finger2")] == [
        "左肩",
        "右膝",
        "右中指 2",
    ]
    assert called("left_antenna") == "left antenna"
    install(chinese, "en")
    assert called("left_shoulder") == "left shoulder"


def test_a_broken_file_is_told_in_chinese(chinese: QApplication, tmp_path: Path) -> None:
    broken = tmp_path / "clip.mp4"
    broken.write_bytes(b"nothing that moves")
    with pytest.raises(StanceError) as refused:
        open_source(str(broken))
    assert sentence_of(refused.value) == f"无法将 {broken} 作为视频打开（数据无效）：需要视频文件。"
