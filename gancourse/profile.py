"""How much to compute here: one place that decides between a CI machine, a laptop and a GPU."""

import importlib.util
import os

from gancourse._validate import choice

__all__ = ["PROFILES", "budget", "has_torch", "profile"]

PROFILES = ("ci", "cpu", "gpu")


def profile():
    """The profile in force: ``GANCOURSE_PROFILE`` if set, else ``gpu`` where CUDA is there, else ``cpu``.

    A Mac's GPU counts as ``cpu`` here: it trains these networks, but not at the size of a ``gpu`` budget.

    Raises:
        ValueError: GANCOURSE_PROFILE is set to something other than ci, cpu, gpu.
    """
    named = os.environ.get("GANCOURSE_PROFILE", "")
    if named:
        return choice("GANCOURSE_PROFILE", named, PROFILES)
    try:
        import torch  # only here: the exact layer must not pay for it
    except ImportError:
        return "cpu"
    return "gpu" if torch.cuda.is_available() else "cpu"


def has_torch(what="This cell trains a network"):
    """Whether PyTorch is installed; where it is not, a line says that ``what`` needs it and was skipped.

    The lectures on the game in closed form need no PyTorch but for the cells that train: those begin with
    ``if has_torch():``.
    """
    if importlib.util.find_spec("torch"):
        return True
    print(f"{what}: it needs PyTorch, which is not installed here, and was skipped.")
    return False


def budget(*, ci, cpu, gpu):
    """Pick the value for the profile in force.

    Arguments:
        ci, cpu, gpu: what to use under each profile; any objects, returned as they are.

    Example:
        >>> import os; os.environ["GANCOURSE_PROFILE"] = "ci"
        >>> budget(ci=100, cpu=2_000, gpu=50_000)
        100
    """
    return {"ci": ci, "cpu": cpu, "gpu": gpu}[profile()]
