"""The debugging clinic of lecture 14: what is wrong around the losses is mended, piece by piece."""

import copy

import numpy as np
import torch
from torch.optim import Adam

from gancourse.exercises import _clinic
from gancourse.exercises._exercise import Check, Exercise, Wrong, close

__all__ = ["OPTIMISERS", "SAMPLES"]


# --- wrong parameters in the optimiser -----------------------------------------------------------


def two_optimisers(generator, discriminator, rate):
    """Adam for the generator and Adam for the discriminator, each with the parameters of its own network.

    Arguments:
        generator, discriminator: networks.
        rate: the step size of both; β = (0.5, 0.9).

    Returns:
        the generator's optimiser, the discriminator's.
    """
    g_optimiser = Adam(generator.parameters(), rate, betas=(0.5, 0.9))
    d_optimiser = Adam(discriminator.parameters(), rate, betas=(0.5, 0.9))
    return g_optimiser, d_optimiser


def _optimiser_cases(rng):
    return [{"seed": int(rng.integers(1_000)), "rate": rng.uniform(1e-3, 1e-1)} for _ in range(2)]


def _held(g, d, betas=(0.5, 0.9), scale=1.0):
    def optimisers(generator, discriminator, rate):
        networks = {"g": list(generator.parameters()), "d": list(discriminator.parameters())}
        return tuple(
            Adam([w for name in names for w in networks[name]], scale * rate, betas=betas) for names in (g, d)
        )

    return optimisers


def _as_far(case, got, want):
    both = (got["value"] > 0) & (want["value"] > 0)
    return np.allclose(got["value"][both], want["value"][both], rtol=1e-9, atol=0.0)


def _moves(where):
    return lambda case, got, want: ((got["value"] > 0) == (want["value"] > 0))[:, where].all()


OPTIMISERS = Exercise(
    id="14.mend_optimisers",
    title="Mend the optimisers",
    reference=two_optimisers,
    cases=_optimiser_cases,
    run=_clinic.run_optimisers,
    shape="Return two optimisers.",
    checks=(
        Check("G's weights", _moves(0), "The first optimiser must move the generator's weights, the second must leave them alone."),
        Check("D's weights", _moves(1), "The second optimiser must move the discriminator's weights, the first must leave them alone."),
        Check("Adam's constants", _as_far, "The right weights move, but not as far as Adam with this rate and β = (0.5, 0.9) would move them."),
    ),
    hints=(
        "An optimiser steps what it was given, whatever its name.",
        "`Adam(generator.parameters(), rate, betas=(0.5, 0.9))` for the first.",
    ),
    wrong=(
        Wrong(_held("d", "d"), "This is the patient's own line: the generator's optimiser holds D's parameters, and G never moves.", "G's weights"),
        Wrong(_held("d", "g"), "The two have changed places.", "G's weights"),
        Wrong(_held("gd", "d"), "The generator's optimiser holds both networks: in G's half D is trained too, to praise the fakes.", "D's weights"),
        Wrong(_held("g", "gd"), "The discriminator's optimiser holds both networks: in D's half G is trained too, to be told apart.", "G's weights"),
        Wrong(_held("g", "d", betas=(0.9, 0.999)), "Adam's β are the defaults, (0.9, 0.999): a long memory is a momentum that makes the players overshoot.", "Adam's constants"),
        Wrong(_held("g", "d", scale=0.5), "The rate is not the one given.", "Adam's constants"),
    ),
    accepted=(
        _held("g", "d"),
        lambda g, d, rate: [Adam([{"params": list(n.parameters()), "lr": rate}], betas=(0.5, 0.9)) for n in (g, d)],
    ),
    points=0.5,
)  # fmt: skip


# --- batch norm in training mode -----------------------------------------------------------------


def draw_samples(generator, noise):
    """Samples for the eye or for a score: each depends on its own noise alone, and training can go on after.

    Arguments:
        generator: a network with batch norm, in training mode.
        noise: tensor (n, k), n as small as 2.

    Returns:
        tensor (n, d), without a graph. The generator is in training mode again afterwards, and its running
        statistics are as before.
    """
    generator.eval()
    with torch.no_grad():
        samples = generator(noise)
    generator.train()
    return samples


def _sample_cases(rng):
    return [{"noise": rng.normal(0.5, 1, (n, 2)), "seed": int(rng.integers(1_000))} for n in (2, 4, 30)]


def _drawn(*, eval_=True, back=True, graph=False):
    def draw(generator, noise):
        if eval_:
            generator.eval()
        with torch.set_grad_enabled(graph):
            samples = generator(noise)
        if back:
            generator.train()
        return samples

    return draw


def _from_a_copy(generator, noise):
    with torch.no_grad():
        return copy.deepcopy(generator).eval()(noise)


def _copy_in_training(generator, noise):
    with torch.no_grad():
        return copy.deepcopy(generator)(noise)


def _after_many(generator, noise):
    """Training mode, with the statistics of a large batch beside the samples asked for."""
    with torch.no_grad():
        extra = torch.randn(
            1_000, noise.shape[1], dtype=noise.dtype, generator=torch.Generator().manual_seed(0)
        )
        return generator(torch.cat([noise, extra]))[: len(noise)]


SAMPLES = Exercise(
    id="14.mend_samples",
    title="Mend the drawing of samples",
    reference=draw_samples,
    cases=_sample_cases,
    run=_clinic.run_samples,
    shape="Return the samples, (n, d), as many as there is noise.",
    checks=(
        Check("alone", close(atol=1e-10), "The samples are not those of the network in eval mode: in training mode batch norm takes its statistics from the batch, so that each sample depends on the others."),
        Check("no graph", lambda case, got, want: not got["has graph"], "The samples still carry a graph: draw them under `torch.no_grad()`."),
        Check("left as it was", lambda case, got, want: got["trains on"] and close(key="statistics", atol=1e-12)(case, got, want), "The generator is not as it was: put it back into training mode, and leave its running statistics alone."),
    ),
    hints=(
        "Batch norm has two modes: statistics of the batch in training, running averages in eval.",
        "`generator.eval()` before, `generator.train()` after.",
    ),
    wrong=(
        Wrong(_drawn(eval_=False), "Training mode: a row of four is normalised by the statistics of four points. Call `generator.eval()` first.", "alone"),
        Wrong(_copy_in_training, "A copy spares the running statistics, but it still normalises by the few samples that you draw.", "alone"),
        Wrong(_after_many, "A large batch makes the statistics better, not the sample's own: it still depends on its company, and the running statistics move.", "alone"),
        Wrong(_drawn(back=False), "The generator is left in eval mode: the next training step runs on frozen statistics.", "left as it was"),
        Wrong(_drawn(graph=True), "The samples carry a graph that nobody will use: it fills the memory. Draw under `torch.no_grad()`.", "no graph"),
    ),
    accepted=(_from_a_copy, _drawn()),
    points=0.5,
)  # fmt: skip
