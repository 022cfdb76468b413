"""Parzen log-likelihoods of unseen digits under training digits, k-means centres and a GAN: lecture 16.

    python tools/measure_parzen.py

writes data/results/parzen.json; some twenty seconds on one core.
"""

from gancourse.recipes.parzen import measure

if __name__ == "__main__":
    measure()
