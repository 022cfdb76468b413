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
# # 16 · Judging a GAN
#
# *Two generators, two pages of samples. Which one is better, and what would you have to measure to know?*
#
# When you have worked through this lecture you will be able to
#
# - say why a GAN has no likelihood, and why neither its losses nor its samples say when to stop (G1);
# - compute a Parzen log-likelihood, and show that it ranks blurred means above real data (G4, F10);
# - compute the Inception score by hand, and build a generator that reaches its maximum with ten images (G2);
# - derive the Fréchet distance from one dimension up, put it beside the published curves, take its bias away, and name what
#   it does not see (G3);
# - tell quality from variety by precision and recall, density and coverage, and the kernel distance (G6);
# - find a generator that has learned its training data by heart, and images that a generator cannot draw (G5).
#
# **Time.** Core: 50 minutes, sections 1 to 4, with one exercise. Further: 60 minutes, sections 5 to 9, with four.
#
# **You need** lecture 05 (KL), lecture 08 (Wasserstein distances), lecture 09 (MMD), lecture 15 (digits); the shipped digits only.
#
# As always $p$ is the data, $q$ the generator, and logarithms are natural. *Features* are the 64 activations before the last layer
# of a classifier of digits: what Inception's 2,048 are in the literature. The numbers can be compared with each other, not with
# published ones.

# %%
import matplotlib.pyplot as plt
import numpy as np
import torch
from scipy.optimize import minimize_scalar
from scipy.stats import norm

from gancourse import budget, plots
from gancourse.compute import threads
from gancourse.data import embedded_digits, to_network
from gancourse.demos import (
    class_score,
    distortion_sweep,
    frechet_bias,
    frechet_gaussians,
    outlier_balls,
    parzen_bandwidth,
    precision_balls,
)
from gancourse.exercises import check
from gancourse.features import classify, extract
from gancourse.metrics import (
    density_coverage,
    expected_coverage,
    frechet_distance,
    frechet_distance_bias,
    frechet_distance_extrapolated,
    frechet_distance_gaussian,
    inception_score,
    kernel_distance,
    kernel_distance_all_pairs,
    memorisation,
    nearest_neighbours,
    parzen_log_likelihood,
    precision_recall,
)
from gancourse.questions import predict
from gancourse.recipes import distortions, memorised, mode_collapse, parzen
from gancourse.recipes.digits import pretrained_generator
from gancourse.recipes.distortions import distort, letters

plots.use()
plt.rcParams["figure.dpi"] = 68  # this lecture has many pictures
train, test = embedded_digits("train"), embedded_digits("test")  # 4,000 digits, and 1,000 unseen ones
train_images, test_images = to_network(train.pixels), to_network(test.pixels)
with threads(1):
    train_features, test_features = extract(train_images), extract(test_images)
    generator = pretrained_generator()
    with torch.no_grad():
        made = generator(generator.noise(1_000, torch.Generator().manual_seed(0))).numpy()
    made_features = extract(made)

# %% [markdown]
# ## 1 · No likelihood, and no loss to watch (G1)
#
# **The question.** A model of text or a mixture of Gaussians is judged by the log-likelihood of unseen data. Why not a GAN?

# %%
predict("16.losses")

# %% [markdown]
# **The derivation.** $q$ is the law of $G(z)$, with $z$ of dimension $k$ and images of dimension $d$. If $k<d$, all of $q$ lies on a
# surface of dimension $k$ (lecture 07), which has volume zero: there is no density $q(x)$ to evaluate. Even
# where $k=d$, nobody can compute $q(x)$, since it takes the inverse of a network. One can only *smooth*: draw samples, put a Gaussian of width $h$ on
# each. For an $x$ at distance $\delta$ from the surface, the nearest sample dominates as $h\to0$,
#
# $$\log q_h(x) \approx -\frac{\delta^2}{2h^2} - (d-k)\log h + \text{const}\;\longrightarrow\;
# \begin{cases}+\infty & \delta=0\\ -\infty & \delta>0 .\end{cases}$$
#
# Real data are never exactly on the surface. So the likelihood is $-\infty$ and $\mathrm{KL}(p\|q) = \infty$, for every GAN: a
# useless number. With $h>0$ it is finite, and governed by $h$: section 2.
#
# **The number.** $G(z) = (\cos z, \sin z)$, a circle in the plane. Three points at three distances $\delta$ from it, under the exact smoothed law.

# %%
# NBVAL_CHECK_OUTPUT
circle = np.linspace(0, 2 * np.pi, 200_001)[:-1]
print("h        log density at distance 0     0.1       0.3")
for h in (0.3, 0.1, 0.03, 0.01):
    row = []
    for delta in (0.0, 0.1, 0.3):
        exponent = -((1 + delta - np.cos(circle)) ** 2 + np.sin(circle) ** 2) / (2 * h * h)
        top = exponent.max()
        row.append(top + np.log(np.exp(exponent - top).mean()) - np.log(2 * np.pi * h * h))
    print(f"{h:5.2f} {row[0]:27.2f} {row[1]:10.2f} {row[2]:9.2f}")

# %% [markdown]
# > **Where the notes slip.** L2 says that for autoencoders "we could use test log likelihood". A plain autoencoder defines no
# > density either. A *variational* one does, and even there one can compute only a lower bound (lecture 22).
#
# **The losses instead?** Each player's loss depends on the other player. Below, two runs of a small GAN (perceptrons, the relativistic loss, R1 and
# R2), on 50 digits and on 4,000: the generator's loss, and the Fréchet distance of its samples to 1,000 unseen digits, which is section 4's number.
# `python tools/measure_memorisation.py` made them.

# %% tags=["claim:G1"]
runs = memorised.stored()
figure, axes = plt.subplots(1, 2, figsize=(9, 2.8))
looks = {"fifty": (plots.GENERATOR, "-"), "all": (plots.DATA, "--")}
for name, run in runs.items():
    colour, dash = looks[name]
    label = f"{memorised.RUNS[name]:,} digits"
    axes[0].plot(run["step"], run["generator_loss"], color=colour, linestyle=dash, label=label)
    axes[1].plot(run["step"], run["frechet"], color=colour, linestyle=dash, label=label)
axes[0].set(xlabel="step", ylabel="loss of G, nats", ylim=(0, 2.4))
axes[1].set(xlabel="step", ylabel="Fréchet distance", yscale="log")
for side in axes:
    plots.legend(side)
plt.show()
print("run                step   Fréchet   loss of D   loss of G")
for name, at in (("fifty", 1), ("fifty", 10), ("fifty", -1), ("all", -1)):
    run = runs[name]
    print(
        f"{memorised.RUNS[name]:5,} digits {run['step'][at]:10.0f} {run['frechet'][at]:9.1f} {run['discriminator_loss'][at]:11.3f} {run['generator_loss'][at]:11.3f}"
    )
fifty, all_ = runs["fifty"], runs["all"]
assert (
    fifty["frechet"][10] < 0.3 * fifty["frechet"][1]
    and abs(fifty["generator_loss"][10] - fifty["generator_loss"][1]) < 0.05
)
assert (
    all_["generator_loss"][-1] < 0.6 * fifty["generator_loss"][-1]
    and all_["frechet"][-1] > 1.5 * fifty["frechet"][-1]
)

# %% [markdown]
# Between steps 600 and 3,300 of the first run the distance falls to a quarter, and both losses stand still. And of the two runs the one with *half* the loss has samples twice as far from the data. (Which of the
# two generators would you rather have? Wait for section 7.) No loss says when to stop. Take a number that does not depend on $D$, on data that
# neither player has seen, and stop where that is best.
#
# **Look at samples?** One should. But a look is *biased*: it finds blur and broken strokes, and cannot find what is missing. Suppose one of ten
# classes is lost. A page of 25 perfect samples has none of that class with probability $0.9^{25}$:

# %%
# NBVAL_CHECK_OUTPUT
for share in (0.1, 0.03, 0.01):
    for n in (25, 100):
        print(
            f"a kind with a share of {share:4.0%} is absent from a perfect page of {n:3d}: {(1 - share) ** n:6.1%}"
        )

# %% [markdown]
# So a page without it proves nothing. Copies of training images, in turn, look perfect (section 7).
#
# **Remember.** No density, hence no likelihood; losses that compare two players; and eyes that cannot see what is not there.
#
# ## 2 · Parzen's estimate, and why it misleads (G4, F10)
#
# **The question.** Early papers smoothed the samples $y_1,\dots,y_n$ all the same, and reported the log-likelihood of test data in nats:
#
# $$\log q_h(x) = \log\frac1n\sum_{i=1}^n e^{-\|x-y_i\|^2/2h^2} - \frac d2\log 2\pi h^2 ,$$
#
# with $h$ chosen on validation data. f-GAN's table 4, as L1 reprints it (MNIST, 16,384 samples each):
#
# | trained by | nats | ± | | nats | ± |
# |---|---|---|---|---|---|
# | Kullback–Leibler | 416 | 5.6 | Jeffrey | −2101 | 30 |
# | reverse KL | 319 | 8.4 | Jensen–Shannon | 367 | 8.2 |
# | Pearson | 429 | 5.5 | GAN | 305 | 9.0 |
# | Neyman | 300 | 8.3 | variational autoencoder | 445 | 5.4 |
# | squared Hellinger | −708 | 18 | *60,000 training images* | 502 | 6.0 |
#
# Note the last row: it smooths 60,000 images where the others smooth 16,384, and the number grows with $n$. Is a difference of 100 nats a difference in quality?

# %%
predict("16.parzen")

# %% [markdown]
# **How many samples would it take?** For a density with $\beta$ derivatives the estimate's squared error is $h^{2\beta} + 1/(nh^d)$ in order:
# the first is what smoothing blurs, the second what few samples scatter. The sum is least where both are alike, $h\sim n^{-1/(2\beta+d)}$, and then
#
# $$\text{error}\sim n^{-2\beta/(2\beta+d)} ,$$
#
# with $\beta=2$ for a Gaussian kernel. For $p = N(0, I_d)$ all integrals are Gaussian, and the mean of $\int(\hat p-p)^2$ over $\int p^2$ is
#
# $$\frac{1}{nh^d} + \Bigl(1-\frac1n\Bigr)(1+h^2)^{-d/2} - 2\Bigl(1+\frac{h^2}2\Bigr)^{-d/2} + 1 ,$$
#
# exactly. Below: the samples that bring it down to 10 %, and the exponent found from $n=10^6$ to $10^7$ beside the rate.

# %% tags=["claim:F10"]
# NBVAL_CHECK_OUTPUT
print("  d   samples for an error of 10 %   exponent   −4/(4 + d)")
for d in (1, 2, 5, 10, 20):
    exponent = np.log10(parzen.relative_error(1e7, d)[0] / parzen.relative_error(1e6, d)[0])
    print(f"{d:3d} {parzen.samples_needed(0.1, d):26.3g} {exponent:14.3f} {-4 / (4 + d):10.3f}")
    assert d > 5 or abs(exponent + 4 / (4 + d)) < 0.01

# %% [markdown]
# Ten dimensions take a million and a half, twenty take thirty-five million millions (and the rate is not even reached). A digit has 784.
#
# > **Where the notes slip.** L3 defines the Hölder class with $D^s = \partial^{s_1+\dots+s_d}/\partial x_1^{d_1}\cdots\partial x_s^{d_s}$: the
# > indices have changed places, it is $\partial x_1^{s_1}\cdots\partial x_d^{s_d}$. It writes the smoothed density as an integral over $u$ of
# > $K(\|x-X\|/h)\,p(u)$, where $\|x-u\|$ belongs. And it says that for fixed $h$ the rate $\sqrt{\log n/n}$ "does not depend on $d$": its constant
# > does, as $h^{-d}$ (the variance of one term is of order $1/h^d$). The next cell has that variance, exactly, for $N(0, I_d)$ at the origin.

# %%
# NBVAL_CHECK_OUTPUT
h = 0.5
for d in (1, 5, 10, 20):
    mean = (2 * np.pi * (1 + h * h)) ** (-d / 2)
    square = (4 * np.pi * h * h) ** (-d / 2) * (2 * np.pi * (1 + h * h / 2)) ** (-d / 2)
    print(f"d = {d:2d}, h = {h}: variance of one term over its mean squared: {square / mean**2 - 1:.3g}")

# %% [markdown]
# **The number, on digits.** Four sets of 500 rows, none a trained density model; the bandwidth of each is the one best on 500
# validation digits, and the score is on the 1,000 test digits, as published. Pixels from 0 to 1. The cell recomputes two of the rows.

# %% tags=["claim:G4"]
print("500 samples                      h      nats ± error")
for name in parzen.GENERATORS:
    print("{:24s} {:10.3f} {:9.1f} ± {:.1f}".format(name, *parzen.best(name, 500)))
rows = {}
for name in ("training digits", "k-means centres"):
    h, stored_mean, _ = parzen.best(name, 500)
    rows[name] = parzen_log_likelihood(parzen.samples(name, 500), parzen.rows("test"), h)
    print(f"again, {name}: {rows[name][0]:.1f} ± {rows[name][1]:.1f}")
    assert abs(rows[name][0] - stored_mean) < 1
assert rows["k-means centres"][0] > rows["training digits"][0] + 20 * rows["training digits"][1]
print(f"training digits, 100 samples only: {parzen.best('training digits', 100)[1]:.1f}")

# %% [markdown]
# Blurred averages beat real digits by more than a hundred nats: twenty standard errors. (Theis, van den Oord and Bethge 2016 found the same on all of MNIST.)
# The reason is in the formula. The nearest of few samples is far from every test digit, $\delta^2/2h^2$ dominates, and the mean of several
# digits is nearer to all of them than they are to each other. What is rewarded is to lie in the *middle*. And the first column of f-GAN's table can be moved by a hundred
# nats by the number of samples alone.

# %%
figure, axes = plt.subplots(figsize=(9, 1.7))
shown = [
    2 * parzen.samples(name, 500)[:18].reshape(-1, 1, 28, 28) - 1
    for name in ("k-means centres", "training digits")
]
plots.image_grid(
    axes, np.concatenate(shown), columns=18, title="above: k-means centres, the better ones; below: digits"
)
plt.show()

# %% [markdown]
# **The slider.** Left: what the density draws whose likelihood is reported, a digit plus noise of width $h$.
#
# 1. Go to the best bandwidth of the training digits. Would you call that draw a digit of MNIST?
# 2. Move away from it by four steps: by how many nats does the score change, beside the differences in f-GAN's table?
# 3. Take 100 samples. Does the order change?

# %%
parzen_bandwidth.demo()

# %% [markdown]
# **Remember.** In high dimension a Parzen log-likelihood measures bandwidth, sample size and centrality. Do not rank generators by it.
#
# ## 3 · The Inception score (G2)
#
# **The question.** If not by density, then by looks, but a machine's. A classifier says $p(y|x)$. What should it say of good samples?
#
# **The derivation.** Each image should be clearly of one class: $p(y|x)$ of low entropy. All classes should occur: $p(y) = \mathbb E_x\,p(y|x)$ of high
# entropy. The score joins both:
#
# $$\mathrm{IS} = \exp\,\mathbb E_{x\sim q}\,\mathrm{KL}\bigl(p(y|x)\,\|\,p(y)\bigr), \qquad
# \mathbb E\sum_y p(y|x)\log\frac{p(y|x)}{p(y)} = H(y) - H(y|x) ,$$
#
# the mutual information of image and class. As $0\le H(y|x)\le H(y)\le\log K$, it lies **between 1 and $K$**: 1 if the class does not depend on the image,
# $K$ if every image is of one class and all classes are equally frequent.
#
# **By hand.** Three classes, two images: $(0.8, 0.1, 0.1)$ and $(0.1, 0.8, 0.1)$. Then $p(y) = (0.45, 0.45, 0.1)$, both KL are
# $0.8\log\frac{0.8}{0.45} + 0.1\log\frac{0.1}{0.45} + 0 = 0.4603 - 0.1504 = 0.3099$, and the score is $e^{0.3099} = 1.363$.

# %% tags=["claim:G2"]
# NBVAL_CHECK_OUTPUT
print("by hand      :", round(inception_score([[0.8, 0.1, 0.1], [0.1, 0.8, 0.1]], splits=1)[0], 3))
print("one class    :", inception_score(np.tile([1.0, 0, 0], (9, 1)), splits=1)[0])
print("never sure   :", inception_score(np.full((9, 3), 1 / 3), splits=1)[0])
print("three images :", round(inception_score(np.tile(np.eye(3), (3, 1)), splits=1)[0], 6))
rng = np.random.default_rng(0)
scores = [inception_score(rng.dirichlet(np.full(7, 0.2), 50), splits=1)[0] for _ in range(300)]
print("300 random tables of 7 classes within 1 and 7:", 1 <= min(scores) and max(scores) <= 7)
assert (
    abs(
        inception_score([[0.8, 0.1, 0.1], [0.1, 0.8, 0.1]], splits=1)[0]
        - np.exp(0.8 * np.log(0.8 / 0.45) + 0.1 * np.log(0.1 / 0.45))
    )
    < 1e-9
)

# %% [markdown]
# > **Where the notes slip.** L2 explains a score of 1: if $p(y|x) = p(y)$, "all images give the same distribution over images". The distribution is over *labels*.

# %%
predict("16.inception")

# %% [markdown]
# Nowhere does the real data enter. Here are four "generators" of a thousand digits each, with the score of the course's classifier, in ten splits.

# %%
ten = np.stack([test_images[test.labels == c][0] for c in range(10)])  # one test digit a class
sets = {
    "real test digits": test_images,
    "DCGAN, from the checkpoint": made,
    "ten images over and over": np.tile(ten, (100, 1, 1, 1)),
    "printed letters": letters(1_000, np.random.default_rng(0)).astype(np.float32),
}
with threads(1):
    for name, images in sets.items():
        mean, spread = inception_score(classify(images), splits=10)
        print(f"{name:28s} {mean:6.2f} ± {spread:.2f} over the splits")
        assert name != "ten images over and over" or mean > 9.7

# %% [markdown]
# Ten images score as the data do. Letters, which are no digits at all, get a score too: the classifier must name *some* digit. It is a test of class labels,
# for data that have such classes.
#
# **The slider.**
#
# 1. All classes, surety 1: the score is 10. Halve the classes: 5. Why exactly?
# 2. Surety 0.5, ten classes: how far from 10 is half-sure?
# 3. One class with a share of 0.9: what does it do to $H(y)$?

# %%
class_score.demo()

# %% [markdown]
# **Remember.** $1\le\mathrm{IS}\le K$; labels only; blind to the data and to variety within a class.
#
# ## 4 · The Fréchet distance, from one dimension up (G3)
#
# **The question.** We want to compare with the real data, beyond class labels, from samples. Compare what of them?
#
# **One dimension.** Fit a Gaussian to each. On the line the best transport moves quantile to quantile (lecture 08). For $N(\mu_1,\sigma_1^2)$ and $N(\mu_2,\sigma_2^2)$ the quantile
# at $u$ is $\mu+\sigma\Phi^{-1}(u)$, so the mean squared way is
#
# $$W_2^2 = \int_0^1\bigl(\mu_1-\mu_2 + (\sigma_1-\sigma_2)\Phi^{-1}(u)\bigr)^2du = (\mu_1-\mu_2)^2 + (\sigma_1-\sigma_2)^2 ,$$
#
# as $\Phi^{-1}(u)$ has mean 0 and variance 1.
#
# **$d$ dimensions.** If both covariances are diagonal, add up the axes: $\|\mu_1-\mu_2\|^2 + \sum_i(\sigma_{1i}-\sigma_{2i})^2$. Write the sum as
# $\mathrm{Tr}(\Sigma_1+\Sigma_2-2(\Sigma_1\Sigma_2)^{1/2})$. That holds for all *commuting* covariances, which have common axes. In general the couplings of two centred
# Gaussians with cross-covariance $C$ cost $\mathrm{Tr}\,\Sigma_1+\mathrm{Tr}\,\Sigma_2-2\,\mathrm{Tr}\,C$, and the largest $\mathrm{Tr}\,C$ that leaves the joint covariance positive semi-definite is
# $\mathrm{Tr}(\Sigma_1^{1/2}\Sigma_2\Sigma_1^{1/2})^{1/2}$ (Dowson and Landau 1982), the sum of the roots of the eigenvalues of $\Sigma_1\Sigma_2$:
#
# $$\boxed{\;F = \|\mu_1-\mu_2\|^2 + \mathrm{Tr}\bigl(\Sigma_1+\Sigma_2-2(\Sigma_1\Sigma_2)^{1/2}\bigr)\;}$$
#
# On Inception's features it is called FID. It is a *squared* distance.
#
# **The number.** On the line by quantiles; in the plane beside an assignment of samples.

# %% tags=["claim:G3"]
u = (np.arange(400_000) + 0.5) / 400_000
quantiles = ((1.0 + 2.0 * norm.ppf(u)) - (-0.5 + 0.8 * norm.ppf(u))) ** 2
print(f"line : W2² by quantiles {quantiles.mean():.4f}   formula {1.5**2 + 1.2**2:.4f}")
a, b = frechet_gaussians.covariance(2.0, 0.0), frechet_gaussians.covariance(2.0, 45.0)
exact = frechet_distance_gaussian([0, 0], a, [1, 0], b)
rng, n = np.random.default_rng(0), budget(ci=400, cpu=1_500, gpu=1_500)
x, y = rng.multivariate_normal([0, 0], a, n), rng.multivariate_normal([1, 0], b, n)
assigned = mode_collapse.w2(x, y) ** 2
naive = 1 + ((np.sqrt(np.diag(a)) - np.sqrt(np.diag(b))) ** 2).sum()
print(
    f"plane: assignment of {n:,} samples {assigned:.3f}   formula {exact:.4f}   variances alone {naive:.4f}"
)
# the best coupling by search: C = Σ₁^½ R Σ₂^½ with R a rotation
root_a, root_b = (np.diag([2.0, 0.5]), frechet_gaussians.covariance(np.sqrt(2.0), 45.0))


def uncoupled(angle):
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return -np.trace(root_a @ turn @ root_b)


searched = 1 + np.trace(a + b) + 2 * minimize_scalar(uncoupled, bounds=(-3, 3), method="bounded").fun
print(f"       best coupling by search {searched:.4f}")
assert (
    abs(quantiles.mean() - 1.5**2 - 1.2**2) < 1e-3
    and abs(searched - exact) < 1e-6
    and abs(assigned - exact) < 0.5
)

# %% [markdown]
# > **Where the notes slip.** L2 prints $(\Sigma_{data}\Sigma_g)^{-\frac12}$. It is $+\frac12$, and two equal laws show it: the trace must cancel.

# %%
# NBVAL_CHECK_OUTPUT
wide = 4 * a
values = np.linalg.eigvals(wide @ wide).real
for name, power in (("+½", 0.5), ("−½", -0.5)):
    between = 2 * np.trace(wide) - 2 * np.sum(values**power)
    print(f"two equal laws, exponent {name}: {between:.3f}")

# %% [markdown]
# **The slider.** Two Gaussians with the same shape, one of them turned.
#
# 1. Angle 45°: how much of the distance do the variances alone see?
# 2. Angle 90°: which covariances commute? What do the variances alone see now?
# 3. Stretch 1: why does the angle not matter?

# %%
frechet_gaussians.demo()

# %% [markdown]
# **Six distortions.** Does the number grow when images get worse? Heusel et al. (2017) distorted faces in six ways. Here are the 1,000 unseen
# digits, distorted and compared with the 4,000 training digits. The first entry of each curve is the floor: undistorted.

# %%
curves = distortions.stored()
figure, axes = plt.subplots(2, 3, figsize=(9.5, 4.6), sharey=True, sharex=True)
for side, (name, row) in zip(axes.flat, curves.items(), strict=True):
    at, published = map(np.array, distortions.PUBLISHED[name])
    side.plot(distortions.POSITIONS, row["frechet"] / row["frechet"].max(), color=plots.EXACT, label="digits")
    side.plot(
        at,
        published / published.max(),
        "s--",
        color=plots.SERIES[0],
        linewidth=1.2,
        label="CelebA, published",
    )
    side.set_title(f"{name}: 1 is {row['frechet'].max():.0f} / {published.max():.0f}", fontsize=9)
    side.set(ylim=(0, 1.08))
axes[0, 0].legend(loc="lower right", fontsize=8)
for side in axes[1]:
    side.set_xlabel("level / the strongest")
plt.show()
for name, row in curves.items():
    steps = np.diff(row["frechet"])
    print(
        f"{name:16s} floor {row['frechet'][0]:.2f}, strongest {row['frechet'][-1]:7.1f}, largest step down {max(0.0, -steps.min()):.3f}"
    )
    assert steps.min() > -0.05 and row["frechet"][-1] > 50 * row["frechet"][0]

# %% [markdown]
# All six grow, as published, but for a step of 0.01 at a blur too small to change a pixel. The *shapes* differ, for reasons worth knowing:
#
# - **Noise**: published convex, ours saturates. Once the background is noise, the small classifier sees the same nonsense at every level.
# - **Salt and pepper**: the reverse. Inception is at its end with a tenth of the pixels; digits, which are black and white themselves, get worse steadily.
# - **Rectangles**: faces lose most by the first squares; on a digit most of a small black square falls on black.
# - **Blur**: the same shape, though it starts late here: below 0.3 pixels a Gaussian changes nothing on this grid.
# - **Swirl**: faces stand a little of it, since Inception hardly cares; the classifier of digits lives on the direction of strokes.
# - **Foreign images**: a share $s$ moves the mean by $s\,\Delta$, and so the gap by $s^2\|\Delta\|^2$: convex in both.
#
# So the curve belongs to the *features*. The distance grows in the way in which the network notices.
#
# **The slider.** Six distortions, thirteen levels, five scores.
#
# 1. Salt and pepper, level 2: is it worse than a blur of level 6? Ask your eyes, then the number.
# 2. Rectangles, level 12: nothing is left. What do precision and recall say? Keep that for section 6.
# 3. Foreign images: which of the five numbers does not notice?

# %%
distortion_sweep.demo()

# %% [markdown]
# **What it misses.** Everything beyond mean and covariance, even here: a square's four corners have the mean and the covariance of a Gaussian.

# %%
# NBVAL_CHECK_OUTPUT
rng = np.random.default_rng(0)
gaussian, corners = rng.standard_normal((2_000, 2)), rng.choice([-1.0, 1.0], (2_000, 2))
corners += 0.02 * rng.standard_normal(corners.shape)
fresh = rng.standard_normal((2_000, 2))
print(
    f"Fréchet: fresh Gaussian {frechet_distance(gaussian, fresh):.3f}, four corners {frechet_distance(gaussian, corners):.3f}"
)
print("covered by four corners:", round(density_coverage(gaussian, corners).coverage, 2))

# %% [markdown]
# And it cannot tell samples of $p$ from copies of the training data:

# %%
predict("16.copies")

# %%
half = len(train_features) // 2
copies = train_features[np.random.default_rng(0).choice(half, 1_000, replace=False)]
print(
    f"to the first half of the training digits: copies of it {frechet_distance(copies, train_features[:half]):.2f}, ",
    end="",
)
print(
    f"1,000 others {frechet_distance(train_features[half : half + 1_000], train_features[:half]):.2f}, ",
    end="",
)
print(f"DCGAN {frechet_distance(made_features, train_features[:half]):.2f}")
assert frechet_distance(copies, train_features[:half]) < frechet_distance(
    made_features, train_features[:half]
)

# %% [markdown]
# **Your turn.** The distance to *stored* moments, as libraries ship them for a data set. This is the main exercise of the lecture. One of its cases
# is damaged: say so instead of returning a number.


# %% tags=["exercise:16.frechet_to_moments"]
def frechet_to_moments(features, mean, covariance):
    """The squared Fréchet distance of a sample's features to the stored moments of the real data.

    |μ − mean|² + Tr(Σ + covariance − 2 (Σ·covariance)^½), with μ and Σ the mean and the unbiased covariance of the
    features, divided by n − 1. What is stored may be damaged: if the covariance has an eigenvalue below −10⁻³
    times its largest, it is none, and the answer is `np.nan`.

    Arguments:
        features: array (n, d); n may be smaller than d.
        mean: array (d,).
        covariance: array (d, d), symmetric.

    Returns:
        float.
    """
    raise NotImplementedError("your answer goes here")


# %%
check("16.frechet_to_moments", frechet_to_moments)

# %% [markdown]
# **Remember.** The squared $W_2$ of two fitted Gaussians, exponent $+\frac12$; it grows with what the features notice; blind to higher moments and to copies.
#
# *This is the end of the core.*
#
# ## 5 · Further: bias, and a distance without it (G3, G6)

# %%
predict("16.bias")

# %% [markdown]
# **The derivation.** Take two samples of *one* Gaussian. The means differ by a vector of variance $\frac2n\mathrm{Tr}\,\Sigma$. The covariances differ by some $H$, and
# to second order the trace term is $\frac12\sum_{ij}H_{ij}^2/(\lambda_i+\lambda_j)$, in the axes of $\Sigma$ with eigenvalues $\lambda$. As $\mathrm{Var}\,H_{ij} = \frac{2}{n-1}\lambda_i\lambda_j(1+\delta_{ij})$,
#
# $$\mathbb E F \approx \frac2n\sum_i\lambda_i + \frac1{n-1}\sum_{ij}\frac{\lambda_i\lambda_j(1+\delta_{ij})}{\lambda_i+\lambda_j} ,$$
#
# which for $\Sigma = I$ is about $d(d+5)/(2n)$. **The bias is a constant over $n$, and the constant grows as $d^2$.** It also depends on the generator, so two generators may change places
# as $n$ grows. Two remedies: equal $n$ for all, and large; or a line in $1/n$, extended to $1/n=0$.
#
# **The slider.**
#
# 1. 24 features, shift 0: what does a perfect generator score with 64 samples? With 2,048?
# 2. Shift 1: from which $n$ on does the line end near the true distance 1?
# 3. Where does the formula begin to fail, and on which side?

# %%
frechet_bias.demo()

# %%
total = np.cov(train_features, rowvar=False)
rng = np.random.default_rng(0)
orders = [rng.permutation(4_000) for _ in range(8)]


def floor_of(order, n):
    """The mean distance of neighbouring blocks of n rows, in an order."""
    starts = range(0, 4_000, 2 * n)
    return np.mean(
        [
            frechet_distance(train_features[order[i : i + n]], train_features[order[i + n : i + 2 * n]])
            for i in starts
        ]
    )


print("real against real\n    n   drawn at random   formula, Gaussian features   in the file's order")
for n in (125, 250, 500, 1_000):
    drawn = np.mean([floor_of(order, n) for order in orders])
    print(
        f"{n:5,} {drawn:16.2f} {frechet_distance_bias(total, n):21.2f} {floor_of(np.arange(4_000), n):24.2f}"
    )
    assert abs(drawn / frechet_distance_bias(total, n) - 1) < 0.3
with torch.no_grad(), threads(1):
    more = extract(generator(generator.noise(2_000, torch.Generator().manual_seed(1))))
real, other = train_features[orders[0][:2_000]], train_features[orders[0][2_000:]]
for name, others in (("real digits", other), ("DCGAN", more)):
    line = frechet_distance_extrapolated(real, others, sizes=[500, 667, 1_000, 2_000])
    print(
        f"{name:12s} n = 500: {line.distances[0]:6.2f}   n = 2,000: {line.distances[-1]:6.2f}   extended to n = ∞: {line.value:6.2f}"
    )

# %% [markdown]
# The floor falls like $1/n$, and the formula foretells it, though features are far from Gaussian. The last column is half of it: in the shipped files ten digits in a row hold each class once, so
# blocks of them have *equal counts* of all classes, and lie nearer to each other than random draws do. The floor of 2.2 in section 4 is such a balanced one. A generator's samples are
# random draws: compare them with a floor of random draws. The line's value at $\infty$ has an error of a unit or two here: $n$ must be well above $d=64$, and four sizes of one sample are not independent.
#
# **Without bias.** Lecture 09's $\mathrm{MMD}^2$, estimated over pairs of *different* points, has no bias at any $n$. With the kernel $k(x,y) = (x\cdot y/d+1)^3$ on Inception's features it is called
# KID, the kernel inception distance. It may be negative: its mean is 0 for equal laws. It compares moments up to the third.

# %% tags=["claim:G6"]
rng = np.random.default_rng(0)
print("500 pairs of samples of one law; kernel distance and Fréchet distance, times n")
for n in (20, 80):
    pairs = rng.standard_normal((500, 2, n, 3))
    kid = np.array([kernel_distance_all_pairs(x, y)[0] for x, y in pairs])
    fd = np.mean([frechet_distance(x, y) for x, y in pairs[:100]])
    print(
        f"n = {n}: kernel {kid.mean():+.4f} ± {kid.std() / 500**0.5:.4f}, negative {np.mean(kid < 0):.0%}; n × Fréchet {n * fd:.1f}"
    )
    assert abs(kid.mean()) < 4 * kid.std() / 500**0.5 and np.mean(kid < 0) > 0.3
print("\non digits, against 1,000 training digits: value ± standard error")
for name, found in (("1,000 other digits", test_features), ("DCGAN", made_features)):
    value, error = kernel_distance_all_pairs(found, train_features[:1_000])
    subsets, spread = kernel_distance(found, train_features[:1_000], subsets=20, subset_size=250)
    print(
        f"{name:20s} {value:7.1f} ± {error:.1f}   in 20 subsets of 250: {subsets:7.1f} ± {spread / 20**0.5:.1f}"
    )

# %% [markdown]
# On a thousand images the kernel distance tells this DCGAN from data hardly: about one standard error. A number without bias can still be a
# noisy one. The second error is smaller, and too small: it knows of the drawing of subsets only, not of the thousand images.
#
# **Your turn.**


# %% tags=["exercise:16.kernel_distance"]
def unbiased_kernel_distance(a, b):
    """The kernel distance of two sets of features, without bias: the squared MMD of k(x, y) = (x·y/d + 1)³.

    E k(x, x') − 2 E k(x, y) + E k(y, y'), where x and x' are *different* rows of a, y and y' different rows of b:
    averaged over all such pairs.

    Arguments:
        a, b: arrays (n, d) and (m, d), n and m at least 2.

    Returns:
        float; it may be negative.
    """
    raise NotImplementedError("your answer goes here")


# %%
check("16.kernel_distance", unbiased_kernel_distance)

# %% [markdown]
# And the Inception score, as published, in splits.


# %% tags=["exercise:16.score_of_classes"]
def score_of_classes(probabilities, splits):
    """The Inception score exp E KL(p(y|x) ‖ p(y)), in splits: its mean and standard deviation over them.

    The rows are cut into as many runs of equal length, in order. In each run p(y) is the mean of *its* rows, KL is
    in nats, and the mean over the rows stands inside exp. The standard deviation divides by the number of splits.

    Arguments:
        probabilities: array (n, K), p(y|x) of n images, all above zero; rows sum to one.
        splits: a divisor of n.

    Returns:
        array (2,): mean and standard deviation of the score over the splits.
    """
    raise NotImplementedError("your answer goes here")


# %%
check("16.score_of_classes", score_of_classes)

# %% [markdown]
# **Remember.** Fréchet: bias $c/n$, with $c\sim d^2$; equal $n$ or a line. Kernel distance: no bias, negative at times, an error to print.
#
# ## 6 · Further: quality and variety apart (G6)
#
# **The question.** A Fréchet distance of 50: bad images, or missing ones?

# %%
predict("16.collapsed")

# %% [markdown]
# **The definition** (Kynkäänniemi et al. 2019). Around each point of a set, a ball that reaches to its $k$-th nearest *other* point; their union stands for where the set lives.
# **Precision** is the share of generated points in the real balls, **recall** the share of real points in the generated balls. **Density** and **coverage** (Naeem et al. 2020) use the real balls
# alone: how many of them hold a generated point, on average, divided by $k$; and the share of real balls that hold any.
#
# A perfect sampler has density 1 on average. Its coverage is known: a real point is uncovered if its $k$ nearest among the $n-1$ other real points and the $m$ generated are all real,
#
# $$1-\prod_{i=1}^k\frac{n-i}{n+m-i}\;\to\;1-2^{-k}\quad(n=m\to\infty).$$
#
# Precision and recall of a perfect sampler have no such formula. Measure them: real against real.
#
# **The slider.** Data: a ring of eight. The generator may drop modes, and widen or narrow the others.
#
# 1. Three modes of eight: which numbers fall? Then eight modes, four times too wide.
# 2. Eight modes, width 0.2: precision 1. Which number warns?
# 3. $k$ from 1 to 10: which scores stay put?

# %%
precision_balls.demo()

# %% [markdown]
# **On digits**, 1,000 of each against 1,000 training digits, $k=3$ and 5.

# %%
rng = np.random.default_rng(0)
jittered = np.clip(
    np.tile(ten, (100, 1, 1, 1)) + 0.05 * rng.standard_normal(test_images.shape), -1, 1
).astype(np.float32)
with threads(1):
    table = {
        "other real digits (floor)": test_features,
        "DCGAN": made_features,
        "collapsed: ten, jittered": extract(jittered),
        "two classes missing": test_features[~np.isin(test.labels, [4, 7])],
        "noisy, weight 0.25": extract(distort(test_images, "noise", 1 / 3, 0)),
        "blurred, 0.9 pixels": extract(distort(test_images, "blur", 0.5, 0)),
        "blank": extract(distort(test_images, "rectangles", 1.0, 0)),
    }
print(f"{'':28s} precision  recall  density  coverage  Fréchet")
found = {}
for name, other in table.items():
    pr, dc = precision_recall(train_features[:1_000], other), density_coverage(train_features[:1_000], other)
    found[name] = (*pr, *dc)
    print(
        f"{name:28s} {pr.precision:9.2f} {pr.recall:7.2f} {dc.density:8.2f} {dc.coverage:9.2f} {frechet_distance(other, train_features):8.1f}"
    )
print(f"a perfect sampler: density 1, coverage {expected_coverage(1_000, 1_000):.3f}")
assert found["collapsed: ten, jittered"][0] > 0.95 and found["collapsed: ten, jittered"][1] < 0.05
assert found["noisy, weight 0.25"][0] < 0.6

# %% [markdown]
# Read it row by row.
#
# - **Collapsed**: precision 1, recall 0. **Two classes missing**: precision as of real digits, recall and coverage lower. The Fréchet distance alone could not say which.
# - **Noisy**: precision 0.48. **Blurred**: one would expect low precision, and it is 0.82, near the DCGAN's; *recall* goes to 0.02. Blur is no noise: it removes what tells digits apart, and in features
#   they move together. In the plane, where "blur" means scatter, precision falls: these numbers, too, belong to the features.
# - **Blank** images: precision 1! All thousand are one point, and that point lies in the large ball of some odd real digit. Density says 0.40, coverage 0.006.
#
# That is the weak spot of precision: one outlier among the real points, with one large ball.

# %%
predict("16.outlier")

# %% [markdown]
# **The slider.** Sixty real points, one of which moves; forty of the generated points are good, twenty lie about (4, 0), where no data are.
#
# 1. Move the outlier past the twenty. By how much do precision and density rise?
# 2. Raise $k$ to 10: who is hurt more?

# %%
outlier_balls.demo()

# %% [markdown]
# **Your turn.**


# %% tags=["exercise:16.precision_and_recall"]
def precision_and_recall(real, fake, k):
    """Precision and recall by balls: around each point of a set one that reaches to its k-th nearest neighbour.

    Neighbours are *other* points of the same set. Precision is the share of fake points that lie in the ball of at
    least one real point; recall is the share of real points that lie in the ball of at least one fake point.

    Arguments:
        real, fake: arrays (n, d) and (m, d), no two points alike.
        k: which neighbour, smaller than n and m.

    Returns:
        array (2,): precision, recall.
    """
    raise NotImplementedError("your answer goes here")


# %%
check("16.precision_and_recall", precision_and_recall)

# %% [markdown]
# **Remember.** Precision and density: quality. Recall and coverage: variety. Print the floor; distrust precision where the data have outliers.
#
# ## 7 · Further: learned by heart? And what can it not draw? (G5)
#
# **The question.** Copies pass every test so far. How does one find them?
#
# **Nearest neighbours, with a control.** A small distance to the training data means nothing by itself: on smooth images everything is near. Compare with *unseen* data of the same number. If nothing is memorised, training and
# unseen data might be exchanged, and a sample is nearer to either with probability ½. Two numbers: the **share** of samples that are nearer to training data, ½ without memory; and the **ratio** of the median
# distances, 1 without memory.
#
# Two runs of the small GAN of section 1, 6,000 steps: one on **50** digits, one on **4,000**. (Without R1 and R2 the run on fifty
# collapses: $D$ learns the fifty by heart long before $G$ does.)

# %%
figure, axes = plt.subplots(2, 1, figsize=(9, 3.6))
for side, (name, run) in zip(axes, runs.items(), strict=True):
    seen = memorised.training_set(name)
    flat = run["samples"][:18].reshape(18, -1) / 255
    at = nearest_neighbours(flat, seen.pixels.reshape(len(seen), -1) / 255).indices[:, 0]
    both = np.concatenate([to_network(run["samples"][:18]), to_network(seen.pixels[at])])
    plots.image_grid(
        side,
        both,
        columns=18,
        title=f"trained on {len(seen):,}: samples, and below each its nearest training digit",
    )
plt.show()

# %% tags=["claim:G5"]


def rows_of(pixels):
    return pixels.reshape(len(pixels), -1) / 255


print(f"{'':34s} share nearer to training    ratio of distances   Fréchet to unseen")
results = {}
unseen = rows_of(test.pixels)
for name, run in runs.items():
    seen = rows_of(memorised.training_set(name).pixels)
    results[name] = memorisation(rows_of(run["samples"]), seen, unseen)
    share, error, ratio, ratio_error = results[name]
    print(
        f"GAN on {len(seen):5,} digits   {share:21.3f} ± {error:.3f} {ratio:18.3f} ± {ratio_error:.3f} {run['frechet'][-1]:14.1f}"
    )
copied = memorisation(rows_of(train.pixels[:200]), rows_of(train.pixels[:1_000]), unseen)
others = memorisation(rows_of(train.pixels[2_000:3_000]), rows_of(train.pixels[:1_000]), unseen)
print(
    f"200 copies of training digits {copied.share:17.3f} ± {copied.share_error:.3f} {copied.ratio:18.3f} ± {copied.ratio_error:.3f}"
)
print(
    f"1,000 other real digits (floor) {others.share:15.3f} ± {others.share_error:.3f} {others.ratio:18.3f} ± {others.ratio_error:.3f}"
)
fifty, all_ = results["fifty"], results["all"]
assert fifty.share > 0.9 and fifty.share - 0.5 > 4 * fifty.share_error and fifty.ratio < 0.6
assert abs(all_.share - 0.5) < 4 * all_.share_error

# %% [markdown]
# The run on fifty is caught by both. **By the Fréchet distance to unseen digits it is the better generator**: fifty sharp digits have means and covariances nearer to the data's than blurry new ones do. The error of the share is wide for a reason: many samples share one of fifty neighbours, and they are not independent. The shipped checkpoint cannot be tested here: it was trained on all of MNIST, which
# holds the 1,000 "unseen" digits too. **A test for memory needs data that were held out**, so hold some out before you train.
#
# **What it cannot find.** Pixels are a poor ruler: a copy moved by a few pixels is far away.

# %%
some = train.pixels[:1_000]
for shift in (0, 1, 2, 3):
    at = nearest_neighbours(rows_of(np.roll(some, shift, axis=3)[:200]), rows_of(some)).indices[:, 0]
    print(
        f"200 training digits moved by {shift}: nearest is the digit itself for {np.mean(at == np.arange(200)):.0%}"
    )

# %% [markdown]
# **The other way round: inverting G.** Take a *real* image $x$, and search the code that comes nearest to it,
#
# $$\hat z = \arg\min_z\|G(z)-x\|^2 ,$$
#
# by gradient descent on $z$, from several starts. A large error says that $G$ cannot draw $x$: a missing mode, seen from the data's side. L1 calls this hard, and it is: there is no inverse network, the problem
# has local minima (hence the starts), and a small error does not say that $G$ *often* draws $x$. Eight unseen digits, and eight letters as the mode that is missing for sure.

# %%
steps, starts = budget(ci=60, cpu=300, gpu=300), 3
targets = torch.tensor(
    np.concatenate([test_images[:8], letters(8, np.random.default_rng(0)).astype(np.float32)])
)
with threads(1):
    z = torch.randn(starts, 16, 64, generator=torch.Generator().manual_seed(0)).requires_grad_()
    optimiser = torch.optim.Adam([z], lr=0.05)
    for _ in range(steps):
        drawn = generator(z.reshape(-1, 64)).reshape(starts, 16, 1, 28, 28)
        errors = ((drawn - targets) ** 2).mean((2, 3, 4))
        optimiser.zero_grad()
        errors.sum().backward()
        optimiser.step()
best = errors.argmin(0)
nearest = drawn.detach()[best, torch.arange(16)].numpy()
error = errors.detach().min(0).values.sqrt().numpy()
figure, axes = plt.subplots(figsize=(9, 1.8))
plots.image_grid(
    axes,
    np.concatenate([targets.numpy(), nearest]),
    columns=16,
    title="above: asked for; below: the nearest that G draws",
)
plt.show()
spread = errors.detach().sqrt().numpy()
print(
    f"root mean squared error after {steps} steps: digits {error[:8].mean():.3f}, letters {error[8:].mean():.3f}"
)
print(
    f"worst of three starts: digits {spread[:, :8].max(0).mean():.3f}, letters {spread[:, 8:].max(0).mean():.3f}"
)
assert error[8:].mean() > 1.3 * error[:8].mean()

# %% [markdown]
# **Remember.** Neighbours need a control of held-out data. Inversion starts from real images, and finds what is missing.
#
# ## 8 · Further: features, with care
#
# All numbers of sections 4 to 6 are numbers *of features*, and the commonest mistake is made before the metric is called: a network left in training mode. Then batch norm makes an image's features depend on its neighbours in the batch.
#
# **Your turn.**


# %% tags=["exercise:16.features_of"]
def features_of(network, images, batch):
    """Feature vectors of images, as a metric needs them: the same whatever else is in the batch.

    The network has two parts, `network.features` and `network.head`, with batch norm and dropout in the first. Judge
    in evaluation mode, without a graph, and leave the network in the mode in which it came.

    Arguments:
        network: an nn.Module, in training or in evaluation mode.
        images: tensor (n, d).
        batch: how many images go through the network at a time; the last batch may be smaller.

    Returns:
        tensor (n, features), the output of `network.features`, in order.
    """
    raise NotImplementedError("your answer goes here")


# %%
check("16.features_of", features_of)

# %% [markdown]
# ## 9 · Which number, when
#
# | the question | the number | it needs | blind to | cost |
# |---|---|---|---|---|
# | the modes are known: are they there? | captured, high quality, reverse KL (lecture 13) | 2,500 samples, the centres | width and shape of a mode | seconds |
# | one number for a series of runs | Fréchet distance | 10,000 or more, many times $d$; the same $n$ for all; the floor | moments beyond the second; copies | features, and $d^3$ |
# | few samples, or unequal numbers | kernel distance, with its error | some hundreds; the error says whether enough | moments beyond the third; copies | features, and $n^2d$ |
# | bad, or missing? | precision and recall | the same $n$ and $k$ for all; the floor | copies; how often; outliers mislead it | features, and $n^2d$ |
# | the same, with outliers | density and coverage | the same; coverage's own ceiling | copies; density may pass 1 | features, and $n^2d$ |
# | classes clear, and even? | Inception score, in splits | some thousands; a classifier of *these* classes | the real data; variety within a class; copies | class probabilities |
# | learned by heart? | share and ratio of distances | held-out data, as many as training data | copies that are moved or turned; quality | $n^2d$ |
# | what can it not draw? | error of inversion | $G$ and its gradient, several starts | how often it draws a thing | an optimisation an image |
# | density models (VAEs, flows) | test log-likelihood, or its bound | the model's density | looks | one pass |
# | – | Parzen log-likelihood of images | more samples than there are | nearly all | do not |
#
# Three habits: print the **floor** (real against real) beside every number; the same $n$, $k$, features and preprocessing for all rows; judge on data that nobody was trained on. And look at samples too.
#
# ## What the papers say, what we got, the best that is possible
#
# | | the papers | here | best possible |
# |---|---|---|---|
# | FID of faces under six distortions | 0.7, up to 139 (swirl) and 383 (salt and pepper) (Heusel et al. 2017) | all six grow; shapes differ, section 4 | the floor: 0.7; ours 2.2 |
# | Parzen, real training images | 502 ± 6, 60,000 of them (Nowozin et al. 2016) | 96 ± 5, 500 of them | no bound: k-means gets 226 |
# | Parzen, k-means beside real data | better than real data (Theis et al. 2016) | better, by 129 nats | |
# | Inception score | no more than $K$ | 9.9 of 10 with ten images | $K$ |
# | Parzen, GAN | 225 ± 2 (Goodfellow et al. 2014, as reported), 305 ± 9 (Nowozin et al.) | 85 ± 5, 500 samples | |
#
# ## What to remember
#
# 1. No likelihood, no loss to watch: a GAN is judged from samples, in features, against unseen data.
# 2. Fréchet: $\|\mu_1-\mu_2\|^2+\mathrm{Tr}(\Sigma_1+\Sigma_2-2(\Sigma_1\Sigma_2)^{1/2})$; bias $c/n$. Kernel distance: no bias, more noise.
# 3. Precision and density for quality, recall and coverage for variety; Inception score for class labels alone.
# 4. Copies pass all of these. Only held-out data find them.
# 5. Parzen's estimate prefers blurred means to real data.
#
# **Sources.** M. Heusel et al., *GANs trained by a two time-scale update rule converge to a local Nash equilibrium*, 2017 ([arXiv 1706.08500](https://arxiv.org/abs/1706.08500)).
# T. Salimans et al., *Improved techniques for training GANs*, 2016 ([arXiv 1606.03498](https://arxiv.org/abs/1606.03498)). L. Theis, A. van den Oord, M. Bethge, *A note on the evaluation of generative models*, 2016
# ([arXiv 1511.01844](https://arxiv.org/abs/1511.01844)). S. Nowozin, B. Cseke, R. Tomioka, *f-GAN*, 2016 ([arXiv 1606.00709](https://arxiv.org/abs/1606.00709)). M. Bińkowski et al., *Demystifying MMD GANs*, 2018
# ([arXiv 1801.01401](https://arxiv.org/abs/1801.01401)). T. Kynkäänniemi et al., *Improved precision and recall metric for assessing generative models*, 2019 ([arXiv 1904.06991](https://arxiv.org/abs/1904.06991)).
# M. F. Naeem et al., *Reliable fidelity and diversity metrics for generative models*, 2020 ([arXiv 2002.09797](https://arxiv.org/abs/2002.09797)). M. J. Chong, D. Forsyth, *Effectively unbiased FID and Inception score*, 2020
# ([arXiv 1911.07023](https://arxiv.org/abs/1911.07023)). D. Dowson, B. Landau, *The Fréchet distance between multivariate normal distributions*, 1982. Lecture notes L1, L2 and L3.
