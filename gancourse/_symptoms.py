"""The numbers that a diagnosis rests on: scale-free, from whatever a record holds."""

import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import cdist

__all__ = ["FEWEST", "clusters", "symptoms"]

FEWEST = 6  # rows: with less there is no early and no late
_SPARSE = ("reverse_kl", "samples")  # infinite without a sample near a mode; kept now and then
_TINY = 1e-300


def symptoms(record, modes=None, data=None, logits=True):
    """The numbers that the rules of ``diagnose`` look at; what the record does not give is left out.

    "Late" is the median over the last third of the rows, "early" over the first, and "middle" between them.

    Returns:
        dict of floats: rows; last_step, the last with finite losses, where a late row is not finite; growth,
        of a loss beyond 100; discriminator_loss, accuracy, logit_gap, late; from_two_log_two, the late
        distance of D's loss from it; size S; spread / S; movement, wandering and shift / S; crossings and
        persistence of the centre's path; gradient, late, times S; found and near, shares of modes and of
        samples; captured; rise of near from the middle to late.
    """
    rows = len(record["step"])
    found = {"rows": rows}
    third = max(1, rows // 3)
    if not all(np.isfinite(v[-third:]).all() for k, v in record.items() if k not in _SPARSE):
        losses = [record[k] for k in ("discriminator_loss", "generator_loss") if k in record]
        finite = np.flatnonzero(np.isfinite(losses).all(0)) if losses else np.zeros(0, dtype=int)
        return found | {"last_step": record["step"][finite[-1]] if len(finite) else record["step"][0]}
    if rows < FEWEST:
        return found
    late = {k: np.median(v[-third:]) for k, v in record.items() if v.ndim == 1}
    for name in ("discriminator_loss", "generator_loss"):
        if abs(late.get(name, 0.0)) > 100:
            found["growth"] = max(found.get("growth", 0.0), abs(late[name]) / max(abs(record[name][0]), 1.0))
    if "discriminator_loss" in late:
        found["discriminator_loss"] = late["discriminator_loss"]
    if logits and "discriminator_loss" in late:
        found["from_two_log_two"] = abs(late["discriminator_loss"] - 2 * np.log(2))
    if logits and "accuracy" in late:
        found["accuracy"] = late["accuracy"]
    if logits and {"real_logit", "fake_logit"} <= late.keys():
        found["logit_gap"] = late["real_logit"] - late["fake_logit"]
    if {"centre", "spread"} <= record.keys():
        found |= _paths(record, data)
        if "sample_gradient" in late:
            found["gradient"] = late["sample_gradient"] * found["size"]
    if modes is not None and {"captured", "high_quality"} <= late.keys():
        near = record["high_quality"]
        found |= {
            "captured": late["captured"], "found": late["captured"] / modes, "near": late["high_quality"],
            "rise": late["high_quality"] - np.median(near[third:-third]),
        }  # fmt: skip
    elif data is not None and "samples" in record:
        found |= _by_clusters(record["samples"], third, clusters(data))
    return found


def clusters(data):
    """The clusters that points fall into, if they plainly do: a list of arrays, or None.

    Single linkage joins the nearest points first. Where the data have k modes with gaps between them, the
    k − 1 joins across the gaps are longer than all others; k is where the lengths of joins jump most. The
    clusters are believed if the jump is twofold or more, and each holds 1 % of the points.

    Arguments:
        data: array (n, d).
    """
    tree = linkage(data, "single")
    joins = tree[:, 2]
    cuts = np.arange(1, max(2, len(data) // 10))
    jumps = joins[-cuts] / np.maximum(joins[-cuts - 1], _TINY)
    names = fcluster(tree, cuts[jumps.argmax()] + 1, "maxclust")
    blocks = [data[names == name] for name in np.unique(names)]
    believed = jumps.max() >= 2 and min(map(len, blocks)) >= max(3, len(data) / 100)
    return blocks if believed else None


def _paths(record, data):
    """How far the samples' centre, spread and places move, in the size of the data."""
    centre, spread, rows = record["centre"], record["spread"], len(record["spread"])
    third, half = rows // 3, rows // 2
    quarter = half + (rows - half) // 2
    extent = max(spread.max(), np.linalg.norm(centre - centre[0], axis=1).max())
    size = max(extent if data is None else np.sqrt(data.var(0).sum()), _TINY)
    away = centre[half:] - centre[half:].mean(0)
    side = np.sign(away @ np.linalg.svd(away, full_matrices=False)[2][0])
    found = {
        "size": size,
        "spread": np.median(spread[-third:]) / size,
        "movement": max(_stray(centre[-third:]), spread[-third:].std()) / size,
        "wandering": _stray(centre[half:]) / size,
        "crossings": np.count_nonzero(np.diff(side[side != 0])),
        "persistence": _stray(centre[quarter:]) / max(_stray(centre[half:quarter]), _TINY),
    }
    if "samples" in record:
        kept = _kept(record["samples"][-third:])
        if len(kept) > 1:
            found["shift"] = np.linalg.norm(kept[-1] - kept[0], axis=1).mean() / size
    return found


def _by_clusters(samples, third, blocks):
    """The share of the data's clusters that samples lie in, and that of samples that lie in one.

    A sample lies in a cluster if a point of it is no further than 98 % of the cluster's joins are long; the
    longest is a matter of chance. All that were kept in the last third count together, since a few hundred
    samples miss modes.
    """
    late, before = _kept(samples[-third:]), _kept(samples[third:-third])
    if blocks is None or not late:
        return {}
    reach = [np.quantile(linkage(block, "single")[:, 2], 0.98) for block in blocks]

    def inside(points):
        pairs = zip(blocks, reach, strict=True)
        return np.array([cdist(points, block).min(1) <= r for block, r in pairs])  # (clusters, points)

    now = inside(np.concatenate(late))
    captured, near = np.count_nonzero(now.any(1)), now.any(0).mean()
    earlier = inside(np.concatenate(before)).any(0).mean() if before else near
    return {"captured": captured, "found": captured / len(blocks), "near": near, "rise": near - earlier}


def _kept(samples):
    """The rows in which samples were kept."""
    return [block for block in samples if np.isfinite(block).all()]


def _stray(path):
    return np.sqrt(((path - path.mean(0)) ** 2).sum(1).mean())
