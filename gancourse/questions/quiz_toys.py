"""The quiz on GANs on toys, lectures 10 to 14."""

from gancourse.questions.quiz import Item

__all__ = ["ITEMS"]

ITEMS = (
    Item(
        "toys.spiral",
        "The bare Dirac-GAN is played with small gradient steps, both players at once. What happens near its equilibrium?",
        (
            ("It is reached, slowly: the smaller the step, the surer", "A smaller step only spirals out more slowly: |1 ± ih/2| > 1 for every h."),
            ("The players spiral out", "The eigenvalues of the field are ±i/2, so a step multiplies the distance by √(1 + h²/4) > 1."),
            ("The players run off in opposite directions", "There is no real positive eigenvalue: they turn about each other."),
        ),
        1,
        ("E10",),
        "11",
    ),
    Item(
        "toys.which_converge",
        "Which of these converges locally in the Dirac-GAN?",
        (
            ("R1", "It puts −w into ψ's own velocity: the trace is negative, the determinant positive."),
            ("WGAN with clipping", "Inside the clip it is the bilinear game, which circles; the clip makes a cycle of it."),
            ("WGAN-GP", "Its penalty wants the slope to be 1, and at the equilibrium it must be 0."),
        ),
        0,
        ("E10",),
        "11",
    ),
    Item(
        "toys.noise_as_penalty",
        "Noise of small variance s² is added to all of D's inputs. What does that amount to, near the best D?",
        (
            ("Weight decay on D, with weight s²", "A two-layer linear D with weights 0.1 and 10 has the slope of one with 1 and 1, and another decay. Noise sees the slope."),
            ("A smaller learning rate for D", "The optimum itself moves, and not only the way there."),
            ("s²/2 times a weighted penalty on D's squared gradient in its input", "E g(x + ε) ≈ g + s²Δg/2; at the best D what is left is (1 − D)²‖∇v‖² on the data and D²‖∇v‖² on fakes."),
        ),
        2,
        ("E9",),
        "11",
    ),
    Item(
        "toys.clipping",
        "WGAN's weights are clipped to ±0.01 after every step. What does the trained critic look like?",
        (
            ("It has slope 1 almost everywhere", "That is what the gradient penalty asks for. Clipping bounds the slope by something far from 1, small or large by depth and width."),
            ("Most weights sit at ±0.01, and the critic is too simple", "It is the largest slope that the box allows, and the box's corners are few simple functions."),
            ("It is the exact Kantorovich potential, scaled", "Only if the clipped networks held it. They hold little."),
        ),
        1,
        ("E1",),
        "12",
    ),
    Item(
        "toys.batch_norm",
        "Why must a critic with a gradient penalty do without batch norm?",
        (
            ("Its value at one sample depends on the whole batch, so the gradient is not that of one sample", "The penalty is on ‖∇f(x)‖ for each x by itself, and with batch norm there is no such f(x). Layer norm keeps samples apart."),
            ("Batch norm makes the critic slower", "Speed is not the matter: the penalty is on something else than it says."),
            ("The penalty's second derivatives do not exist there", "They do. The coupling is the trouble."),
        ),
        0,
        ("E2",),
        "12",
    ),
    Item(
        "toys.fixed_d",
        "D is held fixed, and G is trained on and on. Where does it end?",
        (
            ("At the data", "D must answer for that. A fixed D only says where it is highest."),
            ("Wherever it began: without D's answer there is no gradient", "G's gradient needs D's slope, which a fixed D has."),
            ("At the one point, or points, that D rates highest", "E_q of any function is largest when q sits on its maximum: the best reply to a fixed D is a point."),
        ),
        2,
        ("E3",),
        "13",
    ),
    Item(
        "toys.perfect",
        "2,500 fresh points of the grid itself are scored, 25 modes, within three standard deviations. What does a perfect sampler get?",
        (
            ("About 98.9 % of high quality, and a reverse KL near 0.005", "1 − exp(−9/2) in two dimensions, and (25 − 1)/(2 · 2,500): never 100 % and 0."),
            ("99.7 % and 0", "99.7 % is for one dimension; and a histogram of finitely many points is never even."),
            ("100 % and 0", "No sampler can beat the data, and the data do not score that."),
        ),
        0,
        ("E3",),
        "13",
    ),
    Item(
        "toys.unrolled",
        "An unrolled GAN looks five steps ahead. After the round, D has moved by",
        (
            ("five steps, which G then sees", "The five are a look into the future, and are thrown away."),
            ("one ordinary step", "Only G's gradient passes through the steps ahead. There is one D, and it moves as ever."),
            ("the mean of five discriminators", "There are no five: the steps ahead are one D's own future."),
        ),
        1,
        ("E4",),
        "14",
    ),
    Item(
        "toys.packing",
        "q lacks a quarter of the data and is otherwise in proportion to it: total variation ¼. In packs of two it is",
        (
            ("¼: packs do not change a distance", "A pack in which the missing part occurs gives q away, and with two samples it occurs more often."),
            ("½", "Twice is the bound of the union, and cannot be reached."),
            ("7/16", "1 − (1 − ¼)²: of the real packs 7 in 16 hold a point that q never makes. No q at that distance does worse."),
        ),
        2,
        ("E5",),
        "14",
    ),
    Item(
        "toys.noise",
        "Why does instance noise go on real samples too, and not on generated ones alone?",
        (
            ("With noise on both, the best q is still p", "p ∗ N = q ∗ N only for q = p, for the transform of a Gaussian is nowhere 0."),
            ("For the variance: two noisy batches average better", "Noise adds variance wherever it is. It is the optimum that would move."),
            ("D would overfit otherwise", "It may overfit either way."),
        ),
        0,
        ("E6",),
        "14",
    ),
    Item(
        "toys.features",
        "Feature matching reaches loss 0. What is known of q?",
        (
            ("It equals p", "Only if the features tell all laws apart, which finitely many do not."),
            ("It fools D", "That it did not try. A point of q may have a low logit."),
            ("Its mean features are those of p", "That is all. Two points can have the mean and the variance of a Gaussian."),
        ),
        2,
        ("E7",),
        "14",
    ),
    Item(
        "toys.average",
        "Historical averaging with weight c in the bilinear game. The distance from the equilibrium falls like",
        (
            ("exp(−ct)", "The players soon follow their means, and those move ever more slowly: their rate is 1/t."),
            ("a power of t, −1/(1 + 4c²)", "ū' = −(1 + 2ci)/(1 + 4c²) · ū/t. A power, and a slower one for a heavier pull."),
            ("not at all: it circles", "That is plain play, with c = 0."),
        ),
        1,
        ("E8",),
        "14",
    ),
    Item(
        "toys.labels",
        "The data are labelled 0.9, generated points 0. At the best D, what is D(x) where only data are, and where only fakes are?",
        (
            ("0.9 and 0", "D* = 0.9 p/(p + q). Where p is missing the logit still falls without bound, so that it has a slope."),
            ("0.9 and 0.1", "That would be smoothing on both sides."),
            ("1 and 0", "The data's own cross-entropy to the label 0.9 is least at 0.9."),
        ),
        0,
        ("E11",),
        "14",
    ),
    Item(
        "toys.hinge",
        "With hinge losses, what is the best D, and its loss?",
        (
            ("p/(p + q), and log 4 − 2 JSD", "These belong to the cross-entropy."),
            ("The sign of p − q, and 2 − 2 TV", "Point by point p max(0, 1 − v) + q max(0, 1 + v) is least at v = ±1."),
            ("The sign of p − q, and 2 log 2", "The sign is right. At q = p its loss is 2, and it falls by twice the total variation."),
        ),
        1,
        ("E11",),
        "14",
    ),
)  # fmt: skip
