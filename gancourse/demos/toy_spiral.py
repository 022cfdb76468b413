"""The same spiral in real networks: two small GANs on one blob, without R1 and with it (E10, E9)."""

import numpy as np

from gancourse import plots
from gancourse.demos._replay import replay

__all__ = ["WEIGHT", "demo", "draw", "learn", "scene"]

WEIGHT = 10.0  # γ of R1
LAST = 40  # shots of the trail that are drawn
_NAMES = ("bare", "r1")
_TITLES = {"bare": "without R1", "r1": f"with R1, γ = {WEIGHT:g}"}


def learn(steps=1_500, *, seed=0):
    """Train both, with the same start and the same data, and keep what they look like as they go.

    Arguments:
        steps: of the generators.
        seed: settles everything.

    Returns:
        list of snapshots, dicts with step; bare and r1, points (256, 2); bare trail and r1 trail, arrays
        (n, 2), the means of the points so far.
    """
    from gancourse.recipes import spiral  # the rest of this demo draws arrays and needs no torch

    (seen, bare), (_, damped) = (
        spiral.play_networks(w, steps=steps, seed=seed, shots=300) for w in (0.0, WEIGHT)
    )
    trails = {"bare": bare.mean(1), "r1": damped.mean(1)}
    return [
        {"step": int(step), "bare": bare[i], "r1": damped[i]}
        | {f"{name} trail": trail[: i + 1] for name, trail in trails.items()}
        for i, step in enumerate(seen)
    ]


def scene(figure):
    """Left and middle both games in the plane, right how far each mean is from the data's."""
    *planes, right = figure.subplots(1, 3, width_ratios=[1, 1, 1.2])
    artists = {}
    real = np.random.default_rng(1).normal(0.0, 0.1, (256, 2))  # the recipe's data; their mean is 0
    for name, axes, colour, dash in zip(
        _NAMES, planes, (plots.GENERATOR, plots.DISCRIMINATOR), ("-", "--"), strict=True
    ):
        axes.plot(*real.T, ".", color=plots.DATA, alpha=0.3, markersize=3, label="data")
        (artists[name],) = axes.plot(
            [], [], ".", color=plots.GENERATOR, alpha=0.5, markersize=3, label="fakes"
        )
        (artists[f"{name} trail"],) = axes.plot([], [], color=plots.TRAINED, linewidth=1.2, linestyle="--")
        axes.set(xlim=(-0.9, 1.7), ylim=(-1.3, 1.3), aspect="equal", xlabel=f"x₁; {_TITLES[name]}")
        plots.legend(axes, fontsize="small")
        (artists[f"{name} far"],) = right.plot([], [], dash, color=colour, label=_TITLES[name])
    right.axhline(0.1 * np.sqrt(2 / 256), color=plots.MUTED, linewidth=1)
    right.set(xlim=(0, 1), ylim=(1e-3, 3), yscale="log", xlabel="share of the training")
    right.set(ylabel="distance of the mean")
    plots.legend(right, fontsize="small")
    return artists


def draw(artists, result):
    """Move points and trails, and say the distances."""
    told = []
    for name in _NAMES:
        trail = result[f"{name} trail"]
        far = np.maximum(np.hypot(*trail.T), 1e-6)
        artists[name].set_data(*result[name].T)
        artists[f"{name} trail"].set_data(*trail[-LAST:].T)
        artists[f"{name} far"].set_data(np.linspace(0, result["share"], len(far)), far)
        late = far[-max(len(far) // 2, 1) :]
        told.append(f"{_TITLES[name]} {far[-1]:.3f}, rms of its later half {np.sqrt((late**2).mean()):.3f}")
    return f"Step {result['step']:,}. Distance of the mean: {'; '.join(told)}. Grey: 256 real points, 0.009."


def demo(snapshots, **look):
    """The demo over what ``learn`` returned; keywords go to ``Demo``."""
    last = max(len(snapshots) - 1, 1)
    shared = [snapshot | {"share": i / last} for i, snapshot in enumerate(snapshots)]
    look = {"size": (9.2, 3.4), **look}
    return replay(scene, draw, shared, name="toy spiral", step=1 / 50, **look)
