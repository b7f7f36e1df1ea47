"""However fast frames come, the window gets the newest one and never falls behind."""

from __future__ import annotations

import threading

from pytestqt.qtbot import QtBot

from app.window.core.latest_value import LatestValue


def test_only_the_newest_value_is_signalled(qtbot: QtBot) -> None:
    mailbox = LatestValue()
    taken: list[int | None] = []
    mailbox.arrived.connect(lambda: taken.append(mailbox.take()))

    def send() -> None:
        for number in range(1000):
            mailbox.put(number)

    thread = threading.Thread(target=send)
    thread.start()
    thread.join()
    assert taken == []
    qtbot.wait(20)
    assert taken == [999]
    mailbox.put(7)
    qtbot.wait(20)
    assert taken == [999, 7]
    assert mailbox.take() is None
