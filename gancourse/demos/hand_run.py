"""The training algorithm by hand: a logistic D and an affine G, one step at a time (A5, A4)."""

from dataclasses import dataclass

import ipywidgets as widgets
import numpy as np
from scipy.special import expit

from gancourse import plots
from gancourse.demos._widget import Demo, Knob

__all__ = [
    "DATA", "GRID", "LOG4", "State", "ascent", "best_weights", "compute", "demo", "descent", "draw", "logit",
    "scene", "step_d", "step_g", "value",
]  # fmt: skip

DATA = (1.0, 1.0)  # mean and standard deviation of the data
LOG4 = np.log(4)
GRID = np.linspace(-6.0, 6.0, 241)
REACH = 8.0  # a generator without a teacher may run away: it is held here, and the words say so
SHOWN = 200  # moves in the picture of the values
_QUANTILES = np.linspace(-1.6, 1.6, 9)
_HEIGHTS = np.linspace(-0.05, -0.29, 9)  # one under another, so that each push is seen
_Z = np.linspace(-9.0, 9.0, 721)
_WEIGHTS = np.exp(-(_Z**2) / 2) / np.sqrt(2 * np.pi) * (_Z[1] - _Z[0])


def logit(d, x):
    """D's logit a + b x + c x² at the points x, for d = (a, b, c)."""
    return d[0] + d[1] * x + d[2] * x**2


def value(d, g, data=DATA):
    """V(D, G) in nats, to about ten digits: both means are integrals over z.

    Arguments:
        d: (a, b, c), D = σ(a + b x + c x²).
        g: (m, s), G(z) = m + s z with z from N(0, 1).
        data: mean and standard deviation of the data.
    """
    real, fake = (logit(d, mean + std * _Z) for mean, std in (data, g))
    return float(_WEIGHTS @ -(np.logaddexp(0, -real) + np.logaddexp(0, fake)))


def best_weights(g, data=DATA):
    """(a, b, c) of D* = σ(log p − log q), for p = N(data) and q = N(m, s²), the law of G(z)."""
    (mean, std), (m, s) = data, g
    s = np.abs(s)
    return np.array(
        [
            np.log(s / std) - mean**2 / (2 * std**2) + m**2 / (2 * s**2),
            mean / std**2 - m / s**2,
            (1 / s**2 - 1 / std**2) / 2,
        ]
    )


def ascent(d, real, fake):
    """∇ of mean log D(real) + mean log(1 − D(fake)) in (a, b, c)."""
    up, down = expit(-logit(d, real)), expit(logit(d, fake))
    return np.array([np.mean(up * real**j) - np.mean(down * fake**j) for j in range(3)])


def descent(d, g, z):
    """∇ of mean log(1 − D(G(z))) in (m, s): minus the mean of D′/(1 − D) = D v′, times (1, z)."""
    x = g[0] + g[1] * z
    push = -expit(logit(d, x)) * (d[1] + 2 * d[2] * x)
    return np.array([np.mean(push), np.mean(push * z)])


@dataclass(frozen=True)
class State:
    """Where the game stands: d = (a, b, c), g = (m, s), moves of each so far, and the values on the way."""

    start: tuple
    d: np.ndarray
    g: np.ndarray
    moves: tuple = (0, 0)
    path: tuple = ()

    @classmethod
    def at(cls, mean, std):
        """The beginning: D knows nothing and says ½ everywhere."""
        state = cls((mean, std), np.zeros(3), np.array([mean, std]))
        return state._noted()

    def _noted(self):
        best = value(best_weights(_drawable(self.g)), _drawable(self.g))
        path = (*self.path, (value(self.d, self.g), best))[-SHOWN - 1 :]
        return State(self.start, self.d, self.g, self.moves, path)

    def noise(self, batch):
        """A generator of random numbers for the next move: the same moves give the same game."""
        return np.random.default_rng([*self.moves, batch])


def step_d(state, size, batch):
    """One step of D up V, on a fresh minibatch of data and of noise."""
    rng = state.noise(batch)
    real, fake = DATA[0] + DATA[1] * rng.normal(size=batch), state.g[0] + state.g[1] * rng.normal(size=batch)
    d = state.d + size * ascent(state.d, real, fake)
    return State(state.start, d, state.g, (state.moves[0] + 1, state.moves[1]), state.path)._noted()


def step_g(state, size, batch):
    """One step of G down V, on fresh noise, with D held still."""
    g = state.g - size * descent(state.d, state.g, state.noise(batch).normal(size=batch))
    g = np.clip(g, -REACH, REACH)
    return State(state.start, state.d, g, (state.moves[0], state.moves[1] + 1), state.path)._noted()


def compute(*, mean, std, d_step, g_step, k, batch, state=None):
    """The game as it stands, and where the next round would lead.

    Arguments:
        mean, std: of the generator at the start.
        d_step, g_step: step sizes of D and of G.
        k: steps of D in a round; a round ends with one step of G.
        batch: points in a minibatch.
        state: where the game stands; None is the start.

    Returns:
        dict with arrays over GRID p, q, d, best (D*), and next_q, next_d after the next round; x, push: nine
        generated points, and the way −∂V/∂x that D pushes each; path (n, 2): V and max over D of V after each
        move; state.
    """
    state = State.at(mean, std) if state is None else state
    after = state
    for _ in range(k):
        after = step_d(after, d_step, batch)
    g, next_g = _drawable(state.g), _drawable(step_g(after, g_step, batch).g)
    x = state.g[0] + state.g[1] * _QUANTILES
    return {
        "state": state, "p": _gauss(*DATA), "q": _gauss(*g), "next_q": _gauss(*next_g),
        "d": expit(logit(state.d, GRID)), "best": expit(logit(best_weights(g), GRID)),
        "next_d": expit(logit(after.d, GRID)),
        "x": x, "push": expit(logit(state.d, x)) * (state.d[1] + 2 * state.d[2] * x),
        "path": np.array(state.path),
    }  # fmt: skip


def _gauss(mean, std):
    return np.exp(-(((GRID - mean) / std) ** 2) / 2) / (std * np.sqrt(2 * np.pi))


def _drawable(g):
    return np.array([g[0], max(abs(g[1]), 0.02)])


def scene(figure):
    """Left the densities and how D pushes G's points, middle D beside D*, right V beside its best."""
    left, middle, right = figure.subplots(1, 3)
    artists = {"p": left.plot(GRID, _gauss(*DATA), color=plots.DATA, label="data p")[0]}
    artists["q"] = left.plot([], [], color=plots.GENERATOR, label="generator q")[0]
    artists["next_q"] = left.plot([], [], color=plots.GENERATOR, linewidth=1, linestyle=":", label="next")[0]
    artists["push"] = left.plot([], [], color=plots.DISCRIMINATOR, linewidth=2)[0]
    artists["x"] = left.plot([], [], "o", color=plots.GENERATOR, markersize=4)[0]
    left.set(xlim=(-6, 6), ylim=(-0.34, 1.02), xlabel="x", ylabel="density", yticks=[0, 0.5, 1])
    middle.axhline(0.5, color=plots.MUTED, linewidth=1)
    artists["best"] = middle.plot([], [], color=plots.EXACT, label="D*")[0]
    artists["d"] = middle.plot([], [], color=plots.DISCRIMINATOR, label="D")[0]
    artists["next_d"] = middle.plot([], [], color=plots.DISCRIMINATOR, linewidth=1, ls=":", label="next")[0]
    middle.set(xlim=(-6, 6), ylim=(-0.02, 1.02), xlabel="x", ylabel="probability of real")
    right.axhline(-LOG4, color=plots.MUTED, linewidth=1)
    for name, colour, label in (("bound", plots.EXACT, "2 JSD − log 4"), ("value", plots.DISCRIMINATOR, "V")):
        (artists[name],) = right.plot([], [], "-o", color=colour, markersize=5, markevery=[-1], label=label)
    right.set(xlim=(-SHOWN, 4), ylim=(-2.6, 0.05), xlabel="move (0 is the last)", ylabel="nats")
    for axes in (left, middle, right):
        plots.legend(axes, fontsize="small")
    return artists


def draw(artists, result):
    """Move the curves, and say the numbers."""
    for name in ("q", "next_q", "d", "best", "next_d"):
        artists[name].set_data(GRID, result[name])
    x, gap = result["x"], np.full(len(result["x"]), np.nan)
    artists["x"].set_data(x, _HEIGHTS)
    ends = np.stack([x, x + 2 * result["push"], gap], axis=1).ravel()  # a broken line: one artist for all
    artists["push"].set_data(ends, np.stack([_HEIGHTS, _HEIGHTS, gap], axis=1).ravel())
    path, state = result["path"], result["state"]
    for name, values in (("value", path[:, 0]), ("bound", path[:, 1])):
        artists[name].set_data(np.arange(1 - len(values), 1), values)
    words = (
        f"After {state.moves[0]} steps of D and {state.moves[1]} of G: generator mean {state.g[0]:.2f}, "
        f"standard deviation {abs(state.g[1]):.2f}. V = {path[-1, 0]:.3f}; with D* it would be "
        f"{path[-1, 1]:.3f} = 2 JSD − log 4, which is least where q = p: −log 4 = −1.386."
    )
    if np.abs(state.g).max() >= REACH:
        words += " <b>G has run off and is held at the edge.</b>"
    return words


class HandRun(Demo):
    """The demo with buttons for one step, and a play button for rounds; step sizes may change on the way."""

    def __init__(self, *arguments, **keywords):
        super().__init__(*arguments, **keywords)
        self.play = widgets.Play(value=0, min=0, max=200, interval=150, show_repeat=False)
        self.play.observe(self._played, names="value")
        label = widgets.Label("Play rounds (k steps of D, one of G):")
        self.children = (*self.children, widgets.HBox([label, self.play]))

    def reset(self):
        """Back to the settings and the game at the start."""
        self.play.playing, self.play.value, self.extra = False, 0, {}
        super().reset()

    def _moved(self):
        state, now = self.extra.get("state"), self.settings
        if state is None or state.start != (now["mean"], now["std"]):
            self.extra = {}  # another start is another game
        self.refresh()

    def _played(self, change):
        if change["new"] > change["old"]:  # the stop button sets it back to 0
            self._guard(self._round)

    def _round(self):
        _round(self, **self.settings)
        self.refresh()


def _now(demo, mean, std):
    return demo.extra.get("state") or State.at(mean, std)


def _one_of_d(demo, mean, std, d_step, batch, **_):
    demo.extra = {"state": step_d(_now(demo, mean, std), d_step, batch)}


def _one_of_g(demo, mean, std, g_step, batch, **_):
    demo.extra = {"state": step_g(_now(demo, mean, std), g_step, batch)}


def _round(demo, mean, std, d_step, g_step, k, batch):
    for _ in range(k):
        _one_of_d(demo, mean, std, d_step, batch)
    _one_of_g(demo, mean, std, g_step, batch)


def demo(**look):
    """The demo; keywords go to ``Demo``."""
    knobs = [
        Knob("mean", -3.0, 3.0, 0.1, -1.0, "generator's mean m at the start"),
        Knob("std", 0.3, 2.5, 0.1, 1.5, "its standard deviation s at the start"),
        Knob("d_step", 0.0, 0.5, 0.05, 0.3, "step size of D"),
        Knob("g_step", 0.0, 0.5, 0.05, 0.2, "step size of G"),
        Knob("k", 1, 10, 1, 1, "steps of D in a round, k"),
        Knob("batch", 8, 512, 8, 256, "points in a minibatch"),
    ]
    buttons = {"One step of D": _one_of_d, "One step of G": _one_of_g, "One round": _round}
    look = {"size": (9.6, 3.4), **look}
    return HandRun(compute, scene, draw, knobs, actions=buttons, name="hand run", **look)
