"""Voila on a notebook, as an instructor serves the gallery to a projector."""

import contextlib
import os
import socket
import subprocess
import time

from gancourse.commands.gallery import command

__all__ = ["KNOWN", "served"]

# what Voila's template asks for by itself: a font on a CDN
KNOWN = ("fontawesome-free",)


@contextlib.contextmanager
def served(notebook, own, seconds=60):
    """The address at which Voila serves a notebook.

    Arguments:
        notebook: its path.
        own: an empty folder for Voila's configuration and log.
        seconds: to wait for its start.

    Raises:
        RuntimeError: it has not started in time; the end of its log is in the message.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    env = {key: value for key, value in os.environ.items() if not key.startswith("JUPYTER")}
    env.update(
        JUPYTER_CONFIG_DIR=str(own / "config"),
        JUPYTER_DATA_DIR=str(own / "data"),
        JUPYTER_RUNTIME_DIR=str(own / "runtime"),
        IPYTHONDIR=str(own / "ipython"),
        GANCOURSE_PROFILE="ci",
    )
    words = command(port=port, browser=False, notebook=notebook)
    log, address = own / "log", f"http://127.0.0.1:{port}"
    with open(log, "w") as out:
        process = subprocess.Popen(words, env=env, cwd=own, stdout=out, stderr=subprocess.STDOUT)
    try:
        deadline = time.monotonic() + seconds
        while not _answers(port):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"Voila did not start:\n{log.read_text()[-3000:]}")
            time.sleep(0.1)
        yield address
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _answers(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
