"""The report: one HTML file with the metrics, their curves, and pictures of the worst results."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from math import isnan
from pathlib import Path

import numpy as np

from app.core.settings import Settings
from app.evaluate.cases import embedded, pictures
from app.evaluate.charts import Curve, bars, curves
from app.evaluate.coco import FIGURES, Curves, average_precision, pairs_by_similarity
from app.evaluate.estimates import Estimates
from app.evaluate.keypoint_metrics import KeypointMetrics, matched, measured
from app.evaluate.pairs import Pair
from app.sinks import write_whole

STYLE = Path(__file__).with_name("report.css")

MIN_OKS = 0.5
"""Minimum OKS of a correct person."""

NEAR = 0.1
"""Maximum distance of a correct keypoint, relative to the longer side of the person's box."""

MAX_PICTURES = 12
"""Maximum number of pictures of a kind."""

MIN_LABELED = 5
"""Minimum number of labeled keypoints of a ground-truth person shown in a picture."""

BINS = 10
"""Number of bins of the calibration charts."""
MIN_SAMPLES = 10
"""Minimum number of people or keypoints in a bin that is drawn."""


def write_report(path: Path, estimates: Estimates) -> None:
    """Write the self-contained page to ``path``. Raises StanceError if the file cannot be written."""
    papers, precision = average_precision(estimates.photos, estimates.candidates, estimates.sigmas)
    live = None
    if estimates.shown is not None:
        live, _ = average_precision(estimates.photos, estimates.shown, estimates.sigmas)
    pairs = matched(estimates)
    true = [pair for pair in pairs if pair.truth is not None]
    metrics = measured(true, estimates.photos.skeleton)
    body = [
        _head(estimates),
        _headline(papers, live, metrics),
        _by_keypoint(estimates, metrics),
        _curves(precision, true),
        _scores(estimates, true),
        _people(estimates, pairs),
    ]
    page = (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Accuracy of {escape(estimates.pose)}</title>"
        f"<style>\n{STYLE.read_text(encoding='utf-8')}</style></head>\n"
        f"<body><main>\n{''.join(body)}</main></body></html>\n"
    )
    write_whole(path, page.encode())


def _head(estimates: Estimates) -> str:
    photos = estimates.photos
    boxes = "annotated boxes" if estimates.in_true_boxes else f"boxes of {escape(estimates.detector)}"
    return (
        f"<h1>Accuracy of {escape(estimates.pose)}</h1>\n"
        f"<p>{photos.people} people with labeled keypoints in {len(photos.photos)} photos; {boxes}; "
        f"run on {escape(estimates.device)}.</p>\n"
    )


def _headline(
    papers: Mapping[str, float | None], live: Mapping[str, float | None] | None, metrics: KeypointMetrics
) -> str:
    tiles = [("AP", papers["AP"], "over all detections, as in papers")]
    if live:
        tiles.append(("AP live", live["AP"], "over the people that the window shows with default settings"))
    tiles += [
        ("AP50", papers["AP50"], "at OKS 0.5"),
        ("AP75", papers["AP75"], "at OKS 0.75"),
        ("AR", papers["AR"], "average recall"),
        (
            f"PCK@{NEAR}",
            metrics.keypoints[f"PCK@{NEAR}"].all,
            f"fraction of keypoints within {NEAR} of the box size",
        ),
    ]
    cells = "".join(
        f'<div class="tile"><span>{escape(name)}</span><b>{_fraction(value)}</b><span>{escape(what)}</span></div>'
        for name, value, what in tiles
    )
    rows = [("all detections, as in papers", papers)] + ([("people shown in the window", live)] if live else [])
    table = _table(("", *FIGURES), [(what, *(_fraction(row[name]) for name in FIGURES)) for what, row in rows])
    return f'<div class="tiles">{cells}</div>\n<div class="scroll plain">{table}</div>\n'


def _by_keypoint(estimates: Estimates, metrics: KeypointMetrics) -> str:
    names = estimates.photos.skeleton.names
    shown = [name for name in metrics.keypoints if name.startswith("PCK@")]
    rows = [(_spaced(name), [metrics.keypoints[m].each[i] for m in shown]) for i, name in enumerate(names)]
    chart = bars(rows, [f"within {name.removeprefix('PCK@')}" for name in shown], printed=shown.index(f"PCK@{NEAR}"))
    measures = metrics.keypoints
    cells = [
        (_spaced(name), *(_fraction(fraction.each[i]) for fraction in measures.values()))
        for i, name in enumerate(names)
    ]
    cells.append(("all", *(_fraction(fraction.all) for fraction in measures.values())))
    table = _table(("keypoint", *measures), cells)
    limbs = [
        (
            f"{_spaced(names[a])} – {_spaced(names[b])}",
            *(_fraction(fraction.each[i]) for fraction in metrics.limbs.values()),
        )
        for i, (a, b) in enumerate(metrics.ends)
    ]
    limbs.append(("all", *(_fraction(fraction.all) for fraction in metrics.limbs.values())))
    return (
        "<h2>Accuracy by keypoint</h2>\n<p>Fraction of the labeled keypoints whose error is at most 0.05, 0.1 or 0.2 "
        f"of the longer side of the person’s box; the number is for {NEAR}. {metrics.found} of {metrics.people} people "
        "were found; all keypoints of the others count as wrong.</p>\n"
        f"{chart}\n<details><summary>All measures</summary>"
        f'<div class="scroll">{table}</div>'
        f'<div class="scroll">{_table(("limb", *metrics.limbs), limbs)}</div></details>\n'
    )


def _curves(precision: Curves, true: Sequence[Pair]) -> str:
    ranked = [
        Curve("OKS 0.5", precision.recall, precision.half, 1),
        Curve("OKS 0.75", precision.recall, precision.three_quarters, 2),
        Curve("mean of 0.5 to 0.95", precision.recall, precision.mean, 3),
    ]
    similarities = np.sort([pair.similarity for pair in true])
    steps = np.linspace(0.01, 1, 100)
    fraction = 1 - np.searchsorted(similarities, steps) / len(similarities)
    charts = [
        ("Precision and recall", curves(ranked, "recall", "precision")),
        ("OKS", curves([Curve("people", steps, fraction)], "OKS", "fraction of people with at least this OKS")),
    ]
    cells = "".join(f"<div><h3>{title}</h3>{chart}</div>" for title, chart in charts)
    return (
        "<h2>Precision, recall and similarity</h2>\n<p>Left: precision by recall, with detections in descending order "
        "of score; the area under the curve of the mean is AP. Right: the similarity (OKS) of the estimated people to "
        f'the annotated ones.</p>\n<div class="pair">{cells}</div>\n'
    )


def _scores(estimates: Estimates, true: Sequence[Pair]) -> str:
    photos = estimates.photos
    found = pairs_by_similarity(photos, estimates.candidates, estimates.sigmas, MIN_OKS)
    people = [(pair.estimate.score, pair.truth is not None) for pair in found if pair.estimate is not None]
    points: list[tuple[float, bool]] = []
    for pair in true:
        if pair.truth is None or pair.estimate is None:
            continue
        counted = pair.truth.keypoints[:, 2] > 0
        distances = np.linalg.norm(pair.estimate.keypoints[counted, :2] - pair.truth.keypoints[counted, :2], axis=1)
        near = distances <= NEAR * float((pair.truth.box[2:] - pair.truth.box[:2]).max())
        points += zip(pair.estimate.keypoints[counted, 2].tolist(), near.tolist(), strict=True)
    charts = [
        (f"People: correct at OKS {MIN_OKS}", "score of the person", people),
        (f"Keypoints: correct within {NEAR} of the box size", "score of the keypoint", points),
    ]
    cells = "".join(
        f"<div><h3>{title}</h3>{curves([_calibration(samples)], label, 'fraction correct', diagonal=True)}</div>"
        for title, label, samples in charts
    )
    return (
        "<h2>Calibration of the scores</h2>\n<p>Fraction of correct results by score. On the dashed line a score "
        "equals the probability of being correct; above it scores are too low, below it too high.</p>\n"
        f'<div class="pair">{cells}</div>\n'
    )


def _calibration(samples: Sequence[tuple[float, bool]]) -> Curve:
    """Calibration curve: the fraction correct by score, from pairs (score, correct)."""
    scores, right = np.array(samples, np.float64).reshape(-1, 2).T
    bins = np.clip((scores * BINS).astype(int), 0, BINS - 1)
    counts = np.bincount(bins, minlength=BINS)
    kept = np.flatnonzero(counts >= MIN_SAMPLES)
    means = [np.bincount(bins, values, minlength=BINS)[kept] / counts[kept] for values in (scores, right)]
    return Curve("measured", means[0], means[1], dots=True)


def _people(estimates: Estimates, pairs: Sequence[Pair]) -> str:
    """The section with pictures: the matches of lowest OKS, the largest misses, the highest false positives."""
    both = [pair for pair in pairs if pair.truth is not None and pair.estimate is not None]
    missed = [pair for pair in pairs if pair.estimate is None]
    false_positives = [pair for pair in pairs if pair.truth is None]
    right = sum(pair.similarity >= MIN_OKS for pair in both)
    worst = sorted(filter(_has_enough_labels, both), key=lambda pair: pair.similarity)[:MAX_PICTURES]
    largest = sorted(filter(_has_enough_labels, missed), key=lambda pair: -(pair.truth.area if pair.truth else 0.0))[
        :MAX_PICTURES
    ]
    highest = sorted(false_positives, key=lambda pair: -(pair.estimate.score if pair.estimate else 0.0))[:MAX_PICTURES]
    summary = (
        f"{right} of {len(both) + len(missed)} people are correct (OKS of {MIN_OKS} or more), "
        f"{len(both) - right} have a lower OKS"
    )
    if not estimates.in_true_boxes:
        summary += f", {len(missed)} are missed; {len(false_positives)} detections are false positives"
    if estimates.shown is not None:
        summary += ". Only people that the window shows are counted"
    parts = [f"<h2>People</h2>\n<p>{summary}.</p>\n"]
    for title, what, kept, kind in (
        ("Lowest OKS", "Left the annotation, right the estimate.", worst, ""),
        ("Missed", "The largest annotated people without a detection.", largest, " single"),
        ("False positives", "The detections with the highest scores where no person is annotated.", highest, " single"),
    ):
        if kept:
            figures = "\n".join(_figures(estimates, kept))
            parts.append(f'<h2>{title}</h2>\n<p>{what}</p>\n<div class="cases{kind}">\n{figures}\n</div>\n')
    return "".join(parts)


def _has_enough_labels(pair: Pair) -> bool:
    return pair.truth is not None and pair.truth.labeled >= MIN_LABELED


def _figures(estimates: Estimates, pairs: Sequence[Pair]) -> Iterator[str]:
    photos = {photo.id: photo for photo in estimates.photos.photos}
    for pair in pairs:
        photo = photos[pair.photo]
        shown = pictures(pair, photo.read(), estimates.photos.skeleton, Settings().threshold)
        images = "".join(f'<img src="{embedded(picture)}" alt="{what}">' for what, picture in shown)
        facts = []
        if pair.truth is not None and pair.estimate is not None:
            facts.append(f"<b>OKS {pair.similarity:.2f}</b>")
        if pair.estimate is not None:
            facts.append(f"score {pair.estimate.score:.2f}")
        if pair.truth is not None:
            facts.append(f"{pair.truth.labeled} keypoints")
        caption = f"{' · '.join(facts)}<br>{escape(photo.path.name)}"
        yield f"<figure><div>{images}</div><figcaption>{caption}</figcaption></figure>"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    top = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    lines = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table><thead><tr>{top}</tr></thead><tbody>{lines}</tbody></table>"


def _spaced(name: str) -> str:
    return name.replace("_", " ")


def _fraction(value: float | None) -> str:
    return "–" if value is None or isnan(value) else f"{value:.3f}"
