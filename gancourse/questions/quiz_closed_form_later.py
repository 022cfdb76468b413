"""The quiz on the game in closed form, its second half: divergences, and L0's own four questions."""

from gancourse.questions.quiz import Item

__all__ = ["LATER"]

LATER = (
    Item(
        "closed_form.conjugate",
        "KL has the generator f(u) = u log u. What does the bound D_f ≥ E_p T − E_q f*(T) say for it?",
        (
            ("KL(p‖q) ≥ E_p T − E_q exp(T − 1), tight at T = 1 + log(p/q)", "f*(t) = sup over u of ut − u log u = exp(t − 1), and the best critic is f′(p/q)."),
            ("KL(p‖q) ≥ E_p T − E_q exp(T), tight at T = p/q", "The supremum of ut − u log u lies at u = exp(t − 1). The best critic is f′ of the ratio, not the ratio itself."),
            ("KL(p‖q) ≥ E_p T − log E_q exp(T), whatever T is", "True, and even tighter (Donsker and Varadhan's bound); but it is not of the form with f*."),
        ),
        0,
        ("D1", "D2"),
        "06",
    ),
    Item(
        "closed_form.f_gan",
        "f-GAN with the output activation g(v) = −log(1 + exp(−v)) = log σ(v) and f*(t) = −log(1 − exp(t)). What is the objective?",
        (
            ("E_p log D − E_q log(1 − D)", "The minus before f* meets the minus inside it: −f*(log D) = + log(1 − D). One of the notes loses it."),
            ("2·JSD(p, q) − log 4, for every D", "Only at the best D. For any other D the objective lies below that."),
            ("E_p log D + E_q log(1 − D)", "E_p g(v) − E_q f*(g(v)) with D = σ(v): the game of lecture 01, one member of the family."),
        ),
        2,
        ("D3",),
        "06",
    ),
    Item(
        "closed_form.misspecified",
        "One Gaussian q is fitted to a mixture p of two, once by each f-divergence. What happens?",
        (
            ("Every divergence is zero only at q = p, so all give the same q", "q = p is out of reach here. Where it is, they weigh the errors that remain differently."),
            ("Each divergence has its own best q", "Between covering and choosing a mode, by how f weighs p/q above and below 1. Adversarial training finds the optimum of its own divergence, roughly."),
            ("Those with a finite value agree, the others fail", "Being finite is not the point: KL in both directions, JSD and total variation are all finite here, and disagree."),
        ),
        1,
        ("D4",),
        "06",
    ),
    Item(
        "closed_form.lines",
        "p lies on the vertical line at 0, q on the one at θ = 0.1, each uniformly. Which gives the generator a slope in θ: as they stand, and after Gaussian noise is added to both?",
        (
            ("As they stand, W1 alone; with noise, KL, JSD, TV and W1", "Without overlap TV = 1, KL = ∞, JSD = log 2, whatever θ is. Noise makes them smooth: KL = θ²/2σ², while W1 stays |θ|."),
            ("As they stand, JSD and W1, which are finite; with noise, all", "JSD is finite there, and constant: log 2 for every θ but 0. A constant has no slope."),
            ("W1 in both cases, and nothing else", "With noise on both the densities overlap, and KL = θ²/2σ² has the slope θ/σ²."),
        ),
        0,
        ("D6", "D7"),
        "07",
    ),
    Item(
        "closed_form.transport",
        "Three densities on the line, each pair with the same ∫ |p − q|; but the first two lie near each other, the third far off. Which number tells?",
        (
            ("KL: it is infinite without overlap", "Then it is infinite for all three pairs, near or far."),
            ("W1: the least mean distance over all ways to move the mass", "On the line it is ∫ |F − G|, and by duality the best that a 1-Lipschitz critic can do."),
            ("None: equal L1 distance means equally far", "In L1, yes. It compares heights at each x, and does not know which x are neighbours."),
        ),
        1,
        ("D8", "D10"),
        "08",
    ),
    Item(
        "closed_form.classes",
        "sup of E_p f − E_q f, over three classes of f. Which line is right?",
        (
            ("|f| ≤ 1: TV = sup over sets; Lipschitz constant 1: W1; sup norm ≤ 1 in a kernel's space: MMD", "|f| ≤ 1 gives 2·TV; and the sup norm does not give MMD: for a Gaussian kernel it gives 2·TV again."),
            ("|f| ≤ 1: 2·TV; every Lipschitz function: W1; norm ≤ 1 in a kernel's space: MMD", "Without a bound on the constant, f may be scaled up without limit, and the supremum is infinite."),
            ("|f| ≤ 1: 2·TV; Lipschitz constant 1: W1; norm ≤ 1 in a kernel's space: MMD", "The class alone makes the distance. The last one's square has an unbiased estimator, which may be negative."),
        ),
        2,
        ("D9",),
        "09",
    ),
    # L0's own four questions, answered rightly; asked once the part is over
    Item(
        "closed_form.techniques",
        "Which of these lists holds generative techniques only: models that can draw a new x?",
        (
            ("Gaussian mixtures, hidden Markov models, variational autoencoders, GANs", "Each draws a hidden value (a component, a path of states, a code, noise) and then x. k-means with a spread around its centres is one too."),
            ("Logistic regression, support vector machines, softmax classifiers", "These model y given x, or a boundary. None of them can draw an x."),
            ("Gaussian mixtures, Viterbi, gradient ascent", "The last two are algorithms: Viterbi finds the best path of a hidden Markov model, which Baum–Welch trains."),
        ),
        0,
        ("F9",),
        "01",
        "09",
    ),
    Item(
        "closed_form.their_limits",
        "What are the short-comings of those that came before GANs?",
        (
            ("None of them has a likelihood to judge it by", "Mixtures and hidden Markov models do have one, and a variational autoencoder has a lower bound. It is GANs that have none."),
            ("k-means and mixtures: k to choose, local optima, outliers; hidden Markov models: a cost quadratic in the states; VAEs: a bound, and blur", "Blur comes from the pixel-wise Gaussian likelihood: where it cannot know which picture is meant, the mean is the cheapest."),
            ("Only their cost: with enough computing each finds its best fit", "EM and k-means stop in local optima however long they run; and the number of components must be chosen beforehand."),
        ),
        1,
        ("F9",),
        "01",
        "09",
    ),
    Item(
        "closed_form.apart",
        "What sets GANs apart from them?",
        (
            ("They maximise the likelihood more directly", "They never compute one. The value of their game is, at best, a Jensen–Shannon divergence."),
            ("They need no noise: the network makes up the pictures", "Without z a network gives one picture. All of its variety comes from the noise."),
            ("No formula for p(x): G learns to draw, and a trained opponent judges", "The law of G(z) may have no density at all. Means over it are all that the game needs."),
        ),
        2,
        ("A6",),
        "01",
        "09",
    ),
    Item(
        "closed_form.short_comings",
        "And the short-comings of GANs?",
        (
            ("Their pictures are blurry, as one of the notes says", "Blur is the mark of a pixel-wise likelihood. A discriminator sees at a glance that no real picture is blurred."),
            ("No likelihood and no plain stopping rule; training may circle; modes may be left out", "That is what lectures 10 to 16 are about: dynamics, mode collapse, and how to judge samples."),
            ("They cannot be trained by gradients, since sampling is not differentiable", "x = G(z) is differentiable in G's parameters: the draw is that of z, which does not depend on them."),
        ),
        1,
        ("G1",),
        "01",
        "09",
    ),
)  # fmt: skip
