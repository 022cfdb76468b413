"""Predictions of lecture 05."""

from gancourse.questions import Question

__all__ = ["QUESTIONS"]

QUESTIONS = (
    Question(
        "05.forward_far",
        "Two unit Gaussians stand at ±6. One Gaussian q makes KL(p‖q) as small as any can. How wide is it?",
        (
            ("About 1: as wide as a mode", "Then q would be about e^−72 at the other mode, and half of the data would pay log p/q of about 72 nats."),
            ("About 3: half-way between a mode and the whole", "Neither the divergence nor the likelihood knows such a compromise. Write down the variance of p."),
            ("About 6: as wide as the whole of p", "It has the variance of p, 1 + 6² = 37, so its std is 6.08: it covers both modes and the void between them."),
        ),
        2,
    ),
    Question(
        "05.near",
        "Two unit Gaussians stand at ±2.5, and p nearly vanishes half-way between them. Which Gaussian has the least KL(q‖p)?",
        (
            ("One on the left mode, or its mirror image", "They are local minima already, at 0.666 nats; but the wide one has 0.481."),
            ("A wide one about 0 that covers both", "0.481 nats against 0.666 on a mode: leaving out half of the data costs log 2, and the void is not yet dear enough."),
            ("A narrow one about 0, between the modes", "That is where p is smallest, and q log q/p largest: the worst place of all."),
        ),
        1,
    ),
    Question(
        "05.cover_stays",
        "Now the modes stand at ±6, and the best Gaussian by KL(q‖p) sits on one of them. A descent starts from a wide q that covers both. Where does it end?",
        (
            ("In a wide q: covering is still a local minimum", "In the mean its curvature is 1/s² wherever the std is at rest: the covering Gaussian never turns into a hill."),
            ("On one of the modes: covering is no minimum any more", "So it would be if the std were held fixed. With the std free the covering q widens and stays a minimum, at 5.1 nats."),
            ("Nowhere: it oscillates between the modes", "A descent on one function in two numbers ends at a minimum. Which one depends on its start."),
        ),
        0,
    ),
    Question(
        "05.tilt",
        "In the plane two modes with standard deviations 1 and 0.4 along their axes stand at (±1.5, 0). When will the best Gaussian by KL(q‖p) choose one of them?",
        (
            ("When their long axes point at each other", "Then they stand 1.5 of their own standard deviations from the middle: near enough to be covered."),
            ("When their long axes stand across", "Measured in their short axis, 0.4, they stand at ±3.75, beyond 2.80: one is chosen."),
            ("The direction of the axes does not matter, only the distance does", "The distance that counts is measured in the modes' own covariance: KL does not know inches."),
        ),
        1,
    ),
    Question(
        "05.losses",
        "D is the best one at every moment. Pull two modes of the data apart slowly: the descent of which loss is the first to prefer a single mode?",
        (
            ("log(1 − D), the min-max loss", "Its divergence is 2·JSD, which prefers one mode only from ±4.2 on."),
            ("log(1 − D) − log D = −v", "Its divergence is KL(q‖p), which changes over at ±2.80; one loss does so earlier."),
            ("−log D, the one that everybody trains with", "Its divergence, KL(q‖p) − 2·JSD, charges least for a mode left out: it changes over at about ±2.4."),
        ),
        2,
    ),
)  # fmt: skip
