"""The table of architectures."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache

import torch

from export.plans import (
    cpm,
    cpn,
    csp_next,
    dcpose,
    dekr,
    higher_hrnet,
    hourglass,
    hrformer,
    hrnet,
    hrnet_heads,
    lite_hrnet,
    mobilenet_v2,
    mspn,
    openpose,
    prtr,
    residual_variants,
    resnet,
    shufflenet,
    simple_baseline,
    swin,
    tag_hourglass,
    token_pose,
    transpose,
    vgg,
    vipnas,
    vision_transformer,
)
from export.plans.plan import Kind

KINDS: tuple[Kind, ...] = (
    # In the order in which they are tried: an architecture that contains another one comes before it.
    dekr.KIND,
    dekr.RESCORE,
    higher_hrnet.KIND,
    tag_hourglass.KIND,
    tag_hourglass.MMPOSE_KIND,
    openpose.RTPOSE_KIND,
    openpose.KIND,
    hourglass.KIND,
    cpm.KIND,
    mspn.KIND,
    mspn.RSN_KIND,
    cpn.KIND,
    higher_hrnet.TAGGED,
    csp_next.KIND,
    vision_transformer.KIND,
    residual_variants.KIND,
    resnet.KIND,
    hrformer.KIND,
    swin.KIND,
    hrnet_heads.KIND,
    mobilenet_v2.KIND,
    shufflenet.FIRST,
    shufflenet.SECOND,
    vgg.KIND,
    vgg.ALEXNET,
    vipnas.RESNET,
    vipnas.MOBILENET,
    lite_hrnet.KIND,
    transpose.KIND,
    token_pose.HRNET_KIND,
    token_pose.KIND,
    prtr.KIND,
    dcpose.KIND,
    simple_baseline.KIND,
    hrnet.KIND,
)

VARIANT = re.compile(r" \(.*\)$| with .*$| variants$|(?<=ViPNAS) .*$|(?<=ShuffleNet)V\d$")
"""What the name of an architecture adds to that of its family."""
SHOWN = 3
"""Number of architectures named as nearest."""
NEAR = 0.1
"""Fraction of a checkpoint's names that an architecture must share to be called near."""


def has_network(names: Iterable[str]) -> bool:
    """Whether the names are those of a whole network: they include the marks of one of the architectures."""
    return bool(marked(names))


def marked(names: Iterable[str]) -> set[str]:
    """The names of the architectures whose marks are all among the ``names`` of weights."""
    dotted = [f".{name}." for name in names]
    marks = {mark: any(f".{mark}." in name for name in dotted) for kind in KINDS for mark in kind.marks}
    return {kind.name for kind in KINDS if all(marks[mark] for mark in kind.marks)}


def convertible() -> list[str]:
    """The names of the architectures that are networks of their own, not parts of others."""
    return [kind.name for kind in KINDS if kind.typical.task != "part"]


def families() -> list[str]:
    """The families of the convertible architectures, sorted: without the variants of each."""
    names = {VARIANT.sub("", name) for name in convertible()}
    return sorted(names, key=str.casefold)


def nearest(bare: Mapping[str, str]) -> list[Kind]:
    """The convertible architectures that share the most names with a checkpoint of ``bare`` names, the best first."""
    shares, own_networks = [], convertible()
    for kind in reversed([kind for kind in KINDS if kind.name in own_networks]):
        given = {_pattern(own) for own in kind.rename(bare)[0].values()}
        shares.append((len(given & _patterns(kind)) / max(len(given), 1), kind))
    near = sorted((pair for pair in shares if pair[0] >= NEAR), key=lambda pair: -pair[0])
    return [kind for _, kind in near[:SHOWN]]


@cache
def _patterns(kind: Kind) -> frozenset[str]:
    with torch.device("meta"):
        return frozenset(_pattern(name) for name in kind.typical.build().state_dict())


def _pattern(name: str) -> str:
    """``name`` without the numbers of its layers."""
    return re.sub(r"(?<=\.)\d+(?=\.|$)", "#", name)
