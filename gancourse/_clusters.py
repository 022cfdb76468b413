"""The modes of data that nobody described: clusters with gaps between them, their centres and width."""

import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import pdist

__all__ = ["clusters", "estimated_modes"]

_TINY = 1e-300
_APART = 6.0  # standard deviations: the discs of three around two centres do not meet


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


def estimated_modes(data):
    """(centres, standard deviation) of the modes, estimated from points of the data, or None.

    Centres are the means of the clusters, (k, d); the deviation is one for all axes and clusters,
    s² = Σ‖x − its centre‖² / d(n − k). They are believed if the centres are 6 s apart or more, so that
    "within 3 s of the nearest centre" names one mode: long or bent clusters are not.

    Arguments:
        data: array (n, d).
    """
    blocks = clusters(data)
    if blocks is None:
        return None
    centres = np.stack([block.mean(0) for block in blocks])
    squares = sum(((block - centre) ** 2).sum() for block, centre in zip(blocks, centres, strict=True))
    std = np.sqrt(squares / (data.shape[1] * (len(data) - len(blocks))))
    return (centres, std) if std > 0 and pdist(centres).min() >= _APART * std else None
