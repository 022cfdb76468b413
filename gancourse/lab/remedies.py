"""What the diagnosis suggests, in dials: the first of its remedies that the present settings leave open."""

from gancourse._remedies import REMEDIES
from gancourse._validate import choice

__all__ = ["remedy"]

_R1 = ("penalty R1, weight 1: hold D's slope down at the data", {"penalty": "r1", "penalty_weight": 1.0})
_TWO_TIMES = "a quarter of D's learning rate for G: let D keep up"
# the order is that of the diagnosis's own remedies
_TRY = {
    "collapsed": (
        ("four samples a pack: let D see more than one point at a time", {"packing": 4}),
        ("the unrolled step, 5 ahead: let G see D's reply", {"method": "unrolled", "method_weight": 5.0}),
        _R1,
    ),
    "cycling": (_R1, (_TWO_TIMES, lambda s: {"generator_rate": s.discriminator_rate / 4})),
    "gradient vanished": (
        ("the non-saturating objective: it keeps a slope where D is sure", {"objective": "non_saturating"}),
        ("instance noise 0.2: D cannot be sure of blurred points", {"instance_noise": 0.2}),
    ),
    "critic too strong": (
        _R1,
        ("one update of D a step", {"discriminator_steps": 1}),
        ("instance noise 0.2: D cannot be sure of blurred points", {"instance_noise": 0.2}),
    ),
    "diverged": (
        ("a gradient penalty of target 1, weight 1", {"penalty": "gradient_penalty", "penalty_weight": 1.0}),
        ("smaller learning rates", lambda s: {
            "discriminator_rate": s.discriminator_rate / 3, "generator_rate": s.generator_rate / 3,
        }),
    ),
}  # fmt: skip
# dials that are worth turning only from where they do nothing
_OPEN = {"penalty": "none", "packing": 1, "method": "alternating", "instance_noise": 0.0}


def remedy(verdict, settings):
    """What to try next in the lab, for a verdict of ``gancourse.diagnosis``.

    A remedy is left out where its dial is in use already, where it would change nothing, or where it does not
    go together with the other settings.

    Arguments:
        verdict: one of ``VERDICTS``.
        settings: a ``Settings``, those in force.

    Returns:
        (words, dials): a sentence, and settings by name for ``Lab.change``; None where nothing is left.

    Raises:
        ValueError: another verdict.

    Example:
        >>> from gancourse.lab import Settings
        >>> remedy("collapsed", Settings())[1]
        {'packing': 4}
        >>> remedy("collapsed", Settings(packing=2))[1]["method"]
        'unrolled'
    """
    choice("verdict", verdict, REMEDIES)
    for words, dials in _TRY.get(verdict, ()):
        dials = dials(settings) if callable(dials) else dials
        if any(getattr(settings, name) != value for name, value in _OPEN.items() if name in dials):
            continue
        if verdict == "gradient vanished" and "objective" in dials and settings.objective != "minimax":
            continue
        if verdict == "cycling" and dials.get("generator_rate", 0.0) >= settings.generator_rate:
            continue
        try:
            changes = settings.replace(**dials).changes(settings)
        except ValueError:  # a dial that does not go together with the others
            continue
        if changes:
            return words, changes
    return None
