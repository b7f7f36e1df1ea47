from __future__ import annotations

from pathlib import Path

import pytest

from app.errors import StanceError
from app.sources import open_source


@pytest.mark.parametrize("text", ["nowhere.mp4", "", "   ", "a\0b", "x" * 5000, "no-such-folder/", "ftp://host/a.mp4"])
def test_what_is_not_there_is_one_sentence_that_names_it(text: str) -> None:
    with pytest.raises(StanceError) as caught:
        open_source(text)
    assert repr(text)[1:-1] in str(caught.value)
    assert "wanted" in str(caught.value)


def test_a_file_that_may_not_be_read_is_named(tmp_path: Path) -> None:
    path = tmp_path / "secret.mp4"
    path.write_bytes(b"x" * 100)
    path.chmod(0)
    with pytest.raises(StanceError, match=r"secret\.mp4"):
        open_source(str(path))
