"""Three densities equally far apart in L1, one pair much nearer on the line (D10)."""

import numpy as np

from gancourse import plots
from gancourse.demos._widget import Demo, Knob
from gancourse.divergences import js, kl, total_variation, wasserstein_1d

__all__ = ["CENTRES", "DISTANCES", "PAIRS", "compute", "demo", "draw", "histogram", "scene"]

CELLS = 240
EDGES = np.linspace(0.0, 12.0, CELLS + 1)
CENTRES = (EDGES[1:] + EDGES[:-1]) / 2
BUMP = 20  # cells: a bump is one wide
FIRST, SECOND = 1.0, 2.5  # left ends of the bumps that stay
PAIRS = ((0, 1), (0, 2), (1, 2))
DISTANCES = {"l1": "L1", "total_variation": "TV", "kl": "KL", "js": "JSD", "wasserstein": "W1"}
COLOURS = (plots.DATA, plots.GENERATOR, plots.MUTED)


def histogram(place, share):
    """240 masses on [0, 12]: a share on a bump of width 1 that begins at ``place``, the rest flat."""
    masses = np.full(CELLS, (1 - share) / CELLS)
    start = round(place / (EDGES[1] - EDGES[0]))
    masses[start : start + BUMP] += share / BUMP
    return masses


def compute(*, place, share):
    """Five distances of each of the three pairs.

    Arguments:
        place: where the third bump begins, from 0 to 11; the others begin at 1 and at 2.5.
        share: of the mass that lies on the bump; the rest is spread over [0, 12]. 1 leaves no rest, and
            disjoint supports wherever bumps do not overlap.

    Returns:
        dict: densities, three arrays over CENTRES; a name of DISTANCES -> array (3,), one a pair of PAIRS.
    """
    masses = [histogram(at, share) for at in (FIRST, SECOND, place)]
    rows = []
    for i, j in PAIRS:
        p, q = masses[i], masses[j]
        moved = wasserstein_1d(CENTRES, CENTRES, p, q)
        rows.append((np.abs(p - q).sum(), total_variation(p, q), kl(p, q), js(p, q), moved))
    width = EDGES[1] - EDGES[0]
    return {
        "densities": [m / width for m in masses],
        **dict(zip(DISTANCES, np.array(rows).T, strict=True)),
    }


def scene(figure):
    """Left the three densities, right a group of bars for each distance."""
    left, right = figure.subplots(1, 2, width_ratios=[5, 4])
    artists = {}
    for i, dash in enumerate(("-", "--", "-.")):
        (artists[f"p{i + 1}"],) = left.step(
            [], [], where="mid", color=COLOURS[i], linestyle=dash, label=f"p{'₁₂₃'[i]}"
        )
    left.set(xlim=(0, 12), ylim=(0, 1.25), xlabel="x", ylabel="density")
    plots.legend(left)
    hatches, tones = ("", "//", ".."), ("#E69F00", "#56B4E9", "#D9D9D9")
    for k, (i, j) in enumerate(PAIRS):
        at = np.arange(len(DISTANCES)) + 0.27 * (k - 1)
        artists[f"bars {k}"] = list(
            right.bar(
                at,
                0.1,
                0.25,
                color=tones[k],
                hatch=hatches[k],
                edgecolor="black",
                linewidth=0.5,
                label=f"p{'₁₂₃'[i]}, p{'₁₂₃'[j]}",
            )  # fmt: skip
        )
    right.set(ylim=(0, 10), xticks=range(len(DISTANCES)), xticklabels=DISTANCES.values(), ylabel="distance")
    plots.legend(right)
    return artists


def draw(artists, result):
    """Move densities and bars, and say the numbers; a bar that leaves the picture is infinite."""
    for i, density in enumerate(result["densities"]):
        artists[f"p{i + 1}"].set_data(CENTRES, density)
    for k in range(len(PAIRS)):
        for bar, name in zip(artists[f"bars {k}"], DISTANCES, strict=True):
            bar.set_height(min(result[name][k], 99.0))
    rows = [
        f"{label}: " + ", ".join("∞" if np.isinf(v) else f"{v:.3f}" for v in result[name])
        for name, label in DISTANCES.items()
    ]
    return "Pairs 12, 13, 23. " + "; ".join(rows) + "."


def demo(**look):
    """The demo; keywords go to ``Demo``."""
    knobs = [
        Knob("place", 0.0, 11.0, 0.25, 9.0, "where the third bump begins"),
        Knob("share", 0.1, 1.0, 0.05, 0.8, "share of the mass on the bump"),
    ]
    return Demo(compute, scene, draw, knobs, name="equal l1", **look)
