"""The exercises of lecture 13: the ring's centres, a reply and the answer to it; counting modes is the main one."""

import numpy as np

from gancourse.exercises._exercise import Check, Exercise, Wrong, close
from gancourse.exercises.lecture_13_modes import COVERAGE

__all__ = ["EXERCISES"]


# --- the ring's centres --------------------------------------------------------------------------


def ring_centres(modes, radius):
    """The centres of a ring of equal modes, evenly spaced, all different.

    Arguments:
        modes: how many, k ≥ 1.
        radius: of the circle.

    Returns:
        array (k, 2): mode j stands at the angle 2πj/k, counted from the first axis towards the second.
    """
    angle = 2 * np.pi * np.arange(modes) / modes
    return radius * np.stack([np.cos(angle), np.sin(angle)], axis=1)


def _ring_cases(rng):
    return [
        {"modes": 8, "radius": rng.uniform(1.5, 2.5)},
        {"modes": int(rng.integers(3, 7)), "radius": rng.uniform(0.3, 0.8)},
        {"modes": int(rng.integers(9, 15)), "radius": rng.uniform(3.0, 5.0)},
    ]


def _angles(angle, radius):
    return radius * np.stack([np.cos(angle), np.sin(angle)], axis=1)


RING = Exercise(
    id="13.ring_centres",
    title="The ring's centres",
    reference=ring_centres,
    cases=_ring_cases,
    shape="Return an array (k, 2): a row for each mode.",
    checks=(
        Check("places", close(atol=1e-9), "The centres are not where they should be: mode j at radius · (cos 2πj/k, sin 2πj/k), and all k of them different."),
    ),
    hints=(
        "The circle is closed: the angle 2π is the angle 0.",
        "`np.arange(k)` has k entries, 0 to k − 1; `np.linspace` takes both ends unless told otherwise.",
        "`angle = 2 * np.pi * np.arange(modes) / modes`.",
    ),
    wrong=(
        Wrong(lambda modes, radius: _angles(np.linspace(0, 2 * np.pi, modes), radius), "`np.linspace(0, 2 * np.pi, k)` holds both ends of the circle, which are one point: for k = 8 these are seven modes, one of them twice as heavy. Published code has this. Add `endpoint=False`, or use 2πj/k.", "places"),
        Wrong(lambda modes, radius: _angles(np.linspace(0, np.pi, modes), radius), "This is half a circle: a whole one has 2π.", "places"),
        Wrong(lambda modes, radius: _angles(360 * np.arange(modes) / modes, radius), "`np.cos` takes radians, and you gave it degrees.", "places"),
        Wrong(lambda modes, radius: _angles(2 * np.pi * np.arange(modes) / modes, 1.0), "The radius is missing: these lie on the unit circle.", "places"),
        Wrong(lambda modes, radius: _angles(2 * np.pi * np.arange(modes) / modes, radius)[:, ::-1], "First cosine, then sine: mode 0 stands on the first axis, at (radius, 0).", "places"),
        Wrong(lambda modes, radius: _angles(2 * np.pi * np.arange(1, modes + 1) / modes, radius), "The right points, one place on: mode 0 stands at the angle 0.", "places"),
        Wrong(lambda modes, radius: _angles(2 * np.pi * np.arange(modes) / modes, radius).T, "Return a row for each mode: an array (k, 2), not (2, k).", "shape"),
    ),
    accepted=(
        lambda modes, radius: _angles(np.linspace(0, 2 * np.pi, modes, endpoint=False), radius),
        lambda modes, radius: _angles(np.linspace(0, 2 * np.pi, modes + 1)[:-1], radius),
    ),
    points=1.0,
)  # fmt: skip


# --- a reply, and the answer to it ---------------------------------------------------------------


def reply_and_answer(p, d):
    """The generator's best reply to a fixed D, then D's best answer to that reply, on a line of n cells.

    Arguments:
        p: array (n,), the data: masses of the cells, all above zero, summing to one.
        d: array (n,), the fixed D in each cell, strictly between 0 and 1; no two are alike.

    Returns:
        array (2, n): first q, masses of the cells that make the generator's loss Σ q log(1 − D) as small as
        possible; then the D that is optimal between p and that q.
    """
    q = np.zeros(len(p))
    q[np.argmax(d)] = 1.0
    return np.stack([q, p / (p + q)])


def _reply_cases(rng):
    cases = []
    for n in (5, 9, 12):
        p = rng.dirichlet(np.ones(n)) * 0.9 + 0.1 / n
        d = rng.permutation(np.linspace(0.1, 0.9, n) + rng.uniform(-0.02, 0.02, n))
        if d.argmax() == p.argmax():
            d = np.roll(d, 1)
        cases.append({"p": p, "d": d})
    return cases


def _answered(q_of, answer=lambda p, q: p / (p + q)):
    def wrong(p, d):
        q = q_of(p, d)
        return np.stack([q, answer(p, q)])

    return wrong


def _point(at):
    def q_of(p, d):
        q = np.zeros(len(p))
        q[at(p, d)] = 1.0
        return q

    return q_of


_best = _point(lambda p, d: d.argmax())


def _by_search(p, d):
    """The linear programme by trying its corners."""
    corners = np.eye(len(p))
    q = corners[(corners @ np.log1p(-np.asarray(d))).argmin()]
    return np.array([q, 1 / (1 + q / p)])


REPLY = Exercise(
    id="13.reply_and_answer",
    title="A reply, and the answer to it",
    reference=reply_and_answer,
    cases=_reply_cases,
    shape="Return an array (2, n): q in the first row, the new D in the second.",
    checks=(
        Check("both rows", close(atol=1e-9), "The first row is the q that makes Σ q log(1 − D) smallest, which is linear in q; the second is p/(p + q) with that q."),
    ),
    hints=(
        "A mean of numbers is at least the smallest of them. For which q is it equal?",
        "log(1 − D) falls as D grows: all mass belongs where D is highest.",
        "`q = np.zeros(len(p)); q[np.argmax(d)] = 1.0`, and then p / (p + q).",
    ),
    wrong=(
        Wrong(_answered(_point(lambda p, d: d.argmin())), "Your q sits where D is *lowest*: there the generator is found out at once. The loss log(1 − D) is small where D is large.", "both rows"),
        Wrong(_answered(lambda p, d: d / d.sum()), "You spread q in proportion to D. A mean is smallest when all its weight is on the smallest term: one cell takes everything.", "both rows"),
        Wrong(_answered(lambda p, d: np.exp(d / (1 - d)) / np.exp(d / (1 - d)).sum()), "A softmax: it favours high D, and still leaves mass elsewhere. With D fixed nothing rewards variety: one cell takes everything.", "both rows"),
        Wrong(_answered(lambda p, d: (d > 0.5) / max(1, (d > 0.5).sum())), "You share the mass among all cells that pass for real. The one where D is highest is better than any mixture.", "both rows"),
        Wrong(_answered(_point(lambda p, d: p.argmax())), "This is the data's largest cell. The generator never sees p: it hears of the data only through D.", "both rows"),
        Wrong(_answered(lambda p, d: p), "q = p is the answer when D replies *after* the generator. Here D is fixed, and the generator moves last.", "both rows"),
        Wrong(_answered(_best, lambda p, q: q / (p + q)), "The new D is turned round: it is the probability of *real*, p/(p + q).", "both rows"),
        Wrong(_answered(_best, lambda p, q: p / (p + q) * (q > 0) + (q == 0) * 0.5), "Where q has no mass, p/(p + q) is 1: there everything is real. You put ½.", "both rows"),
        Wrong(lambda p, d: np.stack([_best(p, d), d]), "The second row is the old D. It is trained again, against the q of the first row.", "both rows"),
    ),
    accepted=(_by_search, lambda p, d: np.array([(d == d.max()) * 1.0, np.where(d == d.max(), p / (p + 1), 1.0)])),
    points=2.0,
)  # fmt: skip

EXERCISES = (COVERAGE, RING, REPLY)
