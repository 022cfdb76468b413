"""Predictions of lecture 12."""

from gancourse.questions import Question

__all__ = ["QUESTIONS"]

QUESTIONS = (
    Question(
        "12.score",
        "Two distributions are at distance W1 = 1. A critic is clipped as published and trained until its score E_p f − E_q f grows no more. It says 0.25. What does that tell you?",
        (
            ("W1 is at least 0.25", "Only if the critic's slope is at most 1, which nobody has said. Another critic, clipped at 0.08, says 19."),
            ("Nothing, until you know how steep the critic is", "Its score is at most K W1, with K its Lipschitz constant. Divided by the steepest slope, 0.60, it says that W1 is at least 0.42."),
            ("Training has failed: it ought to say 1", "It maximises the score under its own constraint, and has done so. The constraint is not slope 1."),
        ),
        1,
    ),
    Question(
        "12.weights",
        "A critic is trained with all weights clipped to [−c, c]. Where are its weights in the end?",
        (
            ("Spread over the interval, as they started", "They would be if the score did not care. But a larger weight of the right sign always makes the critic steeper."),
            ("About 0, as after weight decay", "Weight decay pulls towards 0. Here the score pulls outwards, and the interval stops it."),
            ("Most of them at −c or at c", "The score grows with the slope, and the slope with the weights, so that they run to the ends and are cut there."),
        ),
        2,
    ),
    Question(
        "12.bias",
        "A critic with gradient penalty (target 1) is trained to the end. How does its score compare with W1?",
        (
            ("It is larger: the best slope is above 1", "At slope 1 the penalty is flat and the score still climbs, so the best critic goes a little further: by h/2λr."),
            ("It is smaller: a penalty pulls the slope down", "Only slopes above 1 are pulled down. At exactly 1 the penalty's own slope is 0, and the score pulls up."),
            ("It is equal: the target is 1", "That would take an infinite λ. A penalty is a price and no wall."),
        ),
        0,
    ),
    Question(
        "12.mixing",
        "The penalty's points are ε x + (1 − ε) y. Someone draws one ε for the whole batch, each batch anew. What changes?",
        (
            ("Nothing: over many batches each point has the same law", "The mean over batches is the same. But within a batch all points now tell the same, so that each batch's penalty is a poorer estimate."),
            ("The penalty is wrong on average", "Each point by itself has the right law, and the mean of a sum is the sum of the means."),
            ("The mean stays, the noise grows", "Different ε average out within a batch, one does not. With the slider's eight samples the standard deviation is 0.27 in place of 0.16, and more samples would lower only the second."),
        ),
        2,
    ),
    Question(
        "12.which_norm",
        "Six samples go through a critic together, and the first one is moved. With which normalisation of the hidden units do the other five logits change?",
        (
            ("Layer norm", "It takes mean and spread over the units of one sample: the others never enter."),
            ("Batch norm", "Mean and spread of each unit are those of the batch, so that every sample enters every logit."),
            ("Neither: each sample keeps its own logit", "So it is in evaluation mode. In training, batch norm computes its statistics from the batch at hand."),
        ),
        1,
    ),
    Question(
        "12.spectral",
        "Power iteration starts at a right angle to the most stretched direction, but for a tiny error, and the smaller singular value is 0.7 of the larger. What does ‖W v‖ do over the rounds?",
        (
            ("It stays at the smaller singular value for good", "Only at exactly 90 degrees. Any part along the long axis grows by 1/0.49 against the rest in each round."),
            ("It jumps to ‖W‖ in the first round", "A round multiplies what lies across by 0.49 against what lies along: it turns bit by bit."),
            ("It stays low for a while, then climbs to ‖W‖ from below", "The part along grows geometrically and at first is too small to matter. ‖W v‖ never exceeds ‖W‖."),
        ),
        2,
    ),
    Question(
        "12.surfaces",
        "Eight narrow Gaussians on a ring, against the same blurred by N(0, I). What do the level lines of the clipped critic look like?",
        (
            ("Simple: a few straight or round lines that ignore the eight", "Its score over the box of weights is highest for a coarse shape. The modes are detail that it does not draw."),
            ("Eight hills, one on each Gaussian", "The best critic has them, and penalties begin to draw them. The clipped critic does not."),
            ("Noise: the critic was not trained long enough", "It is trained until its weights stand at ±c, and it still looks so."),
        ),
        0,
    ),
)  # fmt: skip
