"""What to look at while a GAN trains, measured in a ``watch``: logits, gradients, samples, modes."""

import numpy as np
import torch

from gancourse._arguments import objective_of
from gancourse._validate import fail, integer
from gancourse.metrics import mode_coverage

__all__ = ["Monitor"]


class Monitor:
    """A ``watch`` that measures both players, for ``train`` and, member by member, for ``train_ensemble``.

    Each call returns a mapping of names to arrays with one entry for each member, (k,), k = 1 for a network
    that is no stack; all on the same batch of data, and on noise that is the same at each call:

        discriminator_loss, generator_loss   the objective's, without penalties
        real_logit, fake_logit               means of v over real and generated samples
        accuracy                             ½ P(v(x) > 0) + ½ P(v(G(z)) < 0)
        generator_gradient                   ‖∇_θ L_G‖, the gradient that the generator's weights get
        sample_gradient                      mean over generated samples of n·‖∂L_G/∂G(z)‖, n the batch:
                                             the slope that a sample feels, of a loss of its own
        centre, spread                       of the samples: mean (k, d), root of the summed variances
        captured, high_quality, reverse_kl   of the samples, by ``mode_coverage``, if the data have modes
        samples                              (k, n_samples, d), in float32, if asked for

    Arguments:
        data: a mixture of ``densities``, or anything else with ``sample(n, rng)``; it has modes if it has
            ``means`` and ``std``.
        objective: as in ``train``.
        batch: real and generated samples for losses, logits and gradients, of each member.
        coverage: generated samples for centre, spread and coverage, of each member.
        samples: how many of those to keep.
        judges: False where the discriminator takes something else than samples (pairs, in VEEGAN): then
            nothing is said of losses, logits and gradients.
        seed: of the batch of data.

    Raises:
        ValueError: data has no ``sample``; a count is not a whole number in its range; another objective.

    Example:
        >>> from gancourse import densities
        >>> from gancourse.models import MLPDiscriminator, MLPGenerator
        >>> found = Monitor(densities.ring(modes=8))(0, MLPGenerator(), MLPDiscriminator())
        >>> found["centre"].shape
        (1, 2)
    """

    def __init__(
        self, data, objective="non_saturating", *, batch=512, coverage=2500, samples=0, judges=True, seed=0
    ):
        if not callable(getattr(data, "sample", None)):
            fail("data", data, "something with sample(n, rng), such as a mixture")
        self.data, self.objective, self.judges = data, objective_of(objective), judges
        self.batch, self.coverage = integer("batch", batch), integer("coverage", coverage, low=2)
        self.samples = integer("samples", samples, low=0, high=self.coverage)
        self.real = np.asarray(data.sample(self.batch, np.random.default_rng(integer("seed", seed, low=0))))

    def __call__(self, step, generator, discriminator):
        k = getattr(generator, "members", 1)
        found = {}
        if self.judges:
            found |= self._judge(generator, discriminator, k)
        with torch.no_grad():
            fake = generator(generator.noise(k * self.coverage)).unflatten(0, (k, -1))
        fake = fake.double().cpu().numpy()
        found["centre"], found["spread"] = fake.mean(1), np.sqrt(fake.var(1).sum(-1))
        if hasattr(self.data, "means") and getattr(self.data, "std", None) is not None:
            rows = [mode_coverage(block, self.data.means, self.data.std) for block in fake]
            for name in ("captured", "high_quality", "reverse_kl"):
                found[name] = np.array([getattr(row, name) for row in rows], dtype=np.float64)
        if self.samples:
            found["samples"] = fake[:, : self.samples].astype(np.float32)
        return found

    def _judge(self, generator, discriminator, k):
        weights = [weight for weight in generator.parameters() if weight.requires_grad]
        if not weights:  # an averaged generator wants no gradients; here all of its weights are asked for
            own = list(generator.parameters())
            try:
                return self._judge(generator.requires_grad_(True), discriminator, k)
            finally:
                for weight in own:
                    weight.requires_grad_(False)
        like = weights[0]
        real = torch.as_tensor(np.concatenate([self.real] * k)).to(like.device, like.dtype)
        with torch.enable_grad():
            fake = generator(generator.noise(k * self.batch))
            real_logits, fake_logits = discriminator(real), discriminator(fake)
            real_logits, fake_logits = (v.unflatten(0, (k, -1)) for v in (real_logits, fake_logits))
            pairs = list(zip(real_logits, fake_logits, strict=True))
            losses = [self.objective.generator(fake_v, real_v) for real_v, fake_v in pairs]
            slopes = torch.autograd.grad(sum(losses), [fake, *weights], allow_unused=True)
        on_samples, slopes = slopes[0], [slope for slope in slopes[1:] if slope is not None]
        members = [slope if k > 1 else slope.unsqueeze(0) for slope in slopes]
        squares = sum(slope.flatten(1).square().sum(1) for slope in members)
        norms = self.batch * on_samples.flatten(1).norm(dim=1).unflatten(0, (k, -1)).mean(1)
        found = {
            "discriminator_loss": torch.stack([self.objective.discriminator(*pair) for pair in pairs]),
            "generator_loss": torch.stack(losses),
            "real_logit": real_logits.mean(1),
            "fake_logit": fake_logits.mean(1),
            "accuracy": ((real_logits > 0).double().mean(1) + (fake_logits < 0).double().mean(1)) / 2,
            "generator_gradient": squares.sqrt(),
            "sample_gradient": norms,
        }
        return {name: value.detach().double().cpu().numpy() for name, value in found.items()}
