"""Caches results of clips while the program runs, so that returning to earlier settings or networks is fast.

The outputs of the networks are cached for the last clips and networks, and the last finished analyses.
"""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import replace
from typing import TypeVar
from weakref import WeakKeyDictionary

from app.analysis import Analysis
from app.analysis.recording_check import RecordingCheck
from app.core.settings import Settings
from app.network_answers import NetworkAnswers
from app.pipeline import Pipeline
from app.project.project_run import ProjectRun
from app.project.store import ProjectStore
from app.sources.lazy_clip import FrameList

MAX_BYTES = 1_000_000_000
"""Size limit of all cached outputs, in bytes; the least recently used go first, those of the open clip never."""
MAX_ANALYSES = 3
MAX_CLIPS = 4

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")
Run = tuple[Hashable, Hashable, Settings]


class KeptResults:
    """Caches results by clip (see ``clip_of``) and networks; used only in the window's thread.

    ``projects`` finds the projects of clips, ``runs`` are the runs by which analyses are kept in them.
    """

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        self._max_bytes = max_bytes
        self._frames: OrderedDict[Hashable, FrameList] = OrderedDict()
        self._answers: OrderedDict[tuple[Hashable, Hashable], NetworkAnswers] = OrderedDict()
        self._analyses: OrderedDict[Run, Analysis] = OrderedDict()
        self._forgotten: set[tuple[Hashable, Hashable]] = set()
        self.projects = ProjectStore()
        self.runs: WeakKeyDictionary[Analysis, ProjectRun] = WeakKeyDictionary()
        self._checks: OrderedDict[tuple[Hashable, Hashable], RecordingCheck] = OrderedDict()

    def frames(self, clip: Hashable) -> FrameList:
        """The list of frames of ``clip``, as far as it was read before."""
        return _newest(self._frames, clip, FrameList(), MAX_CLIPS)

    def answers(self, clip: Hashable, pipeline: Pipeline) -> NetworkAnswers:
        """The cached outputs of the networks of ``pipeline`` for ``clip``."""
        answers = _newest(self._answers, (clip, networks_of(pipeline)), NetworkAnswers(), len(self._answers) + 1)
        while len(self._answers) > 1 and sum(kept.size_bytes for kept in self._answers.values()) > self._max_bytes:
            self._answers.popitem(last=False)
        return answers

    def analysis(self, run: Run) -> Analysis | None:
        """The finished analysis of ``run`` (see ``run_of``), without what the user changed in it; None if missing."""
        analysis = self._analyses.get(run)
        if analysis is not None:
            self._analyses.move_to_end(run)
            analysis.set_edits(())
            for number in analysis.names():
                analysis.rename(number, "")
            for number in analysis.chosen_facing():
                analysis.choose_facing(number, None)
            for number in analysis.hidden():
                analysis.hide(number, False)
            analysis.reorder(sorted(analysis.ids()))
        return analysis

    def keep(self, run: Run, analysis: Analysis) -> None:
        """Cache the finished ``analysis`` of ``run``."""
        self._analyses.pop(run, None)
        _newest(self._analyses, run, analysis, MAX_ANALYSES)

    def check(self, run: Run, pipeline: Pipeline) -> RecordingCheck:
        """The check of the recording that ``run`` (see ``run_of``) analyses, whatever its settings."""
        check = RecordingCheck(pipeline.skeleton, pipeline.settings.threshold)
        return _newest(self._checks, run[:2], check, MAX_CLIPS)

    def forget(self, clip: Hashable, pipeline: Pipeline) -> None:
        """Remove the results of ``clip`` with these networks."""
        networks = networks_of(pipeline)
        self._forgotten.add((clip, networks))
        self._answers.pop((clip, networks), None)
        self._frames.pop(clip, None)
        for key in [key for key in self._analyses if key[1] == networks]:
            del self._analyses[key]
        for checked in [checked for checked in self._checks if checked[1] == networks]:
            del self._checks[checked]

    def is_forgotten(self, clip: Hashable, pipeline: Pipeline) -> bool:
        """Whether the results of ``clip`` with these networks were removed since the last call."""
        key = clip, networks_of(pipeline)
        if key not in self._forgotten:
            return False
        self._forgotten.discard(key)
        return True


def clip_of(path: str, *rest: Hashable) -> Hashable:
    """Key of a clip, which changes when the file is written again; ``rest`` is added to it: the rotation, say."""
    try:
        stat = os.stat(path)
    except OSError:
        return (path, *rest)
    return (path, stat.st_size, stat.st_mtime_ns, *rest)


def networks_of(pipeline: Pipeline) -> Hashable:
    """Key of the networks of ``pipeline``: files, cards and requested devices."""
    networks = ((clip_of(str(use.network.path)), repr(use.card), use.network.requested) for use in pipeline.networks)
    return (*networks, pipeline.detector_name)


def run_of(clip: Hashable, pipeline: Pipeline) -> Run:
    """Key of an analysis of ``clip`` with the networks and settings of ``pipeline``."""
    settings = pipeline.settings
    return clip, networks_of(pipeline), replace(settings, pose="", detector="", device="auto")


def _newest(kept: OrderedDict[Key, Value], key: Key, new: Value, most: int) -> Value:
    """The cached value of ``key``, else ``new``; it becomes the newest of at most ``most`` values."""
    value = kept.setdefault(key, new)
    kept.move_to_end(key)
    while len(kept) > most:
        kept.popitem(last=False)
    return value
