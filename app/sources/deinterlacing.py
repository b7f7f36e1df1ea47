"""De-interlacing: frames of two fields taken at different times become progressive."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import TypeVar

from av.error import BlockingIOError as NothingYet
from av.error import EOFError as End
from av.filter import Graph
from av.video.frame import VideoFrame

MIN_WIDTH, MIN_HEIGHT = 3, 4  # what FFmpeg's bwdif works on
TICK = Fraction(1, 1000)

Item = TypeVar("Item")


def deinterlaced(
    items: Iterator[Item],
    frame_of: Callable[[Item], VideoFrame],
    put: Callable[[Item, VideoFrame], Item],
    found: Callable[[], None],
) -> Iterator[Item]:
    """Yield ``items`` in order, with interlaced frames de-interlaced by FFmpeg's bwdif.

    ``frame_of`` gets an item's frame, ``put`` returns the item with another frame. Progressive frames are unchanged.
    ``found`` is called before each run of frames that starts with an interlaced one. The filter uses the previous and
    the next frame; one item in, one item out.
    """
    graph: Graph | None = None
    shape: tuple[int, int, str] | None = None
    waiting: deque[Item] = deque()
    for count, item in enumerate(items):
        frame = frame_of(item)
        kind = (frame.width, frame.height, frame.format.name)
        if graph is not None and kind != shape:
            yield from _rest(graph, waiting, put)
            graph = None
        if graph is None and (not frame.interlaced_frame or min(kind[0] - MIN_WIDTH, kind[1] - MIN_HEIGHT) < 0):
            yield item
            continue
        if graph is None:
            found()
            graph, shape = _graph(frame), kind
        waiting.append(item)
        pts, base = frame.pts, frame.time_base
        frame.pts, frame.time_base = count, TICK
        graph.push(frame)
        frame.pts, frame.time_base = pts, base
        yield from _ready(graph, waiting, put)
    if graph is not None:
        yield from _rest(graph, waiting, put)


def _ready(graph: Graph, waiting: deque[Item], put: Callable[[Item, VideoFrame], Item]) -> Iterator[Item]:
    while True:
        try:
            frame = graph.vpull()
        except (NothingYet, End):
            return
        yield put(waiting.popleft(), frame)


def _rest(graph: Graph, waiting: deque[Item], put: Callable[[Item, VideoFrame], Item]) -> Iterator[Item]:
    graph.push(None)
    yield from _ready(graph, waiting, put)
    waiting.clear()


def _graph(frame: VideoFrame) -> Graph:
    graph = Graph()
    source = graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base=TICK)
    method = graph.add("bwdif", mode="send_frame", parity="auto", deint="interlaced")
    graph.link_nodes(source, method, graph.add("buffersink"))
    graph.configure()
    return graph
