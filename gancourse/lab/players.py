"""The two players of the lab with everything that they draw from: what a step moves, and what is kept."""

import contextlib
import copy
import math

import torch

from gancourse._diagnosis import diagnosis
from gancourse._modes import seeded
from gancourse._run import _update_average
from gancourse.compute import threads
from gancourse.history import TrainingDiverged
from gancourse.lab import networks
from gancourse.lab.data import data_set
from gancourse.lab.history import copied
from gancourse.penalties import clip_

__all__ = ["PLAYERS", "Players"]

PLAYERS = ("generator", "discriminator")


class Players:
    """Networks, optimisers and random streams under some settings, with ``train``'s draws in its order.

    Attributes:
        settings: those in force. time: steps done. built: how many networks were made anew since the start.
        generator; discriminator: with its wrappers; core: without instance noise, whose weights are trained.
        reconstructor: F of VEEGAN, else None. averaged: the moving average of G, None without one.
        generator_optimizer, discriminator_optimizer.
        data, objective, penalty, step_function: what the settings stand for.
        losses: the latest, by player. real_batch: the latest.
    """

    def __init__(self, settings):
        self.settings, self.built, self.time, self.losses, self.real_batch = settings, 0, 0, {}, None
        self.rng, noise_seed, global_seed = seeded(settings.seed)
        self.noise_rng = torch.Generator().manual_seed(noise_seed)
        self.global_state = torch.Generator().manual_seed(global_seed).get_state()
        self._make_networks(settings.seed)
        self._read()

    def _make_networks(self, seed):
        with networks.own_seed(seed):
            self.generator = networks.make_generator(self.settings)
            self._make_discriminator()
        for player in PLAYERS:
            self._make_optimizer(player)
        self.averaged = None

    def _make_discriminator(self):
        self.core = networks.make_discriminator(self.settings)
        self.reconstructor = networks.make_reconstructor(self.settings)

    def _make_optimizer(self, player):
        network = self.generator if player == "generator" else self.core
        setattr(self, f"{player}_optimizer", networks.make_optimizer(self.settings, player, network))

    def _read(self, *, keep_step=False):
        s = self.settings
        self.data, self.objective = data_set(s.data, s.points), networks.the_objective(s)
        self.paired = getattr(self.objective, "paired", False)
        self.penalty = networks.the_penalty(s)
        if not keep_step:
            self.step_function = networks.the_step(s, self.reconstructor)
        self.generator.law = s.noise_law
        self.generator.train()
        if not s.average:
            self.averaged = None
        elif self.averaged is None:
            self._begin_the_average()
        if self.averaged is not None:
            self.averaged.law = s.noise_law
        self.discriminator = networks.wrapped(self.core, s, self.reconstructor).train()

    def _begin_the_average(self):
        self.averaged = copy.deepcopy(self.generator).eval().requires_grad_(False)

    @property
    def shown(self):
        """The generator that is shown and judged: the average, where there is one."""
        return self.generator if self.averaged is None else self.averaged

    def note_the_average(self):
        """Take G as it is after a step into the average, with the weight that ``train`` gives it."""
        if self.averaged is not None:
            decay = min(self.settings.average, (1 + self.time) / (10 + self.time))
            _update_average(self.averaged, self.generator, decay)

    def real(self):
        """A fresh batch of data, with shape (batch, 2)."""
        self.real_batch = torch.from_numpy(self.data.sample(self.settings.batch, self.rng)).float()
        return self.real_batch

    def noise(self):
        """A fresh batch of noise, with shape (batch, noise_dim)."""
        return self.generator.noise(self.settings.batch, generator=self.noise_rng)

    def constrain(self):
        """What follows each update of D: clipping, if it is asked for."""
        if self.settings.clip:
            clip_(self.core, self.settings.clip)

    def checked(self, player, loss):
        """The loss as a number, looked at before the update that it would spoil.

        Raises:
            TrainingDiverged: it is not finite; the message says why.
        """
        value = loss.item() if isinstance(loss, torch.Tensor) else float(loss)
        if not math.isfinite(value):
            step, last = self.time + 1, (self.time, self.losses)
            message = diagnosis(player, value, step, last, self.generator, self.core, self.real_batch)
            raise TrainingDiverged(message, None)
        return value

    @contextlib.contextmanager
    def own_streams(self):
        """One thread, and PyTorch's global generator in the run's own state, for a block."""
        before = torch.get_rng_state()
        torch.set_rng_state(self.global_state)
        try:
            with threads(1):
                yield
        finally:
            self.global_state = torch.get_rng_state()
            torch.set_rng_state(before)

    def turn(self, settings):
        """Bring other settings into force; what must be made anew for them is, with fresh weights."""
        changes = settings.changes(self.settings)
        self.settings = settings
        d_shape = networks.DISCRIMINATOR_SHAPE
        if self.reconstructor is not None or settings.method == "veegan":
            d_shape = (*d_shape, "method", "noise_dim")  # D of pairs
        shapes = {"generator": networks.GENERATOR_SHAPE, "discriminator": d_shape}
        made = self.built
        for player in PLAYERS:
            if any(name in changes for name in shapes[player]):
                self._make_anew(player)
            elif f"{player}_optimizer" in changes:
                self._make_optimizer(player)
            elif f"{player}_rate" in changes:
                for group in getattr(self, f"{player}_optimizer").param_groups:
                    group["lr"] = getattr(settings, f"{player}_rate")
        if self.reconstructor is not None and self.reconstructor is getattr(
            self.step_function, "reconstructor", None
        ):
            for group in self.step_function.optimizer.param_groups:
                group["lr"] = settings.discriminator_rate
        # a step function may carry a memory of its own, of these very weights
        others = {"method", "method_weight", "discriminator_optimizer"} & changes.keys()
        self._read(keep_step=not others and made == self.built)

    def _make_anew(self, player):
        self.built += 1
        # any number that no other network of this run was seeded with
        with networks.own_seed(self.settings.seed + 7919 * self.built):
            if player == "generator":
                self.generator, self.averaged = networks.make_generator(self.settings), None
            else:
                self._make_discriminator()
        self._make_optimizer(player)

    def state(self):
        """Weights, optimisers, random states, as nested dicts of copies."""
        own = getattr(self.step_function, "state_dict", None)
        return copied(
            {
                "generator": self.generator.state_dict(),
                "discriminator": self.core.state_dict(),
                "averaged": None if self.averaged is None else self.averaged.state_dict(),
                "optimizers": [getattr(self, f"{player}_optimizer").state_dict() for player in PLAYERS],
                "method": own() if own else None,
                "data_rng": self.rng.bit_generator.state,
                "noise_rng": self.noise_rng.get_state(),
                "global_rng": self.global_state,
                "built": self.built,
            }
        )

    def put(self, settings, state):
        """Go to a state, taken under these settings, so that what follows has the very same numbers."""
        self.settings = settings
        self._make_networks(settings.seed)
        self._read()
        self.put_weights(state)
        if state.get("averaged") is not None:  # a run that was saved before there were averages has none
            self.averaged.load_state_dict(state["averaged"])
        for player, saved in zip(PLAYERS, state["optimizers"], strict=True):
            getattr(self, f"{player}_optimizer").load_state_dict(copied(saved))
        if state["method"] is not None:
            self.step_function.load_state_dict(copied(state["method"]))
        self.rng.bit_generator.state = state["data_rng"]
        self.noise_rng.set_state(state["noise_rng"])
        self.global_state, self.built = state["global_rng"].clone(), state["built"]

    def put_weights(self, state):
        """Load both networks' weights; optimisers and random states stay."""
        self.generator.load_state_dict(state["generator"])
        self.core.load_state_dict(state["discriminator"])
        if self.averaged is not None:
            self._begin_the_average()
            self.averaged.law = self.settings.noise_law
