"""Predictions of lecture 11."""

from gancourse.questions import Question

__all__ = ["QUESTIONS"]

QUESTIONS = (
    Question(
        "11.smaller_steps",
        "Both players take gradient steps at once, and the pair (θ, ψ) spirals outwards. What if the steps are a hundred times smaller?",
        (
            ("It converges: gradient descent does, with small enough steps", "That holds for one loss. Here two losses pull at right angles, and each step leaves the circle on its outer side, by the factor √(1 + h²/4) near the equilibrium."),
            ("It still spirals outwards, only more slowly", "Each step goes along the tangent of a circle, and a tangent lies outside. Smaller steps stay nearer, and none goes inwards."),
            ("It closes into a circle", "Only in the limit of no step at all. For every h above 0 the distance grows."),
        ),
        1,
    ),
    Question(
        "11.more_d",
        "The players move in turn. The discriminator now takes five steps for each of the generator's. What changes near the equilibrium?",
        (
            ("It converges: D is nearly optimal all the time", "The determinant of a round stays 1, so the eigenvalues stay on the unit circle: no convergence, whatever k is."),
            ("It spirals outwards: D is too strong", "Not for small steps. Only from h = 4/√k on do the eigenvalues leave the circle."),
            ("It orbits as before, √5 times as fast, and the largest step is √5 times smaller", "Trace 2 − kh²/4, determinant 1: a round turns by about √k h/2, and the orbit ends at h = 4/√k."),
        ),
        2,
    ),
    Question(
        "11.heavier",
        "R1 with weight 0.3 turns the circle into an inward spiral. In continuous time, which weight gets there fastest?",
        (
            ("1: more is faster up to there, and slower beyond", "Both eigenvalues are −½ at w = 1. Below, the real part is −w/2; above, one eigenvalue creeps back towards 0 like −1/(4w)."),
            ("The heaviest: damping only helps", "A heavily damped ψ does not move, and the generator hears nothing: the slow eigenvalue is about −1/(4w)."),
            ("The lightest: a penalty slows D down", "The real part is −w/2 for w below 1: with a light penalty the spiral closes slowly."),
        ),
        0,
    ),
    Question(
        "11.wgan_gp",
        "WGAN-GP wants |D′| = 1, with weight 0.7. Both players take tiny steps. Where does the generator end?",
        (
            ("At the data, since the penalty damps ψ as R1 does", "It damps ψ towards ±1, not towards 0. At θ = 0 the critic is still as steep as ever, and pushes on."),
            ("Nowhere: it swings between −1.33 and 1.33, however small the steps are", "w·coth(πw/4ω) = 1.327: the cycle belongs to the method, not to the steps."),
            ("Nowhere: but its swings shrink with the step size", "So do those of the non-saturating game, like √(2h). Here the limit of small steps is 1.327, and not 0."),
        ),
        1,
    ),
    Question(
        "11.from_afar",
        "The eigenvalues describe the field at the equilibrium. How far out does the rate that they foretell hold, with R1 0.3?",
        (
            ("Only within a tiny circle: elsewhere anything may happen", "What is local is the proof. Here the rate is the same to four digits from 0.001 and from 0.3, and from 2 it is right after a slow start."),
            ("Everywhere, exactly", "Not from θ = 2: there σ(ψθ) is not ½, and the first steps are slower."),
            ("From 0.3 almost at once, from 2 after some dozens of steps", "Far out the path differs; once it has come near, every path shrinks at the same rate."),
        ),
        2,
    ),
    Question(
        "11.networks",
        "Two networks with some hundred parameters each learn one narrow blob, with Adam, without R1. Does the mean of the fakes settle on the blob's?",
        (
            ("No: it keeps swinging about it, several times as far as with R1", "The mean of the fakes and D's slope at the data play the parts of θ and ψ. R1 damps the slope."),
            ("Yes: so many parameters leave no room for a circle", "Two directions among many suffice, and nothing in the loss damps them."),
            ("Yes: Adam damps the rotation", "Adam rescales the steps of each parameter. Nothing in it pulls the slope of D towards zero."),
        ),
        0,
    ),
)  # fmt: skip
