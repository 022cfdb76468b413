"""A budget of minutes: how many steps fit into it, and the end when it is used up."""

import time

from gancourse._progress import Interruption

__all__ = ["Clock", "seconds_a_step"]


class Clock:
    """``sample``, which asks the run to stop once its time is over: the step is finished, the state saved.

    Arguments:
        sample: the run's own.
        seconds: from now on.
        now: what tells the time, in seconds.

    Attributes:
        rang: whether it has asked.
    """

    def __init__(self, sample, seconds, now=time.perf_counter):
        self.sample, self.now, self.end, self.rang = sample, now, now() + seconds, False
        # a checkpoint tells runs apart by this name, and a budget makes no other run
        self.__qualname__ = getattr(sample, "__qualname__", type(sample).__qualname__)

    def __call__(self, n, rng):
        if not self.rang and self.now() >= self.end:
            self.rang = True
            run = Interruption.here()
            if run is None:  # outside of a run there is nobody to ask
                raise KeyboardInterrupt
            run.asked = True
        return self.sample(n, rng)


def seconds_a_step(
    recipe, images, seconds, *, device=None, threads=None, accelerate=(), now=time.perf_counter, **options
):
    """Seconds that a step of a recipe takes here, measured on players that are thrown away.

    Arguments:
        recipe: a function of gancourse.recipes, with its ``images``.
        seconds: about as long it may take, a positive number; two steps are made at the least.
        device, threads, accelerate: as in ``train``.
        now: what tells the time, in seconds.
        options: those of the recipe.
    """
    from gancourse.training import train

    arguments = recipe(images, steps=10_000, **options)
    arguments |= {"device": device, "threads": threads, "accelerate": accelerate, "progress": False}
    times = []

    def watch(step, *_):
        times.append(now())
        if step >= 2 and times[-1] - times[0] > seconds:
            raise KeyboardInterrupt

    train(**arguments, watch=watch, watch_every=1)
    # the first step also pays for memory and plans of the kernels
    times = times[1:] if len(times) > 3 else times
    return (times[-1] - times[0]) / (len(times) - 1)
