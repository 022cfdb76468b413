"""Everything that CI runs, in order, with the time each part took: python tools/checks.py [PART ...].

Parts: lint, unit, lectures, exact, browser (these five by default), long, mend. A part that fails does not
keep the next from running. The last line counts the tests of all parts, as pytest does for one.
"""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

__all__ = ["DEFAULT", "PARTS", "main"]

ROOT = Path(__file__).resolve().parents[1]
PYTHON = sys.executable
PYTEST = [PYTHON, "-m", "pytest", "--color=no"]
# Two workers by file: a notebook's cells must stay in one kernel, and a file's fixtures in one process.
TWO_WORKERS = ["-n", "2", "--dist", "loadfile"]
# The 120 s are for one cell; without them nbval waits 2,000 s for a cell that hangs.
NBVAL = ["-p", "nbval_sockets", "--nbval-lax", "--nbval-current-env", "--nbval-cell-timeout=120"]

PARTS = {
    "lint": [
        [PYTHON, "-m", "ruff", "check"],
        [PYTHON, "-m", "ruff", "format", "--check"],
    ],
    "unit": [
        [
            *PYTEST,
            *TWO_WORKERS,
            "--timeout=300",
            "--durations=15",
            "-rs",
            "-m",
            "not slow and not browser",
            "tests",
        ],
    ],
    "lectures": [
        [*PYTEST, *TWO_WORKERS, *NBVAL, "notebooks"],
    ],
    # the lectures that need no PyTorch, in an environment that has none
    "exact": [
        [PYTHON, "tools/exact.py"],
    ],
    "browser": [
        [*PYTEST, "--timeout=120", "-m", "browser and not slow", "-rs", "tests/browser"],
    ],
    "long": [
        [*PYTEST, "--timeout=3600", "-m", "slow", "--durations=10", "tests"],
    ],
    "mend": [
        [PYTHON, "-m", "ruff", "check", "--fix"],
        [PYTHON, "-m", "ruff", "format"],
    ],
}
DEFAULT = ("lint", "unit", "lectures", "exact", "browser")


def environment():
    """What the parts run under: the small profile, and one thread for each of the two workers.

    Two threads on a machine whose second core is busy have made a toy training step 60 times slower.
    """
    env = dict(os.environ)
    env.setdefault("GANCOURSE_PROFILE", "ci")
    env.setdefault("GANCOURSE_PROGRESS", "")  # none is kept: lectures run here are not a student's
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        env.setdefault(name, "1")
    env["PYTHONPATH"] = str(ROOT / "tests")  # where the plugin for nbval is
    return env


def run(command, env):
    """Run a command, show what it says as it comes, and return its exit code and its last counts."""
    counts = {}
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        errors="replace",
    ) as process:
        for line in process.stdout:
            print(line, end="", flush=True)
            if re.search(r"\bin \d[\d.]*s\b", line):
                found = re.findall(r"(\d+) (passed|failed|errors?|skipped)", line)
                counts = {kind.rstrip("s"): int(n) for n, kind in found} or counts
    return process.returncode, counts


def main(parts):
    """Run the parts; the exit code is 0 if all went well."""
    unknown = [part for part in parts if part not in PARTS]
    if unknown:
        print(f"No part {unknown[0]!r}; there are: {', '.join(PARTS)}.", file=sys.stderr)
        return 2
    env, table, total = environment(), [], {"passed": 0, "failed": 0, "skipped": 0}
    for part in parts or DEFAULT:
        started, well = time.monotonic(), True
        for command in PARTS[part]:
            shown = ["python" if word == PYTHON else word for word in command]
            print(f"\n== {part}: {' '.join(shown)}", flush=True)
            code, counts = run(command, env)
            well = well and code == 0
            counted = {"failed": counts.get("failed", 0) + counts.get("error", 0)}
            for kind in ("passed", "skipped"):
                counted[kind] = counts.get(kind, 0)
            if not counts or (code and not counted["failed"]):
                counted["passed" if code == 0 else "failed"] += 1  # a command without counts is one test
            for kind in total:
                total[kind] += counted[kind]
        table.append((part, well, time.monotonic() - started))
    print()
    for part, well, seconds in table:
        print(f"{part:10s} {'passed' if well else 'FAILED':8s} {seconds:6.0f} s")
    skipped = f", {total['skipped']} skipped" if total["skipped"] else ""
    print(f"{total['passed']} passed, {total['failed']} failed{skipped}")
    return 0 if all(well for _, well, _ in table) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
