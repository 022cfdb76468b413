"""What is known exactly, or nearly so, of a run in the plane: the best D, the divergences, the plan.

The density of the data is exact. The generator's has no formula, so what involves it is an estimate, with the
smoothing stated and, wherever there is one, the floor: the same number for the data against itself.
"""

import numpy as np
import torch
from scipy.spatial.distance import cdist
from scipy.special import expit

from gancourse._validate import array, generator, integer
from gancourse.densities import Mixture, swiss_roll
from gancourse.divergences import js, kl
from gancourse.divergences._assignment import assign
from gancourse.lab.data import REACH, data_set

__all__ = ["BANDWIDTH", "BINS", "PLAN", "PSEUDO", "SIDE", "Oracle", "claimed", "critic_of_plan", "smoothed"]

SIDE = 40  # D is drawn on SIDE × SIDE places, the middles of that many cells
BINS = 20  # KL and JS are of BINS × BINS cells
PSEUDO = 0.5  # points added to each cell: a half is Jeffreys' prior of a histogram
BANDWIDTH = 0.06  # standard deviation of the Gaussian about each generated point, in the unit of x
PLAN = 256  # points of either kind in the transport plan

AXIS = REACH * (2 * np.arange(SIDE) + 1 - SIDE) / SIDE


def smoothed(points, x_axis, y_axis, bandwidth=BANDWIDTH):
    """The density of points blurred by N(0, h² I), on a product of axes: array (len(x_axis), len(y_axis)).

    The kernel is a product, so that the sum over points is one product of two matrices.
    """
    shares = [
        torch.from_numpy(np.exp(-0.5 * ((axis[:, None] - points[:, i]) / bandwidth) ** 2) / bandwidth)
        for i, axis in enumerate((x_axis, y_axis))
    ]
    # PyTorch's product keeps to the lab's one thread. NumPy's wakes OpenBLAS's threads, which then spin for
    # 70 ms in wait of more: measured, a seventh of a core that training should have.
    return (shares[0] @ shares[1].T).numpy() / (2 * np.pi * len(points))


def claimed(values, settings):
    """The D(x) that a critic's values stand for: the probability of real, if the critic were at its best.

    At its best the critic of each objective is a function of u = p/q. Solved for u it gives D = u/(1 + u):

        cross-entropies, relativistic, f_gan gan, jensen_shannon, reverse_kl     v = log u
        label α of real                v = log(α p/((1 − α) p + q)), so that D = σ(v)/α
        least_squares                  v = D                hinge     v = sign(u − 1), drawn as (1 + v)/2
        f_gan kl                       v = 1 + log u        pearson   v = 2 (u − 1)
        neyman                         v = 2 log u          squared_hellinger    v = ½ log u
        jeffrey                        v = log u + 1 − 1/u  total_variation      tanh(v)/2 = sign(u − 1)/2

    A relativistic critic is known up to a constant: pass values with it taken away. In a pack of m equal
    points u is to the power m. A Wasserstein critic stands for no probability.

    Arguments:
        values: v, an array. settings: a ``Settings``.

    Returns:
        array of the same shape, in [0, 1]; None for "wasserstein".
    """
    v, name = np.asarray(values, dtype=np.float64), settings.objective
    if name == "wasserstein":
        return None
    if name == "least_squares":
        d = np.clip(v, 0, 1)
    elif name == "hinge":
        d = np.clip((1 + v) / 2, 0, 1)
    elif name == "f_gan total_variation":
        d = expit(2 * v)
    elif name == "f_gan pearson":
        u = np.maximum(1 + v / 2, 0)
        d = u / (1 + u)
    elif name == "f_gan jeffrey":
        d = expit(_log_ratio_of_jeffrey(v))
    else:
        shift, scale = {
            "f_gan kl": (1.0, 1.0), "f_gan neyman": (0.0, 0.5), "f_gan squared_hellinger": (0.0, 2.0),
        }.get(name, (0.0, 1.0))  # fmt: skip
        d = np.clip(expit(scale * (v - shift)) / settings.real_label, 0, 1)
    if settings.packing == 1:
        return d
    with np.errstate(divide="ignore"):
        return expit((np.log(d) - np.log1p(-d)) / settings.packing)


def _log_ratio_of_jeffrey(v):
    """y with y + 1 − exp(−y) = v, by Newton's method from the left of the root."""
    y = np.where(v > 0, v - 1, -np.log1p(-np.minimum(v, 0)))
    for _ in range(8):
        e = np.exp(-y)
        y = y - (y + 1 - e - v) / (1 + e)
    return y


def critic_of_plan(real, fake, match):
    """The potential of an optimal assignment at the fake points: the best critic of slope 1, there.

    g with f(x_i) − g(y_match(i)) = c_{i, match(i)} and f(x_i) − g(y_j) ≤ c_ij: shortest paths over the
    fakes, by Bellman and Ford. The critic everywhere is min_j g_j + ‖x − y_j‖.

    Arguments:
        real, fake: points with shape (n, 2). match: for each real point the fake it is matched to.

    Returns:
        array (n,): g, with mean zero.
    """
    cost = cdist(real, fake)
    rows = np.arange(len(real))
    slack = cost - cost[rows, match][:, None]  # (n, n): of g_match(i) − g_j at most this
    g = np.zeros(len(fake))
    for _ in range(len(fake)):
        lowest = np.empty_like(g)
        lowest[match] = (g + slack).min(1)
        if not (lowest < g - 1e-12).any():
            break
        g = np.minimum(g, lowest)
    return g - g.mean()


class Oracle:
    """The exact side of one law of the data, with its floors; one for a data set.

    Arguments:
        settings: a ``Settings``: its data, and the noise on D's inputs, which D* takes into account.
        n: generated points for KL, JS and the smoothed density.
        seed: of the samples of data that floors are measured on.

    Attributes:
        p: the density of the data on the lattice, blurred by the instance noise, array (SIDE, SIDE), the
            first axis x₁.
        floors: "kl", "js", "gap", "wasserstein": of the data against itself, means over four pairs.

    Raises:
        ValueError: n is not a whole number of at least 2·PLAN.
    """

    def __init__(self, settings, n=2000, seed=0):
        self.n, self.noise = integer("n", n, low=2 * PLAN), settings.instance_noise
        self.law = data_set(settings.data, settings.points)
        self.blurred = _blurred(self.law, self.noise)
        rng = generator("seed", seed)
        lattice = np.stack(np.meshgrid(AXIS, AXIS, indexing="ij"), axis=-1)
        self.lattice = lattice.reshape(-1, 2)
        self.p = self.blurred.pdf(lattice)
        samples = [self.law.sample(self.n, rng) for _ in range(5)]
        self.real = samples[0]
        self.histogram = self._histogram(self.real)
        self.at = self._points_of_the_gap(self.real)
        self.floors = self._floors(samples[1:], settings.replace(packing=1))

    def _floors(self, samples, settings):
        rows = [{**self.divergences(s), "wasserstein": self.plan(s)["wasserstein"]} for s in samples]
        # a D that says ½ everywhere is right where q = p: what is left is the smoothing of q
        gaps = [self.best(s)["gap_of"](lambda x: np.full(len(x), 0.5)) for s in samples]
        floors = {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}
        return {**floors, "gap": float(np.mean(gaps))}

    def divergences(self, fake):
        """KL(p‖q) and JS(p, q) of histograms, in nats: ``{"kl": …, "js": …}``.

        Both have BINS × BINS cells on [−REACH, REACH]², with PSEUDO points added to each cell; points further
        out count in the cells at the edge.
        """
        q = self._histogram(array("fake", fake, shape=(None, 2)))
        return {"kl": kl(self.histogram, q), "js": js(self.histogram, q)}

    def _histogram(self, points):
        edges = np.linspace(-REACH, REACH, BINS + 1)
        inside = np.clip(points, -REACH, np.nextafter(REACH, 0))
        counts = np.histogram2d(inside[:, 0], inside[:, 1], bins=(edges, edges))[0] + PSEUDO
        return (counts / counts.sum()).ravel()

    def best(self, fake):
        """D* = p/(p + q) with the exact p and q smoothed by BANDWIDTH, noise on D's inputs added to both.

        Returns:
            a dict: "d" on the lattice, array (SIDE, SIDE), and "gap_of", a function that takes another D, a
            function of points (n, 2), to E |D − D*| over the mixture (p + q)/2, by PLAN points of each.
        """
        fake = array("fake", fake, shape=(None, 2), high=1e6)
        bandwidth = float(np.hypot(BANDWIDTH, self.noise))
        q = smoothed(fake[PLAN:], AXIS, AXIS, bandwidth)
        with np.errstate(invalid="ignore"):
            d = np.nan_to_num(self.p / (self.p + q), nan=0.5)
        places = np.concatenate([self.at[0], fake[:PLAN]])
        p_there = np.concatenate([self.at[1], self.blurred.pdf(fake[:PLAN])])
        q_there = _density_at(places, fake[PLAN:], bandwidth)
        best = p_there / np.maximum(p_there + q_there, 1e-300)
        return {"d": d, "gap_of": lambda other: float(np.abs(other(places) - best).mean())}

    def _points_of_the_gap(self, real):
        return real[:PLAN], self.blurred.pdf(real[:PLAN])

    def plan(self, fake):
        """The optimal transport between PLAN points of data and PLAN generated ones.

        Returns:
            a dict: "real" and "fake" (PLAN, 2), row i of one matched to row i of the other; "wasserstein",
            the mean length of a move, in the unit of x; "potential" (PLAN,), the best critic's values at
            "fake".
        """
        real, fake = self.real[:PLAN], array("fake", fake, shape=(None, 2), high=1e6)[:PLAN]
        cost = cdist(real, fake)
        match = assign(cost)
        potential = critic_of_plan(real, fake, match)
        value = float(cost[np.arange(len(real)), match].mean())
        return {"real": real, "fake": fake[match], "wasserstein": value, "potential": potential[match]}

    def critic(self, plan):
        """The best critic of slope 1 for a plan, on the lattice: array (SIDE, SIDE)."""
        return (plan["potential"] + cdist(self.lattice, plan["fake"])).min(1).reshape(SIDE, SIDE)


def _blurred(law, noise):
    if not noise:
        return law
    if isinstance(law, Mixture):
        return Mixture(law.weights, law.means, stds=float(np.hypot(law.std, noise)))
    return swiss_roll(noise=float(np.hypot(law.noise, noise * law.scale)), scale=law.scale)


def _density_at(places, points, bandwidth):
    squares = cdist(places, points, "sqeuclidean") / (2 * bandwidth**2)
    return np.exp(-squares).mean(1) / (2 * np.pi * bandwidth**2)
