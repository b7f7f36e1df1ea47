"""Small networks of each architecture: other widths, depths, stacks, stages and keypoints than the published ones."""

from __future__ import annotations

from export.plans.cpm import CPMPlan
from export.plans.cpn import CPNPlan
from export.plans.dekr import DEKRPlan, RescorePlan
from export.plans.higher_hrnet import HigherHRNetPlan, TagHRNetPlan
from export.plans.hourglass import HourglassPlan
from export.plans.hrnet import Branches, HRNetPlan
from export.plans.mspn import MSPNPlan
from export.plans.openpose import OpenPosePlan
from export.plans.plan import Plan
from export.plans.simple_baseline import ResNetPlan
from export.plans.tag_hourglass import TagHourglassPlan
from models.cpm import Layers
from models.dekr import DEKRHeads
from models.head import Head, Layer
from models.higher_hrnet import Finals, Upsampling
from models.hourglass import Levels
from models.hrnet import Stage
from models.mspn import Unit
from models.openpose import Conv
from models.resnet import BasicBlock, Bottleneck
from models.tag_hourglass import Norms

FIRST = Stage(1, (4,), (1,), Bottleneck)
STAGES = (Stage(1, (4, 8), (1, 1)), Stage(2, (4, 8, 16), (1, 2, 1)), Stage(1, (4, 8, 16, 32), (1, 1, 1, 2)))
TRUNK = Branches(8, FIRST, STAGES, 1)
THREE = Branches(6, Stage(1, (4,), (2,), BasicBlock), STAGES[:2], 1)
UNITS = (Unit(32, (8,)), Unit(64, (16, 16)), Unit(128, (32,)), Unit(256, (64, 64)))
STEPS = (Unit(8, (3, 3)), Unit(16, (3, 6)), Unit(32, (6,)), Unit(64, (12, 24)))
FEATURES = tuple(Conv(width, 3) for width in (4, 4, 8, 8, 16, 16, 16, 16, 32, 32, 16, 8))
BRANCH = (Conv(8, 3), Conv(8, 3), Conv(16, 1))
LATER = (Conv(8, 7), Conv(8, 5), Conv(8, 1))


def openpose(maps: int, fields: int, stages: int) -> OpenPosePlan:
    """An OpenPose of ``stages`` stages with ``maps`` heatmaps, the background's included."""
    layers = (BRANCH, *(LATER,) * (stages - 1))
    ends = tuple(((*branch, Conv(fields, 1)), (*branch, Conv(maps, 1))) for branch in layers)
    return OpenPosePlan(FEATURES, ends, "tensorboy")


SMALL: dict[str, Plan] = {
    "higherhrnet": HigherHRNetPlan(TRUNK, Finals((34, 17), (1, 1)), (Upsampling(4, 4, 2, cat=True),)),
    "higherhrnet-14": HigherHRNetPlan(TRUNK, Finals((28, 14), (1, 3)), (Upsampling(6, 4, 1, cat=False),)),
    "higherhrnet-three-resolutions": HigherHRNetPlan(
        THREE,
        Finals((34, 17, 17), (1, 1, 1)),
        (Upsampling(4, 4, 1, cat=True), Upsampling(8, 3, 1, cat=True, block=Bottleneck)),
    ),
    "ae-hrnet-mmpose0": HigherHRNetPlan(TRUNK, Finals((34,), (1,)), ()),
    "swahr": HigherHRNetPlan(TRUNK, Finals((34, 17), (1, 1)), (Upsampling(4, 4, 2, cat=True),), (9, 9)),
    "ae-hrnet": TagHRNetPlan(HRNetPlan(8, FIRST, STAGES, Head(28), merged=False, rows=1)),
    "dekr": DEKRPlan(Branches(8, FIRST, STAGES, 4), DEKRHeads(17, 8, 1, BasicBlock, 5, 2)),
    "dekr-14": DEKRPlan(Branches(8, FIRST, STAGES[:2], 3), DEKRHeads(14, 4, 2, Bottleneck, 3, 1)),
    "dekr-rescore-14": RescorePlan(61, (32, 16)),
    "openpose": openpose(19, 38, 3),
    "openpose-body25": openpose(26, 52, 2),
    "ae-hourglass": TagHourglassPlan((4, 8, 8, 12), (12, 16, 20), 2, 68, Norms(), bias=True, channels_last=True),
    "ae-hourglass-norm": TagHourglassPlan(
        (4, 8, 8, 12), (12, 12, 12, 12), 3, 64, Norms(stem=True, inside=True), bias=True, channels_last=True
    ),
    "ae-hourglass-mmpose": TagHourglassPlan(
        (4, 8, 8, 12), (12, 16, 20), 3, 28, Norms(True, True, True, True), bias=False, channels_last=False
    ),
    "hourglass": HourglassPlan(6, Levels((8, 12, 12), (1, 2, 3)), 1, Head(16), 8, spare=True),
    "hourglass-stacked": HourglassPlan(6, Levels((8, 8, 12, 16), (2, 2, 1, 2)), 3, Head(17), 12),
    "hourglass-deconvolutions": HourglassPlan(
        6, Levels((8, 12, 12), (1, 1, 1)), 2, Head(14, 3, (Layer(8, 4), Layer(6, 3))), 8
    ),
    "cpm-head": CPMPlan(
        Layers((8, 8, 8, 4), (9, 9, 9, 5)), Layers((6,) * 3, (9,) * 3), (Layers((8,), (11,)),), (4, 5), 14, Head(21)
    ),
    "cpm-stages": CPMPlan(
        Layers((8, 8, 8, 4, 16, 16), (9, 9, 9, 5, 9, 1)),
        Layers((6,) * 3, (9,) * 3),
        (Layers((8,) * 3, (11,) * 3), Layers((8,) * 2, (7,) * 2)),
        (4, 5),
        14,
    ),
    "mspn": MSPNPlan(8, (UNITS,), 16, 17),
    "mspn-stages": MSPNPlan(8, (UNITS, UNITS, UNITS), 16, 14),
    "rsn": MSPNPlan(8, (STEPS,), 16, 17, 3),
    "rsn-stages": MSPNPlan(8, (STEPS, STEPS), 12, 17, 3),
    "rsn-refined": MSPNPlan(8, (STEPS[:3],), 12, 17, 3, refined=True),
    "cpn": CPNPlan(ResNetPlan(Bottleneck, (1, 2, 1, 1), 4), 8, 4, (3, 2, 1, 0), 17),
    "cpn-basic": CPNPlan(ResNetPlan(BasicBlock, (1, 1, 1), 8), 8, 6, (2, 1, 0), 16),
}
"""The plans by name; their input sides are multiples of ``plan.multiple``."""
