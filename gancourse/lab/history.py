"""The past of a run, in bounded memory: moments to go back to, and curves to look at."""

from dataclasses import dataclass

import numpy as np
import torch

__all__ = ["Curves", "Moment", "Moments", "copied", "size_of"]


@dataclass(frozen=True)
class Moment:
    """A run at one time: enough to go on to the very same numbers.

    Attributes:
        time: steps done. log: what was done until then. settings: those in force.
        state: weights, optimisers, random states, as ``Players.state`` gives them.
    """

    time: int
    log: tuple
    settings: object
    state: dict


class Moments:
    """Moments of a run in order, evenly spread over its whole length, within a count and a size.

    When there are too many, every second is dropped, but for the first and the last, and from then on they
    are taken half as often.

    Arguments:
        spacing: steps between two moments at first.
        most: how many at most.
        megabytes: how much memory at most.
    """

    def __init__(self, spacing=20, most=160, megabytes=48):
        self.spacing, self.most, self.bytes = spacing, most, int(megabytes * 1e6)
        self.kept = []

    @property
    def times(self):
        return [moment.time for moment in self.kept]

    def due(self, time):
        """Whether the last one is a spacing ago."""
        return not self.kept or time - self.kept[-1].time >= self.spacing

    def add(self, moment):
        """Add the present one; it takes the place of any at the same time or later."""
        self.cut(moment.time - 1)
        self.kept.append(moment)
        room = min(self.most, max(4, self.bytes // max(1, size_of(moment.state))))
        while len(self.kept) > room:
            self.kept = [*self.kept[:-1:2], self.kept[-1]]
            self.spacing *= 2

    def cut(self, time):
        """Forget what came after a time."""
        while self.kept and self.kept[-1].time > time:
            self.kept.pop()

    def copy(self):
        other = Moments()
        other.__dict__.update(self.__dict__, kept=list(self.kept))
        return other


class Curves:
    """Numbers against steps, in bounded memory: when a curve is full, every second entry is dropped.

    Arguments:
        most: entries of a curve at most.
    """

    def __init__(self, most=800):
        self.most, self.rows, self.strides = most, {}, {}

    def note(self, time, **values):
        """Add a value to each of the curves named, unless the last entry is too recent."""
        for name, value in values.items():
            row = self.rows.setdefault(name, [])
            stride = self.strides.setdefault(name, 1)
            if row and time - row[-1][0] < stride:
                continue
            row.append((time, float(value)))
            if len(row) > self.most:
                self.rows[name] = row[::2]
                self.strides[name] = max(2 * stride, 2 * (row[-1][0] - row[0][0]) // len(row))

    def last(self, name):
        """The latest value of a curve; NaN where there is none."""
        row = self.rows.get(name)
        return row[-1][1] if row else float("nan")

    def array(self, name):
        """A curve as an array with shape (k, 2): step, value."""
        return np.array(self.rows.get(name, []), dtype=np.float64).reshape(-1, 2)

    def cut(self, time):
        """Forget what came after a time."""
        for row in self.rows.values():
            while row and row[-1][0] > time:
                row.pop()

    def put(self, arrays):
        """Take the curves from arrays, as ``array`` gives them."""
        self.rows = {name: [(int(t), float(v)) for t, v in rows] for name, rows in arrays.items()}
        self.strides = {
            name: max(1, (row[-1][0] - row[0][0]) // max(1, len(row) - 1))
            for name, row in self.rows.items()
            if row
        }

    def copy(self):
        other = Curves(self.most)
        other.rows = {name: list(row) for name, row in self.rows.items()}
        other.strides = dict(self.strides)
        return other


def copied(value):
    """A nested state with its tensors and containers copied, the rest as it is."""
    if isinstance(value, torch.Tensor):
        return value.detach().clone()
    if isinstance(value, dict):
        return {key: copied(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(copied(item) for item in value)
    return value


def size_of(value):
    """The bytes of a nested state's tensors."""
    if isinstance(value, torch.Tensor):
        return value.numel() * value.element_size() + 200  # what the tensor itself takes
    if isinstance(value, dict):
        return sum(size_of(item) for item in value.values())
    if isinstance(value, list | tuple):
        return sum(size_of(item) for item in value)
    return 0
