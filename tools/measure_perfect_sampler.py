"""Score samples of the true ring and grid against fresh ones, ten seeds: the last row of lecture 13's tables.

    python tools/measure_perfect_sampler.py

writes data/results/perfect_sampler.json; half a minute to a minute on one core, nearly all of it for W2.
"""

from gancourse.recipes.mode_tables import measure_perfect

if __name__ == "__main__":
    measure_perfect()
