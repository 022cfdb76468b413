"""What surrounds the training loop: fresh batches, the history, the averaged generator, checkpoints."""

import contextlib
import copy
import math
import time
import warnings

import numpy as np
import torch

from gancourse import compute
from gancourse._arguments import check_same, describe
from gancourse._diagnosis import diagnosis
from gancourse._modes import global_rng, mode, own_global_rng, seeded, set_global_rng
from gancourse._progress import Interruption, Progress
from gancourse._validate import fail
from gancourse.checkpoints import load_checkpoint, save_checkpoint
from gancourse.history import History, TrainingDiverged

__all__ = ["Run"]


class Run:
    """The circumstances of one run; ``with run: for _ in run.steps(): …`` is the loop.

    Everything that the loop must not be cluttered with happens here, between two steps; see ``train`` for
    what the arguments mean.
    """

    def __init__(self, arguments, *, objective, optimizers, device, threads):
        a = arguments
        self.generator, self.discriminator = self.networks = a["generator"], a["discriminator"]
        self.optimizers, self.device, self.threads = optimizers, device, threads
        self.on_cpu = device.type == "cpu"
        self.sample, self.batch, self.average, self.total = a["sample"], a["batch"], a["average"], a["steps"]
        self.every = a["every"] or (1 if self.on_cpu else 10)
        self.watch, self.watch_every = a["watch"], a["watch_every"] or max(1, self.total // 10)
        self.checkpoint, self.checkpoint_every = a["checkpoint"], a["checkpoint_every"]
        self.resume, self.progress, seed = a["resume"], a["progress"], a["seed"]
        # A step function may carry networks and optimisers of its own.
        self.parts = [a["step"]] if hasattr(a["step"], "state_dict") else []
        self.arguments = None
        if self.checkpoint is not None:
            self.arguments = describe(
                a, objective=objective, optimizers=optimizers, device=device, every=self.every
            )

        self.dtype = next(self.generator.parameters()).dtype
        self.rng, noise_seed, self.global_seed = seeded(seed)
        self.noise_rng = torch.Generator(device).manual_seed(noise_seed)

        self.averaged = None
        if self.average is not None:
            self.averaged = copy.deepcopy(self.generator).eval().requires_grad_(False)
        self.done, self.seconds_before = 0, 0.0
        self.losses, self.finite_at, self.records, self.watched = {}, None, {}, []
        self.reading, self.real_batch, self.stopped, self.cut = True, None, None, False

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            stack.enter_context(compute.threads(self.threads))
            stack.enter_context(own_global_rng(self.device, self.global_seed))
            for network in self.networks:
                stack.enter_context(mode(network, training=True))
            if self.resume:
                self._load()
            self.interruption = stack.enter_context(Interruption())
            self.started = time.perf_counter()
            self.line = Progress(self.total, self.done, self.progress)
            stack.callback(lambda: self.line.close(self.done, self.losses))
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
            self._watch()
            # Written before the first step too: a folder or a value that will not do is known at once.
            self._save()
        for t in range(self.done + 1, self.total + 1):
            # Reading a loss from an accelerator waits for it, so there it is done in recorded steps only.
            self.reading = self.on_cpu or t % self.every == 0
            yield t
            self.done = t
            if self.averaged is not None:
                # A shorter memory at first: the weights before training would linger for 1/(1 − d) steps.
                decay = min(self.average, (1 + t) / (10 + t))
                _update_average(self.averaged, self.generator, decay)
            if t % self.every == 0:
                self._record()
            if t % self.watch_every == 0:
                self._watch()
            if t % self.checkpoint_every == 0 or t == self.total or self.interruption.asked:
                self._save()
            self.line.update(t, self.losses)
            if self.interruption.asked:
                self.stopped = "interrupted" if t < self.total else None
                return

    def real(self):
        """A fresh batch of real samples, with shape (batch, ...), on the device."""
        values = self.sample(self.batch, self.rng)
        if isinstance(values, tuple):  # samples and, say, labels, for a step function
            self.real_batch = tuple(map(self._tensor, values))
        else:
            self.real_batch = self._tensor(values)
            if not self.real_batch.is_floating_point():
                fail("sample", self.real_batch, "a function that returns floats, pixels as −1 to 1")
        return self.real_batch

    def noise(self):
        """A fresh batch of noise, with shape (batch, noise_dim), on the device."""
        return self.generator.noise(self.batch, generator=self.noise_rng)

    def note(self, name, loss):
        """Keep a loss for the history; stop if it is not finite."""
        if not self.reading:
            return
        value = loss.item()
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
        )

    def _tensor(self, values):
        if not isinstance(values, torch.Tensor):
            values = np.asarray(values)
            values = torch.from_numpy(values if values.flags.writeable else values.copy())
        if values.shape[:1] != (self.batch,):
            fail("sample", values, f"a function that returns {self.batch} samples when asked for so many")
        if values.is_floating_point():
            values = values.to(self.dtype)
        if values.device == self.device:
            return values
        if self.device.type == "cuda":
            return values.pin_memory().to(self.device, non_blocking=True)
        return values.to(self.device)

    def _elapsed(self):
        return self.seconds_before + time.perf_counter() - self.started

    def _record(self):
        row = {"step": self.done, **self.losses, "seconds": self._elapsed()}
        for name, value in row.items():
            self.records.setdefault(name, []).append(value)

    def _watch(self):
        if self.watch is None:
            return
        shown = self.generator if self.averaged is None else self.averaged
        with own_global_rng(self.device, self.global_seed), torch.no_grad(), contextlib.ExitStack() as stack:
            for network in (shown, self.discriminator):
                stack.enter_context(mode(network, training=False))
            self.watched.append((self.done, self.watch(self.done, shown, self.discriminator)))

    def _save(self):
        if self.checkpoint is None:
            return
        history = {name: np.array(values) for name, values in self.records.items()}
        state = {
            "arguments": self.arguments,
            "generator": self.generator.state_dict(),
            "discriminator": self.discriminator.state_dict(),
            "averaged": None if self.averaged is None else self.averaged.state_dict(),
            "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
            "parts": [part.state_dict() for part in self.parts],
            "data_rng": self.rng.bit_generator.state,
            "noise_rng": self.noise_rng.get_state(),
            "global_rng": global_rng(self.device),
            "history": history,
            "losses": self.losses,
            "watched": self.watched,
            "seconds": self._elapsed(),
            "cut": self.cut,
        }
        save_checkpoint(self.checkpoint, state, step=self.done)

    def _load(self):
        found = load_checkpoint(self.checkpoint)
        if found is None:
            return
        self.done, state = found
        check_same(self.checkpoint, state["arguments"], self.arguments)
        if self.done > self.total:
            fail("steps", self.total, f"at least the {self.done} steps that {self.checkpoint} already holds")
        if state["cut"]:
            warnings.warn(
                f"{self.checkpoint}: this run was cut in the middle of a step; it goes on from there, but "
                "not with the numbers of an uninterrupted run",
                stacklevel=4,
            )
        self.generator.load_state_dict(state["generator"])
        self.discriminator.load_state_dict(state["discriminator"])
        if self.averaged is not None:
            self.averaged.load_state_dict(state["averaged"])
        for optimizer, saved in zip(self.optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(saved)
            _same_layout(optimizer)
        for part, saved in zip(self.parts, state["parts"], strict=True):
            part.load_state_dict(saved)
        self.rng.bit_generator.state = state["data_rng"]
        self.noise_rng.set_state(state["noise_rng"])
        set_global_rng(self.device, state["global_rng"])
        self.records = {name: values.tolist() for name, values in state["history"].items()}
        self.losses, self.finite_at, self.watched = state["losses"], self.done, state["watched"]
        self.seconds_before = state["seconds"]


@torch.no_grad()
def _update_average(averaged, network, decay):
    """average ← decay · average + (1 − decay) · value, for parameters and buffers; counters are copied."""
    values = [*network.parameters(), *network.buffers()]
    for mean, value in zip([*averaged.parameters(), *averaged.buffers()], values, strict=True):
        if mean.is_floating_point():
            mean.lerp_(value, 1 - decay)
        else:
            mean.copy_(value)


def _same_layout(optimizer):
    """Give an optimiser's loaded tensors their parameters' memory layout, which fused Adam relies on."""
    for parameter, state in optimizer.state.items():
        for name, value in state.items():
            if isinstance(value, torch.Tensor) and value.shape == parameter.shape:
                state[name] = torch.empty_like(parameter, dtype=value.dtype).copy_(value)
