"""Lecture 16 in a real browser: it runs, and each slider of each demo moves the numbers that it should."""

from pathlib import Path

import pytest
from lab import move_each

pytestmark = pytest.mark.browser
ROOT = Path(__file__).resolve().parents[2]
LECTURE = "16_judging_a_gan.ipynb"

# the demo's class, the label of a slider, keys to press, and what the words say before and after
MOVES = [
    ("parzen-bandwidth", "bandwidth", +4, "training digits 96, k-means centres 200", "training digits 10,"),
    ("class-score", "how sure", +10, "= 4.203", "exp(2.303) = 10.000"),
    ("class-score", "classes that G draws", -5, "= 4.203", "exp(1.042) = 2.835"),
    ("class-score", "share of the first class", +8, "share of 0.10", "exp(1.088) = 2.968"),
    ("frechet-gaussians", "gap of the means", +4, "Means 1.000", "Means 4.000 + shapes 1.857 = 5.857"),
    ("frechet-gaussians", "stretch of both", -4, "do not commute", "The covariances commute"),
    ("frechet-gaussians", "angle between them", +9, "do not commute", "shapes 4.500 = 5.500"),
    ("distortion-sweep", "level", +6, "pixels: 0.875. Fréchet distance 173.8", "Fréchet distance 610.1"),
    ("frechet-bias", "samples of each", +4, "n = 128", "n = 2,048: measured 0.176"),
    ("frechet-bias", "shift of the generator", +4, "true 0.000", "true 1.000"),
    ("precision-balls", "modes that G draws", -5, "recall 0.95", "3 of 8 modes, 1.0 times"),
    ("precision-balls", "its width", +15, "precision 0.89", "precision 0.40, recall 1.00"),
    ("precision-balls", "k, the neighbour", -2, "coverage 0.82", "coverage 0.50"),
    ("outlier-balls", "place of the outlier", +16, "precision 0.63", "precision 0.97, density 0.92"),
    ("outlier-balls", "k, the neighbour", +7, "k = 3", "k = 10"),
]


def test_each_slider_moves_its_numbers(lab, work):
    lab.run_widgets(ROOT / "notebooks" / LECTURE, work, seconds=300)
    move_each(lab, MOVES)
