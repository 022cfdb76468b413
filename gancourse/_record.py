"""What a monitor saw of one run over time, as arrays: from a history, an error, or a list that grows."""

import numpy as np

from gancourse._validate import array, fail, integer

__all__ = ["checked", "record_of"]

PLANE = ("centre", "samples")  # all other names hold one number a row


def record_of(run, member=0):
    """The record of one run, for ``diagnose``: "step" (r,) and names to arrays with r rows.

    Arguments:
        run: a ``History``; the ``TrainingDiverged`` that a run ended in, whose record ends in a row of NaN;
            or a list of pairs (step, what a ``Monitor`` returned), such as ``history.watched``, which may
            still grow. A history that no monitor watched gives its losses alone.
        member: which member of a stack; 0 for a single run.

    Returns:
        dict: "step" and, of a monitor's names, those that every row has; "centre" with shape (r, d),
        "samples" (r, n, d), all others (r,).

    Raises:
        ValueError: run is something else, or has no such member.
    """
    # by what they hold, not by class: gancourse.history imports torch
    if isinstance(run, ArithmeticError) and hasattr(run, "history"):
        record = record_of(run.history, member)
        after = {"step": run.history.completed + 1}
        return {
            name: np.concatenate([values, np.full((1, *values.shape[1:]), after.get(name, np.nan))])
            for name, values in record.items()
        }
    if hasattr(run, "watched"):
        if not run.watched or not _monitored(run.watched):
            names = ("step", "discriminator_loss", "generator_loss")
            return {name: np.asarray(getattr(run, name), dtype=np.float64) for name in names}
        run = run.watched
    if not isinstance(run, list | tuple) or not all(isinstance(row, tuple) and len(row) == 2 for row in run):
        fail("run", run, "a History, a TrainingDiverged, or a list of (step, what a Monitor returned)")
    if not run:
        return {"step": np.zeros(0)}
    if not _monitored(run):
        fail("run", run[0][1], "rows that a Monitor returned, mappings of names to arrays")
    members = len(next(iter(run[0][1].values())))
    integer("member", member, low=0, high=members - 1)
    rows = [{name: value[member] for name, value in found.items()} for _, found in run]
    names = [name for name in rows[0] if all(name in row for row in rows)]
    record = {name: np.array([row[name] for row in rows], dtype=np.float64) for name in names}
    return {"step": np.array([step for step, _ in run], dtype=np.float64), **record}


def checked(record):
    """The record with float64 arrays, NaN and infinities allowed.

    Raises:
        ValueError: it is no mapping, has no steps or none that increase, or its arrays differ in length.
    """
    if not hasattr(record, "items"):
        fail("record", record, 'a mapping of names to arrays, as by record_of, with "step"')
    if "step" not in record:
        fail("record", list(record), 'a mapping with "step"')
    step = array("step", record["step"], ndim=1, minimum_size=0)
    if (np.diff(step) <= 0).any():
        fail("step", record["step"], "steps that increase")
    found = {"step": step}
    for name, values in record.items():
        if name == "step" or name == "samples" and values is None:
            continue
        ndim = {"centre": 2, "samples": 3}.get(name, 1)
        values = array(name, values, ndim=ndim, finite=False, minimum_size=0)
        if len(values) != len(step):
            fail(name, values, f"{len(step)} rows, one for each step")
        found[name] = values
    return found


def _monitored(rows):
    """Whether these are rows of a monitor: mappings of names to arrays with an entry for each member."""
    return all(
        hasattr(found, "items") and {"centre", "spread"} <= found.keys() and np.ndim(found["spread"]) == 1
        for _, found in rows
    )
