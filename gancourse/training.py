"""One loop that trains every GAN of this course."""

import torch

from gancourse._arguments import check, learning_rates, objective_of
from gancourse._run import Run
from gancourse.compute import choose_device, choose_threads
from gancourse.distributed import join
from gancourse.history import CheckpointNotWritten, History, TrainingDiverged

__all__ = ["CheckpointNotWritten", "History", "TrainingDiverged", "adam", "train"]


def train(
    generator,
    discriminator,
    sample,
    objective="non_saturating",
    *,
    steps,
    batch=128,
    discriminator_steps=1,
    penalty=None,
    constraint=None,
    learning_rate=None,
    generator_optimizer=None,
    discriminator_optimizer=None,
    average=None,
    step=None,
    seed=0,
    device=None,
    threads=None,
    accelerate=(),
    deterministic=False,
    every=None,
    watch=None,
    watch_every=None,
    checkpoint=None,
    checkpoint_every=1000,
    resume=False,
    progress=True,
):
    """Train two networks against each other, in place, and return the ``History``.

    Algorithm 1 of the paper, with any objective: in every step, k times, the discriminator goes down

        ∇_φ [ L_D(D(x), D(G(z))) + penalty ]      on a fresh batch x of data and a fresh batch z of noise,

    then the generator goes once down ∇_θ L_G(D(G(z))) on fresh noise (and fresh data, if the objective
    compares logits in pairs).

    The players:
        generator: a network from noise to samples, with a method ``noise(n, generator=None)`` that draws
            noise with shape (n, noise_dim).
        discriminator: a network from samples with shape (n, ...) to logits with shape (n,).
        sample: ``sample(n, rng)`` returns n real samples, an array or tensor of floats with shape (n, ...),
            drawn with the NumPy generator it is given; cast to the networks' dtype.
        objective: a name of ``OBJECTIVES``, or an object with the same two methods.

    The algorithm:
        steps: how many generator steps, counted from the very first, also when resuming.
        batch: samples in a batch.
        discriminator_steps: k.
        penalty: ``penalty(discriminator, real, fake)``, a scalar added to the discriminator's loss, weight
            included: ``lambda critic, real, fake: 10 * gradient_penalty(critic, real, fake)``.
        constraint: ``constraint(discriminator)`` after each of its updates: ``lambda d: clip_(d, 0.01)``.
        learning_rate: of both Adam optimisers, or a pair (generator's, discriminator's); 2e-4 by default.
        generator_optimizer, discriminator_optimizer: a function from parameters to an optimiser; by default
            Adam with β = (0.5, 0.999), in one fused kernel, which took 18 % off a toy step where measured.
        average: the decay d in (0, 1) of an exponential moving average of the generator,
            w̄ ← d·w̄ + (1 − d)·w after step t, over weights and batch-norm statistics, with (1 + t)/(10 + t)
            for d while that is smaller, so that the first weights are soon forgotten; integer buffers are
            copied. It is ``history.averaged_generator``.
        step: a function that takes the place of both updates, for methods that need a step of their own. It
            is called as ``step(generator, discriminator, objective, real=…, noise=…, generator_optimizer=…,
            discriminator_optimizer=…)``, where real() and noise() draw a fresh batch, and returns a dict of
            scalar losses: "discriminator", "generator" and any others. Whatever it needs besides it closes
            over; if it has ``state_dict`` and ``load_state_dict``, those go into checkpoints. Where
            ``sample`` returns a tuple, such as samples and labels, real() is a tuple of tensors.

    Where and how repeatably:
        seed: settles data, noise, and PyTorch's global generator within the run (dropout, penalties); the
            caller's random states are left alone. On a CPU the same seed gives the same numbers.
        device, threads: see ``gancourse.compute``; both networks are moved, and stay there. Where torchrun
            started several processes, each takes batch/processes samples of every batch, the first alone
            watches, shows progress and writes checkpoints, and those can be resumed by another number of
            processes: see ``gancourse.distributed``.
        accelerate: names of ``gancourse.accelerate.ACCELERATIONS``: "bf16", "channels-last", "compile",
            "cuda-graphs". Penalties get the plain discriminator, in float32 and not compiled; a ``step`` of
            your own finds it as ``discriminator.plain``. Data that stay on a GPU: ``resident`` there.
        deterministic: PyTorch's deterministic algorithms only, for the same numbers on the same GPU too.

    What is kept:
        every: record the losses every so many steps; 1 on a CPU, 10 on a GPU, where reading a loss waits
            for it.
        watch: ``watch(step, generator, discriminator)``, called before the first step and every
            ``watch_every`` steps (a tenth of the run by default); what it returns is kept in
            ``history.watched``. It gets the averaged generator if there is one; both networks in eval mode,
            without gradients, and with PyTorch's global generator seeded alike at each call, so that
            ``generator.noise(64)`` there is always the same noise, and watching changes no number.
        checkpoint: a folder that holds the state of the run: at the start, every ``checkpoint_every`` steps,
            at the end, and when interrupted; the last two of them. ``watch`` must then return numbers,
            arrays, tensors, text, or lists, tuples and dicts of those. The folder is locked: a second run in
            it is refused. If one cannot be written on the way, on a full disk say, a warning says so, the
            one before stays, and the next is tried.
        resume: go on from the checkpoint if there is one, to exactly the numbers of an uninterrupted run (on
            a CPU, with as many threads); the networks are overwritten with its state. If it is damaged, a
            warning names the file, and the run goes on from the one before, to the same numbers. With False,
            an earlier run in that folder is replaced.
        progress: show a line with both losses; for images also how many are drawn a second, and on a GPU the
            most memory that was held.

    Ctrl-C finishes the step and returns the history so far (``stopped`` is "interrupted"); a second one stops
    within the step. The networks are in train mode inside, and afterwards in the mode they came in.

    Raises:
        ValueError: an argument is out of range; no checkpoint in the folder is whole, or it is of another run
            (the message says what differs); another run is using the folder.
        TrainingDiverged: a loss is NaN or infinite. It is looked at before the update that it would spoil, in
            every step on a CPU and in every recorded step on a GPU; after it, with a ``step`` of your own.
        CheckpointNotWritten: an OSError; the first checkpoint, or the one at the end, could not be written.

    Source: Goodfellow et al., "Generative Adversarial Networks", 2014, arXiv 1406.2661, Algorithm 1.

    Example:
        >>> from gancourse import densities
        >>> from gancourse.models import MLPDiscriminator, MLPGenerator
        >>> data = densities.ring(modes=8)
        >>> history = train(MLPGenerator(), MLPDiscriminator(), data.sample, steps=5, progress=False)
        >>> history.step
        array([1, 2, 3, 4, 5])
    """
    arguments = dict(locals())
    check(arguments)
    objective = objective_of(objective)
    paired = getattr(objective, "paired", False)
    size = sum(weight.numel() for network in (generator, discriminator) for weight in network.parameters())
    device = choose_device(device, size=size)
    generator.to(device)
    discriminator.to(device)
    weights = [weight for weight in generator.parameters() if weight.requires_grad]
    generator_rate, discriminator_rate = learning_rates(learning_rate)
    generator_optimizer = (generator_optimizer or adam(generator_rate))(weights)
    discriminator_optimizer = (discriminator_optimizer or adam(discriminator_rate))(
        discriminator.parameters()
    )

    run = Run(
        arguments,
        objective=objective,
        optimizers=(generator_optimizer, discriminator_optimizer),
        device=device,
        processes=join(device),
        threads=choose_threads(size, threads),
    )
    # The same networks, to be called in bfloat16 or compiled where that was asked for. A penalty gets the
    # plain discriminator: second derivatives want float32.
    fast_generator, fast_discriminator = run.players
    with run:
        for _ in run.steps():
            if step is not None:
                losses = step(
                    fast_generator,
                    fast_discriminator,
                    objective,
                    real=run.real,
                    noise=run.noise,
                    generator_optimizer=generator_optimizer,
                    discriminator_optimizer=discriminator_optimizer,
                )
                run.note_all(losses)
                continue

            # k steps on the discriminator, each on fresh data and fresh noise.
            for _ in range(discriminator_steps):
                real_batch = run.real()  # (batch, ...)
                with torch.no_grad():  # the generator stands still
                    fake_batch = fast_generator(run.noise())  # (batch, ...)
                real_logits, fake_logits = fast_discriminator(real_batch), fast_discriminator(fake_batch)
                loss = objective.discriminator(real_logits, fake_logits)
                if penalty is not None:
                    loss = loss + penalty(discriminator, real_batch, fake_batch)
                run.note("discriminator", loss)
                discriminator_optimizer.zero_grad()
                loss.backward()
                discriminator_optimizer.step()
                if constraint is not None:
                    constraint(discriminator)

            # One step on the generator, on fresh noise.
            fake_logits = fast_discriminator(fast_generator(run.noise()))  # (batch,)
            real_logits = fast_discriminator(run.real()) if paired else None
            loss = objective.generator(fake_logits, real_logits)
            run.note("generator", loss)
            generator_optimizer.zero_grad()
            loss.backward(inputs=weights)  # the discriminator stands still, and gets no gradient
            generator_optimizer.step()
    return run.history


def adam(learning_rate):
    """DCGAN's optimiser, as a function from parameters: Adam with β = (0.5, 0.999), in one fused kernel."""
    return lambda parameters: torch.optim.Adam(parameters, learning_rate, betas=(0.5, 0.999), fused=True)
