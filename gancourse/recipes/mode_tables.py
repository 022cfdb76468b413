"""The measured rows of ``mode_collapse`` as a table in text: means and standard errors over the seeds."""

import functools
import json

import numpy as np

from gancourse._formats import appears_whole
from gancourse._validate import choice
from gancourse.recipes.mode_collapse import COMMAND, DATA, FOLDER, SCORES, SEEDS, perfect, stored

__all__ = ["LABELS", "PERFECT", "mean_and_error", "measure_perfect", "perfect_row", "rows_of", "table"]

PERFECT = FOLDER / "perfect_sampler.json"  # W2 of 2,500 points takes seconds a seed: too long for a lecture

# those of lecture 13, in the order of its table; ``toy_methods`` says what each is
LABELS = {
    "minimax": "vanilla (minimax)",
    "non_saturating": "non-saturating",
    "unrolled": "unrolled, 5 steps",
    "packed": "packed, m = 4",
    "veegan": "VEEGAN",
    "wgan_gp": "WGAN-GP",
    "r1": "R1",
    "relativistic": "relativistic, R1 + R2",
}
_TITLES = {"captured": "modes", "high_quality": "good %", "reverse_kl": "reverse KL", "w2": "W2"}


def mean_and_error(values):
    """Mean and standard error s/√n of the finite values, s with n − 1; and how many are not finite.

    Returns:
        (mean, error, infinite): floats and a whole number; mean nan without a finite value, error nan with
        fewer than two.
    """
    values = np.asarray(values, dtype=np.float64)
    kept = values[np.isfinite(values)]
    mean = float(kept.mean()) if len(kept) else np.nan
    error = float(kept.std(ddof=1) / np.sqrt(len(kept))) if len(kept) > 1 else np.nan
    return mean, error, len(values) - len(kept)


def measure_perfect(path=PERFECT, *, seeds=SEEDS):
    """Score fresh points of both sets against themselves, by ``mode_collapse.perfect``, and keep that."""
    record = {
        "command": "python tools/measure_perfect_sampler.py",
        "seeds": list(seeds),
        "numpy": np.__version__,
    }
    for data in DATA:
        record[data] = {
            name: [float(f"{v:.6g}") for v in values] for name, values in perfect(data, seeds).items()
        }
    with appears_whole(path) as partial:
        partial.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


@functools.cache
def perfect_row(data):
    """The perfect sampler's scores: a name of SCORES -> array (10,), stored, or computed where it is not."""
    if not PERFECT.is_file():
        return perfect(choice("data", data, DATA))
    row = json.loads(PERFECT.read_text(encoding="utf-8"))[choice("data", data, DATA)]
    return {name: np.array(row[name]) for name in SCORES}


def rows_of(data, methods=tuple(LABELS), *, found=None):
    """Means and standard errors by method, then the perfect sampler's.

    Arguments:
        data: "ring" or "grid".
        methods: names; those that were not measured are left out.
        found: as by ``mode_collapse.stored``, which is read where it is None.

    Returns:
        dict: a method, or "perfect", -> a name of SCORES -> (mean, error, infinite).
    """
    choice("data", data, DATA)
    found = _stored() if found is None else found
    measured = {method: found[data, method] for method in methods if (data, method) in found}
    return {
        method: {name: mean_and_error(row[name]) for name in SCORES}
        for method, row in [*measured.items(), ("perfect", perfect_row(data))]
    }


def table(data, methods=LABELS, *, found=None):
    """A table in text: a line a method, mean ± standard error over the seeds; the perfect sampler's last.

    Arguments:
        data: "ring" or "grid".
        methods: a mapping of names to labels.
        found: as in ``rows_of``.

    Returns:
        str: a method that was not measured says "not yet run", and the command follows below.
    """
    rows = rows_of(data, tuple(methods), found=found)
    width = max(map(len, [*methods.values(), "perfect sampler"])) + 1
    head = "".join(f"{_TITLES[name]:>17}" for name in SCORES)
    lines = [f"{'the ' + data:{width}}{head}"]
    for method, label in [*methods.items(), ("perfect", "perfect sampler")]:
        if method in rows:
            cells = "".join(_cell(name, *rows[method][name]) for name in SCORES)
            lines.append(f"{label:{width}}{cells}")
        else:
            lines.append(f"{label:{width}}      not yet run")
    if any(method not in rows for method in methods):
        lines.append(f"not yet run: {COMMAND}")
    return "\n".join(lines)


def _stored():
    try:
        return stored()
    except FileNotFoundError:
        return {}


def _cell(name, mean, error, infinite):
    if np.isnan(mean):
        return f"{'∞':>17}"
    scale, digits = {"captured": (1, 1), "high_quality": (100, 1), "reverse_kl": (1, 3), "w2": (1, 3)}[name]
    note = f" ({infinite}∞)" if infinite else ""
    return f"{f'{scale * mean:.{digits}f} ± {scale * error:.{digits}f}{note}':>17}"
