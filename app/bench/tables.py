"""Formats measurements as tables."""

from __future__ import annotations

from typing import Any

from app.evaluate.table import number, table


def clip(figures: dict[str, Any]) -> str:
    """Table of ``measure``'s figures."""
    lines = [_models(figures)]
    lines += [f"not {device}: {why}" for device, why in figures["skipped_devices"].items()]
    rows = [["", "median", "least", "most"]]
    for title, name, digits in (
        ("frames per second", "fps", 1),
        ("overhead over the bare models", "overhead", 3),
        ("times rtmlib at its defaults", "speedup", 2),
        ("times rtmlib at our detection schedule", "speedup_same_cadence", 2),
    ):
        if known := figures.get(f"{name}_spread"):
            rows.append([title, *(number(known[which], digits) for which in ("median", "least", "most"))])
    if len(rows) > 1:
        lines += ["", table(rows)]
        lines += [
            f"{figures['repeats']} passes of {figures['frames']} frames, {figures['people']:.1f} people per frame, "
            f"{figures['detections']} detections per pass; "
            f"bare models with threads: {', '.join(figures['bare_threads'])}"
        ]
    if known := figures.get("cpu_ms"):
        lines += [
            f"processor time a frame: networks {number(known['network'])} ms, everything else "
            f"{number(known['other'])} ms, share of the cores busy {figures['busy']:.0%}"
        ]
    rows = [["stage", "median ms", "p95 ms", "times"]]
    for stage, known in figures["stages_ms"].items():
        rows.append([stage, number(known["median"]), number(known["p95"]), str(known["times"])])
    lines += ["", table(rows), ""]
    lines += [f"as a camera: {figures['live_fps']:.1f} frames per second, {figures['dropped']} dropped"]
    age = figures["latency_ms"]
    if age["median"] is not None:
        lines += [f"from camera to screen: {age['median']:.0f} ms, p95 {age['p95']:.0f} ms"]
    memory = figures["memory_mb"]
    shown = ", ".join(f"{value:.0f} MB {when}" for when, value in _memory(memory) if value is not None)
    lines += [f"memory: {shown}"]
    if "batches" in figures:
        lines += ["", batches(figures)]
    return "\n".join(lines)


def groupings(figures: dict[str, Any]) -> str:
    """Table of ``measure_groupings``'s figures."""
    rows = [["grouping", "people", "found", "median ms", "least ms"]]
    for known in figures["groupings"]:
        counts = [str(known[name]) for name in ("people", "found")]
        rows.append([known["grouping"], *counts, *(number(known[name], 1) for name in ("median_ms", "least_ms"))])
    return table(rows)


def parts(figures: dict[str, Any]) -> str:
    """Table of ``measure_parts``' figures."""
    rows = [
        [
            "",
            "frames per second",
            "of the body alone",
            "ms per frame",
            "more",
            "hands",
            "faces",
            "ms for each",
            "as a camera",
            "share",
        ]
    ]
    for known in figures["parts"]:
        counts = (number(known[name], 2) if known[name] else "" for name in ("hands", "faces"))
        times = (number(known[name], 1) for name in ("cpu_ms", "more_ms"))
        each = number(known["each_ms"], 1) if known["each_ms"] is not None else ""
        live = number(known["live_fps"]), number(known["live_share"], 2)
        rows.append(
            [
                known["what"],
                number(known["fps"]["median"]),
                number(known["share"]["median"], 2),
                *times,
                *counts,
                each,
                *live,
            ]
        )
    return "\n".join(
        [
            f"{figures['source']}: {figures['pose']}, {figures['detector']}",
            "",
            table(rows),
            "",
            f"{figures['repeats']} passes of {figures['frames']} frames in alternation, {figures['people']:.1f} people "
            "per frame; processor time in ms per frame, and what each hand or face costs beyond the body alone",
        ]
    )


def start(figures: dict[str, Any]) -> str:
    """Table of ``measure_start``'s figures."""
    rows = [["", "median", "least", "most"]]
    for title, name, digits in (
        ("seconds to the window", "window_s", 2),
        ("seconds to the first skeleton", "skeleton_s", 2),
        ("longest event loop stall, ms", "away_ms", 0),
        (f"event loop stalls over {figures['limit_ms']:g} ms", "away", 0),
        ("frames painted per second", "painted_fps", 1),
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
    """Table of ``measure_whole``'s figures."""
    rows = [["minute", "ms per frame", "memory MB"]]
    minutes = zip(figures["ms_by_minute"], figures["memory_by_minute_mb"], strict=True)
    rows += [[str(minute), number(ms), number(memory, 0)] for minute, (ms, memory) in enumerate(minutes, 1)]
    return "\n".join(
        [_models(figures), "", table(rows), "", f"{figures['frames']} frames, {figures['fps']:.1f} per second"]
    )


def people(figures: dict[str, Any]) -> str:
    """Table of ``measure_people``'s figures."""
    is_known = figures["other_slope_ms"] is not None
    rows = [["made", "people found", "frames per second", "ms per frame", "overhead", "least", "most"]]
    rows[0] += ["networks", "everything else"] if is_known else []
    for row in figures["by_people"]:
        cpu = row["cpu_ms"] or {}
        rows.append(
            [
                str(row["made"]),
                number(row["people"], 2),
                number(row["fps"]),
                number(1000 / row["fps"]),
                *(number(row["overhead_spread"][which], 3) for which in ("median", "least", "most")),
                *(number(cpu[which]) for which in ("network", "other") if is_known),
            ]
        )
    slope = f"{figures['slope_ms']:.1f} ms per person, and {figures['nobody_ms']:.1f} ms per frame"
    if is_known:
        slope += (
            "\nprocessor time in ms per frame: networks and everything else, of which each further person costs "
            f"{figures['other_slope_ms']:.2f} ms"
        )
    return "\n".join([_models(figures), "", table(rows), "", slope])


def batches(figures: dict[str, Any]) -> str:
    """Table of ``measure_batches``' rows as frames per second, with the reasons of the ways that do not run."""
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
    title = "frames per second of the pose model alone, all people in one batch"
    return "\n".join([title, "", table(rows), "", *(f"not {'; '.join(ways)}: {why}" for why, ways in reasons.items())])


def _models(figures: dict[str, Any]) -> str:
    return f"{figures['source']}: {figures['pose']}, {figures['detector']} on {figures['provider']}"


def _memory(known: dict[str, float | None]) -> list[tuple[str, float | None]]:
    return [("at the start", known["start"]), ("after a minute", known["minute"]), ("at the end", known["end"])]
