"""The chase: G runs to the point that a fixed D rates highest, D learns that point, and pushes it on (E3)."""

import functools

import numpy as np
from scipy.special import expit

from gancourse import plots
from gancourse.demos._fields import BANDS, CENTRES, REACH, SIDE, lattice, logit, smooth
from gancourse.demos._widget import Demo, Knob
from gancourse.densities import ring

__all__ = ["BLUR", "EVERY", "MEMORIES", "TOTAL", "compute", "demo", "draw", "learn", "run", "scene"]

EVERY = (1, 5, 40)  # steps of G against one D
MEMORIES = (1, 3)  # clouds that D knows: the present one, or the last three
TOTAL, POINTS, RATE, BLUR = 400, 40, 0.08, 0.4
_LATTICE, _EVEN = lattice(), np.full(8, 1 / 8)


def _discriminator(x, clouds):
    """Logit and slope of the D that is optimal between the ring and these clouds, (m, 2), both blurred."""
    weights = np.full(len(clouds), 1 / len(clouds))
    return logit(smooth(x, CENTRES, _EVEN, BLUR), smooth(x, clouds, weights, BLUR))


@functools.cache
def run(every, memory):
    """Forty points climb the logit of D; after every so many steps D becomes optimal against where they are.

    Arguments:
        every: steps of G between two D, of EVERY.
        memory: how many of the last clouds D is trained on, of MEMORIES.

    Returns:
        (clouds, known): array (TOTAL + 1, 40, 2); and for each D, in order, the points that it knows, (·, 2).
    """
    x = 0.3 * np.random.default_rng(0).standard_normal((POINTS, 2))
    clouds, known, past = [x], [], []
    for step in range(TOTAL):
        if step % every == 0:
            past = [*past, x][-memory:]
            known.append(np.concatenate(past))
        _, slope = _discriminator(x, known[-1])
        x = x + RATE * slope
        clouds.append(x)
    return np.array(clouds), known


def _snapshot(x, d, centres, title):
    near = np.unique(((x[:, None] - CENTRES) ** 2).sum(-1).argmin(1))
    return {
        "x": x, "d": d.reshape(SIDE, SIDE), "star": _LATTICE[d.argmax()],
        "centres": centres, "near": len(near), "spread": float(np.sqrt(x.var(0).sum())), "title": title,
    }  # fmt: skip


def compute(*, moment, every, memory):
    """The cloud at one moment, and the D that it is running on.

    Arguments:
        moment: from 0, the start, to 1, after TOTAL steps of G.
        every: a position in EVERY.
        memory: a position in MEMORIES.

    Returns:
        dict: x (40, 2); d (SIDE, SIDE); star, where D is highest on the lattice; centres (·, 2), where the
        cloud stood before; near, modes that are the nearest of some point; spread, root of the summed
        variances; title.
    """
    k, step = EVERY[every], round(moment * TOTAL)
    clouds, known = run(k, MEMORIES[memory])
    at = min(step // k, len(known) - 1)
    d = expit(_discriminator(_LATTICE, known[at])[0])
    # where the cloud stood each time that D was trained, the last ten of them
    starts = clouds[: step + 1 : k].mean(1)[-10:]
    title = f"Step {step} of {TOTAL}, D number {at + 1}"
    return _snapshot(clouds[step], d, starts, title)


def learn(rounds, *, seed=0, d_steps=150, g_steps=80, weight=0.3, pictures=4, live=True):
    """The same with networks: in each round a fresh D is trained on a fixed G, then G on the fixed D.

    G and D are 2 × 64, the data the ring with a standard deviation of 0.1. D's loss has R1 and R2 with this
    weight: a D that nothing holds down where there are no points is highest far from all of them, and G runs
    there.

    Arguments:
        rounds: how many, at least 1.
        seed: fixes everything.
        d_steps, g_steps: of each, in a round; batches of 64, Adam at 2e-3.
        weight: of the penalties.
        pictures: snapshots of each round, after equal shares of G's steps.
        live: whether to show the picture while training.

    Returns:
        list of results for ``draw``, as of ``compute``, with 300 points; the last of each round has
        "round", its number.
    """
    import torch
    from torch.nn.functional import softplus

    from gancourse.compute import threads
    from gancourse.demos._live import LivePicture
    from gancourse.models import MLPDiscriminator, MLPGenerator
    from gancourse.penalties import r1, r2

    data, rng = ring(modes=8, std=0.1), np.random.default_rng(seed)
    grid, shots, starts = torch.as_tensor(_LATTICE).float(), [], []
    picture = LivePicture(scene, draw, size=(8.8, 4.1)) if live else None
    with torch.random.fork_rng(devices=[]), threads(1):
        torch.manual_seed(seed)
        g, shown = MLPGenerator(2, 64), torch.randn(300, 2)
        descend_g = torch.optim.Adam(g.parameters(), 2e-3, betas=(0.5, 0.9))
        for number in range(1, rounds + 1):
            starts.append(g(shown).detach().double().numpy().mean(0))
            d = MLPDiscriminator(2, 64)
            descend_d = torch.optim.Adam(d.parameters(), 2e-3, betas=(0.5, 0.9))
            for _ in range(d_steps):
                real, fake = torch.as_tensor(data.sample(64, rng)).float(), g(torch.randn(64, 2)).detach()
                loss = softplus(-d(real)).mean() + softplus(d(fake)).mean()
                loss = loss + weight * (r1(d, real) + r2(d, fake))
                descend_d.zero_grad()
                loss.backward()
                descend_d.step()
            heat = torch.sigmoid(d(grid)).detach().double().numpy()
            for step in range(1, g_steps + 1):
                loss = softplus(-d(g(torch.randn(64, 2)))).mean()
                descend_g.zero_grad()
                loss.backward(inputs=list(g.parameters()))
                descend_g.step()
                if step % (g_steps // pictures) == 0:
                    x = g(shown).detach().double().numpy()
                    title = f"Round {number}, step {step} of {g_steps} against the fixed D"
                    shots.append(_snapshot(x, heat, np.array(starts), title))
                    if picture:
                        picture.update(shots[-1])
            shots[-1]["round"] = number
    if picture:
        picture.finish()
    return shots


def scene(figure):
    """D as a heat map, with the cloud, the way of its centre, and the modes; beside it only the cloud."""
    left, right = figure.subplots(1, 2)
    heat = left.imshow(
        np.full((SIDE, SIDE), 0.5), origin="lower", extent=(-REACH, REACH) * 2, vmin=0, vmax=1, cmap=BANDS,
        interpolation="bilinear", interpolation_stage="data",
    )  # fmt: skip
    bar = figure.colorbar(heat, ax=left, fraction=0.046, ticks=[0, 0.5, 1])
    bar.set_label("D: probability of real")
    (over,) = left.plot([], [], ".", color=plots.EXACT, markersize=4, alpha=0.6)
    (star,) = left.plot(
        [], [], "*", color="white", markeredgecolor=plots.EXACT, markersize=14, label="x*, highest D"
    )
    right.plot(*CENTRES.T, "o", color=plots.DATA, markersize=10, alpha=0.35, label="modes")
    (cloud,) = right.plot([], [], ".", color=plots.GENERATOR, markersize=6, alpha=0.7, label="generated")
    (way,) = right.plot([], [], "-", color=plots.MUTED, linewidth=1.2, label="its centre")
    for axes in (left, right):
        axes.set(
            xlim=(-REACH, REACH), ylim=(-REACH, REACH), aspect="equal", xlabel="x₁", ylabel="x₂",
            xticks=(-1, 0, 1), yticks=(-1, 0, 1),
        )  # fmt: skip
        axes.grid(False)
        plots.legend(axes)
    return {"heat": heat, "over": over, "star": star, "way": way, "cloud": cloud}


def draw(artists, result):
    """Repaint D, move the cloud and the way behind it, and say the numbers."""
    artists["heat"].set_data(result["d"])
    for name in ("cloud", "over"):
        artists[name].set_data(*result["x"].T)
    artists["star"].set_data(*result["star"][:, None])
    artists["way"].set_data(*np.asarray(result["centres"]).T)
    angle = np.degrees(np.arctan2(*result["star"][::-1])) % 360
    return (
        f"{result['title']}: the cloud has spread {result['spread']:.2f}, and {result['near']} of 8 modes "
        f"are nearest to some of it. D is highest at {angle:.0f}°."
    )


def demo(**look):
    """The demo; keywords go to ``Demo``."""
    for every in EVERY:  # ahead, so that no slider waits for them
        for memory in MEMORIES:
            run(every, memory)
    knobs = [
        Knob("moment", 0.0, 1.0, 0.01, 0.5, "share of G's steps"),
        Knob("every", high=2, step=1, start=2, label="steps of G for each D", options=tuple(map(str, EVERY))),
        Knob("memory", high=1, step=1, start=0, label="D knows", options=("this cloud", "the last three")),
    ]
    return Demo(compute, scene, draw, knobs, name="chase", size=(8.8, 4.1), **look)
