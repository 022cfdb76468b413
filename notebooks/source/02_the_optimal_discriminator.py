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
# # 02 · The optimal discriminator
#
# *How well can anyone tell real from generated, and what does the best judge look like?*
#
# When you have worked through this lecture you will be able to
#
# - turn the game over noise $z$ into a game over points $x$, and say when that is allowed (A6);
# - derive the best discriminator, pointwise and by the calculus of variations, and write it in one line (B1, B2);
# - read the density ratio and the posterior off a discriminator (A3);
# - say why training $D$ is nothing but logistic regression (A2);
# - predict where a *trained* discriminator will differ from the best one.
#
# **Time.** Core: 45 minutes, sections 1 to 5, with one ladder and one exercise. Further: 30 minutes, sections 6 to 8.
#
# **You need** integrals, logarithms, Gaussian densities. No PyTorch: a button and section 7 train small networks for you,
# and are skipped where PyTorch is not installed.
#
# Notation of the whole course: $p$ is the density of the data, $q$ that of the generator, logarithms are natural
# (values in *nats*), and $D(x)$ is the probability that $x$ is **real**. $D = \sigma(v)$ with the *logit* $v$.

# %%
import matplotlib.pyplot as plt
import numpy as np

from gancourse import budget, game, has_torch, plots
from gancourse.demos.optimal_discriminator import GRID, demo, pair, train_discriminator
from gancourse.densities import gaussian
from gancourse.divergences import js
from gancourse.exercises import check, climb
from gancourse.questions import predict

plots.use()
x = GRID  # 1,601 points from −20 to 20: every integral below is a sum over them
p_model, q_model = pair(separation=2.4, mean=1.0, std=1.2)
p, q = p_model.pdf(x), q_model.pdf(x)

# %% [markdown]
# ## 1 · From noise to points: the push-forward (A6)
#
# **The question.** The game of the lectures is written over two different variables,
#
# $$V(D, G) = \mathbb E_{x\sim p}\,\log D(x) \;+\; \mathbb E_{z\sim p_z}\,\log\bigl(1 - D(G(z))\bigr).$$
#
# The first mean runs over data points $x$, the second over noise $z$. To find the best $D$ we want both over $x$. May
# we simply write $x$ for $G(z)$?
#
# **The derivation.** Yes, and it is no approximation. Call $q$ the law of $x = G(z)$ when $z\sim p_z$: the
# *push-forward* of $p_z$. To say that $x$ has law $q$ means that for every set $A$
#
# $$\Pr_q(x\in A) = \Pr_{p_z}\bigl(G(z)\in A\bigr), \qquad\text{that is}\qquad
# \mathbb E_{x\sim q}\,\mathbf 1_A(x) = \mathbb E_{z}\,\mathbf 1_A(G(z)).$$
#
# Both sides are linear, so the same holds for sums of indicator functions, and in the limit for every $h$ whose mean
# exists:
#
# $$\mathbb E_{z\sim p_z}\,h\bigl(G(z)\bigr) = \mathbb E_{x\sim q}\,h(x).$$
#
# With $h = \log(1 - D)$ the game becomes $V = \mathbb E_p \log D + \mathbb E_q\log(1-D)$. Nothing about $q$ having a
# density was used. If $G$ is increasing and smooth on the line it has one: mass is kept, $q(x)\,dx = p_z(z)\,dz$, so
# $q(x) = p_z(z)/G'(z)$ at $z = G^{-1}(x)$. But if $z$ has fewer dimensions than $x$, $G$ sweeps out a thin sheet, $q$
# has *no* density, and the formula above still holds. That case is the subject of lecture 07.
#
# **The number.** Take $z\sim N(0,1)$ and bend it: $G(z) = z + z^3/4$.

# %% tags=["claim:A6"]
# NBVAL_CHECK_OUTPUT
z = np.linspace(-9, 9, 200_001)
noise = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
bent, slope = z + z**3 / 4, 1 + 3 * z**2 / 4
bent_density = noise / slope  # q at x = G(z)


def h(x):
    return -np.logaddexp(0, x)  # log(1 − D) with D(x) = σ(x), written so that it never overflows


over_z = np.trapezoid(h(bent) * noise, z)
over_x = np.trapezoid(h(bent) * bent_density, bent)
print(f"mean over z: {over_z:.8f}")
print(f"mean over x: {over_x:.8f}")
assert abs(over_z - over_x) < 1e-6

# %%
figure, axes = plt.subplots(1, 2, figsize=(8.4, 3))
plots.density(axes[0], z, noise, plots.MUTED, "noise, N(0, 1)")
plots.density(axes[0], bent, bent_density, plots.GENERATOR, "q, its push-forward")
axes[0].set(xlim=(-6, 6), xlabel="z or x", ylabel="density")
plots.legend(axes[0])
ticks = np.linspace(-2.2, 2.2, 23)
for start in ticks:
    axes[1].plot([start, start + start**3 / 4], [0, 1], color=plots.GENERATOR, linewidth=1)
axes[1].set(
    xlim=(-6, 6), yticks=[0, 1], yticklabels=["z", "G(z)"], xlabel="evenly spaced z, and where G puts them"
)
plt.show()

# %% [markdown]
# Where $G$ spreads its points out, the density falls. Where it keeps them close, it stays high.
#
# > **Where the notes slip.** The notes change from $z$ to $x$ without saying why they may, and one of them (L0,
# > equation 6) writes $\int_z p_{\text{data}}(x)\log D(x)\,dx$: an integral of a function of $x$ over $z$. It means
# > $\int_x$. The step is the push-forward, and it is exact.
#
# Taken at its word, L0's integral has $x$ run over the values of $z$. Let the noise be uniform on $[0, 1]$: most of the
# data is then left out of the first term.

# %%
# NBVAL_CHECK_OUTPUT
integrand = p * np.log(game.optimal_discriminator(p, q))
over_x = np.trapezoid(integrand, x)
where_z_is = (x >= 0) & (x <= 1)
over_z = np.trapezoid(integrand[where_z_is], x[where_z_is])
print(f"E_p log D*, over all x            : {over_x:.4f}")
print(f"L0 (6) as printed, over 0 ≤ z ≤ 1 : {over_z:.4f}")
assert over_x < 2 * over_z < 0

# %% [markdown]
# **Remember.** $\mathbb E_z\,h(G(z)) = \mathbb E_{x\sim q}\,h(x)$, for every $h$, with or without a density.

# %% [markdown]
# ## 2 · The best answer at one point (B1)
#
# **The question.** Fix the generator. Among *all* functions $D$ from points to $(0, 1)$, which one makes
# $V = \int p\log D + q\log(1-D)\,dx$ largest?
#
# **The derivation.** $D$ may take any value at each point, without regard to its neighbours. So the integral is
# largest when the integrand is largest at every $x$ by itself. At one point write $a = p(x)$, $b = q(x)$, $y = D(x)$,
# and maximise
#
# $$f(y) = a\log y + b\log(1-y), \qquad 0<y<1.$$
#
# This is a ladder: you fill in the lines, and each is checked on random numbers. Replace the dots by an expression;
# `np.log` is the natural logarithm. A line you leave as `...` counts as not attempted.

# %% tags=["exercise:02.pointwise"]
climb(
    "02.pointwise",
    # the derivative of a log y + b log(1 − y) with respect to y
    slope=lambda a, b, y: ...,
    # the y at which this derivative is zero
    root=lambda a, b: ...,
    # the second derivative with respect to y: is the root a maximum?
    curvature=lambda a, b, y: ...,
    # the value of a log y + b log(1 − y) at the root, in a and b alone (a, b > 0)
    top=lambda a, b: ...,
)

# %% [markdown]
# <details><summary>The four lines, when you have tried</summary>
#
# 1. $f'(y) = a/y - b/(1-y)$.
# 2. $f'(y) = 0 \iff a(1-y) = by \iff y = a/(a+b)$.
# 3. $f''(y) = -a/y^2 - b/(1-y)^2 < 0$: $f$ is strictly concave, so the root is the only maximum.
# 4. $f(y^*) = a\log\frac{a}{a+b} + b\log\frac{b}{a+b}$.
#
# </details>
#
# If $b = 0 < a$, $f = a\log y$ rises all the way and the best answer is $1 = a/(a+b)$; if $a = 0 < b$ it is $0$. If
# both are zero, $f$ is zero whatever $y$ is: where neither density has mass **no answer is better than another**, and
# $D^*$ is undefined there. Everywhere else
#
# $$\boxed{\;D^*(x) = \frac{p(x)}{p(x) + q(x)}\;}$$
#
# **The number.** A search that knows no calculus finds the same. Note the first row: a density may exceed one.

# %% tags=["claim:B1"]
# NBVAL_CHECK_OUTPUT
y = np.linspace(0.0005, 0.9995, 1999)
print("   a     b    searched  a/(a+b)")
for a, b in [(3.7, 0.4), (0.2, 0.9), (1e-3, 1e-3)]:
    searched = y[np.argmax(a * np.log(y) + b * np.log(1 - y))]
    print(f"{a:5.3f} {b:5.3f}  {searched:8.4f} {a / (a + b):8.4f}")
    assert abs(searched - a / (a + b)) <= 0.0005

# %% [markdown]
# > **Where the notes slip.** L4 proves this with $a, b\in(0, 1]$. Densities are not probabilities: a Gaussian of
# > standard deviation 0.1 reaches 3.99. Nothing in the proof needs the bound, as the first row shows. Whoever believes
# > it, and clips densities at 1 to make them fit, gets a worse discriminator.

# %%
# NBVAL_CHECK_OUTPUT
tall, taller = gaussian(0.1, 0.2).pdf(x), gaussian(0.0, 0.1).pdf(x)
print(f"largest density                : {taller.max():.2f}")
right = game.optimal_discriminator(taller, tall)
clipped = game.optimal_discriminator(np.minimum(taller, 1), np.minimum(tall, 1))
print(f"V(p / (p + q))                 : {game.value(right, taller, tall, x):.4f}")
print(f"V with p and q clipped at one  : {game.value(clipped, taller, tall, x):.4f}")
assert game.value(clipped, taller, tall, x) < game.value(right, taller, tall, x) - 0.05

# %% [markdown]
# And where $p + q = 0$? The package answers "not a number" rather than inventing one, and the value passes over such
# points:

# %%
# NBVAL_CHECK_OUTPUT
print(game.optimal_discriminator(np.array([0.4, 0.0, 0.0]), np.array([0.0, 0.3, 0.0])))

# %% [markdown]
# ## 3 · Two densities and $D^*$
#
# Commit to an answer before you touch the sliders.

# %%
predict("02.equal")

# %%
predict("02.wide_generator")

# %%
predict("02.few_samples")

# %% [markdown]
# **The slider.** Left, the data $p$ (two modes) and the generator $q$ (one Gaussian). Right, $D^*$. Try these:
#
# 1. Set the distance of the modes to 0 and the generator's mean to 0 and standard deviation to 0.8: now $q = p$.
# 2. Widen the generator and watch the tails; then make it narrower than the data.
# 3. Put the generator on one of two distant modes: where is $D^*$ near 1, and what does that tell the generator?
# 4. Press the button: a network with 2 × 32 units is trained on 2,000 samples of each, and drawn dashed.

# %%
demo()

# %% [markdown]
# The words below the picture give $V(D^*)$ beside $2\,\mathrm{JSD}(p, q) - \log 4$. They agree at every setting: that
# is the theorem of lecture 03. Here it serves as a check that our $D^*$ is the best there is:

# %%
# NBVAL_CHECK_OUTPUT
best = game.optimal_discriminator(p, q)
print(f"V(D*)             = {game.value(best, p, q, x):.10f}")
print(f"2 JSD - log 4     = {2 * js(p, q, x) - np.log(4):.10f}")
for name, d in [
    ("D = 1/2", np.full_like(x, 0.5)),
    ("D = 0.3", np.full_like(x, 0.3)),
    ("D = (D*+1/2)/2", (best + 0.5) / 2),
]:
    print(f"V({name:14s}) = {game.value(d, p, q, x):.10f}")

# %% [markdown]
# **Your turn.** Write the optimal discriminator for arrays of densities. It is one line; the ways to get it wrong are
# many, and the check knows most of them.


# %% tags=["exercise:02.optimal_discriminator"]
def optimal_discriminator(p, q):
    """The discriminator that no other beats, given both densities.

    Arguments:
        p: array, density of the data at some points; zero or above, may exceed one.
        q: array of the same shape, density of the generator at the same points; p + q > 0.

    Returns:
        array of the same shape: the probability that a point is *real*.
    """
    raise NotImplementedError("your answer goes here")


# %%
check("02.optimal_discriminator", optimal_discriminator)

# %% [markdown]
# **Remember.** The best discriminator compares two densities, and nothing else: $D^* = p/(p+q)$. It is ½ where they
# are equal, however small both are.

# %% [markdown]
# ## 4 · The same by the calculus of variations (B2)
#
# **The question.** We maximised point by point. Is there a way that treats $D$ as one object, a function, and that
# would still work if the integrand held $D'$ as well?
#
# **The derivation.** Disturb $D$ in the direction of any function $\eta$ and ask for the slope:
#
# $$\frac{d}{d\varepsilon} V(D + \varepsilon\eta)\Big|_{\varepsilon=0}
# = \int \Bigl(\frac{p}{D} - \frac{q}{1-D}\Bigr)\,\eta\;dx .$$
#
# At a maximum it is zero for *every* $\eta$, so the bracket must vanish: choose $\eta$ to be a bump around a point
# where it does not, and the integral would not be zero. This is the Euler–Lagrange equation
# $\frac{\partial L}{\partial D} - \frac{d}{dx}\frac{\partial L}{\partial D'} = 0$ for the integrand $L(x, D, D') =
# p\log D + q\log(1-D)$. Since $L$ has no $D'$ in it, the second term is absent and what remains is algebra, point by
# point:
#
# $$\frac{p}{D} - \frac{q}{1-D} = 0 \quad\Longrightarrow\quad D = \frac{p}{p+q}.$$
#
# (For the loss, $-V$, both signs turn round, and so does max to min.) The second variation,
# $-\int \bigl(p/D^2 + q/(1-D)^2\bigr)\eta^2\,dx$, is negative for every $\eta\neq0$: it is a maximum, and the only one.
#
# **The number.** Six random directions, the slope at $D^*$ by finite differences, and the curvature beside its formula.

# %% tags=["claim:B2"]
# NBVAL_CHECK_OUTPUT
rng = np.random.default_rng(2)
step = 1e-4
inside = np.abs(x) < 6  # far out D* rounds to 0 or 1, and no disturbance fits into [0, 1]
directions = []
print("   slope at D*   curvature     by the formula")
for _ in range(6):
    centre, width = rng.uniform(-2, 3), rng.uniform(0.3, 1.0)
    eta = rng.choice([-1, 1]) * np.exp(-(((x - centre) / width) ** 2)) * best * (1 - best)
    above, at, below = (game.value(best + e * eta, p, q, x) for e in (step, 0.0, -step))
    slope, curvature = (above - below) / (2 * step), (above - 2 * at + below) / step**2
    formula = -np.trapezoid((p / best**2 + q / (1 - best) ** 2)[inside] * eta[inside] ** 2, x[inside])
    print(f"{abs(slope):14.7f}   {curvature:9.4f}     {formula:9.4f}")
    assert abs(slope) < 1e-8 and abs(curvature - formula) < 1e-4 * abs(formula)
    directions.append(eta)

# %%
figure, axes = plt.subplots(figsize=(6, 3))
size = np.linspace(-1, 1, 41)
for i, eta in enumerate(directions):
    axes.plot(
        size,
        [game.value(best + e * eta, p, q, x) for e in size],
        color=plots.DISCRIMINATOR,
        alpha=0.35 + 0.1 * i,
    )
axes.axhline(2 * js(p, q, x) - np.log(4), color=plots.EXACT, linewidth=1, label="2 JSD − log 4")
axes.set(xlabel="size ε of the disturbance", ylabel="V(D* + ε η), nats")
plots.legend(axes)
plt.show()

# %% [markdown]
# Every curve touches the line at ε = 0 and lies below it elsewhere.
#
# **Remember.** The integrand holds no $D'$, so Euler–Lagrange *is* pointwise maximisation.

# %% [markdown]
# ## 5 · What $D$ knows: posterior and density ratio (A3)
#
# **The question.** The name "discriminator" promises little. What can be read off its answers?
#
# **The derivation.** Toss a fair coin: heads, show a real point ($y=1$); tails, a generated one ($y=0$). Bayes' rule
# with $P(y{=}1) = P(y{=}0) = \tfrac12$ gives
#
# $$P(y{=}1\mid x) = \frac{\frac12\,p(x)}{\frac12\,p(x) + \frac12\,q(x)} = \frac{p(x)}{p(x)+q(x)} = D^*(x).$$
#
# So $D^*$ is the posterior probability of *real*. Divide it by its complement, and take logarithms:
#
# $$\frac{D^*}{1-D^*} = \frac{p}{q}, \qquad v^* = \log\frac{D^*}{1-D^*} = \log p - \log q .$$
#
# A discriminator estimates the **ratio** of two densities, neither of which anyone knows. Almost everything in the
# rest of the course comes from this line.
#
# **The number.** The ratio read off $D^*$, and posterior frequencies counted among 200,000 coin tosses.

# %% tags=["claim:A3"]
# NBVAL_CHECK_OUTPUT
where = np.array([-1.5, 0.0, 1.0, 2.5])
at_p, at_q = p_model.pdf(where), q_model.pdf(where)
d = game.optimal_discriminator(at_p, at_q)
rng = np.random.default_rng(3)
shown = np.concatenate([p_model.sample(100_000, rng), q_model.sample(100_000, rng)])
real = np.arange(200_000) < 100_000
counted = np.array([real[np.abs(shown - point) < 0.05].mean() for point in where])
print("     x    p/q   D/(1-D)    D*   counted")
for row in zip(where, at_p / at_q, d / (1 - d), d, counted, strict=True):
    print("{:6.1f} {:6.3f} {:8.3f} {:7.3f} {:7.2f}".format(*row))
assert np.allclose(at_p / at_q, d / (1 - d)) and np.abs(counted - d).max() < 0.02

# %% [markdown]
# Far out both densities underflow to zero and $p/(p+q)$ is $0/0$; the logit $\log p - \log q$ stays exact. This is why
# the package, and every loss in this course, works on logits:

# %%
# NBVAL_CHECK_OUTPUT
far = np.array([40.0, 60.0])
print("p, q:", p_model.pdf(far), q_model.pdf(far))
print("D*  :", game.optimal_discriminator(p_model.pdf(far), q_model.pdf(far)))
print("v*  :", game.optimal_logit(p_model.logpdf(far), q_model.logpdf(far)).round(4))

# %% [markdown]
# **Remember.** $D/(1-D) = p/q$. A trained discriminator is a density-ratio estimator.
#
# *This is the end of the core.*

# %% [markdown]
# ## 6 · Further: training $D$ is logistic regression (A2)
#
# **The question.** $V$ looks like a device made for GANs. Is there an older name for maximising it?
#
# **The derivation.** Give real points the label $y=1$ and generated ones $y=0$, and model $P(y{=}1\mid x) = D(x)$. The
# log-likelihood of one labelled point is $y\log D(x) + (1-y)\log(1-D(x))$. With labels drawn by a fair coin its mean is
#
# $$\tfrac12\,\mathbb E_p\log D + \tfrac12\,\mathbb E_q\log(1-D) = \tfrac12 V.$$
#
# So maximising $V$ over $D$ is **maximum likelihood for logistic regression**, and $-V/2$ is the mean *cross-entropy*
# that every library calls `log_loss` or `BCEWithLogitsLoss`. On logits, $-\log\sigma(v) = \operatorname{softplus}(-v)$
# and $-\log(1-\sigma(v)) = \operatorname{softplus}(v)$: no logarithm of a rounded probability is ever taken.
#
# **The number.** The mean cross-entropy of $D^*$ on half a million labelled points, beside $-V/2$.

# %% tags=["claim:A2"]
# NBVAL_CHECK_OUTPUT
n = 250_000
rng = np.random.default_rng(4)
points = np.concatenate([p_model.sample(n, rng), q_model.sample(n, rng)])
labels = np.repeat([1.0, 0.0], n)
answers = game.optimal_discriminator(p_model.pdf(points), q_model.pdf(points))
terms = labels * np.log(answers) + (1 - labels) * np.log(1 - answers)
cross_entropy, error = -terms.mean(), terms.std() / np.sqrt(2 * n)
print(f"cross-entropy on samples: {cross_entropy:.3f} (standard error {error:.4f})")
print(f"-V(D*)/2, exact         : {-game.value(best, p, q, x) / 2:.3f}")
assert abs(cross_entropy + game.value(best, p, q, x) / 2) < 4 * error

# %% [markdown]
# > **Where the notes slip (1).** L4 writes the likelihood as
# > $\sum_i y_i\log p(y_i\mid x_i) + (1-y_i)\log\bigl(1-p(y_i\mid x_i)\bigr)$. For $y_i = 0$ that is
# > $\log(1 - p(0\mid x_i)) = \log p(1\mid x_i)$: it rewards calling a fake *real*. It means $p(y{=}1\mid x_i)$ in both
# > places.
# >
# > **Where the notes slip (2).** L3 integrates the unseen $z$ out of the likelihood and gets
# > $\log\mathbb E_z\,(1 - D(G(z)))$, then uses $\mathbb E_z\log(1-D(G(z)))$. They differ: the logarithm is concave, so by
# > Jensen $\log \mathbb E(1-D) \ge \mathbb E\log(1-D)$. The game uses the second.


# %%
# NBVAL_CHECK_OUTPUT
def as_printed(d):  # p(0 given x) = 1 − D stands where L4 has p(y_i given x_i) and y_i = 0
    return (labels * np.log(d) + (1 - labels) * np.log(1 - (1 - d))).mean()


def as_meant(d):
    return (labels * np.log(d) + (1 - labels) * np.log(1 - d)).mean()


always = np.full_like(answers, 0.999)
print("            L4 as printed   as meant")
print(f"D*          {as_printed(answers):13.3f} {as_meant(answers):10.3f}")
print(f"D = 0.999   {as_printed(always):13.3f} {as_meant(always):10.3f}")
print(f"V(D*)/2, exact            {game.value(best, p, q, x) / 2:10.3f}")
assert as_printed(always) > as_printed(answers) and as_meant(always) < as_meant(answers)

# %% [markdown]
# As printed, whoever calls every point real does best, and better than $D^*$. And the second slip:

# %%
# NBVAL_CHECK_OUTPUT
log_of_mean = np.log(np.trapezoid(q * (1 - best), x))
mean_of_log = np.trapezoid(q * np.log(1 - best), x)
print(f"log E(1 - D*) = {log_of_mean:.4f}   >=   E log(1 - D*) = {mean_of_log:.4f}")
assert log_of_mean > mean_of_log

# %% [markdown]
# **Your turn.** The discriminator's loss, $-V$ on two batches of logits; it must survive logits of ±1,000.


# %% tags=["exercise:02.discriminator_loss"]
def discriminator_loss(real_logits, fake_logits):
    """Minus the value function on two batches: −mean log σ(v_real) − mean log(1 − σ(v_fake)).

    Arguments:
        real_logits: array (n,), the discriminator's logits on data; |v| may be as large as 1,000.
        fake_logits: array (m,), its logits on generated points; m need not be n.

    Returns:
        float, in nats; finite for finite logits.
    """
    raise NotImplementedError("your answer goes here")


# %%
check("02.discriminator_loss", discriminator_loss)

# %% [markdown]
# **Your turn.** $D^*$ for two Gaussians, by hand: right at $x = 90$ too.


# %% tags=["exercise:02.two_gaussians"]
def two_gaussians(x, mean_p, std_p, mean_q, std_q):
    """D* for p = N(mean_p, std_p²) and q = N(mean_q, std_q²), right however far out x lies.

    Arguments:
        x: array of points, any shape; up to 100 standard deviations from both means.
        mean_p, std_p: mean and standard deviation of the data.
        mean_q, std_q: mean and standard deviation of the generator.

    Returns:
        array of the shape of x: the probability of *real*.
    """
    raise NotImplementedError("your answer goes here")


# %%
check("02.two_gaussians", two_gaussians)

# %% [markdown]
# ## 7 · Further: a trained $D$ beside $D^*$
#
# **The question.** The theorem speaks of all functions and of exact densities. We have a network and samples. How far
# apart are the two?
#
# We train the same network (two hidden layers of 32 units) on more and more samples, several times each, and measure the
# mean of $|D - D^*|$ under the equal mixture of $p$ and $q$.

# %%
sizes = [50, 200, 1_000, 5_000]
repeats = budget(ci=2, cpu=5, gpu=5)
steps = budget(ci=200, cpu=400, gpu=400)


def gap(n, seed):
    trained = train_discriminator(p_model, q_model, n=n, steps=steps, seed=seed)
    return np.trapezoid(np.abs(trained - best) * (p + q) / 2, x)


gaps = None
if has_torch("This cell trains networks"):
    gaps = np.array([[gap(n, seed) for seed in range(repeats)] for n in sizes])

# %%
if gaps is not None:
    figure, axes = plt.subplots(1, 2, figsize=(8.4, 3))
    axes[0].plot(x, best, color=plots.EXACT, label="D* (exact)")
    for n, colour, dash in [(50, plots.MUTED, ":"), (5_000, plots.TRAINED, "--")]:
        curve = train_discriminator(p_model, q_model, n=n, steps=steps)
        axes[0].plot(x, curve, color=colour, linestyle=dash, label=f"{n:,} samples")
    axes[0].set(xlim=(-6, 6), xlabel="x", ylabel="probability of real")
    plots.legend(axes[0])
    mean, error = gaps.mean(1), gaps.std(1, ddof=1) / np.sqrt(repeats)
    axes[1].errorbar(sizes, mean, yerr=error, color=plots.TRAINED, linestyle="--", marker="o", capsize=3)
    axes[1].set(xscale="log", yscale="log", xlabel="samples of each kind", ylabel="mean |D − D*|")
    plt.show()
    assert gaps[-1].mean() < gaps[0].mean() / 2

# %% [markdown]
# With fifty samples the network draws its own conclusions, and is most wrong where both densities are small. More data
# bring it closer everywhere that matters for $V$. What this does to the *value*, and so to estimates of the
# Jensen–Shannon divergence, is the subject of lecture 03.
#
# ## 8 · Further: when real and fake are not shown equally often
#
# If real points are shown with probability $\pi$, Bayes' rule gives $D^*_\pi = \pi p/(\pi p + (1-\pi)q)$: the logit is
# shifted by a constant, $v^*_\pi = \log p - \log q + \log\frac{\pi}{1-\pi}$. The ratio $p/q$ is still there, once the
# constant is taken off. A GAN that shows five fakes for each real point does just that to its discriminator.

# %%
# NBVAL_CHECK_OUTPUT
share = 1 / 6
shifted = game.optimal_discriminator(share * at_p, (1 - share) * at_q)
recovered = np.log(shifted / (1 - shifted)) - np.log(share / (1 - share))
print("log p/q   :", np.log(at_p / at_q).round(6))
print("recovered :", recovered.round(6))

# %% [markdown]
# ## What the paper says, what we got, the best that is possible
#
# | | Goodfellow et al. 2014, proposition 1 | here |
# |---|---|---|
# | the best discriminator | $p/(p+q)$ | found by search, by a ladder, and by variation |
# | its value | $-\log 4 + 2\,\mathrm{JSD}$ | equal to ten digits (section 3) |
# | a trained one | "given enough capacity" | mean error falls with $n$ (section 7), and is never zero |
#
# ## What to remember
#
# 1. The game over $z$ is a game over $x$: the push-forward.
# 2. $D^* = p/(p+q)$, pointwise, wherever $p + q > 0$.
# 3. $D^*/(1-D^*) = p/q$: to discriminate is to estimate a ratio.
# 4. Training $D$ is logistic regression, and $-V/2$ its cross-entropy.
#
# **Next** comes lecture 03, Jensen–Shannon, which puts $D^*$ back into the game.
#
# **Sources.** I. Goodfellow et al., *Generative adversarial networks*, 2014 ([arXiv 1406.2661](https://arxiv.org/abs/1406.2661)).
# Lecture notes L0 (ECE 544NA, lecture 21), L3 (Deep Learning: A Statistical Perspective) and L4 (GAN, VAE and
# Semi-Supervised Learning, part I).
