"""Predictions of lecture 08."""

from gancourse.questions import Question

__all__ = ["QUESTIONS"]

QUESTIONS = (
    Question(
        "08.shift",
        "q is p moved to the right by 3, and half of the two overlaps. How far does mass go on average in the cheapest plan for |x − y|?",
        (
            ("Less than 3: where they overlap, mass can stay", "It can stay. But then what takes its place has to go further, and the average is 3 again: no plan can move the mean of p by 3 for less."),
            ("Exactly 3", "Every plan carries the mean of p to that of q, which takes an average of at least 3; moving everything by 3 reaches it. W1 of a shift is its length, overlap or not."),
            ("More than 3: some mass must go round the rest", "Mass goes through mass freely: a plan says only what comes from where."),
        ),
        1,
    ),
    Question(
        "08.concave",
        "Four bins in a row hold ¼ each. q is the same, moved one bin to the right. The cost is √|x − y|. What is the cheapest plan?",
        (
            ("The first bin's mass jumps over four bins, the rest stays", "¼ · √4 = ½. Moving everything by one bin costs 4 · ¼ · 1 = 1. With such a cost long ways are cheap for their length."),
            ("Every bin's mass moves one bin to the right", "That costs 4 · ¼ · √1 = 1. It is the cheapest for (x − y)², where long ways are dear."),
            ("Both cost the same", "So they do for |x − y|, where the plan is not unique. For √|x − y| they cost 1 and ½."),
        ),
        0,
    ),
    Question(
        "08.critic_shape",
        "The data have modes at ±2, the generator one at 0. Which shape has the 1-Lipschitz critic that scores most?",
        (
            ("Two plateaus over the modes and one between, with steep flanks", "Steep is not allowed: the slope is at most 1. And flat gives score away."),
            ("A parabola: low in the middle, ever steeper outwards", "Its slope is below 1 near the middle, where it counts, and above 1 far out, where it must not be."),
            ("A V: slope −1 left of the middle, +1 right of it", "Where F and G cross, in the middle, the sign of G − F changes; everywhere else the slope is as large as allowed."),
        ),
        2,
    ),
    Question(
        "08.three",
        "Three densities of one shape, on disjoint intervals: p₂ one unit right of p₁, p₃ six units further. Which distance says that p₂ is the nearer one to p₁?",
        (
            ("∫ |p − q|, for it is an integral over the line", "It is 2 for any two densities that do not overlap: it asks how much mass differs, not where it is."),
            ("KL, for it grows without limit", "It is infinite for both pairs; with a little noise below everything it is finite, and still equal for both."),
            ("W1", "It is 1 for one pair and 7 for the other: the length of the way."),
        ),
        2,
    ),
    Question(
        "08.epsilon",
        "The blurred problem adds ε Σ P log P to the cost. What becomes of the plan as ε grows without limit?",
        (
            ("It becomes the independent coupling, p_i q_j", "The entropy alone decides, and among all couplings the independent one has the most."),
            ("It becomes sharper: each bin sends its mass to one place", "That is what happens as ε falls to 0."),
            ("All mass is spread evenly over the table", "Even spread has other marginals. The rows must still sum to p and the columns to q."),
        ),
        0,
    ),
)  # fmt: skip
