"""Lecture 12 in a real browser: sliders and buttons move the numbers that they should."""

from pathlib import Path

import pytest
from lab import move_each

pytestmark = pytest.mark.browser
ROOT = Path(__file__).resolve().parents[2]
LECTURE = "12_lipschitz_critics.ipynb"

# the demo's class, the label of a slider, keys to press, what the words say before and after
MOVES = [
    (
        "penalty-by-hand",
        "slope without the kink",
        +10,
        "score 1.500, penalty 0.2500",
        "score 3.000, penalty 0.0000",
    ),
    ("penalty-by-hand", "b of a x", +4, "score 1.500, penalty 0.2500", "score 1.330, penalty 0.3556"),
    (
        "penalty-by-hand",
        "mean of the generator",
        +10,
        "W1 = 3.000",
        "1.100 left of 0 and 1.100 right, score 2.200",
    ),
    ("penalty-by-hand", "weight", -20, "λ = 10", "λ = 1, two-sided"),
    ("penalty-by-hand", "target of the norm", -5, "penalty 0.2500", "penalty 0.0000"),
    ("mixing-weights", "batches shown", +10, "5 batches shown", "15 batches shown"),
    ("coupled-samples", "x₁ of the first", +10, "by at most 0.419", "by at most 0.440"),
    ("coupled-samples", "x₂ of the first", -10, "by at most 0.419", "by at most 0.270"),
    ("power-iteration", "smaller ÷ larger", +6, "‖W v‖ = 1.55872", "‖W v‖ = 2.00000"),
    ("power-iteration", "angle of v₀", -6, "‖W v‖ = 1.55872", "‖W v‖ = 1.89869"),
    ("power-iteration", "rounds", +3, "Round 1:", "Round 4: ‖W v‖ = 1.97731"),
    ("value-surfaces", "how far trained", -2, "step 1,500", "step 300"),
]
# the demo's class, a button's label, and what the words say then
CHOICES = [
    ("clipping-constant", "0.04", "c = 0.04:"),
    ("clipping-constant", "penalty", "Gradient penalty, λ = 10"),
    ("penalty-by-hand", "one-sided", "λ = 10, one-sided"),
    ("mixing-weights", "one for the batch", "standard deviation 0.265"),
    ("mixing-weights", "one a coordinate", "by up to 2.046"),
    ("coupled-samples", "layer norm", "layer norm: the logits of samples 2 to 6 moved by at most 0.000"),
    ("value-surfaces", "25 Gaussians", "25 Gaussians against the same"),
    ("value-surfaces", "R1, γ = 1", "R1, γ = 1, step 1,500"),
]


def test_each_slider_moves_its_numbers(lab, work):
    lab.run_widgets(ROOT / "notebooks" / LECTURE, work)
    move_each(lab, MOVES)
    for demo, label, words in CHOICES:
        area = f".gancourse-{demo}"
        picture = lab.source(f"{area} img")
        choice = lab.button(label, area)
        choice.focus()
        choice.press("Space")  # by keyboard, as a slider
        lab.wait_until(lambda a=area: lab.text(f"{a} [aria-live=polite]"), lambda text, w=words: w in text)
        lab.wait_until(lambda a=area: lab.source(f"{a} img"), lambda shown, p=picture: shown != p)
        lab.button("Reset", area).click()
