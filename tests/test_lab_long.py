"""Ten minutes of the lab: memory stays flat, and the run at the end is what its code says."""

import numpy as np
import pytest

from benchmarks.lab import soak

pytestmark = pytest.mark.slow


def test_ten_minutes_of_running_keep_memory_flat():
    rows = np.array(soak(10.0))
    seconds, steps, megabytes = rows.T
    settled = seconds > 150  # history and curves have filled their room by then, or nearly
    assert steps[-1] > 5000 and (np.diff(steps) > 0).all()
    growth = np.polyfit(seconds[settled] / 60, megabytes[settled], 1)[0]
    first, last = megabytes[settled][0], megabytes[-1]
    print(f"{steps[-1]:,.0f} steps; {first:.0f} to {last:.0f} MB, {growth:+.2f} MB a minute")
    assert growth < 2.0
    assert megabytes[-1] < 1.05 * megabytes[settled].min() + 10
