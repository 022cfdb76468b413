"""What to try, verdict by verdict: each sentence names something that this course has."""

__all__ = ["REMEDIES"]

REMEDIES = {
    "healthy": (),
    "collapsed": (
        "Let D see more than one point at a time: packing, `methods.Packed(discriminator, m)`.",
        "Let G look ahead: `step=methods.unrolled(steps=5)`.",
        "Hold D's slope down where the data are: R1, `penalties.r1`, weighted 0.1 to 10.",
        "If all samples lie on one point and D is sure of the opposite, the labels are exchanged.",
    ),
    "cycling": (
        "Damp the rotation: R1, `penalties.r1`, or consensus optimisation.",
        "Two time scales: `learning_rate=(g, d)` with d several times g.",
        "Look at the averaged generator, `average=0.999`: it sits near the centre of the circle.",
        "Is every gradient set to zero before its backward pass? Gradients that add up overshoot.",
    ),
    "gradient vanished": (
        "The non-saturating loss −log D, if G's loss is log(1 − D).",
        "Noise on D's inputs, `methods.InstanceNoise`, or a Wasserstein critic with a gradient penalty.",
        "If D says ½ of everything, it is held too flat: the penalty's norm per sample, less weight.",
    ),
    "critic too strong": (
        "R1, `penalties.r1`, or spectral norm: a steep D is a sure D.",
        "Fewer discriminator steps, or a smaller rate for D: `learning_rate=(g, d)`.",
        "Noise on D's inputs, or one-sided label smoothing, `methods.one_sided`.",
    ),
    "diverged": (
        "Losses on logits with softplus, never the log of a sigmoid.",
        "A Wasserstein critic needs a bound: a gradient penalty, spectral norm or clipping.",
        "A smaller learning rate; data in [−1, 1].",
    ),
    "standing still": (
        "Does G's optimiser hold G's parameters? Compare a weight before and after a step.",
        "Is G's output detached in its own half too?",
        "Is its learning rate what you think?",
    ),
    "off the data": (
        "Draw samples in eval mode: batch norm in training mode mixes the samples of a batch.",
        "Compare the range of the data with that of the samples: pixels in [0, 1] against tanh?",
        "If neither, D is too smooth to see the detail: less penalty, a wider D, or more steps.",
    ),
    "imprecise": (
        "Let both learning rates fall to 0 over the second half, and average, `average=0.999`.",
        "Larger batches and wider networks, as in `recipes.best_grid`.",
        "Noise on D's inputs, `methods.InstanceNoise`, or two time scales, `learning_rate=(g, d)`.",
    ),
    "still training": ("Train on, and look again.",),
    "unclear": (
        "Keep samples: what a loss is worth cannot be read without them.",
        "Compare with a run that you know to be right, curve by curve.",
        "If D keeps a small lead for ever: does D's loss reach G too, for want of a detach?",
    ),
}
