# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 17 · CIFAR-10 on a GPU
#
# *From grey digits to colour photographs: what has to change, who wins within the same time, and what does a GPU do that a processor
# core does not?*
#
# When you have worked through this lecture you will be able to
#
# - say which of DCGAN's rules the residual networks of the published tables keep, and what they cost to run (E13);
# - say what spectral normalisation bounds in a convolution, compute the norm that it does not, and compare the price of a gradient
#   penalty (E2);
# - derive the projection discriminator from Bayes' rule, and build conditional batch norm (E15);
# - read a race of seven recipes, last and best, beside the published table, and say why one name there stands for scores from 22 to 54;
# - foretell from arithmetic intensity which layer a GPU speeds up.
#
# **Time.** Core: 50 minutes, sections 1 to 4, with one exercise. Further: 40 minutes, sections 5 to 7, with two exercises.
#
# **You need** lectures 12 (Lipschitz critics), 15 (digits) and 16 (Fréchet distance, precision, recall). No GPU and no download: the
# race was run on one processor core and is read from `data/results`; the command that runs it on your GPU is in section 5.
#
# As always $p$ is the data, $q$ the generator, logarithms are natural, and $D$ is the probability of *real*. *Features* are the 192
# activations of the course's classifier of CIFAR-10 (92.4 % right on images that it was not trained on). Distances on them compare
# with one another, not with published ones.

# %%
import time

import matplotlib.pyplot as plt
import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from gancourse import budget, densities, plots
from gancourse.compute import threads
from gancourse.data import DataError, load
from gancourse.demos import cifar_race as race_demo
from gancourse.demos import conditional_samples, roofline
from gancourse.exercises import check
from gancourse.methods import conditional, spectral_norm_
from gancourse.models import (
    DCGANDiscriminator,
    DCGANGenerator,
    ResNetDiscriminator,
    ResNetGenerator,
    count_parameters,
)
from gancourse.questions import predict
from gancourse.recipes import RECIPES, cifar_race
from gancourse.training import train

plots.use()
rows, floor = cifar_race.stored()  # one row a recipe, made by python tools/measure_cifar_race.py
print(f"{len(rows)} of {len(RECIPES)} recipes were raced, {cifar_race.MINUTES:g} minutes each")

# %% [markdown]
# ## 1 · From 28 grey pixels to 32 in colour (E13)
#
# **The question.** A digit is a few strokes on black. A photograph of a frog has texture, background and light in three channels.
# Which networks draw it?
#
# **DCGAN, wider.** The rules of lecture 15 still stand, with 3 channels and sides of 4, 8, 16 and 32 pixels. **A residual pair** is what
# most published tables on CIFAR-10 compare. A block adds to its input what two convolutions make of it,
#
# $$h \mapsto s(h) + c_2(\rho(c_1(\rho(h)))),$$
#
# with $\rho$ a ReLU (in the generator behind a batch norm) and $s$ a resampling by 2, with a 1 × 1 convolution. The gradient has the path
# through $s$, which no ReLU blocks, so that more layers can be stacked.
#
# **The number.** Parameters, and *multiply–adds* for one image: for a convolution, places × channels in × channels out × kernel area.


# %% tags=["claim:E13"]
# NBVAL_CHECK_OUTPUT
def multiply_adds(network, x):
    """Products that the convolutions and linear maps of a network take for x."""
    found = []

    def count(layer, given, made):
        if isinstance(layer, nn.Linear):
            found.append(made.numel() * layer.in_features)
        elif isinstance(layer, nn.ConvTranspose2d):  # each number that comes in stamps a patch
            found.append(given[0].numel() * layer.out_channels * layer.kernel_size[0] ** 2)
        else:
            found.append(made.numel() * layer.in_channels * layer.kernel_size[0] ** 2)

    layers = [m for m in network.modules() if isinstance(m, nn.Conv2d | nn.ConvTranspose2d | nn.Linear)]
    hooks = [layer.register_forward_hook(count) for layer in layers]
    with torch.no_grad():
        network.eval()(x)
    for hook in hooks:
        hook.remove()
    return sum(found)


pairs = {
    "digits, DCGAN of lecture 15": (DCGANGenerator(28, 1), DCGANDiscriminator(28, 1)),
    "colour, DCGAN, 128 channels": (DCGANGenerator(32, 3, 100, 128), DCGANDiscriminator(32, 3, 128)),
    "colour, residual, as published": (ResNetGenerator(), ResNetDiscriminator()),
    "colour, DCGAN, in our race": (DCGANGenerator(32, 3, 100, 32), DCGANDiscriminator(32, 3, 32)),
    "colour, residual, in our race": (ResNetGenerator(width=48), ResNetDiscriminator(width=24)),
}
costs = {}
print(f"{'':32s}{'parameters of G and D':>24s}{'millions of multiply-adds':>28s}")
for name, (g, d) in pairs.items():
    costs[name] = multiply_adds(g, g.noise(1)), multiply_adds(d, torch.zeros(1, d.channels, d.size, d.size))
    print(
        f"{name:32s}{count_parameters(g):>14,}{count_parameters(d):>10,}"
        f"{costs[name][0] / 1e6:>18,.0f}{costs[name][1] / 1e6:>10,.0f}"
    )
g, d = pairs["colour, residual, as published"]
assert (count_parameters(g), count_parameters(d)) == (4_276_739, 1_053_824)

print(
    f"\n{'D of':10s}{'strided':>9s}{'pooling':>9s}{'batch norm':>12s}{'LeakyReLU':>11s}{'hidden dense':>14s}"
)
for title, name in (("DCGAN", "colour, DCGAN, 128 channels"), ("residual", "colour, residual, as published")):
    parts = list(pairs[name][1].modules())
    facts = (
        any(getattr(m, "stride", 1) == (2, 2) for m in parts),
        any(getattr(m, "halve", False) for m in parts),
        any(isinstance(m, nn.BatchNorm2d) for m in parts),
        any(isinstance(m, nn.LeakyReLU) for m in parts),
        sum(isinstance(m, nn.Linear) for m in parts) > 1,  # one is the read-out
    )
    print(
        f"{title:10s}"
        + "".join(f"{'yes' if f else 'no':>{w}s}" for f, w in zip(facts, (9, 9, 12, 11, 14), strict=True))
    )

# %% [markdown]
# The residual pair breaks three of the rules on purpose. It halves images by the mean of 2 × 2 pixels and doubles them by repeating;
# $D$ has no batch norm, because a gradient penalty and spectral norm want the logit to depend on one image alone; and $D$ has plain ReLUs.
# It keeps batch norm, ReLU and tanh in $G$, and no dense layers but the first and the last. Rules are what worked with the rest of a recipe.
#
# And it costs: the published residual generator takes 23 times the arithmetic of DCGAN's for an image, the discriminator 4 times. Keep that
# for section 4.
#
# **Remember.** Residual blocks, no norm in $D$, and much more arithmetic an image.
#
# ## 2 · A bound on D, in practice (E2)
#
# **The question.** Lecture 12 held a critic's slope by a penalty or by spectral norms. What exactly does spectral normalisation hold in
# a *convolution*?
#
# **The derivation.** SNGAN writes the kernel as a matrix $W$ with shape (out, in · k · k) and divides by its largest singular value
# $\sigma(W)$. That matrix maps one *patch* of k × k pixels to one place of the output. For the whole image sum over the places; each
# pixel lies in $k^2$ patches (let the image wrap around):
#
# $$\|\mathrm{conv}(x)\|^2 = \sum_{\text{places}}\|W\,\mathrm{patch}\|^2 \le \sigma(W)^2\sum_{\text{places}}\|\mathrm{patch}\|^2
# = \sigma(W)^2\,k^2\,\|x\|^2.$$
#
# So a normalised 3 × 3 layer may lengthen an image by up to 3, not by 1. The norm itself comes from waves. A convolution that wraps
# around keeps each wave a wave, and mixes only channels, by the matrix $K(\omega)$ of the kernel's Fourier transforms:
#
# $$\|\mathrm{conv}\| = \max_\omega\,\sigma\bigl(K(\omega)\bigr).$$
#
# **The number.** An all-ones kernel, then every convolution of a freshly normalised discriminator.


# %% tags=["claim:E2"]
# NBVAL_CHECK_OUTPUT
def norm_on_images(kernel, side, steps=150):
    """The spectral norm of a convolution that wraps around, by power iteration on whole images (lecture 12)."""
    kernel = torch.as_tensor(kernel, dtype=torch.float64)
    k, rng = kernel.shape[-1], torch.Generator().manual_seed(0)
    x = torch.randn(1, kernel.shape[1], side, side, dtype=torch.float64, generator=rng)
    for _ in range(steps):
        x = (x / x.norm()).detach().requires_grad_()
        y = F.conv2d(F.pad(x, (k - 1, 0, k - 1, 0), mode="circular"), kernel)
        (x,) = torch.autograd.grad((y**2).sum() / 2, x)  # AᵀAx
    return y.norm().item()


ones = np.ones((1, 1, 3, 3))
reshaped, whole = np.linalg.norm(ones.reshape(1, -1), 2), norm_on_images(ones, 16)
print(f"all ones: reshaped {reshaped:.3f}, the convolution itself {whole:.3f}")
# every pixel of a grey image becomes the sum of nine equal ones
assert np.isclose(reshaped, 3) and np.isclose(whole, 9)

# %%
torch.manual_seed(0)
network = spectral_norm_(ResNetDiscriminator(width=24))
for _ in range(50):  # one step of power iteration for each pass in train mode
    network.train()(torch.zeros(2, 3, 32, 32))
network.eval()
measured = {}
for name, layer in network.named_modules():
    if isinstance(layer, nn.Conv2d) and layer.kernel_size == (3, 3):
        kernel = layer.weight.detach().double().numpy()
        reshaped = np.linalg.norm(kernel.reshape(len(kernel), -1), 2)
        measured[name] = reshaped, norm_on_images(kernel, 16)
for name, (reshaped, whole) in measured.items():
    print(
        f"{name.removeprefix('blocks.'):14s} reshaped {reshaped:.3f}   the convolution {whole:.3f}   bound 3"
    )
assert all(abs(a - 1) < 0.02 and a <= b <= 3 * a for a, b in measured.values())

# %% [markdown]
# All are between 1 and 3: 1.5 to 2.1 in this fresh network. Eight such layers, and the residual paths beside them, so *$D$ is not 1-Lipschitz
# after spectral normalisation*; its Lipschitz constant is bounded by a number that stands still while $D$ trains. For the hinge loss, which
# wants no particular slope, that is enough.
#
# **The price.** Spectral norms cost one product of a matrix and a vector for each layer and pass. A gradient penalty costs a second backward pass
# through the first one. In the race below both recipes have the same two networks, batches of 64 and five steps of $D$:

# %%
for name in ("sngan", "wgan_gp"):
    if name in rows:
        print(
            f"{name:8s} {rows[name]['images_per_second']:6.1f} images a second, {rows[name]['steps']:,} steps"
        )
if {"sngan", "wgan_gp"} <= set(rows):
    ratio = rows["sngan"]["images_per_second"] / rows["wgan_gp"]["images_per_second"]
    print(f"the penalty makes a step {ratio:.2f} times as long")
    assert ratio > 1

# %% [markdown]
# **Remember.** Spectral normalisation holds the norm of a patch's map. The convolution's own may be up to k times larger, and is the
# maximum of $\sigma(K(\omega))$ over frequencies, which you compute in section 6.
#
# ## 3 · Told the class (E15)
#
# **The question.** CIFAR-10 has ten classes with labels. How does a GAN use them, and what should $D$ say of a good picture with the wrong
# label?

# %%
predict("17.wrong_class")

# %% [markdown]
# **The derivation.** Give the label $y$ to both: $G(z, y)$, $D(x, y)$. The game is that of lecture 02 on *pairs*, so the best logit is
#
# $$v^*(x, y) = \log\frac{p(x, y)}{q(x, y)} = \log\frac{p(x\mid y)}{q(x\mid y)},$$
#
# the second because labels are asked for as often as they occur, $q(y) = p(y)$. At the end $q(\cdot\mid y) = p(\cdot\mid y)$ for every class: $G$
# draws a class on demand. A generator with perfect pictures that *ignores* $y$ has $q(x\mid y) = p(x)$, and by Bayes' rule
#
# $$v^*(x, y) = \log\frac{p(x\mid y)}{p(x)} = \log\frac{p(y\mid x)}{p(y)}.$$
#
# With ten equally frequent classes that never look alike this is $\log 10$ for the right label and $-\infty$ for a wrong one. An
# unconditional $D$ would say ½. In the conditional game that generator still has to pay, with $K$ classes,
#
# $$2\,\mathrm{JSD} = \log\frac{2K}{K+1} + \frac1K\log\frac2{K+1} + \Bigl(1 - \frac1K\Bigr)\log 2 .$$

# %% tags=["claim:E15"]
# NBVAL_CHECK_OUTPUT
for k in (2, 10, 1000):
    p_pairs, q_pairs = np.eye(k) / k, np.full((k, k), 1 / k**2)  # picture of class i, told label j
    m = (p_pairs + q_pairs) / 2
    shown = p_pairs > 0
    from_pairs = (p_pairs * np.log(np.where(shown, p_pairs, 1) / m)).sum() + (
        q_pairs * np.log(q_pairs / m)
    ).sum()
    exact = np.log(2 * k / (k + 1)) + np.log(2 / (k + 1)) / k + (1 - 1 / k) * np.log(2)
    print(
        f"{k:4d} classes: 2 JSD = {from_pairs:.6f} from the pairs, {exact:.6f} by the formula; the most is {2 * np.log(2):.6f}"
    )
    assert np.isclose(from_pairs, exact)

# %% [markdown]
# **The projection discriminator** (Miyato and Koyama 2018). How should a network be built that can express $v^*$? Split it by Bayes' rule:
#
# $$v^*(x,y) = \underbrace{\log\frac{p(x)}{q(x)}}_{\text{is it a picture?}} + \underbrace{\log\frac{p(y\mid x)}{q(y\mid x)}}_{\text{is it of this class?}}.$$
#
# 1. Suppose that both posteriors are log-linear in the same features $h(x)$, as in a classifier with a softmax at its end:
#    $\log p(y\mid x) = v^p_y\cdot h(x) - \log Z^p(x)$, and likewise for $q$.
# 2. Their difference is $(v^p_y - v^q_y)\cdot h(x) - \log Z^p(x) + \log Z^q(x)$.
# 3. The normalisers depend on $x$ alone. They join the first part, and both together become a free function of $h$: a linear one here.
#
# $$v(x, y) = a\cdot h(x) + v_y\cdot h(x).$$
#
# The class enters as an *inner product*. Glueing $y$ to the pixels would leave it to the network to find that out. A caption may
# take the label's place: $v_y$ is then a linear map of what a text network makes of it (L0, figure 9, shows such images).
#
# **The number.** In the plane, let $p(x\mid y) = N(m_y, s^2I)$ and $q(x\mid y) = N(m'_y, s^2I)$. Then $v^*$ is exactly of that form with
# $h(x) = (x_1, x_2, 1)$: $a + v_y = \bigl((m_y - m'_y)/s^2,\ (|m'_y|^2 - |m_y|^2)/2s^2\bigr)$. Logistic regression on samples, class by class, must find it.

# %%
rng = np.random.default_rng(0)
s, n = 0.8, 100_000
means_p = np.array([[1.0, 0.0], [-0.5, 0.8], [0.0, -1.0]])
means_q = np.array([[0.5, 0.3], [-0.5, 0.8], [0.6, -0.4]])  # right for the second class only
learned, exact = [], []
for mp, mq in zip(means_p, means_q, strict=True):
    x = np.vstack([mp + s * rng.standard_normal((n, 2)), mq + s * rng.standard_normal((n, 2))])
    h, real = np.column_stack([x, np.ones(2 * n)]), np.repeat([1.0, 0.0], n)
    w = np.zeros(3)
    for _ in range(8):  # Newton's steps on the convex loss of D
        says = 1 / (1 + np.exp(-h @ w))
        w += np.linalg.solve((h * (says * (1 - says))[:, None]).T @ h, h.T @ (real - says))
    learned.append(w)
    exact.append([*(mp - mq) / s**2, (mq @ mq - mp @ mp) / (2 * s**2)])
for y, (w, e) in enumerate(zip(learned, exact, strict=True)):
    print(f"class {y}: learned {np.round(w, 3)}   exact {np.round(e, 3)}")
assert np.abs(np.array(learned) - exact).max() < 0.05

# %% [markdown]
# For the second class, where $G$ is right, the row is zero: $D = ½$ there, whatever $x$.
#
# **Your turn.** Features, labels and weights in, logits out.


# %% tags=["exercise:17.projection_logit"]
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
    raise NotImplementedError("your answer goes here")


# %%
check("17.projection_logit", projection_logit)

# %% [markdown]
# **Conditional batch norm** tells $G$. All classes share every convolution; only gain and shift of each channel after its batch norm
# belong to the class,
#
# $$\gamma_y\,\frac{h - \mu}{\sqrt{\sigma^2 + \varepsilon}} + \beta_y .$$
#
# That is little: in the published generator ten classes instead of none add 27,648 numbers to 4.3 million, in the
# discriminator the rows $v_y$ add 1,280.

# %%
# NBVAL_CHECK_OUTPUT
more_g = count_parameters(ResNetGenerator(classes=10)) - count_parameters(ResNetGenerator())
more_d = count_parameters(ResNetDiscriminator(classes=10)) - count_parameters(ResNetDiscriminator())
print(f"{more_g:,} = 6 norms x 2 x 256 channels x (10 - 1);  {more_d:,} = 10 x 128")
assert more_g == 6 * 2 * 256 * 9 and more_d == 10 * 128

# %% [markdown]
# **In seconds.** A conditional GAN in the plane: the ring of eight, each mode a class. Noise of two numbers and the class, one-hot;
# a projection at the end of $D$.

# %%
ring = densities.ring(std=0.05)


class ToldGenerator(nn.Module):
    """Two numbers of noise and a class of eight, one-hot, to a point."""

    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(10, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 2)
        )

    def noise(self, n, generator=None):
        which = torch.randint(8, (n,), generator=generator)
        return torch.cat([torch.randn(n, 2, generator=generator), F.one_hot(which, 8)], 1)

    def labels(self, z):
        return z[:, 2:]

    def forward(self, z):
        return self.layers(z)


class ToldDiscriminator(nn.Module):
    """A point and its class to a logit, by projection."""

    def __init__(self):
        super().__init__()
        self.h = nn.Sequential(nn.Linear(2, 64), nn.LeakyReLU(0.2), nn.Linear(64, 64), nn.LeakyReLU(0.2))
        self.a, self.v = nn.Linear(64, 1), nn.Linear(8, 64, bias=False)

    def forward(self, x, y):
        h = self.h(x)
        return self.a(h).squeeze(1) + (self.v(y) * h).sum(1)


def points_and_classes(n, rng):
    x, y = ring.sample(n, rng, labels=True)
    return np.float32(x), np.eye(8, dtype=np.float32)[y]


torch.manual_seed(0)
told = train(
    ToldGenerator(),
    ToldDiscriminator(),
    points_and_classes,
    steps=budget(ci=300, cpu=1_000, gpu=1_000),
    step=conditional(),
    learning_rate=1e-3,
    average=0.99,
    device="cpu",
    progress=False,
).averaged_generator
z = told.noise(2_000, torch.Generator().manual_seed(1))
with torch.no_grad():
    x = told(z).numpy()
asked = z[:, 2:].argmax(1).numpy()
nearest = ((x[:, None] - ring.means) ** 2).sum(2).argmin(1)
away = np.linalg.norm(x - ring.means[asked], axis=1).mean()
figure, axes = plt.subplots(figsize=(3.4, 3.2))
axes.plot(*ring.means.T, "o", color=plots.DATA, markersize=11, alpha=0.35)
for k in range(8):
    axes.plot(*x[asked == k].T, ".", color=plt.cm.cividis(k / 7), markersize=3)
axes.set(aspect="equal", xlabel="x₁", ylabel="x₂", title="asked for class 0 (dark) to 7")
plt.show()
print(f"nearest to the mode that was asked for: {np.mean(asked == nearest):.1%}")
print(f"mean distance to it: {away:.3f}; in the data {0.05 * np.sqrt(np.pi / 2):.3f}")
assert np.mean(asked == nearest) > 0.95

# %% [markdown]
# Every class arrives where it was asked to. No mode can be lost when the label names it: what unconditional GANs fought for in lecture 13 is free
# here. But look at the second number: *within* a class the samples are too narrow. Labels do not help there.
#
# The same with photographs, by the conditional recipes of the race after three minutes of one core: DCGAN with the class as further channels, and
# SNGAN with projection and conditional batch norm. Change the class and keep $z$; then move $z$. It is early in their training: the class decides
# colours and layout, and there are no objects yet.

# %%
conditional_samples.demo()

# %% [markdown]
# **Remember.** $D$ judges pairs; the label enters $D$ as an inner product and $G$ as gains and shifts. A label saves modes between classes, not
# variety within one.
#
# ## 4 · The race
#
# **The question.** Seven recipes with their own constants, the same images, the same three minutes of one processor core, one seed. Who
# is ahead?

# %%
predict("17.race")

# %% [markdown]
# The rules, as `python tools/measure_cifar_race.py` ran it: 45,000 training images; the other 5,000 are the judge's, and neither
# the classifier nor any generator saw them. The minutes are the processor's time for training alone; scoring is not counted. The networks are those
# of the recipes' processor size (see `gancourse/recipes`), the generators averaged. The Fréchet distance is on the classifier's features with
# 2,500 images; *best* is the lowest along the way, chosen with 500 images and then judged like the last.

# %%
names = race_demo.NAMES
print(
    f"{'':20s}{'minutes':>8s}{'steps':>7s}{'images/s':>10s}{'last':>8s}{'best':>8s}{'precision':>11s}{'recall':>8s}"
)
for name in RECIPES:
    row = rows.get(name)
    if row is None:
        print(f"{names[name]:20s}  not yet run: {cifar_race.COMMAND} --recipes {name}")
        continue
    last, best = row["last"], row["best"]
    print(
        f"{names[name]:20s}{row['seconds'] / 60:8.2f}{row['steps']:7,d}{row['images_per_second']:10.0f}{last['frechet']:8.1f}"
        f"{best['frechet']:8.1f}{last['precision']:11.2f}{last['recall']:8.2f}"
    )
real = floor[str(cifar_race.MANY)]
print(
    f"{'real images':20s}{'':25s}{real['frechet']:8.1f}{'':8s}{real['precision']:11.2f}{real['recall']:8.2f}"
)
assert min(rows, key=lambda name: rows[name]["last"]["frechet"]) == "dcgan"
assert all(row["last"]["frechet"] > 5 * real["frechet"] for row in rows.values())
dcgan = rows["dcgan"]["last"]
assert dcgan["precision"] > real["precision"] and dcgan["recall"] < 0.1
assert (
    rows["wgan_gp"]["steps"] < 100 and rows["sngan"]["best"]["frechet"] < rows["sngan"]["last"]["frechet"] - 3
)

# %%
race_demo.demo()

# %%
figure, axes = plt.subplots(2, 4, figsize=(8, 4.4), dpi=45)
for place in axes.flat:
    place.axis("off")
for place, name in zip(axes.flat, RECIPES, strict=False):
    if name in rows:
        shown = rows[name]["samples"][:16] / np.float32(127.5) - 1
        plots.image_grid(place, shown, columns=4, title=names[name])
plt.show()

# %% [markdown]
# **Read it with care.** Uniform noise is at 70 on this scale, an untrained DCGAN, all grey, at 82, real images at 0.5. There is one seed, and
# differences of a few units prove nothing.
#
# 1. *Nobody is near the data*, and nobody could be: the published runs take hours on a GPU.
# 2. *What counts here is cheapness.* DCGAN has drawn 100,000 images for its generator's steps, SNGAN 5,000 and WGAN-GP 3,500: in section 1's
#    arithmetic each of their images costs twelve times as much, and they take five steps of $D$ for one of $G$. WGAN-GP ends after 55 of 100,000
#    steps. Its row says nothing about WGAN-GP. That *is* the result: on one core and in minutes these recipes cannot be told apart.
# 3. *Precision flatters.* DCGAN's is as high as that of real images, with a recall of 0.04: its samples are few kinds of blur, each of them near some
#    real photograph's features. Before training, when every picture is the same grey, precision is 1.00. Never read one without the other.
# 4. *New is not quick.* The modern baseline, whose family leads the published table, ends last: three minutes are not what it was made for.
# 5. *Last and best differ.* SNGAN was best, at 47.0, in its step 26 of 79, and then got worse, to 52.1. A residual generator starts at 57 without
#    any training (its random pictures have textures), so that its first steps move between kinds of noise. A table of best scores would praise that.
#
# **Conditional against unconditional.**

# %%
for name in ("dcgan", "sngan"):
    told = f"{name}_conditional"
    if told in rows:
        share = np.array(rows[told]["as_asked"])
        print(
            f"{names[told]}: Fréchet distance {rows[told]['last']['frechet']:.1f}, without classes "
            f"{rows[name]['last']['frechet']:.1f}; the classifier sees the class that was asked for in "
            f"{share.mean():.2f} of the images (by chance 0.10),"
        )
        best = np.argsort(share)[::-1][:3]
        print("    most often " + ", ".join(f"{conditional_samples.CLASSES[k]} {share[k]:.2f}" for k in best))
assert np.mean(rows["dcgan_conditional"]["as_asked"]) > 0.13
generator = cifar_race.generator_of("dcgan_conditional")
codes = torch.randn(3, 64, generator=torch.Generator().manual_seed(5)).repeat_interleave(10, 0)
with torch.no_grad(), threads(1):
    sheet = generator(torch.cat([codes, torch.eye(10).repeat(3, 1)], 1)).numpy()
figure, axes = plt.subplots(figsize=(6.8, 2.2), dpi=55)
plots.image_grid(axes, sheet, columns=10, title="DCGAN: a class a column, from airplane to truck; a z a row")
plt.show()

# %% [markdown]
# DCGAN obeys its labels a little: above chance, and most for 'deer' and 'ship', which are colours and backgrounds before they are objects. SNGAN
# does not yet: after 79 steps of its own nearly everything is taken for one class, whatever was asked for. The two SNGAN recipes differ in the label alone;
# the two DCGANs also in batch and rates, so that only the first pair is a fair comparison, and with one seed two units prove nothing. In the
# published tables, after 50,000 steps and more, the label takes about a fifth off: 16.8 to 13.2.
#
# **Remember.** Within minutes cheap steps win; the published order needs the published number of steps. Report last *and* best, and say of how many
# images.
#
# *This is the end of the core.*
#
# ## 5 · Further: what a GPU does

# %%
predict("17.roofline")

# %% [markdown]
# **The derivation.** A step costs arithmetic and traffic: operations, and bytes between memory and processor. A machine has a peak in
# each, and whichever takes longer is the time:
#
# $$\text{time} = \max\Bigl(\frac{\text{operations}}{\text{peak}},\ \frac{\text{bytes}}{\text{bandwidth}}\Bigr)
# \quad\Longleftrightarrow\quad \text{speed} = \min(\text{peak},\ I\cdot\text{bandwidth}),\qquad I = \frac{\text{operations}}{\text{bytes}}.$$
#
# $I$ is the *arithmetic intensity*. A 3 × 3 convolution with $C$ channels reads and writes each map once and takes $9C$ products for each number
# written: $I\approx 2\cdot 9C/(2b) = 9C/b$ with $b$ bytes a number. Batch norm and ReLU take about three operations a number: $I\approx 3/(2b)$.

# %%
# NBVAL_CHECK_OUTPUT
for channels in (8, 24, 128, 256):
    operations, traffic = roofline.convolution(64, 32, channels, 4)
    print(
        f"{channels:4d} channels: {operations / traffic:6.1f} operations a byte; 9C/b = {9 * channels / 4:.1f}"
    )
    assert abs(operations / traffic / (9 * channels / 4) - 1) < 0.02
operations, traffic = roofline.elementwise(64, 32, 256, 4)
print(f"batch norm and ReLU: {operations / traffic:.3f}, whatever the channels")

# %%
roofline.demo()

# %% [markdown]
# Three things to read off. Wide convolutions are bound by arithmetic, and a GPU has hundreds of times more of it than a core. Batch norm
# and ReLU are bound by memory on every machine: joining them to the convolution before them (what `torch.compile` does) saves the way
# to memory and back. And **bfloat16** halves the bytes and, on units made for it, multiplies the peak by fifteen; then the 24 channels of our race, 108
# operations a byte, no longer fill an H100, which wants 295: on a GPU take the published widths.
#
# **bfloat16** keeps float32's range of exponents and 8 bits of precision: next to 1 comes 1.0078. Products and sums in a pass survive
# that. A weight does not: an update of $2\cdot10^{-4}$ vanishes. So `accelerate=("bf16",)` runs passes in bfloat16, and keeps weights,
# losses, penalties and Adam in float32.

# %%
# NBVAL_CHECK_OUTPUT
weight = torch.ones((), dtype=torch.bfloat16)
for _ in range(1_000):
    weight += 2e-4
print(
    "a thousand updates of 2e-4 in bfloat16:",
    weight.item(),
    "  in float32:",
    round((torch.ones(()) + 1_000 * 2e-4).item(), 4),
)
assert weight == 1
image = torch.zeros(64, 256, 32, 32)
print("strides (image, channel, row, column):", image.stride())
print("channels last                        :", image.contiguous(memory_format=torch.channels_last).stride())

# %% [markdown]
# **Channels last** changes no number, only the order in memory: the 256 channels of a place lie side by side, as units for matrices read them.
#
# **How long does the published run take?** Per step of SNGAN, in forward passes (a backward pass is about two: one for the
# inputs, one for the weights): five times $D$ goes forth and back on 64 real and 64 generated images, which $G$ draws; then once $G$ forth and back,
# through $D$ without its weights.

# %%
g, d = costs["colour, residual, as published"]
per_step = 2 * (5 * (64 * g + 3 * 128 * d) + 64 * (3 * g + 2 * d))  # two operations a multiply-add
total = 50_000 * per_step
print(f"{per_step:.3g} operations a step, {total:.3g} in 50,000")
a, b = torch.randn(2, 768, 768)
with threads(1):
    a @ b
    start = time.process_time()
    for _ in range(5):
        a @ b
core = 5 * 2 * 768**3 / (time.process_time() - start)
print(f"this core, on matrices, just now: {core:.3g} operations a second: {total / core / 86400:.1f} days")
for name, (single, half, _) in roofline.MACHINES.items():
    print(
        f"{name:13s} at its peak: {total / single / 3600:10.2f} h in float32, {total / half / 3600:10.2f} h in bfloat16"
    )
assert 2.5e12 < per_step < 3e12

# %% [markdown]
# Peaks are bounds. StudioGAN's log reports 9 h 22 for its conditional SNGAN, on its machine and with its number of steps: most of a step is spent
# on traffic, on starting kernels and on small layers.
#
# **On your GPU.** Rows that no one has run here yet, and the commands that make them:
#
# | | Fréchet distance, last and best | images a second | command |
# |---|---|---|---|
# | seven recipes, ten minutes each, published widths | not yet run | not yet run | `python tools/measure_cifar_race.py --device cuda --minutes 10` |
# | the same in bfloat16, channels last | not yet run | not yet run | … `--accelerate bf16 channels-last --to work/race_bf16.json` |
# | SNGAN, 50,000 steps | not yet run | not yet run | `python -m gancourse train sngan --data cifar-10 --steps 50000 --accelerate bf16 channels-last` |
#
# Where there is a GPU, and CIFAR-10 at hand, the next cell trains for some minutes, and leaves a report. Elsewhere it says so.

# %%
minutes = budget(ci=0, cpu=0, gpu=5)
if minutes and torch.cuda.is_available():
    from gancourse.runs import run_recipe

    try:
        load("cifar-10")
    except DataError as problem:
        print(problem)
    else:
        print(
            run_recipe(
                "sngan_conditional",
                "cifar-10",
                minutes=minutes,
                accelerate=("bf16", "channels-last"),
                resume=False,
                out=f"work/lecture_17/{time.time_ns()}",
            )
        )
else:
    print("No GPU here (or not its profile), so nothing is trained. A run of your own, on any machine:")
    print("python -m gancourse train sngan_conditional --data cifar-10 --minutes 10")

# %% [markdown]
# **Remember.** Arithmetic intensity decides: wide convolutions, large batches and bfloat16 keep a GPU busy. Weights and optimiser stay in float32.
#
# ## 6 · Further: two exercises
#
# **Conditional batch norm**, in training mode.


# %% tags=["exercise:17.conditional_batch_norm"]
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
    raise NotImplementedError("your answer goes here")


# %%
check("17.conditional_batch_norm", conditional_batch_norm)

# %% [markdown]
# **The spectral norm of a convolution**, for kernels of several channels.


# %% tags=["exercise:17.convolution_norm"]
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
    raise NotImplementedError("your answer goes here")


# %%
check("17.convolution_norm", convolution_norm)

# %% [markdown]
# ## 7 · Further: one name, scores from 22 to 54
#
# **The question.** "WGAN-GP on CIFAR-10" has a Fréchet distance of 22 in one library and of 54 in another. The algorithm is eight lines long. What differs?
#
# Nearly everything that the name does not say: residual or plain networks, 128 channels or 256, 10,000 steps or 100,000, the rate's decay, averaged weights or not;
# and then the *measurement*: against training or test images, which port of the Inception network, how images are resized, and **how many samples**.
#
# **The number.** The last one can be seen here. Real images against real images, and one generator, each with 500 and with 2,500 samples:

# %%
few, many = (floor[str(n)]["frechet"] for n in (cifar_race.FEW, cifar_race.MANY))
print(f"real against real: {few:.2f} with 500, {many:.2f} with 2,500: {few / many:.1f} times as much")
for name, row in rows.items():
    with_few, with_many = row["curve"]["frechet"][-1], row["last"]["frechet"]
    print(
        f"{names[name]:20s} {with_few:6.1f} with 500, {with_many:6.1f} with 2,500: {with_few - with_many:.1f} less"
    )
assert 4 < few / many < 7
gaps = [row["curve"]["frechet"][-1] - row["last"]["frechet"] for row in rows.values()]
assert all(gap > 0 for gap in gaps)

# %% [markdown]
# The bias goes like 1/n (lecture 16): five times as many samples, a fifth of it. It is always upwards, and it differs from model to model, so that a score with 5,000
# samples must not stand beside one with 50,000. Papers use 5,000, 10,000 or 50,000, and do not always say so.
#
# The order of magnitude in published scores, all reported, none of them comparable with ours:
#
# | model | Fréchet distance, Inception | source |
# |---|---|---|
# | DCGAN (3.8 M + 2.9 M) | 49.0 at best, after 42,000 steps; 137 after 200,000 | StudioGAN's log |
# | DCGAN, small networks / with R1 | 24.7 / 24.2 | xyfJASON |
# | WGAN, clipped | 49.9 | xyfJASON |
# | WGAN-GP | 22.3 | mimicry, 100,000 steps |
# | SNGAN | 16.77 ± 0.04 | mimicry, 100,000 steps |
# | SNGAN, conditional | 13.2 | StudioGAN's log |
# | R3GAN | 1.96, reported | the paper, 8 GPUs |
#
# The first row is why this course prints last *and* best. Without a bound on $D$ a run gets worse after some 40,000 steps. A table with the best checkpoint alone hides it.
#
# **Remember.** Compare Fréchet distances within one table, with one n, one reference set, one network.
#
# ## What the papers say, what we got, the best that is possible
#
# | | papers | here |
# |---|---|---|
# | order of the recipes | SNGAN before WGAN-GP before DCGAN, after 50,000 to 200,000 steps | the table of section 4: three minutes of one core |
# | conditional against unconditional | 13.2 against 16.8 (two libraries) | section 4 |
# | the best that is possible | real images against real images: about 0 with many | floor 0.49 with 2,500 images, on our features |
# | GPU rows | hours on a GPU | not yet run: section 5 has the commands |
#
# ## What to remember
#
# 1. Residual blocks with a normalised or penalised $D$ break DCGAN's rules, and cost a generator 23 times the arithmetic.
# 2. Spectral normalisation bounds; it does not make $D$ 1-Lipschitz.
# 3. The conditional game is a game on pairs; the label enters $D$ as an inner product.
# 4. Same minutes, not same steps, is the fair race; last and best; and the number of samples.
# 5. A GPU speeds up what has arithmetic intensity.
#
# **Sources.** T. Miyato, T. Kataoka, M. Koyama, Y. Yoshida 2018 ([arXiv 1802.05957](https://arxiv.org/abs/1802.05957)). T. Miyato, M. Koyama
# 2018 ([arXiv 1802.05637](https://arxiv.org/abs/1802.05637)). I. Gulrajani et al. 2017 ([arXiv 1704.00028](https://arxiv.org/abs/1704.00028)). H.
# Sedghi, V. Gupta, P. Long, "The singular values of convolutional layers", 2019 ([arXiv 1805.10408](https://arxiv.org/abs/1805.10408)). S. Williams, A. Waterman, D.
# Patterson, "Roofline", 2009. Y. Huang et al. 2024 ([arXiv 2501.05441](https://arxiv.org/abs/2501.05441)). K. S. Lee, C. Town, "Mimicry", 2020
# ([arXiv 2005.02494](https://arxiv.org/abs/2005.02494)). M. Kang et al., "StudioGAN", 2022 ([arXiv 2206.09479](https://arxiv.org/abs/2206.09479)). A. Krizhevsky 2009 (CIFAR-10). Lecture
# notes L0 §3.2 and figure 9, L1 (DCGAN), L2.
