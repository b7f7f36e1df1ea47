"""``python -m export``: checkpoints become ONNX files that run in Stance."""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from app.cli.console import Parser, named_path, number
from app.core.errors import StanceError
from app.core.message import Message
from app.core.message_lines import to_line
from app.system.environment import prepare_environment

BAD_INPUT = 2
"""Exit code for bad input; one sentence on the standard error says what is wrong."""
SIDE = 640
"""Usual side of the input of Ultralytics models, in pixels."""
FORM_OPTIONS = (
    *("keypoints", "decode", "color", "caffe_style", "fusing", "heads", "last_relu", "beta", "debias", "rescore"),
    *("weights", "half", "int8", "fused", "opset"),
)
"""Options of ``pose`` that Ultralytics models do not have."""
DETECTOR = 3
"""Exit code of ``pose`` for a file that holds a detector."""
SEVERAL_SETS = 4
"""Exit code of ``pose --one-set`` for a file with several sets of weights."""
INTERRUPTED = 130
"""Exit code after Ctrl+C."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command with ``arguments`` (default: the process's own) and return the exit code."""
    prepare_environment()
    try:
        return _run(_parser().parse_args(arguments))
    except StanceError as error:
        return _refuse(error.message)
    except ModuleNotFoundError as error:
        return _refuse(
            Message(
                "Converting needs the package {name!r}: install it with `pip install -r requirements.txt`.",
                name=str(error.name),
            )
        )
    except KeyboardInterrupt:
        return INTERRUPTED


def run() -> NoReturn:
    """The command ``stance-export``."""
    raise SystemExit(main())


def _parser() -> argparse.ArgumentParser:
    parser = Parser(prog="python -m export", description=__doc__, allow_abbrev=False)
    commands = parser.add_subparsers(dest="command", required=True, parser_class=Parser)

    pose = commands.add_parser("pose", help="convert a pose model", allow_abbrev=False)
    pose.add_argument(
        "checkpoint", type=named_path, help="PyTorch weights (.pth, .pt, .pth.tar, .ckpt) or .safetensors"
    )
    pose.add_argument(
        "-o",
        "--output",
        type=named_path,
        metavar="OUT.onnx",
        help="ONNX file to write (the checkpoint's name, in the current folder)",
    )
    pose.add_argument("--input", type=_size, metavar="WxH", help="crop size, width first")
    pose.add_argument(
        "--keypoints", metavar="NAME-or-FILE", help="coco17, mpii16, another built-in skeleton, or FILE.json"
    )
    pose.add_argument("--decode", choices=("plain", "dark", "udp"), help="refinement of heatmap peaks")
    pose.add_argument("--color", choices=("rgb", "bgr"), help="channel order used in training")
    pose.add_argument("--caffe-style", action="store_true", help="ResNet with the stride in the first convolution")
    pose.add_argument("--fusing", choices=("nearest", "bilinear"), help="upsampling of coarse HRNet branches")
    pose.add_argument("--heads", type=number(int, "1 or more"), metavar="N", help="attention heads of a transformer")
    pose.add_argument(
        "--last-relu", choices=("yes", "no"), help="whether OpenPose's last heatmaps are clipped to be positive"
    )
    pose.add_argument(
        "--rescore", type=named_path, metavar="FILE", help="DEKR's rescoring network, a checkpoint, which is included"
    )
    pose.add_argument(
        "--beta",
        type=number(float, "above 0"),
        metavar="B",
        help="factor before integral regression's softmax (1)",
    )
    pose.add_argument("--debias", action="store_true", help="take the softmax's bias out of integral regression")
    pose.add_argument(
        "--weights",
        metavar="NAME",
        help="set of weights to use if the file has several: student, model_ema",
    )
    pose.add_argument(
        "--ema", dest="weights", action="store_const", const="ema", help="use the moving average of the weights (EMA)"
    )
    pose.add_argument(
        "--one-set",
        action="store_true",
        help=f"list several sets of which none is named, in JSON lines, and end with code {SEVERAL_SETS}",
    )
    pose.add_argument("--half", action="store_true", help="FP16 weights, float32 input and output")
    pose.add_argument(
        "--int8", type=named_path, metavar="IMAGES", help="INT8, calibrated on the people in the images of this folder"
    )
    pose.add_argument(
        "--fused", action="store_true", help="include pre- and post-processing: uint8 crops in, keypoints out"
    )
    pose.add_argument("--opset", type=number(int, "13 to 20"), metavar="N", help="ONNX opset version (17)")

    detector = commands.add_parser("detector", help="convert an Ultralytics detector or pose model", allow_abbrev=False)
    detector.add_argument("checkpoint", type=named_path, help="an Ultralytics detection or pose model (.pt)")
    detector.add_argument(
        "-o",
        "--output",
        type=named_path,
        metavar="OUT.onnx",
        help="ONNX file to write (the checkpoint's name, in the current folder)",
    )
    detector.add_argument(
        "--input",
        type=number(int, "a multiple of 32"),
        default=SIDE,
        metavar="SIDE",
        help="side of the square input (640)",
    )

    tflite = commands.add_parser("tflite", help="convert a TensorFlow Lite network", allow_abbrev=False)
    tflite.add_argument("network", type=named_path, help="a TensorFlow Lite network (.tflite), not quantized")
    tflite.add_argument(
        "-o",
        "--output",
        type=named_path,
        metavar="OUT.onnx",
        help="ONNX file to write (the network's name, in the current folder)",
    )
    tflite.add_argument("--all-outputs", action="store_true", help="also keep outputs that Stance does not use")

    lifter = commands.add_parser("lifter", help="convert a network for --lift", allow_abbrev=False)
    lifter.add_argument(
        "checkpoint",
        type=named_path,
        help="weights of SimpleBaseline3D, VideoPose3D or Anatomy3D (.pth, .bin, .pth.tar)",
    )
    lifter.add_argument(
        "-o",
        "--output",
        type=named_path,
        metavar="OUT.onnx",
        help="ONNX file to write (the checkpoint's name, in the current folder)",
    )
    lifter.add_argument(
        "--causal",
        action="store_true",
        help="trained with causal convolutions: it uses no frames after the current one",
    )
    lifter.add_argument(
        "--keypoints", choices=("h36m17", "coco17"), help="the 2D joints that VideoPose3D was trained on (h36m17)"
    )

    info = commands.add_parser("info", help="show the model card of a file", allow_abbrev=False)
    info.add_argument("model", type=named_path, metavar="MODEL.onnx")
    info.add_argument("--json", action="store_true", help="print the card as JSON")

    fetch = commands.add_parser("fetch", help="download and convert a model of the catalogue", allow_abbrev=False)
    fetch.add_argument("name", help="name from `python main.py --list-models`")
    fetch.add_argument("--file", type=named_path, metavar="CHECKPOINT", help="checkpoint that was downloaded manually")
    return parser


def _run(arguments: argparse.Namespace) -> int:
    match arguments.command:
        case "pose":
            return _pose(arguments)
        case "detector":
            return _detector(arguments)
        case "tflite":
            return _tflite(arguments)
        case "lifter":
            return _lifter(arguments)
        case "info":
            return _info(arguments)
        case _:
            return _fetch(arguments)


def _pose(arguments: argparse.Namespace) -> int:
    from export.checkpoint import list_sets
    from export.convert import Form, convert
    from export.detector import convert_detector, is_ultralytics, is_ultralytics_pose
    from export.options import ConvertOptions, plain_name, read_skeleton
    from export.trace import OPSET

    options = ConvertOptions(
        size=arguments.input,
        skeleton=read_skeleton(arguments.keypoints) if arguments.keypoints else None,
        decoding=arguments.decode,
        color=arguments.color,
        style="caffe" if arguments.caffe_style else None,
        fusing=arguments.fusing,
        heads=arguments.heads,
        last_relu=arguments.last_relu,
        beta=arguments.beta,
        debias=arguments.debias,
        weights=arguments.weights,
        rescore=arguments.rescore,
    )
    form = Form(arguments.half, arguments.int8, arguments.fused, OPSET if arguments.opset is None else arguments.opset)
    target = arguments.output or Path(f"{plain_name(arguments.checkpoint)}.onnx")
    try:
        sets = list_sets(arguments.checkpoint) if arguments.one_set and not arguments.weights else []
        if len(sets) > 1:
            for name, is_average in sets:
                _say(json.dumps([name, is_average]))
            return SEVERAL_SETS
        convert(arguments.checkpoint, target, options, form, _say)
    except StanceError as error:
        if is_ultralytics_pose(arguments.checkpoint):
            convert_detector(arguments.checkpoint, target, _side(arguments), _say)
            return 0
        if not is_ultralytics(arguments.checkpoint):
            raise
        _refuse(error.message)
        return DETECTOR
    return 0


def _side(arguments: argparse.Namespace) -> int:
    """The side of the input of an Ultralytics pose model; raises StanceError for options that it does not have."""
    name = arguments.checkpoint.name
    for option in FORM_OPTIONS:
        if getattr(arguments, option):
            raise StanceError(
                "{file} is an Ultralytics model, which is converted as it is: wanted no --{option}.",
                file=name,
                option=option.replace("_", "-"),
            )
    width, height = arguments.input or (SIDE, SIDE)
    if width != height:
        raise StanceError(
            "The input of an Ultralytics model is a square: wanted --input {side}x{side}.", side=max(width, height)
        )
    return int(width)


def _detector(arguments: argparse.Namespace) -> int:
    from export.detector import convert_detector

    target = arguments.output or Path(f"{arguments.checkpoint.stem}.onnx")
    convert_detector(arguments.checkpoint, target, arguments.input, _say)
    return 0


def _tflite(arguments: argparse.Namespace) -> int:
    from export.tflite import convert_tflite

    target = arguments.output or Path(f"{arguments.network.stem}.onnx")
    convert_tflite(arguments.network, target, _say, arguments.all_outputs)
    return 0


def _lifter(arguments: argparse.Namespace) -> int:
    from export.lifter import LifterOptions, convert_lifter, target_name

    target = arguments.output or Path(f"{target_name(arguments.checkpoint)}.onnx")
    convert_lifter(arguments.checkpoint, target, LifterOptions(arguments.causal, arguments.keypoints), _say)
    return 0


def _info(arguments: argparse.Namespace) -> int:
    from app.inference.model_card import write_card
    from export.info import card_of, describe_card

    card = card_of(arguments.model)
    _say(write_card(card) if arguments.json else describe_card(card, arguments.model))
    return 0


def _fetch(arguments: argparse.Namespace) -> int:
    from export.fetch import fetch_converted

    _say(str(fetch_converted(arguments.name, arguments.file, _say)))
    return 0


def _say(line: str) -> None:
    """Write a line and flush: the app reads the lines while the conversion runs."""
    sys.stdout.write(f"{to_line(line)}\n")
    sys.stdout.flush()


def _refuse(sentence: str) -> int:
    sys.stderr.write(f"{to_line(sentence)}\n")
    return BAD_INPUT


def _size(text: str) -> tuple[int, int]:
    found = re.fullmatch(r"(\d+)[x×](\d+)", text)
    if not found:
        raise argparse.ArgumentTypeError(f"{text!r} is not a size, wanted WIDTHxHEIGHT such as 192x256")
    return int(found[1]), int(found[2])


if __name__ == "__main__":
    run()
