"""Stance as a library: people in pictures, videos and cameras, three lines to the first skeleton.

    import stance
    pose = stance.Pose("rtmpose-s")
    people = pose(image)

Importing this module starts nothing and sets nothing: OpenCV and ONNX Runtime are loaded by the first ``Pose``.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from queue import Empty, Full, Queue
from typing import TYPE_CHECKING, Any

from app import __version__
from app.core.arguments import check_fields, check_image, check_kind, check_people
from app.core.errors import StanceError
from app.core.people import Frame, FramePoses, Image, Person
from app.core.settings import Device, Rotate, Settings
from app.core.skeleton import Skeleton

if TYPE_CHECKING:  # these load OpenCV and ONNX Runtime
    from app.engine import Engine

__all__ = ["Frame", "Image", "Person", "Pose", "Skeleton", "StanceError", "__version__", "draw"]

QUEUE_FRAMES = 8
"""Analysed frames that wait for the caller of ``Pose.track``."""
POLL_S = 0.1


class Pose:
    """A person detector and a pose network, ready to run.

    One object may be used from several threads; each call and each ``track`` has a tracker of its own.
    """

    def __init__(
        self,
        pose: str | Path = "rtmpose-s",
        *,
        detector: str | Path | None = None,
        device: Device = "auto",
        **options: Any,
    ) -> None:
        """Load the networks, and fetch those that are not in the cache yet.

        Args:
            pose: A name that ``stance --list-models`` shows, or an ONNX file.
            detector: The same for the person detector; None takes the default one where the pose network needs one.
                ``"none"`` takes the whole picture as one person.
            device: ``"auto"`` takes the best device that runs; a named one that does not run is an error.
            options: Further fields of ``app.core.settings.Settings``, for instance ``smooth="kalman"``,
                ``flip_test=True``, ``max_people=1``, ``threshold=0.4``, ``crop="192x256"`` or ``crop=(192, 256)``.

        Raises:
            StanceError: A network cannot be located or does not run, an option is unknown or out of range, or a
                detector, detection interval or flip test is named for a pose network that has none.
        """
        from app.system.environment import prepare_environment

        prepare_environment()
        from app.pipeline import open_pipeline
        from app.pose.unsupported import refuse_unsupported

        unknown = sorted(options.keys() - Settings.__dataclass_fields__.keys())
        if unknown:
            known = ", ".join(sorted(Settings.__dataclass_fields__.keys() - {"pose", "detector", "device"}))
            raise StanceError("Unknown option {name!r} of Pose: wanted one of {known}.", name=unknown[0], known=known)
        _check_name("pose", pose)
        if detector is not None:
            _check_name("detector", detector)
        if "crop" in options:
            options["crop"] = _crop_text(options["crop"])
        check_fields(Settings, options)
        named_detector = Settings().detector if detector is None else str(detector)
        self.settings = Settings(pose=str(pose), detector=named_detector, device=device, **options)
        self._pipeline = open_pipeline(self.settings, detector_is_requested=detector is not None)
        refuse_unsupported(self._pipeline.info, self.settings)
        self._lock = threading.Lock()

    @property
    def skeleton(self) -> Skeleton:
        """Names, limbs and left/right pairs of the K keypoints."""
        return self._pipeline.skeleton

    @property
    def device(self) -> str:
        """The device that the networks run on, for instance ``"cpu"`` or ``"cuda"``."""
        return self._pipeline.device

    def __call__(self, image: Image) -> list[Person]:
        """Find the people in a single picture.

        Args:
            image: (H, W, 3) uint8 in BGR order, as OpenCV reads it.

        Returns:
            People ordered by id. ``Person.box`` is (4,) float32 = x0 y0 x1 y1 and ``Person.keypoints`` (K, 3)
            float32 = x y score, in pixels of ``image``; the center of the first pixel is 0, 0.

        Raises:
            StanceError: ``image`` is no array, or has another shape or type.
        """
        check_image(image)
        with self._lock:
            self._pipeline.reset()
            return list(self._pipeline.process(Frame(0, 0.0, image)).people)

    def track(
        self,
        source: str | Path | int,
        *,
        start_s: float = 0.0,
        end_s: float | None = None,
        limit: int | None = None,
        rotate: Rotate = "auto",
    ) -> Iterator[tuple[Frame, list[Person]]]:
        """Follow people through a source: ids that stay, smoothed keypoints; as ``stance --headless`` does.

        Args:
            source: Anything that ``--source`` takes: a video, picture or folder, a camera number, a stream, ``"demo"``.
            start_s: Start in a file, in seconds.
            end_s: Moment before which a file ends, in seconds; None for its end.
            limit: Number of frames after which to stop.
            rotate: ``"auto"`` follows the file's metadata; else degrees clockwise.

        Yields:
            Each frame and its people, in order of time. Leaving the loop ends its threads.

        Raises:
            StanceError: The source cannot be opened or read any further, or ends before ``start_s``; an argument is of
                another type.
        """
        if not isinstance(source, str | Path | int):
            raise StanceError(
                "A source of type {kind}: wanted a path, an address or the number of a camera.",
                kind=type(source).__name__,
            )
        check_kind("start_s", start_s, float)
        if end_s is not None:
            check_kind("end_s", end_s, float)
        if limit is not None:
            check_kind("limit", limit, int)
        from app.core.settings import RunOptions
        from app.engine import Engine
        from app.sources import open_source
        from app.sources.start import check_start
        from app.zoo.fetch import locate

        options = RunOptions(str(source), start_s=start_s, end_s=end_s, limit=limit, rotate=rotate)
        opened = open_source(str(locate("demo")) if options.source == "demo" else options.source, rotate=rotate)
        try:
            check_start(opened, start_s)
        except StanceError:
            opened.close()
            raise
        results = _ResultQueue()
        engine = Engine(
            opened, self._pipeline.clone_with_shared_networks(), [results], start_s=start_s, end_s=end_s, limit=limit
        )
        return _results_of(engine, results)


def draw(image: Image, people: Iterable[Person], skeleton: Skeleton, **style: Any) -> Image:
    """Draw people on a copy of a picture.

    Args:
        image: (H, W, 3) uint8 in BGR order; it stays as it is.
        people: As ``Pose`` returns them, in pixels of ``image``.
        skeleton: ``Pose.skeleton``.
        style: Fields of ``app.overlay.DrawStyle``, for instance ``boxes=True``, ``ids=False``, ``color="person"``.

    Returns:
        A new picture, (H, W, 3) uint8 in BGR order.

    Raises:
        StanceError: ``image`` has another shape or type, ``people`` are something else or have other keypoints than
            ``skeleton``, or a style is unknown or of another type.
    """
    from app.core.film_options import PRIVACIES
    from app.overlay import COLORINGS, STYLES, DrawStyle, painted

    check_image(image)
    unknown = sorted(style.keys() - DrawStyle.__dataclass_fields__.keys())
    if unknown:
        known = ", ".join(sorted(DrawStyle.__dataclass_fields__))
        raise StanceError("Unknown style {name!r} of draw: wanted one of {known}.", name=unknown[0], known=known)
    check_fields(DrawStyle, style)
    for name, choices in (("style", STYLES), ("color", COLORINGS), ("privacy", PRIVACIES)):
        if style.get(name, choices[0]) not in choices:
            raise StanceError(
                "Unknown {kind} {name!r}: wanted one of {known}.", kind=name, name=style[name], known=", ".join(choices)
            )
    return painted(image, FramePoses(0, 0.0, check_people(people, skeleton)), skeleton, DrawStyle(**style))


def _check_name(argument: str, value: object) -> None:
    if not isinstance(value, str | Path):
        raise StanceError(
            "{name} is {value}: wanted a name of the catalogue or a path.", name=argument, value=repr(value)
        )


def _crop_text(crop: object) -> str:
    """``crop``, (width, height) or already a text, as ``Settings`` takes it."""
    if isinstance(crop, str):
        return crop
    if isinstance(crop, tuple | list) and len(crop) == 2 and all(isinstance(side, int) for side in crop):
        return f"{crop[0]}x{crop[1]}"
    raise StanceError('crop is {value}: wanted (width, height) or "WIDTHxHEIGHT".', value=repr(crop))


class _ResultQueue:
    """A sink that hands frames over to another thread; a full queue makes the engine wait."""

    paths: tuple[Path, ...] = ()

    def __init__(self) -> None:
        self._queue: Queue[tuple[Frame, list[Person]]] = Queue(QUEUE_FRAMES)
        self._abandoned = threading.Event()

    def write(self, frame: Frame, poses: FramePoses, name: str = "") -> None:
        """Queue one frame; waits while the queue is full, until the caller has left."""
        while not self._abandoned.is_set():
            try:
                self._queue.put((frame, list(poses.people)), timeout=POLL_S)
            except Full:
                continue
            return

    def close(self) -> None:
        """Nothing to finish."""

    def get(self) -> tuple[Frame, list[Person]] | None:
        """The oldest frame, or None where none came within ``POLL_S``."""
        try:
            return self._queue.get(timeout=POLL_S)
        except Empty:
            return None

    def abandon(self) -> None:
        """Take no frames any more."""
        self._abandoned.set()


def _results_of(engine: Engine, results: _ResultQueue) -> Iterator[tuple[Frame, list[Person]]]:
    """Start ``engine`` and yield what it finds; stop it when the caller leaves."""
    engine.start()
    try:
        finished = False
        while True:
            item = results.get()
            if item is not None:
                yield item
            elif finished:
                return
            else:
                finished = engine.wait(0)
    finally:
        results.abandon()
        engine.stop()
