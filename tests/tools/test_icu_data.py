"""ICU's data, cut to what Qt uses."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import PyQt6
import pytest

from tools.icu_data import KEPT, items_in, packed, without_locales
from tools.linux_libraries import cut_icu

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Qt's libraries for Linux have ICU")

SORT = """
from PyQt6.QtCore import QCollator, QLocale
words = "file10 file2 Äpfel apfel Zebra 张三 李四 王五 阿 été ete ñ n 한국 日本 あ".split()
for language in ("en_US", "zh_CN", "sv_SE", "ja_JP", "ko_KR"):
    for numeric in (False, True):
        collator = QCollator(QLocale(language))
        collator.setNumericMode(numeric)
        print(language, numeric, sorted(words, key=collator.sortKey))
print([line for line in open("/proc/self/maps").read().splitlines() if "icudata" in line][0].split()[-1])
"""


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """A copy of the library with Qt's data."""
    (found,) = (Path(PyQt6.__file__).parent / "Qt6" / "lib").glob("libicudata.so.*")
    copy = tmp_path / found.name
    copy.write_bytes(found.read_bytes())
    return copy


def test_items_stay_what_they_were(library: Path) -> None:
    content = library.read_bytes()
    start = content.index(b"CmnD") - 12
    length = int.from_bytes(content[start : start + 2], "little")
    whole = items_in(content[start + length :])
    kept = {name: item for name, item in whole.items() if KEPT.fullmatch(name)}
    cut = without_locales(content)
    assert cut[:length] == content[start : start + length]
    assert items_in(cut[length:]) == kept
    assert 100 < len(kept) < len(whole) / 10
    assert len(cut) < 5e6 < 25e6 < library.stat().st_size


def test_items_begin_at_multiples_of_sixteen() -> None:
    items = {"a/b": b"1", "a/c": b"22" * 40}
    package = packed(items)
    found = items_in(package)
    assert {name: item.rstrip(b"\0") for name, item in found.items()} == items
    assert all(package.index(item) % 16 == 0 for item in items.values())


def test_qt_sorts_in_every_language_as_before(library: Path) -> None:
    before = _sorted_with({})
    cut_icu(library)
    after = _sorted_with({"LD_PRELOAD": str(library)})  # the loader takes it for Qt's, which has the same name
    assert after[:-1] == before[:-1]
    assert len(after) == 11
    assert before[-1] != str(library) == after[-1]


def _sorted_with(environment: dict[str, str]) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", SORT],
        env=os.environ | {"QT_QPA_PLATFORM": "offscreen", "PYTHONUTF8": "1"} | environment,
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    return done.stdout.splitlines()
