"""Whether this machine can grade safely: each protection is tried, not looked up."""

import importlib.util
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import psutil

from gancourse.teach import masked
from gancourse.teach.sandbox import Limits, why_not

__all__ = ["Finding", "examine_machine", "need_nbgrader"]

MB = 1_000_000
LIMITS = Limits(seconds=10, total=60, memory=1_000 * MB, processes=64, file=4 * MB)
# what is tried inside: a name, code that must not succeed, and the error that it must end in
PROBES = (
    ("no network", "import socket\nsocket.create_connection(('192.0.2.1', 80), 2)", ("OSError",)),
    (
        "no home",
        "import os\nopen(os.path.join({home!r}, '.bashrc'))",
        ("FileNotFoundError", "PermissionError"),
    ),
    ("no course files", "open({here!r})", ("FileNotFoundError",)),
    ("no answers", "import gancourse.exercises.lecture_02", ("Masked", "ModuleNotFoundError")),
    ("system files cannot be changed", "open('/usr/gancourse', 'w')", ("OSError", "PermissionError")),
    ("memory is limited", "x = bytearray(2_000_000_000)", ("MemoryError",)),
    ("files are limited", "open('/tmp/x', 'wb').write(bytes(8_000_000))", ("OSError",)),
    (
        "processes are limited",
        "import os, time\nfor _ in range(200):\n    if os.fork() == 0:\n        time.sleep(60)",
        ("BlockingIOError", "processes"),
    ),
    ("time is limited", "while True:\n    pass", ("KeyboardInterrupt",)),
)


class Finding(NamedTuple):
    """One thing looked at: its name, whether it is well, and what to do or what was seen."""

    name: str
    well: bool
    text: str


def need_nbgrader():
    """Raise a ModuleNotFoundError that says what to install, where nbgrader is missing."""
    if importlib.util.find_spec("nbgrader") is None:
        raise ModuleNotFoundError(
            "Grading needs nbgrader, which is not installed: "
            f"{sys.executable} -m pip install -r requirements-teach.txt (or: pip install 'gancourse[teach]')"
        )


def examine_machine():
    """Look at everything that grading needs; yields Findings as they come."""
    try:
        need_nbgrader()
        yield Finding("nbgrader", True, "installed")
    except ModuleNotFoundError as problem:
        yield Finding("nbgrader", False, str(problem))
    reason = why_not()
    yield Finding("sandbox", reason is None, reason or f"bubblewrap at {shutil.which('bwrap')}")
    if reason is None:
        root = os.geteuid() == 0
        who = "as root: each sandbox becomes a user of its own" if root else "as an ordinary user"
        yield Finding("user", True, who)
        yield from _probes()
    place = tempfile.gettempdir()
    free = shutil.disk_usage(place).free / 1e9
    yield Finding("disk", free > 1, f"{free:.1f} GB free in {place}" + ("" if free > 1 else ": free 1 GB"))
    memory = psutil.virtual_memory().available
    at_once = memory // Limits().memory
    told = f"{memory / 1e9:.1f} GB free: "
    told += f"at most --jobs {at_once} at the limits" if at_once else "name a lower limit with --memory"
    yield Finding("memory", at_once > 0, told)


def _probes():
    from gancourse.teach.kernel import Kernel, Lost

    places = {"home": str(Path.home()), "here": __file__}
    with tempfile.TemporaryDirectory(prefix="gc-course-") as course:
        masked.build(["02"], course)
        for name, code, wanted in PROBES:
            limits = LIMITS if name != "time is limited" else Limits(seconds=1, total=30)
            started = time.monotonic()
            try:
                with Kernel(course, limits) as kernel:
                    reply = kernel.run(code.format(**places) if "{" in code else code)
                seen = reply.name or "it went through"
            except Lost as lost:
                seen = lost.reason
            well = seen in wanted
            text = f"tried, {seen} after {time.monotonic() - started:.1f} s"
            yield Finding(
                name, well, text if well else f"{text}: expected {' or '.join(wanted)}. Do not grade here."
            )
