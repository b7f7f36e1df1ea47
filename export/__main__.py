"""``python -m export``: checkpoints become ONNX files that run in Stance."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from app.errors import StanceError

BAD_INPUT = 2
DETECTOR = 3
"""What was given as a pose network is a detector."""
INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command with ``arguments`` (the process's own by default); gives the exit code."""
    try:
        return _run(_parser().parse_args(arguments))
    except StanceError as error:
        return _refuse(str(error))
    except ModuleNotFoundError as error:
        return _refuse(f"Converting needs the package {error.name!r}: `pip install -r requirements.txt` brings it.")
    except KeyboardInterrupt:
        return INTERRUPTED


class _Parser(argparse.ArgumentParser):
    """Tells what is wrong in one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(BAD_INPUT, f"{message[:1].upper()}{message[1:]}: `{self.prog} --help` lists what is known.\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m export", description=__doc__, allow_abbrev=False)
    commands = parser.add_subparsers(dest="command", required=True, parser_class=_Parser)

    pose = commands.add_parser("pose", help="convert a pose network", allow_abbrev=False)
    pose.add_argument("checkpoint", type=Path, help="PyTorch weights (.pth, .pt, .pth.tar) or .safetensors")
    pose.add_argument("-o", "--output", type=Path, metavar="OUT.onnx", help="(the checkpoint's name, here)")
    pose.add_argument("--input", type=_size, metavar="WxH", help="size of a crop, width first")
    pose.add_argument(
        "--keypoints", metavar="NAME-or-FILE", help="coco17, mpii16, another skeleton that ships, or FILE.json"
    )
    pose.add_argument("--decode", choices=("plain", "dark", "udp"), help="how peaks are refined")
    pose.add_argument("--color", choices=("rgb", "bgr"), help="order of the channels that it was trained with")
    pose.add_argument("--caffe-style", action="store_true", help="ResNet whose stride sits in the first convolution")
    pose.add_argument("--fusing", choices=("nearest", "bilinear"), help="how HRNet enlarges coarse branches")
    pose.add_argument("--half", action="store_true", help="FP16 inside, float32 in and out")
    pose.add_argument(
        "--int8", type=Path, metavar="IMAGES", help="INT8, calibrated on the people in this folder's pictures"
    )
    pose.add_argument("--fused", action="store_true", help="uint8 crops in, keypoints out")
    pose.add_argument("--opset", type=int, metavar="N", help="ONNX operator set (17)")

    detector = commands.add_parser("detector", help="convert a detector of Ultralytics", allow_abbrev=False)
    detector.add_argument("checkpoint", type=Path, help="an Ultralytics detection model (.pt)")
    detector.add_argument("-o", "--output", type=Path, metavar="OUT.onnx", help="(the checkpoint's name, here)")
    detector.add_argument("--input", type=int, default=640, metavar="SIDE", help="side of the picture it sees (640)")

    info = commands.add_parser("info", help="what a file says of itself", allow_abbrev=False)
    info.add_argument("model", type=Path, metavar="MODEL.onnx")
    info.add_argument("--json", action="store_true", help="the card itself")

    fetch = commands.add_parser("fetch", help="fetch and convert a network of the catalogue", allow_abbrev=False)
    fetch.add_argument("name", help="as `python main.py --list-models` shows it")
    fetch.add_argument("--file", type=Path, metavar="CHECKPOINT", help="the checkpoint, fetched by hand")
    return parser


def _run(wanted: argparse.Namespace) -> int:
    match wanted.command:
        case "pose":
            return _pose(wanted)
        case "detector":
            return _detector(wanted)
        case "info":
            return _info(wanted)
        case _:
            return _fetch(wanted)


def _pose(wanted: argparse.Namespace) -> int:
    from export.convert import Form, convert
    from export.detector import of_ultralytics
    from export.facts import Wishes, plain_name, read_skeleton
    from export.trace import OPSET

    wishes = Wishes(
        size=wanted.input,
        skeleton=read_skeleton(wanted.keypoints) if wanted.keypoints else None,
        decoding=wanted.decode,
        color=wanted.color,
        style="caffe" if wanted.caffe_style else None,
        fusing=wanted.fusing,
    )
    form = Form(wanted.half, wanted.int8, wanted.fused, OPSET if wanted.opset is None else wanted.opset)
    target = wanted.output or Path(f"{plain_name(wanted.checkpoint)}.onnx")
    try:
        convert(wanted.checkpoint, target, wishes, form, _say)
    except StanceError as error:
        if not of_ultralytics(wanted.checkpoint):
            raise
        _refuse(str(error))
        return DETECTOR
    return 0


def _detector(wanted: argparse.Namespace) -> int:
    from export.detector import convert_detector

    target = wanted.output or Path(f"{wanted.checkpoint.stem}.onnx")
    convert_detector(wanted.checkpoint, target, wanted.input, _say)
    return 0


def _info(wanted: argparse.Namespace) -> int:
    from app.card import write_card
    from export.info import card_of, in_words

    card = card_of(wanted.model)
    _say(write_card(card) if wanted.json else in_words(card, wanted.model))
    return 0


def _fetch(wanted: argparse.Namespace) -> int:
    from export.fetch import fetch_converted

    _say(str(fetch_converted(wanted.name, wanted.file, _say)))
    return 0


def _say(line: str) -> None:
    """Lines are read by the app while the work goes on."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _refuse(sentence: str) -> int:
    sys.stderr.write(f"{sentence}\n")
    return BAD_INPUT


def _size(text: str) -> tuple[int, int]:
    found = re.fullmatch(r"(\d+)[x×](\d+)", text)
    if not found:
        raise argparse.ArgumentTypeError(f"{text!r} is no size, wanted WIDTHxHEIGHT such as 192x256")
    return int(found[1]), int(found[2])


if __name__ == "__main__":
    sys.exit(main())
