"""Converts the colors of HDR video (PQ and HLG, ITU-R BT.2100) and of wide-gamut video to BT.709 in standard range."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from av.filter import Graph
from av.video.frame import VideoFrame
from av.video.reformatter import Colorspace, VideoReformatter
from numpy.typing import NDArray

PQ, HLG = 16, 18
"""AVCOL_TRC_SMPTE2084 and AVCOL_TRC_ARIB_STD_B67."""
UNSPECIFIED = 2
BT2020, DCI_P3, DISPLAY_P3 = 9, 11, 12
"""AVCOL_PRI_BT2020, AVCOL_PRI_SMPTE431 and AVCOL_PRI_SMPTE432."""
LEVEL = 8
"""Level of the Hald CLUT: the table has LEVEL ** 2 steps each of red, green and blue, as FFmpeg's haldclut reads it."""
WHITE_NITS = 203.0
"""Diffuse white of PQ and HLG in cd/m2 (ITU-R BT.2408), which becomes the white of the standard range."""
HLG_PEAK_NITS = 1000.0
KNEE = 0.9
"""Light up to this fraction of white is unchanged; brighter light, highlights too, is compressed into the rest."""
GAMMA = 2.4
"""Exponent of a display of standard range (ITU-R BT.1886)."""
FROM_P3 = np.array([[1.2249, -0.2249, 0.0], [-0.0420, 1.0420, 0.0], [-0.0196, -0.0786, 1.0983]])
TO_BT709 = {
    BT2020: np.array([[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]]),
    DCI_P3: FROM_P3,
    DISPLAY_P3: FROM_P3,
}
"""Matrices to linear BT.709, by the primaries of the linear light that they convert."""
FORMAT = "gbrpf32le"
TICK = Fraction(1, 1000)

Values = NDArray[np.float64]


def needs_conversion(frame: VideoFrame) -> bool:
    """Whether ``frame`` is HDR or has primaries of a wider gamut than BT.709."""
    return frame.color_trc in (PQ, HLG) or frame.color_primaries in TO_BT709


class ColorConverter:
    """Converts frames to BT.709 in standard dynamic range, by a lookup table that FFmpeg applies to each pixel."""

    def __init__(self) -> None:
        self._reformatter = VideoReformatter()
        self._graph: Graph | None = None
        self._kind: tuple[int, int, int, int] | None = None
        self._count = 0

    def __call__(self, frame: VideoFrame) -> VideoFrame:
        """Convert ``frame`` to planar float RGB of the same size."""
        kind = (frame.width, frame.height, int(frame.color_trc), int(frame.color_primaries))
        if self._graph is None or kind != self._kind:
            self._graph, self._kind = _graph(*kind), kind
        matrix = Colorspace.BT2020 if frame.colorspace == UNSPECIFIED else None
        rgb = self._reformatter.reformat(frame, format=FORMAT, src_colorspace=matrix, threads=1)
        self._count += 1
        rgb.pts, rgb.time_base = self._count, TICK
        self._graph.push(rgb, at=0)
        return self._graph.vpull()


def _graph(width: int, height: int, transfer: int, primaries: int) -> Graph:
    graph = Graph()
    side = LEVEL**3
    pictures = graph.add_buffer(width=width, height=height, format=FORMAT, time_base=TICK)  # type: ignore[arg-type]
    table = graph.add_buffer(width=side, height=side, format="rgb48le", time_base=TICK)  # type: ignore[arg-type]
    same, mapped = graph.add("format", FORMAT), graph.add("haldclut", clut="first")
    graph.link_nodes(table, same)
    pictures.link_to(mapped, 0, 0)
    same.link_to(mapped, 0, 1)
    graph.link_nodes(mapped, graph.add("buffersink"))
    graph.configure()
    values = np.round(_table(transfer, primaries) * 65535).astype("<u2").reshape(side, side, 3)
    clut = VideoFrame.from_ndarray(values, format="rgb48le")
    clut.pts, clut.time_base = 0, TICK
    graph.push(clut, at=1)
    table.push(None)
    return graph


def _table(transfer: int, primaries: int) -> Values:
    """The output RGB (LEVEL ** 6, 3), 0..1, for every input RGB, with red changing fastest."""
    light = _display_light(np.linspace(0.0, 1.0, LEVEL**2), transfer)
    if transfer in (PQ, HLG) and primaries == UNSPECIFIED:
        primaries = BT2020
    if primaries in TO_BT709:
        light = light @ TO_BT709[primaries].T
    if transfer in (PQ, HLG):
        # Scaled by the brightest channel, so that hues do not change.
        peak = np.maximum(light.max(axis=1, keepdims=True), 1e-9)
        light = light * (_compressed(peak) / peak)
    shown: Values = np.clip(light, 0.0, 1.0) ** (1 / GAMMA)
    return shown


def _display_light(steps: Values, transfer: int) -> Values:
    """Light of every combination of the signal ``steps`` (N,) as RGB (N ** 3, 3); 1 is white of the standard range."""
    if transfer == PQ:
        return _combinations(_pq_nits(steps)) / WHITE_NITS
    if transfer == HLG:
        scene = _combinations(_hlg_scene(steps))
        luma = scene @ np.array([0.2627, 0.6780, 0.0593])
        light: Values = HLG_PEAK_NITS / WHITE_NITS * scene * np.maximum(luma, 1e-9)[:, None] ** 0.2
        return light
    return _combinations(steps**GAMMA)


def _combinations(values: Values) -> Values:
    blue, green, red = np.meshgrid(values, values, values, indexing="ij")
    return np.stack([red, green, blue], axis=-1).reshape(-1, 3)


def _compressed(light: Values) -> Values:
    """``light`` below 1: unchanged up to ``KNEE``, above it with the same slope at first and 1 as the limit."""
    above = np.maximum(light - KNEE, 0) / (1 - KNEE)
    compressed: Values = np.minimum(light, KNEE) + (1 - KNEE) * above / (1 + above)
    return compressed


def _pq_nits(coded: Values) -> Values:
    """Light in cd/m2 of a PQ signal 0..1 (SMPTE ST 2084)."""
    root = coded ** (32 / 2523)
    light: Values = 10_000.0 * (np.maximum(root - 3424 / 4096, 0) / (2413 / 128 - 2392 / 128 * root)) ** (16384 / 2610)
    return light


def _hlg_scene(coded: Values) -> Values:
    """Scene light 0..1 of an HLG signal 0..1 (ARIB STD-B67)."""
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    light: Values = np.where(coded <= 0.5, coded**2 / 3, (np.exp((coded - c) / a) + b) / 12)
    return light
