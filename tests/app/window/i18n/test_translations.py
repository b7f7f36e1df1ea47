"""All texts of the window have Chinese translations."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest
from PyQt6.QtWidgets import QAbstractButton, QApplication, QDialogButtonBox, QFileDialog, QLabel, QWidget
from pytestqt.qtbot import QtBot

from app.core.errors import StanceError
from app.core.message import Message, foreign, joined
from app.sources import open_source
from app.window.i18n.backend_messages import display_name, set_translations, translate
from app.window.i18n.retranslate import change_language
from app.window.i18n.tr import tr
from app.window.i18n.translations import TRANSLATIONS, backend_translations, install, system_language, texts_of
from app.window.widgets.notification import sentence_of
from app.zoo.conversion import convert
from tests.app.window import spoken
from tests.conftest import ROOT

MARKERS = ("tr", "later")
LETTERS = re.compile(r"[a-z]")


def literals() -> Iterator[tuple[str, str | None]]:
    """Text literals in the window's source; None if an argument is not a literal."""
    for path in sorted((ROOT / "app" / "window").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MARKERS:
                first = node.args[0] if node.args else None
                if node.func.id == "tr" and isinstance(first, ast.Name | ast.Attribute):
                    continue  # a variable whose literal is marked where it is defined
                text = first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else None
                yield f"{path.name}:{node.lineno}", text


def missing(language: str) -> list[str]:
    """Visible texts without a translation into ``language``."""
    known, (sentences, names) = texts_of(language), backend_translations(language)
    texts = [text for _, text in literals() if text is not None and text not in known]
    from_below = sorted((spoken.sentences() | spoken.of_the_catalogue()) - set(sentences))
    set_translations(sentences, names)
    unnamed = [name for name in sorted(spoken.names()) if name not in names and LETTERS.search(display_name(name))]
    set_translations({}, {})
    return list(dict.fromkeys([*texts, *from_below, *unnamed]))


def placeholders(text: str) -> set[tuple[str, str | None, str | None]]:
    """The placeholders with their conversions and formats: ``{path!r}``, ``{seconds:.1f}``."""
    return {(name, conversion, form) for _, name, form, conversion in Formatter().parse(text) if name is not None}


@pytest.fixture
def chinese(qapp: QApplication) -> Iterator[QApplication]:
    install(qapp, "zh")
    yield qapp
    install(qapp, "en")


def test_all_texts_are_literals() -> None:
    assert [place for place, text in literals() if text is None] == []


def test_all_texts_have_chinese_translations() -> None:
    todo = json.dumps(dict.fromkeys(missing("zh"), ""), ensure_ascii=False, indent=2)
    assert not missing("zh"), f"assets/translations lacks:\n{todo}"


def test_translations_keep_placeholders_and_have_no_extra_entries() -> None:
    known = texts_of("zh")
    assert {text for text, theirs in known.items() if placeholders(text) != placeholders(theirs)} == set()
    assert set(known) - {text for _, text in literals()} == set()
    tables = json.loads((TRANSLATIONS / "below_zh.json").read_text(encoding="utf-8"))
    pairs = [pair for table in tables.values() for pair in table.items()]
    assert [text for text, theirs in pairs if placeholders(text) != placeholders(theirs)] == []
    assert set(tables["sentences"]) == spoken.sentences()
    assert set(tables["catalogue"]) == spoken.of_the_catalogue()


def test_the_window_and_qt_use_the_chosen_language(chinese: QApplication, qtbot: QtBot) -> None:
    assert tr("Settings") == "设置"
    assert tr("Choose the file of {name}", name="hrnet") == texts_of("zh")["Choose the file of {name}"].format(
        name="hrnet"
    )
    assert tr("Nobody has translated this.") == "Nobody has translated this."
    box = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
    qtbot.addWidget(box)
    assert box.buttons()[0].text() == "取消"
    install(chinese, "en")
    assert tr("Settings") == "Settings"


def test_dialogs_of_qt_follow_a_change_of_the_language(qapp: QApplication, qtbot: QtBot) -> None:
    def dialogs() -> list[QWidget]:
        files = QFileDialog()
        files.setOption(QFileDialog.Option.DontUseNativeDialog)
        buttons = QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        made = [files, QDialogButtonBox(buttons)]
        for dialog in made:
            qtbot.addWidget(dialog)
        return made

    def words(of: list[QWidget]) -> list[str]:
        labels = [part.text() for one in of for part in one.findChildren(QLabel)]
        buttons = [part.text() for one in of for part in one.findChildren(QAbstractButton)]
        return [text for text in (*labels, *buttons) if text]

    open_before = dialogs()
    try:
        for _ in range(2):
            change_language(qapp, "zh")
            qapp.processEvents()
            for shown in (words(dialogs()), words(open_before)):
                assert len(shown) >= 7
                assert [text for text in shown if not re.search("[\u4e00-\u9fff]", text)] == []
            change_language(qapp, "en")
            qapp.processEvents()
            for shown in (words(dialogs()), words(open_before)):
                assert [text for text in shown if not text.isascii()] == []
    finally:
        install(qapp, "en")


def test_an_unknown_system_language_falls_back_to_english() -> None:
    assert system_language() in ("en", "zh")


FULL = foreign("No space left on device")


@pytest.mark.parametrize(
    ("message", "english", "theirs"),
    [
        (
            Message("The output {path} cannot be written: {reason}.", path=Path("/tmp/a.mp4"), reason=FULL),
            "The output /tmp/a.mp4 cannot be written: No space left on device.",
            "无法写入输出 /tmp/a.mp4：磁盘空间不足。",
        ),
        (
            Message(
                "{source} is lost ({reason}); reconnecting.",
                source=Message("Camera {name}", name="0"),
                reason=Message("no frame for {seconds:.0f} s", seconds=3.0),
            ),
            "Camera 0 is lost (no frame for 3 s); reconnecting.",
            "摄像头 0 已断开（3 秒内没有画面），正在重试。",
        ),
        (
            Message(
                "{name!r} could not be downloaded ({reasons}).",
                name="rtmpose-s",
                reasons=joined(
                    "{first}; {rest}",
                    [
                        Message(
                            "{what}: {details}",
                            what="here.org",
                            details=Message("it answered {code} {reason}", code=404, reason=foreign("Not Found")),
                        ),
                        Message(
                            "{what}: {details}",
                            what="there.org",
                            details=Message("no data arrived for {seconds:.0f} s", seconds=20.0),
                        ),
                    ],
                ),
            ),
            "'rtmpose-s' could not be downloaded (here.org: it answered 404 Not Found; "
            "there.org: no data arrived for 20 s).",
            "无法下载 'rtmpose-s'（here.org：返回 404 未找到；there.org：20 秒内没有收到数据）。",
        ),
    ],
)
def test_messages_are_translated_with_the_messages_in_them(
    chinese: QApplication, message: Message, english: str, theirs: str
) -> None:
    assert message == english
    assert translate(message) == theirs
    install(chinese, "en")
    assert translate(message) == english


@pytest.mark.parametrize("name", ["Permission denied", "no further frame arrived", "The image a cannot be decoded"])
def test_the_name_of_a_file_is_never_translated(chinese: QApplication, name: str) -> None:
    message = Message("The image {path} cannot be read: {reason}.", path=name, reason=foreign("Permission denied"))
    assert translate(message) == f"无法读取图片 {name}：没有权限。"


def test_texts_of_the_system_are_translated_if_the_whole_text_is_known(chinese: QApplication) -> None:
    assert translate("Permission denied") == "没有权限"
    for text in ("Permission denied by nobody", "no frame for 3 s", "{} and {name}", "100 % {"):
        assert translate(text) == translate(foreign(text)) == text


def test_an_unknown_message_stays_in_english(chinese: QApplication) -> None:
    assert translate(Message("Nobody has translated {this}: {reason}.", this="it", reason=FULL)) == (
        "Nobody has translated it: No space left on device."
    )


def test_credentials_are_not_in_the_translation(chinese: QApplication) -> None:
    error = StanceError("{path!r} cannot be written ({reason}).", path="rtsp://anna:secret@door/1", reason=FULL)
    assert sentence_of(error) == "无法写入 'rtsp://door/1'（磁盘空间不足）。"
    assert "secret" not in str(error.message.values)


def test_templates_are_literals() -> None:
    """An f-string would have its values in the key, by which the translation is looked up."""
    fixed = ast.Constant | ast.Name | ast.Attribute | ast.Call | ast.Subscript
    assert [place for place, first in spoken.templates() if not isinstance(first, fixed)] == []


def test_messages_have_a_value_for_each_placeholder() -> None:
    assert [
        place for place, text, given in spoken.values_given() if {name for name, *_ in placeholders(text)} != given
    ] == []


def test_keypoint_and_angle_names_are_translated_if_known(
    chinese: QApplication,
) -> None:
    assert [display_name(name) for name in ("left_shoulder", "right knee", "right_middle_finger2")] == [
        "左肩",
        "右膝",
        "右中指 2",
    ]
    assert display_name("left_antenna") == "left antenna"
    assert [display_name(name) for name in ("face-12", "head_top", "px/s", "refine")] == [
        "面部 12",
        "头顶",
        "像素/秒",
        "细化方式",
    ]
    assert [display_name(name) for name in ("left_antenna", "left", "left_", "7", "tail2")] == [
        "left antenna",
        "左",
        "left ",
        "7",
        "tail2",
    ]
    install(chinese, "en")
    assert display_name("left_shoulder") == "left shoulder"


def test_the_error_for_a_broken_file_is_translated(chinese: QApplication, tmp_path: Path) -> None:
    broken = tmp_path / "clip.mp4"
    broken.write_bytes(b"nothing that moves")
    with pytest.raises(StanceError) as refused:
        open_source(str(broken))
    assert sentence_of(refused.value) == f"无法将 {broken} 作为视频打开（数据无效）：需要视频文件。"


@pytest.mark.slow
def test_a_refusal_of_the_exporter_is_translated_though_another_process_wrote_it(
    chinese: QApplication, tmp_path: Path, stance_home: Path
) -> None:
    checkpoint = tmp_path / "no frame for 3 s.pth"
    checkpoint.write_text("not a checkpoint")
    with pytest.raises(StanceError) as refused:
        convert(checkpoint, stance_home / "net.onnx", lambda line: None, lambda: False)
    assert str(refused.value).startswith("no frame for 3 s.pth is not a checkpoint: wanted PyTorch weights")
    assert sentence_of(refused.value) == (
        "no frame for 3 s.pth 不是权重文件：需要 PyTorch 权重文件（.pth、.pt、.pth.tar、.ckpt）或 .safetensors 文件。"
    )
