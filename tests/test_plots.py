"""The palette, and pictures of images."""

import itertools

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_rgb

from gancourse import plots

COLOURS = {name: getattr(plots, name) for name in ("DATA", "GENERATOR", "DISCRIMINATOR", "EXACT", "TRAINED")}

# Machado, Oliveira and Fernandes 2009, severity 1, on linear RGB: what people with each deficiency see
VISION = {
    "full colour vision": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
}


def seen(colour, matrix):
    srgb = np.array(to_rgb(colour))
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    light = np.clip(matrix @ linear, 0, 1)
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)


@pytest.mark.parametrize("vision", VISION)
def test_colours_differ_for_everyone(vision):
    for (a, x), (b, y) in itertools.combinations(COLOURS.items(), 2):
        distance = np.linalg.norm(seen(x, VISION[vision]) - seen(y, VISION[vision]))
        assert distance > 0.2, f"{a} and {b} look alike to someone with {vision}"


def test_tile_puts_images_where_they_belong():
    images = np.full((5, 1, 2, 3), -1.0)
    images[3] = 1.0
    sheet = plots.tile(images, columns=3)
    assert sheet.shape == (2 * 3 - 1, 3 * 4 - 1)
    assert (sheet[3:5, 0:3] == 1).all()
    assert (sheet[0:2, 0:3] == 0).all()
    assert (sheet[2] == 0.5).all() and (sheet[3:, 8:] == 0.5).all()


def test_tile_keeps_colours_and_clips():
    images = np.zeros((1, 3, 2, 2))
    images[0, 0] = 5.0
    assert plots.tile(images, 1).shape == (2, 2, 3)
    assert plots.tile(images, 1)[0, 0].tolist() == [1.0, 0.5, 0.5]


def test_style_is_put_back():
    before = plt.rcParams["font.size"]
    with plots.style(scale=2):
        assert plt.rcParams["font.size"] == 22
    assert plt.rcParams["font.size"] == before


def test_losses_are_drawn_with_their_running_mean():
    class History:
        step = np.arange(1, 101)
        discriminator_loss = np.where(step % 2, 1.0, 3.0)
        generator_loss = np.full(100, 0.5)

    _, axes = plt.subplots()
    plots.losses(axes, History)
    means = {line.get_label(): line.get_ydata() for line in axes.lines}
    assert np.allclose(means["discriminator"], 2.0) and np.allclose(means["generator"], 0.5)
    assert len(means["discriminator"]) == 99  # a window of two steps

    class Empty:
        step = discriminator_loss = generator_loss = np.array([])

    plots.losses(plt.subplots()[1], Empty)
    plt.close("all")
