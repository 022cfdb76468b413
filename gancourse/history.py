"""What a training run leaves behind: its losses over time, or the reason why it broke off."""

from dataclasses import dataclass, field

import numpy as np
from torch import nn

__all__ = ["History", "TrainingDiverged"]


@dataclass(repr=False)
class History:
    """The record of a training run.

    Attributes:
        step: the recorded steps, counted from 1; integers with shape (r,).
        discriminator_loss, generator_loss: the losses in those steps, as minimised (a penalty is included);
            with shape (r,). With several discriminator steps, that of the last.
        seconds: the wall time from the start to the end of each of those steps, with shape (r,).
        others: further losses of a ``step`` function, name to array with shape (r,).
        watched: a list of (step, what ``watch`` returned).
        averaged_generator: the averaged generator, in eval mode; None without ``average``.
        completed: how many steps are done.
        stopped: None where all steps were done, "interrupted" after Ctrl-C.
    """

    step: np.ndarray
    discriminator_loss: np.ndarray
    generator_loss: np.ndarray
    seconds: np.ndarray
    others: dict = field(default_factory=dict)
    watched: list = field(default_factory=list)
    averaged_generator: nn.Module | None = None
    completed: int = 0
    stopped: str | None = None

    def __repr__(self):
        text = f"History: {self.completed:,} steps"
        if self.stopped:
            text += f", {self.stopped}"
        if len(self.step):
            text += (
                f", {self.seconds[-1]:.1f} s; at step {self.step[-1]:,} the discriminator's loss was "
                f"{self.discriminator_loss[-1]:.4g}, the generator's {self.generator_loss[-1]:.4g}"
            )
        return text


class TrainingDiverged(ArithmeticError):
    """A loss became NaN or infinite. The message says which and why; ``history`` holds what came before."""

    def __init__(self, message, history):
        super().__init__(message)
        self.history = history
