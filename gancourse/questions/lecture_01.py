"""Predictions of lecture 01."""

from gancourse.questions import Question

__all__ = ["QUESTIONS"]

QUESTIONS = (
    Question(
        "01.steep",
        "G is steep on a stretch of the noise: it takes a short interval of z to a long interval of x. What is the density of its points there?",
        (
            ("High: G works hardest there", "The steepness spends no mass: the same share of the noise has to cover more of the line."),
            ("As high as the noise's", "Only where G′ is 1 or −1 is the density carried over unchanged."),
            ("Low: the same mass is spread over more room", "q(x) = p_z(z)/|G′(z)|: ten times as steep, a tenth of the density."),
        ),
        2,
    ),
    Question(
        "01.bridge",
        "z comes from a Gaussian and G is continuous. May q consist of two heaps, with no generated point at all between them?",
        (
            ("Yes, if G is steep enough in the middle", "However steep, G takes every value on its way from one heap to the other, and some noise lands there."),
            ("No: some points always land between them", "A continuous G passes through all values between. Steepness makes the bridge thin, never empty."),
            ("Yes, for every G with two flat parts", "The flat parts make the heaps; on the way between them G still takes every value."),
        ),
        1,
    ),
    Question(
        "01.first_move",
        "At the start D says ½ everywhere, and you press “One step of G”. Where does the generator go?",
        (
            ("Nowhere", "D is flat, so its slope is 0 at every generated point: without a teacher G learns nothing."),
            ("A step towards the data", "G never sees the data. All that it hears is the slope of D, and D has none yet."),
            ("A step in a random direction", "The noise is random, but each of its terms holds the factor ∇D, which is 0."),
        ),
        0,
    ),
    Question(
        "01.only_g",
        "From the start of the demo you take 20 steps of D, and from then on steps of G alone. Where does the generator end?",
        (
            ("On the data, mean and spread", "Only if D were trained again after each step would it notice that G has come closer."),
            ("It comes to rest half-way, when V is least for D*", "G does not know D*: it goes down V for the D at hand, and passes the best place without stopping."),
            ("Beyond the data, shrunk to nearly a point", "A frozen D has one favourite place, where its logit is highest: every point of G moves there."),
        ),
        2,
    ),
)  # fmt: skip
