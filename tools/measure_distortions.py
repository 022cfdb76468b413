"""Score digits under six distortions at thirteen levels each: the curves of lecture 16 and its demo.

    python tools/measure_distortions.py

writes data/results/distortions.json; one to two minutes on one core.
"""

from gancourse.recipes.distortions import measure

if __name__ == "__main__":
    measure()
