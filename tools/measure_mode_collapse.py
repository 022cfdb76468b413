"""Train every method of lectures 13 and 14 on the ring and the grid, ten seeds each, for their tables.

    python tools/measure_mode_collapse.py [--methods NAME ...] [--data ring grid] [--seeds 0 1 ...]
                                          [--steps N] [--to FILE]

writes data/results/mode_collapse.json, with curves and samples beside it in mode_collapse.npz. What is there
already is kept, so that it may be stopped at any time and started again; a row takes one to seven
minutes on one core, all of them about an hour.
"""

import argparse
from pathlib import Path

from gancourse.recipes.mode_collapse import DATA, SEEDS, STEPS, STORED, measure
from gancourse.recipes.toy_methods import METHODS


def main():
    """Measure the rows asked for that are not there."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=list(METHODS))
    parser.add_argument("--data", nargs="+", choices=DATA, default=list(DATA))
    parser.add_argument("--seeds", nargs="+", type=int, default=list(SEEDS))
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--to", type=Path, default=STORED, help="another file than that of the lectures")
    chosen = parser.parse_args()
    rows = [(method, data) for method in chosen.methods for data in chosen.data]
    measure(
        rows,
        path=chosen.to,
        seeds=chosen.seeds,
        steps=chosen.steps,
        say=lambda line: print(line, flush=True),
    )


if __name__ == "__main__":
    main()
