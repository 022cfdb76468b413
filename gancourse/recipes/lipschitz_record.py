"""What ``tools/measure_lipschitz_critics.py`` trained for lecture 12, read without PyTorch."""

import base64
import json

import numpy as np

from gancourse._sources import REPOSITORY_DATA

__all__ = [
    "BOUNDS", "COMMAND", "LAYER_BOUNDS", "MOMENTS", "QUANTITIES", "ROWS", "SEEDS", "STORED", "SURFACES",
    "pack", "stored",
]  # fmt: skip

STORED = REPOSITORY_DATA / "results" / "lipschitz_critics.json"
COMMAND = "python tools/measure_lipschitz_critics.py"
SEEDS = 3
QUANTITIES = ("score", "constant", "bound", "ratio", "norm at data", "norm between", "w1")

_ALL = ("clipping", "penalty", "r1", "spectral norm")
_CLOUDS = ("penalty 0.1", "penalty 1", "penalty 100", "one-sided")
# pairs and the critics that were trained between them
ROWS = {
    "clouds": _ALL + _CLOUDS,
    "nested": (*_ALL, "penalty 0.1", "one-sided"),
    "ring": (*_ALL, "penalty 0.1"),
    "grid": (*_ALL, "penalty 0.1"),
    "roll": (*_ALL, "penalty 0.1"),
}
SURFACES = ("nested", "ring", "grid", "roll")  # of which value surfaces are kept, of the first seed
MOMENTS = (0, 30, 100, 300, 700, 1_500)  # steps at which they are
BOUNDS = (0.005, 0.01, 0.02, 0.04, 0.08, 0.16)  # clipping constants tried between the clouds, on 3 x 128
LAYER_BOUNDS = (0.001, 0.01, 0.1)  # those of the paper, on twelve layers


def stored(path=None):
    """The record of all runs.

    Returns:
        dict: "rows", (pair, critic) -> a name of QUANTITIES -> array (seeds,);
        "bounds", c -> the same, for critics of 3 x 128 clipped at c between the clouds;
        "weights", a name ("clipping", "penalty", or a c) -> (edges (m + 1,), shares (m,)), the histogram of
        the weights of one critic between the clouds;
        "layers", c or None for the gradient penalty -> array (seeds, 12), as ``lipschitz_layers`` gives;
        "surfaces", (pair, critic) -> list of dicts with "step", "score", "constant", and "values", an array
        (33, 33) over [−3, 3]² to one part in 255 of its range;
        "command", "versions", "machine", "core_seconds".

    Raises:
        FileNotFoundError: the file is missing; the message names it and the command that makes it.
    """
    path = STORED if path is None else path
    if not path.is_file():
        raise FileNotFoundError(f"{path.name} is not in data/results; `{COMMAND}` makes it in 15 minutes")
    record = json.loads(path.read_text(encoding="utf-8"))
    return {
        **record,
        "rows": {tuple(name.split("/")): _columns(runs) for name, runs in record["rows"].items()},
        "bounds": {float(c): _columns(runs) for c, runs in record["bounds"].items()},
        "weights": {
            name: (np.linspace(w["low"], w["high"], len(w["shares"]) + 1), np.array(w["shares"]))
            for name, w in record["weights"].items()
        },
        "layers": {None if c == "penalty" else float(c): np.array(v) for c, v in record["layers"].items()},
        "surfaces": {
            tuple(name.split("/")): [{**moment, "values": _unpack(moment)} for moment in moments]
            for name, moments in record["surfaces"].items()
        },
    }


def pack(values):
    """A surface as plain JSON: its range, and a byte for each value."""
    low, high = float(values.min()), float(values.max())
    levels = np.rint((values - low) / (high - low or 1.0) * 255).astype(np.uint8)
    return {
        "low": float(f"{low:.6g}"), "high": float(f"{high:.6g}"), "side": len(values),
        "bytes": base64.b64encode(levels.tobytes()).decode(),
    }  # fmt: skip


def _unpack(moment):
    levels = np.frombuffer(base64.b64decode(moment["bytes"]), dtype=np.uint8).astype(np.float64)
    low, high, side = moment["low"], moment["high"], moment["side"]
    return (low + levels / 255 * (high - low)).reshape(side, side)


def _columns(runs):
    return {name: np.array([run[name] for run in runs]) for name in QUANTITIES if name in runs[0]}
