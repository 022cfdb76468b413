"""The metrics beside their peers: processor seconds and peak memory, on the same features, on one thread.

python -m benchmarks.metrics [NAME ...], and --full for 50,000 features of 2,048 numbers, where no peer fits.
Every measurement has a fresh process; peak memory is what the largest resident set grows by in the call.
"""

import argparse
import json
import os
import subprocess
import sys
import time

import numpy as np

__all__ = ["BAR", "FULL", "METRICS", "full", "main"]

BAR = 1.2  # times the peer's seconds
ROUNDS = 3
KID = {"subsets": 20, "subset_size": 1000}
# name: (rows, columns, peer)
METRICS = {
    "frechet_distance": (5000, 1024, "torchmetrics"),
    "inception_score": (20_000, 1000, "torchmetrics"),
    "kernel_distance": (5000, 2048, "torchmetrics"),
    "kernel_distance_all_pairs": (4000, 2048, "torchmetrics"),
    "precision_recall, density_coverage": (4000, 2048, "prdc"),
    "parzen_log_likelihood": (2000, 784, "scikit-learn"),
    "nearest_neighbours": (4000, 2048, "scikit-learn"),
}
FULL = ["frechet_distance", "kernel_distance", "precision_recall"]


def main(names=tuple(METRICS)):
    """Rows of (metric, rows, columns, peer, our seconds, its, their ratio, our MiB, its)."""
    rows = []
    for name in names:
        n, d, peer = METRICS[name]
        found = {"ours": [], "theirs": []}
        for _ in range(ROUNDS):
            for side, results in found.items():
                results.append(_alone("--one", name, side))
        (a, a_peak, value), (b, b_peak, other) = (
            (min(r["seconds"] for r in results), min(r["peak"] for r in results), results[0]["value"])
            for results in found.values()
        )
        # the peer's subsets are others, drawn by torch
        within = 0.3 if name == "kernel_distance" else 1e-6
        assert np.allclose(value, other, rtol=within, atol=0), f"{name}: {value}, {peer} says {other}"
        rows.append((name, n, d, peer, a, b, a / b, a_peak, b_peak))
    return rows


def full(names=tuple(FULL)):
    """Rows of (metric, seconds, MiB) for two sets of 50,000 × 2,048 numbers in float32, 391 MiB each."""
    return [
        (name, found["seconds"], found["peak"]) for name in names if (found := _alone("--huge", name, "ours"))
    ]


def _alone(*arguments):
    threads = dict.fromkeys(
        ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "LOKY_MAX_CPU_COUNT"), "1"
    )
    command = [sys.executable, "-m", "benchmarks.metrics", *arguments]
    done = subprocess.run(command, env=os.environ | threads, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def _measure(function, *arguments):
    import resource  # not on Windows

    unit = 1 if sys.platform == "darwin" else 1024
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.process_time()
    value = function(*arguments)
    seconds = time.process_time() - start
    peak = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * unit / 2**20
    return {"seconds": seconds, "peak": peak, "value": np.atleast_1d(value).tolist()}


def _features(n, d):
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((n, d)), rng.standard_normal((n, d))
    b *= 1.02
    b += 0.02
    return a, b


def _one(name, side):
    n, d, _ = METRICS[name]
    a, b = _features(n, d)
    if name == "inception_score":
        a, b = (np.exp(a, out=a) if side == "ours" else a), None
        if side == "ours":
            a /= a.sum(1, keepdims=True)
    function = (_ours if side == "ours" else _theirs)(name)
    # what a first call loads, on so little that it does not hide the peak
    function(*((a[:20], None) if b is None else (a[:1000, :8], b[:1000, :8])))
    return _measure(function, a, b)


def _ours(name):
    from gancourse import metrics

    return {
        "frechet_distance": metrics.frechet_distance,
        "inception_score": lambda p, _: metrics.inception_score(p, splits=1)[0],
        "kernel_distance": lambda a, b: metrics.kernel_distance(a, b, **KID)[0],
        "kernel_distance_all_pairs": lambda a, b: metrics.kernel_distance_all_pairs(a, b)[0],
        "precision_recall, density_coverage": lambda a, b: [
            *metrics.precision_recall(a, b, k=5),
            *metrics.density_coverage(a, b, k=5),
        ],
        "precision_recall": lambda a, b: list(metrics.precision_recall(a, b)),
        "parzen_log_likelihood": lambda a, b: metrics.parzen_log_likelihood(a, b, 1.0)[0],
        "nearest_neighbours": lambda a, b: metrics.nearest_neighbours(a, b, 5).distances.mean(),
    }[name]


def _theirs(name):
    """The peers' own functions of features, without their networks."""
    import prdc
    import sklearn
    import torch
    from sklearn.neighbors import KernelDensity, NearestNeighbors
    from torchmetrics.image.fid import _compute_fid
    from torchmetrics.image.inception import InceptionScore
    from torchmetrics.image.kid import KernelInceptionDistance, poly_mmd

    torch.set_num_threads(1)
    torch.manual_seed(0)
    sklearn.set_config(working_memory=64)

    def frechet(a, b):
        a, b = torch.from_numpy(a), torch.from_numpy(b)
        return float(_compute_fid(a.mean(0), torch.cov(a.T), b.mean(0), torch.cov(b.T)))

    def score(logits, _):
        metric = InceptionScore(feature=torch.nn.Identity(), splits=1)
        metric.features = [torch.from_numpy(logits)]
        return float(metric.compute()[0])

    def kernel(a, b):
        metric = KernelInceptionDistance(feature=torch.nn.Identity(), **KID)
        metric.real_features, metric.fake_features = [torch.from_numpy(a)], [torch.from_numpy(b)]
        return float(metric.compute()[0])

    def manifold(a, b):
        found = prdc.compute_prdc(a, b, nearest_k=5)
        return [found[key] for key in ("precision", "recall", "density", "coverage")]

    def parzen(a, b):
        # a tree of several leaves is off by nats in many dimensions
        return KernelDensity(bandwidth=1.0, leaf_size=len(a) + 1).fit(a).score_samples(b).mean()

    def neighbours(a, b):
        return NearestNeighbors(n_neighbors=5, algorithm="brute").fit(b).kneighbors(a)[0].mean()

    return {
        "frechet_distance": frechet,
        "inception_score": score,
        "kernel_distance": kernel,
        "kernel_distance_all_pairs": lambda a, b: float(poly_mmd(torch.from_numpy(a), torch.from_numpy(b))),
        "precision_recall, density_coverage": manifold,
        "parzen_log_likelihood": parzen,
        "nearest_neighbours": neighbours,
    }[name]


def _huge(name):
    rng = np.random.default_rng(0)
    a, b = (rng.standard_normal((50_000, 2048), dtype=np.float32) for _ in range(2))
    return _measure(_ours(name), a, b)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="of METRICS; with --full, of FULL")
    parser.add_argument("--full", action="store_true", help="50,000 features of 2,048 numbers")
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--huge", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(_one(*options.one)))
    elif options.huge:
        print(json.dumps(_huge(options.huge[0])))
    elif options.full:
        for row in full(options.names or FULL):
            print("{:36s} {:8.1f} s {:8.0f} MiB".format(*row), flush=True)
    else:
        for metric in options.names or METRICS:
            row = main([metric])[0]
            print(
                "{:36s} {:6d} x {:4d}  {:13s} ours {:6.2f} s  peer {:6.2f} s  {:5.2f} times  "
                "ours {:5.0f} MiB  peer {:5.0f} MiB".format(*row),
                flush=True,
            )
