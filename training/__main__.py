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

    def run() -> int:
        parsed = _parser().parse_args(arguments)
        return int(parsed.run(parsed))

    return exit_code(run, "wanted what requirements-export.txt lists.")


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
    lift.set_defaults(run=_lift)
    contacts = commands.add_parser("contacts", help="fit the timing of foot contacts", allow_abbrev=False)
    contacts.add_argument("--motions", type=named_path, metavar="FILE.npz", help="motions: joints at 60 Hz, in mm")
    contacts.add_argument("-o", "--output", type=named_path, metavar="FILE", help="JSON file to write")
    contacts.set_defaults(run=_contacts)
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


def _contacts(arguments: argparse.Namespace) -> int:
    _check_files(arguments, "FILE.json")
    target: Path = arguments.output
    if target.suffix != ".json" or not target.parent.is_dir():
        raise StanceError(
            "{path!r} cannot be written: wanted a file name ending in .json in a folder that exists.", path=str(target)
        )
    from app.evaluate.motions import load_motions
    from app.sinks import writing
    from training.contacts import OTHER_FILMS, as_json, find_samples, fit, held_out_figures

    motions = load_motions(arguments.motions)
    samples = find_samples(motions)
    with writing(target):
        target.write_text(as_json(fit(samples)), encoding="utf-8")
    figures = held_out_figures(samples, find_samples(motions, OTHER_FILMS))
    before, after = (
        f"median {median:.2f}, 95th percentile {p95:.2f} frames" for median, p95 in (figures[:2], figures[2:])
    )
    print(f"Each motion by what the others teach, other noise: {after}; before: {before}.\n{target} written.")
    return 0


def _check_files(arguments: argparse.Namespace, wanted: str) -> None:
    """Raises StanceError unless motions and the file to write are named."""
    if arguments.motions is None:
        raise StanceError("There are no motions to learn from: wanted --motions FILE.npz, joints at 60 Hz in mm.")
    if arguments.output is None:
        raise StanceError("The file to write is not named: wanted -o {wanted}.", wanted=wanted)


def _checked(arguments: argparse.Namespace) -> Path:
    """The file to write; raises StanceError for arguments that cannot be used."""
    _check_files(arguments, "FILE.onnx")
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
