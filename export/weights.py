"""Finds the network's weights among everything that training programs store in a checkpoint."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice, takewhile
from math import prod
from typing import Any

from torch import Tensor

from app.core.errors import StanceError
from app.core.message import Message, joined
from export.plans.names import HEADS
from export.plans.table import has_network, marked
from export.unpickle import Array, LazyTensor

Leaf = LazyTensor | Array | Tensor

CONTAINERS = ("", "state_dict", "model_state_dict", "best_state_dict", "model", "net", "network", "weights", "params")
"""Keys under which training programs store the weights, the likeliest first ("" is the outermost object)."""

WRAPPERS = frozenset({"module", "_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module"})
"""Name parts added by DataParallel, torch.compile, FSDP and activation checkpointing."""

TRAINING = frozenset(
    {"criterion", "loss", "losses", "loss_fn", "loss_module", "metric", "metrics", "train_metrics", "val_metrics"}
)
"""First name parts of losses and metrics."""

WEIGHTS = frozenset({"weight", "bias", "running_mean", "running_var", "num_batches_tracked", "g"})
"""Last name parts of weights and of batch normalization's statistics; the factor of RTMPose's is called g."""

MEANS, DEVIATIONS = ("mean", "pixel_mean", "img_mean"), ("std", "pixel_std", "img_std")
"""Last name parts of the input normalization: mean and standard deviation."""

EMA = re.compile(r"(?:^|_)(?:ema|swa|averaged)(?:_|$)|^(?:modelema|emamodel)$")
"""Matches a name part that marks moving averages of the trained weights."""

AVERAGES = "ema"
"""The name by which the user chooses the moving averages, whatever they are called in the file."""

NORMALISATION, LEFT_OVER = Message("the input's normalization"), Message("other weights")
"""Descriptions of entries set aside that the code checks for."""

MAX_SETS = 64
"""Maximum number of dictionaries examined; guards against a file that refers to one a million times."""
MAX_DEPTH = 3
"""Maximum nesting depth of the dictionary that holds the weights."""
SHOWN = 3
"""Number of names listed in a sentence."""


@dataclass(frozen=True, slots=True)
class Aside:
    """Entries of a checkpoint that are not part of the weights taken: a description and their names."""

    what: Message
    names: tuple[str, ...]

    def describe(self) -> Message:
        """The description and the first names."""
        names, count = ", ".join(self.names[:SHOWN]), len(self.names) - SHOWN
        details = Message("{names} and {count} more", names=names, count=count) if count > 0 else names
        return Message("{what}: {details}", what=self.what, details=details)


@dataclass(frozen=True, slots=True)
class Weights:
    """One set of weights of a checkpoint.

    Attributes:
        place: Where in the file it is, such as "state_dict"; empty for the outermost object.
        tensors: The weights by name.
        aside: Entries that were set aside.
        mean: Mean of the input normalization, three values, if the file holds one.
        std: Its standard deviation, three values.
    """

    place: str
    tensors: dict[str, Leaf]
    aside: tuple[Aside, ...] = ()
    mean: Leaf | None = None
    std: Leaf | None = None


def bare_names(names: Iterable[str]) -> dict[str, str]:
    """Maps each of ``names`` to itself without the wrappers' parts and without the prefix common to all.

    If two names would become equal, all stay unchanged.
    """
    parts = {name: [part for part in name.split(".") if part not in WRAPPERS] or [name] for name in names}
    # The common prefix, part by part; the last part of a name never belongs to it.
    columns = zip(*(own[:-1] for own in parts.values()), strict=False)
    shared = sum(1 for _ in takewhile(lambda column: len(set(column)) == 1, columns))
    bare = {name: ".".join(own[shared:]) for name, own in parts.items()}
    return bare if len(set(bare.values())) == len(bare) else {name: name for name in bare}


def removed_prefix(bare: Mapping[str, str]) -> str:
    """The parts that ``bare_names`` removed, each once, joined by dots; empty if none."""
    kept = {part for short in bare.values() for part in short.split(".")}
    return ".".join(dict.fromkeys(part for name in bare for part in name.split(".") if part not in kept))


def choose_weights(top: Any, origin: str, wanted: str | None = None) -> Weights | None:
    """The network's weights in the outermost object ``top`` of a checkpoint; None if there are none.

    ``wanted`` names one of several sets ("ema": the moving averages). Raises StanceError, which names the file
    ``origin``, if there is no such set, or if there are several and none is preferred.
    """
    sets = _all_sets(top)
    if wanted:
        matching = [part for part in sets if part.place == wanted] or [part for part in sets if _matches(part, wanted)]
        if sets and not matching:
            raise StanceError(
                "{file} has no weights named {wanted!r}: wanted one of {sets}.",
                file=origin,
                wanted=wanted,
                sets=_listed(sets),
            )
        sets = matching
    if not sets:
        return None
    first, *others = [part for part in sets if _rank(part)[:2] == _rank(sets[0])[:2]]
    if others and _rank(first)[2] == len(CONTAINERS) and not _is_average(first.place):
        raise StanceError(
            "{file} has several sets of weights: {sets}; wanted --weights with the name of one.",
            file=origin,
            sets=_listed(sets),
        )
    left = [aside for aside in first.aside if aside.what == LEFT_OVER]
    if left and not wanted:
        raise StanceError(
            "{file} has other weights beside the model ({other}): wanted one model only, or --weights "
            "{name} to ignore the others.",
            file=origin,
            other=left[0].describe(),
            name=first.place.rpartition(".")[2],
        )
    buffers = _join(first.place, AVERAGES)
    networks = [part for part in sets if part is not first and _rank(part)[0] == 0]
    rest = tuple(repr(part.place) for part in networks if part.place not in ("", buffers))
    return Weights(
        first.place,
        first.tensors,
        (*first.aside, *((Aside(Message("other sets of weights"), rest),) if rest else ())),
        first.mean,
        first.std,
    )


def network_sets(top: Any) -> list[tuple[str, bool]]:
    """The sets of weights in ``top`` that ``choose_weights`` can take, the usual one first.

    Each is a name for ``wanted`` (empty: the set has no name and is the usual one), and whether it holds averages.
    """
    sets: dict[tuple[int, ...], Weights] = {}
    for part in _all_sets(top):
        if _rank(part)[0] == 0:
            sets.setdefault(tuple(map(id, part.tensors.values())), part)  # one dictionary may be in several places
    return [(part.place, _is_average(part.place)) for part in sets.values()]


def _all_sets(top: Any) -> list[Weights]:
    return sorted((part for found in islice(_sets(top), MAX_SETS) for part in _split_sets(*found)), key=_rank)


def _matches(part: Weights, wanted: str) -> bool:
    places = part.place.split(".")
    return wanted == part.place or wanted in places or (wanted == AVERAGES and _is_average(part.place))


def _is_average(place: str) -> bool:
    return any(EMA.search(part.lower()) for part in place.split("."))


def _rank(part: Weights) -> tuple[int, bool, int]:
    """Sort key: networks before other weights, trained weights before averages, usual places first."""
    network = 0 if has_network(part.tensors) else 1 if _has_weights(part.tensors) else 2
    last = part.place.rpartition(".")[2]
    return network, _is_average(part.place), CONTAINERS.index(last) if last in CONTAINERS else len(CONTAINERS)


def _listed(sets: list[Weights]) -> str:
    return joined("{first}, {rest}", [repr(part.place) if part.place else Message("an unnamed set") for part in sets])


def _has_weights(names: Iterable[str]) -> bool:
    return any(name.endswith(".weight") for name in names)


def _sets(top: Any) -> Iterator[tuple[str, dict[str, Leaf], tuple[str, ...]]]:
    """The dictionaries of tensors in nested dictionaries and lists, outermost first.

    Yields (place, tensors by name, names of the other entries). A dictionary in several places is yielded for each.
    """
    visited: dict[int, tuple[dict[str, Leaf], tuple[str, ...]]] = {}
    queue = deque([("", top, 0)])
    while queue:
        place, value, depth = queue.popleft()
        if not isinstance(value, dict | list | tuple):
            continue
        if id(value) not in visited:
            inner = [(str(name), own) for name, own in (value.items() if isinstance(value, dict) else enumerate(value))]
            tensors = {name: own for name, own in inner if _is_tensor(own)} if isinstance(value, dict) else {}
            visited[id(value)] = tensors, tuple(name for name, _ in inner if name not in tensors)
            if depth < MAX_DEPTH:
                queue.extend((_join(place, name), own, depth + 1) for name, own in inner)
        tensors, others = visited[id(value)]
        if tensors and (_has_weights(tensors) or (not others and place in CONTAINERS)):
            yield place, tensors, others


def _join(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name


def _is_tensor(value: Any) -> bool:
    return isinstance(value, LazyTensor | Tensor) or (isinstance(value, Array) and value.numbers is not None)


def _split_sets(place: str, tensors: dict[str, Leaf], others: tuple[str, ...]) -> Iterator[Weights]:
    """The sets of weights in one dictionary, without counters, losses and input normalization."""
    if not _has_weights(tensors):
        yield Weights(place, tensors)
        return
    aside = [Aside(Message("values that are not tensors"), others)] if others else []
    buffers = _average_buffers(bare_names(tensors))
    plain = {name: own for name, own in tensors.items() if name not in buffers}
    averages = {name: tensors[buffer] for buffer, name in buffers.items()}
    normalization: tuple[Leaf | None, Leaf | None] = (None, None)
    while found := _not_weights(bare_names(plain), plain):
        what, names = found
        aside.append(Aside(what, names))
        if what == NORMALISATION:
            normalization = plain[names[0]], plain[names[1]]
        plain = {name: own for name, own in plain.items() if name not in names}
    if buffers:
        averaged = {name: averages.get(name, own) for name, own in plain.items()}
        yield Weights(_join(place, AVERAGES), averaged, tuple(aside), *normalization)
        aside.append(Aside(Message("moving averages (--ema takes them instead)"), tuple(buffers)))
    bare = bare_names(plain)
    groups: dict[str, dict[str, Leaf]] = {}
    for name, own in plain.items():
        groups.setdefault(bare[name].partition(".")[0], {})[name] = own
    parts = {first: marked(bare[name].partition(".")[2] for name in own) for first, own in groups.items()}
    networks = [first for first, kinds in parts.items() if kinds]
    # A network may contain another one as one of its parts: it has marks that none of the parts has.
    contained = marked(bare[name] for name in plain) - set().union(*parts.values())
    if not networks or contained or ("backbone" in groups and not groups.keys().isdisjoint(HEADS)):
        yield Weights(place, plain, tuple(aside), *normalization)
        return
    for first in networks:
        left = tuple(name for other, own in groups.items() if other not in networks for name in own)
        more = [Aside(LEFT_OVER, left)] if left else []
        yield Weights(_join(place, first), groups[first], (*aside, *more), *normalization)


def _not_weights(bare: Mapping[str, str], tensors: Mapping[str, Leaf]) -> tuple[Message, tuple[str, ...]] | None:
    """One group of entries that are not weights, as (description, names); None if there is none."""
    counts = {name: prod(shape_of(own)) for name, own in tensors.items()}
    last = {name: name.rpartition(".")[2] for name in tensors}
    counters = tuple(name for name, count in counts.items() if count == 1 and last[name] not in WEIGHTS)
    if counters:
        return Message("counters"), counters
    training = tuple(name for name, own in bare.items() if own.partition(".")[0] in TRAINING)
    if training and len(training) < len(bare):
        return Message("what it was trained with"), training
    for mean in (name for name in tensors if last[name] in MEANS and counts[name] == 3):
        root = mean.removesuffix(last[mean])
        std = root + DEVIATIONS[MEANS.index(last[mean])]
        if counts.get(std) == 3:
            return NORMALISATION, (mean, std)
    return None


def _average_buffers(bare: Mapping[str, str]) -> dict[str, str]:
    """Maps the names of MMCV's moving-average buffers to the names of the weights that they average."""
    flat = {own.replace(".", "_"): name for name, own in bare.items() if "." in own}
    return {
        name: flat[own.removeprefix("ema_")]
        for name, own in bare.items()
        if own.startswith("ema_") and "." not in own and own.removeprefix("ema_") in flat
    }


def shape_of(leaf: Leaf) -> tuple[int, ...]:
    """The shape of a tensor or array; () if it holds no numbers."""
    if isinstance(leaf, Array):
        return () if leaf.numbers is None else leaf.numbers.shape
    return tuple(leaf.shape)
