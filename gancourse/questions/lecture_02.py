"""Predictions of lecture 02."""

from gancourse.questions import Question

__all__ = ["QUESTIONS"]

QUESTIONS = (
    Question(
        "02.equal",
        "The generator has learned the data perfectly: q = p everywhere. What does the best discriminator answer?",
        (
            ("1, for every point is real by now", "Half of the points it is shown are generated; saying 1 would be punished by log 0 on them."),
            ("½, everywhere", "p/(p + p) = ½: nothing at all distinguishes the two, and V is then −log 4."),
            ("0, for the generator is caught", "Half of the points are real; log 0 on them costs without limit."),
        ),
        1,
    ),
    Question(
        "02.wide_generator",
        "The generator is centred on the data but twice as wide. Far out in the tails, what does D* do?",
        (
            ("It tends to ½, since both densities vanish there", "What counts is their ratio, not their size: p vanishes much faster than q."),
            ("It tends to 0", "q/p grows without limit as both vanish, so a point far out is almost surely generated."),
            ("It tends to 1", "That would be so if the data were wider than the generator."),
        ),
        1,
    ),
    Question(
        "02.few_samples",
        "D is trained on samples of p and q, and not on the densities. Where will it differ most from D*?",
        (
            ("Where both densities are small", "With few or no samples there, nothing ties D down: and V hardly notices."),
            ("Where p = q", "There are plenty of samples there, and D* = ½ is easily learned."),
            ("Nowhere, once training has converged", "It converges to the best classifier of the sample, and within the network's reach."),
        ),
        0,
    ),
)  # fmt: skip
