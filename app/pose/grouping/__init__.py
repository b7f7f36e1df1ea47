"""Groupings: how the maps of a bottom-up network become people. One file per method."""

from __future__ import annotations

from app.core.skeleton import Skeleton
from app.inference.bottom_up_card import AssociativeEmbedding, CenterOffsets, GroupingSpec, PartAffinity
from app.pose.grouping.associative_embedding import TagGrouping
from app.pose.grouping.center_offsets import CenterGrouping
from app.pose.grouping.grouping import Grouping
from app.pose.grouping.part_affinity import FieldGrouping

__all__ = ["Grouping", "grouping_of"]


def grouping_of(spec: GroupingSpec, skeleton: Skeleton) -> Grouping:
    """The implementation of the grouping that a card states, for people with the keypoints of ``skeleton``."""
    match spec:
        case AssociativeEmbedding():
            return TagGrouping(spec, skeleton)
        case CenterOffsets():
            return CenterGrouping(spec, skeleton)
        case PartAffinity():
            return FieldGrouping(spec, skeleton)
