"""Train on stacked MNIST and count the modes, for lecture 15.

    python tools/measure_stacked_digits.py [--runs NAME ...] [--minutes 6] [--seed 0] [--threads N]
        [--accelerate HOW ...] [--to FILE]

writes data/results/stacked_digits.json and .npz, on the full MNIST where it is at hand (`python -m gancourse
data mnist`, or GANCOURSE_DATA), else on the digits that ship with the course. What is there already is kept.
A count takes some fifteen seconds, nine for a run, and is not a part of its minutes.
"""

import argparse
from pathlib import Path

from gancourse.recipes.stacked_digits import MINUTES, RUNS, STORED, measure


def main():
    """Make the runs asked for that are not there."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--runs", nargs="+", choices=RUNS, default=list(RUNS))
    parser.add_argument("--minutes", type=float, default=MINUTES)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int)
    parser.add_argument("--accelerate", nargs="+", default=[])
    parser.add_argument("--to", type=Path, default=STORED, help="another file than that of the lecture")
    chosen = parser.parse_args()
    measure(
        chosen.runs,
        path=chosen.to,
        minutes=chosen.minutes,
        seed=chosen.seed,
        threads=chosen.threads,
        accelerate=tuple(chosen.accelerate),
        progress=True,
        say=lambda line: print(line, flush=True),
    )


if __name__ == "__main__":
    main()
