"""What the lab's page calls things: labels of settings, options and numbers."""

__all__ = ["about", "label"]

from gancourse import plots
from gancourse.lab.data import DATA_SETS, REACH
from gancourse.lab.oracle import BANDWIDTH, BINS, PLAN, PSEUDO, SIDE
from gancourse.lab.picture import LAYERS
from gancourse.lab.settings import DIALS
from gancourse.lab.states import TRAINED

_OPTIONS = {
    "two_gaussians": "two Gaussians",
    "ring": "ring of eight",
    "grid": "grid of 25",
    "swiss_roll": "Swiss roll",
    "drawn": "draw your own",
    "non_saturating": "non-saturating",
    "reverse_kl": "reverse KL",
    "least_squares": "least squares",
    "wasserstein": "Wasserstein",
    "zero_centred": "gradient, target 0",
    "gradient_penalty": "gradient, target 1",
    "r1": "R1",
    "r2": "R2",
    "r1_and_r2": "R1 + R2",
    "roth": "Roth",
    "adam": "Adam",
    "adam_zero": "Adam 0",
    "rmsprop": "RMSprop",
    "sgd": "SGD",
    "momentum": "SGD, 0.9",
    "gaussian": "Gaussian",
    "uniform": "uniform",
    "veegan": "VEEGAN",
    "f_gan kl": "f-GAN: KL",
    "f_gan reverse_kl": "f-GAN: reverse KL",
    "f_gan gan": "f-GAN: GAN",
}
# what a label has no room for; by the setting's name, without the player's
_HELP = {
    "optimizer": "Adam: β = (0.5, 0.999); Adam 0: β = (0, 0.9); SGD, 0.9: with momentum 0.9",
    "noise_law": "Gaussian: N(0, I); uniform: on [−1, 1] in each coordinate",
    "real_label": "one-sided label smoothing: what D should say of real points",
    "penalty": "on D's gradient in x; with the weight below",
    "penalty_weight": "the penalty is a mean over the batch, times this",
    "clip": "after each update of D; 0: not at all",
    "instance_noise": "standard deviation of the noise on all that D sees, in units of x",
    "packing": "points that D judges together",
    "practical": "of an f-GAN: −E g(v) in place of −E f*(g(v))",
    "method": "what a step is; all but alternating move both players at once",
    "method_weight": "steps ahead (unrolled), γ (consensus), c (historical averaging), λ (VEEGAN)",
    "average": "decay of a moving average of G, shown and judged in G's place; the arrows stay at G itself",
    "seed": "acts at the next Reset",
    "steps": "of this player in one step",
}


def label(value):
    """An option in words."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        plain = value.replace("f_gan ", "f-GAN: ").replace("jensen_shannon", "Jensen–Shannon")
        return _OPTIONS.get(value, plain.replace("_", " "))
    return f"{value:g}"


def about():
    """All that the page must know once: dials, layers, colours, what the estimates are."""
    dials = [
        {
            "name": dial.name,
            "group": dial.group,
            "label": dial.label,
            "help": _HELP.get(dial.name.split("_", 1)[-1], _HELP.get(dial.name, "")),
            "options": [[option, label(option)] for option in dial.options],
        }
        for dial in DIALS
    ]
    return {
        "dials": dials,
        "layers": LAYERS,
        "data": DATA_SETS,
        "trained": list(TRAINED),
        "reach": REACH,
        "side": SIDE,
        "colours": {
            "data": plots.DATA,
            "generator": plots.GENERATOR,
            "discriminator": plots.DISCRIMINATOR,
            "exact": plots.EXACT,
            "muted": plots.MUTED,
        },
        "estimated": (
            f"Estimated. KL(p‖q), JS: histograms of 2,000 points, {BINS} × {BINS} cells, {PSEUDO:g} points "
            f"added to each cell. Best D: exact p, q smoothed by a Gaussian of {BANDWIDTH:g}. Gap: mean "
            f"|D − best D| over p and q. W₁: the optimal plan of {PLAN} points. Floor: data against data."
        ),
    }
