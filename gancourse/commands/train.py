"""Train a recipe on images, and write a report."""

import argparse

from gancourse.recipes import RECIPES

__all__ = ["add_arguments", "run"]


def add_arguments(parser):
    """Declare the command's options."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = "recipes:\n" + "\n".join(f"  {name:18s} {what}" for name, what in RECIPES.items())
    parser.add_argument("recipe", metavar="RECIPE", choices=RECIPES, help="one of those below")
    parser.add_argument(
        "--data",
        default="digits",
        metavar="NAME",
        help="digits (the 5,000 in the repository; default), mnist, fashion-mnist, cifar-10, stacked-mnist",
    )
    parser.add_argument("--steps", type=int, metavar="N", help="generator steps, from the very first")
    parser.add_argument(
        "--minutes", type=float, metavar="M", help="for training (default: 10, if --steps is not given)"
    )
    parser.add_argument("--batch", type=int, metavar="N", help="images in a batch (default: the recipe's)")
    parser.add_argument("--width", type=int, metavar="N", help="channels (default: the recipe's)")
    parser.add_argument("--seed", type=int, metavar="N", help="default: 0")
    parser.add_argument("--device", metavar="NAME", help="cpu, cuda, mps (default: the best there is)")
    parser.add_argument(
        "--accelerate", nargs="+", default=[], metavar="HOW", help="bf16, channels-last, compile, cuda-graphs"
    )
    parser.add_argument("--out", metavar="DIR", help="default: work/train/RECIPE-DATA-SEED")
    parser.add_argument("--resume", action="store_true", help="go on with the run in that folder")
    parser.add_argument("--watch-every", type=int, metavar="N", help="steps between scores")


def run(options):
    """Train, say where the report is; 1 where the run diverged."""
    from gancourse.runs import run_recipe  # brings PyTorch

    found = run_recipe(**vars(options))
    print(found)
    return 1 if found.error else 0
