"""What the lab's page shows of a run: points, maps, grid, arrows, plan, curves, as compact arrays."""

import time

import numpy as np
import torch
from scipy.special import expit, ndtri

from gancourse._modes import mode
from gancourse.lab.data import REACH
from gancourse.lab.oracle import PLAN, SIDE, Oracle, claimed
from gancourse.lab.watcher import Watcher

__all__ = ["LAYERS", "Painter", "pack"]

# name -> what the page calls it
LAYERS = {
    "d": "D",
    "real": "real",
    "fake": "fakes",
    "grid": "G's grid",
    "gradient": "gradient",
    "best": "best D, estimated",
    "plan": "transport plan, estimated",
}
SHOWN, ARROWS, LINES = 500, 150, 21
SAMPLES = 2000  # generated points for the estimates
OFTEN, SELDOM = 0.5, 1.0  # seconds between two estimates; between two plans


class Painter:
    """Turns a run into frames; it changes nothing of the run but for noting estimates in its curves.

    Arguments:
        run: a ``Lab``; another may be put in its place at any time.
        clock: () -> seconds, for the estimates that are made only so often.
    """

    def __init__(self, run, clock=time.monotonic):
        self.run, self.clock, self.watcher = run, clock, Watcher()
        self.oracle = self._law = None
        self._found, self._when, self._stands = {}, {}, None

    def frame(self, layers, *, fresh=False):
        """The run as it stands.

        Arguments:
            layers: names of ``LAYERS`` to show.
            fresh: make the estimates now, however recent the last ones are.

        Returns:
            (numbers, arrays): numbers by name, and by layer or curve an array: points (n, 2) and plans (n, 4)
            in units of x, maps (SIDE, SIDE) in [0, 1] with rows from below, curves (k, 2).
        """
        run = self.run
        self._know_the_law()
        with self._standing():
            z = self._noise(SHOWN)
            arrays = {"real": self.oracle.real[:SHOWN]} if "real" in layers else {}
            fake = run.shown(z).double().numpy()
            if "fake" in layers:
                arrays["fake"] = fake
            if "grid" in layers:
                arrays["grid"] = run.shown(self._grid()).double().numpy()
            values = self._values(self.oracle.lattice).reshape(SIDE, SIDE)
            if "d" in layers:
                arrays["d"] = self._map(values).T
            longest = self._arrows(z[:ARROWS], arrays) if "gradient" in layers else 0.0
            self._estimate(fresh)
        found = self._found
        if "best" in layers and "best" in found:
            arrays["best"] = found["best"].T
        if "plan" in layers and "plan" in found:
            plan = found["plan"]
            arrays["plan"] = np.concatenate([plan["fake"], plan["real"]], axis=1)
        for name in ("discriminator", "generator", "kl", "js", "gap", "wasserstein"):
            arrays[f"curve {name}"] = _thinned(run.curves.array(name))
        numbers = {
            "time": run.time,
            "discriminator": run.curves.last("discriminator"),
            "generator": run.curves.last("generator"),
            "slope": longest,
            **{name: found[name] for name in ("kl", "js", "gap", "wasserstein") if name in found},
            "floors": self.oracle.floors,
            "lowest": float(values.min()),
            "highest": float(values.max()),
            "critic": run.settings.objective == "wasserstein",
        }
        return numbers, arrays

    def diagnosis(self):
        """The diagnosis of the run so far, in words, as ``Watcher.words`` gives it."""
        return self.watcher.words()

    def _standing(self):
        """Both networks in eval mode, no gradients, for a block."""
        return _Standing(self.run)

    def _know_the_law(self):
        s = self.run.settings
        law = s.data, s.points, s.instance_noise
        if law != self._law:
            self.oracle, self._law, self._when = Oracle(s), law, {}
            self._found = {}
        stands = self.run, s.noise_law, s.noise_dim
        if stands != self._stands:
            self._stands, self._z = stands, {}

    def _noise(self, n):
        if n not in self._z:
            self._z[n] = self.run.generator.noise(n, torch.Generator().manual_seed(n))
        return self._z[n]

    def _grid(self):
        """A grid of noise, all other coordinates zero: its lines cut the law of z into equal shares."""
        share = torch.linspace(0.02, 0.98, LINES, dtype=torch.float64)
        if "grid" not in self._z:
            uniform = self.run.settings.noise_law == "uniform"
            line = 2 * share - 1 if uniform else torch.from_numpy(ndtri(share.numpy()))
            if self.run.settings.noise_dim == 1:
                fine = torch.linspace(0, LINES - 1, 10 * LINES, dtype=torch.float64)
                z = torch.from_numpy(np.interp(fine, np.arange(LINES), line.numpy()))[:, None]
            else:
                z = torch.zeros(LINES**2, self.run.settings.noise_dim, dtype=torch.float64)
                z[:, :2] = torch.cartesian_prod(line, line)
            self._z["grid"] = z.float()
        return self._z["grid"]

    def _values(self, points):
        """v at points (n, 2), float64; of packs of equal points, where packs are judged."""
        m = self.run.settings.packing
        x = torch.as_tensor(np.asarray(points), dtype=torch.float32)
        return self.run.discriminator(x.repeat_interleave(m, dim=0) if m > 1 else x).double().numpy()

    def _map(self, values):
        d = claimed(values - self._constant(), self.run.settings)
        if d is None:  # a Wasserstein critic: its own range
            d = (values - values.min()) / max(values.max() - values.min(), 1e-12)
        return d

    def _constant(self):
        """What a relativistic critic's values are above log(p/q), by the mean D of ½ at its best."""
        if not self.run.players.paired:
            return 0.0
        v = self._values(np.concatenate([self.oracle.real[:PLAN], self._fakes()[:PLAN]]))
        low, high = v.min(), v.max()
        for _ in range(40):
            middle = (low + high) / 2
            low, high = (middle, high) if expit(v - middle).mean() > 0.5 else (low, middle)
        return (low + high) / 2

    def _fakes(self):
        return self.run.shown(self._noise(SAMPLES)).double().numpy()

    def _arrows(self, z, arrays):
        """−n·∂L_G/∂x at points of G itself: where each is pushed, and how hard; the longest arrow's slope.

        In VEEGAN each with the noise that it came from, as D sees it.
        """
        run, m = self.run, self.run.settings.packing
        z = z[: len(z) // m * m]
        with torch.enable_grad():
            x = run.generator(z).detach().requires_grad_()
            real = None
            if run.players.paired:
                real = run.discriminator(torch.from_numpy(self.oracle.real[: len(z)]).float())
            pairs = x if run.players.reconstructor is None else torch.cat([x, z], dim=1)
            loss = run.objective.generator(run.discriminator(pairs), real)
            (slope,) = torch.autograd.grad(loss, x)
        push = -len(z) * slope.double().numpy()
        arrays["gradient"] = np.concatenate([x.detach().double().numpy(), push], axis=1)
        return float(np.linalg.norm(push, axis=1).max())

    def _due(self, name, every, fresh):
        now = self.clock()
        if fresh or now - self._when.get(name, -np.inf) >= every:
            self._when[name] = now
            return True
        return False

    def _estimate(self, fresh):
        run, found = self.run, self._found
        if self._due("best", OFTEN, fresh):
            fakes = self._fakes()
            if not np.isfinite(fakes).all() or np.abs(fakes).max() > 1e5:
                self._found = {}
                return
            found |= self.oracle.divergences(fakes)
            if self._due("plan", SELDOM, fresh):
                found["plan"] = self.oracle.plan(fakes)
                found["wasserstein"] = found["plan"]["wasserstein"]
                self.watcher.look(run)
            for name in ("best", "gap"):
                found.pop(name, None)
            if run.players.reconstructor is None:  # VEEGAN's D judges pairs: no best D of points is beside it
                found |= self._beside_the_best(fakes)
            names = [name for name in ("kl", "js", "gap", "wasserstein") if name in found]
            run.curves.note(run.time, **{name: found[name] for name in names})

    def _beside_the_best(self, fakes):
        """The best D, or the best critic of slope 1, on the lattice, and how far off the learned one is."""
        if self.run.settings.objective != "wasserstein":
            best, constant = self.oracle.best(fakes), self._constant()
            learned = lambda x: claimed(self._values(x) - constant, self.run.settings)  # noqa: E731
            return {"best": best["d"], "gap": best["gap_of"](learned)}
        plan = self._found["plan"]
        critic = self.oracle.critic(plan)
        values = self._values(np.concatenate([self.oracle.lattice, plan["real"], plan["fake"]]))
        v = values[: SIDE**2].reshape(SIDE, SIDE)
        steepest = np.hypot(*np.gradient(v, 2 * REACH / SIDE)).max()
        gain = values[SIDE**2 : SIDE**2 + PLAN].mean() - values[SIDE**2 + PLAN :].mean()
        spread = max(critic.max() - critic.min(), 1e-12)
        reached = gain / max(steepest, 1e-12) / max(plan["wasserstein"], 1e-12)
        return {"best": (critic - critic.min()) / spread, "gap": float(1 - reached)}


class _Standing:
    """Both networks in eval mode and no gradients, then each as it was."""

    def __init__(self, run):
        self.contexts = [
            torch.no_grad(),
            *(mode(n, training=False) for n in (run.generator, run.discriminator)),
        ]

    def __enter__(self):
        for context in self.contexts:
            context.__enter__()

    def __exit__(self, *error):
        for context in reversed(self.contexts):
            context.__exit__(*error)


def pack(arrays):
    """Arrays as bytes for the page: (descriptions, buffers), in the same order.

    Points, plans and arrows' feet become int16 in units of 2·REACH/32767, maps uint8 in units of 1/255,
    curves and arrows float32. A description has the name, the kind of number, the shape and the unit.
    """
    described, buffers = [], []
    for name, values in arrays.items():
        if name in ("d", "best"):
            data, kind, unit = np.clip(np.round(255 * values), 0, 255).astype(np.uint8), "uint8", 1 / 255
        elif name.startswith("curve") or name == "gradient":
            data, kind, unit = values.astype(np.float32), "float32", 1.0
        else:
            unit = 2 * REACH / 32767
            finite = np.nan_to_num(values, nan=2 * REACH, posinf=2 * REACH, neginf=-2 * REACH)
            data, kind = np.clip(np.round(finite / unit), -32767, 32767).astype(np.int16), "int16"
        described.append({"name": name, "kind": kind, "shape": list(data.shape), "unit": unit})
        buffers.append(np.ascontiguousarray(data).tobytes())
    return described, buffers


def _thinned(curve, most=240):
    return curve if len(curve) <= most else curve[np.unique(np.linspace(0, len(curve) - 1, most).astype(int))]
