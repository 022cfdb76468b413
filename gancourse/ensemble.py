"""Many small GANs at once: one for each seed, all trained in the same batched pass."""

import contextlib

import numpy as np
import torch
from torch.overrides import TorchFunctionMode

from gancourse._arguments import objective_of
from gancourse._modes import seeded
from gancourse._validate import fail, integer
from gancourse.compute import choose_device, choose_threads
from gancourse.methods.packing import Packed
from gancourse.models.mlp import MLPDiscriminator
from gancourse.models.stack import stack, unstack_
from gancourse.training import train

__all__ = ["blocks", "train_ensemble"]


def blocks(values, members):
    """What a stack returned, (k·n, …), as (k, n, …): the members' own.

    Raises:
        ValueError: the length is not a multiple of members.
    """
    if len(values) % members:
        fail("values", values, f"a multiple of {members} rows, as many for each member")
    return values.reshape(members, len(values) // members, *values.shape[1:])


def train_ensemble(
    generators,
    discriminators,
    sample,
    objective="non_saturating",
    *,
    seeds,
    steps,
    batch=128,
    penalty=None,
    watch=None,
    **options,
):
    """Train k pairs of small networks, in place, in one batched pass, and return the ``History`` of all.

    The numbers are those of ``train(generators[i], discriminators[i], sample, …, seed=seeds[i])``, one after
    the other: each member has streams of its own for data, noise and whatever else is drawn, and no member
    feels another. Their losses are added, so that each member's weights get the gradient of its own loss, and
    Adam works entry by entry. (A sum may be rounded in another order; a long run of an unstable game
    magnifies the last digit. With ``foreach=True`` in Adam a seed has the same bits in any company of two or
    more, on the same machine.)

    What saves the time: a step of a toy is many tiny operations, each of which costs more to start than to
    do. Here each is started once for all members; ``docs/benchmarks.md`` has the measured ratio.

    Arguments:
        generators, discriminators: lists of k networks that ``stack`` can join: alike but for their weights.
        sample, objective, steps, batch: as in ``train``; ``batch`` is that of one member, and the objective's
            losses must be means over the batch.
        seeds: k different whole numbers.
        penalty: ``penalty(discriminator, real, fake)`` as in ``train``, a mean over the batch of all members;
            it is multiplied by k here.
        watch: ``watch(step, generator, discriminator)`` as in ``train``, with the stacks: ``blocks`` tells
            the members of what they return apart. ``gancourse.monitor`` measures each.
        options: further arguments of ``train``: discriminator_steps, constraint, learning_rate, the
            optimisers, average, step, watch_every, device, threads, progress. A ``step`` must take within
            each member the means that it takes, and add the members' losses; those of ``gancourse.methods``
            do. There are no checkpoints: an ensemble of toys takes minutes.

    Returns:
        History: the losses are means over the members; ``averaged_generator`` is a stack.

    Raises:
        ValueError: the lists and the seeds differ in length, the networks cannot be stacked, an argument is
            out of its range.
        TrainingDiverged: the sum of the members' losses is NaN or infinite.

    Example:
        >>> from gancourse import densities
        >>> from gancourse.models import MLPDiscriminator, MLPGenerator
        >>> generators, discriminators = zip(*[(MLPGenerator(), MLPDiscriminator()) for _ in range(3)])
        >>> data = densities.ring(modes=8)
        >>> train_ensemble(
        ...     generators, discriminators, data.sample, seeds=range(3), steps=4, progress=False
        ... ).completed
        4
    """
    seeds = tuple(integer("seeds", seed, low=0) for seed in seeds)
    k = len(seeds)
    if not k or len(set(seeds)) < k:
        fail("seeds", seeds, "whole numbers, at least one, no two alike")
    for name, networks in (("generators", generators), ("discriminators", discriminators)):
        if len(networks) != k:
            fail(name, f"{len(networks)} networks", f"{k}, one for each seed")
    for name in ("checkpoint", "checkpoint_every", "resume", "seed"):
        if name in options:
            fail(name, options[name], "no such argument: an ensemble has seeds, and no checkpoints")
    integer("batch", batch)
    objective = objective_of(objective)

    generator, discriminator = stack(generators), stack(discriminators)
    size = sum(w.numel() for network in (generator, discriminator) for w in network.parameters())
    options["device"] = device = choose_device(options.get("device"), size=size)
    # Small as each is, a second thread gains nothing (see choose_threads).
    options["threads"] = choose_threads(size // k, options.get("threads"))
    streams = [_Streams(seed, device) for seed in seeds]
    draws = _MembersDraw(streams)
    generator.noise = draws.within(generator.noise)
    # A mode costs each operation a little, so where nothing else can draw it is in force for noise alone.
    anywhere = options.get("step") is not None or type(discriminator) not in _DRAW_NOTHING
    with draws if anywhere else contextlib.nullcontext():
        history = train(
            generator,
            discriminator,
            lambda n, rng: np.concatenate([sample(n // k, stream.data) for stream in streams]),
            _Summed(objective, k),
            steps=steps,
            batch=k * batch,
            penalty=penalty and draws.within(lambda critic, real, fake: k * penalty(critic, real, fake)),
            watch=watch and draws.alike(watch),
            **options,
        )
    unstack_(generator, generators)
    unstack_(discriminator, discriminators)
    history.discriminator_loss /= k
    history.generator_loss /= k
    history.others = {name: values / k for name, values in history.others.items()}
    return history


_DRAW_NOTHING = (MLPDiscriminator, Packed)


class _Summed:
    """An objective of a stack: the sum of the members' losses, each a mean over the member's block."""

    def __init__(self, objective, members):
        self.objective, self.members = objective, members
        self.paired = getattr(objective, "paired", False)

    def discriminator(self, real_logits, fake_logits):
        return self.members * self.objective.discriminator(real_logits, fake_logits)

    def generator(self, fake_logits, real_logits=None):
        return self.members * self.objective.generator(fake_logits, real_logits)


class _Streams:
    """The three streams that ``train`` draws from for a seed: data, noise, PyTorch's global generator."""

    def __init__(self, seed, device):
        self.data, noise, self.globally = seeded(seed)
        self.device = device
        self.noise, self.others = (torch.Generator(device).manual_seed(s) for s in (noise, self.globally))


class _MembersDraw(TorchFunctionMode):
    """Within it, random tensors of k·n rows are drawn as k blocks of n, each from its member's stream.

    A draw that names a generator is the loop's, of noise; all others are what ``train`` takes from the global
    one.
    """

    def __init__(self, streams):
        super().__init__()
        self.streams = streams
        self.pairs = [(stream.noise, stream.others) for stream in streams]
        self.entered = False

    def within(self, function):
        """The function, run within this mode; where it is in force already it is not entered twice."""

        def drawing(*arguments, **keywords):
            with contextlib.nullcontext() if self.entered else self:
                return function(*arguments, **keywords)

        return drawing

    def __enter__(self):
        self.entered = True
        return super().__enter__()

    def __exit__(self, *error):
        self.entered = False
        return super().__exit__(*error)

    def alike(self, watch):
        """The watch; as in ``train``, what a member draws in it is alike each time."""

        def watched(*arguments):
            before = self.pairs
            fresh = [torch.Generator(s.device).manual_seed(s.globally) for s in self.streams]
            self.pairs = [(stream, stream) for stream in fresh]
            try:
                return self.within(watch)(*arguments)
            finally:
                self.pairs = before

        return watched

    def __torch_function__(self, function, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        if function in _LIKE:
            like = args[0]
            shape, function = like.shape, _LIKE[function]
            kwargs = {"dtype": like.dtype, "device": like.device, **kwargs}
        elif function in _DRAWS:
            shape = torch.Size(args[0] if len(args) == 1 and not isinstance(args[0], int) else args)
        else:
            return function(*args, **kwargs)
        k = len(self.pairs)
        if not shape or shape[0] % k:
            fail("shape", tuple(shape), f"random tensors of a multiple of {k} rows, as many for each member")
        which = 1 if kwargs.pop("generator", None) is None else 0
        rows = (shape[0] // k, *shape[1:])
        return torch.cat([function(rows, generator=pair[which], **kwargs) for pair in self.pairs])


_DRAWS = (torch.rand, torch.randn)
_LIKE = {torch.rand_like: torch.rand, torch.randn_like: torch.randn}
