"""The report: one HTML file with the figures, the curves behind them, and the people who came out worst."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from math import isnan
from pathlib import Path

import numpy as np

from app.evaluate.cases import embedded, pictures
from app.evaluate.charts import Curve, bars, curves
from app.evaluate.coco import FIGURES, Curves, average_precision, pairs_by_similarity
from app.evaluate.estimates import Estimates
from app.evaluate.pairs import Pair
from app.evaluate.shares import KeypointShares, matched, measured
from app.settings import Settings
from app.sinks import writing

STYLE = Path(__file__).with_name("report.css")

RIGHT = 0.5
"""People of this similarity (OKS) are counted as found right."""

NEAR = 0.1
"""Keypoints are right within this share of the longer side of the person's box."""

MOST = 12
"""So many pictures of a kind are shown."""

TELLING = 5
"""True people are shown where so many of their keypoints are labelled; of others a picture tells little."""

BINS = 10
FEWEST = 10
"""Scores are told apart in so many steps; one of fewer than these people or keypoints is not drawn."""


def write_report(path: Path, estimates: Estimates) -> None:
    """Write the page, which needs no other file, to ``path``. Raises StanceError where the disk refuses."""
    papers, precision = average_precision(estimates.photos, estimates.everybody, estimates.sigmas)
    live = None
    if estimates.shown is not None:
        live, _ = average_precision(estimates.photos, estimates.shown, estimates.sigmas)
    pairs = matched(estimates)
    true = [pair for pair in pairs if pair.truth is not None]
    shares = measured(true, estimates.photos.skeleton)
    body = [
        _head(estimates),
        _headline(papers, live, shares),
        _by_keypoint(estimates, shares),
        _curves(precision, true),
        _scores(estimates, true),
        _people(estimates, pairs),
    ]
    page = (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>How good is {escape(estimates.pose)}?</title>"
        f"<style>\n{STYLE.read_text(encoding='utf-8')}</style></head>\n"
        f"<body><main>\n{''.join(body)}</main></body></html>\n"
    )
    with writing(path):
        path.write_text(page, encoding="utf-8")


def _head(estimates: Estimates) -> str:
    photos = estimates.photos
    boxes = "true boxes" if estimates.in_true_boxes else f"the boxes of {escape(estimates.detector)}"
    return (
        f"<h1>How good is {escape(estimates.pose)}?</h1>\n"
        f"<p>In {boxes}, on {photos.people} people with keypoints in {len(photos.photos)} photos; "
        f"run on {escape(estimates.device)}.</p>\n"
    )


def _headline(
    papers: Mapping[str, float | None], live: Mapping[str, float | None] | None, shares: KeypointShares
) -> str:
    tiles = [("AP", papers["AP"], "as papers count: everybody who may be a person")]
    if live:
        tiles.append(("AP live", live["AP"], "of whom the window shows at its defaults"))
    tiles += [
        ("AP50", papers["AP50"], "roughly right"),
        ("AP75", papers["AP75"], "precisely right"),
        ("AR", papers["AR"], "the share of people found, best case"),
        (f"PCK@{NEAR}", shares.keypoints[f"PCK@{NEAR}"].all, f"of keypoints within {NEAR} of the box"),
    ]
    cells = "".join(
        f'<div class="tile"><span>{escape(name)}</span><b>{_share(value)}</b><span>{escape(what)}</span></div>'
        for name, value, what in tiles
    )
    rows = [("everybody, as papers count", papers)] + ([("whom the window shows", live)] if live else [])
    table = _table(("", *FIGURES), [(what, *(_share(row[name]) for name in FIGURES)) for what, row in rows])
    return f'<div class="tiles">{cells}</div>\n<div class="scroll plain">{table}</div>\n'


def _by_keypoint(estimates: Estimates, shares: KeypointShares) -> str:
    names = estimates.photos.skeleton.names
    told = [name for name in shares.keypoints if name.startswith("PCK@")]
    rows = [(_words(name), [shares.keypoints[m].each[i] for m in told]) for i, name in enumerate(names)]
    chart = bars(rows, [f"within {name.removeprefix('PCK@')}" for name in told], told=told.index(f"PCK@{NEAR}"))
    measures = shares.keypoints
    cells = [(_words(name), *(_share(share.each[i]) for share in measures.values())) for i, name in enumerate(names)]
    cells.append(("all", *(_share(share.all) for share in measures.values())))
    table = _table(("keypoint", *measures), cells)
    limbs = [
        (f"{_words(names[a])} – {_words(names[b])}", *(_share(share.each[i]) for share in shares.limbs.values()))
        for i, (a, b) in enumerate(shares.ends)
    ]
    limbs.append(("all", *(_share(share.all) for share in shares.limbs.values())))
    return (
        "<h2>Keypoint by keypoint</h2>\n<p>The share of labelled keypoints that lie within so much of the longer side "
        f"of the person’s box; the number is for {NEAR}. {shares.found} of {shares.people} people were found, and who "
        "was not has missed every keypoint.</p>\n"
        f"{chart}\n<details><summary>All measures</summary>"
        f'<div class="scroll">{table}</div>'
        f'<div class="scroll">{_table(("limb", *shares.limbs), limbs)}</div></details>\n'
    )


def _curves(precision: Curves, true: Sequence[Pair]) -> str:
    ranked = [
        Curve("OKS 0.5", precision.recall, precision.half, 1),
        Curve("OKS 0.75", precision.recall, precision.three_quarters, 2),
        Curve("mean of 0.5 to 0.95", precision.recall, precision.mean, 3),
    ]
    likeness = np.sort([pair.similarity for pair in true])
    steps = np.linspace(0.01, 1, 100)
    share = 1 - np.searchsorted(likeness, steps) / len(likeness)
    charts = [
        ("Precision and recall", curves(ranked, "recall", "precision")),
        ("How alike", curves([Curve("found", steps, share)], "OKS", "share of people at least so alike")),
    ]
    cells = "".join(f"<div><h3>{title}</h3>{chart}</div>" for title, chart in charts)
    return (
        "<h2>How many are right</h2>\n<p>On the left, from the surest person to the least sure one: how many of those "
        "found are right, by how many of the true ones are found; the area under the strongest line is AP. On the "
        f'right, how like the truth they are.</p>\n<div class="pair">{cells}</div>\n'
    )


def _scores(estimates: Estimates, true: Sequence[Pair]) -> str:
    photos = estimates.photos
    found = pairs_by_similarity(photos, estimates.everybody, estimates.sigmas, RIGHT)
    people = [(pair.found.score, pair.truth is not None) for pair in found if pair.found is not None]
    points: list[tuple[float, bool]] = []
    for pair in true:
        if pair.truth is None or pair.found is None:
            continue
        counted = pair.truth.keypoints[:, 2] > 0
        apart = np.linalg.norm(pair.found.keypoints[counted, :2] - pair.truth.keypoints[counted, :2], axis=1)
        near = apart <= NEAR * float((pair.truth.box[2:] - pair.truth.box[:2]).max())
        points += zip(pair.found.keypoints[counted, 2].tolist(), near.tolist(), strict=True)
    charts = [
        (f"People: right at OKS {RIGHT}", "person’s score", people),
        (f"Keypoints: within {NEAR} of the box", "keypoint’s score", points),
    ]
    cells = "".join(
        f"<div><h3>{title}</h3>{curves([_calibration(told)], label, 'share that is right', diagonal=True)}</div>"
        for title, label, told in charts
    )
    return (
        "<h2>What a score is worth</h2>\n<p>How many of those with about this score are right. On the dashed line a "
        "score of 0.7 is right seven times in ten; above it, scores are too modest.</p>\n"
        f'<div class="pair">{cells}</div>\n'
    )


def _calibration(told: Sequence[tuple[float, bool]]) -> Curve:
    """The share that is right by score."""
    scores, right = np.array(told, np.float64).reshape(-1, 2).T
    bins = np.clip((scores * BINS).astype(int), 0, BINS - 1)
    counts = np.bincount(bins, minlength=BINS)
    kept = np.flatnonzero(counts >= FEWEST)
    means = [np.bincount(bins, values, minlength=BINS)[kept] / counts[kept] for values in (scores, right)]
    return Curve("measured", means[0], means[1], dots=True)


def _people(estimates: Estimates, pairs: Sequence[Pair]) -> str:
    """The worst of those who were found, those who were missed and those who are not there, in pictures."""
    both = [pair for pair in pairs if pair.truth is not None and pair.found is not None]
    missed = [pair for pair in pairs if pair.found is None]
    alarms = [pair for pair in pairs if pair.truth is None]
    right = sum(pair.similarity >= RIGHT for pair in both)
    worst = sorted(filter(_telling, both), key=lambda pair: pair.similarity)[:MOST]
    largest = sorted(filter(_telling, missed), key=lambda pair: -(pair.truth.area if pair.truth else 0.0))[:MOST]
    surest = sorted(alarms, key=lambda pair: -(pair.found.score if pair.found else 0.0))[:MOST]
    said = f"{right} of {len(both) + len(missed)} people are right (OKS {RIGHT} or more), {len(both) - right} are poor"
    if not estimates.in_true_boxes:
        said += f", {len(missed)} are missed; {len(alarms)} were found where nobody is annotated"
    if estimates.shown is not None:
        said += ". Counted are those whom the window shows"
    parts = [f"<h2>Person by person</h2>\n<p>{said}.</p>\n"]
    for title, what, kept, kind in (
        ("Worst", "The truth, and the estimate beside it.", worst, ""),
        ("Missed", "The largest people for whom nobody was found, as they are annotated.", largest, " single"),
        ("Not there", "The surest of those who were found where nobody is annotated.", surest, " single"),
    ):
        if kept:
            figures = "\n".join(_figures(estimates, kept))
            parts.append(f'<h2>{title}</h2>\n<p>{what}</p>\n<div class="cases{kind}">\n{figures}\n</div>\n')
    return "".join(parts)


def _telling(pair: Pair) -> bool:
    return pair.truth is not None and pair.truth.labelled >= TELLING


def _figures(estimates: Estimates, pairs: Sequence[Pair]) -> Iterator[str]:
    photos = {photo.id: photo for photo in estimates.photos.photos}
    for pair in pairs:
        photo = photos[pair.photo]
        shown = pictures(pair, photo.read(), estimates.photos.skeleton, Settings().threshold)
        images = "".join(f'<img src="{embedded(picture)}" alt="{what}">' for what, picture in shown)
        facts = []
        if pair.truth is not None and pair.found is not None:
            facts.append(f"<b>OKS {pair.similarity:.2f}</b>")
        if pair.found is not None:
            facts.append(f"score {pair.found.score:.2f}")
        if pair.truth is not None:
            facts.append(f"{pair.truth.labelled} keypoints")
        caption = f"{' · '.join(facts)}<br>{escape(photo.path.name)}"
        yield f"<figure><div>{images}</div><figcaption>{caption}</figcaption></figure>"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    top = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    lines = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table><thead><tr>{top}</tr></thead><tbody>{lines}</tbody></table>"


def _words(name: str) -> str:
    return name.replace("_", " ")


def _share(value: float | None) -> str:
    return "–" if value is None or isnan(value) else f"{value:.3f}"
