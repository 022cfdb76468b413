"""Predictions of lecture 06."""

from gancourse.questions import Question

__all__ = ["QUESTIONS"]

QUESTIONS = (
    Question(
        "06.steep",
        "The f of the Jensen–Shannon row rises ever more steeply, but its slope never exceeds log 2 = 0.69. You push a line of slope 1 up from below until it touches f. Where does it?",
        (
            ("At u = 1, where p = q", "There the slope of f is 0, not 1."),
            ("At some large u", "A tangent of slope 1 does not exist: f′(u) = log(2u/(1 + u)) stays below log 2."),
            ("Nowhere: f*(1) = ∞", "However low it starts, the line overtakes f in the end. That is why an activation must keep the critic below log 2."),
        ),
        2,
    ),
    Question(
        "06.intercept",
        "A line of slope t touches f from below. At u = 0 it stands at the height h. What is f*(t)?",
        (
            ("−h", "The best ut − f(u) is minus the height f(u) − ut at which the touching line meets the axis."),
            ("h", "The sign: f* asks for the largest ut − f(u), and the line's height at 0 is f(u) − ut."),
            ("The u at which it touches", "That is the slope of f* at t, not its value."),
        ),
        0,
    ),
    Question(
        "06.alpha",
        "p has a narrow mode on the left (a third of the data) and a broad one on the right. One Gaussian q is fitted by the α-divergence. What happens to q as α rises from −1 to 2?",
        (
            ("It moves to the right and narrows", "Small α do that: like KL(q‖p), at α = 0, they punish invented points."),
            ("It moves to the left and widens", "Large α charge (p/q)ᵅ where data are left out. The narrow mode is where p/q is largest, and q goes to meet it."),
            ("It stays where the mean and variance of p are", "That is so at α = 1 alone, which is KL(p‖q)."),
        ),
        1,
    ),
    Question(
        "06.cross",
        "Train with one divergence, judge the result by all. Can a Gaussian that was fitted under KL have a smaller reverse KL than the one that was fitted under reverse KL?",
        (
            ("Yes, if the training under reverse KL got stuck", "Then it can; with the exact optima, which are asked for here, it cannot."),
            ("No: each column's least entry stands on the diagonal", "The best fit under reverse KL has, among all Gaussians, the least reverse KL. Exact optima obey this; trained ones only nearly."),
            ("Yes: the KL fit covers more, so it is better under any", "Covering more means inventing more, which the reverse KL punishes."),
        ),
        1,
    ),
)  # fmt: skip
