"""The exercises of lecture 10: what the lab draws. Arrows on the fakes, the JS that D tells, the gap to the best D."""

import numpy as np
from scipy.special import expit

from gancourse.exercises._exercise import Check, Exercise, Wrong, close

__all__ = ["EXERCISES"]


# --- the arrows on the fakes ---------------------------------------------------------------------


def arrows(objective, v, slope):
    """The arrow that the lab draws at each fake: where G's loss of this one point falls fastest, and how fast.

    With ℓ(v) the loss of one fake whose logit is v: log(1 − σ(v)) for "minimax", −log σ(v) for
    "non_saturating", −v for "wasserstein". The arrow at x is −∇ℓ(v(x)), the gradient taken in x.

    Arguments:
        objective: "minimax", "non_saturating" or "wasserstein".
        v: array (n,), what D says of each fake, before σ; up to ±800.
        slope: array (n, 2), ∇v at each fake.

    Returns:
        array (n, 2).
    """
    d = np.exp(-np.logaddexp(0, -v))
    factor = {"minimax": d, "non_saturating": np.exp(-np.logaddexp(0, v)), "wasserstein": np.ones(len(v))}
    return factor[objective][:, None] * slope


def _arrow_cases(rng):
    cases = [
        {"objective": objective, "v": rng.normal(-1, 1.5, 6), "slope": rng.normal(0, 2, (6, 2))}
        for objective in ("minimax", "non_saturating", "wasserstein")
    ]
    far = np.array([-800.0, -3.0, 0.5, 800.0])
    return cases + [
        {"objective": objective, "v": rng.permutation(far), "slope": rng.normal(0, 2, (4, 2))}
        for objective in ("minimax", "non_saturating")
    ]


def _scaled(minimax, non_saturating, wasserstein=lambda d: 1.0 + 0 * d):
    """An answer from the three factors, functions of D."""

    def answer(objective, v, slope):
        d = expit(v)
        factor = {"minimax": minimax, "non_saturating": non_saturating, "wasserstein": wasserstein}
        return factor[objective](d)[:, None] * slope

    return answer


def _right(objective, v, slope):
    return _scaled(lambda d: d, lambda d: 1 - d)(objective, v, slope)


def _through_d(objective, v, slope):
    """By the chain rule through D and its slope, written out, with the divisions cancelled by hand."""
    sign = {"minimax": 1.0, "non_saturating": -1.0}.get(objective)
    return slope if sign is None else expit(sign * v)[:, None] * slope


def _by_hand(objective, v, slope):
    rows = []
    for value, row in zip(v, slope, strict=True):
        tail = np.exp(-abs(value)) / (1 + np.exp(-abs(value)))
        d = 1 - tail if value > 0 else tail
        rows.append(row * {"minimax": d, "non_saturating": 1 - d, "wasserstein": 1}[objective])
    return np.array(rows)


def _naive(objective, v, slope):
    with np.errstate(over="ignore", invalid="ignore"):
        d = np.exp(v) / (1 + np.exp(v))
        factor = {"minimax": d, "non_saturating": 1 - d, "wasserstein": np.ones(len(v))}[objective]
        return factor[:, None] * slope


ARROWS = Exercise(
    id="10.arrows",
    title="The arrows on the fakes",
    reference=arrows,
    cases=_arrow_cases,
    shape="Return an array (n, 2): an arrow for each fake.",
    checks=(
        Check("arrows", close(rtol=1e-6, atol=1e-9), "The arrow is −ℓ'(v)∇v. Differentiate each ℓ in v: what are the three factors in front of ∇v?"),
    ),
    hints=(
        "The chain rule: ∇ℓ(v(x)) = ℓ'(v)·∇v. The three losses differ in ℓ' alone.",
        "log(1 − σ(v)) = −softplus(v), and softplus' = σ. −log σ(v) = softplus(−v).",
        "The factors are σ(v), 1 − σ(v) and 1; `scipy.special.expit` is a σ that stays finite.",
    ),
    wrong=(
        Wrong(lambda o, v, slope: -_right(o, v, slope), "Turned round: this climbs the loss. The arrow goes down it, −∇ℓ.", "arrows"),
        Wrong(_scaled(lambda d: 1 - d, lambda d: d), "Minimax and non-saturating are exchanged. At a fake that D is sure of, σ(v) ≈ 0: there the minimax arrow dies out, and the other does not.", "arrows"),
        Wrong(_scaled(lambda d: d * (1 - d), lambda d: d * (1 - d)), "σ(1 − σ)∇v is the slope of D itself. The losses are logarithms: −log D has the slope −∇D/D, which is −(1 − σ)∇v.", "arrows"),
        Wrong(_scaled(lambda d: 1 / (1 - np.minimum(d, 1 - 1e-12)), lambda d: 1 / np.maximum(d, 1e-12)), "You differentiated the logarithm and stopped at D. The chain goes on: D = σ(v), whose slope in v is σ(1 − σ).", "arrows"),
        Wrong(_scaled(lambda d: 1 + 0 * d, lambda d: 1 + 0 * d), "Every arrow is ∇v: right for the Wasserstein critic. The two cross-entropies put a factor in front, and the whole of experiment 2 is in it.", "arrows"),
        Wrong(lambda o, v, slope: _right(o, v, slope) / len(v), "You took the mean over the batch too: each arrow is n times too short. The lab draws what one point feels of a loss of its own.", "arrows"),
        Wrong(lambda o, v, slope: _right(o, v, slope) / np.maximum(np.linalg.norm(_right(o, v, slope), axis=1, keepdims=True), 1e-300), "All of length 1. The length is the point: a vanished gradient must be seen to be one.", "arrows"),
        Wrong(_naive, "e^v/(1 + e^v) overflows at v = 800. Use a σ that never exponentiates a large number: `scipy.special.expit`, or `np.logaddexp`.", "arrows"),
    ),
    accepted=(_right, _through_d, _by_hand),
    points=3.0,
)  # fmt: skip


# --- the JS that D tells -------------------------------------------------------------------------


def js_told(real_logits, fake_logits):
    """The Jensen–Shannon divergence of p and q, in nats, that D's loss comes to if D is taken for the best one.

    D's loss is L = −mean log σ(v) over the real points −mean log(1 − σ(v)) over the fakes. At the best D it
    is 2 log 2 − 2·JS(p, q).

    Arguments:
        real_logits: array (n,), v at real points; up to ±800.
        fake_logits: array (m,), v at fakes.

    Returns:
        float: JS as this D tells it. It may be negative: then D is worse than a coin.
    """
    loss = np.logaddexp(0, -real_logits).mean() + np.logaddexp(0, fake_logits).mean()
    return np.log(2) - loss / 2


def _told_cases(rng):
    return [
        {"real_logits": rng.normal(1.5, 1, 40), "fake_logits": rng.normal(-1, 1, 25)},
        {"real_logits": rng.normal(0.1, 0.3, 30), "fake_logits": rng.normal(0, 0.3, 30)},
        {"real_logits": rng.normal(-1, 1, 12), "fake_logits": rng.normal(1, 1, 20)},
        {"real_logits": np.array([800.0, 750.0, -2.0]), "fake_logits": np.array([-800.0, 3.0])},
    ]


def _loss(real, fake):
    return np.logaddexp(0, -real).mean() + np.logaddexp(0, fake).mean()


def _naive_loss(real, fake):
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        real, fake = (np.exp(v) / (1 + np.exp(v)) for v in (real, fake))
        return -np.log(real).mean() - np.log(1 - fake).mean()


def _log_of(d):
    return np.log(np.maximum(d, 1e-300))


TOLD = Exercise(
    id="10.js_told",
    title="The JS that D tells",
    reference=js_told,
    cases=_told_cases,
    checks=(
        Check("value", close(rtol=1e-6, atol=1e-9), "Solve L = 2 log 2 − 2·JS for JS, with L the sum of two means."),
    ),
    hints=(
        "−log σ(v) = log(1 + e^−v) and −log(1 − σ(v)) = log(1 + e^v).",
        "`np.logaddexp(0, v)` is log(1 + e^v) without overflow.",
        "JS = log 2 − L/2.",
    ),
    wrong=(
        Wrong(lambda real_logits, fake_logits: 2 * np.log(2) - _loss(real_logits, fake_logits), "This is 2·JS: the value of the game holds the divergence twice.", "value"),
        Wrong(lambda real_logits, fake_logits: _loss(real_logits, fake_logits) / 2 - np.log(2), "The sign: D *minimises* L, so a small loss means a large divergence.", "value"),
        Wrong(lambda real_logits, fake_logits: 1 - _loss(real_logits, fake_logits) / (2 * np.log(2)), "This is in bits. In nats the largest JS is log 2, not 1.", "value"),
        Wrong(lambda real_logits, fake_logits: np.log(2) - _loss(fake_logits, real_logits) / 2, "Real and fake have changed places: D is the probability of *real*.", "value"),
        Wrong(lambda real_logits, fake_logits: np.log(2) - np.concatenate([np.logaddexp(0, -real_logits), np.logaddexp(0, fake_logits)]).mean(), "One mean over all points together weighs the two halves by how many points each has. L is a sum of two means, each over its own points.", "value"),
        Wrong(lambda real_logits, fake_logits: -_loss(real_logits, fake_logits) / 2, "The log 2 is missing: a D that says ½ everywhere has L = 2 log 2, and tells JS = 0.", "value"),
        Wrong(lambda real_logits, fake_logits: max(0.0, np.log(2) - _loss(real_logits, fake_logits) / 2), "You cut it off at 0. A D that is worse than a coin tells a negative number, and you want to see that.", "value"),
        Wrong(lambda real_logits, fake_logits: np.log(2) - _naive_loss(real_logits, fake_logits) / 2, "e^800 overflows. Stay on logits: −log σ(v) = log(1 + e^−v), by `np.logaddexp(0, -v)`.", "value"),
    ),
    accepted=(
        lambda real_logits, fake_logits: np.log(2) + (-np.logaddexp(0, -real_logits).mean() - np.logaddexp(0, fake_logits).mean()) / 2,
        lambda real_logits, fake_logits: 0.5 * (2 * np.log(2) + _log_of(expit(real_logits)).mean() + _log_of(expit(-fake_logits)).mean()),
    ),
    points=2.0,
)  # fmt: skip


# --- the gap to the best D -----------------------------------------------------------------------


def gap_to_best(p, q, d):
    """How far a D is from the best one, where points are: the mean of |D − D*| over half of p and half of q.

    D* = p/(p + q), on a line of n cells. A cell in which neither has mass weighs nothing.

    Arguments:
        p, q: arrays (n,), masses of the cells, each summing to one; some may be zero.
        d: array (n,), what D says in each cell.

    Returns:
        float in [0, 1].
    """
    both = p + q
    best = np.divide(p, both, out=np.zeros(len(p)), where=both > 0)
    return (both / 2) @ np.abs(d - best)


def _gap_cases(rng):
    cases = []
    for n, empty in ((8, 2), (12, 0), (6, 1)):
        p, q = rng.dirichlet(np.ones(n)), rng.dirichlet(np.ones(n))
        if empty:
            p[:empty] = q[:empty] = 0
            q[empty], p[-1] = 0, 0
            p, q = p / p.sum(), q / q.sum()
        cases.append({"p": p, "q": q, "d": rng.uniform(0.02, 0.98, n)})
    return cases


def _best(p, q):
    return np.where(p + q > 0, p / np.maximum(p + q, 1e-300), 0.0)


def _nan(p, q, d):
    with np.errstate(invalid="ignore"):
        return ((p + q) / 2) @ np.abs(d - p / (p + q))


def _by_cells(p, q, d):
    """|D(p + q) − p|/2, summed: the weight and the denominator cancel."""
    return 0.5 * np.abs(d * (p + q) - p).sum()


GAP = Exercise(
    id="10.gap_to_best",
    title="The gap to the best D",
    reference=gap_to_best,
    cases=_gap_cases,
    checks=(
        Check("value", close(rtol=1e-6, atol=1e-9), "The gap is Σ ½(p + q)·|D − p/(p + q)|."),
    ),
    hints=(
        "A mean over half of p and half of q: each cell is weighted by ½(p + q).",
        "p/(p + q) is 0/0 in an empty cell: `np.divide(..., where=p + q > 0)`, or cancel p + q.",
        "Cancelled: ½ Σ |D(p + q) − p|.",
    ),
    wrong=(
        Wrong(lambda p, q, d: p @ np.abs(d - _best(p, q)), "You weighted by p alone: what D says of the fakes, by which G learns, is left out.", "value"),
        Wrong(lambda p, q, d: q @ np.abs(d - _best(p, q)), "You weighted by q alone: half of the points that D judges are real ones.", "value"),
        Wrong(lambda p, q, d: (p + q) @ np.abs(d - _best(p, q)), "p + q sums to 2: a mean over both needs the ½.", "value"),
        Wrong(lambda p, q, d: np.abs(d - _best(p, q)).mean(), "You weighted all cells alike. Where no point is, D is never asked, and need not be right.", "value"),
        Wrong(lambda p, q, d: abs(((p + q) / 2) @ (d - _best(p, q))), "The absolute value stands outside the mean: a D too high here and too low there would be called perfect.", "value"),
        Wrong(lambda p, q, d: ((p + q) / 2) @ (d - _best(p, q)) ** 2, "This is the mean square.", "value"),
        Wrong(lambda p, q, d: ((p + q) / 2) @ np.abs(d - _best(q, p)), "Your best D is q/(p + q): that is the probability of *fake*.", "value"),
        Wrong(lambda p, q, d: ((p + q) / 2) @ np.abs(d - 0.5), "You compared with ½. That is the best D only where q = p; before, D should lean.", "value"),
        Wrong(_nan, "0/0 in the empty cells makes the whole sum NaN. They weigh nothing: leave them out.", "value"),
    ),
    accepted=(_by_cells, lambda p, q, d: float(sum((a + b) / 2 * abs(c - a / (a + b)) for a, b, c in zip(p, q, d, strict=True) if a + b > 0))),
    points=2.0,
)  # fmt: skip

EXERCISES = (ARROWS, TOLD, GAP)
