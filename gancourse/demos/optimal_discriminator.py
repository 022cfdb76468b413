"""Two densities on the line, the discriminator that no other beats, and one trained on samples (B1, A2)."""

import importlib.util

import numpy as np

from gancourse import plots
from gancourse.demos._widget import Demo, Knob
from gancourse.densities import Mixture
from gancourse.divergences import js
from gancourse.game import optimal_discriminator, value

__all__ = ["GRID", "compute", "demo", "draw", "pair", "scene", "train_discriminator"]

GRID = np.linspace(-20.0, 20.0, 1601)  # wide enough that every setting of the sliders keeps its mass on it
SAMPLES, STEPS = 2_000, 400


def pair(separation, mean, std):
    """The data p, two Gaussians of standard deviation 0.8 at ±separation/2, and q = N(mean, std²)."""
    p = Mixture([0.5, 0.5], [-separation / 2, separation / 2], stds=[0.8, 0.8])
    return p, Mixture([1.0], [mean], stds=[std])


def compute(*, separation, mean, std, trained=None):
    """p, q, D* = p/(p + q) on the grid, V(D*) and JSD in nats, and the gap of a trained D.

    Arguments:
        separation: distance of the data's two modes.
        mean, std: the generator's mean and standard deviation.
        trained: D of a trained network on the grid, or None.

    Returns:
        dict with arrays p, q, d, trained over GRID and numbers value, jsd, here (D* at the generator's
        mean) and gap (the mean of |D − D*| under the equal mixture of p and q; None without a network).
    """
    p, q = (density.pdf(GRID) for density in pair(separation, mean, std))
    d = optimal_discriminator(p, q)
    gap = None if trained is None else float(np.trapezoid(np.abs(trained - d) * (p + q) / 2, GRID))
    return {
        "p": p, "q": q, "d": d, "trained": trained, "gap": gap,
        "value": value(d, p, q, GRID), "jsd": js(p, q, GRID),
        "mean": mean, "here": float(np.interp(mean, GRID, d)),
    }  # fmt: skip


def train_discriminator(p, q, *, n=SAMPLES, steps=STEPS, width=32, seed=0):
    """D on the grid, of a network trained by logistic regression: n samples of p against n of q.

    Arguments:
        p, q: Mixtures on the line.
        n: samples of each; all of them are used in every step.
        steps: steps of Adam, step size 0.01.
        width: units in each of two hidden layers.
        seed: of the samples and of the weights.

    Returns:
        array over GRID, probabilities of *real*.
    """
    import torch  # only the button needs it: the exact part of this demo runs without torch

    from gancourse.compute import threads
    from gancourse.models import MLPDiscriminator
    from gancourse.objectives import OBJECTIVES

    rng = np.random.default_rng(seed)
    real, fake = (torch.as_tensor(m.sample(n, rng)[:, None], dtype=torch.float32) for m in (p, q))
    with torch.random.fork_rng(devices=[]), threads(1):
        torch.manual_seed(seed)
        network = MLPDiscriminator(in_dim=1, width=width)
        optimiser = torch.optim.Adam(network.parameters(), lr=0.01)
        for _ in range(steps):
            loss = OBJECTIVES["minimax"].discriminator(network(real), network(fake))
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        with torch.no_grad():
            return (
                torch.sigmoid(network(torch.as_tensor(GRID[:, None], dtype=torch.float32))).double().numpy()
            )


def scene(figure):
    """Left the two densities, right D* and the trained D; all axes keep their limits."""
    left, right = figure.subplots(1, 2)
    (p,) = left.plot([], [], color=plots.DATA, label="data p")
    (q,) = left.plot([], [], color=plots.GENERATOR, label="generator q")
    left.set(xlim=(-6, 6), ylim=(0, 1), xlabel="x", ylabel="density")
    plots.legend(left)
    right.axhline(0.5, color=plots.MUTED, linewidth=1)
    (d,) = right.plot([], [], color=plots.EXACT, label="D* (exact)")
    (trained,) = right.plot([], [], color=plots.TRAINED, linestyle="--", label="trained D")
    (here,) = right.plot([], [], "o", color=plots.GENERATOR, markersize=7)
    right.set(xlim=(-6, 6), ylim=(-0.02, 1.02), xlabel="x", ylabel="probability of real")
    plots.legend(right)
    return {"p": p, "q": q, "d": d, "trained": trained, "here": here}


def draw(artists, result):
    """Move the curves, and say the numbers."""
    for name in ("p", "q", "d"):
        artists[name].set_data(GRID, result[name])
    artists["here"].set_data([result["mean"]], [result["here"]])
    curve = result["trained"]
    artists["trained"].set_data(([], []) if curve is None else (GRID, curve))
    words = (
        f"At the generator's mean, x = {result['mean']:.2f}: D* = {result['here']:.3f}. "
        f"V(D*) = {result['value']:.4f} nats = 2 · {result['jsd']:.4f} − log 4."
    )
    if result["gap"] is not None:
        words += (
            f" The trained D is off by {result['gap']:.3f} on average (under the equal mixture of p and q)."
        )
    return words


def _train(demo, separation, mean, std):
    if not importlib.util.find_spec("torch"):
        raise ImportError("the button trains a network: it needs PyTorch, which is not installed here")
    demo.extra = {"trained": train_discriminator(*pair(separation, mean, std))}


def demo(**look):
    """The demo; keywords go to ``Demo`` (size, scale, dpi)."""
    knobs = [
        Knob("separation", 0.0, 6.0, 0.1, 2.4, "distance of the data's modes"),
        Knob("mean", -4.0, 4.0, 0.1, 1.0, "generator's mean"),
        Knob("std", 0.4, 3.0, 0.1, 1.2, "generator's standard deviation"),
    ]
    button = {f"Train D on {SAMPLES:,} samples": _train}
    return Demo(compute, scene, draw, knobs, actions=button, name="optimal discriminator", **look)
