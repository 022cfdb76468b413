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
# # 01 · The adversarial game
#
# *How can a machine learn to make things, when nobody can write down what it should make?*
#
# When you have worked through this lecture you will be able to
#
# - say what a generative model does that a classifier does not, and where both start (A1);
# - bend noise into data and predict the density that comes out (A6);
# - read the game's value as a logistic regression, and its best answer as a ratio of densities (A2, A3);
# - derive what the discriminator teaches the generator, sign included (A4);
# - run the training algorithm by hand, one step at a time, and say what each line of it is for (A5).
#
# **Time.** Core: 48 minutes, sections 1 to 5, with one exercise. Further: 60 minutes, sections 6 to 10.
#
# **You need** derivatives, Gaussian densities, a little NumPy. No PyTorch: two players with five parameters between
# them are trained with gradients that you derive yourself.
#
# Notation of the whole course: $p$ is the density of the data, $q$ that of the generator, logarithms are natural
# (values in *nats*), and $D(x)$ is the probability that $x$ is **real**. $D = \sigma(v)$ with the *logit* $v$.

# %%
import matplotlib.pyplot as plt
import numpy as np
from scipy.optimize import brentq, minimize
from scipy.special import expit, softmax

from gancourse import plots
from gancourse.demos import bent_noise, hand_run
from gancourse.demos.hand_run import LOG4, ascent, best_weights, descent, logit, value
from gancourse.densities import gaussian
from gancourse.exercises import check
from gancourse.questions import predict

plots.use()

# %% [markdown]
# ## 1 · From labels to samples (A1)
#
# **The question.** A classifier is given $x$ and answers with a label $y$. A generator is given nothing and answers
# with an $x$. What do the two have in common, and what stops us from using the same recipe for both?
#
# **The derivation.** A *discriminative* model starts from scores $F(x, y)$, any real numbers, and makes them
# probabilities:
#
# $$p(y\mid x) = \frac{\exp\bigl(F(x,y)/\varepsilon\bigr)}{\sum_{\hat y}\exp\bigl(F(x,\hat y)/\varepsilon\bigr)} .$$
#
# The exponential makes every score positive, the sum makes them add to one, and the odds of two labels depend on
# their difference alone: $\exp\bigl((F(x,y)-F(x,y'))/\varepsilon\bigr)$. The *temperature* $\varepsilon$ says how much a
# difference counts: as $\varepsilon\to0$ the largest score takes all, as $\varepsilon\to\infty$ all labels become
# equally likely. With two labels it is the sigmoid, $p(1\mid x) = \sigma\bigl((F_1-F_0)/\varepsilon\bigr)$. You will
# meet that one again: it is the discriminator.
#
# The parameters $w$ of $F$ are chosen by **maximum likelihood**: $w^* = \arg\max_w\sum_i\log p(y_i\mid x_i; w)$. Since
# $\log p(y\mid x) = F(x,y)/\varepsilon - \log\sum_{\hat y}\exp(F(x,\hat y)/\varepsilon)$, its slope in a score is
#
# $$\frac{\partial\log p(y_i\mid x_i)}{\partial F(x_i,\hat y)}
# = \frac1\varepsilon\bigl(\mathbf 1[\hat y = y_i] - p(\hat y\mid x_i)\bigr):$$
#
# what happened, minus what was expected.
#
# A *generative* model wants $p(x)$ itself, and the recipe looks the same: $\theta^* = \arg\max_\theta\sum_i\log
# p(x_i;\theta)$. But now the sum in the denominator runs over every possible $x$. For a picture of $28\times28$ black or
# white pixels it has $2^{784}\approx10^{236}$ terms. The way out that this course takes: **do not write $p(x)$ down at
# all. Learn to draw from it.** Take noise $z$ that is easy to draw, and learn a function $G$ such that $x = G(z)$ looks
# like the data.
#
# **The number.** Three Gaussian classes of standard deviation 1. By Bayes' rule $p(y\mid x)$ is exactly a softmax of
# $F(x,y) = m_y x - m_y^2/2 + \log\pi_y$, where $\pi_y$ is the share of class $y$. Maximum likelihood, on 6,000 labelled
# points, should find it.

# %% tags=["claim:A1"]
# NBVAL_CHECK_OUTPUT
means, shares = np.array([-2.0, 0.0, 1.5]), np.array([0.3, 0.5, 0.2])
rng = np.random.default_rng(1)
y = rng.choice(3, size=6_000, p=shares)
x = rng.normal(means[y], 1.0)


def minus_log_likelihood(w):
    scores = np.outer(x, w[:3]) + w[3:]  # F(x, y) = w_y x + b_y, temperature 1
    excess = softmax(scores, axis=1) - np.eye(3)[y]  # expected minus happened
    lost = np.logaddexp.reduce(scores, axis=1) - scores[np.arange(len(y)), y]
    return lost.mean(), np.concatenate([x @ excess, excess.sum(0)]) / len(y)


fit = minimize(minus_log_likelihood, np.zeros(6), jac=True).x
print("   x    p(y|x), exact           p(y|x), maximum likelihood")
for at in (-1.0, 0.5, 2.0):
    exact = softmax(means * at - means**2 / 2 + np.log(shares))
    found = softmax(fit[:3] * at + fit[3:])
    print(f"{at:5.1f}   {exact.round(2)}      {found.round(2)}")
    assert np.abs(exact - found).max() < 0.03

# %% [markdown]
# The classifier is nearly perfect. Yet it cannot make a single $x$: it never learned how often any $x$ occurs. Here are
# two quite different densities of $x$ with *the same* $p(y\mid x)$, and so the same best classifier.

# %%
line = np.linspace(-6, 6, 601)
joint = shares * np.exp(-((line[:, None] - means) ** 2) / 2) / np.sqrt(2 * np.pi)
posterior = joint / joint.sum(1, keepdims=True)
other = joint * (1 + 0.9 * np.sin(3 * line))[:, None]  # every class reweighted alike: p(y|x) does not change
other /= np.trapezoid(other.sum(1), line)
assert np.allclose(other / other.sum(1, keepdims=True), posterior)
figure, axes = plt.subplots(1, 2, figsize=(8.4, 3))
for i, dash in enumerate(["-", "--", ":"]):
    axes[0].plot(line, posterior[:, i], color=plots.SERIES[i], linestyle=dash, label=f"y = {i}")
axes[0].set(xlabel="x", ylabel="p(y given x)")
plots.density(axes[1], line, joint.sum(1), plots.DATA, "p(x)")
axes[1].plot(line, other.sum(1), color=plots.MUTED, label="another p(x), same classifier")
axes[1].set(xlabel="x", ylabel="density")
for one in axes:
    plots.legend(one)
plt.show()

# %% [markdown]
# > **Where the notes slip.** L0 (1) prints the numerator as $e^{F}/\varepsilon$ over $\sum_{\hat y} e^F$: then the
# > "probabilities" sum to $1/\varepsilon$. It is $F$ that is divided, in both places. L0 (2) sets $\theta^* = \sum_i\log
# > p(x^i;\theta)$, which makes the parameter equal to a log-likelihood. An $\arg\max_\theta$ is missing.

# %%
# NBVAL_CHECK_OUTPUT
scores, temperature = np.array([1.0, 0.0, 2.0]), 2.0
printed = np.exp(scores) / temperature / np.exp(scores).sum()
print(f"L0 (1) as printed: {printed.round(3)}, sum {printed.sum():.3f}")
print(f"F divided by ε   : {softmax(scores / temperature).round(3)}, sum 1")

sample = np.random.default_rng(2).normal(1.0, 1.0, 2_000)


def log_likelihood(theta):  # of a Gaussian, θ = (mean, log of the standard deviation)
    return np.sum(-((sample - theta[0]) ** 2) / (2 * np.exp(2 * theta[1])) - theta[1] - np.log(2 * np.pi) / 2)


best = minimize(lambda theta: -log_likelihood(theta), [0.0, 0.0]).x
print(f"L0 (2) as printed: θ* = {log_likelihood([0.0, 0.0]):.0f}, a sum, and another one for every θ")
print(f"with the argmax  : mean {best[0]:.2f}, standard deviation {np.exp(best[1]):.2f}")
assert abs(printed.sum() - 1 / temperature) < 1e-12 and np.allclose(best[0], sample.mean(), atol=1e-4)

# %% [markdown]
# A Gaussian can be fitted and drawn from both: its $Z$ is known. $x = m + s z$ with $z\sim N(0,1)$ is a generator
# already, the smallest there is, and it will be our player in section 5.
#
# **Remember.** $p(y\mid x)$ sorts, $p(x)$ makes. A generator is a way to draw, not a formula for the density.

# %% [markdown]
# ## 2 · Noise bent into data: the push-forward (A6)
#
# **The question.** Put noise through a function. What is the law of what comes out?
#
# **The derivation.** Call $q$ the law of $x = G(z)$, $z\sim p_z$: the *push-forward*. A set $A$ has the mass of all
# noise that lands in it, $q(A) = \Pr(G(z)\in A)$. That is $\mathbb E_q h = \mathbb E_z h(G(z))$ for $h = \mathbf 1_A$.
# Means are linear, so it holds for sums of such $h$; every other $h$ is a limit of sums. Hence for **every** $h$ whose
# mean exists
#
# $$\mathbb E_{z\sim p_z}\,h\bigl(G(z)\bigr) = \mathbb E_{x\sim q}\,h(x) .$$
#
# On the line $q$ often has a density. A short interval $dz$ carries the mass $p_z(z)\,dz$ to an interval of length
# $|G'(z)|\,dz$. If several $z$ land on the same $x$, their masses add:
#
# $$q(x) = \sum_{z:\,G(z)=x}\frac{p_z(z)}{|G'(z)|} .$$
#
# **The number.** $G(z) = 0.5\,z + 1.5\tanh(2z)$, and $h = \log(1-\sigma(x))$: over the noise, over the points, and over
# samples.

# %% tags=["claim:A6"]
# NBVAL_CHECK_OUTPUT
how = {"spread": 0.5, "gap": 1.5, "steepness": 2.0}
z, points = np.linspace(-9, 9, 20_001), np.linspace(-6, 6, 20_001)
noise = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)


def h(x):
    return -np.logaddexp(0, x)  # log(1 − σ(x)), written so that it never overflows


over_z = np.trapezoid(h(bent_noise.bend(z, **how)) * noise, z)
over_x = np.trapezoid(h(points) * bent_noise.density(points, **how), points)
drawn = h(bent_noise.bend(np.random.default_rng(3).normal(size=100_000), **how))
print(f"mean over z: {over_z:.6f}")
print(f"mean over x: {over_x:.6f}")
print(f"100,000 samples: {drawn.mean():.2f} (standard error {drawn.std() / np.sqrt(drawn.size):.3f})")
assert abs(over_z - over_x) < 1e-6 and abs(drawn.mean() - over_z) < 4 * drawn.std() / np.sqrt(drawn.size)

# %% [markdown]
# Commit to two answers, then move the sliders.

# %%
predict("01.steep")

# %%
predict("01.bridge")

# %% [markdown]
# **The slider.** Left, the graph of $G$: grey lines carry ten points with equal shares of the noise between them up to
# the curve and across. Right, on the same $x$-axis, the exact density and a histogram of samples. Try these:
#
# 1. Make the step steep. The two heaps part, and the bridge between them grows thin. Does it ever vanish?
# 2. Set the spread below zero: $G$ folds the line, each $x$ near the middle has three $z$, and at the folds, where
#    $G' = 0$, the density is infinite (its integral is not).
# 3. Set spread and gap to 0: all noise lands on one point. There is a law, and there are samples; a density there is not.

# %%
bent_noise.demo()

# %% [markdown]
# > **Where the notes slip.** L0 passes from $\int_z p_z(z)\log(1-D(G(z)))\,dz$ in (6) to $\int_x p_G(x)\log(1-D(x))\,dx$
# > in (7) with the words "the above equation becomes", and L1 writes its objectives once over $\tilde x\sim q_\theta$
# > and once over $z$. Neither says why that is allowed. It is the push-forward, and it is exact.
#
# **Remember.** $\mathbb E_z\,h(G(z)) = \mathbb E_q\,h(x)$. Where $G$ is steep, $q$ is low.

# %% [markdown]
# ## 3 · The police: a logistic regression (A2, A3)
#
# **The question.** $G$ makes fakes. Without a formula for $p$ or $q$, who can say how good they are?
#
# **The derivation.** Let someone try to tell them apart. Show real points ($y=1$) and generated ones ($y=0$) equally
# often, and fit $P(y{=}1\mid x) = D(x)$ by maximum likelihood. A point with label $y$ has the log-likelihood
# $y\log D(x) + (1-y)\log(1-D(x))$, so its mean over the coin and the points is
#
# $$\tfrac12\,\mathbb E_{x\sim p}\log D(x) + \tfrac12\,\mathbb E_{z}\log\bigl(1-D(G(z))\bigr) = \tfrac12 V(D, G).$$
#
# This $V$ is the **value of the game**. $D$ wants it large; $-V/2$ is the mean *cross-entropy*. And $G$ wants it small:
#
# $$\min_G\max_D\; V(D,G) = \mathbb E_{x\sim p}\log D(x) + \mathbb E_{z\sim p_z}\log\bigl(1-D(G(z))\bigr).$$
#
# Which $D$ is best? By Bayes' rule with equal shares, the true probability of *real* is $D^* = p/(p+q)$, and maximum
# likelihood aims at the truth (lecture 02 proves that nothing beats it). Turn that round:
#
# $$\frac{D^*}{1-D^*} = \frac pq,\qquad v^* = \log\frac{D^*}{1-D^*} = \log p - \log q .$$
#
# A good $D$ *knows the ratio* of two densities that nobody wrote down. For two Gaussians, $p = N(\mu,\sigma^2)$ and
# $q = N(m, s^2)$, the logarithms are parabolas, and so is their difference:
#
# $$v^*(x) = a + b x + c x^2,\qquad b = \frac{\mu}{\sigma^2}-\frac{m}{s^2},\quad c = \frac1{2s^2}-\frac1{2\sigma^2},\quad
# a = \log\frac s\sigma - \frac{\mu^2}{2\sigma^2}+\frac{m^2}{2s^2}.$$
#
# So a logistic regression on $1, x, x^2$ can be the best discriminator exactly.
#
# **The number.** Data $N(1,1)$, generator $-1 + 1.5z$. Maximum likelihood by SciPy on 40,000 labelled points, beside
# the exact $a, b, c$ and the exact $-V/2$.

# %% tags=["claim:A2"]
# NBVAL_CHECK_OUTPUT
n, g = 20_000, np.array([-1.0, 1.5])
rng = np.random.default_rng(4)
real, fake = rng.normal(1.0, 1.0, n), g[0] + g[1] * rng.normal(size=n)
shown, label = np.concatenate([real, fake]), np.repeat([1.0, 0.0], n)


def mean_cross_entropy(d):
    v = logit(d, shown)
    return np.mean(np.logaddexp(0, v) - label * v)  # −log σ(v) where y = 1, −log(1 − σ(v)) where y = 0


fitted = minimize(mean_cross_entropy, np.zeros(3)).x
print("a, b, c by maximum likelihood:", fitted.round(2))
print("a, b, c of D*                :", best_weights(g).round(2))
print(f"mean cross-entropy of the fit: {mean_cross_entropy(fitted):.2f}")
print(f"-V(D*)/2, exact              : {-value(best_weights(g), g) / 2:.2f}")
d_fit = np.array([np.mean(np.log(expit(logit(fitted, real)))), np.mean(np.log(expit(-logit(fitted, fake))))])
assert abs(-d_fit.sum() / 2 - mean_cross_entropy(fitted)) < 1e-12  # −V/2 on these points, to rounding
assert np.abs(fitted - best_weights(g)).max() < 0.1

# %% [markdown]
# Now use the ratio. For any $h$, $\mathbb E_p h = \int q\,\frac pq\,h\,dx = \mathbb E_q[h\,e^{v^*}]$: with the fitted
# logit you can compute means over the *data* from *generated* points alone.

# %% tags=["claim:A3"]
# NBVAL_CHECK_OUTPUT
at = np.array([-2.0, 0.0, 1.0, 3.0])
ratio = gaussian(1.0, 1.0).pdf(at) / gaussian(g[0], g[1]).pdf(at)
print("x               :", at)
print("p/q, exact      :", ratio.round(2))
print("D/(1-D), fitted :", np.exp(logit(fitted, at)).round(1))
fresh = g[0] + g[1] * np.random.default_rng(5).normal(size=200_000)
weight = np.exp(logit(fitted, fresh))
print(f"mean of x over the data: {np.mean(weight * fresh):.1f} by fakes, reweighted; exactly 1")
print(f"mean of x² over the data: {np.mean(weight * fresh**2):.1f}; exactly 2")
assert np.allclose(np.exp(logit(fitted, at)), ratio, rtol=0.1, atol=0.02)
assert np.allclose(np.exp(logit(best_weights(g), at)), ratio, rtol=1e-12)

# %% [markdown]
# > **Where the notes slip.** L4 writes the likelihood as
# > $\sum_i y_i\log p(y_i\mid x_i) + (1-y_i)\log\bigl(1-p(y_i\mid x_i)\bigr)$. For $y_i=0$ the last term is
# > $\log(1-p(0\mid x_i)) = \log p(1\mid x_i)$: it *rewards* calling a fake real. It means $p(y{=}1\mid x_i)$ in both
# > places. (Its next line also puts means where the sum was; that is right up to a factor when there are as many points of
# > each kind.)

# %%
# NBVAL_CHECK_OUTPUT
always_real = np.array([9.0, 0.0, 0.0])  # D = 0.9999 everywhere
for name, d in [("the fit", fitted), ("'always real'", always_real)]:
    answers = expit(logit(d, shown))
    as_printed = np.mean(label * np.log(answers) + (1 - label) * np.log(answers))
    as_meant = np.mean(label * np.log(answers) + (1 - label) * np.log(1 - answers))
    print(f"{name:14s} L4 as printed: {as_printed:6.2f}    as meant: {as_meant:6.2f}")

# %% [markdown]
# As printed, the best discriminator is one that calls everything real. As meant, that costs it dearly.
#
# **Remember.** Training $D$ is logistic regression; $-V/2$ is its cross-entropy; its logit is $\log p - \log q$.

# %% [markdown]
# ## 4 · The counterfeiter, and what the teacher says (A4)
#
# **The question.** $G$ never sees the data. How can it learn what they look like?
#
# **The derivation.** The usual story: $G$ is a counterfeiter, $D$ the police, and each forces the other to improve. Now
# look at the gradient. $V$ depends on $G$'s parameters $\theta$ through its second mean alone. By the chain rule, with the
# derivative taken inside the mean (all of it is smooth),
#
# $$\nabla_\theta V = \mathbb E_z\,\nabla_\theta\log\bigl(1-D(G_\theta(z))\bigr)
# = -\,\mathbb E_z\left[\frac{\nabla_\theta D(G_\theta(z))}{1-D(G_\theta(z))}\right],\qquad
# \nabla_\theta D(G_\theta(z)) = \Bigl(\frac{\partial G_\theta(z)}{\partial\theta}\Bigr)^{\!\top}\nabla_x D .$$
#
# Everything that $G$ hears about the data is in $\nabla_x D$ at its own points: *which way would this fake have to move
# to look more real?* The police hand the counterfeiter a marked-up copy of each note. So $D$ is a **teacher** as much as
# an adversary, and $G$ can learn only as well as $D$ can explain.
#
# On logits, $\nabla_x D = D(1-D)\nabla_x v$, and $1-D$ cancels:
#
# $$\nabla_\theta V = -\,\mathbb E_z\Bigl[D\bigl(G_\theta(z)\bigr)\Bigl(\frac{\partial G_\theta(z)}{\partial\theta}\Bigr)^{\!\top}\nabla_x v\Bigr].$$
#
# The factor $D$ says that fakes which are easily caught teach *least*: the subject of lecture 04.
#
# **The number.** $G(z) = m + sz$ has $\partial G/\partial m = 1$, $\partial G/\partial s = z$; $v' = b + 2cx$. Take the
# best $D$ of section 3 and the exact mean over $z$, beside finite differences of $V$.

# %% tags=["claim:A4"]
# NBVAL_CHECK_OUTPUT
d = best_weights(g)  # held still: it is not D* any more once g moves, and must not follow it
x_of_z = g[0] + g[1] * z
d_of_x = expit(logit(d, x_of_z))
slope_of_d = d_of_x * (1 - d_of_x) * (d[1] + 2 * d[2] * x_of_z)
derived = [np.trapezoid(-slope_of_d / (1 - d_of_x) * inner * noise, z) for inner in (np.ones_like(z), z)]
h_step = 1e-5
differences = [(value(d, g + h_step * e) - value(d, g - h_step * e)) / (2 * h_step) for e in np.eye(2)]
print("-E[∇D/(1-D)]       in m, s:", np.round(derived, 6))
print("finite differences in m, s:", np.round(differences, 6))
assert np.allclose(derived, differences, atol=1e-7)

# %% [markdown]
# To make $V$ smaller, $G$ goes *against* the gradient: $m$ up, towards the data.
#
# > **Where the notes slip.** L2 has the minus sign on its slide "Another perspective" and loses it on a later one, on
# > vanishing gradients. There it does no harm to the argument, which is about size. In code it would: with the sign lost,
# > the generator *descends* to where its fakes look worse.

# %%
# NBVAL_CHECK_OUTPUT
draws = np.random.default_rng(9).normal(size=4_000)
for name, sign in [("with the minus", +1), ("sign lost", -1)]:
    moved = g.copy()
    for _ in range(20):
        moved = moved - 0.1 * sign * descent(d, moved, draws)
    caught = expit(logit(d, moved[0] + moved[1] * z))
    print(f"{name:15s}: mean {moved[0]:5.2f}, mean of D over the fakes {np.trapezoid(caught * noise, z):.2f}")

# %%
xs = np.linspace(-5, 5, 401)
fakes = g[0] + g[1] * np.linspace(-1.6, 1.6, 9)
push = expit(logit(d, fakes)) * (d[1] + 2 * d[2] * fakes)  # −∂V/∂x: the way a step of G moves each fake
figure, axes = plt.subplots(figsize=(7, 3.2))
plots.density(axes, xs, gaussian(1.0, 1.0).pdf(xs), plots.DATA, "data p")
plots.density(axes, xs, gaussian(*g).pdf(xs), plots.GENERATOR, "generator q")
axes.plot(xs, expit(logit(d, xs)), color=plots.DISCRIMINATOR, label="D*, held still")
on_d = expit(logit(d, fakes))
axes.plot(fakes, on_d, "o", color=plots.GENERATOR)
for x0, y0, move in zip(fakes, on_d, push, strict=True):
    if abs(move) > 0.02:
        arrow = {"arrowstyle": "->", "color": plots.GENERATOR, "linewidth": 1.5}
        axes.annotate("", (x0 + 2 * move, y0), (x0, y0), arrowprops=arrow)
axes.set(xlabel="x", ylabel="density, or probability of real", ylim=(-0.03, 1))
plots.legend(axes)
plt.show()

# %% [markdown]
# Each arrow is what $D$ tells one fake. The fakes far left, which $D$ is sure of, are told almost nothing.
#
# **Your turn.** The generator's gradient for this pair of players, by hand. You will need it in a moment.


# %% tags=["exercise:01.generator_gradient"]
def generator_gradient(discriminator, generator, noise):
    """The gradient of mean log(1 − D(G(z))) in the generator's two parameters, by hand.

    Arguments:
        discriminator: array (3,), (a, b, c): the logit of D is v(x) = a + b x + c x², and D = σ(v).
        generator: array (2,), (m, s): G(z) = m + s z.
        noise: array (n,), z.

    Returns:
        array (2,): the derivatives with respect to m and to s.
    """
    raise NotImplementedError("your answer goes here")


# %%
check("01.generator_gradient", generator_gradient)

# %% [markdown]
# **Remember.** $\nabla_\theta V = -\mathbb E[\nabla_\theta D/(1-D)]$: $G$ learns the data from $D$'s slope at its own points.

# %% [markdown]
# ## 5 · The algorithm, by hand (A5)
#
# **The question.** "$\min_G\max_D$" asks for the best $D$ anew at every $G$. What do we do instead, with samples and a
# finite patience?
#
# **The derivation.** Two replacements. *Means by minibatches*: the gradient of a mean is the mean of gradients, so
# $\frac1n\sum_i\nabla\log D(x_i)$ over $n$ fresh draws has the expectation $\nabla\mathbb E_p\log D$, and likewise for the
# fakes. It is noisy and unbiased. (Batches are called $n$ here, since $m$ is $G$'s mean.) *The maximum by a few steps*:
# $D$ need not start again from nothing, since the last $D$ was nearly best for a $G$ that has hardly moved. So:
#
# > **repeat**
# >> $k$ times: draw fresh $x_1,\dots,x_n$ from the data and fresh $z_1,\dots,z_n$ from $p_z$; move $D$ **up**
# >> $\;\nabla_{\!D}\,\frac1n\sum_i\bigl[\log D(x_i)+\log(1-D(G(z_i)))\bigr]$
# >>
# >> draw fresh $z_1,\dots,z_n$ from $p_z$; with $D$ held still move $G$ **down**
# >> $\;\nabla_{\!G}\,\frac1n\sum_i\log(1-D(G(z_i)))$
#
# For our players both gradients fit in a line. $\partial_v\log\sigma(v) = 1-D$, $\partial_v\log(1-\sigma(v)) = -D$, and
# $\nabla v = (1,x,x^2)$, so
#
# $$\nabla_{\!D} = \frac1n\sum_i\bigl(1-D(x_i)\bigr)(1,x_i,x_i^2) - \frac1n\sum_i D(g_i)\,(1,g_i,g_i^2),\qquad
# \nabla_{\!G} = -\frac1n\sum_i D(g_i)\,v'(g_i)\,(1, z_i),\qquad g_i = m+sz_i .$$
#
# **The number.** 300 rounds with $k=1$ and minibatches of 256, from $D=\tfrac12$ and a generator far off. `ascent` and
# `descent` are the two formulas above.

# %% tags=["claim:A5"]
# NBVAL_CHECK_OUTPUT
rng = np.random.default_rng(6)
d, g_now, batch = np.zeros(3), np.array([-1.0, 1.5]), 256
print("round   m      s       V    2 JSD - log 4")
for step in range(301):
    if step in (0, 10, 30, 100, 300):
        top = value(best_weights(g_now), g_now)
        print(f"{step:5d} {g_now[0]:6.2f} {g_now[1]:6.2f} {value(d, g_now):8.2f} {top:8.2f}")
    data = rng.normal(1.0, 1.0, batch)
    d = d + 0.3 * ascent(d, data, g_now[0] + g_now[1] * rng.normal(size=batch))  # up, on fresh noise
    g_now = g_now - 0.2 * descent(d, g_now, rng.normal(size=batch))  # down, on fresh noise, D held still
assert np.abs(g_now - 1).max() < 0.15 and abs(value(d, g_now) + LOG4) < 0.05

# %% [markdown]
# Mean 1 and standard deviation 1: those of data that $G$ has never seen. $V$ is never above $2\,\mathrm{JSD}-\log4$, the
# most that any $D$ reaches (lecture 03), and both end near $-\log 4=-1.386$, where $q=p$ and the best $D$ is ½ everywhere.
#
# Now play it yourself. Two predictions first.

# %%
predict("01.first_move")

# %%
predict("01.only_g")

# %% [markdown]
# **The slider, and four buttons.** Left, $p$ and $q$; below them nine generated points, and in green how $D$ pushes each.
# Middle, $D$ beside $D^*$. Right, $V$ after each move beside $2\,\mathrm{JSD}-\log4$, its maximum over $D$. Dotted: where
# the next round would lead. Changing the start begins a new game; the other sliders change the game that is on.
#
# 1. Press *One step of G* first. Then one step of $D$, and one of $G$ again.
# 2. Press *Reset*, take 20 steps of $D$ (watch $V$ rise to its ceiling), then steps of $G$ alone, with step size 0.5.
# 3. Press *Reset*, then play. Watch $s$: it overshoots, since $G$ answers a $D$ that lags behind. Then set $k = 10$.
# 4. Set the start to $s=0.5$, take 20 steps of $D$ and then steps of $G$ alone: this $D$ likes all that is *wide* of
#    $q$, and $G$ runs off.
# 5. At the end of a game make the minibatch small and play on: with fixed step sizes the game never comes to rest.

# %%
hand_run.demo()

# %% [markdown]
# With steps of $G$ alone, from the first start, $q$ walks to the one point that the frozen $D$ likes best and shrinks
# there. That is the mechanism of *mode collapse* (lecture 13), and the reason why $D$ must be trained again before its
# lesson is out of date.
#
# **Remember.** $D$ up, $k$ times; $G$ down, once; fresh data and fresh noise each time; $D$ held still while $G$ moves.
#
# *This is the end of the core.*

# %% [markdown]
# ## 6 · Further: three short exercises
#
# **Your turn.** A softmax that survives scores of ±1,000.


# %% tags=["exercise:01.softmax"]
def temperature_softmax(scores, temperature):
    """The probabilities exp(F/ε)/Σ exp(F/ε), one row for each input.

    Arguments:
        scores: array (n, classes), F; as large as ±1,000.
        temperature: ε > 0.

    Returns:
        array (n, classes): each row is non-negative and sums to one.
    """
    raise NotImplementedError("your answer goes here")


# %%
check("01.softmax", temperature_softmax)

# %% [markdown]
# **Your turn.** The cross-entropy of a batch in which real and generated points are mixed. With as many
# points of each label it is $-V/2$.


# %% tags=["exercise:01.cross_entropy"]
def cross_entropy(logits, labels):
    """The mean cross-entropy of labelled points: minus the mean log-probability of the true label.

    Arguments:
        logits: array (n,), the discriminator's logits v, real and generated points mixed; D = σ(v) is the
            probability of y = 1; |v| may be as large as 1,000.
        labels: array (n,) of 1.0 (real) and 0.0 (generated).

    Returns:
        float, in nats; finite for finite logits.
    """
    raise NotImplementedError("your answer goes here")


# %%
check("01.cross_entropy", cross_entropy)

# %% [markdown]
# **Your turn.** What section 3 did with the fitted logit, as a function.


# %% tags=["exercise:01.data_mean"]
def data_mean(values, logits):
    """The mean of h over the *data*, from generated points alone: E_p h = E_q[h · p/q].

    Arguments:
        values: array (n,), h at n generated points.
        logits: array (n,), the logits v of the best discriminator at the same points; up to 60.

    Returns:
        float: the mean over the points of h times the density ratio p/q, read off v.
    """
    raise NotImplementedError("your answer goes here")


# %%
check("01.data_mean", data_mean)

# %% [markdown]
# ## 7 · Further: the logarithm of a mean is not the mean of a logarithm
#
# **The question.** L3 reaches the game on another way: the noise behind a fake is unseen, so integrate it out of the
# likelihood. Does that give $V$?
#
# **The derivation.** The marginal probability of the label "fake" is $\int p_z(z)\,(1-D(G(z)))\,dz$, and its logarithm is
# $\log\mathbb E_z(1-D(G(z)))$. The game has $\mathbb E_z\log(1-D(G(z)))$. The logarithm is concave, so by Jensen's
# inequality
#
# $$\log\mathbb E_z\bigl(1-D(G(z))\bigr)\;\ge\;\mathbb E_z\log\bigl(1-D(G(z))\bigr),$$
#
# with equality only if $D$ is the same on all fakes.
#
# > **Where the notes slip.** L3 goes from this marginal likelihood to $V$, and remarks that $V$ is "not the expected
# > likelihood in usual sense". It leaves open which of the two is meant. It is the second: a fake *is* seen, as a point
# > $x = G(z)$, and its label is then a coin with probability $D(x)$, as in section 3. No integral is needed inside the
# > logarithm.
#
# The difference is no trifle: the two have different best discriminators. Maximise $\int p\log D + \log Z$ with
# $Z=\int q\,(1-D)$. At a point with $D<1$ the slope is $p/D - q/Z$, which vanishes at $D = Z\,p/q$; where that exceeds
# one, $D = 1$ is best. So the answer is $\min(1, Z\,p/q)$: sure of *real* wherever $p$ is large enough beside $q$. It is no
# posterior, and its slope there is 0: it teaches those fakes nothing.
#
# **The number.** $Z$ from its equation, both best discriminators, and what each is worth under either rule.

# %%
# NBVAL_CHECK_OUTPUT
xs = np.linspace(-14, 12, 26_001)
p_x, q_x = gaussian(1.0, 1.0).pdf(xs), gaussian(*g).pdf(xs)
ratio = np.exp(logit(best_weights(g), xs))  # p/q
Z = brentq(lambda Z: Z - np.trapezoid(q_x * (1 - np.minimum(1, Z * ratio)), xs), 0.01, 1)
game_d, l3_d = ratio / (1 + ratio), np.minimum(1, Z * ratio)


def worth(d):
    real = np.trapezoid(p_x * np.log(d), xs)
    with np.errstate(divide="ignore"):
        return real + np.trapezoid(q_x * np.log(1 - d), xs), real + np.log(np.trapezoid(q_x * (1 - d), xs))


for name, d in [("p/(p+q)", game_d), ("min(1, Z p/q)", l3_d)]:
    mean_of_log, log_of_mean = worth(d)
    print(f"{name:14s} with E log(1-D): {mean_of_log:6.3f}   with log E(1-D): {log_of_mean:6.3f}")
assert worth(game_d)[0] < worth(game_d)[1] < worth(l3_d)[1] and worth(l3_d)[0] == -np.inf

# %% [markdown]
# ## 8 · Further: a law without a density (A6)
#
# **The question.** Images have thousands of pixels, and $z$ a hundred numbers. What is $q$ then?
#
# **The derivation.** A smooth $G$ from the line into the plane draws a curve. All of $q$'s mass lies on it, and a curve has
# area zero. If $q$ had a density, its integral over that set would be 0, not 1. So there is **no** density, and $p/(p+q)$
# cannot be written. $V(D, G)$ can: $\mathbb E_z\log(1-D(G(z)))$ is an ordinary integral over $z$, by the push-forward.
#
# **The number.** $G(z) = (\cos 2\pi z, \sin 2\pi z)$ with $z$ uniform on $(0,1)$. Cover the plane with boxes of side $\epsilon$:
# the boxes that hold *all* of the mass get smaller and smaller in area, so the average density in them grows without limit.

# %%
# NBVAL_CHECK_OUTPUT
angle = 2 * np.pi * (np.arange(100_000) + 0.5) / 100_000  # z on a fine grid: nothing is random here
circle = np.stack([np.cos(angle), np.sin(angle)], axis=1)
print(" side   boxes   their area   mean density in them")
areas = []
for side in (0.2, 0.05, 0.0125):
    boxes = len(np.unique(np.floor(circle / side), axis=0))
    areas.append(boxes * side**2)
    print(f"{side:6.4f} {boxes:6d} {areas[-1]:10.3f} {1 / areas[-1]:14.1f}")
smooth = np.mean(-np.logaddexp(0, circle @ [1.0, 0.5]))  # log(1 − D) with D = σ(x₁ + x₂/2)
print(f"E log(1 - D(G(z))) = {smooth:.6f}, as ever")
assert areas[0] > 2 * areas[1] > 4 * areas[2]

# %% [markdown]
# What becomes of the divergences when $p$ and $q$ live on different thin sets is the subject of lecture 07.
#
# ## 9 · Further: reading an algorithm box (A5)
#
# **The question.** The algorithm is reprinted everywhere, and small errors travel with it. Which of them matter?
#
# > **Where the notes slip.** (1) L1's box sets $\nabla_\theta V = \frac1m\sum_i\log(1-D(G(z_i)))$: a vector on the left,
# > a number on the right. The $\nabla$ is missing there too, in both lines. (2) It moves $G$ before $D$, and uses one
# > minibatch for both. (3) It draws $z_i\sim q_\theta$, the generator's own law; the box that L2, L3 and L4 reprint from the
# > 2014 paper calls the noise prior $p_g(z)$, the paper's symbol for the generator. It is $p_z$. (4) On the slide before,
# > $G$'s objective is "$\min_\phi$", over the *discriminator's* parameters; $\theta$ is meant.
# >
# > L0's figure 3 says "gradient step" for both players and leaves out that they go in opposite directions; by its (5) the
# > first descends and the second ascends $-V$.
#
# **The number.** Each line taken literally, at $D=\tfrac12$ where nothing else is said:

# %%
# NBVAL_CHECK_OUTPUT
rng = np.random.default_rng(7)
flat, some = np.zeros(3), np.array([0.0, 0.5, -0.2])
data, z_batch = rng.normal(1.0, 1.0, 20_000), rng.normal(size=20_000)
made = g[0] + g[1] * z_batch
print("(1) right-hand side as printed:", np.round(np.mean(np.log(1 - expit(logit(some, made)))), 2))
print("    the gradient in (m, s)    :", descent(some, g, z_batch).round(2))
print("(2) G first, D still ½: its gradient is", np.abs(descent(flat, g, z_batch)).round(2))
again = g[0] + g[1] * made
print(f"(3) z from p_z: fakes have mean {made.mean():.1f}, std {made.std():.1f}", end="")
print(f"; z from q: mean {again.mean():.1f}, std {again.std():.1f}")
slope_in_phi = -np.array([np.mean(expit(logit(some, made)) * made**j) for j in range(3)])
after = some - 0.3 * slope_in_phi
before, now = (np.mean(expit(logit(w, made))) for w in (some, after))
print(f"(4) down in φ: D on the fakes {before:.2f} -> {now:.2f}, and G has not moved")
assert now > before and np.allclose(descent(flat, g, z_batch), 0)

# %% [markdown]
# (1), (3) and (4) are fatal when typed in as they stand: (3) trains on $G(G(z))$, and (4) teaches $D$ to applaud. The *order*
# in (2) is harmless: after one wasted move of $G$ the sequence alternates as it should. Sharing the minibatch is
# worse: the second player's gradient is then taken on points to which the first has just been fitted, and it is biased. Moving
# both players **at once** is another algorithm still. Here it makes the circles a little larger:


# %%
# NBVAL_CHECK_OUTPUT
def play(k=1, simultaneous=False, rounds=150, size=0.3):
    rng, d, now = np.random.default_rng(8), np.zeros(3), np.array([-1.0, 1.5])
    path = [now]
    for _ in range(rounds):
        old = d
        for _ in range(k):
            d = d + size * ascent(d, rng.normal(1, 1, 1_000), now[0] + now[1] * rng.normal(size=1_000))
        now = now - size * descent(old if simultaneous else d, now, rng.normal(size=1_000))
        path.append(now)
    return np.array(path)


runs = {"k = 1, at once": play(simultaneous=True), "k = 1, in turn": play(), "k = 5, in turn": play(k=5)}
figure, axes = plt.subplots(figsize=(5.6, 3.6))
for (name, path), colour, dash in zip(runs.items(), plots.SERIES, ["-", "--", ":"], strict=True):
    axes.plot(path[:, 0], path[:, 1], color=colour, linestyle=dash, label=name)
    print(f"{name}: path of length {np.linalg.norm(np.diff(path, axis=0), axis=1).sum():.1f}")
axes.plot(1, 1, "o", color=plots.DATA, markersize=9)
axes.set(xlabel="generator's mean m", ylabel="standard deviation s")
plots.legend(axes, fontsize="small")
plt.show()

# %% [markdown]
# All three reach the data (the blue point); the straight line is 2.1 long. The better $D$ keeps up, the straighter the way.
# Lecture 11 takes a game in which moving at once never arrives.
#
# **Your turn.** One round of the game in NumPy: $D$ up, then $G$ down.


# %% tags=["exercise:01.training_round"]
def training_round(discriminator, generator, real, noise, fresh_noise, step):
    """One round of the algorithm with k = 1: D one step up V, then G one step down V.

    Arguments:
        discriminator: array (3,), (a, b, c): the logit of D is v(x) = a + b x + c x², and D = σ(v).
        generator: array (2,), (m, s): G(z) = m + s z.
        real: array (n,), a minibatch of data.
        noise: array (n,), the noise for D's step.
        fresh_noise: array (n,), the noise for G's step.
        step: the step size of both.

    Returns:
        array (5,): a, b, c, m, s after the round. The estimate of V is mean log D(real) + mean log(1 − D(fake));
        G goes down mean log(1 − D(G(fresh_noise))).
    """
    raise NotImplementedError("your answer goes here")


# %%
check("01.training_round", training_round)

# %% [markdown]
# ## 10 · Further: other ways to make things, and where they stop (F9)
#
# **The question.** GANs are not the first models that draw. What else is there, and what does each of them lack?
#
# **The derivation.** *k-means* gives each point to the nearest of $k$ centres and moves each centre to the mean of its
# points. *EM for a Gaussian mixture* gives each point in shares, $\propto\exp(-(x-m_j)^2/2s^2)$: the softmax of section 1,
# with temperature $2s^2$. k-means is the same at temperature 0. Both need to be told $k$, neither step can make its objective
# worse, and so both stop in the first *local* optimum.
#
# **The number.** Three clusters, two starts, either method.

# %% tags=["claim:F9"]
# NBVAL_CHECK_OUTPUT
rng = np.random.default_rng(10)
points = np.concatenate([rng.normal(centre, 0.4, 200) for centre in (-6, 0, 6)])


def fit_centres(start, temperature):
    centres = np.array(start)
    for _ in range(200):
        share = softmax(-((points[:, None] - centres) ** 2) / temperature, axis=1)
        centres = share.T @ points / share.sum(0)
    return centres, np.mean(((points[:, None] - centres) ** 2).min(1))


for name, temperature in [("k-means", 1e-9), ("EM", 2 * 0.4**2)]:
    for start in ([-6.0, 0.0, 6.0], [-6.4, -5.6, 3.0]):
        centres, error = fit_centres(start, temperature)
        print(f"{name:8s} from {start}: {centres.round(1)}, mean squared distance {error:.2f}")
    assert error > 20 * fit_centres([-6.0, 0.0, 6.0], temperature)[1]

# %% [markdown]
# A *hidden Markov model* draws a path of hidden states, and a symbol from each. Its likelihood is a sum over all $K^T$
# paths. The *forward recursion* gets it with $K^2$ products a step, and *Baum–Welch* (EM again) uses that sum to train; the
# cost is quadratic in $K$. A *variational autoencoder* (lecture 23) with a Gaussian decoder pays for squared error, pixel by
# pixel. Where it cannot know which of several pictures is meant, the cheapest answer is their **mean**, which is blurred.
#
# > **Where the notes slip.** L0's quiz names Viterbi as the algorithm of hidden Markov models and blames it for their cost.
# > Viterbi finds the one best path; training is Baum–Welch. L0 also calls the images of GANs blurry, L1 and L2 call them
# > sharp. Blur is what a pixel-wise likelihood brings: a discriminator sees at a glance that no real picture is grey there.

# %%
# NBVAL_CHECK_OUTPUT
start, turn = np.array([0.5, 0.5]), np.array([[0.8, 0.2], [0.3, 0.7]])
emit, seen = np.array([[0.9, 0.1], [0.2, 0.8]]), [0, 0, 1, 1, 1, 0, 1, 1]
paths = np.array(list(np.ndindex(*[2] * 8)))  # all 256
joint = start[paths[:, 0]] * turn[paths[:, :-1], paths[:, 1:]].prod(1) * emit[paths, seen].prod(1)
forward = start * emit[:, seen[0]]
for symbol in seen[1:]:
    forward = (forward @ turn) * emit[:, symbol]
print(f"sum over 256 paths {joint.sum():.7f}, forward recursion {forward.sum():.7f}")
print(f"Viterbi's path {paths[joint.argmax()]} has {joint.max() / joint.sum():.0%} of it")
edges = np.array([np.arange(12) >= edge for edge in range(3, 10)], dtype=float)  # seven sharp pictures
guess = edges.mean(0)
print("their mean:", guess.round(1))
print(f"mean squared error of the mean {np.mean((edges - guess) ** 2):.3f}", end="")
print(f", of the best sharp picture {min(np.mean((edges - one) ** 2) for one in edges):.3f}")
assert np.isclose(joint.sum(), forward.sum()) and joint.max() < joint.sum() / 2

# %% [markdown]
# **The quiz of L0**, to mark yourself. Think of an answer before you unfold one.
#
# <details><summary>Which generative techniques do you know?</summary>
#
# k-means (with a spread around its centres), Gaussian mixtures, hidden Markov models, variational autoencoders; and GANs.
#
# </details>
# <details><summary>What are their short-comings?</summary>
#
# k-means and mixtures: $k$ must be chosen, local optima, outliers. Hidden Markov models: discrete states, a cost quadratic in
# their number, local optima again. Variational autoencoders: a bound in place of the likelihood, and blur under a Gaussian
# decoder.
#
# </details>
# <details><summary>What sets GANs apart?</summary>
#
# No density is ever written down. They learn to draw, and are judged by a trained opponent instead of a likelihood.
#
# </details>
# <details><summary>And the short-comings of GANs?</summary>
#
# No likelihood, hence no plain stopping rule and no plain way to compare; training is a game, which may circle; $G$ may leave
# modes out. You saw the seeds of the last two in the demo of section 5.
#
# </details>

# %% [markdown]
# ## What the paper says, what we got, the best that is possible
#
# | | Goodfellow et al. 2014 | here | best possible |
# |---|---|---|---|
# | value at the end of the game | $-\log4 = -1.386$ (theorem 1) | within 0.05 after 300 rounds (section 5) | $-1.386$ |
# | the generator's mean, standard deviation | "converges to $p_{\text{data}}$" (proposition 2, if $D$ reaches its optimum at each step) | within 0.15 of 1 and 1, with $k=1$ | 1, 1 |
# | steps of $D$ in a round | $k=1$, "the least expensive option" | $k=1$ arrives, $k=5$ goes straighter (section 9) | $k\to\infty$: $D^*$ at every step |
#
# ## What to remember
#
# 1. A generator is a way to draw: noise, bent. Its law is the push-forward, with or without a density.
# 2. Training $D$ is logistic regression of real against generated; $-V/2$ is its cross-entropy.
# 3. The logit of the best $D$ is $\log p-\log q$.
# 4. $\nabla_\theta V=-\mathbb E[\nabla_\theta D/(1-D)]$: $D$'s slope is all that $G$ ever learns from.
# 5. $D$ up $k$ times, $G$ down once, fresh noise each time.
#
# **Next** comes lecture 02, the optimal discriminator, which proves that nobody tells better than $p/(p+q)$.
#
# **Sources.** I. Goodfellow et al., *Generative adversarial networks*, 2014 ([arXiv 1406.2661](https://arxiv.org/abs/1406.2661)).
# Lecture notes L0 (ECE 544NA, lecture 21), L1 (Generative Modeling: GANs), L2 (ECE 57000), L3 (Deep Learning: A
# Statistical Perspective) and L4 (GAN, VAE and Semi-Supervised Learning, part I).
