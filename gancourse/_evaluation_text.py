"""The words of an evaluation: its table, and what its numbers of images allow to say."""

import textwrap

import numpy as np

from gancourse._measures import LARGEST
from gancourse.metrics import expected_coverage, frechet_distance_bias, perfect_stacked_modes

__all__ = ["remarks", "table", "written"]

USUAL = 10_000  # images: published scores have this many or more
COLUMNS = 100


def table(evaluation):
    """The rows of an Evaluation as text, the remarks below."""
    e = evaluation
    half = f"{e.n_floor:,}"
    lines = [
        ["", "better", f"all: {e.n_real:,} and {e.n_fake:,}", f"{half} of each", f"real: {half} of each"]
    ]
    for row in e.rows:
        lines.append([row.name, row.better, *map(written, (row.score, row.same_size, row.floor))])
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    text = []
    for line in lines:
        cells = zip(line, widths, (str.ljust, str.ljust, str.rjust, str.rjust, str.rjust), strict=True)
        text.append("  ".join(side(cell, width) for cell, width, side in cells).rstrip())
    text.insert(1, "-" * max(map(len, text)))
    title = f"Generated against real images, features of the network {e.network!r}; ± one standard error"
    said = [textwrap.fill(f"- {remark}", COLUMNS, subsequent_indent="  ") for remark in e.remarks]
    return "\n".join([title, "", *text, "", *said])


def remarks(a, b, half, held_out, network):
    """Sentences on what the numbers of images allow to say.

    Arguments:
        a, b: the real and the generated images, Described.
        half: how many images of each the last two columns have.
        held_out: whether a third set was given.
        network: whose features.
    """
    n, d = min(len(a), len(b)), a.features.shape[1]
    said = []
    if n < 5 * d:
        said.append(
            f"With {n:,} images for {d:,} features the Fréchet distance is mostly a matter of their number: "
            "compare it only with the floor, at the same numbers."
        )
    else:
        bias = frechet_distance_bias(np.cov(a.features, rowvar=False), len(a), len(b))
        said.append(
            f"Of the Fréchet distance some {bias:.2g} come from the number of images: a perfect generator "
            "would have them too. Compare it only at the same numbers of images, or at n → ∞ where given."
        )
    said.append(
        f"A perfect generator covers {expected_coverage(len(a), len(b)):.3f} of all, and "
        f"{expected_coverage(half, half):.3f} of {half:,}."
    )
    if a.digits is not None:
        perfect = perfect_stacked_modes(len(b))
        said.append(
            f"{len(b):,} perfect stacks, of even digits, have {perfect.captured:.0f} modes and a KL of "
            f"{perfect.reverse_kl:.3f}."
        )
    if n < USUAL:
        said.append(f"Published scores are of 10,000 to 50,000 images; these are {n:,}.")
    if n > LARGEST:
        said.append(
            "Kernel distance, precision, recall, density and coverage are of 10,000 images of each set."
        )
    if network != "inception":
        said.append("On these features distances compare with one another, not with published ones.")
    if not held_out:
        said.append(
            "Whether images are copied is measured where a third set is given, that was not trained on."
        )
    return said


def written(score):
    """A score as text: two digits of its error, where it has one."""
    if score is None:
        return ""
    value, error = score
    if error is None or not np.isfinite([value, error]).all() or error == 0:
        return f"{value:.4g}".replace("inf", "∞")
    decimals = int(np.clip(1 - np.floor(np.log10(error)), 0, 8))
    return f"{value:.{decimals}f} ± {error:.{decimals}f}"
