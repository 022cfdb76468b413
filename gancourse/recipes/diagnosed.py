"""The diagnosis on all stored runs of lectures 13 and 14 and of the clinic, beside what they really are."""

import numpy as np

from gancourse.confusion import end_state, goes_round
from gancourse.diagnosis import diagnose
from gancourse.metrics import mode_coverage
from gancourse.recipes import clinic, mode_collapse

__all__ = ["UNDECIDED_ELSEWHERE", "clinic_runs", "kept_truth", "toy_runs", "toy_truth"]

# objectives whose D is not undecided at 0: a critic's offset is free, least squares decides at ½, and a
# relativistic logit means something in a pair only
UNDECIDED_ELSEWHERE = ("wgan_gp", "wgan_clip", "least_squares", "relativistic", "veegan")
_HIDDEN = ("captured", "high_quality", "reverse_kl")


def clinic_runs(judged=True, runs=None):
    """The clinic's runs as triples for ``confusion``: name, truth, diagnosis.

    Arguments:
        judged: whether the diagnosis is told what only the true modes can tell; else it has 500 points of
            data and the samples that were kept.
        runs: as in ``clinic.stored()["runs"]``, which is asked by default.
    """
    given, triples = _given(clinic.DATA, judged), []
    for (bug, hot), run in (clinic.stored()["runs"] if runs is None else runs).items():
        found = diagnose(clinic.record(run, judged=judged), **given)
        triples.append((f"{bug}{', hot' if hot else ''}", clinic.truth(run), found))
    return triples


def toy_runs(judged=True, rows=None, *, until=None, truth=None):
    """The runs of ``tools/measure_mode_collapse.py`` as triples for ``confusion``.

    Arguments:
        judged: as in ``clinic_runs``. Without it only the seeds whose samples were kept are diagnosed.
        rows: as by ``mode_collapse.stored``, which is asked by default.
        until: the step after which nothing is looked at, as if training had been stopped there.
        truth: a function of (row, i, mixture), what run i of a row is; ``toy_truth`` by default.
    """
    triples = []
    for (data, method), row in (mode_collapse.stored() if rows is None else rows).items():
        mixture = mode_collapse.DATA[data]
        given = _given(mixture, judged) | {"logits": method not in UNDECIDED_ELSEWHERE}
        row = row if until is None else _stopped(row, until)
        for i, seed in enumerate(row["seeds"] if judged else row["seeds"][: len(row["samples"])]):
            record = {"step": row["step"]} | {name: values[i] for name, values in row["curves"].items()}
            if not judged:
                record = {k: v for k, v in record.items() if k not in _HIDDEN} | {
                    "samples": row["samples"][i]
                }
            found = diagnose(record, **given)
            name = f"{method} on the {data}, seed {seed}"
            triples.append((name, (truth or toy_truth)(row, i, mixture), found))
    return triples


def toy_truth(row, i, mixture):
    """What run i of a row is, of 2,500 samples a look: "cycling" by ``goes_round``, else ``end_state``."""
    curves = {name: values[i] for name, values in row["curves"].items()}
    if goes_round(curves["centre"], curves["spread"], mixture.means):
        return "cycling"
    return end_state(curves["captured"], curves["high_quality"], len(mixture.means))


def kept_truth(row, i, mixture):
    """As ``toy_truth``, by the true modes still, but of the samples that were kept, 250 at each look.

    Those of the last quarter count together, as they do in the diagnosis.
    """
    samples, curves = row["samples"][i], row["curves"]
    if goes_round(curves["centre"][i], curves["spread"][i], mixture.means):
        return "cycling"
    late = samples[-max(1, -(-len(samples) // 4)) :]
    looks = [mode_coverage(block, mixture.means, mixture.std).high_quality for block in late]
    captured = mode_coverage(np.concatenate(late), mixture.means, mixture.std).captured
    return end_state([captured], [np.median(looks)], len(mixture.means))


def _stopped(row, until):
    seen = row["step"] <= until
    curves = {name: values[:, seen] for name, values in row["curves"].items()}
    return row | {"step": row["step"][seen], "curves": curves, "samples": row["samples"][:, seen]}


def _given(mixture, judged):
    """What the diagnosis is told: the data, and the number of modes only where it may know it."""
    data = {"data": mixture.sample(500, np.random.default_rng(0))}
    return data | {"modes": len(mixture.means)} if judged else data
