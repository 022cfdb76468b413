"""Predictions of lecture 13."""

from gancourse.questions import Question

__all__ = ["QUESTIONS"]

QUESTIONS = (
    Question(
        "13.perfect",
        "A sampler that draws from the true ring of eight is scored with 2,500 samples. What is its share of high-quality samples, those within 3σ of a mode?",
        (
            ("100 %", "Gaussians have tails: in two dimensions 1.1 % of the mass lies beyond 3σ."),
            ("98.89 %", "1 − exp(−9/2). A generator that scores more does not draw from the data: its modes are too narrow."),
            ("99.73 %", "That is 3σ on a line. In the plane there are more ways to be far away: exp(−9/2) = 1.1 % lies outside."),
        ),
        1,
    ),
    Question(
        "13.lost_modes",
        "A generator has lost two of eight modes and is even over the other six. What are KL(h‖u) and KL(u‖h) of its histogram h of modes?",
        (
            ("0.288 and infinite", "log(8/6) = 0.288: the mean over the samples, none of which lies in a lost mode. The other direction asks the lost modes too."),
            ("Infinite and 0.288", "The direction: KL(h‖u) is the mean of log h/u over h, and h is zero where modes are lost. Nothing there is infinite."),
            ("Both 0.288", "KL is not symmetric (lecture 05)."),
        ),
        0,
    ),
    Question(
        "13.best_reply",
        "D is frozen, and a generator that could make any distribution trains against it until its loss falls no more. What does it make?",
        (
            ("The data's distribution", "That is its answer when D replies to it. A fixed D rewards nothing but height."),
            ("Samples in proportion to D", "Each sample that is moved from a place of lower D to one of higher D lowers the loss."),
            ("One point, where D is highest", "The loss is a mean of log(1 − D). A mean is smallest with all weight on its smallest term."),
        ),
        2,
    ),
    Question(
        "13.chase",
        "All points of G lie at the spot that D rates highest. Now D is trained afresh, to its optimum, and then G again. Where does the cloud go?",
        (
            ("It stays: it had found the best place", "D has learned that this spot is where the fakes are. It is the worst place now."),
            ("To another spot, all of it together", "The new D is low at the cloud and high elsewhere. Every point runs uphill, to the same new spot."),
            ("It spreads over all the modes", "Only if G moves little before D looks again. Against a D that stands still all points run the same way."),
        ),
        1,
    ),
    Question(
        "13.papers",
        "On the grid of 25, PacGAN's table gives a plain GAN 17.3 modes, VEEGAN's gives it 3.3. What is behind it?",
        (
            ("One of them miscounted", "Both count alike: 2,500 samples, 3σ. What they trained differs."),
            ("Chance: such runs vary a lot", "PacGAN's standard error is 0.8 over ten runs. A gap of 14 modes is no chance."),
            ("Networks, optimisers and lengths of training", "Modes captured is a number of a whole protocol, not of a loss. Compare methods inside one protocol only."),
        ),
        2,
    ),
)  # fmt: skip
