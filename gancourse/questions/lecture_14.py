"""Predictions of lecture 14."""

from gancourse.questions import Question

__all__ = ["QUESTIONS"]

QUESTIONS = (
    Question(
        "14.look_ahead",
        "In the bilinear game plain steps spiral out. G now plays against the D of one step ahead, with that D held fixed, at the rate of the game's own steps. What does the game do?",
        (
            ("It converges", "It does once the step ahead is differentiated as well. Held fixed, one step ahead gives half of that damping, which just makes up for the spiral."),
            ("It circles", "The determinant of a step is 1 − h² + h² = 1: the look ahead makes up for what the steps add, and nothing is left over."),
            ("It spirals out as before", "The step ahead opposes θ, since ψ₁ = ψ − ηθ. That is a damping, and here just enough of one to stop the spiral."),
        ),
        1,
    ),
    Question(
        "14.pack_of_four",
        "Two generators are at total variation ¼ from eight equal modes. One lacks two of them, the other makes all eight, four too often and four too rarely. D sees four samples at once. Which one is further from the data now?",
        (
            ("The one that lacks two modes", "0.684 against 0.426. A pack in which one of the two missing modes occurs can only be real, and two thirds of the real packs are such."),
            ("The uneven one: all of its modes are wrong", "So they are for a single sample. In a pack a mode that is merely too frequent proves little; one that never comes proves all."),
            ("Neither: equal distances stay equal", "Equal total variation leaves room: in packs of four it may be anything from 0.367 to 0.684."),
        ),
        0,
    ),
    Question(
        "14.one_side",
        "Noise of standard deviation s is added to the real samples that D sees, and to them alone. D and G are both as good as can be. What does G make?",
        (
            ("The data", "Then D would see clean points against noisy ones, and could tell."),
            ("The data, sharper by s", "That is what noise on the generated points alone would ask for, and often there is no such law."),
            ("The data, blurred by s", "D compares p ∗ N(0, s²) with q, and has nothing to say once q is p ∗ N(0, s²)."),
        ),
        2,
    ),
    Question(
        "14.which_help",
        "Sixteen changes to the plain game are tried one at a time, with ten seeds each, on two data sets. By how much must the mean of a change stand out to be called one?",
        (
            ("It must be better than without on most seeds", "Better on six of ten seeds happens to equals two times in five. Count how far, and how even."),
            ("It must exceed 2.26 of its standard errors, and one in twenty will do so by chance", "That is Student's t for ten pairs of seeds. Among some thirty comparisons one or two will pass that are nothing."),
            ("It must exceed one standard error", "Of equals one in three does that."),
        ),
        1,
    ),
    Question(
        "14.invertible",
        "VEEGAN adds λ E(z − F(x))² to G's loss, where x = az + σε with σ > 0. F is the best there is, and the data are N(0, 1). How wide is the best q?",
        (
            ("As wide as the data", "KL alone says so. The error σ²/v still falls as the variance v of q grows, so the sum is least beyond 1."),
            ("Narrower: a small q is easy to invert", "The other way: a small signal drowns in ε. The error is σ²/v."),
            ("A little wider", "The reconstruction error σ²/v falls with the variance v of q. The sum is least at v = ½(1 + √(1 + 8λσ²)) > 1."),
        ),
        2,
    ),
    Question(
        "14.same_mean",
        "The features are f(x) = (x, x²), the data N(0, 1). G always makes −1 or 1, at even odds. What is the loss of feature matching?",
        (
            ("0", "Mean 0 and mean square 1, as in the data. The loss asks for no more, though not one other point is ever made."),
            ("About the reverse KL, which is infinite", "The loss compares means of features, and never a density."),
            ("A little above 0, for the shapes differ", "It would be, with a feature that tells them apart, such as x⁴: 1 against 3."),
        ),
        0,
    ),
    Question(
        "14.heavier_average",
        "In the bilinear game each player is drawn to the mean of its past. The weight of that pull is doubled from ½ to 1. What happens to the players far on?",
        (
            ("They come in faster", "The heavier the pull, the closer they stay to their past, which is what has to be forgotten."),
            ("They come in more slowly", "The distance falls like t to the power −1/(1 + 4c²): −½ becomes −1/5."),
            ("They stop coming in", "Any weight above 0 brings them in, by some power of time."),
        ),
        1,
    ),
    Question(
        "14.sure_d",
        "Data and generator are two unit Gaussians eight apart, and D is the best there is. Which penalty sees how steep its logit is?",
        (
            ("R1, and Roth's hardly", "The logit's slope is −8 everywhere, R1 is 64. Roth's weights, (1 − D)² on the data and D² on fakes, are next to nothing: D is sure, and right."),
            ("Roth's, and R1 hardly", "Roth's weighs the slope by how wrong D is, and D is hardly ever wrong here. R1 has no weights."),
            ("Both alike: to first order they are the same", "They are near D = ½, up to a factor. Far from there Roth's weights vanish."),
        ),
        0,
    ),
    Question(
        "14.two_sided",
        "Real points are labelled 0.9. Should generated ones be labelled 0.1, for symmetry?",
        (
            ("Yes: it bounds D's confidence on both sides", "It does bound it. Where only the generator is, D is then 0.1 whatever x, and has no slope that leads away."),
            ("It makes no difference to the best D", "It does: the numerator becomes 0.9p + 0.1q."),
            ("No: then D is flat where only the generator is", "There D is 0.1 at every point, and its logit −2.2: G is told that it is wrong, and not where to go."),
        ),
        2,
    ),
    Question(
        "14.both_fall",
        "In a run both losses fall together within 100 steps, D's to 0.2 and G's to 0.1. What do you conclude?",
        (
            ("A good run: both players have learned", "What one player gains the other loses. At the goal D's loss is 2 log 2 = 1.386 and G's log 2 = 0.693, and neither is near 0."),
            ("D is too strong", "Then D's loss is near 0, and G's is large: D rates the fakes low, and −log D is what G pays."),
            ("They play on the same side: a label is exchanged somewhere", "Both losses can only fall if both want the same of the fakes' logit. It then runs off, and the samples with it."),
        ),
        2,
    ),
    Question(
        "14.same_losses",
        "Two runs have the same losses, digit for digit, over 1,500 steps; yet one draws sharp samples and the other blurred ones. Where is the bug?",
        (
            ("In the drawing of samples", "The losses know what training does, and only that. Whatever differs comes after: here a generator left in training mode, whose batch norm takes its statistics from a row of four."),
            ("In G's loss", "Then G's loss would differ, and D's with it, from the second step on."),
            ("Nowhere: samples are random", "The noise is the same in both, and 150 samples near a mode are not 60 by chance."),
        ),
        0,
    ),
    Question(
        "14.flat_d",
        "D's loss is 1.386 = 2 log 2 to three digits, and its slope at the samples is a fiftieth of that of a healthy run. What is the matter?",
        (
            ("Nothing: 2 log 2 is the value at the goal", "It is the value wherever D says ½ of everything: at the goal, and with a D that is not allowed to say anything else."),
            ("Either G has arrived, or D is blind: look at the samples", "The curves cannot tell these apart. Here 69 % of the samples lie near a mode where a healthy run has 79 %: D is pressed flat, by a penalty 128 times too strong."),
            ("The generator's gradient has vanished, so it has stopped learning", "Adam divides the gradient by its own size: the generator steps on as before, along a slope of a fiftieth. It finds all 8 modes."),
        ),
        1,
    ),
    Question(
        "14.epsilon",
        "The losses are written with log σ(v), and no penalty holds the logits down. When does it go wrong?",
        (
            ("At once: log σ is not defined for negative v", "It is: σ(v) lies between 0 and 1, and the losses are those of softplus to the last digits."),
            ("Never, if Adam is used", "Adam divides by the size of gradients; NaN divided by anything is NaN."),
            ("When a generated sample first gets a logit of about 16.6", "There σ(v) rounds to 1 in single precision, 1 − σ(v) is 0, and its logarithm is −∞. Until then nothing is seen."),
        ),
        2,
    ),
)  # fmt: skip
