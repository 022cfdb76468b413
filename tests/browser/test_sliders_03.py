"""Lecture 03 in a real browser: it runs, and each slider of each demo moves the numbers that it should."""

from pathlib import Path

import pytest
from lab import move_each

pytestmark = pytest.mark.browser
ROOT = Path(__file__).resolve().parents[2]
LECTURE = "03_jensen_shannon.ipynb"

# the demo's class, the label of a slider, keys to press, what the words say before and after
MOVES = [
    ("jensen-shannon", "distance of the misplaced part", +50, "JSD = 0.1588 nats", "JSD = 0.2157 nats"),
    ("jensen-shannon", "its standard deviation", +20, "V(D*) = -1.0686", "V(D*) = -1.1547"),
    ("jensen-shannon", "share of q that is misplaced", -10, "22.9 % of log 2", "JSD = 0.0000 nats"),
    ("variational-bound", "distance of q from p", +40, "2 JSD = 0.5064", "2 JSD = 1.3405"),
    ("variational-bound", "scale of D's logit", -20, "Bound 0.3512", "Bound 0.5064 ≤ 2 JSD = 0.5064"),
    ("variational-bound", "shift of D's logit", +30, "Bound 0.3512", "Bound -0."),
    ("jsd-estimates", "samples of each kind", +6, "50 samples of each", "3,200 samples of each"),
    ("jsd-estimates", "bins: 1", -4, "32 bins", "these bins can see 0.050"),
    ("jsd-estimates", "steps: 1", +6, "16 steps", "1,024 steps"),
]


def test_each_slider_moves_its_numbers(lab, work):
    lab.run_widgets(ROOT / "notebooks" / LECTURE, work)
    move_each(lab, MOVES)
