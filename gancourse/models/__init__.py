"""Networks: an MLP pair for toy data, several pairs for small images, classifiers of digits and CIFAR-10."""

from gancourse.models.classifier import CifarClassifier, DigitClassifier
from gancourse.models.conditional import ConditionalDiscriminator, ConditionalGenerator
from gancourse.models.dcgan import DCGANDiscriminator, DCGANGenerator, dcgan_init_, down_block, up_block
from gancourse.models.mlp import Generator, MLPDiscriminator, MLPGenerator, count_parameters, flops
from gancourse.models.normfree import NormFreeDiscriminator, NormFreeGenerator
from gancourse.models.resnet import (
    ConditionalBatchNorm,
    ResNetDiscriminator,
    ResNetGenerator,
    glorot_init_,
)
from gancourse.models.stack import stack, unstack_

__all__ = [
    "CifarClassifier",
    "ConditionalBatchNorm",
    "ConditionalDiscriminator",
    "ConditionalGenerator",
    "DCGANDiscriminator",
    "DCGANGenerator",
    "DigitClassifier",
    "Generator",
    "MLPDiscriminator",
    "MLPGenerator",
    "NormFreeDiscriminator",
    "NormFreeGenerator",
    "ResNetDiscriminator",
    "ResNetGenerator",
    "count_parameters",
    "dcgan_init_",
    "down_block",
    "flops",
    "glorot_init_",
    "stack",
    "unstack_",
    "up_block",
]
