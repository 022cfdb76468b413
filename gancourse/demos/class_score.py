"""The Inception score from class probabilities by hand: how sure, how many classes, how even (G2)."""

import numpy as np
from scipy.stats import entropy

from gancourse import plots
from gancourse.demos._widget import Demo, Knob
from gancourse.metrics import inception_score

__all__ = ["CLASSES", "SURENESS", "compute", "demo", "draw", "rows", "scene"]

CLASSES = 10
SURENESS = np.linspace(0, 1, 51)


def rows(sure, drawn):
    """p(y|x) of one image for each class that is drawn: sure on it, the rest even over ten; (drawn, 10)."""
    return sure * np.eye(CLASSES)[:drawn] + (1 - sure) / CLASSES


def _scores(shares):
    """exp of the mutual information at all SURENESS, by entropies: of the marginal, less that of a row."""
    sure, drawn = SURENESS[:, None], len(shares)
    marginal = np.tile((1 - sure) / CLASSES, CLASSES)
    marginal[:, :drawn] += sure * shares
    # all rows have the same entropy: one value is s + (1 - s)/K, the others (1 - s)/K
    row = np.tile((1 - sure) / CLASSES, CLASSES)
    row[:, :1] += sure
    return np.exp(entropy(marginal, axis=1) - entropy(row, axis=1))


def compute(*, sure, drawn, first):
    """The score of a generator that draws so many of ten classes.

    Arguments:
        sure: from 0, every image looks like every class, to 1, each is of one class.
        drawn: how many classes it draws.
        first: share of its images that are of the first class; the rest is even over the others. With one
            class it is 1.

    Returns:
        dict: row (10,), p(y|x) of an image of the first class; marginal (10,); score; the entropies of both,
        in nats; curve, the score at all SURENESS; even, ``metrics.inception_score`` of one image of each
        class that is drawn.
    """
    shares = np.ones(1) if drawn == 1 else np.array([first, *[(1 - first) / (drawn - 1)] * (drawn - 1)])
    given = rows(sure, drawn)
    marginal = shares @ given
    score = float(np.exp(entropy(marginal) - entropy(given[0])))
    return {
        "row": given[0], "marginal": marginal, "score": score, "sure": sure, "drawn": drawn,
        "first": shares[0], "entropy of row": float(entropy(given[0])),
        "entropy of marginal": float(entropy(marginal)),
        "curve": _scores(shares),
        "even": inception_score(given, splits=1)[0],
    }  # fmt: skip


def scene(figure):
    """Left an image's classes and those of all images, right the score against how sure the classes are."""
    left, right = figure.subplots(1, 2)
    at = np.arange(CLASSES)
    artists = {
        "row": list(left.bar(at - 0.2, 0 * at, 0.4, color=plots.GENERATOR, label="p(y|x) of one image")),
        "marginal": list(left.bar(at + 0.2, 0 * at, 0.4, color=plots.MUTED, label="p(y) of all")),
    }
    left.set(ylim=(0, 1.05), xlabel="class y", ylabel="probability", xticks=at)
    (artists["curve"],) = right.plot(SURENESS, 0 * SURENESS, color=plots.EXACT, label="score")
    (artists["here"],) = right.plot([], [], "o", color=plots.EXACT, markersize=8)
    right.axhline(CLASSES, color=plots.MUTED, linestyle=":", label="K = 10")
    right.set(xlim=(0, 1), ylim=(0, 10.6), xlabel="how sure the classes are", ylabel="Inception score")
    plots.legend(left)
    plots.legend(right)
    return artists


def draw(artists, result):
    """Move bars, curve and dot, and say the two entropies."""
    for name in ("row", "marginal"):
        for bar, height in zip(artists[name], result[name], strict=True):
            bar.set_height(height)
    artists["curve"].set_ydata(result["curve"])
    artists["here"].set_data([result["sure"]], [result["score"]])
    return (
        f"{result['drawn']} of 10 classes, the first with a share of {result['first']:.2f}: H(y) = "
        f"{result['entropy of marginal']:.3f}, mean H(y|x) = {result['entropy of row']:.3f} nats, score "
        f"exp({result['entropy of marginal'] - result['entropy of row']:.3f}) = {result['score']:.3f}."
    )


def demo(**look):
    """The demo; keywords go to ``Demo``."""
    knobs = [
        Knob("sure", 0.0, 1.0, 0.02, 0.8, "how sure: 0 any class, 1 one"),
        Knob("drawn", 1, 10, 1, 10, "classes that G draws"),
        Knob("first", 0.1, 0.9, 0.05, 0.1, "share of the first class"),
    ]
    return Demo(compute, scene, draw, knobs, name="class score", **{"size": (8.6, 3.4), "dpi": 69, **look})
