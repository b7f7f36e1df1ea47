"""What was measured, as tables for a person."""

from __future__ import annotations

from typing import Any

from app.evaluate.table import number, table


def clip(figures: dict[str, Any]) -> str:
    """The figures of one clip."""
    lines = [_models(figures)]
    lines += [f"not {device}: {why}" for device, why in figures["passed_over"].items()]
    rows = [["", "median", "least", "most"]]
    for title, name, digits in (
        ("frames a second", "fps", 1),
        ("overhead over the bare networks", "overhead", 3),
        ("times rtmlib at its defaults", "speedup", 2),
        ("times rtmlib at our cadence", "speedup_same_cadence", 2),
    ):
        if known := figures.get(f"{name}_spread"):
            rows.append([title, *(number(known[which], digits) for which in ("median", "least", "most"))])
    if len(rows) > 1:
        lines += ["", table(rows)]
        lines += [
            f"{figures['repeats']} passes of {figures['frames']} frames, {figures['people']:.1f} people a frame, "
            f"{figures['detections']} detections a pass; "
            f"bare networks with threads: {', '.join(figures['bare_threads'])}"
        ]
    rows = [["stage", "median ms", "p95 ms", "times"]]
    for stage, known in figures["stages_ms"].items():
        rows.append([stage, number(known["median"]), number(known["p95"]), str(known["times"])])
    lines += ["", table(rows), ""]
    lines += [f"as a camera: {figures['live_fps']:.1f} frames a second, {figures['dropped']} dropped"]
    age = figures["latency_ms"]
    if age["median"] is not None:
        lines += [f"from camera to screen: {age['median']:.0f} ms, p95 {age['p95']:.0f} ms"]
    memory = figures["memory_mb"]
    shown = ", ".join(f"{value:.0f} MB {when}" for when, value in _memory(memory) if value is not None)
    lines += [f"memory: {shown}"]
    if "batches" in figures:
        lines += ["", batches(figures)]
    return "\n".join(lines)


def start(figures: dict[str, Any]) -> str:
    """The figures of the window."""
    rows = [["", "median", "least", "most"]]
    for title, name, digits in (
        ("seconds to the window", "window_s", 2),
        ("seconds to the first skeleton", "skeleton_s", 2),
        ("event loop away at worst, ms", "away_ms", 0),
        (f"times away over {figures['limit_ms']:g} ms", "away", 0),
        ("frames painted a second", "painted_fps", 1),
    ):
        rows.append([title, *(number(figures[name][which], digits) for which in ("median", "least", "most"))])
    return "\n".join(
        [
            f"{figures['source']}: {figures['pose']}, {figures['detector']}",
            "",
            table(rows),
            "",
            f"{figures['repeats']} starts, and as many times {figures['seconds']:g} s of it in full HD; "
            f"torch was {'' if figures['torch'] else 'not '}imported",
        ]
    )


def whole(figures: dict[str, Any]) -> str:
    """The figures of a whole file."""
    rows = [["minute", "ms a frame", "memory MB"]]
    minutes = zip(figures["ms_by_minute"], figures["memory_by_minute_mb"], strict=True)
    rows += [[str(minute), number(ms), number(memory, 0)] for minute, (ms, memory) in enumerate(minutes, 1)]
    return "\n".join(
        [_models(figures), "", table(rows), "", f"{figures['frames']} frames, {figures['fps']:.1f} a second"]
    )


def people(figures: dict[str, Any]) -> str:
    """The figures of made clips of several numbers of people."""
    rows = [["made", "people seen", "frames a second", "ms a frame", "overhead", "least", "most"]]
    for row in figures["by_people"]:
        rows.append(
            [
                str(row["made"]),
                number(row["people"], 2),
                number(row["fps"]),
                number(1000 / row["fps"]),
                *(number(row["overhead_spread"][which], 3) for which in ("median", "least", "most")),
            ]
        )
    slope = f"{figures['slope_ms']:.1f} ms a person, and {figures['nobody_ms']:.1f} ms whoever is there"
    return "\n".join([_models(figures), "", table(rows), "", slope])


def batches(figures: dict[str, Any]) -> str:
    """What each way of running pose networks gives, as frames a second by people."""
    known = figures["batches"]
    counts = sorted({count for row in known for count in row["ms"]})
    rows = [["network", "run by", *(f"{count} {'person' if count == 1 else 'people'}" for count in counts)]]
    for row in known:
        if row["ms"]:
            speeds = (number(1000 / row["ms"][count]) if count in row["ms"] else "" for count in counts)
            rows.append([row["network"], row["way"], *speeds])
    reasons: dict[str, dict[str, None]] = {}
    for row in known:
        if row["reason"]:
            reasons.setdefault(row["reason"], {})[row["way"]] = None
    title = "frames a second of the pose network alone, everyone in one batch"
    return "\n".join([title, "", table(rows), "", *(f"not {'; '.join(ways)}: {why}" for why, ways in reasons.items())])


def _models(figures: dict[str, Any]) -> str:
    return f"{figures['source']}: {figures['pose']}, {figures['detector']} on {figures['provider']}"


def _memory(known: dict[str, float | None]) -> list[tuple[str, float | None]]:
    return [("at the start", known["start"]), ("after a minute", known["minute"]), ("at the end", known["end"])]
