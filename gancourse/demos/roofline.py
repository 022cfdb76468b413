"""What bounds a layer on a machine: its arithmetic or its memory (E13)."""

import numpy as np

from gancourse import plots
from gancourse.demos._widget import Demo, Knob

__all__ = ["LAYERS", "MACHINES", "compute", "convolution", "demo", "draw", "elementwise", "scene"]

# name: (operations a second with 4-byte numbers, with 2-byte numbers, bytes a second), by the makers' data
# sheets; those of a core are round figures for one of a server's, with vectors of 512 bits
MACHINES = {
    "one CPU core": (1e11, 2e11, 1e10),
    "A100": (19.5e12, 312e12, 1.555e12),
    "H100": (67e12, 989e12, 3.35e12),
}
LAYERS = ("3 x 3 convolution", "batch norm and ReLU")
CHANNELS = tuple(2**k for k in range(3, 10))


def convolution(n, side, channels, size):
    """(operations, bytes) of a 3 x 3 convolution, from channels to as many, n maps of side x side.

    Each output is a sum of 9·channels products, two operations each. Maps are read and written once, weights
    read once.
    """
    places = n * side**2
    return 2 * 9 * channels**2 * places, size * (2 * channels * places + 9 * channels**2)


def elementwise(n, side, channels, size):
    """(operations, bytes) of batch norm in eval mode and ReLU: scale, shift, compare; read and write."""
    numbers = n * side**2 * channels
    return 3 * numbers, size * 2 * numbers


def compute(*, channels, batch, layer, precision, machine):
    """Arithmetic intensity of a layer at 32 x 32 places, and the speed that it allows.

        speed = min(peak, intensity · bandwidth)

    Arguments:
        channels: k for 2ᵏ channels.
        batch: k for 2ᵏ images.
        layer: a position in LAYERS.
        precision: 0 for numbers of four bytes, 1 for two.
        machine: a position in MACHINES.

    Returns:
        dict: intensity, operations a byte; speed, operations a second; peak, bandwidth, their ratio ridge;
        share, of the peak; seconds, of the layer on the batch.
    """
    size = (4, 2)[precision]
    *peaks, bandwidth = tuple(MACHINES.values())[machine]
    operations, bytes_ = (convolution, elementwise)[layer](2**batch, 32, 2**channels, size)
    intensity, peak = operations / bytes_, peaks[precision]
    speed = min(peak, intensity * bandwidth)
    return {
        "intensity": intensity, "speed": speed, "peak": peak, "bandwidth": bandwidth,
        "ridge": peak / bandwidth, "share": speed / peak, "seconds": operations / speed,
        "channels": 2**channels, "batch": 2**batch, "layer": LAYERS[layer], "bytes": size,
        "machine": tuple(MACHINES)[machine],
    }  # fmt: skip


def scene(figure):
    """The roof of the machine against arithmetic intensity, and the layer under it."""
    axes = figure.subplots()
    (roof,) = axes.plot([], [], color=plots.EXACT, label="the most that the machine allows")
    (ridge,) = axes.plot([], [], ":", color=plots.MUTED, label="where memory stops being the bound")
    (layer,) = axes.plot([], [], "o", color=plots.GENERATOR, markersize=10, label="this layer")
    axes.set(
        xscale="log", yscale="log", xlim=(0.1, 1e4), ylim=(1e9, 3e15),
        xlabel="arithmetic intensity, operations a byte", ylabel="operations a second",
    )  # fmt: skip
    plots.legend(axes)
    return {"roof": roof, "ridge": ridge, "layer": layer}


def draw(artists, result):
    """Move the roof and the layer, and say the numbers."""
    x = np.geomspace(0.1, 1e4, 200)
    artists["roof"].set_data(x, np.minimum(result["peak"], x * result["bandwidth"]))
    artists["ridge"].set_data([result["ridge"]] * 2, [1e9, result["peak"]])
    artists["layer"].set_data([result["intensity"]], [result["speed"]])
    bound = "arithmetic" if result["share"] == 1 else "memory"
    return (
        f"{result['layer']}, {result['channels']} channels, batch {result['batch']}, {result['bytes']} bytes "
        f"a number, {result['machine']}: {result['intensity']:.3g} operations a byte, bound by {bound}, "
        f"{result['share']:.1%} of the peak; {_time(result['seconds'])} at best."
    )


def _time(seconds):
    for unit, name in ((1, "s"), (1e-3, "ms"), (1e-6, "µs")):
        if seconds >= unit:
            return f"{seconds / unit:.3g} {name}"
    return f"{seconds * 1e9:.3g} ns"


def demo(**look):
    """The demo; keywords go to ``Demo``."""
    knobs = [
        Knob("channels", 3, 9, 1, 8, "channels: 1, doubled so often"),
        Knob("batch", 0, 9, 1, 6, "images in a batch: 1, doubled so often"),
        Knob("layer", high=1, step=1, start=0, label="layer", options=LAYERS),
        Knob("precision", high=1, step=1, start=0, label="numbers", options=("float32", "bfloat16")),
        Knob("machine", high=2, step=1, start=2, label="machine", options=tuple(MACHINES)),
    ]
    return Demo(compute, scene, draw, knobs, name="roofline", **{"size": (8.4, 3.6), **look})
