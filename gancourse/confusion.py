"""How often a diagnosis is right: a table of what runs are against what was said of them."""

from dataclasses import dataclass
from html import escape

from gancourse._validate import fail, real
from gancourse.diagnosis import VERDICTS, Diagnosis

__all__ = ["ACCEPTED", "Confusion", "confusion", "end_state"]

# truth -> the verdicts that say it
ACCEPTED = {verdict: (verdict,) for verdict in VERDICTS} | {
    "imprecise": ("still training", "off the data", "unclear"),
}


def end_state(captured, high_quality, modes):
    """What a run is at its end, by the true modes and fresh samples: healthy, collapsed or imprecise.

    Arguments:
        captured, high_quality: of the samples of the last step, as by ``mode_coverage``.
        modes: how many there are.

    Returns:
        "collapsed" where at most 0.75 of the modes were captured, by samples of which 0.05 or more are of
        high quality; "healthy" where 0.9 were captured and half of the samples are of high quality; otherwise
        "imprecise". One look at the end cannot know what moves: it never says "cycling".

    Raises:
        ValueError: a number is out of its range.
    """
    share = real("captured", captured, low=0.0, high=modes) / modes
    good = real("high_quality", high_quality, low=0.0, high=1.0)
    if share <= 0.75 and good >= 0.05:
        return "collapsed"
    return "healthy" if share >= 0.9 and good >= 0.5 else "imprecise"


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
