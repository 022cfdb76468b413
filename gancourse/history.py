"""What a training run leaves behind: its losses over time, or the reason why it broke off."""

import contextlib
from dataclasses import dataclass, field

import numpy as np
from torch import nn

__all__ = ["CheckpointNotWritten", "History", "TrainingDiverged"]


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
        samples_per_second: real samples that were drawn a second, since the start or since resuming.
        peak_memory: the most memory that PyTorch held on a GPU since then, in bytes; None elsewhere.
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
    samples_per_second: float = 0.0
    peak_memory: int | None = None

    def __repr__(self):
        text = f"History: {self.completed:,} steps"
        if self.stopped:
            text += f", {self.stopped}"
        if len(self.step):
            text += (
                f", {self.seconds[-1]:.1f} s; at step {self.step[-1]:,} the discriminator's loss was "
                f"{self.discriminator_loss[-1]:.4g}, the generator's {self.generator_loss[-1]:.4g}"
            )
        if self.peak_memory is not None:
            text += f"; {self.samples_per_second:,.0f} samples a second in {self.peak_memory / 2**30:.2f} GiB"
        return text


class TrainingDiverged(ArithmeticError):
    """A loss became NaN or infinite: the message says which, and why as far as can be seen.

    Attributes:
        history: what came before.
        diagnosis: the verdict on that, a ``gancourse.diagnosis.Diagnosis``: what was the matter already, from
            what ``watch`` returned if that was a monitor's, else from the losses alone. None where the record
            cannot be read.
    """

    def __init__(self, message, history):
        from gancourse.diagnosis import diagnose, record_of  # SciPy's clusters, which few runs need

        self.history, self.diagnosis = history, None
        with contextlib.suppress(ValueError):  # whatever ails the record, the loss is what must be reported
            self.diagnosis = diagnose(record_of(history))
        if self.diagnosis is not None and self.diagnosis.verdict not in _SAY_NOTHING:
            message += f" Before that the run was diagnosed as: {self.diagnosis.text}"
        super().__init__(message)


_SAY_NOTHING = ("still training", "unclear", "healthy")


class CheckpointNotWritten(OSError):
    """The last state of a run is not on the disk: full, or gone. ``history`` holds what the run brought."""

    def __init__(self, message, history):
        super().__init__(message)
        self.history = history
