"""How often a diagnosis is right: a table of what runs are against what was said of them."""

from dataclasses import dataclass
from html import escape

import numpy as np

from gancourse._validate import array, fail, integer
from gancourse.diagnosis import VERDICTS, Diagnosis

__all__ = ["ACCEPTED", "Confusion", "confusion", "end_state", "goes_round"]

# truth -> the verdicts that say it
ACCEPTED = {verdict: (verdict,) for verdict in VERDICTS} | {
    "imprecise": ("imprecise", "still training", "off the data"),
}


def end_state(captured, high_quality, modes):
    """What a run is at its end, by the true modes: healthy, collapsed or imprecise.

    Medians over the last quarter of the looks: a mode counts that a single sample hits, so that one look says
    more about its samples than about the run.

    Arguments:
        captured, high_quality: of fresh samples at each look, as by ``mode_coverage``, with shape (r,).
        modes: how many there are.

    Returns:
        "collapsed" where at most 0.75 of the modes are captured, by samples of which 0.05 or more are of
        high quality; "healthy" where 0.9 are captured and half of the samples are of high quality; otherwise
        "imprecise". It cannot know what moves: see ``goes_round``.

    Raises:
        ValueError: a number is out of its range, or the shapes differ.
    """
    modes = integer("modes", modes)
    captured = array("captured", captured, ndim=1, high=modes)
    good = array("high_quality", high_quality, shape=captured.shape, high=1.0)
    for name, values in (("captured", captured), ("high_quality", good)):
        if (values < 0).any():
            fail(name, values, "numbers that are zero or above")
    late = -max(1, -(-len(captured) // 4))
    share, good = np.median(captured[late:]) / modes, np.median(good[late:])
    if share <= 0.75 and good >= 0.05:
        return "collapsed"
    return "healthy" if share >= 0.9 and good >= 0.5 else "imprecise"


def goes_round(centre, spread, means):
    """Whether modes come and go: the samples pass from mode to mode as a body, and still do at the end.

    At each look the samples are at home at the true mode nearest to their centre, or nowhere if the middle of
    all modes is nearer. They go round if over the second half of the looks a third of all modes are their
    home, 3 times or more one that they had left before; if the home changes in the last quarter; and if they
    are a body at the end: in the last look their spread is below half of that of the modes.

    Arguments:
        centre, spread: of the samples at each look, as by ``Monitor``, with shapes (r, d) and (r,).
        means: the true modes, with shape (k, d).

    Raises:
        ValueError: the arrays' shapes do not fit.
    """
    spread = array("spread", spread, ndim=1)
    means = array("means", means, ndim=2)
    centre = array("centre", centre, shape=(len(spread), means.shape[1]))
    if spread[-1] >= 0.5 * np.sqrt(means.var(0).sum()):
        return False
    half, late = len(spread) // 2, max(2, -(-len(spread) // 4))
    far = np.linalg.norm(centre[half:, None] - means, axis=-1)
    middle = np.linalg.norm(centre[half:] - means.mean(0), axis=-1)
    home = np.where(far.min(1) <= middle + 1e-12, far.argmin(1), -1)
    changes = np.diff(home[home >= 0]) != 0
    stays = home[home >= 0][np.r_[True, changes]] if len(changes) else home[:0]
    returns = sum(mode in stays[:i] for i, mode in enumerate(stays))
    moved = len(set(home[-late:]) - {-1}) > 1
    return bool(len(set(stays)) >= len(means) / 3 and returns >= 3 and moved)


@dataclass(frozen=True, repr=False)
class Confusion:
    """A table with a row for each truth and a column for each verdict; shows itself.

    Attributes:
        truths, verdicts: names of rows and columns, those that occur.
        counts: (truth, verdict) -> how many runs.
        wrong: the runs whose verdict does not say the truth: (name, truth, verdict) each.
    """

    truths: tuple
    verdicts: tuple
    counts: dict
    wrong: tuple

    @property
    def total(self):
        """How many runs."""
        return sum(self.counts.values())

    @property
    def right(self):
        """How many of them were diagnosed rightly."""
        return self.total - len(self.wrong)

    def __repr__(self):
        head = [" " * 18, *(f"{verdict:>{len(verdict) + 2}}" for verdict in self.verdicts)]
        lines = ["".join(head).rstrip()]
        for truth in self.truths:
            cells = (f"{self._cell(truth, verdict):>{len(verdict) + 2}}" for verdict in self.verdicts)
            lines.append(f"{truth:18}{''.join(cells)}".rstrip())
        return "\n".join([*lines, f"{self.right} of {self.total} right"])

    def _repr_html_(self):
        head = "".join(f"<th>{escape(verdict)}</th>" for verdict in self.verdicts)
        rows = ""
        for truth in self.truths:
            cells = ""
            for verdict in self.verdicts:
                text = self._cell(truth, verdict)
                cells += f"<td>{f'<b>{text}</b>' if verdict in ACCEPTED[truth] else text}</td>"
            rows += f"<tr><th style='text-align:left'>{escape(truth)}</th>{cells}</tr>"
        said = "Rows: what they are; columns: what was said, bold where it is right."
        score = f"{self.right} of {self.total} right."
        return f"<table><tr><th></th>{head}</tr>{rows}</table><p>{said} {score}</p>"

    def _cell(self, truth, verdict):
        return str(self.counts.get((truth, verdict), "·"))


def confusion(runs):
    """The table of what runs are against what was said of them.

    Arguments:
        runs: triples (name, truth, diagnosis): truth a key of ACCEPTED, diagnosis a ``Diagnosis`` or its
            verdict.

    Returns:
        Confusion.

    Raises:
        ValueError: no runs, or a truth or a verdict that there is not.
    """
    counts, wrong = {}, []
    for name, truth, diagnosis in runs:
        verdict = diagnosis.verdict if isinstance(diagnosis, Diagnosis) else diagnosis
        if truth not in ACCEPTED:
            fail("runs", truth, "truths among " + ", ".join(ACCEPTED))
        if verdict not in VERDICTS:
            fail("runs", verdict, "verdicts among " + ", ".join(VERDICTS))
        counts[truth, verdict] = counts.get((truth, verdict), 0) + 1
        if verdict not in ACCEPTED[truth]:
            wrong.append((name, truth, verdict))
    if not counts:
        fail("runs", runs, "at least one run")
    truths = tuple(truth for truth in ACCEPTED if any(truth == t for t, _ in counts))
    verdicts = tuple(verdict for verdict in VERDICTS if any(verdict == v for _, v in counts))
    return Confusion(truths, verdicts, counts, tuple(wrong))
