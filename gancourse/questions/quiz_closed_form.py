"""The quiz on the game in closed form, lectures 01 to 09."""

from gancourse.questions.quiz import Item
from gancourse.questions.quiz_closed_form_later import LATER

__all__ = ["ITEMS"]

# on lectures 01 to 05, which lecture 05 closes with
FIRST = (
    Item(
        "closed_form.softmax",
        "A classifier has scores F(x, y). Which is the softmax with temperature ε, the model p(y given x) that maximum likelihood is then applied to?",
        (
            ("exp(F/ε) / Σ exp(F/ε)", "It sums to one over y for every ε. It is discriminative: it models y given x, and cannot draw an x."),
            ("exp(F) / (ε Σ exp(F))", "This sums to 1/ε over y, so it is a probability only for ε = 1. The temperature divides the score."),
            ("exp(F/ε) / Σ exp(F)", "The same ε belongs above and below, or nothing makes the sum one."),
        ),
        0,
        ("A1",),
        "01",
    ),
    Item(
        "closed_form.cross_entropy",
        "D is trained on equally many real and generated points, and its mean cross-entropy over all of them is 0.60 nats. What is V(D, G)?",
        (
            ("−0.60", "The cross-entropy averages over both kinds with weight ½ each. V is the sum of two means, which is twice as much."),
            ("+1.20", "V is a sum of two log-likelihoods, and the logarithm of a probability is never positive."),
            ("−1.20", "The mean cross-entropy is −V/2: maximising V over D is maximum likelihood for a logistic regression."),
        ),
        2,
        ("A2",),
        "02",
    ),
    Item(
        "closed_form.ratio",
        "At one point x the data have density 3 and the generator has density 1. What does the best D answer there?",
        (
            ("1: a density above one counts as certain", "Densities are no probabilities and may exceed one. Only their ratio matters."),
            ("3/4", "D* = p/(p + q) maximises 3 log y + log(1 − y); its odds D/(1 − D) = 3 are the density ratio p/q."),
            ("3", "3 is the ratio p/q, the odds of real against generated. The probability with these odds is 3/4."),
        ),
        1,
        ("A3", "B1"),
        "02",
    ),
    Item(
        "closed_form.teacher",
        "The generator's turn, minibatch version, on the min-max loss log(1 − D(G(z))). What moves its parameters θ?",
        (
            ("A step against −mean of ∇_θ D(G(z)) / (1 − D(G(z))), fresh noise, D's weights held still", "The minus is the derivative of 1 − D. So the step raises D at G's own points: the police teach the counterfeiter."),
            ("A step against +mean of ∇_θ D(G(z)) / (1 − D(G(z))), fresh noise, D's weights held still", "Without the minus, the step would lower D(G(z)): the generator would learn to be caught."),
            ("Nothing passes through D: it is held still, so its output is detached", "D's weights are held still, its slope is not: it is all that G ever learns about the data."),
        ),
        0,
        ("A4", "A5"),
        "01",
    ),
    Item(
        "closed_form.push_forward",
        "z has 2 dimensions and x = G(z) has 784. What remains of E_z h(G(z)) = E_{x~q} h(x)?",
        (
            ("It needs the factor |det ∂G/∂z|", "That factor relates densities where G is invertible. Means under the law of G(z) need no density."),
            ("It becomes an approximation, good when G is smooth", "It is what it means for x to have the law q. Nothing is approximated."),
            ("It holds as it stands, though q has no density", "The law of G(z) lives on a thin sheet; the equation is the definition of that law, extended from sets to functions."),
        ),
        2,
        ("A6",),
        "02",
    ),
    Item(
        "closed_form.euler_lagrange",
        "The calculus of variations also gives D* = p/(p + q), by algebra alone. Why is there no differential equation to solve?",
        (
            ("Because D lies between 0 and 1", "The bounds are not even used: the maximum lies inside them wherever both densities are positive."),
            ("Because the integrand holds no derivative of D", "The term d/dx ∂L/∂D′ is absent, and p/D − q/(1 − D) = 0 stands alone at every point."),
            ("Because p and q are smooth", "No smoothness is needed: each point is solved by itself."),
        ),
        1,
        ("B2",),
        "02",
    ),
    Item(
        "closed_form.value",
        "The Jensen–Shannon divergence of p and q is 0.2 nats. How large can D make V(D, G)?",
        (
            ("0.2 − log 4 = −1.186", "The divergence comes with a factor 2: each of the two KL terms in V stands without its ½."),
            ("0.4 − log 2 = −0.293", "Each of the two terms gives −log 2, so the constant is −log 4."),
            ("0.4 − log 4 = −0.986", "max V = 2·JSD − log 4. It is least, −log 4, just where q = p; then D* is ½."),
        ),
        2,
        ("B3",),
        "03",
    ),
    Item(
        "closed_form.disjoint",
        "p and q have no point in common. How large is JSD(p, q) = ½ KL(p‖m) + ½ KL(q‖m), with m = (p + q)/2?",
        (
            ("log 2", "On the support of p, p/m = 2, and likewise for q: ½ log 2 + ½ log 2. Nothing is further apart."),
            ("2 log 2", "That is what comes out when the two ½s are left away, as one of the lecture notes does."),
            ("∞", "KL(p‖q) is infinite here. JSD compares with m, which is positive wherever p or q is."),
        ),
        0,
        ("B4",),
        "03",
    ),
    Item(
        "closed_form.bound",
        "You train D on one set of samples and compute E_p log(2D) + E_q log(2(1 − D)) on another. On average this is",
        (
            ("an estimate of JSD, too high or too low by chance", "The quantity that it approaches is 2·JSD, and it does so from one side."),
            ("at most 2·JSD", "Whatever D is, its expected value on fresh samples lies below the maximum over all D, which is 2·JSD."),
            ("at least 2·JSD, since D may overfit", "An overfitted D looks good on its own training samples, where the number may indeed exceed 2·JSD. On fresh ones it loses."),
        ),
        1,
        ("B5", "B6"),
        "03",
    ),
    Item(
        "closed_form.slopes",
        "D is sure of a fake: D(G(z)) = 0.001. How steep are the two losses in D's logit v?",
        (
            ("log(1 − D): −0.999, −log D: −0.001", "The other way round. The derivative of log(1 − σ(v)) is −σ(v)."),
            ("Both about −0.001: where D is flat, both gradients vanish", "∇D is small, but −log D divides it by D: −∇D/D = −(1 − σ(v))∇v. Its trouble is size and noise, not vanishing."),
            ("log(1 − D): −0.001, −log D: −0.999", "−σ(v) against −(1 − σ(v)): the first dies out just where G is worst, the second keeps to the size of ∇v."),
        ),
        2,
        ("C1", "C4"),
        "04",
    ),
    Item(
        "closed_form.sum",
        "The sum of both losses is log(1 − D) − log D. D is frozen at the D* of the present q. Which divergence does its gradient in θ belong to?",
        (
            ("KL(q‖p)", "The sum is −v* = log q − log p; its mean over q is the reverse KL, in value and in gradient."),
            ("KL(p‖q)", "That would be maximum likelihood. The mean here runs over q: one of the notes ends with the wrong direction."),
            ("2·JSD(p, q)", "That is the first summand, log(1 − D), alone."),
        ),
        0,
        ("C2",),
        "04",
    ),
    Item(
        "closed_form.non_saturating",
        "And −log D alone, again with D frozen at the D* of the present q?",
        (
            ("It is KL(q‖p) − 2·JSD, in value and in gradient", "The values differ. What is true holds for the gradient with D frozen."),
            ("Its gradient is that of KL(q‖p) − 2·JSD", "The sum's gradient less that of log(1 − D). Values and total derivatives do not agree."),
            ("Its gradient is that of 2·JSD, only larger", "It has the same fixed point q = p, but not the same direction: it even rewards a larger JSD."),
        ),
        1,
        ("C3",),
        "04",
    ),
    Item(
        "closed_form.schedule",
        "How long should D train between two steps of G?",
        (
            ("To its maximum, always: only then does G descend the JSD", "So says the theory. On nearly disjoint supports such a D leaves the loss log(1 − D) hardly any gradient."),
            ("Long enough to follow G, and no longer: both ends have a price", "Too little, and G does not descend the JSD; too much, and the saturating loss gives it nothing to descend."),
            ("A single step for good: the JSD needs no D", "The JSD enters only through max over D. With a poor D the number that G lowers may be far from it."),
        ),
        1,
        ("C5",),
        "04",
    ),
    Item(
        "closed_form.envelope",
        "For which of these may one freeze D at D* and still get the gradient in θ of what the loss equals when D* moves along?",
        (
            ("For V itself", "D* maximises V, so moving it changes V only in second order: the envelope theorem."),
            ("For E_q(−log D) too: D* is optimal for it", "D* maximises V, not this loss. The part of the derivative that runs through D* does not vanish."),
            ("For any smooth loss", "Only for one that D* itself makes stationary. The reverse KL's loss is an exception for a reason of its own."),
        ),
        0,
        ("C6",),
        "04",
    ),
    Item(
        "closed_form.directions",
        "p is two equal unit Gaussians at ±a, and q the one Gaussian of least KL(q‖p). What does q do?",
        (
            ("It sits on one mode, for every a > 0", "Near modes are covered: at a = 2.5 the wide Gaussian is the better one, 0.481 nats against 0.666."),
            ("It covers both, for every a", "That is the other direction, KL(p‖q): it matches the moments of p, however far apart the modes."),
            ("It covers both up to a = 2.80, and sits on one from there on", "Leaving out a mode costs at most log 2 nats. Covering costs less than that only while the modes are near."),
        ),
        2,
        ("D5",),
        "05",
    ),
)  # fmt: skip

ITEMS = FIRST + LATER
