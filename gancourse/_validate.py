"""Arguments are checked in one voice: the argument's name, what was expected, what came."""

import numbers

import numpy as np

__all__ = [
    "LARGEST", "array", "choice", "fail", "generator", "integer", "non_negative", "positive", "real",
]  # fmt: skip

LARGEST = 1e150  # what is squared somewhere: its square, and a sum of many such, still fit into float64


def fail(name, value, expected):
    """Raise the ValueError of this package: ``name: expected …, got …``."""
    raise ValueError(f"{name}: expected {expected}, got {_describe(value)}") from None


def real(name, value, *, low=-np.inf, high=np.inf, expected=None):
    """A finite real number in [low, high], as a float."""
    expected = expected or (
        "a finite number" if np.isinf(low) and np.isinf(high) else f"a number in [{low:g}, {high:g}]"
    )
    if isinstance(value, bool) or not isinstance(value, numbers.Real | np.ndarray) or np.ndim(value) != 0:
        fail(name, value, expected)
    if isinstance(value, np.ndarray) and value.dtype.kind not in "fiu":
        fail(name, value, expected)
    try:
        number = float(value)
    except OverflowError:
        fail(name, value, expected)
    if not np.isfinite(number) or not low <= number <= high:
        fail(name, value, expected)
    return number


def positive(name, value, *, squared=False):
    """A finite number above zero, as a float; with ``squared`` one whose square float64 holds."""
    low, high = (1 / LARGEST, LARGEST) if squared else (0.0, np.inf)
    expected = f"a number in [{low:g}, {high:g}]" if squared else "a positive finite number"
    number = real(name, value, expected="a positive finite number")
    if number <= 0:
        fail(name, value, "a positive finite number")
    if not low <= number <= high:
        fail(name, value, expected)
    return number


def non_negative(name, value):
    """A finite number, zero or above, as a float."""
    return real(name, value, low=0.0, expected="a finite number that is zero or above")


def integer(name, value, *, low=1, high=None):
    """A whole number in [low, high], as an int."""
    expected = f"a whole number of at least {low}" + ("" if high is None else f" and at most {high}")
    if isinstance(value, bool) or not isinstance(value, numbers.Integral):
        fail(name, value, expected)
    if value < low or value > (2**63 - 1 if high is None else high):
        fail(name, value, expected)
    return int(value)


def choice(name, value, options):
    """One of the named options."""
    if not isinstance(value, str) or value not in options:
        fail(name, value, "one of " + ", ".join(repr(option) for option in options))
    return value


def generator(name, value):
    """A ``numpy.random.Generator``: as it is, or seeded with a whole number."""
    if isinstance(value, np.random.Generator):
        return value
    if isinstance(value, bool) or not isinstance(value, numbers.Integral) or value < 0:
        fail(name, value, "a numpy.random.Generator, or a whole number to seed one")
    return np.random.default_rng(int(value))


def array(name, value, *, ndim=None, shape=None, finite=True, minimum_size=1, high=np.inf):
    """Real numbers as a float64 array; ``ndim`` is an int or several, None in ``shape`` is any length.

    ``high`` bounds the absolute values.
    """
    if np.ma.is_masked(value):
        fail(name, value, "an array without masked values")
    try:
        result = np.asarray(value)
        if result.dtype.kind not in "fiub":
            raise TypeError
        with np.errstate(over="ignore"):  # a longdouble beyond float64 is infinite, and reported below
            result = result.astype(np.float64)
    except (TypeError, ValueError, RuntimeError):  # RuntimeError: a tensor that wants a gradient
        fail(name, value, "an array of real numbers")
    dims = (ndim,) if isinstance(ndim, int) else ndim
    if dims is not None and result.ndim not in dims:
        fail(name, value, f"an array with {' or '.join(map(str, dims))} dimension(s)")
    if shape is not None:
        fits = len(shape) == result.ndim and all(
            s is None or s == n for s, n in zip(shape, result.shape, strict=True)
        )
        if not fits:
            fail(name, value, f"shape ({', '.join('any' if s is None else str(s) for s in shape)})")
    if result.size < minimum_size:
        fail(name, value, f"at least {minimum_size} value(s)")
    if finite and not np.isfinite(result).all():
        fail(name, value, "finite values only (no NaN, no infinity)")
    if high < np.inf and (np.abs(result) > high).any():
        fail(name, float(np.abs(result).max()), f"absolute values of at most {high:g}")
    return result


def _describe(value):
    if isinstance(value, np.ndarray) and value.ndim:
        if value.dtype.kind == "f" and np.isnan(value).any():
            return f"an array of shape {value.shape} holding NaN"
        return f"an array of shape {value.shape} ({value.dtype})"
    if type(value).__module__.startswith("torch") and hasattr(value, "shape"):
        return f"a tensor of shape {tuple(value.shape)} ({value.dtype})"
    try:
        text = repr(value)
    except ValueError:  # a whole number of thousands of digits
        text = f"a {type(value).__name__} too long to print"
    return text if len(text) <= 80 else text[:77] + "..."
