"""Adam whose rate falls to zero by the end of a run, so that it resumes where it was."""

import torch

from gancourse._validate import integer, positive

__all__ = ["adam"]


def adam(rate, *, betas=(0.5, 0.999), updates=None, hold=0.0):
    """A function from parameters to an Adam; the rate falls linearly to 0 over the last of ``updates``.

        rate(t) = rate · min(1, (1 − t/updates)/(1 − hold)),    t updates done

    t is the optimiser's own count of updates, which checkpoints keep.

    Arguments:
        rate: the rate at first, positive.
        betas: Adam's.
        updates: in the whole run; None leaves the rate as it is.
        hold: the share of the run before the fall begins, in [0, 1).
    """
    rate = positive("rate", rate)

    def make(parameters):
        optimizer = torch.optim.Adam(parameters, rate, betas=betas, fused=True)
        if updates is not None:
            optimizer.register_step_pre_hook(_Fall(rate, integer("updates", updates), hold))
        return optimizer

    return make


class _Fall:
    def __init__(self, rate, updates, hold):
        self.rate, self.updates, self.hold, self.done = rate, updates, hold, None

    def __call__(self, optimizer, *_):
        if self.done is None:  # asked once: on a GPU reading the count waits for it
            state = next(iter(optimizer.state.values()), {})
            self.done = int(state.get("step", 0))
        left = max(0.0, 1 - self.done / self.updates)
        for group in optimizer.param_groups:
            group["lr"] = self.rate * min(1.0, left / (1 - self.hold))
        self.done += 1
