"""The GAN lab: GANs trained live in the plane, with the exact answer drawn over the learned one."""

from gancourse._validate import fail
from gancourse.lab.data import DATA_SETS, data_set
from gancourse.lab.model import Lab
from gancourse.lab.networks import LabGenerator
from gancourse.lab.numbers import measured, watched
from gancourse.lab.settings import DIALS, Settings
from gancourse.lab.still import side_by_side

__all__ = [
    "DATA_SETS", "DIALS", "Lab", "LabGenerator", "Settings", "data_set", "lab", "measured", "side_by_side",
    "two", "watched",
]  # fmt: skip


def lab(run=None, *, trained=False, large=False, layers=("d", "real", "fake"), **dials):
    """The lab on the page, with one run; a second one is a button away.

    Arguments:
        run: a ``Lab`` to show as it stands, with its history; without one a fresh run.
        trained: start from the state that ships for the data set, with its settings, instead of from noise.
        large: type for a projector.
        layers: what is drawn at first: "d", "real", "fake", "grid", "gradient", "best", "plan".
        dials: settings by name, as in ``Settings``.

    Raises:
        ValueError: a setting or a layer that is not valid; dials together with ``trained``, but for ``data``,
            or with a run.
    """
    from gancourse.lab.panel import GanLab

    if run is not None:
        if trained or dials or not isinstance(run, Lab):
            fail("run", run, "a Lab, and nothing that says how another would start")
        return GanLab(run, layers=layers, large=large)
    if not trained:
        return GanLab(Lab(**dials), layers=layers, large=large)
    if set(dials) - {"data"}:
        fail("dials", sorted(set(dials) - {"data"}), "data alone, since a trained state has its own settings")
    return GanLab(Lab.trained(dials.get("data", "ring")), layers=layers, large=large)


def two(first, second, *, large=False, layers=("d", "real", "fake")):
    """Two runs side by side, on one clock.

    Arguments:
        first, second: ``Lab``s, or dicts of settings.
        large, layers: as in ``lab``.

    Raises:
        ValueError: as ``lab``.
    """
    from gancourse.lab.panel import GanLab

    runs = [run if isinstance(run, Lab) else Lab(**run) for run in (first, second)]
    return GanLab(*runs, layers=layers, large=large)
