"""One-sided label smoothing: real samples are labelled a little below 1."""

from gancourse._validate import choice, fail, real
from gancourse.objectives import OBJECTIVES, Objective

__all__ = ["one_sided"]

_CROSS_ENTROPY = ("minimax", "non_saturating", "reverse_kl")


def one_sided(objective="non_saturating", real_label=0.9):
    """An objective whose discriminator aims at α on real samples, and at 0 on generated ones as before.

        D: E_p [α softplus(−v) + (1 − α) softplus(v)] + E_q softplus(v)

    is the cross-entropy to the labels α and 0. It is least at D(x) = α p/(p + q): between 0 and α, with logit
    at most log(α/(1 − α)), which is 2.2 for 0.9, so that D's confidence is bounded where q is missing. Fakes
    keep the label 0: with a label β above 0 the optimum (α p + β q)/(p + q) would be β where p is missing and
    q is not, and no slope would lead away from there. The generator's loss stays as it was.

    Arguments:
        objective: "minimax", "non_saturating" or "reverse_kl", the losses whose D is a cross-entropy; or one
            of those objectives itself.
        real_label: α, in (½, 1]; 1 gives the objective itself.

    Raises:
        ValueError: another objective; a label out of range.

    Source: Salimans et al., "Improved Techniques for Training GANs", 2016, arXiv 1606.03498, section 3.4.

    Example:
        >>> one_sided(real_label=0.9)
        one_sided('non_saturating', 0.9)
          D: E_p [0.9 softplus(−v) + 0.1 softplus(v)] + E_q softplus(v)
          G: E_q softplus(−v)
    """
    name = choice("objective", getattr(objective, "name", objective), _CROSS_ENTROPY)
    expected = "a label above 0.5 and at most 1"
    alpha = real("real_label", real_label, low=0.5, high=1.0, expected=expected)
    if alpha == 0.5:
        fail("real_label", real_label, expected)
    plain = OBJECTIVES[name]
    return Objective(
        f"one_sided({name!r}, {alpha:g})",
        # on_fake is softplus(v): what a sample labelled 0 costs.
        lambda v: alpha * plain.on_real(v) + (1 - alpha) * plain.on_fake(v),
        plain.on_fake,
        plain.on_generator,
        (
            f"E_p [{alpha:g} softplus(−v) + {1 - alpha:.6g} softplus(v)] + E_q softplus(v)",
            plain.formulas[1],
        ),
    )
