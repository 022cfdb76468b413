"""Predictions of lecture 15."""

from gancourse.questions import Question

__all__ = ["QUESTIONS"]

QUESTIONS = (
    Question(
        "15.early_slope",
        "Early in training D is sure of every fake: D(G(z)) = 0.01. Which generator loss has the larger slope in D's logit?",
        (
            ("log(1 − D), the loss of the min-max game", "Its slope is −D = −0.01: it saturates just where the generator needs help."),
            ("−log D", "Its slope is −(1 − D) = −0.99, a hundred times larger: this is why nobody trains with the other."),
            ("They are equal: both fall as D rises", "Both fall, but at different speed: compare −D with −(1 − D)."),
        ),
        1,
    ),
    Question(
        "15.first_minute",
        "After one minute of training, which will be furthest from the real digits by Fréchet distance?",
        (
            ("The generated digits", "They are far better than noise; how much better is the number below."),
            ("Uniform noise", "Noise has none of the strokes that the classifier's features respond to: it is the ceiling."),
            ("Another thousand real digits", "They are the floor: not zero, because both means and covariances are estimated."),
        ),
        1,
    ),
    Question(
        "15.walk",
        "You walk in a straight line from the noise of a 3 to the noise of an 8. What do you expect to see half-way?",
        (
            ("Two digits blended like a double exposure", "That is what averaging the *images* gives. The generator has learned to bend strokes, not to mix pixels."),
            ("A digit-like shape between the two", "Nearby noise gives nearby strokes: most points on the way look like some digit."),
            ("Grey noise", "The middle of the walk is as likely under N(0, I) as its ends, once its length is right."),
        ),
        1,
    ),
)  # fmt: skip
