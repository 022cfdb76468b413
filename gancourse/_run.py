"""What surrounds the training loop: fresh batches, the history, the averaged generator, checkpoints."""

import contextlib
import copy
import math
import time
import warnings

import numpy as np
import torch

from gancourse import compute
from gancourse._arguments import describe
from gancourse._diagnosis import diagnosis
from gancourse._lock import alone
from gancourse._modes import mode, own_global_rng, seeded
from gancourse._progress import Interruption, Progress
from gancourse._state import restore, state_of
from gancourse._validate import fail
from gancourse.accelerate import accelerated, chosen
from gancourse.checkpoints import load_checkpoint, save_checkpoint
from gancourse.history import CheckpointNotWritten, History, TrainingDiverged

__all__ = ["Run"]


class Run:
    """The circumstances of one run; ``with run: for _ in run.steps(): …`` is the loop.

    Everything that the loop must not be cluttered with happens here, between two steps; see ``train`` for
    what the arguments mean.
    """

    def __init__(self, arguments, *, objective, optimizers, device, processes, threads):
        a = arguments
        processes.check(a)
        self.generator, self.discriminator = self.networks = a["generator"], a["discriminator"]
        self.optimizers, self.device, self.threads = optimizers, device, threads
        self.processes, self.deterministic = processes, a["deterministic"]
        self.on_cpu = device.type == "cpu"
        self.sample, self.batch, self.average, self.total = a["sample"], a["batch"], a["average"], a["steps"]
        self.every = a["every"] or (1 if self.on_cpu else 10)
        self.watch, self.watch_every = a["watch"], a["watch_every"] or max(1, self.total // 10)
        self.checkpoint, self.checkpoint_every = a["checkpoint"], a["checkpoint_every"]
        self.resume, self.progress, seed = a["resume"], a["progress"] and processes.first, a["seed"]
        names = chosen(a["accelerate"], device, next(self.generator.parameters()).dtype)
        # A step function may carry networks and optimisers of its own.
        self.parts = [a["step"]] if hasattr(a["step"], "state_dict") else []
        self.arguments = None
        if self.checkpoint is not None:
            self.arguments = describe(
                a, objective=objective, optimizers=optimizers, device=device, every=self.every, names=names
            )

        self.dtype = next(self.generator.parameters()).dtype
        self.channels_last, self.graphs = "channels-last" in names, "cuda-graphs" in names
        # What the loop calls; the networks themselves are what is watched, averaged, penalised and kept.
        self.players = tuple(accelerated(network, names, device) for network in self.networks)
        self.rng, noise_seed, self.global_seed = seeded(seed)
        self.noise_rng = torch.Generator(device).manual_seed(noise_seed)

        self.averaged = None
        if self.average is not None:
            self.averaged = copy.deepcopy(self.generator).eval().requires_grad_(False)
        self.done, self.seconds_before = 0, 0.0
        self.losses, self.finite_at, self.records, self.watched = {}, None, {}, []
        self.reading, self.real_batch, self.stopped, self.cut = True, None, None, False
        self.saved_at, self.drawn = None, 0
        self.started = self.last = time.perf_counter()

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            stack.enter_context(compute.threads(self.threads))
            if self.deterministic:
                stack.enter_context(compute.deterministic())
            stack.enter_context(own_global_rng(self.device, self.global_seed))
            for network in self.networks:
                stack.enter_context(mode(network, training=True))
            together = self.processes.together(self.networks, self.optimizers, self.averaged)
            stack.enter_context(together)
            if self.checkpoint is not None:
                self.processes.told(lambda: stack.enter_context(alone(self.checkpoint)))
            if self.resume and (found := self.processes.told(lambda: load_checkpoint(self.checkpoint))):
                restore(self, found)
                self.saved_at = self.done
            self.interruption = stack.enter_context(Interruption())
            if self.device.type == "cuda":
                torch.cuda.reset_peak_memory_stats(self.device)
            self.started = self.last = time.perf_counter()
            self.line = Progress(self.total, self.done, self.progress)
            stack.callback(lambda: self.line.close(self.done, self.losses, self._speed))
            self.stack = stack.pop_all()
        return self

    def __exit__(self, kind, error, trace):
        with self.stack:
            if kind is None or not issubclass(kind, KeyboardInterrupt):
                return False
            # A second Ctrl-C, or one raised by a callable: the step was cut, the run is kept all the same.
            self.stopped, self.cut = "interrupted", True
            self._save()
            return True

    def steps(self):
        """Yield once a step, and do what is due after it."""
        if self.done == 0:
            self.processes.told(self._watch)
            # Written before the first step too: a folder or a value that will not do is known at once.
            self.processes.told(self._save)
        for t in range(self.done + 1, self.total + 1):
            # Reading a loss from an accelerator waits for it, so there it is done in recorded steps only.
            self.reading = self.on_cpu or t % self.every == 0
            if self.graphs:
                torch.compiler.cudagraph_mark_step_begin()  # what the last step put out may be overwritten
            yield t
            self.done, self.last = t, time.perf_counter()
            if self.averaged is not None:
                # A shorter memory at first: the weights before training would linger for 1/(1 − d) steps.
                decay = min(self.average, (1 + t) / (10 + t))
                _update_average(self.averaged, self.generator, decay)
            if t % self.every == 0:
                self._record()
            if t % self.watch_every == 0:
                self._watch()
            asked = self._asked()
            if t % self.checkpoint_every == 0 or t == self.total or asked:
                self._save()
            self.line.update(t, self.losses, self._speed)
            if asked:
                self.stopped = "interrupted" if t < self.total else None
                return

    def real(self):
        """A fresh batch of real samples, with shape (batch, ...), on the device: this process's share."""
        values = self.sample(self.batch, self.rng)
        self.drawn += self.batch
        if isinstance(values, tuple):  # samples and, say, labels, for a step function
            self.real_batch = tuple(map(self._tensor, values))
        else:
            self.real_batch = self._tensor(values)
            if not self.real_batch.is_floating_point():
                fail("sample", self.real_batch, "a function that returns floats, pixels as −1 to 1")
        return self.real_batch

    def noise(self):
        """A fresh batch of noise, with shape (batch, noise_dim), on the device: this process's share."""
        return self.processes.share(self.generator.noise(self.batch, generator=self.noise_rng))

    def note(self, name, loss):
        """Keep a loss for the history; stop if it is not finite."""
        if not self.reading:
            return
        value = self.processes.mean(loss).item()
        if not math.isfinite(value):
            step, last = self.done + 1, (self.finite_at, self.losses)
            message = diagnosis(name, value, step, last, self.generator, self.discriminator, self.real_batch)
            raise TrainingDiverged(message, self.history)
        self.losses[name], self.finite_at = value, self.done + 1

    def note_all(self, losses):
        """The same for all the losses that a step function returned."""
        if not isinstance(losses, dict) or not {"discriminator", "generator"} <= losses.keys():
            fail(
                "step",
                losses,
                'a function that returns a dict of "discriminator" and "generator" losses',
            )
        for name, loss in losses.items():
            self.note(
                name, loss if isinstance(loss, torch.Tensor) else torch.tensor(loss, dtype=torch.float64)
            )

    @property
    def history(self):
        arrays = {name: np.array(values) for name, values in self.records.items()}
        return History(
            step=np.array(arrays.pop("step", []), dtype=np.int64),
            discriminator_loss=arrays.pop("discriminator", np.array([])),
            generator_loss=arrays.pop("generator", np.array([])),
            seconds=arrays.pop("seconds", np.array([])),
            others=arrays,
            watched=self.watched,
            averaged_generator=self.averaged,
            completed=self.done,
            stopped=self.stopped,
            samples_per_second=self._rate(),
            peak_memory=self._memory(),
        )

    def _tensor(self, values):
        if not isinstance(values, torch.Tensor):
            values = np.asarray(values)
            values = torch.from_numpy(values if values.flags.writeable else values.copy())
        if values.shape[:1] != (self.batch,):
            fail("sample", values, f"a function that returns {self.batch} samples when asked for so many")
        values = self.processes.share(values)
        if values.is_floating_point():
            values = values.to(self.dtype)
        if values.device != self.device:
            if self.device.type == "cuda" and values.device.type == "cpu":
                values = values.pin_memory()
            values = values.to(self.device, non_blocking=True)
        if self.channels_last and values.ndim == 4:
            values = values.contiguous(memory_format=torch.channels_last)
        return values

    def _asked(self):
        """Whether Ctrl-C was pressed; in every process alike, or one would wait for the others for ever."""
        if self.processes.size > 1 and not self.reading:
            return False
        return self.processes.any(self.interruption.asked, self.device)

    def _memory(self):
        return torch.cuda.max_memory_allocated(self.device) if self.device.type == "cuda" else None

    def _rate(self):
        """Real samples a second, to the end of the last step."""
        return self.drawn / (self.last - self.started) if self.last > self.started else 0.0

    def _speed(self):
        """For the line of progress: what images come to a second, and a GPU's memory."""
        batch = self.real_batch[0] if isinstance(self.real_batch, tuple) else self.real_batch
        if getattr(batch, "ndim", 0) != 4:
            return ""
        text = f", {self._rate():,.0f} images/s"
        memory = self._memory()
        return text if memory is None else f"{text}, {memory / 2**30:.2f} GiB"

    def elapsed(self):
        """Seconds from the start of the run, what came before a resume included."""
        return self.seconds_before + time.perf_counter() - self.started

    def _record(self):
        row = {"step": self.done, **self.losses, "seconds": self.elapsed()}
        for name, value in row.items():
            self.records.setdefault(name, []).append(value)

    def _watch(self):
        if self.watch is None or not self.processes.first:
            return
        shown = self.generator if self.averaged is None else self.averaged
        with contextlib.ExitStack() as stack:
            stack.enter_context(self.processes.draws.off())
            stack.enter_context(own_global_rng(self.device, self.global_seed))
            stack.enter_context(torch.no_grad())
            for network in (shown, self.discriminator):
                stack.enter_context(mode(network, training=False))
            self.watched.append((self.done, self.watch(self.done, shown, self.discriminator)))

    def _save(self):
        if self.checkpoint is None or not self.processes.first:
            return
        at_the_start = self.saved_at is None
        try:
            # What an earlier run left in the folder is not the checkpoint before this one.
            keep = 1 if at_the_start else 2
            save_checkpoint(self.checkpoint, state_of(self), step=self.done, keep=keep)
        except OSError as error:
            message = f"{self.checkpoint}: the checkpoint of step {self.done:,} could not be written "
            message += f"({error}); free space on that disk, which holds three checkpoints for a moment"
            if at_the_start:
                raise CheckpointNotWritten(f"{message}, or use another folder", self.history) from error
            message += f". That of step {self.saved_at:,} is whole"
            if self.done == self.total or self.interruption.asked or self.cut:
                advice = "the networks in memory are as training left them, and resume=True goes on from it"
                raise CheckpointNotWritten(f"{message}: {advice}", self.history) from error
            advice = f"training goes on, and tries again in {self.checkpoint_every:,} steps"
            warnings.warn(f"{message}: {advice}", stacklevel=4)
        else:
            self.saved_at = self.done


@torch.no_grad()
def _update_average(averaged, network, decay):
    """average ← decay · average + (1 − decay) · value, for parameters and buffers; counters are copied."""
    values = [*network.parameters(), *network.buffers()]
    for mean, value in zip([*averaged.parameters(), *averaged.buffers()], values, strict=True):
        if mean.is_floating_point():
            mean.lerp_(value, 1 - decay)
        else:
            mean.copy_(value)
