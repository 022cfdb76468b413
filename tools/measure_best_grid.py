"""Go for the mark on the grid of 25, ten seeds at once, for the table of lecture 13.

    python tools/measure_best_grid.py [--seeds 0 1 ...] [--steps N]

writes data/results/best_grid.json.
"""

import argparse

from gancourse.recipes.best_grid import SEEDS, STEPS, measure


def main():
    """Measure, and say what was reached."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seeds", nargs="+", type=int, default=list(SEEDS))
    parser.add_argument("--steps", type=int, default=STEPS)
    chosen = parser.parse_args()
    found = measure(seeds=chosen.seeds, steps=chosen.steps)
    for step, captured, share, reverse_kl in found["path"]:
        print(
            f"step {step:6d}: {captured:5.2f} modes, {100 * share:5.2f} % good, reverse KL {reverse_kl:.4f}"
        )
    print({name: found[name] for name in ("captured", "high_quality", "reverse_kl", "w2")})


if __name__ == "__main__":
    main()
