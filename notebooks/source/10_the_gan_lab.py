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
# # 10 · The GAN lab
#
# *Everything so far was exact, or a critic on fixed data. Now two networks play. What does one see, and what does one see wrongly?*
#
# When you have worked through this lecture you will be able to
#
# - run a GAN in the plane by hand: play, step one player alone, go back, branch, turn any dial while it runs;
# - say what the theory wants of $D$ in each step, and what comes of a $D$ that is trained too long or too little (C5);
# - tell success from failure where the losses look alike;
# - read a diagnosis, turn the dial that it suggests, and say whether it helped;
# - compare a learned $D$ with the best one, in a picture and in a number.
#
# **Time.** Core: 50 minutes, experiments 1 to 3, with one exercise. Further: 40 minutes, experiments 4 and 5, with two.
#
# **You need** lecture 02 ($D^* = p/(p+q)$), lecture 03 (the Jensen–Shannon divergence), lecture 04 (the two losses of $G$); for
# experiment 5 lecture 08 (the best critic of slope 1).
#
# As always $p$ is the data, $q$ the generator, logarithms are natural, and $D$ is the probability of *real*.

# %%
import numpy as np
import torch

from gancourse import budget, plots
from gancourse.exercises import check
from gancourse.lab import Lab, lab, measured, side_by_side, two, watched
from gancourse.questions import predict

plots.use()

# %% [markdown]
# ## How to use it
#
# Each experiment below is run twice: first by a few lines of plain code, so that you have numbers, and then by you. The panel shows
# that very run with its past. **History** takes it back to any moment, **Reset** to step 0 with fresh weights, **Play** trains on, and
# every dial may be turned meanwhile. **Branch** starts a second run from where you are. **Code** gives a cell that repeats, to the
# same numbers, whatever you did by hand. Without a kernel you see the end of the run as a picture.
#
# Blue circles are data, vermilion diamonds are fakes; the map is what $D$ says, blue for *real*. The density of the data is exact. The
# generator has none, so what involves $q$ is estimated from its samples (the panel says how), and the **floor** beside
# each number is what the data score against themselves.
#
# ## 1 · First success
#
# **The question.** Two small networks, a ring of eight Gaussians, one update of $D$ and one of $G$ in turn. Does it work, and where
# would one see that?

# %%
predict("10.success")

# %% [markdown]
# **The settings.** None: the lab as it starts. Non-saturating loss, 2 × 32 units each, Adam at 0.001, batches of 128.

# %%
first = Lab(data="ring")
before = measured(first)
first.advance(budget(ci=1600, cpu=2000, gpu=3000))
success = measured(first)
print("            JS    KL(p‖q)   W₁     |D − best D|   modes   near a mode")
for name, row in [("step 0", before), (f"step {success['step']:,}", success)]:
    print(
        f"{name:10s} {row['js']:.3f} {row['kl']:8.3f} {row['wasserstein']:8.3f} {row['gap']:10.3f} {row['captured']:11d} {row['high_quality']:11.0%}"
    )
floors = success["floors"]
print(
    f"{'floor':10s} {floors['js']:.3f} {floors['kl']:8.3f} {floors['wasserstein']:8.3f} {floors['gap']:10.3f}"
)
print(
    f"losses: D {success['loss_d']:.3f} (2 log 2 = {2 * np.log(2):.3f}), G {success['loss_g']:.3f} (log 2 = {np.log(2):.3f})"
)
assert success["captured"] == 8 and success["js"] < before["js"] / 2
assert abs(success["loss_d"] - 2 * np.log(2)) < 0.1

# %% [markdown]
# All eight modes, and $D$'s loss at about $2\log2$, as lecture 02 says it must be at $q=p$: nothing left to tell. The numbers beside
# the floors say that it is not $q=p$ yet: the JS is a dozen times its floor, and $D$ is three times as far from the best one as it need be.
#
# **The lab.**
#
# 1. Take the history back to step 0 and move it slowly to the end. In which order are the modes found?
# 2. Press *Reset*, then *Play*. Switch *gradient* on. When are the arrows long, and when do they turn?
# 3. *Slow motion*: read the sentences through one whole step.
# 4. Set the seed to 2 and press *Reset*, then *Play*. It takes longer: after 1,800 steps it had found 4 modes, after 2,400 all 8. One
#    run is one run.

# %%
lab(first)

# %% [markdown]
# **Remember.** At success $D$'s loss is $2\log2$ and tells nothing more. Progress is in the samples and in what is measured on them.
#
# ## 2 · D too strong (C5)
#
# **The question.** The proof of lecture 03 wants $D$ at its best after every step of $G$. Then train $D$ as long as you like?

# %%
predict("10.strong")

# %% [markdown]
# **The derivation.** With logit $v$ and $D=\sigma(v)$, one fake at $x$ feels
#
# $$-\nabla_x\log(1-D) = \sigma(v)\,\nabla v, \qquad -\nabla_x(-\log D) = (1-\sigma(v))\,\nabla v$$
#
# as the way *down* its loss: both point where $v$ grows, and only their lengths differ. Between data and fakes that hardly
# overlap the best $v=\log p/q$ has no bound. As $D$ trains on, $v$ at the fakes goes to $-\infty$, $\sigma(v)\to0$ takes the
# first arrow with it, and the second follows $\nabla v$, which grows.
#
# **The settings.** `objective="minimax"`, and *Step D* alone, 2,000 times. $G$ stands still.
#
# **The number.** The length of the arrows under both losses, before and after, and the JSD that $D$ tells.

# %% tags=["claim:C5"]
strong = Lab(data="ring", objective="minimax")
arrows_of = {}
print("D's updates   D's loss   JS it tells   JS estimated   mean arrow: minimax   non-saturating")
for more in (200, 300, 500):
    strong.advance(more, "d")
    other = strong.branch()
    other.change(objective="non_saturating")
    row, arrows_of[strong.time] = measured(strong), (measured(strong)["push"], measured(other)["push"])
    print(
        f"{strong.time:11,d} {row['loss_d']:10.4f} {row['told']:13.4f} {row['js']:14.3f} {arrows_of[strong.time][0]:21.4f} {arrows_of[strong.time][1]:16.2f}"
    )
verdict = watched(strong, 1000, kind="d", looks=10)
other = strong.branch()
other.change(objective="non_saturating")
row, arrows_of[strong.time] = measured(strong), (measured(strong)["push"], measured(other)["push"])
print(
    f"{strong.time:11,d} {row['loss_d']:10.4f} {row['told']:13.4f} {row['js']:14.3f} {arrows_of[strong.time][0]:21.4f} {arrows_of[strong.time][1]:16.2f}"
)
print(f"{verdict['verdict']}: {verdict['words']}\ntry: {verdict['try']}")
(minimax_early, ns_early), (minimax_late, ns_late) = arrows_of[200], arrows_of[strong.time]
assert minimax_late < minimax_early / 10 and ns_late > 2 * ns_early
assert abs(row["told"] - np.log(2)) < 0.01 and verdict["try"][1] == {"objective": "non_saturating"}

# %% [markdown]
# $D$ does what the theory asks: the divergence that its loss tells, $\log2 - \frac12L_D$, has gone to $\log 2 = 0.693$, the right value
# for two laws that do not overlap. (The estimate stays below: half a point is added to each of its cells, so that even
# disjoint samples share some mass.) And with that the minimax arrow has lost a factor of about a hundred. *The better $D$ measures, the
# less it teaches.* The diagnosis says so, and suggests the one dial that mends it. (With seeds 1 and 2 the numbers are much the same, and
# the verdict is "standing still": a few samples at the edge keep a slope, and $G$ was not allowed to follow it.)
#
# **Then $G$ stands still for ever?** Let it go, 50 steps from here, under either loss, with plain gradient descent and with Adam.


# %%
def moved(objective, optimizer, rate):
    run = strong.branch()
    run.change(objective=objective, generator_optimizer=optimizer, generator_rate=rate)
    noise = run.generator.noise(500, torch.Generator().manual_seed(0))
    start = run.generator(noise).detach()
    run.advance(50)
    return (run.generator(noise) - start).norm(dim=1).mean().item()


for optimizer, rate in [("sgd", 0.01), ("adam", 0.001)]:
    ways = {name: moved(name, optimizer, rate) for name in ("minimax", "non_saturating")}
    print(
        f"{optimizer:5s} mean way in 50 steps: "
        + ", ".join(f"{name} {way:.4f}" for name, way in ways.items())
    )
    if optimizer == "sgd":
        assert ways["minimax"] < 0.02 and ways["non_saturating"] > 20 * ways["minimax"]
    else:
        assert 0.5 < ways["minimax"] / ways["non_saturating"] < 2

# %% [markdown]
# With gradient descent the minimax $G$ does not leave its place, and the non-saturating one is thrown off the page: a slope of 16 is no
# gift either. With Adam both walk at the *same* pace. Adam divides each gradient by its own running size, so a gradient that is small
# but steady moves a weight as far as a large one. That is why so much code trains well with the saturating loss: the gradient
# vanished, and nobody noticed. What Adam cannot mend is noise: a small gradient is soon smaller than its error.
#
# **The lab.** The run as it stands, after 2,000 updates of $D$ alone; *gradient* is on. The table says how long the steepest arrow is.
#
# 1. Where are the arrows? Turn the *objective* to non-saturating. Nothing has been trained in between.
# 2. Back to minimax; turn the *optimiser* of $G$ to SGD, its *learning rate* to 0.01, and play for a few seconds. Then non-saturating.
# 3. *Reset*, and give $D$ ten updates a step (minimax, Adam). Does it fail as the story says?

# %%
lab(strong, layers=("d", "real", "fake", "gradient"))

# %% [markdown]
# **Your turn.** The arrows that the lab draws. This is the main exercise of the lecture.


# %% tags=["exercise:10.arrows"]
def arrows(objective, v, slope):
    """The arrow that the lab draws at each fake: where G's loss of this one point falls fastest, and how fast.

    With ℓ(v) the loss of one fake whose logit is v: log(1 − σ(v)) for "minimax", −log σ(v) for
    "non_saturating", −v for "wasserstein". The arrow at x is −∇ℓ(v(x)), the gradient taken in x.

    Arguments:
        objective: "minimax", "non_saturating" or "wasserstein".
        v: array (n,), what D says of each fake, before σ; up to ±800.
        slope: array (n, 2), ∇v at each fake.

    Returns:
        array (n, 2).
    """
    raise NotImplementedError("your answer goes here")


# %%
check("10.arrows", arrows)

# %% [markdown]
# **Remember.** A $D$ trained to its best measures the divergence and leaves the saturating loss no gradient. Adam hides that.
#
# ## 3 · G too fast (C5)
#
# **The question.** So $D$ should not be too good. What if it is too slow?

# %%
predict("10.fast")

# %% [markdown]
# **The settings.** `generator_steps=5`: five updates of $G$ for each one of $D$. All else as in experiment 1.

# %%
fast = Lab(data="ring", generator_steps=5)
verdict = watched(fast, 480)
chased = measured(fast)
print("                      D's loss   JS it tells   JS estimated   |D − best D|   modes")
for name, row in [("1 · success", success), ("3 · five updates of G", chased)]:
    print(
        f"{name:22s} {row['loss_d']:7.3f} {row['told']:12.3f} {row['js']:13.3f} {row['gap']:14.3f} {row['captured']:10d}"
    )
print(f"{verdict['verdict']}: {verdict['words']}\ntry: {verdict['try']}")
assert chased["captured"] <= 4 and chased["js"] > 0.3 and chased["gap"] > 2 * success["gap"]
assert abs(chased["told"]) < 0.1

# %% [markdown]
# Look at the first two columns. **By $D$'s loss the two runs cannot be told apart**, and the JS that one would read from it is near 0 in
# both. In one of them $q$ covers the ring, in the other it sits on a mode and $\mathrm{JS}$ is near its maximum. The identity
# $L_D = 2\log2 - 2\,\mathrm{JS}$ holds *for the best $D$*. This one is wrong by 0.49 where points are: a $D$ trained too little
# does not give the JS.
#
# The diagnosis sees the end and not the cause: collapsed, so try packs. You know the cause. Is it the five updates? Keep them, and start
# again with another dial turned: four times the learning rate for $D$.

# %%
keeping_up = Lab(fast.settings, discriminator_rate=4e-3)
keeping_up.advance(480)
caught_up = measured(keeping_up)
print(
    f"D's rate times four: JS {chased['js']:.3f} → {caught_up['js']:.3f}, modes {chased['captured']} → {caught_up['captured']}, gap {chased['gap']:.3f} → {caught_up['gap']:.3f}"
)
assert caught_up["captured"] > chased["captured"] and caught_up["js"] < 0.85 * chased["js"]

# %% [markdown]
# It is not the number of updates. It is how far $G$ gets before $D$ has followed: **two time scales**, the faster one for $D$
# (lecture 11 derives it, lecture 13 shows the chase in closed form). It has to be so from the start: turned at step 480, with all of $G$ on
# one mode already, the same dial had not helped after 480 steps more. (Seeds 1 and 2 go the same way more slowly: 1 mode against 4, and 1
# against 3, at the same step.)
#
# **The lab.** On the left five updates of $G$, on the right the run whose $D$ learns four times as fast.
#
# 1. Play both. Follow the fakes on the left: how long do they stay on a mode?
# 2. Read the *losses* of either. Could you say which is which?
# 3. Switch *best D* on. Where does the learned one disagree with it, left and right?

# %%
two(fast, keeping_up)

# %% [markdown]
# **Your turn.** What $D$'s loss tells, in one line; you have used it three times.


# %% tags=["exercise:10.js_told"]
def js_told(real_logits, fake_logits):
    """The Jensen–Shannon divergence of p and q, in nats, that D's loss comes to if D is taken for the best one.

    D's loss is L = −mean log σ(v) over the real points −mean log(1 − σ(v)) over the fakes. At the best D it
    is 2 log 2 − 2·JS(p, q).

    Arguments:
        real_logits: array (n,), v at real points; up to ±800.
        fake_logits: array (m,), v at fakes.

    Returns:
        float: JS as this D tells it. It may be negative: then D is worse than a coin.
    """
    raise NotImplementedError("your answer goes here")


# %%
check("10.js_told", js_told)

# %% [markdown]
# **Remember.** $L_D\approx2\log2$ means that *this* $D$ cannot tell. It is success only if a good $D$ could not either.
#
# *This is the end of the core.*
#
# ## 4 · Further: collapse, and its remedy
#
# **The question.** Twenty-five modes, and a $D$ that learns half as fast as $G$. What does the diagnosis say, and does its advice help?

# %%
predict("10.remedy")

# %% [markdown]
# **The settings.** `data="grid", discriminator_rate=5e-4`; then the same with the first remedy of the diagnosis.

# %%
grid = Lab(data="grid", discriminator_rate=5e-4)
steps = budget(ci=1200, cpu=1200, gpu=1500)
verdict = watched(grid, steps)
collapsed = measured(grid)
print(f"{verdict['verdict']}: {verdict['words']}")
words, dials = verdict["try"]
print(f"try: {words}: {dials}")
mended = Lab(grid.settings, **dials)
after = watched(mended, steps)
packed = measured(mended)
print("\n             modes of 25   near a mode    JS      W₁")
for name, row in [("as it was", collapsed), ("mended", packed)]:
    print(
        f"{name:12s} {row['captured']:9d} {row['high_quality']:13.0%} {row['js']:10.3f} {row['wasserstein']:7.3f}"
    )
print(
    f"{'floor':12s} {'25':>9s} {0.9889:13.0%} {packed['floors']['js']:10.3f} {packed['floors']['wasserstein']:7.3f}"
)
print(f"then: {after['verdict']}: {after['words']}")
assert verdict["verdict"] == "collapsed" and collapsed["captured"] <= 10
assert dials == {"packing": 4} and packed["captured"] >= collapsed["captured"] + 8
assert packed["js"] < collapsed["js"]

# %% [markdown]
# **Why it helps.** A $D$ that sees one point at a time judges the marginal law: four fakes on one mode are four good points. A pack
# of $m$ points is drawn from $p^m$ or from $q^m$, and in a pack from a $q$ with few modes the same mode comes up again and again.
# Lecture 14 proves it: the total variation between $p^m$ and $q^m$ grows with $m$ faster the more of the modes are missing.
#
# **Why it is no cure.** Read the third column. If anything more points lie *between* the modes than before: packing spread $q$ over
# the grid and did not sharpen it. It mends the verdict that it was suggested for, and the next one waits. (Over seeds 0, 1 and 2 the plain run stood at 2, 1
# and 4 modes of 25 after 1,500 steps, the packed one at 22, 25 and 25. With seed 2 the verdict was "cycling", not "collapsed": such a run
# is both, and the rules are tried in an order.)
#
# **The lab.** Left as it was, right with packs of four.
#
# 1. Move both histories. Does the left run *lose* modes, or did it never have them?
# 2. The diagnosis stands under the numbers, and *Turn it* turns its dial. Play on, and follow its advice three times. Where do you end?
# 3. On the left try R1, weight 1, instead of packs.

# %%
two(grid, mended)

# %% [markdown]
# **Remember.** A diagnosis is a hypothesis. Turn one dial, measure again, and read more than the number that was bad.
#
# ## 5 · Further: one seed, four objectives
#
# **The question.** Minimax, non-saturating, relativistic, Wasserstein: how different are they on the same data from the same weights?

# %%
predict("10.four")

# %% [markdown]
# **The settings.** Ring, seed 0, everything as in experiment 1, but for what an objective needs to be itself: the relativistic one
# with R1 + R2 of weight 0.1, the Wasserstein critic with a gradient penalty and five updates a step, since its $G$ descends $W_1$ only as
# far as the critic is near its best.

# %%
objectives = {
    "minimax": {"objective": "minimax"},
    "non-saturating": {"objective": "non_saturating"},
    "relativistic, R1 + R2": {"objective": "relativistic", "penalty": "r1_and_r2", "penalty_weight": 0.1},
    "Wasserstein, penalty": {
        "objective": "wasserstein",
        "penalty": "gradient_penalty",
        "discriminator_steps": 5,
    },
}
runs = {name: Lab(data="ring", **dials) for name, dials in objectives.items()}
starts = [torch.cat([w.flatten() for w in run.generator.parameters()]) for run in runs.values()]
assert all(torch.equal(start, starts[0]) for start in starts)
rows = {}
for name, run in runs.items():
    run.advance(600)
    rows[name] = measured(run)
print("after 600 steps of G        JS      W₁     gap   modes   near a mode")
for name, row in rows.items():
    print(
        f"{name:24s} {row['js']:6.3f} {row['wasserstein']:7.3f} {row['gap']:7.3f} {row['captured']:6d} {row['high_quality']:12.0%}"
    )
floors = rows["minimax"]["floors"]
print(f"{'floor':24s} {floors['js']:6.3f} {floors['wasserstein']:7.3f} {floors['gap']:7.3f}")
assert max(rows[name]["js"] for name in list(rows)[2:]) < min(rows[name]["js"] for name in list(rows)[:2])
assert all(row["gap"] > floors["gap"] for row in rows.values())

# %% [markdown]
# Gap is the mean of $|D - D^*|$ over both laws for the first three. For the Wasserstein critic it is another thing: $1$ minus the share of
# $W_1$ that the critic reaches once it is divided by its steepest slope. Do not compare it with the others, and its floor is 0.

# %%
figure = side_by_side(list(runs.values()), [f"{name}\nJS {rows[name]['js']:.3f}" for name in runs])

# %% [markdown]
# Contours: the best $D$ at 0.2 (dotted), 0.5 (thick) and 0.8 (dashed), for the last picture the best critic of slope 1 at these shares of its
# range. The learned maps are smoother than their contours: they know on which side of the ring the data are, and not yet where on it.
#
# What may be concluded? With these settings the two penalised ones are ahead after 600 steps of $G$, with seeds 1 and 2 as well. The Wasserstein run has paid 3,000
# updates of its critic for it, and each costs more than a plain one. At the plain settings of the others (one update of the critic,
# a penalty of 0.3) it was on *one* mode after 1,200 steps. An objective is not a method.
#
# **The lab.** Non-saturating on the left, relativistic on the right, with *best D* on.
#
# 1. Play to step 2,000. Is the order still the same?
# 2. Turn *dials: right*, objective to least squares, penalty to none, *Reset*, play. What has the gap done?
# 3. Take whatever you found to *Code*, and run that cell.

# %%
two(runs["non-saturating"], runs["relativistic, R1 + R2"], layers=("d", "real", "fake", "best"))

# %% [markdown]
# **Your turn.** The gap, on a line of cells.


# %% tags=["exercise:10.gap_to_best"]
def gap_to_best(p, q, d):
    """How far a D is from the best one, where points are: the mean of |D − D*| over half of p and half of q.

    D* = p/(p + q), on a line of n cells. A cell in which neither has mass weighs nothing.

    Arguments:
        p, q: arrays (n,), masses of the cells, each summing to one; some may be zero.
        d: array (n,), what D says in each cell.

    Returns:
        float in [0, 1].
    """
    raise NotImplementedError("your answer goes here")


# %%
check("10.gap_to_best", gap_to_best)

# %% [markdown]
# **Show me the code.** Whatever was done by hand, the lab can write down; the cell gives the same weights, bit for bit.

# %%
by_hand = Lab(data="blobs", objective="hinge")
by_hand.advance(40)
by_hand.change(generator_rate=3e-4, instance_noise=0.1)
by_hand.step_d()
by_hand.advance(10)
source = by_hand.code()
print(source)
names = {}
exec(source, names)
pairs = zip(names["generator"].parameters(), by_hand.generator.parameters(), strict=True)
assert all(torch.equal(a, b) for a, b in pairs)

# %% [markdown]
# **Remember.** Compare at equal cost, over seeds, beside the floor. A picture of one run is an illustration.
#
# ## What the paper says, what we got, the best that is possible
#
# GAN Lab (Kahng, Thorat, Chau, Viégas and Wattenberg, 2018, arXiv 1809.01587) publishes an interface and no table of scores: there is no
# number to stand beside. What it shows in a browser, and what this lab adds, is listed in [gan_lab.md](../docs/gan_lab.md).
#
# ## What to remember
#
# 1. At success $D$'s loss is $2\log2$; a $D$ that is too weak shows the same number. Look at samples, modes and estimates beside it.
# 2. A $D$ at its best measures the divergence, and leaves the saturating loss no slope. Adam hides how small a slope is.
# 3. A $G$ that is too fast runs to a point and drags $D$ after it; a faster $D$ or a pack of samples holds it.
# 4. Turn one dial at a time, on the same seed, and then on another: a run is an anecdote.
#
# **Sources.** M. Kahng, N. Thorat, D. H. Chau, F. Viégas and M. Wattenberg, *GAN Lab*, 2018
# ([arXiv 1809.01587](https://arxiv.org/abs/1809.01587)), and its page ([poloclub.github.io/ganlab](https://poloclub.github.io/ganlab/)).
# I. Goodfellow et al., *Generative adversarial networks*, 2014 ([arXiv 1406.2661](https://arxiv.org/abs/1406.2661)). Z. Lin et al., *PacGAN*,
# 2018 ([arXiv 1712.04086](https://arxiv.org/abs/1712.04086)). Lecture notes L1, L2.
