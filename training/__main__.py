"""``python -m training``: trains the networks of Stance's own."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from app.cli.console import Parser, exit_code, named_path, number
from app.core.errors import StanceError
from app.system.environment import prepare_environment
from export.onnx_file import check_target

MINUTES = 30
"""Usual length of the training."""
MAX_MINUTES, MAX_SEED = 100_000, 2**31 - 1
EVERY = 100
"""Steps from one line of progress to the next."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command in ``arguments`` (default: the process's own); returns the exit code."""
    prepare_environment()
    return exit_code(lambda: _lift(_parser().parse_args(arguments)), "wanted what requirements-export.txt lists.")


def _parser() -> argparse.ArgumentParser:
    parser = Parser(prog="python -m training", description="Train networks of Stance's own.", allow_abbrev=False)
    commands = parser.add_subparsers(required=True, metavar="COMMAND", parser_class=Parser)
    lift = commands.add_parser("lift", help="train the lifter", allow_abbrev=False)
    lift.add_argument("--motions", type=named_path, metavar="FILE.npz", help="motions: joints at 60 Hz, in mm")
    lift.add_argument(
        "--minutes",
        type=number(float, "minutes"),
        default=MINUTES,
        metavar="N",
        help=f"length of the training on one fast core; it is turned into a fixed number of steps ({MINUTES})",
    )
    lift.add_argument("--seed", type=number(int, "a whole number"), default=0, metavar="S", help="random seed (0)")
    lift.add_argument(
        "--hold-out",
        default="",
        metavar="NAME,...",
        help="motions to measure the lifter with instead of learning from them",
    )
    lift.add_argument("-o", "--output", type=named_path, metavar="FILE", help="ONNX file to write")
    return parser


def _lift(arguments: argparse.Namespace) -> int:
    target = _checked(arguments)
    from app.evaluate.motions import load_motions
    from export.onnx_file import write
    from training.lift.card import FIGURES, lifter_card, with_figures
    from training.lift.held_out import figures_of, split
    from training.lift.train import STEPS_PER_MINUTE, train
    from training.lift.write import to_onnx

    motions, others = split(load_motions(arguments.motions), arguments.hold_out)
    steps = max(round(arguments.minutes * STEPS_PER_MINUTE), 1)
    losses: list[float] = []

    def report(step: int, loss: float) -> None:
        losses.append(loss)
        if (step + 1) % EVERY == 0 or step + 1 == steps:
            print(f"step {step + 1} of {steps}: {sum(losses) / len(losses):.4f} body heights off", flush=True)
            losses.clear()

    model = to_onnx(train(motions, steps, arguments.seed, report))
    card = lifter_card([motion.name for motion in motions], steps, arguments.seed)
    write(model, card, target)
    if others or arguments.minutes == MINUTES:
        figures = figures_of(target, others) if others else FIGURES
        write(model, with_figures(card, figures), target)
        print(figures)
    print(f"{target} written.")
    return 0


def _checked(arguments: argparse.Namespace) -> Path:
    """The file to write; raises StanceError for arguments that cannot be used."""
    if arguments.motions is None:
        raise StanceError("There are no motions to learn from: wanted --motions FILE.npz, joints at 60 Hz in mm.")
    if arguments.output is None:
        raise StanceError("The file to write is not named: wanted -o FILE.onnx.")
    if not 0 < arguments.minutes <= MAX_MINUTES:
        raise StanceError(
            "A training of {minutes:g} minutes is out of range: wanted more than 0 and at most {most}.",
            minutes=arguments.minutes,
            most=MAX_MINUTES,
        )
    if not 0 <= arguments.seed <= MAX_SEED:
        raise StanceError(
            "The seed {seed} is out of range: wanted a whole number from 0 to {most}.",
            seed=arguments.seed,
            most=MAX_SEED,
        )
    target: Path = arguments.output
    check_target(target)
    return target


if __name__ == "__main__":
    sys.exit(main())
