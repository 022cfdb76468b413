"""Predictions of lecture 09."""

from gancourse.questions import Question

__all__ = ["QUESTIONS"]

QUESTIONS = (
    Question(
        "09.bounded",
        "p and q have no point in common. How large does E_p f − E_q f get, over all f with values in [−1, 1]?",
        (
            ("1, the largest total variation", "With values in [0, 1] it would be 1. From −1 to 1 the same function has twice the range."),
            ("2", "f = 1 where p lives and −1 where q lives: 1 − (−1) = 2, which is 2·TV."),
            ("It grows with the distance of p and q", "f may not grow: its range is fixed, however far apart they lie. That is for Lipschitz functions."),
        ),
        1,
    ),
    Question(
        "09.far_apart",
        "q = N(d, 1) moves away from p = N(0, 1), from d = 5 to d = 6. Which of the four suprema still moves by more than 0.1?",
        (
            ("W1 alone", "It grows by 1, as d does. The others hardly change: their functions can do no more than tell the two apart."),
            ("W1 and the MMD with h = 1", "The kernel's functions die out beyond a bandwidth: at such a distance MMD² has almost reached E k(x, x′) + E k(y, y′)."),
            ("All four: the pair is further apart", "The total variation is 0.988 at d = 5 and cannot exceed 1; nor can half-lines."),
        ),
        0,
    ),
    Question(
        "09.negative",
        "The unbiased estimate of MMD² comes out as −0.012. MMD² itself is never negative. What follows?",
        (
            ("There is a mistake in the program", "There would be if the biased one were negative: that is a squared length. The unbiased one is a difference of means."),
            ("It should be reported as 0", "Then the average over many samples would be too large, and unbiased no more."),
            ("Nothing is wrong: MMD² is small beside the noise", "An estimate whose mean is right must fall below a truth that is near zero about as often as above."),
        ),
        2,
    ),
    Question(
        "09.bandwidth",
        "p = N(0, 1), and q has the density φ(x)(1 + sin 6x): fine ripples, about one to a unit of x. Which bandwidth of the Gaussian kernel tells them apart, with 64 points of each?",
        (
            ("About the spread of the data, 1", "Averaged over a unit of x the ripples are gone: the embeddings of p and q at h = 1 are nearly equal."),
            ("About the width of a ripple, 0.2", "The kernel must be able to follow a ripple up and down."),
            ("The larger the better: it uses more pairs", "For large h the kernel is nearly 1 − r²/2h², and sees the difference of means alone. There is none."),
        ),
        1,
    ),
    Question(
        "09.classifier",
        "A logistic regression in x and x² learns to tell 64 points of p from 64 of q, and is marked on fresh points. Where will it be right no more often than a coin, though p and q differ?",
        (
            ("Where q is shifted", "Its logit holds a term in x: a shift is just what that can see."),
            ("Where q is wider", "Its logit holds a term in x²: that is the logit of two Gaussians of different widths."),
            ("Where q is rippled", "No parabola follows ripples. A classifier, too, sees only what its class of functions can see."),
        ),
        2,
    ),
)  # fmt: skip
