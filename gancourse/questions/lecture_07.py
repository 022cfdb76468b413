"""Predictions of lecture 07."""

from gancourse.questions import Question

__all__ = ["QUESTIONS"]

QUESTIONS = (
    Question(
        "07.near_lines",
        "Two parallel lines stand 0.000001 apart. How large is the Jensen–Shannon divergence between them?",
        (
            ("About 0: they are nearly the same", "Near in the plane, yes. But JSD compares masses set by set, and the two laws share no set of points at all."),
            ("log 2, as for lines a mile apart", "They do not overlap, and that is all that JSD sees. At θ = 0 it jumps to 0."),
            ("Infinite: one has mass where the other has none", "That is KL. In JSD each law is compared with the mixture, which has mass wherever either has."),
        ),
        1,
    ),
    Question(
        "07.trained_kl",
        "KL between the disjoint lines is infinite. A discriminator is trained for 600 steps, and KL is estimated from its logits. What does it say?",
        (
            ("Something finite, which grows as it trains on", "Its logits are finite, so the bound E_p v − E_q exp(v) + 1 is finite, and creeps upwards as the logits grow: about 9 nats here."),
            ("Infinity, after enough of the 600 steps", "No finite network has an infinite logit. The estimate only ever creeps upwards."),
            ("log 2, the largest value there is", "log 2 is the ceiling of JSD. KL has none."),
        ),
        0,
    ),
    Question(
        "07.noisy_w1",
        "Gaussian noise of standard deviation σ is added to both coordinates of both lines. What happens to W1, which was |θ|?",
        (
            ("It shrinks: the blurred lines overlap", "So do TV, KL and JSD shrink. But to carry one blurred line into the other all of it must be moved, by θ."),
            ("It grows: noise spreads the points apart", "A good plan moves a point and its noise together, so the noise costs nothing."),
            ("Nothing: it stays |θ|", "Move every point straight across, noise and all: |θ|. It cannot be cheaper, for the means are θ apart."),
        ),
        2,
    ),
    Question(
        "07.which_noise",
        "The generator's line is at θ = 2. With which noise is the slope of JSD at θ the steepest?",
        (
            ("σ = 0.1: little noise changes little", "The lines are then 20 standard deviations apart, and the slope is about exp(−50). D is as sure as without noise."),
            ("σ = 0.8", "The best is 0.407 |θ| = 0.81. There the slope is 0.24; with less noise D is too sure, with more everything is washed out."),
            ("σ = 10: the more they overlap, the better", "They overlap almost wholly, and JSD is nearly 0 whatever θ is: its slope is about θ/4σ² = 0.005."),
        ),
        1,
    ),
    Question(
        "07.third",
        "Three densities, each a bump on the same low flat ground; no two bumps overlap. The third bump moves from 4 to 9. Which distances to the first density change?",
        (
            ("Only W1", "The others compare the densities point by point, and do not know where the points are."),
            ("KL and W1", "KL is a mean of log p/q: the same values occur with the same masses, only elsewhere."),
            ("All of them: the third is further away", "Further on the line, and not in L1, TV, KL or JSD: for these there is no line."),
        ),
        0,
    ),
)  # fmt: skip
