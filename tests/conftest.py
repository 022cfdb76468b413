"""What every test shares."""

import numpy as np
import pytest


@pytest.fixture(autouse=True)
def progress_of_its_own(tmp_path, monkeypatch):
    """No test writes into the progress of whoever runs it."""
    monkeypatch.setenv("GANCOURSE_PROGRESS", str(tmp_path / "progress.json"))


@pytest.fixture
def rng():
    """A generator with a fixed seed, fresh for each test."""
    return np.random.default_rng(20140610)
