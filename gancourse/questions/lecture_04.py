"""Predictions of lecture 04."""

from gancourse.questions import Question

__all__ = ["QUESTIONS"]

QUESTIONS = (
    Question(
        "04.sure_of_a_fake",
        "At a generated point D says 0.001. How strongly do the losses log(1 − D) and −log D pull on its logit?",
        (
            ("Both hardly at all: D is too sure", "That holds for log(1 − D), whose slope is −D = −0.001. The slope of −log D is −(1 − D) = −0.999."),
            ("−log D about a thousand times as strongly as log(1 − D)", "The slopes are −0.999 and −0.001: their ratio is (1 − D)/D, the odds of fake."),
            ("Equally: both have their optimum at D = 1", "They agree on the direction and on the optimum, and not on the strength: −D against −(1 − D)."),
        ),
        1,
    ),
    Question(
        "04.further_away",
        "The generator moves further away from the data, and D is the best one each time. What happens to the push of −log D on its points?",
        (
            ("It grows", "Its weight 1 − D* tends to 1, and ∇v* = ∇log p − ∇log q grows with the distance, for Gaussians in proportion to it."),
            ("It stays about the same", "The weight 1 − D* does, near 1; but it multiplies ∇v*, which grows with the distance."),
            ("It vanishes", "That is what log(1 − D) does: its weight is D*, which vanishes faster than ∇v* grows."),
        ),
        0,
    ),
    Question(
        "04.frozen_value",
        "With D frozen at D* the gradient of E(−log D) is that of KL(q‖p) − 2·JSD. And the two values: E(−log D*) against KL(q‖p) − 2·JSD?",
        (
            ("They are equal", "At q = p the first is −log ½ = log 2 and the second 0."),
            ("They differ by the constant log 2", "So it is at q = p. Elsewhere they differ by KL(p‖m) + log 2, which depends on q."),
            ("They differ by an amount that depends on q", "By KL(p‖m) + log 2. Equal gradients at a frozen D say nothing of values, since each q has its own D."),
        ),
        2,
    ),
    Question(
        "04.trained_on",
        "Real and fake points lie on two discs that do not touch, and a ReLU network D is trained on and on. What happens to ‖∇v‖, the slope of its logit, at the fakes?",
        (
            ("It tends to 0: D is flat by then", "D is, since ∇D = D(1 − D)∇v and D tends to 0. Its logit is not."),
            ("It keeps growing", "Every further bit of likelihood asks for larger logits, and so for steeper ones: it grows like the weights, slowly and without limit."),
            ("It settles once all points are told apart", "The logistic loss never reaches its lower bound 0: no finite logit is the best one."),
        ),
        1,
    ),
)  # fmt: skip
