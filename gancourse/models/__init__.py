"""Networks: an MLP pair for toy data, a DCGAN pair for small images, a classifier of digits."""

from gancourse.models.classifier import DigitClassifier
from gancourse.models.dcgan import DCGANDiscriminator, DCGANGenerator, dcgan_init_, down_block, up_block
from gancourse.models.mlp import Generator, MLPDiscriminator, MLPGenerator, count_parameters, flops
from gancourse.models.stack import stack, unstack_

__all__ = [
    "DCGANDiscriminator",
    "DCGANGenerator",
    "DigitClassifier",
    "Generator",
    "MLPDiscriminator",
    "MLPGenerator",
    "count_parameters",
    "dcgan_init_",
    "down_block",
    "flops",
    "stack",
    "unstack_",
    "up_block",
]
