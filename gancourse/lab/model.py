"""A run of the lab without its picture: two networks in the plane, every dial, the past, a way back."""

import copy

from gancourse._validate import choice, fail, integer
from gancourse.lab._code import code
from gancourse.lab._store import read, write
from gancourse.lab._walk import walk
from gancourse.lab.history import Curves, Moment, Moments
from gancourse.lab.players import Players
from gancourse.lab.settings import Settings
from gancourse.lab.states import trained_state

__all__ = ["KINDS", "Lab"]

KINDS = ("both", "d", "g")


class Lab:
    """A GAN in the plane that can be stepped, turned while it runs, taken back, branched and saved.

    With the same settings from the first step on it gives, bit for bit, the numbers of ``train``: the same
    draws in the same order. Everything is on the CPU, on one thread, and PyTorch's global generator is the
    caller's again after each call.

    Arguments:
        settings: a ``Settings``; those at the start by default.
        dials: settings by name that differ from these.

    Attributes:
        time: steps done, of any kind.
        curves: "discriminator" and "generator", the losses as minimised, and whatever was noted besides.
        moments: what can be gone back to.
        log: what was done since the start, as pairs: (kind, steps) and ("change", dict of settings).
        origin: the name of the trained state that it started from; None for fresh weights.
        players: the two networks with all that they draw from.

    Raises:
        ValueError: settings that are not valid; the message names the setting.

    Example:
        >>> run = Lab(data="blobs", seed=1)
        >>> run.advance(20)
        >>> run.change(generator_rate=3e-4)
        >>> run.advance(10)
        >>> run.log
        (('both', 20), ('change', {'generator_rate': 0.0003}), ('both', 10))
    """

    def __init__(self, settings=None, **dials):
        settings = Settings() if settings is None else settings
        if not isinstance(settings, Settings):
            fail("settings", settings, "a Settings, or settings by name")
        self.start, self.origin = settings.replace(**dials), None
        self._begin()

    @classmethod
    def trained(cls, name):
        """A run that starts from the weights that ship with the course for a data set, with its settings.

        The optimisers start with empty moments.

        Raises:
            ValueError: there is no trained state of that name.
        """
        settings, state = trained_state(name)
        run = cls(settings)
        run.origin = name
        run.players.put_weights(state)
        run._remember()
        return run

    def _begin(self):
        self.players, self._walk, self._log, self._open = Players(self.start), None, (), None
        self.curves, self.moments = Curves(), Moments()
        self._remember()

    time = property(lambda self: self.players.time)
    settings = property(lambda self: self.players.settings)
    generator = property(lambda self: self.players.generator)
    shown = property(lambda self: self.players.shown)
    discriminator = property(lambda self: self.players.discriminator)
    data = property(lambda self: self.players.data)
    objective = property(lambda self: self.players.objective)

    @property
    def log(self):
        return self._log if self._open is None else (*self._log, self._open)

    def step(self):
        """One step: D's updates, then G's."""
        self.advance(1)

    def step_d(self):
        """D's updates of one step, and none of G."""
        self.advance(1, "d")

    def step_g(self):
        """G's updates of one step, and none of D."""
        self.advance(1, "g")

    def advance(self, steps, kind="both", *, until=None):
        """Take so many steps.

        Arguments:
            steps: how many, a whole number.
            kind: "both", "d" or "g".
            until: () -> bool, asked before each step; True ends the call.

        Raises:
            ValueError: steps is not a whole number of at least 1; another kind; one player alone where a
                method moves both at once.
            TrainingDiverged: a loss is not finite. The run is then back at the last moment that was kept.
        """
        integer("steps", steps)
        self._forget_the_future(kind)
        try:
            with self.players.own_streams():
                for _ in range(steps):
                    if until is not None and until():
                        return
                    for _ in walk(self.players, kind):
                        pass
                    self._done(kind)
        except BaseException:
            self._back_to_the_last()
            raise

    def parts(self, kind="both"):
        """Walk through one step: an iterator over its ``Part``s; it is the very same step as ``step``.

        Between two parts the networks are as they are then. Whatever else is asked of the run while a walk is
        unfinished finishes it first.

        Raises:
            ValueError, TrainingDiverged: as ``advance``.
        """
        self._forget_the_future(kind)
        self._walk = kind, walk(self.players, kind)
        return self._narrated(self._walk)

    def _narrated(self, mine):
        while self._walk is mine:
            try:
                with self.players.own_streams():
                    part = next(mine[1], None)
            except BaseException:
                self._walk = None
                self._back_to_the_last()
                raise
            if part is None:
                self._walk = None
                self._done(mine[0])
                return
            yield part

    def settle(self):
        """Finish a step that is being walked through, if there is one."""
        if self._walk is not None:
            for _ in self._narrated(self._walk):
                pass

    def _done(self, kind):
        self.players.time += 1
        if kind != "d":
            self.players.note_the_average()
        if self._open is not None and self._open[0] == kind:
            self._open = kind, self._open[1] + 1
        else:
            self._log, self._open = self.log, (kind, 1)
        self.curves.note(self.time, **self.players.losses)
        if self.moments.due(self.time):
            self._remember()

    def change(self, **dials):
        """Turn dials while it runs.

        Rates, optimisers, objective, penalty, ratio, batch, noise law and data act from the next step on; a
        new optimiser starts with empty moments. Layers, width and the noise's dimension make a new generator;
        layers, width, packing and spectral norm make a new discriminator: fresh weights, fresh optimiser. A
        new seed acts on networks that are made from then on, and at the next ``reset``.

        Raises:
            ValueError: the settings would not be valid; nothing is changed then.
        """
        settings = self.settings.replace(**dials)
        changes = settings.changes(self.settings)
        if not changes:
            return
        self._forget_the_future("both", check=False)
        self.players.turn(settings)
        self._log, self._open = (*self.log, ("change", changes)), None
        self._remember()  # a run that breaks off comes back to its dials as they are now

    def reset(self):
        """Back to step 0, with fresh weights and the present settings."""
        self.start, self.origin = self.settings, None
        self._begin()

    def show_moment(self, index):
        """Take the run to a moment that was kept; those after it stay until the run goes on from there.

        Arguments:
            index: into ``moments.kept``; −1 is the latest.

        Raises:
            ValueError: there is no such moment.
        """
        self.settle()
        kept = self.moments.kept
        if self.log not in [moment.log for moment in kept] and self.time >= kept[-1].time:
            self._remember()  # the present, so that one can come back to it
        self._take(kept[integer("index", index, low=-len(kept), high=len(kept) - 1)])

    def branch(self):
        """Another run that stands where this one stands, with the same past; each then goes its own way."""
        self.settle()
        other = copy.copy(self)
        other.players = Players(self.settings)
        other.players.put(self.settings, self.players.state())
        other.players.time, other.players.losses = self.time, dict(self.players.losses)
        other.curves, other.moments = self.curves.copy(), self.moments.copy()
        other.curves.cut(self.time)
        other.moments.cut(self.time)
        return other

    def _forget_the_future(self, kind, *, check=True):
        choice("kind", kind, KINDS)
        if check and kind != "both" and self.players.step_function is not None:
            fail("kind", kind, f"'both', since the step {self.settings.method!r} moves both at once")
        self.settle()
        self.moments.cut(self.time)
        self.curves.cut(self.time)

    def _remember(self):
        self.moments.add(Moment(self.time, self.log, self.settings, self.players.state()))

    def _take(self, moment):
        self.players.put(moment.settings, moment.state)
        self.players.time, self._log, self._open = moment.time, moment.log, None
        if self._log and self._log[-1][0] in KINDS:
            self._log, self._open = self._log[:-1], self._log[-1]

    def _back_to_the_last(self):
        self.moments.cut(self.time)
        self._take(self.moments.kept[-1])
        self.curves.cut(self.time)

    def save(self, folder):
        """Write the run as it stands into a folder, in the format of ``checkpoints``: no pickle.

        Raises:
            OSError: it cannot be written. ValueError: folder is a file.
        """
        self.settle()
        write(self, folder)

    @classmethod
    def load(cls, folder):
        """A run that ``save`` wrote; it goes on to the numbers of the one that was saved.

        Raises:
            ValueError: there is none in that folder, or it is damaged, or of something else.
        """
        start, origin, curves, moment = read(folder)
        run = cls(start)
        run.origin = origin
        run.curves.put(curves)
        run.moments.kept.clear()
        run._take(moment)
        run._remember()
        return run

    def code(self):
        """A cell that gives the present networks without the lab's picture, to the same numbers.

        ``train`` itself where nothing was changed on the way; otherwise a ``Lab`` that does again what was
        done. It leaves the networks in ``generator`` and ``discriminator``.
        """
        self.settle()
        return code(self)
