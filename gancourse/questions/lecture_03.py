"""Predictions of lecture 03."""

from gancourse.questions import Question

__all__ = ["QUESTIONS"]

QUESTIONS = (
    Question(
        "03.share",
        "Nine tenths of the generator's mass is exactly right; one tenth lies far away from the data. How large is JSD, beside its largest value, log 2?",
        (
            ("All of log 2: a discriminator spots those points at once", "It spots them, but only one generated point in ten is one of them; the others look like data."),
            ("About a tenth of log 2", "Nearly: the misplaced tenth costs q that much, but JSD takes half of it, and the rest almost cancels."),
            ("About a twentieth of log 2", "½ KL(q‖m) gains ½ · 0.1 log 2 there; what happens near the data all but cancels: 5.2 % of log 2."),
        ),
        2,
    ),
    Question(
        "03.far_apart",
        "All of q lies six standard deviations from p. You move it to eight. What does JSD do?",
        (
            ("It stays where it is, next to log 2", "They hardly overlap at six already. JSD has a ceiling, and under a ceiling there is no slope."),
            ("It grows with the distance", "That is the way of KL(p‖q), which grows with the square of the distance. JSD cannot exceed log 2."),
            ("It becomes infinite, as KL does without overlap", "KL(p‖m) is never above log 2, since m holds half of p."),
        ),
        0,
    ),
    Question(
        "03.overconfident",
        "A discriminator decides as D* does at every point, but doubles its logit: where D* says 0.9, it says 0.988. What becomes of its bound on 2 JSD?",
        (
            ("Unchanged: it makes the same decisions", "The bound looks at probabilities, not at decisions: a mistake made with confidence costs its logarithm."),
            ("Lower", "Any D but D* gives less: what is lost is the mean KL between two coins, D* and D."),
            ("Higher: it is surer of what is right", "It is surer of its mistakes too, and these cost more. No D beats D*."),
        ),
        1,
    ),
    Question(
        "03.training_points",
        "Train a D with 128 bins to its end on 25 points of p and 25 of q, and let it estimate JSD (here 0.19) on those same points. What comes out?",
        (
            ("Less than 0.19, for it is a lower bound", "The bound holds for points that D has not seen. On its own training points D knows each by heart."),
            ("About 0.19, give or take the noise of 50 points", "It is not noise about the truth: D was chosen to look good on just these points."),
            ("Far more than 0.19", "Most points are alone in their bin, and D grows sure of each: about three times the truth, and log 2 with still more bins, whatever p and q are."),
        ),
        2,
    ),
)  # fmt: skip
