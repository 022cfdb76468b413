"""The student's own copies of the lectures, and the JupyterLab that opens them."""

import hashlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

__all__ = ["FIRST_LECTURE", "Copies", "copy_lectures", "has_screen", "lectures", "start", "work_folder"]

FIRST_LECTURE = "00_start_here.ipynb"
ROOT = Path(__file__).resolve().parents[1]
SECONDS_TO_START = 60
SECONDS_TO_STOP = 5


class Copies(NamedTuple):
    """What ``copy_lectures`` did: file names, in order."""

    new: list
    kept: list
    outdated: list


def lectures(root=ROOT):
    """The executed lectures of a clone, sorted: paths. The gallery, demos.ipynb, is the instructor's.

    Raises:
        FileNotFoundError: there are none, as when the package was installed without the clone.
    """
    found = sorted((Path(root) / "notebooks").glob("[0-9][0-9]_*.ipynb"))
    if not found:
        raise FileNotFoundError(
            f"no lectures in {Path(root) / 'notebooks'}: install the package from a clone of the course, "
            "with `pip install -e .` in its folder"
        )
    return found


def work_folder(folder=None, root=ROOT):
    """The folder of the student's copies, made if absent: ``folder``, or ``work`` in the clone.

    Raises:
        OSError: it cannot be made, or is a file.
    """
    folder = Path(folder).expanduser().resolve() if folder else Path(root) / "work"
    if folder.exists() and not folder.is_dir():
        raise FileExistsError(f"{folder} is a file, and the lectures need a folder: name another with --work")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def copy_lectures(work, root=ROOT):
    """Copy the lectures that are absent from ``work``; what is there is never written to.

    Which state of a lecture each copy was made from is kept in ``.copied.json`` there.

    Arguments:
        work: an existing folder.
        root: the clone.

    Returns:
        Copies: ``new`` were copied; ``kept`` were there; ``outdated``, among the kept, are those whose
        original has changed since it was copied.
    """
    work = Path(work)
    record = work / ".copied.json"
    known = _read(record)
    copies = Copies([], [], [])
    for original in lectures(root):
        content = original.read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        if _put(content, work / original.name):
            copies.new.append(original.name)
            known[original.name] = digest
        else:
            copies.kept.append(original.name)
            if known.get(original.name, digest) != digest:
                copies.outdated.append(original.name)
    partial = record.with_suffix(".partial")
    partial.write_text(json.dumps(known, indent=1), encoding="utf-8")
    partial.replace(record)
    return copies


def start(work, *, browser=True, port=8888, say=print):
    """Start JupyterLab on ``work``, print its address, and stay until it ends (Ctrl-C, or Shut Down).

    Arguments:
        work: the folder that JupyterLab serves.
        browser: open a browser too, where there is a screen.
        port: the first port to try; the next free one is taken.
        say: where the lines go.

    Returns:
        JupyterLab's exit code.

    Raises:
        OSError: it ended, or said nothing for a minute, before it had an address.
    """
    command = [
        sys.executable, "-m", "jupyterlab",
        f"--ServerApp.root_dir={work}",
        f"--LabApp.default_url=/lab/tree/{FIRST_LECTURE}",
        f"--ServerApp.port={port}",
        "--ServerApp.answer_yes=True",  # one Ctrl-C is enough: nothing is lost that was saved
        "--LabApp.news_url=None",  # no request leaves the machine when a lecture opens
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        "--log-level=WARN",
    ]  # fmt: skip
    if not (browser and has_screen()):
        command.append("--no-browser")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")  # as in a container; Jupyter refuses otherwise
    say("Starting JupyterLab ...", flush=True)
    env = {"GANCOURSE_PROGRESS": str(Path(work) / "progress.json"), **os.environ}
    server = subprocess.Popen(command, cwd=work, env=env)
    stop = signal.signal(signal.SIGTERM, lambda *_: server.terminate())
    try:
        address = _address(server)
        say(f"\nThe course is at\n\n    {address}\n\nStop it with Ctrl-C.", flush=True)
        return _wait(server)
    except KeyboardInterrupt:
        return _wait(server, told=True)
    except OSError:
        server.kill()
        raise
    finally:
        signal.signal(signal.SIGTERM, stop)


def has_screen(environ=None, platform=sys.platform):
    """Whether a browser can show itself here: no over SSH without a display, nor on a bare Linux console."""
    environ = os.environ if environ is None else environ
    if environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY"):
        return True
    if "SSH_CONNECTION" in environ:
        return False
    return platform in ("darwin", "win32")


def _put(content, path):
    """Write a file that is not there yet, whole or not at all; False if something is there."""
    if os.path.lexists(path):
        return False
    partial = path.with_name(path.name + ".partial")
    partial.write_bytes(content)
    try:
        os.link(partial, path)  # unlike a rename, this never takes the place of a file
    except FileExistsError:
        return False
    except OSError:  # a file system without links
        if os.path.lexists(path):
            return False
        shutil.copyfile(partial, path)
    finally:
        partial.unlink()
    return True


def _read(record):
    try:
        known = json.loads(record.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def _address(server):
    """The address of the first lecture, from the file in which a Jupyter server describes itself."""
    from jupyter_core.paths import jupyter_runtime_dir

    described = Path(jupyter_runtime_dir()) / f"jpserver-{server.pid}.json"
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise OSError(f"JupyterLab ended before it had an address (exit code {server.returncode})")
        info = _read(described)
        if info and _answers(info["url"]):
            token = f"?token={info['token']}" if info.get("token") else ""
            return f"{info['url']}lab/tree/{FIRST_LECTURE}{token}"
        time.sleep(0.1)
    raise OSError(f"JupyterLab has not started within {SECONDS_TO_START} seconds")


def _answers(url):
    """Whether anyone listens there: the server describes itself a moment before it does."""
    parts = urlsplit(url)
    try:
        socket.create_connection((parts.hostname, parts.port), timeout=1).close()
    except OSError:
        return False
    return True


def _wait(server, told=False):
    """Stay until the server has ended; its exit code, or 0 where it was asked to end."""
    # Told to stop while it starts, a server may hang at its very end, deaf to all but the last of these.
    harder = iter((server.terminate, server.kill))
    while True:
        try:
            code = server.wait(SECONDS_TO_STOP if told else None)
            return 0 if told else code
        except KeyboardInterrupt:  # it was told too, and is shutting down its kernels
            told = True
        except subprocess.TimeoutExpired:
            next(harder, server.kill)()
