"""What a student's function does on inputs, as plain data: the half of judging that may run in a sandbox.

Nothing here knows an answer. ``collect`` runs inside, next to the student's code; ``pack`` and ``unpack``
carry inputs in and outcomes out, as text that can hold arrays, numbers and words, and nothing that acts.
"""

import base64
import builtins
import importlib
import json
import math
import traceback

import numpy as np

__all__ = ["TYPES", "collect", "error", "outcome", "pack", "unpack", "value"]

MAX_DIMENSIONS = 8


def value(function, case):
    """The function's value on a case, as an array: how most exercises are run."""
    return {"value": plain(function(*case.values()))}


def plain(answer):
    """What a function returned as a float64 array; ``...`` as it is.

    Raises:
        TypeError: it is None, or not numbers.
    """
    if answer is Ellipsis:
        return answer
    if answer is None:
        raise TypeError("it returned None; is a `return` missing?")
    if hasattr(answer, "detach"):
        answer = answer.detach().cpu().numpy()
    result = np.asarray(answer)
    if result.dtype.kind not in "fiub":
        raise TypeError(f"it returned {type(answer).__name__}, not numbers")
    return result.astype(np.float64)


def outcome(run, function, case):
    """One call as plain data: the outcome, or that it was not attempted, or the error.

    Arguments:
        run: (function, case) -> dict of arrays, truth values and strings.
        function: the student's.
        case: dict of plain inputs; the function gets copies.

    Returns:
        dict: what ``run`` returned, with "inputs kept"; or {"not_attempted": True}; or {"error": …}, as by
        ``error``.
    """
    given = {name: value.copy() if isinstance(value, np.ndarray) else value for name, value in case.items()}
    try:
        with np.errstate(all="ignore"):
            result = run(function, given)
    except NotImplementedError:
        return {"not_attempted": True}
    except (Exception, SystemExit) as problem:  # whatever a student's code raises is an answer to report
        return {"error": error(problem, function)}
    if any(v is Ellipsis for v in result.values()):
        return {"not_attempted": True}
    result["inputs kept"] = all(
        np.array_equal(given[n], v) for n, v in case.items() if isinstance(v, np.ndarray)
    )
    return result


def error(problem, function=None):
    """An exception as plain data: its type's name, its text, and the line of the function, 0 if unknown."""
    name = getattr(function, "__name__", None)
    lines = [f.lineno for f in traceback.extract_tb(problem.__traceback__) if f.name == name]
    try:
        text = str(problem)
    except Exception:  # a text that itself fails
        text = ""
    return {"type": type(problem).__name__, "text": text[:1000], "line": lines[-1] if lines else 0}


def collect(run, function, cases, limit):
    """Inside the sandbox: the outcomes of a function on packed cases, packed, and in base64.

    Arguments:
        run: "module:name" of the function that runs it.
        function: the student's.
        cases: text of ``pack``.
        limit: bytes; more is reported as an error instead.
    """
    module, name = run.split(":")
    run = getattr(importlib.import_module(module), name)
    outcomes = []
    for case in unpack(cases):
        outcomes.append(outcome(run, function, case))
        try:
            packed = pack(outcomes)
        except Exception as problem:
            outcomes[-1] = {"error": error(problem)}
            packed = pack(outcomes)
        if len(packed) > limit // 2:
            too_much = TypeError("it returns far more numbers than asked for")
            packed = pack([{"error": error(too_much)}])
            break
    return base64.b64encode(packed.encode()).decode()


def pack(rows):
    """A list of dicts of arrays, numbers, truth values and strings as text; NaN and infinities are kept.

    Raises:
        TypeError: a value is something else.
    """
    return json.dumps([{name: _encode(item) for name, item in row.items()} for row in rows])


def unpack(text):
    """What ``pack`` made of it; for text that anyone may have written.

    Raises:
        ValueError: it is not such a list.
    """
    try:
        rows = json.loads(text)
        return [{str(name): _decode(item) for name, item in row.items()} for row in rows]
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError) as problem:
        raise ValueError(
            f"text: expected packed outcomes, got something else ({type(problem).__name__})"
        ) from None


# a truth value is a byte, 0 or 1; what anyone may have written there is read as one too
_STORED = {"f": "<f8", "i": "<i8", "b": "u1"}


def _encode(item):
    if isinstance(item, np.ndarray) and item.dtype.kind in "fiub":
        # whole numbers and truth values stay what they are: a student's function may index with them
        kind = {"u": "i"}.get(item.dtype.kind, item.dtype.kind)
        data = base64.b64encode(np.ascontiguousarray(item, dtype=_STORED[kind]).tobytes()).decode()
        return {"shape": list(item.shape), "data": data, "kind": kind}
    if isinstance(item, dict):
        return {"plain": {name: _scalar(part) for name, part in item.items()}}
    return _scalar(item)


def _scalar(item):
    if isinstance(item, np.generic):
        item = item.item()
    if type(item) in (bool, int, float, str):
        return item
    raise TypeError(f"it returned {type(item).__name__}, not numbers")


def _decode(item):
    if not isinstance(item, dict):
        if type(item) not in (bool, int, float, str):
            raise TypeError
        return item
    if set(item) == {"plain"}:
        if not all(type(part) in (bool, int, float, str) for part in item["plain"].values()):
            raise TypeError
        return item["plain"]
    shape, data = item["shape"], base64.b64decode(item["data"], validate=True)
    stored = np.dtype(_STORED[item["kind"]])
    if len(shape) > MAX_DIMENSIONS or not all(type(n) is int and 0 <= n < 2**31 for n in shape):
        raise ValueError
    if math.prod(shape) * stored.itemsize != len(data):
        raise ValueError
    array = np.frombuffer(data, dtype=stored).reshape(shape)
    return array.astype({"f": np.float64, "i": np.int64, "b": bool}[item["kind"]])


# The names of errors that may be shown where the text may not: a class of a student's own could carry
# private inputs in its name.
TYPES = frozenset(
    name
    for name, kind in vars(builtins).items()
    if isinstance(kind, type) and issubclass(kind, BaseException)
) | {"LinAlgError", "Masked"}
