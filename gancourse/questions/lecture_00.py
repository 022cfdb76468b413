"""Predictions of lecture 00."""

from gancourse.questions import Question

__all__ = ["QUESTIONS"]

QUESTIONS = (
    Question(
        "00.sees_data",
        "You have just watched a generator learn the shape of the data. Which of the two networks was ever shown a real point?",
        (
            ("The generator", "It only ever receives noise, and the slope of D's answer at its own points."),
            (
                "The discriminator",
                "Only D sees data. All that the generator knows of them comes through D's slope.",
            ),
            ("Both", "The generator's loss holds no real point: look for one in the algorithm."),
        ),
        1,
    ),
)
