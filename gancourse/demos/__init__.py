"""Slider demos, a file each. Each has four parts that never mix.

``compute(**knobs)`` returns arrays; ``scene(figure)`` draws once what stands still and makes the moving
artists; ``draw(artists, result)`` updates those and says the numbers in words; ``demo()`` joins them to
sliders. Import a demo from its file: ``from gancourse.demos.optimal_discriminator import demo``.
"""

from gancourse.demos._widget import Demo, Knob

__all__ = ["Demo", "Knob"]
