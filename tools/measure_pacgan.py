"""Train PacGAN's own protocol, packs of 1 to 4 on the ring and the grid, ten seeds each, for lecture 13.

    python tools/measure_pacgan.py [--data ring grid] [--packs 1 2 3 4] [--seeds 0 1 ...] [--steps N]
                                   [--to FILE]

writes data/results/pacgan.json after each row, and keeps what is there already. A row of the full protocol is
400,000 steps: for a GPU.
"""

import argparse
from pathlib import Path

from gancourse.recipes.mode_collapse import DATA
from gancourse.recipes.pacgan import PACKS, STEPS, STORED, measure


def main():
    """Measure the rows asked for that are not there."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", nargs="+", choices=DATA, default=list(DATA))
    parser.add_argument("--packs", nargs="+", type=int, default=list(PACKS))
    parser.add_argument("--seeds", nargs="+", type=int, default=list(range(10)))
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--to", type=Path, default=STORED, help="another file than that of the lecture")
    chosen = parser.parse_args()
    rows = [(data, pack) for data in chosen.data for pack in chosen.packs]
    measure(
        rows, path=chosen.to, seeds=chosen.seeds, steps=chosen.steps, say=lambda line: print(line, flush=True)
    )


if __name__ == "__main__":
    main()
