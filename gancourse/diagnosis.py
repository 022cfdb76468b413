"""What is the matter with a run, in words: read from what a monitor saw of it, by rules one can check."""

from dataclasses import dataclass, field
from html import escape

from gancourse._record import checked, record_of
from gancourse._remedies import REMEDIES
from gancourse._symptoms import FEWEST, symptoms
from gancourse._validate import array, fail, integer

__all__ = ["VERDICTS", "Diagnosis", "diagnose", "record_of"]

VERDICTS = tuple(REMEDIES)


@dataclass(frozen=True, repr=False)
class Diagnosis:
    """The verdict on a run; shows itself.

    Attributes:
        verdict: one of VERDICTS.
        words: what is the matter, in a sentence or two, with the numbers that say so.
        evidence: all numbers that were looked at, name to float; what the record does not give is absent.
        remedies: what to try, sentences.
    """

    verdict: str
    words: str
    evidence: dict = field(default_factory=dict)
    remedies: tuple = ()

    @property
    def text(self):
        """Verdict and words in one."""
        return self.words if self.words.startswith(self.verdict) else f"{self.verdict}: {self.words}"

    def __repr__(self):
        return "\n".join([self.text, *(f"  - {remedy}" for remedy in self.remedies)])

    def _repr_html_(self):
        items = "".join(f"<li>{escape(remedy)}</li>" for remedy in self.remedies)
        head, tail = (escape(part) for part in (self.verdict, self.text.removeprefix(self.verdict)))
        said = f"<p><b>{head.capitalize()}</b>{tail}</p>"
        return f"<div style='max-width:46em'>{said}{f'<ul>{items}</ul>' if items else ''}</div>"


def diagnose(record, *, modes=None, data=None, logits=True):
    """Say what is the matter with a run, from what was seen of it: a handful of thresholds, tried in order.

    "Late" is the median over the last quarter of the rows. Lengths are measured in S, the spread of the data
    (the root of the summed variances), or without ``data`` in the largest extent that the samples ever had.
    The slope is g = sample_gradient · S: what a sample would gain, in nats, by crossing the whole data on
    the slope that it feels. So no rule knows the unit of the data.

    1.  diverged: a row of the last quarter is not finite, or a late loss is beyond 100, and 100 times that of
        the first row. (A cross-entropy of 100 nats means that D is wrong at odds of e^100.)
    2.  still training, with fewer than 6 rows.
    3.  gradient vanished: g < 0.01. Not where 0.9 of the modes are found and 0.75 of the samples are near
        one: at the goal too there is no slope.
    4.  standing still: D's logits hold the samples 0.3 below the data and g is there, but they do not follow:
        each moves by less than 0.05 S over the second half, where the record has them (a monitor's noise is
        the same each time); else centre and spread by less than 0.002 S, and the share near a mode by less
        than 0.05. Not where rule 9 would apply.
    5.  cycling: the samples go round as a body. Over the second half their centre strays by more than 0.3 S
        (rms), and by more than the late spread; it swings 3 times or more along its widest direction, from
        half its rms on one side to half on the other; it strays in the last quarter at least half as far as
        in the one before; in the last rows (3, or a twentieth) it moves at least once as far as 0.3 of its
        rms move; and in the last row the spread is at most 1.5 times the late one, or 0.75 of the stray. So
        the centre comes back and has not come to rest, and the samples have not opened up.
    6.  collapsed onto one point: late spread < 0.05 S.
    7.  collapsed: at most 0.75 of the modes are found, and 0.05 of the samples or more are near one:
        with fewer, modes are found by accident.
    8.  critic too strong: late accuracy ≥ 0.95, and g is there.
    9.  healthy: 0.9 of the modes are found, and half of the samples are near one.
    10. still training: the share near a mode rose by 0.05 from the quarter before the last to the last tenth.
    11. off the data: D's loss is within 0.05 of 2 log 2, so that it cannot tell, and yet fewer than half of
        the samples are near a mode. D sees other samples than the judge does, or is too smooth.
    12. imprecise: what is left where one can say which modes were found.
    13. unclear: where one cannot.

    What rules 7 and 9 to 12 know. With ``modes``: the record's "captured" and "high_quality", for which one
    needs the true modes and their width. Without, but with ``data`` and the record's "samples": the clusters
    that the data plainly fall into, if they do (their means, and one standard deviation for all), and the
    samples within 3 of these deviations; a mode is found if a sample that was kept in the last quarter is
    near it. With neither, nothing.

    Arguments:
        record: as by ``record_of``: "step" (r,) and any names of a monitor: centre (r, d), samples (r, n, d)
            (rows of NaN where none were kept), others (r,). It may still grow.
        modes: how many modes the data have.
        data: points of the data (n, d), 20 or more.
        logits: whether D's logit is 0 where D is undecided, as with cross-entropy and hinge. With False (a
            Wasserstein critic, least squares, relativistic logits) nothing is read from accuracy, logits or
            2 log 2.

    Returns:
        Diagnosis.

    Raises:
        ValueError: the record or an argument is of another form; the message names it.

    Example:
        >>> diagnose({"step": range(1, 10), "generator_loss": [0.7] * 8 + [float("nan")]}).verdict
        'diverged'
    """
    record = checked(record)
    if modes is not None:
        modes = integer("modes", modes)
    if data is not None:
        data = array("data", data, ndim=2)
        if len(data) < 20:
            fail("data", data, "at least 20 points")
    if not isinstance(logits, bool):
        fail("logits", logits, "True or False")
    found = symptoms(record, modes, data, logits)
    verdict, words = _judge(found, modes)
    return Diagnosis(verdict, words, {name: float(v) for name, v in found.items()}, REMEDIES[verdict])


def _judge(f, modes):
    """(verdict, words), by the rules in their order."""
    if "last_step" in f:
        return "diverged", f"the last finite losses are those of step {f['last_step']:,.0f}."
    if f["rows"] < FEWEST:
        return "still training", f"{f['rows']} rows so far; a course shows in {FEWEST} or more."
    if f.get("growth", 0.0) > 100:
        return "diverged", f"a loss has {f['growth']:.3g} times its size at the start."
    found, near, accuracy = f.get("found"), f.get("near"), f.get("accuracy")
    share = "" if found is None else f" Of the samples {near:.0%} lie near a mode."
    right = "" if accuracy is None else f" D is right on {accuracy:.0%} of real and generated samples."
    all_found = found is not None and found >= 0.9
    healthy = all_found and near >= 0.5
    if f.get("gradient", 1.0) < 0.01 and not (all_found and near >= 0.75):
        flat = " It says ½ of everything: G has arrived, or D is blind." if _half(f) else ""
        return "gradient vanished", (
            f"crossing the whole data on the slope it feels, a sample would gain {f['gradient']:.2g} nats."
            f"{right}{flat}"
        )
    if _still(f) and not healthy:
        return "standing still", (
            f"the samples hardly move, though D's logits hold them {f['logit_gap']:.2g} below the data and "
            f"the slope is there ({f.get('gradient', 0):.2g} nats across the data).{share}"
        )
    if _cycles(f):
        return "cycling", (
            f"the samples go round as a body. Their centre strays by {f['wandering']:.0%} of the data's "
            f"size, swung over {f['swings']} times in the second half, and has not come to rest.{share}"
        )
    if f.get("spread", 1.0) < 0.05:
        words = f"collapsed onto one point, {f['spread']:.1%} of the data's size.{right}"
        exchanged = right and accuracy < 0.1
        return "collapsed", words + (" It is sure of the opposite: look at the labels." if exchanged else "")
    if found is not None:
        whole = modes if modes is not None else round(f["captured"] / found) if found else None
        onto = f"{f['captured']:.0f} of {whole} modes" if whole else "no mode"
    if found is not None and found <= 0.75 and near >= 0.05:
        return "collapsed", f"collapsed onto {onto}.{share}{right}"
    if right and accuracy >= 0.95:
        return "critic too strong", f"the slope is there, but no lead to win back.{right}{share}"
    if found is None:
        return "unclear", f"nothing in these curves tells collapsed from healthy: look at samples.{right}"
    if healthy:
        return "healthy", f"{onto} found.{share}{right}"
    if f["rise"] >= 0.05:
        return "still training", f"{onto}, and {f['rise']:.0%} more samples near one than before.{share}"
    if near < 0.5 and f.get("from_two_log_two", 1.0) < 0.05:
        return "off the data", (
            f"D's loss is {f['discriminator_loss']:.3f}: at 2 log 2 = 1.386 D cannot tell, where the judge "
            f"can.{share}"
        )
    return "imprecise", f"{onto}, and it does not get better.{share}{right}"


def _half(f):
    return abs(f.get("accuracy", 1.0) - 0.5) < 0.1 and abs(f.get("logit_gap", 1.0)) < 0.2


def _still(f):
    """Whether samples stay where they are although D would have them elsewhere."""
    if "shift" in f:
        stays = f["shift"] < 0.05
    else:
        stays = f.get("movement", 1.0) < 0.002 and abs(f.get("rise", 1.0)) < 0.05
    return stays and f.get("logit_gap", 0.0) > 0.3


def _cycles(f):
    """Whether the samples go round as a body, and still do."""
    stray = f.get("wandering", 0.0)
    if stray <= max(0.3, f.get("spread", 0.0)) or f["last_spread"] > 1.5 * max(f["spread"], stray / 2):
        return False
    return f["swings"] >= 3 and f["persistence"] >= 0.5 and f["pace"] >= 0.3
