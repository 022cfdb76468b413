"""The first program inside the sandbox: takes on the limits, gives up all rights, becomes the kernel.

It runs before any code of a student and imports nothing of the package. Limits are hard ones: a process
without rights cannot raise them again. Called as ``python _inside.py LIMITS CONNECTION``, with LIMITS a JSON
of ``memory``, ``file``, ``processes``, ``seconds`` (of processor time), ``uid`` and ``grader``, a pipe that
ends with the grader; null leaves a thing as it is.
"""

import json
import os
import resource
import select
import sys


def limit(kind, value):
    """Set a hard limit, unless there is a lower one; None leaves it as it is."""
    if value is None:
        return
    hard = resource.getrlimit(kind)[1]
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(kind, (value, value))


def gone(grader):
    """Whether the grader is dead already: nothing is ever written to its pipe, so there is only its end."""
    return grader is not None and bool(select.select([grader], [], [], 0)[0])


def main(limits, connection):
    """Never returns: the kernel takes the place of this program."""
    if gone(limits["grader"]):
        sys.exit("the grader is gone")
    if limits["grader"] is not None:
        os.close(limits["grader"])
    for kind, value in (
        (resource.RLIMIT_AS, limits["memory"]),
        (resource.RLIMIT_FSIZE, limits["file"]),
        (resource.RLIMIT_NOFILE, 256),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_CPU, limits["seconds"]),
    ):
        limit(kind, value)
    if limits["uid"] is not None:
        # a kernel that is root would be exempt from the next limit, which counts the processes of a user
        os.setgroups([])
        os.setresgid(limits["uid"], limits["uid"], limits["uid"])
        os.setresuid(limits["uid"], limits["uid"], limits["uid"])
    limit(resource.RLIMIT_NPROC, limits["processes"])
    os.execv(
        sys.executable,
        [sys.executable, "-m", "ipykernel_launcher", "-f", connection, "--log-level=50"]
        + ["--HistoryManager.enabled=False", "--Completer.use_jedi=False"],
    )


if __name__ == "__main__":
    main(json.loads(sys.argv[1]), sys.argv[2])
