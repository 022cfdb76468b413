"""The Parzen log-likelihood: of test data, under a density smoothed from samples."""

import numpy as np

from gancourse._validate import fail, positive
from gancourse.metrics._blocks import distance_blocks, features

__all__ = ["parzen_log_likelihood"]

_LARGEST = 1e75  # in bandwidths: squared, and squared again for the error, it still fits into float64


def parzen_log_likelihood(samples, test, bandwidth):
    r"""The mean log-likelihood of test points under a Gaussian kernel density of samples, with its error.

    .. math:: \log q(x) = \log \tfrac1n \sum_{i=1}^n \exp\bigl(-\|x - y_i\|^2 / 2h^2\bigr)
        - \tfrac d2 \log 2\pi h^2

    In nats a test point, of features in their own unit: dividing pixels by 255 adds d log 255. More is said
    to be better, and misleads in high dimension: the value is governed by the bandwidth, which is to be
    chosen on points that are neither samples nor test, and poor samples may score above real data.

    Bias: the density is that of the samples blurred by h. On average over samples it lies below the
    log-likelihood of the blurred law, (by Jensen's inequality), and rises with n, slower the higher d. Error:
    that of the mean over the test points, the samples as they are.

    Time grows as n m d. Memory, beside the features: 100 MiB at d = 2,048.

    Source: Theis et al., A note on the evaluation of generative models, https://arxiv.org/abs/1511.01844;
    the protocol is that of Generative adversarial networks, https://arxiv.org/abs/1406.2661.

    Arguments:
        samples: of the generator, with shape (n, d).
        test: held-out data, with shape (m, d), m at least 2.
        bandwidth: h, a standard deviation, in the unit of the features.

    Returns:
        (mean, standard_error), floats, in nats.

    Raises:
        ValueError: features that are not two-dimensional, not finite or of different d; a single test
            point, which has no error; a bandwidth that is not positive, or below the features' 1e-75.

    Example:
        >>> mean, error = parzen_log_likelihood([[0.0]], [[1.0], [-1.0]], bandwidth=1.0)
        >>> round(mean, 4), error
        (-1.4189, 0.0)
    """
    samples = features("samples", samples, high=_LARGEST)
    test = features("test", test, least=2, width=samples.shape[1], like="samples", high=_LARGEST)
    h = positive("bandwidth", bandwidth)
    largest = max(float(max(points.max(), -points.min())) for points in (samples, test))
    if not largest / _LARGEST <= h <= _LARGEST:
        fail("bandwidth", bandwidth, f"a number in [{largest / _LARGEST:g}, {_LARGEST:g}]")
    n, d = samples.shape
    top = np.full(len(test), -np.inf)
    total = np.zeros(len(test))
    for i, _, squares in distance_blocks(test, samples):
        rows = slice(i, i + squares.shape[0])
        # divided twice, as the square of a small bandwidth may be zero
        squares /= -2 * h
        squares /= h
        new = np.maximum(top[rows], squares.max(1))
        squares -= new[:, None]
        np.exp(squares, out=squares)
        total[rows] = total[rows] * np.exp(top[rows] - new) + squares.sum(1)
        top[rows] = new
    values = top + np.log(total) - np.log(n) - d * (np.log(h) + 0.5 * np.log(2 * np.pi))
    return float(values.mean()), float(values.std(ddof=1) / np.sqrt(len(test)))
