"""Two exercises of lecture 12 on networks: the critic's steps under clipping, and a critic that keeps samples apart."""

import numpy as np
import torch
from torch import nn

from gancourse.exercises import _critics
from gancourse.exercises._exercise import Check, Exercise, Wrong, close

__all__ = ["CRITIC", "STEPS"]


# --- steps of a clipped critic --------------------------------------------------------------------


def critic_steps(critic, optimiser, draw, steps, bound):
    """The inner loop of WGAN's algorithm: ``steps`` steps of the critic, each on fresh samples; in place.

    In each step: draw real and generated samples, let the optimiser descend minus the score, that is minus
    (mean f(real) − mean f(fake)), then clip every parameter into [−bound, bound].

    Arguments:
        critic: a network f from tensors (n, 2) to tensors (n,).
        optimiser: holds the critic's parameters, and descends.
        draw: a function without arguments; each call returns two fresh tensors (n, 2), real and fake.
        steps: how many.
        bound: the clipping constant c.
    """
    for _ in range(steps):
        real, fake = draw()
        loss = critic(fake).mean() - critic(real).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        with torch.no_grad():
            for parameter in critic.parameters():
                parameter.clamp_(-bound, bound)


def _step_cases(rng):
    return [
        {
            "real": rng.normal(1, 1, (7, 8, 2)),
            "fake": rng.normal(-1, 1, (7, 8, 2)),
            "steps": steps,
            "bound": 0.4,
            "seed": int(rng.integers(1_000)),
        }
        for steps in (5, 3)
    ]


def _clip(tensors, bound):
    with torch.no_grad():
        for tensor in tensors:
            tensor.clamp_(-bound, bound)


def _steps(*, sign=1.0, extra=0, clip="after", zero=True, fresh=True, which=lambda critic: critic.parameters()):  # fmt: skip
    """One of the ways to write the loop, right by default."""

    def loop(critic, optimiser, draw, steps, bound):
        batch = draw() if not fresh else None
        for _ in range(steps + extra):
            real, fake = batch or draw()
            if zero:
                optimiser.zero_grad()
            (sign * (critic(fake).mean() - critic(real).mean())).backward()
            if clip == "before":
                _clip(critic.parameters(), bound)
            if clip == "gradient":
                nn.utils.clip_grad_value_(critic.parameters(), bound)
            optimiser.step()
            if clip == "after":
                _clip(which(critic), bound)
        if clip == "end":
            _clip(critic.parameters(), bound)

    return loop


def _with_data(critic, optimiser, draw, steps, bound):
    done = 0
    while done < steps:
        real, fake = draw()
        optimiser.zero_grad(set_to_none=False)
        score = torch.mean(critic(real)) - torch.mean(critic(fake))
        (-score).backward()
        optimiser.step()
        for parameter in critic.parameters():
            parameter.data = parameter.data.clip(-bound, bound)
        done += 1


def _both_at_once(critic, optimiser, draw, steps, bound):
    for real, fake in (draw() for _ in range(steps)):
        values = critic(torch.cat([real, fake]))
        optimiser.zero_grad()
        (values[len(real) :].mean() - values[: len(real)].mean()).backward()
        optimiser.step()
        for parameter in critic.parameters():
            nn.init.constant_(parameter, 0.0) if bound == 0 else parameter.data.clamp_(min=-bound, max=bound)


STEPS = Exercise(
    id="12.critic_steps",
    title="The critic's steps under clipping",
    reference=critic_steps,
    cases=_step_cases,
    run=_critics.run_critic_steps,
    checks=(
        Check("weights", close(key="weights", rtol=1e-6, atol=1e-9), "The weights after the steps differ. In each of them: fresh samples, gradients at zero, descend mean f(fake) − mean f(real), step, then clip every parameter."),
    ),
    hints=(
        "The optimiser descends, and the score is to grow: the loss is its negative.",
        "`range(steps)` has `steps` members; `draw()` belongs inside the loop.",
        "After `optimiser.step()`, under `torch.no_grad()`: `parameter.clamp_(-bound, bound)` for all parameters.",
    ),
    wrong=(
        Wrong(_steps(extra=1), "One step too many: t = 0, …, n counts n + 1 of them, as the algorithm is printed. `range(steps)` counts `steps`.", "weights"),
        Wrong(_steps(clip="before"), "You clip before the step: the step then leaves the box, and the critic that is used is not clipped. Clip after it.", "weights"),
        Wrong(_steps(sign=-1.0), "The sign of the critic's loss: the optimiser descends, so give it minus the score, mean f(fake) − mean f(real). Yours makes the critic prefer the generated samples.", "weights"),
        Wrong(_steps(clip="gradient"), "You clip the gradients. That bounds how far a step goes, not how steep the critic is: clip the parameters.", "weights"),
        Wrong(_steps(clip="end"), "You clip once, after the last step. The algorithm clips after every step.", "weights"),
        Wrong(_steps(zero=False), "The gradients are never set to zero: each step adds its own to all before it. Call `optimiser.zero_grad()`.", "weights"),
        Wrong(_steps(fresh=False), "All steps see the same samples: call `draw()` in each.", "weights"),
        Wrong(_steps(which=lambda critic: [p for p in critic.parameters() if p.ndim > 1]), "The biases are not clipped. The published algorithm clips every parameter.", "weights"),
        Wrong(_steps(clip="none"), "Nothing is clipped: without a bound on its slope the critic's score can grow for ever.", "weights"),
    ),
    accepted=(_with_data, _both_at_once, lambda *a: _steps()(*a)),
    points=2.0,
)  # fmt: skip


# --- a critic that keeps samples apart --------------------------------------------------------------


def normalised_critic(width):
    """A critic with two hidden layers, whose hidden units are normalised without mixing samples.

    Three ``nn.Linear``, 2 → width → width → 1; the output of each hidden one is normalised, then goes through
    an activation. In training mode too, the value at a sample depends on that sample alone.

    Arguments:
        width: units in a hidden layer.

    Returns:
        nn.Module from tensors (n, 2) to tensors (n,): values of any size and sign, no probabilities.
    """
    return nn.Sequential(
        nn.Linear(2, width), nn.LayerNorm(width), nn.LeakyReLU(0.2),
        nn.Linear(width, width), nn.LayerNorm(width), nn.LeakyReLU(0.2),
        nn.Linear(width, 1), nn.Flatten(0),
    )  # fmt: skip


def _critic_cases(rng):
    return [
        {
            "width": width,
            "x": rng.normal(size=(6, 2)),
            "to": rng.normal(3, 1, 2),
            "seed": int(rng.integers(1_000)),
        }
        for width in (8, 16)
    ]


def _measure_critic(case, got):
    """What the outputs show of the critic, the same for any start of the weights."""
    output, scaled, last = (got[name].ravel() for name in ("output", "scaled", "last"))
    others = np.abs((got["moved"] - got["output"]).reshape(len(case["x"]), -1)[1:])
    size = np.abs(output).max() + 1e-12
    return {
        "one a sample": bool(got["output"].shape == (len(case["x"]),)),
        "apart": bool(others.max(initial=0.0) < 1e-9 * size),
        "normalised": bool(np.allclose(scaled, output, rtol=0, atol=0.02 * size)),
        "linear end": bool(np.allclose(last, 10 * output, rtol=1e-6)),
        "layers": bool(got["layers"] == 3),
        "two values": bool(len(np.unique((output / size).round(3))) <= 2),
    }


def _critic(norm, end=(lambda: nn.Flatten(0),), before=(), hidden=2):
    def make(width):
        parts, size = [part() for part in before], 2
        for _ in range(hidden):
            parts += [nn.Linear(size, width), *norm(width), nn.LeakyReLU(0.2)]
            size = width
        return nn.Sequential(*parts, nn.Linear(size, 1), *(part() for part in end))

    return make


def _layer(width):
    return [nn.LayerNorm(width)]


CRITIC = Exercise(
    id="12.normalised_critic",
    title="A critic that keeps samples apart",
    reference=normalised_critic,
    cases=_critic_cases,
    run=_critics.run_critic,
    measure=_measure_critic,
    checks=(
        Check("one value a sample", lambda case, got, want: got["one a sample"], "The critic must return one value for each sample, with shape (n,): `nn.Flatten(0)` makes it of (n, 1)."),
        Check("three layers", lambda case, got, want: got["layers"], "There should be three `nn.Linear`: two hidden ones and the last."),
        Check("samples apart", lambda case, got, want: got["apart"], "When one sample is moved, values of others change: something takes its statistics over the batch."),
        Check("normalised", lambda case, got, want: got["normalised"], "Ten times larger hidden layers give other values: their outputs are not normalised. It should stand right after each hidden `nn.Linear`, or after its LeakyReLU."),
        Check("linear end", lambda case, got, want: got["linear end"], "The value must be what the last `nn.Linear` gives, with nothing after it."),
    ),
    hints=(
        "Which normalisation takes mean and spread over the units of one sample?",
        "`nn.LayerNorm(width)` after each hidden `nn.Linear`.",
        "End with `nn.Linear(width, 1), nn.Flatten(0)`.",
    ),
    wrong=(
        Wrong(_critic(lambda w: [nn.BatchNorm1d(w)]), "Batch norm in the critic: mean and spread are taken over the batch, so that a sample's value depends on the others, and the gradient of the sum is no longer each sample's own. Use layer norm.", "samples apart"),
        Wrong(_critic(lambda w: []), "There is no normalisation. It keeps samples apart, and the task was to have both.", "normalised"),
        Wrong(_critic(_layer, end=(lambda: nn.Flatten(0), nn.Sigmoid)), "A critic gives values of any size, no probabilities: drop the sigmoid.", "linear end"),
        Wrong(_critic(_layer, end=()), "The values have shape (n, 1). Against targets with shape (n,) that would broadcast to n × n and never complain: end with `nn.Flatten(0)`.", "one value a sample"),
        Wrong(_critic(lambda w: [], before=(lambda: nn.LayerNorm(2),)), "You normalise the input: of a point in the plane that leaves two values, ±1. Normalise the hidden units.", "normalised"),
        Wrong(_critic(_layer, hidden=1), "There is one hidden layer. Asked for are two.", "three layers"),
    ),
    accepted=(
        _critic(lambda w: [nn.GroupNorm(1, w)]),
        _critic(lambda w: [nn.LayerNorm(w, elementwise_affine=False)]),
        _critic(lambda w: [nn.RMSNorm(w)]),
    ),
    points=2.0,
)  # fmt: skip
