"""The sandbox: one student's code in namespaces of its own, by bubblewrap, with limits it cannot lift.

Inside there is no network, no home, no gradebook, no other submission and no source of the course: only the
system's read-only folders, this Python, the masked package (`masked.py`), and a temporary folder in memory.
One folder of the host can be written to, the one that holds the kernel's sockets; a watch from outside
ends a sandbox that fills it, or that takes more memory or processes than allowed.
"""

import contextlib
import dataclasses
import itertools
import json
import os
import shutil
import site
import subprocess
import sys
import tempfile
import threading
import weakref
from pathlib import Path

import psutil

import gancourse
from gancourse._validate import integer, positive

__all__ = ["Limits", "Sandbox", "bubblewrap", "end_all", "why_not"]

MB = 1_000_000
# where things lie inside
COURSE, LAUNCHER = "/course", "/course/_inside.py"
# a user of its own for each sandbox at a time: limits on processes count by user
USERS = range(61_000, 61_184)
SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
# name look-ups and certificates are left out on purpose
ETC = ("ld.so.cache", "ld.so.conf", "ld.so.conf.d", "alternatives", "localtime", "fonts", "mime.types")
SECONDS_BETWEEN_LOOKS = 0.1


@dataclasses.dataclass(frozen=True)
class Limits:
    """What one submission may take.

    Arguments:
        seconds: for one cell, or for the calls of one exercise's function.
        total: seconds for the whole submission.
        memory: bytes, of one process and of all together.
        processes: processes and threads at a time.
        file: bytes of one file, and of all files in the folder of the sockets together.
        result: bytes of what the calls of one function may return.
        notebook: bytes of a submitted file.

    Raises:
        ValueError: a limit is not positive.
    """

    seconds: float = 20.0
    total: float = 120.0
    memory: int = 3_000 * MB
    processes: int = 96
    file: int = 64 * MB
    result: int = 8 * MB
    notebook: int = 20 * MB

    def __post_init__(self):
        positive("seconds", self.seconds)
        positive("total", self.total)
        for name in ("memory", "processes", "file", "result", "notebook"):
            integer(name, getattr(self, name))


class Sandbox:
    """A Jupyter kernel in bubblewrap, from start to end; a context manager.

    Arguments:
        course: the folder of the masked package, seen as /course inside.
        connection: the connection file, in the folder of the sockets; that folder is seen inside at its own
            path, since the sockets are named by path in the file.
        limits: Limits.
        trusted: no bubblewrap: the kernel runs as the grader. Only for one's own work.

    After its end ``reason`` says why it was ended from outside: "memory", "processes", "files", or None.
    """

    def __init__(self, course, connection, limits, *, trusted=False):
        self.limits, self.reason, self._over = limits, None, threading.Event()
        folder = Path(connection).parent
        self._folder = folder
        self._user = None if trusted or os.geteuid() != 0 else _users.take()
        if self._user is not None:
            for path in (folder, Path(connection)):
                os.chown(path, self._user, self._user)
        # the launcher looks at this pipe, whose other end only the grader holds: bubblewrap ties a sandbox to
        # its parent some milliseconds after the start, and a grader killed before that would leave it behind
        theirs, self._ours = (None, None) if trusted else os.pipe()
        command = _kernel(connection, limits, self._user, theirs)
        if trusted:
            command[1] = str(Path(course) / "_inside.py")
            env = {**os.environ, **_environment(course), "HOME": str(folder)}
            free = dict.fromkeys(("memory", "processes", "file", "uid", "grader"))
            command[2] = json.dumps({**json.loads(command[2]), **free})
        else:
            command = [*bubblewrap(course, folder, limits, self._user), *command]
            env = {}
        self.process = subprocess.Popen(
            command, env=env, cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, start_new_session=True, close_fds=True,
            pass_fds=() if trusted else (theirs,),
        )  # fmt: skip
        if theirs is not None:
            os.close(theirs)
        self._trusted = trusted
        _running.add(self)
        self._watch = threading.Thread(target=self._look, daemon=True)
        self._watch.start()

    @property
    def alive(self):
        """Whether its first process lives."""
        return self.process.poll() is None

    def end(self, reason=None):
        """End every process in it at once; the first reason given stays."""
        self.reason = self.reason or reason
        self._over.set()
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, 9)
        self.process.kill()
        self.process.wait()
        ours, self._ours = self._ours, None
        if ours is not None:
            os.close(ours)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()
        self._watch.join()
        if self._user is not None:
            _users.give_back(self._user)

    def _too_much(self, family):
        if sum(_memory(member, "rss") for member in family) <= self.limits.memory:
            return False
        # that counts what forked processes share once for each: the fair sum takes longer to find
        return sum(_memory(member, "pss") for member in family) > self.limits.memory

    def _look(self):
        """Memory, processes and files, seen from outside: no limit of one process bounds the sum of many."""
        while not self._over.wait(SECONDS_BETWEEN_LOOKS):
            try:
                family = psutil.Process(self.process.pid).children(recursive=True)
                if not self._trusted and len(family) > self.limits.processes // 2:
                    return self.end("processes")
                if self._too_much(family):
                    return self.end("memory")
                if _bytes_in(self._folder) > self.limits.file:
                    return self.end("files")
            except psutil.Error:
                if not self.alive:
                    return None
        return None


def bubblewrap(course, folder, limits, user):
    """The command that runs what follows it in a sandbox.

    Arguments:
        course: folder of the masked package.
        folder: of the sockets, the one place that can be written to; None for none.
        limits: Limits.
        user: the number of the user to become inside where the grader is root, else None.
    """
    command = ["bwrap", "--die-with-parent", "--new-session", "--clearenv"]
    command += ["--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"]
    command += ["--cap-drop", "ALL"]
    if user is None:
        command += ["--unshare-user", "--uid", "1000", "--gid", "1000"]
    else:  # the launcher needs these two to become that user, and has none after that
        command += ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    command += ["--proc", "/proc", "--dev", "/dev"]
    # first of all: a course kept in /tmp lies on top of the empty one
    for path in ("/tmp", "/dev/shm"):
        command += ["--size", str(limits.file), "--perms", "1777", "--tmpfs", path]
    for path in _above([*_readable(), *([str(folder)] if folder else [])]):
        command += ["--perms", "0755", "--dir", path]  # by itself bubblewrap would make them its own alone
    for path in _readable():
        command += ["--ro-bind", path, path]
    for path in _links():
        command += ["--symlink", os.readlink(path), path]
    for path in _hidden():
        command += ["--perms", "0755", "--tmpfs", path, "--remount-ro", path]
    command += ["--ro-bind", str(course), COURSE]
    if folder is not None:
        command += ["--bind", str(folder), str(folder)]
    command += ["--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/tmp"]
    for name, value in _environment(COURSE).items():
        command += ["--setenv", name, value]
    return command


def why_not():
    """Why no sandbox can be made here, in a sentence that says what to do; None where it can."""
    if sys.platform != "linux":
        return (
            f"bubblewrap needs Linux, and this is {sys.platform}: grade in a container, see docs/teaching.md"
        )
    if not shutil.which("bwrap"):
        return "bubblewrap is not installed: `sudo apt install bubblewrap` (on Fedora: dnf)"
    user = USERS[0] if os.geteuid() == 0 else None
    with tempfile.TemporaryDirectory(prefix="gc-") as course:
        os.chmod(course, 0o755)
        command = [*bubblewrap(course, None, Limits(), user), sys.executable, "-c", "import numpy"]
        done = subprocess.run(command, env={}, capture_output=True, text=True, timeout=60)
    if done.returncode:
        said = done.stderr.strip().splitlines()[-1:] or ["no reason given"]
        advice = (
            "inside a container user namespaces are often forbidden, and on Ubuntu 24 and later AppArmor may "
            "forbid them: see docs/teaching.md"
        )
        return f"bubblewrap does not work here ({said[0]}): {advice}"
    return None


def _kernel(connection, limits, user, grader):
    plain = {
        "memory": limits.memory, "file": limits.file, "processes": limits.processes,
        "seconds": int(4 * limits.total), "uid": user, "grader": grader,
    }  # fmt: skip
    return [sys.executable, LAUNCHER, json.dumps(plain), str(connection)]


def _environment(course):
    """The whole environment inside: nothing of the grader's is passed on."""
    bin_folder = os.path.dirname(sys.executable)
    return {
        "PATH": f"{bin_folder}:/usr/bin:/bin", "HOME": "/tmp", "USER": "student", "LOGNAME": "student",
        "LANG": "C.UTF-8", "PYTHONPATH": os.pathsep.join([str(course), *_elsewhere()]),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONNOUSERSITE": "1", "PYTHONSAFEPATH": "1", "IPYTHONDIR": "/tmp/.ipython",
        "MPLCONFIGDIR": "/tmp/.mpl", "MPLBACKEND": "agg", "OMP_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1",
        "GANCOURSE_PROFILE": "ci", "GANCOURSE_PROGRESS": "",
        # some processors need another kernel than OpenBLAS would choose
        **{k: v for k, v in os.environ.items() if k in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")},
    }  # fmt: skip


def _readable():
    """Folders of the host that are seen inside, read-only: the system's, and this Python's."""
    paths = [path for path in SYSTEM if os.path.isdir(path) and not os.path.islink(path)]
    paths += [f"/etc/{name}" for name in ETC if os.path.exists(f"/etc/{name}")]
    paths += [p for p in ("/sys/devices/system/cpu",) if os.path.isdir(p)]
    for prefix in dict.fromkeys((sys.base_prefix, sys.base_exec_prefix, sys.prefix, sys.exec_prefix)):
        if not any(Path(prefix).is_relative_to(path) for path in paths):
            paths.append(prefix)
    return [*paths, *_elsewhere()]


def _elsewhere():
    """Folders of packages outside this Python's own, such as those of ``pip install --user``."""
    prefixes = (sys.base_prefix, sys.prefix)
    found = [p for p in sys.path if os.path.basename(p) in ("site-packages", "dist-packages")]
    return [p for p in found if not any(Path(p).is_relative_to(prefix) for prefix in prefixes)]


def _above(paths):
    """The folders above these paths, from the top down."""
    above = {str(parent) for path in paths for parent in Path(path).parents if str(parent) != "/"}
    return sorted(above - set(paths) - {"/tmp"})


def _links():
    """On most systems /bin is a link to usr/bin."""
    return [path for path in SYSTEM if os.path.islink(path)]


def _hidden():
    """Folders that lie within those and hold the answers: the package, where it is installed as a copy."""
    package = os.path.realpath(os.path.dirname(gancourse.__file__))
    places = [package]
    for folder in {*site.getsitepackages(), site.getusersitepackages()}:
        places.append(os.path.join(folder, "gancourse"))
    seen = [os.path.realpath(path) for path in _readable()]
    return sorted({p for p in places if os.path.isdir(p) and any(Path(p).is_relative_to(s) for s in seen)})


def end_all():
    """End every sandbox of this process."""
    for sandbox in list(_running):
        sandbox.end("stopped")


class _Users:
    """Hands out user numbers, each to one sandbox at a time."""

    def __init__(self):
        self._lock, self._taken = threading.Lock(), set()
        # graders that run side by side should not share numbers
        self._next = itertools.cycle([*USERS[os.getpid() % len(USERS) :], *USERS[: os.getpid() % len(USERS)]])

    def take(self):
        with self._lock:
            user = next(u for u in self._next if u not in self._taken)
            self._taken.add(user)
            return user

    def give_back(self, user):
        with self._lock:
            self._taken.discard(user)


_users = _Users()
_running = weakref.WeakSet()


def _memory(process, kind):
    with contextlib.suppress(psutil.Error):
        return getattr(process.memory_info() if kind == "rss" else process.memory_full_info(), kind)
    return 0


def _bytes_in(folder):
    total = 0
    with contextlib.suppress(OSError):
        for entry in os.scandir(folder):
            with contextlib.suppress(OSError):
                found = entry.stat(follow_symlinks=False)
                total += 4096 + found.st_blocks * 512
    return total
