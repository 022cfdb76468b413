"""Set up the course's own environment in .venv: python tools/setup.py [course|test].

What `make course` and `make test` call first. Standard library only, and written so that any Python since
2.7 can read it: an old Python must get a sentence, not a syntax error. The environment is trusted only if
a stamp in it, written when an installation has ended well, holds the hash of what was asked for.
"""

from __future__ import print_function

import csv
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time

__all__ = ["Problem", "broken_distributions", "explain", "main", "newer_python", "require_python", "set_up"]

OLDEST = (3, 11)
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
# what each level installs, and what its hash is made of
REQUIREMENTS = {"course": "requirements.txt", "test": "requirements-test.txt"}
HASHED = {
    "course": ("constraints.txt", "pyproject.toml", "requirements.txt"),
    "test": ("constraints.txt", "pyproject.toml", "requirements.txt", "requirements-test.txt"),
}

FULL_DISK = r"No space left on device|Errno 28\b|WinError 112\b|Disk quota exceeded"
NO_NETWORK = (
    r"Failed to establish a new connection|NewConnectionError|NameResolutionError|ConnectTimeoutError"
    r"|ReadTimeoutError|Read timed out|Temporary failure in name resolution|Network is unreachable"
    r"|getaddrinfo failed|Connection refused|Connection reset|Cannot connect to proxy|ProxyError"
    r"|RemoteDisconnected|Name or service not known|nodename nor servname"
)
NO_PERMISSION = r"Permission denied|Errno 13\b|WinError 5\b|Read-only file system"


class Problem(Exception):
    """What a person can mend; the text says how."""


def tell(text):
    """Print at once, so that our lines and pip's stay in order."""
    print(text)
    sys.stdout.flush()


def require_python(version, executable, level="course"):
    """Raise a Problem that says what to install where Python is older than 3.11."""
    if tuple(version[:2]) >= OLDEST:
        return
    found = "This is Python %d.%d (%s), and the course needs Python 3.11 or newer." % (
        version[0],
        version[1],
        executable,
    )
    newer = newer_python()
    if newer:
        raise Problem("%s There is a newer one here: run `make %s PYTHON=%s`." % (found, level, newer))
    raise Problem(
        "%s Install one (from python.org/downloads; on Debian and Ubuntu `sudo apt install python3.11 "
        "python3.11-venv`; on macOS `brew install python@3.11`) and name it: `make %s PYTHON=python3.11`."
        % (found, level)
    )


def newer_python():
    """The name of a Python on the PATH that is new enough, or None."""
    for minor in (13, 12, 11, 14):
        name = "python3.%d" % minor
        try:
            with open(os.devnull, "w") as nothing:
                code = "import sys; print(sys.version_info[1])"
                found = subprocess.check_output([name, "-c", code], stderr=nothing)
        except (OSError, subprocess.CalledProcessError):
            continue
        if found.decode().strip() == str(minor):
            return name
    return None


def set_up(level, root=ROOT, python=sys.executable, say=tell):
    """Bring .venv under ``root`` to what ``level`` (course or test) asks for; at once if it is there.

    A stamp is removed before the first change and written after the last, so that an installation that was
    cut is taken up again: whatever it left unfinished is found by its file list and installed anew.

    Returns:
        The path of the environment's Python.

    Raises:
        Problem: with a sentence for a person.
    """
    venv = os.path.join(root, ".venv")
    inside = venv_python(venv)
    stamp = os.path.join(venv, "gancourse-setup.json")
    state = read_stamp(stamp)
    base = "%d.%d %s %s" % (sys.version_info[0], sys.version_info[1], sys.platform, os.path.abspath(root))
    wanted = dict((name, fingerprint(root, HASHED[name])) for name in HASHED)
    if state.get("base") == base and state.get(level) == wanted[level] and os.path.exists(inside):
        say("The environment in .venv is up to date.")
        return inside

    require_venv_module(python)
    started = time.time()
    try:
        if os.path.exists(stamp):
            os.remove(stamp)
        if state.get("base", base) != base or not works(inside):
            say("Making a Python environment in .venv ...")
            run([python, "-m", "venv", "--clear", venv], root, level)
        elif not state:
            mend(inside, say)
        say("Installing what %s lists into .venv ..." % REQUIREMENTS[level])
        say("(The first time this downloads 1 GB, more where there is CUDA, and takes some minutes.)")
        run(pip_install(inside) + ["-r", REQUIREMENTS[level]], root, level)
        run(pip_install(inside) + ["--no-deps", "--editable", "."], root, level)
        done = {"base": base, "course": wanted["course"]}
        if level == "test" or state.get("test") == wanted["test"]:
            done["test"] = wanted["test"]
        write_stamp(stamp, done)
    except (IOError, OSError) as error:
        raise Problem(explain(str(error), level))
    say("The environment in .venv is ready (%.0f s)." % (time.time() - started))
    return inside


def pip_install(inside):
    """The command that installs into an environment."""
    # without a retry, pip does not say why it found no package
    command = [inside, "-m", "pip", "install", "--no-input", "--disable-pip-version-check", "--retries", "3"]
    return command if sys.stdout.isatty() else command + ["--quiet"]


def require_venv_module(python):
    """Raise a Problem where Python came without venv or ensurepip, as Debian's does."""
    with open(os.devnull, "w") as nothing:
        missing = subprocess.call([python, "-c", "import ensurepip, venv"], stderr=nothing)
    if missing:
        raise Problem(
            "%s has no working `venv` module, which makes the course's own environment. On Debian and "
            "Ubuntu: `sudo apt install python3-venv` (or python3.%d-venv). Elsewhere: install Python from "
            "python.org/downloads. Then run the same command again." % (python, sys.version_info[1])
        )


def run(command, root, level):
    """Run a command; show what it says; raise a Problem with the reason if it fails."""
    env = dict(os.environ, PIP_USER="0", PYTHONUTF8="1")
    # what a person has set for other Pythons must not lead ours to other packages
    for name in ("PYTHONPATH", "PYTHONHOME", "PIP_TARGET", "PIP_PREFIX"):
        env.pop(name, None)
    # stdout stays a terminal, where pip draws its progress bars; its complaints are on stderr
    process = subprocess.Popen(command, cwd=root, env=env, stderr=subprocess.PIPE)
    said = []
    try:
        for line in iter(process.stderr.readline, b""):
            text = line.decode("utf-8", "replace")
            said.append(text)
            sys.stderr.write(text)
            sys.stderr.flush()
        code = process.wait()
    except BaseException:
        process.terminate()
        process.wait()
        raise
    if code:
        raise Problem(explain("".join(said), level))


def explain(said, level):
    """The sentence for what a failed command said."""
    again = "run `make %s` again: nothing that was done is lost" % level
    if re.search(FULL_DISK, said):
        return (
            "The disk is full. The environment needs 2 GB, more with CUDA: free some space, then %s." % again
        )
    if re.search(NO_NETWORK, said):
        return (
            "The first set-up needs the network, and pip could not reach its package index. Connect "
            "(behind a proxy, set HTTPS_PROXY), then %s. Once set up, the course needs no network." % again
        )
    if re.search(NO_PERMISSION, said):
        return "No permission to write here (%s). Make this folder yours, then %s." % (
            said.strip().splitlines()[-1],
            again,
        )
    if re.search(r"No matching distribution found|Requires-Python", said):
        return (
            "A package of the list does not exist for this Python (%d.%d). The list was tested with "
            "Python 3.11; try `make %s PYTHON=python3.11`."
            % (sys.version_info[0], sys.version_info[1], level)
        )
    return "The set-up stopped at the error above. When it is mended, %s." % again


def mend(inside, say):
    """Make pip install anew what an interrupted installation may have left half done."""
    site = subprocess.check_output([inside, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"])
    site = site.decode().strip()
    for folder in broken_distributions(site):
        say("%s was left unfinished: it will be installed anew." % os.path.basename(folder))
        shutil.rmtree(folder)


def broken_distributions(site):
    """Folders in site-packages that pip should not count on.

    That is the records of packages whose files are missing or of another size than listed, and what pip sets
    aside (``~name``) while it replaces a package.
    """
    broken = []
    for name in sorted(os.listdir(site)):
        folder = os.path.join(site, name)
        aside = name.startswith("~") and os.path.isdir(folder)
        if aside or (name.endswith(".dist-info") and not _is_whole(site, folder)):
            broken.append(folder)
    return broken


def _is_whole(site, folder):
    record = os.path.join(folder, "RECORD")
    if not os.path.exists(record) or not os.path.exists(os.path.join(folder, "INSTALLER")):
        return False
    with open(record) as lines:
        for path, _, size in csv.reader(lines):
            full = os.path.join(site, path)
            if size and (not os.path.exists(full) or os.path.getsize(full) != int(size)):
                return False
    return True


def venv_python(venv):
    """The path of an environment's Python."""
    return (
        os.path.join(venv, "Scripts", "python.exe")
        if os.name == "nt"
        else os.path.join(venv, "bin", "python")
    )


def works(inside):
    """Whether an environment's Python is of this version and has pip."""
    code = "import pip, sys; print('%d.%d' % sys.version_info[:2])"
    try:
        with open(os.devnull, "w") as nothing:
            found = subprocess.check_output([inside, "-c", code], stderr=nothing)
    except (OSError, subprocess.CalledProcessError):
        return False
    return found.decode().strip() == "%d.%d" % sys.version_info[:2]


def fingerprint(root, names):
    """A hash of these files' contents."""
    digest = hashlib.sha256()
    for name in names:
        with open(os.path.join(root, name), "rb") as content:
            digest.update(content.read().replace(b"\r\n", b"\n"))
    return digest.hexdigest()


def read_stamp(path):
    """What the stamp holds; empty where there is none that can be read."""
    try:
        with open(path) as content:
            state = json.load(content)
    except (IOError, OSError, ValueError):
        return {}
    return state if isinstance(state, dict) else {}


def write_stamp(path, state):
    """Put the stamp in place whole or not at all."""
    with open(path + ".partial", "w") as content:
        json.dump(state, content)
    os.rename(path + ".partial", path)


def main(arguments):
    """Set up, or say in a sentence why not; the exit code."""
    level = arguments[0] if arguments else "course"
    if level not in REQUIREMENTS or len(arguments) > 1:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        require_python(sys.version_info, sys.executable, level)
        set_up(level)
    except Problem as problem:
        print("\n" + str(problem), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped. Nothing is lost: run `make %s` again to go on." % level, file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
