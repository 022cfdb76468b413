"""What every test shares."""

import numpy as np
import pytest


@pytest.fixture
def rng():
    """A generator with a fixed seed, fresh for each test."""
    return np.random.default_rng(20140610)
