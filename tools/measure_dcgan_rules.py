"""Train a DCGAN of digits by the rules, and with each rule broken in turn, for lecture 15.

    python tools/measure_dcgan_rules.py [--rules NAME ...] [--seeds 0 1] [--steps N] [--to FILE]

writes data/results/dcgan_rules.json, on the digits that ship with the course. What is there already is kept,
so that it may be stopped at any time and started again; a run takes about fifteen seconds of one core.
"""

import argparse
from pathlib import Path

from gancourse.recipes.dcgan_rules import RULES, SEEDS, STEPS, STORED, measure


def main():
    """Train the runs asked for that are not there."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rules", nargs="+", choices=RULES, default=list(RULES))
    parser.add_argument("--seeds", nargs="+", type=int, default=list(SEEDS))
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--to", type=Path, default=STORED, help="another file than that of the lecture")
    chosen = parser.parse_args()
    measure(
        chosen.rules,
        path=chosen.to,
        seeds=chosen.seeds,
        steps=chosen.steps,
        say=lambda line: print(line, flush=True),
    )


if __name__ == "__main__":
    main()
