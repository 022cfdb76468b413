"""Training recipes that lectures, tools and benchmarks share: settings that were tuned and measured once."""

__all__ = ["RECIPES"]

# Those for images: name of the module, and of the function in it -> what it is. ``python -m gancourse train``
# runs them; they are imported when asked for, since this package is read without PyTorch too.
RECIPES = {
    "dcgan": "DCGAN as published",
    "dcgan_conditional": "a small DCGAN told the class, quick on two cores",
    "wgan": "the first WGAN, weights clipped",
    "wgan_gp": "WGAN with a gradient penalty, on residual networks",
    "sngan": "spectral norm on every layer of a residual discriminator, hinge loss",
    "sngan_conditional": "the same, told the class",
    "modern": "relativistic loss, R1 + R2, no norm anywhere: a small R3GAN",
}
