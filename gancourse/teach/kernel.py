"""One kernel in its sandbox, driven cell by cell from outside.

Only the kernel's answers to our requests are read, each at most as large as allowed: what the student's code
prints or draws is never fetched, so that a gigabyte of it costs nothing and none of it can carry a private
input out.
"""

import base64
import binascii
import os
import queue
import re
import shutil
import tempfile
import time
from typing import NamedTuple

import zmq
from jupyter_client import BlockingKernelClient
from jupyter_client.connect import write_connection_file

from gancourse.teach.sandbox import Sandbox

__all__ = ["Kernel", "Lost", "Reply"]

SECONDS_TO_START = 60
SECONDS_TO_OBEY = 2  # after an interrupt
PORTS = {"shell_port": 1, "iopub_port": 2, "stdin_port": 3, "hb_port": 4, "control_port": 5}
# what is printed is for nobody: thrown away at once, it costs no time either
QUIET = """
import sys
class Nobody:
    encoding, errors, closed = "utf-8", "replace", False
    def write(self, text):
        return len(text)
    def writelines(self, lines):
        pass
    def flush(self):
        pass
    def isatty(self):
        return False
sys.stdout = sys.stderr = Nobody()
del sys, Nobody
"""
# what arrives for a text, from IPython: a literal without anything to escape
TEXT = re.compile(r"'([A-Za-z0-9+/=]*)'")


class Lost(Exception):
    """The kernel is gone; ``reason`` is "memory", "processes", "files", "time" or "died"."""

    def __init__(self, reason):
        super().__init__(reason)
        self.reason = reason


class Reply(NamedTuple):
    """What a kernel said to a request.

    Arguments:
        status: "ok", "error", or "interrupted" where it took too long and obeyed.
        name, text: of the error, as the kernel gives them: the student's words, to be escaped.
        value: the text that was asked for, or None.
    """

    status: str
    name: str = ""
    text: str = ""
    value: str | None = None


class Kernel:
    """A context manager: a running kernel in a sandbox.

    Arguments:
        course: the folder of the masked package.
        limits: Limits.
        trusted: no sandbox.
        deadline: of ``time.monotonic()``, when all must be over.

    Raises:
        Lost: it did not start.
    """

    def __init__(self, course, limits, *, trusted=False, deadline=float("inf")):
        self.limits, self._deadline = limits, deadline
        # the name is short: a socket's path may have about a hundred letters
        self._folder = tempfile.mkdtemp(prefix="gc-")
        path = os.path.join(self._folder, "c.json")
        write_connection_file(path, transport="ipc", ip=os.path.join(self._folder, "k"), **PORTS)
        self._context = zmq.Context()
        # a larger message is dropped as it arrives, before any memory is spent on it
        self._context.setsockopt(zmq.MAXMSGSIZE, 2 * limits.result + 1_000_000)
        self._sandbox = self._client = None
        try:
            self._sandbox = Sandbox(course, path, limits, trusted=trusted)
            self._client = BlockingKernelClient(context=self._context)
            self._client.load_connection_file(path)
            self._client.start_channels(shell=True, iopub=False, stdin=False, hb=False, control=True)
            request = self._client.kernel_info()
            if self._answer(request, min(time.monotonic() + SECONDS_TO_START, deadline)) is None:
                raise Lost(self._sandbox.reason or "time")
            self.run(QUIET)
        except BaseException:
            self._close()
            raise

    def run(self, code, *, ask=None):
        """Run a cell.

        Arguments:
            code: its source; magics and ``await`` are fine.
            ask: an expression evaluated after it, whose value is a text in base64.

        Returns:
            Reply.

        Raises:
            Lost: the kernel died, or did not obey an interrupt.
        """
        asked = {"answer": ask} if ask else None
        request = self._client.execute(
            code, store_history=False, allow_stdin=False, user_expressions=asked, stop_on_error=False
        )
        # an expression has its own time, counted from the start: cells that only define take none
        until = min(time.monotonic() + self.limits.seconds, self._deadline)
        reply = self._answer(request, until)
        late = reply is None
        if late:
            self._interrupt()
            reply = self._answer(request, time.monotonic() + SECONDS_TO_OBEY)
            if reply is None:
                raise self._lost("time")
        return _read(reply, late, ask is not None)

    def _answer(self, request, until):
        """The content of the answer to a request, None where it does not come in time; Lost if it cannot."""
        while True:
            try:
                message = self._client.get_shell_msg(timeout=min(0.2, max(0.0, until - time.monotonic())))
            except queue.Empty:
                if not self._sandbox.alive or self._sandbox.reason:
                    raise self._lost("died") from None
                if time.monotonic() >= until:
                    return None
                continue
            except Exception:  # whatever a forged message does to its reader
                raise self._lost("died") from None
            parent = message.get("parent_header")
            if isinstance(parent, dict) and parent.get("msg_id") == request:
                content = message.get("content")
                return content if isinstance(content, dict) else {}

    def _interrupt(self):
        self._client.control_channel.send(self._client.session.msg("interrupt_request", {}))

    def _lost(self, otherwise):
        reason = self._sandbox.reason or otherwise
        self._sandbox.end(reason)
        return Lost(self._sandbox.reason)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._close()

    def _close(self):
        if self._client is not None:
            self._client.stop_channels()
        if self._sandbox is not None:
            self._sandbox.__exit__()
        self._context.destroy(linger=0)
        shutil.rmtree(self._folder, ignore_errors=True)


def _read(content, late, asked):
    status, value, source = content.get("status"), None, content
    if status == "ok" and asked:
        source = content.get("user_expressions", {})
        source = source.get("answer", {}) if isinstance(source, dict) else {}
        source = source if isinstance(source, dict) else {}
        status = source.get("status")
        if status == "ok":
            data = source.get("data", {})
            value = _text(data.get("text/plain") if isinstance(data, dict) else None)
    name, text = (str(source.get(key, ""))[:2000] for key in ("ename", "evalue"))
    if late and status != "ok":
        return Reply("interrupted", name, text)
    return Reply("ok" if status == "ok" else "error", name, text, value)


def _text(literal):
    """The text in a literal, or None where it is no such literal."""
    found = TEXT.fullmatch(literal) if isinstance(literal, str) else None
    try:
        return base64.b64decode(found[1], validate=True).decode() if found else None
    except (binascii.Error, UnicodeDecodeError):
        return None
