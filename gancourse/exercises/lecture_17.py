"""The exercises of lecture 17: the projection logit, conditional batch norm, the norm of a convolution."""

import numpy as np

from gancourse.exercises._exercise import Check, Exercise, Wrong, close

__all__ = ["EXERCISES"]


# --- the projection logit ------------------------------------------------------------------------


def projection_logit(h, labels, a, v):
    """The logit of the projection discriminator: a·h(x) for the image, plus v_y·h(x) for its class y.

    Arguments:
        h: array (n, d), the features h(x) of n images.
        labels: array (n,) of whole numbers from 0 to K − 1, the class that each image is said to have.
        a: array (d,), the weights that no class has for itself.
        v: array (K, d), a row of weights for each class.

    Returns:
        array (n,): one logit for each pair of image and class.
    """
    return h @ a + (v[labels] * h).sum(1)


def _logit_cases(rng):
    # with as many classes as features, or as images, a product of the wrong axes still has a shape
    return [
        {
            "h": rng.normal(size=(n, d)),
            "labels": rng.integers(classes, size=n),
            "a": rng.normal(size=d),
            "v": rng.normal(size=(classes, d)),
        }
        for n, d, classes in [(7, 4, 3), (5, 5, 5), (6, 2, 4)]
    ]


def _one_hot(labels, v):
    return np.eye(len(v))[labels]


PROJECTION = Exercise(
    id="17.projection_logit",
    title="The logit of the projection discriminator",
    reference=projection_logit,
    cases=_logit_cases,
    shape="Return one logit for each image: shape (n,).",
    checks=(
        Check("values", close(), "The logits differ. For one image: take the row of v that belongs to its class, its inner product with h, and add a·h."),
    ),
    hints=(
        "`v[labels]` has a row for each image: the one of its class.",
        "The inner product of two rows is the sum of their products: `(v[labels] * h).sum(1)`.",
        "`h @ a + (v[labels] * h).sum(1)`.",
    ),
    wrong=(
        Wrong(lambda h, labels, a, v: (v[labels] * h).sum(1), "The part without a class, a·h, is missing. It holds log p(x)/q(x): whether the picture is real at all.", "values"),
        Wrong(lambda h, labels, a, v: h @ a, "The classes do nothing here: this D accepts a good picture of the wrong class. Add v_y·h.", "values"),
        Wrong(lambda h, labels, a, v: h @ a + (h @ v.T).sum(1), "You added up the logits of all classes. Only the row of the class that the image is said to have counts.", "values"),
        Wrong(lambda h, labels, a, v: h @ a + (h @ v.T).max(1), "You took the best class for each image. D is told the class, and must judge that one: otherwise a 3 passes where a 7 was asked for.", "values"),
        Wrong(lambda h, labels, a, v: h @ a + np.log(_softmax(h @ v.T)[np.arange(len(h)), labels]), "This is log p(y|x) of a classifier, with its normaliser. In the projection the normalisers of p and q depend on x alone, and are left to the part without a class.", "values"),
        Wrong(lambda h, labels, a, v: h @ a * (v[labels] * h).sum(1), "The two parts are added, as logarithms of a product are: log p(x, y)/q(x, y) = log p(x)/q(x) + log p(y|x)/q(y|x).", "values"),
        Wrong(lambda h, labels, a, v: h @ a + labels * (h @ v.T).mean(1), "A label is a name, not a quantity: class 6 is not twice class 3. Use it to pick a row of v.", "values"),
        Wrong(lambda h, labels, a, v: h @ a + h @ v[labels].T, "This pairs every image with every label, (n, n). You want image i with label i: multiply entry by entry and sum each row.", "shape"),
        Wrong(lambda h, labels, a, v: (h @ a + (v[labels] * h).sum(1)).mean(), "Return the logits, one for each image; the mean is for the loss to take.", "shape"),
    ),
    accepted=(
        lambda h, labels, a, v: ((a + v[labels]) * h).sum(1),
        lambda h, labels, a, v: np.einsum("nd,nd->n", h, _one_hot(labels, v) @ v) + h @ a,
        lambda h, labels, a, v: [float(x @ a + x @ v[y]) for x, y in zip(h, labels, strict=True)],
    ),
    points=3.0,
)  # fmt: skip


def _softmax(x):
    x = np.exp(x - x.max(1, keepdims=True))
    return x / x.sum(1, keepdims=True)


# --- conditional batch norm ----------------------------------------------------------------------


def conditional_batch_norm(x, labels, gain, shift):
    """Batch norm in training mode whose gain and shift belong to the class of each image.

    Each channel is centred and divided by √(variance + 1e-5); the mean and the variance (the mean of squares, not n − 1)
    are taken over all images of the batch and all places, whatever the class. Then image i is multiplied by
    gain[labels[i]] and shift[labels[i]] is added, channel by channel.

    Arguments:
        x: array (n, c, h, w), feature maps.
        labels: array (n,) of whole numbers from 0 to K − 1.
        gain, shift: arrays (K, c).

    Returns:
        array (n, c, h, w).
    """
    mean = x.mean((0, 2, 3), keepdims=True)
    variance = x.var((0, 2, 3), keepdims=True)
    normed = (x - mean) / np.sqrt(variance + 1e-5)
    return gain[labels][:, :, None, None] * normed + shift[labels][:, :, None, None]


def _norm_cases(rng):
    return [
        {
            "x": rng.normal(1.5, 2, size=(n, c, h, w)) * scale,
            "labels": np.concatenate([np.arange(classes), rng.integers(classes, size=n - classes)]),
            "gain": rng.normal(1, 0.5, size=(classes, c)),
            "shift": rng.normal(size=(classes, c)),
        }
        # a small scale shows where 1e-5 goes
        for n, c, h, w, classes, scale in [(6, 3, 2, 4, 2, 1.0), (5, 4, 3, 3, 3, 2e-3), (4, 4, 4, 4, 3, 1.0)]
    ]


def _normed(x, axes, epsilon=1e-5, ddof=0):
    return (x - x.mean(axes, keepdims=True)) / np.sqrt(x.var(axes, keepdims=True, ddof=ddof) + epsilon)


def _norm_with(axes=(0, 2, 3), **options):
    def wrong(x, labels, gain, shift):
        return gain[labels][:, :, None, None] * _normed(x, axes, **options) + shift[labels][:, :, None, None]

    return wrong


def _by_class(x, labels, gain, shift):
    result = np.empty_like(x)
    for k in np.unique(labels):
        result[labels == k] = _normed(x[labels == k], (0, 2, 3))
    return gain[labels][:, :, None, None] * result + shift[labels][:, :, None, None]


def _no_class(x, labels, gain, shift):
    return gain.mean(0)[:, None, None] * _normed(x, (0, 2, 3)) + shift.mean(0)[:, None, None]


def _shift_first(x, labels, gain, shift):
    return gain[labels][:, :, None, None] * (_normed(x, (0, 2, 3)) + shift[labels][:, :, None, None])


def _outside(x, labels, gain, shift):
    spread = x.std((0, 2, 3), keepdims=True) + 1e-5
    normed = (x - x.mean((0, 2, 3), keepdims=True)) / spread
    return gain[labels][:, :, None, None] * normed + shift[labels][:, :, None, None]


def _image_by_image(x, labels, gain, shift):
    normed = _normed(x, (0, 2, 3))
    return np.stack([gain[k][:, None, None] * one + shift[k][:, None, None] for one, k in zip(normed, labels, strict=True)])  # fmt: skip


NORM = Exercise(
    id="17.conditional_batch_norm",
    title="Conditional batch norm",
    reference=conditional_batch_norm,
    cases=_norm_cases,
    shape="Return feature maps of the shape of x.",
    checks=(
        Check("values", close(rtol=1e-5, atol=1e-7), "The maps differ. One mean and one variance for each channel, over batch and places; then gain and shift of each image's own class."),
    ),
    hints=(
        "The statistics do not know of classes: `x.mean((0, 2, 3), keepdims=True)`, and likewise the variance.",
        "`gain[labels]` has shape (n, c); two more axes let it multiply (n, c, h, w).",
        "`gain[labels][:, :, None, None] * (x - mean) / np.sqrt(variance + 1e-5) + shift[labels][:, :, None, None]`.",
    ),
    wrong=(
        Wrong(_by_class, "You took mean and variance within each class. Only gain and shift belong to the class; the statistics are those of the whole batch, so that a class with one image in it does no harm.", "values"),
        Wrong(_norm_with((2, 3)), "You normalised each image by itself: that is instance norm. The mean and variance of batch norm are over the batch too.", "values"),
        Wrong(_norm_with((1, 2, 3)), "You normalised each image over its channels: that is layer norm. Batch norm keeps channels apart and joins the images.", "values"),
        Wrong(_norm_with(0), "You took the statistics place by place. A channel has one mean and one variance, over the batch and all its places.", "values"),
        Wrong(_no_class, "Every image gets the same gain and shift. Pick those of its class: `gain[labels]`.", "values"),
        Wrong(_shift_first, "The order: multiply by the gain, then add the shift.", "values"),
        Wrong(_norm_with(ddof=1), "The variance here is the mean of squares; you divided by n − 1.", "values"),
        Wrong(_outside, "1e-5 is added to the variance, under the root. Outside of the root it is much less protection, and another number.", "values"),
        Wrong(lambda x, labels, gain, shift: gain[labels][:, :, None, None] * (x - x.mean((0, 2, 3), keepdims=True)) / (x.var((0, 2, 3), keepdims=True) + 1e-5) + shift[labels][:, :, None, None], "You divided by the variance: divide by its root, the standard deviation.", "values"),
        Wrong(lambda x, labels, gain, shift: _normed(x, (0, 2, 3)).mean((2, 3)) * gain[labels] + shift[labels], "The maps have lost their places: gain and shift act on every place of a channel. Give them two more axes.", "shape"),
    ),
    accepted=(_norm_with(), _image_by_image),
    points=2.0,
)  # fmt: skip


# --- the norm of a convolution -------------------------------------------------------------------


def convolution_norm(kernel, side):
    """The greatest factor by which a convolution can lengthen an image: its spectral norm.

    The convolution has stride 1 and wraps around at the edges of an image of side x side pixels. Such a convolution is
    diagonal in waves: with K(ω) the matrix (out, in) of the kernel's discrete Fourier transforms at the frequency ω, all
    side² frequencies, the norm is the greatest singular value of any K(ω).

    Arguments:
        kernel: array (out, in, k, k), k at most side.
        side: pixels a side.

    Returns:
        float.
    """
    at = np.fft.fft2(kernel, (side, side))  # (out, in, side, side): zeros are added up to the side
    return float(np.linalg.svd(at.transpose(2, 3, 0, 1), compute_uv=False).max())


def _convolution_cases(rng):
    return [
        {"kernel": rng.normal(size=(out, into, k, k)), "side": side}
        for out, into, k, side in [(1, 1, 3, 8), (3, 2, 3, 6), (2, 4, 2, 5)]
    ] + [{"kernel": np.full((1, 1, 3, 3), -rng.uniform(0.5, 1.0)), "side": 9}]


def _reshaped(kernel, side):
    return np.linalg.norm(kernel.reshape(len(kernel), -1), 2)


def _at_frequencies(kernel, side):
    return np.fft.fft2(kernel, (side, side)).transpose(2, 3, 0, 1)


def _as_a_matrix(kernel, side):
    """The convolution as one matrix, column by column."""
    out, into, k, _ = kernel.shape
    matrix = np.zeros((out, side, side, into, side, side))
    for i in range(side):
        for j in range(side):
            for di in range(k):
                for dj in range(k):
                    matrix[:, (i + di) % side, (j + dj) % side, :, i, j] += kernel[:, :, di, dj]
    return np.linalg.norm(matrix.reshape(out * side**2, -1), 2)


CONVOLUTION = Exercise(
    id="17.convolution_norm",
    title="The spectral norm of a convolution",
    reference=convolution_norm,
    cases=_convolution_cases,
    checks=(
        Check("values", close(rtol=1e-6), "The number differs. For a kernel of one channel it is the greatest absolute value of its Fourier transform over all side² frequencies."),
    ),
    hints=(
        "`np.fft.fft2(kernel, (side, side))` transforms the last two axes, and pads the kernel with zeros first.",
        "At each frequency there is a matrix (out, in): bring the frequencies to the front, `.transpose(2, 3, 0, 1)`, and `np.linalg.svd(…, compute_uv=False)` takes the singular values of all.",
        "`np.linalg.svd(np.fft.fft2(kernel, (side, side)).transpose(2, 3, 0, 1), compute_uv=False).max()`.",
    ),
    wrong=(
        Wrong(_reshaped, "This is the norm of the kernel written as a matrix (out, in·k·k), which spectral normalisation divides by. It is that of one patch's map; the convolution's own is up to k times larger, since patches overlap.", "values"),
        Wrong(lambda kernel, side: kernel.shape[-1] * _reshaped(kernel, side), "That is a bound, k times the norm of the reshaped kernel. The norm itself is mostly smaller: take the Fourier transform.", "values"),
        Wrong(lambda kernel, side: np.linalg.svd(np.fft.fft2(kernel).transpose(2, 3, 0, 1), compute_uv=False).max(), "You took k x k frequencies only. An image of side x side pixels has side² of them: pad the kernel with zeros, `np.fft.fft2(kernel, (side, side))`.", "values"),
        Wrong(lambda kernel, side: np.abs(np.fft.fft2(kernel, (side, side))).max(), "You took the largest single entry. Where there are several channels, each frequency has a matrix (out, in), whose largest singular value counts.", "values"),
        Wrong(lambda kernel, side: np.linalg.norm(kernel), "This is the root of the sum of squares of the kernel (Frobenius): it does not see that overlapping patches add up.", "values"),
        Wrong(lambda kernel, side: np.linalg.svd(_at_frequencies(kernel, side).real, compute_uv=False).max(), "You dropped the imaginary part. A wave may come out shifted as well as lengthened: take the complex matrices.", "values"),
        Wrong(lambda kernel, side: np.linalg.svd(_at_frequencies(kernel, side), compute_uv=False).max() / side, "The 1/side belongs to a transform that keeps lengths, and is taken once forth and once back. The kernel's transform is not divided.", "values"),
        Wrong(lambda kernel, side: np.linalg.svd(_at_frequencies(kernel, side), compute_uv=False).mean(), "You took the mean of the singular values. The norm is the largest: the worst image decides.", "values"),
        Wrong(lambda kernel, side: np.linalg.norm(kernel.sum((2, 3)), 2), "This is frequency zero alone, an image of one colour. Other waves may be lengthened more.", "values"),
        Wrong(lambda kernel, side: np.linalg.svd(_at_frequencies(kernel, side), compute_uv=False).max((0, 1)), "One number: the largest over all frequencies and all singular values.", "shape"),
    ),
    accepted=(_as_a_matrix, lambda kernel, side: np.linalg.norm(_at_frequencies(kernel, side), 2, axis=(2, 3)).max()),
    points=2.0,
)  # fmt: skip

EXERCISES = (PROJECTION, NORM, CONVOLUTION)
