"""The live diagnosis: a monitor looks at the run now and then, and the diagnosis reads what it saw."""

import numpy as np
import torch

from gancourse._modes import mode, own_global_rng
from gancourse._symptoms import FEWEST
from gancourse.diagnosis import diagnose
from gancourse.lab.data import has_modes
from gancourse.lab.remedies import remedy
from gancourse.monitor import Monitor

__all__ = ["Watcher"]

# D is undecided where its logit is 0
_LOGITS = ("minimax", "non_saturating", "reverse_kl", "hinge", "f_gan gan", "f_gan jensen_shannon")
MOST = 120  # looks that are kept; then every second is dropped


class _WithoutModes:
    """A law of the data whose components are not modes."""

    def __init__(self, law):
        self.sample = law.sample


class Watcher:
    """Keeps a record of one run, as ``Monitor`` measures it, for ``gancourse.diagnosis``."""

    def __init__(self):
        self.rows, self._monitor, self._made_for, self._run = [], None, None, None

    def look(self, run):
        """Measure the run as it stands, and forget what a step back has undone."""
        s = run.settings
        if run is not self._run or (s.data, s.points, s.seed) != self._made_for[:3]:
            self.rows = []
        judges = s.method != "veegan"  # else D judges pairs
        made_for = s.data, s.points, s.seed, s.objective, s.practical, s.real_label, judges
        if self._made_for is not None and judges != self._made_for[-1]:
            self.rows = []
        if run is not self._run or made_for != self._made_for:
            self._run, self._made_for = run, made_for
            law = run.data if has_modes(s.data) else _WithoutModes(run.data)
            self._monitor = Monitor(law, run.objective, batch=256, coverage=1000, samples=100, judges=judges)
        self.rows = [row for row in self.rows if row[0] < run.time]
        with own_global_rng(torch.device("cpu"), 0), torch.no_grad():
            with mode(run.shown, training=False), mode(run.discriminator, training=False):
                found = self._monitor(run.time, run.shown, run.discriminator)
        self.rows.append((run.time, {name: value[0] for name, value in found.items()}))
        if len(self.rows) > MOST:
            self.rows = [*self.rows[:-1:2], self.rows[-1]]

    def record(self):
        """The looks so far: "step" (r,), and by name an array (r,), or (r, 2) for the centre."""
        names = self.rows[-1][1] if self.rows else {}
        record = {"step": np.array([time for time, _ in self.rows])}
        return record | {name: np.array([row[name] for _, row in self.rows]) for name in names}

    def words(self):
        """The diagnosis so far: a dict of verdict, words, remedies, and "try", the first remedy in dials.

        "try" is (words, dials) as ``remedy`` gives it, or None. None in all while there are too few looks for
        a verdict.
        """
        if len(self.rows) < FEWEST:
            return None
        s = self._run.settings
        modes = len(self._run.data.means) if has_modes(s.data) else None
        found = diagnose(self.record(), modes=modes, data=self._monitor.real, logits=s.objective in _LOGITS)
        return {
            "verdict": found.verdict,
            "words": found.words,
            "remedies": list(found.remedies),
            "try": remedy(found.verdict, s),
        }
