"""The diagnosis on all stored runs of lectures 13 and 14 and of the clinic, beside what they really are."""

import numpy as np

from gancourse.confusion import end_state
from gancourse.diagnosis import diagnose
from gancourse.recipes import clinic, mode_collapse

__all__ = ["UNDECIDED_ELSEWHERE", "clinic_runs", "toy_runs"]

# objectives whose D is not undecided at 0: a critic's offset is free, least squares decides at ½, and a
# relativistic logit means something in a pair only
UNDECIDED_ELSEWHERE = ("wgan_gp", "wgan_clip", "least_squares", "relativistic", "veegan")
_HIDDEN = ("captured", "high_quality", "reverse_kl")


def clinic_runs(judged=True):
    """The clinic's runs as triples for ``confusion``: name, truth, diagnosis.

    Arguments:
        judged: whether the diagnosis is told what only the true modes can tell; else it has 500 points of
            data and the samples that were kept.
    """
    given, triples = _given(clinic.DATA, judged), []
    for (bug, hot), run in clinic.stored()["runs"].items():
        found = diagnose(clinic.record(run, judged=judged), **given)
        triples.append((f"{bug}{', hot' if hot else ''}", clinic.truth(run), found))
    return triples


def toy_runs(judged=True, rows=None):
    """The runs of ``tools/measure_mode_collapse.py`` as triples for ``confusion``.

    What a run is, is ``end_state`` of its 2,500 samples at the end.

    Arguments:
        judged: as in ``clinic_runs``. Without it only the seeds whose samples were kept are diagnosed.
        rows: as by ``mode_collapse.stored``, which is asked by default.
    """
    triples = []
    for (data, method), row in (mode_collapse.stored() if rows is None else rows).items():
        mixture = mode_collapse.DATA[data]
        given = _given(mixture, judged) | {"logits": method not in UNDECIDED_ELSEWHERE}
        for i, seed in enumerate(row["seeds"] if judged else row["seeds"][: len(row["samples"])]):
            record = {"step": row["step"]} | {name: values[i] for name, values in row["curves"].items()}
            if not judged:
                record = {k: v for k, v in record.items() if k not in _HIDDEN} | {
                    "samples": row["samples"][i]
                }
            truth = end_state(float(row["captured"][i]), float(row["high_quality"][i]), len(mixture.means))
            triples.append((f"{method} on the {data}, seed {seed}", truth, diagnose(record, **given)))
    return triples


def _given(mixture, judged):
    if judged:
        return {"modes": len(mixture.means)}
    return {"data": mixture.sample(500, np.random.default_rng(0))}
