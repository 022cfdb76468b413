"""The numbers that a diagnosis rests on: scale-free, from whatever a record holds."""

import numpy as np

from gancourse._clusters import estimated_modes
from gancourse.metrics import mode_coverage

__all__ = ["FEWEST", "symptoms"]

FEWEST = 6  # rows: with less there is no early and no late
_SPARSE = ("reverse_kl", "samples")  # infinite without a sample near a mode; kept now and then
_TINY = 1e-300


def symptoms(record, modes=None, data=None, logits=True):
    """The numbers that the rules of ``diagnose`` look at; what the record does not give is left out.

    "Late" is the median over the last quarter of the rows.

    Returns:
        dict of floats: rows; last_step, the last with finite losses, where a late row is not finite; growth,
        of a loss beyond 100; discriminator_loss, accuracy, logit_gap, late; from_two_log_two, the late
        distance of D's loss from it; size S; spread, late, and last_spread / S; of the second half movement,
        wandering and shift / S, and swings, persistence and pace of the centre's path; gradient, late, times
        S; found and near, shares of modes and of samples; captured; rise of near, from the quarter before the
        last to the last tenth.
    """
    rows = len(record["step"])
    found = {"rows": rows}
    late = _late(rows)
    if not all(np.isfinite(v[late]).all() for k, v in record.items() if k not in _SPARSE):
        losses = [record[k] for k in ("discriminator_loss", "generator_loss") if k in record]
        finite = np.flatnonzero(np.isfinite(losses).all(0)) if losses else np.zeros(0, dtype=int)
        return found | {"last_step": record["step"][finite[-1]] if len(finite) else record["step"][0]}
    if rows < FEWEST:
        return found
    last = {k: np.median(v[late]) for k, v in record.items() if v.ndim == 1}
    for name in ("discriminator_loss", "generator_loss"):
        if abs(last.get(name, 0.0)) > 100:
            found["growth"] = max(found.get("growth", 0.0), abs(last[name]) / max(abs(record[name][0]), 1.0))
    if "discriminator_loss" in last:
        found["discriminator_loss"] = last["discriminator_loss"]
    if logits and "discriminator_loss" in last:
        found["from_two_log_two"] = abs(last["discriminator_loss"] - 2 * np.log(2))
    if logits and "accuracy" in last:
        found["accuracy"] = last["accuracy"]
    if logits and {"real_logit", "fake_logit"} <= last.keys():
        found["logit_gap"] = last["real_logit"] - last["fake_logit"]
    if {"centre", "spread"} <= record.keys() and np.isfinite(record["centre"]).all():
        found |= _paths(record, data)
        if "sample_gradient" in last:
            found["gradient"] = last["sample_gradient"] * found["size"]
    if modes is not None and {"captured", "high_quality"} <= last.keys():
        captured, near = last["captured"], record["high_quality"]
        found |= {"captured": captured, "found": captured / modes} | _near(near, rows)
    elif data is not None and "samples" in record:
        found |= _by_clusters(record["samples"], estimated_modes(data))
    return found


def _late(rows):
    return slice(rows - max(1, -(-rows // 4)), None)


def _near(near, rows):
    """Its late median, and its rise: both of what was seen, NaN where no samples were kept."""
    late = _late(rows).start
    before, tail = near[max(0, 2 * late - rows) : late], near[rows - max(2, -(-rows // 10)) :]
    now = np.nanmedian(near[late:])
    seen = [np.nanmedian(part) if np.isfinite(part).any() else now for part in (before, tail)]
    return {"near": now, "rise": seen[1] - seen[0]}


def _paths(record, data):
    """How far the samples' centre, spread and places move, in the size of the data."""
    centre, spread, rows = record["centre"], record["spread"], len(record["spread"])
    late, half = _late(rows), rows // 2
    quarter = half + (rows - half) // 2
    extent = max(spread.max(), np.linalg.norm(centre - centre[0], axis=1).max())
    size = max(extent if data is None else np.sqrt(data.var(0).sum()), _TINY)
    away = centre[half:] - centre[half:].mean(0)
    moves = np.linalg.norm(np.diff(centre[half:], axis=0), axis=1)
    found = {
        "size": size,
        "spread": np.median(spread[late]) / size,
        "last_spread": spread[-1] / size,
        "movement": max(_stray(centre[half:]), spread[half:].std()) / size,
        "wandering": _stray(centre[half:]) / size,
        "swings": _swings(away @ np.linalg.svd(away, full_matrices=False)[2][0]),
        "persistence": _stray(centre[quarter:]) / max(_stray(centre[half:quarter]), _TINY),
        "pace": moves[-max(3, rows // 20) :].max() / max(np.sqrt((moves**2).mean()), _TINY),
    }
    if "samples" in record:
        kept = _kept(record["samples"][half:])
        if len(kept) > 1:
            found["shift"] = np.linalg.norm(kept[-1] - kept[0], axis=1).mean() / size
    return found


def _swings(path):
    """How often a path on the line goes from one side to the other, by half of its rms on each at least."""
    least = 0.5 * np.sqrt((path**2).mean())
    side = np.sign(path[np.abs(path) > least])
    return np.count_nonzero(np.diff(side))


def _by_clusters(samples, modes):
    """As with the true modes, with those that the data show, of the samples that were kept.

    A few hundred samples miss modes that 2,500 find: those of the last quarter count together.
    """
    rows = len(samples)
    late = _kept(samples[_late(rows)])
    if modes is None or not late:
        return {}
    near = np.full(rows, np.nan)
    for row in range(max(0, 2 * _late(rows).start - rows), rows):
        if np.isfinite(samples[row]).all():
            near[row] = mode_coverage(samples[row], *modes).high_quality
    captured = mode_coverage(np.concatenate(late), *modes).captured
    return {"captured": captured, "found": captured / len(modes[0])} | _near(near, rows)


def _kept(samples):
    """The rows in which samples were kept."""
    return [block for block in samples if np.isfinite(block).all()]


def _stray(path):
    return np.sqrt(((path - path.mean(0)) ** 2).sum(1).mean())
