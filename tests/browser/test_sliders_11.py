"""Lecture 11 in a real browser: it runs, and each slider of each demo moves the numbers that it should."""

from pathlib import Path

import pytest
from lab import move_each

pytestmark = pytest.mark.browser
ROOT = Path(__file__).resolve().parents[2]
LECTURE = "11_dynamics.ipynb"

# the demo's class, the label of a slider, keys to press, what the words say before and after
MOVES = [
    ("dirac-field", "its weight, clip or noise", +6, "r1, weight 0.00", "r1, weight 0.30"),
    ("dirac-field", "step size h", -5, "steps of 0.20", "steps of 0.10"),
    ("dirac-field", "steps of ψ a round", +1, "at once", "in turn, 1 of ψ for one of θ"),
    ("dirac-field", "distance at the start", -4, "it was 1.40", "it was 1.20"),
    ("unit-circle", "step size h", +4, "1.0440 (leaves); in turn", "1.0770 (leaves); in turn"),
    ("unit-circle", "weight of R1", +6, "λ = 0.000 + 0.500i", "λ = -0.150 + 0.477i"),
    ("unit-circle", "steps of ψ for one of θ", +4, "4.000 in turn", "1.789 in turn"),
    ("discriminator-steps", "steps of ψ for one of θ", +3, "limit 4/√k = 4.000", "limit 4/√k = 2.000"),
    ("discriminator-steps", "step size h", +2, "one turn in 25.1 rounds", "one turn in 20.9 rounds"),
    ("discriminator-steps", "θ at the start", +5, "between 0.970 and", "between 1.480 and"),
    ("limit-cycles", "clip, or target", -5, "target 1.0", "target 0.5"),
    ("limit-cycles", "step size h", -9, "|θ| = 1.782", "|θ| = 1.358"),
    ("stability-map", "step size h", +14, "steps of 0.50", "factor 1.000 a step"),
    ("stability-map", "weight of R1", -6, "factor 0.955 a step, converges", "leaves"),
    ("rate-prediction", "its weight", +4, "predicted 0.9747", "predicted 0.9539"),
    ("rate-prediction", "step size h", +5, "predicted 0.9747", "predicted 0.9657"),
    ("rate-prediction", "steps of ψ a round", +1, "at once", "predicted 0.9695"),
    ("toy-spiral", "share of the training", -50, "Step", "Step 0."),
]


def test_each_slider_moves_its_numbers(lab, work):
    lab.run_widgets(ROOT / "notebooks" / LECTURE, work, seconds=120)
    move_each(lab, MOVES)
