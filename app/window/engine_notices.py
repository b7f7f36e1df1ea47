"""Shows the events of the engine as messages over the video."""

from __future__ import annotations

from app.window.i18n.backend_messages import translate
from app.window.i18n.tr import tr
from app.window.widgets.notification import Banner, Notice

TOPICS = {"lost": "connection", "live": "connection", "device_changed": "", "slow": "slow", "late": "late"}
"""By the kind of an event, the topic of its message; of all others it is the source."""


def show_event(banner: Banner, kind: str, sentence: str, recording: bool) -> None:
    """Show an event of ``kind`` in ``banner``; ``sentence`` is not translated yet."""
    topic = TOPICS.get(kind, "source")
    if topic == "connection":
        banner.drop(topic)  # it is back, or lost again
    sentence = translate(sentence)
    if kind == "lost" and recording:
        sentence = f"{sentence} {tr('Recording continues when it is back.')}"
    banner.notify(Notice("info" if kind in ("live", "late") else "warning", sentence, topic=topic))
