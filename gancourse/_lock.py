"""One run a folder: a lock that the operating system takes back when its holder ends, however it ends."""

import contextlib
import errno
import os
import socket
import time
import warnings
from pathlib import Path

from gancourse._validate import fail

__all__ = ["alone"]

_NAME = "run.lock"
_HELD = (errno.EACCES, errno.EAGAIN, errno.EDEADLK)
# Where Windows locks, its lock keeps others from reading too: a byte far behind the text.
_FAR = 1 << 20


@contextlib.contextmanager
def alone(folder):
    """Hold a folder, made if absent, for the block: whoever asks for it meanwhile is refused.

    The file ``run.lock`` says who holds it, and stays; what counts is the lock on it, which ends with the
    process, so a run that was killed leaves no stale one. Where the file system has no locks a warning says
    so, and nobody is refused.

    Raises:
        ValueError: another run holds the folder, in this process or in another; the message says which. Or
            the folder is a file.
        OSError: the folder cannot be written to.
    """
    folder = Path(folder)
    if folder.exists() and not folder.is_dir():
        fail("checkpoint", str(folder), "a folder, but this is a file")
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder / _NAME, os.O_RDWR | os.O_CREAT, 0o644)  # not inherited by a new program
    try:
        try:
            _lock(descriptor)
        except OSError as error:
            if error.errno in _HELD:
                _refuse(folder, descriptor)
            warnings.warn(
                f"{folder}: this file system has no locks ({error.strerror}), so nothing keeps a second run "
                "out of this folder",
                stacklevel=2,
            )
        with contextlib.suppress(OSError):  # on a full disk the holder stays unnamed
            os.ftruncate(descriptor, 0)
            os.lseek(descriptor, 0, os.SEEK_SET)
            now = time.strftime("%Y-%m-%d %H:%M:%S")
            os.write(descriptor, f"process {os.getpid()} on {socket.gethostname()}, since {now}".encode())
        yield
    finally:
        os.close(descriptor)  # and the lock with it


def _refuse(folder, descriptor):
    os.lseek(descriptor, 0, os.SEEK_SET)
    holder = os.read(descriptor, 200).decode(errors="replace") or "another process"
    raise ValueError(
        f"checkpoint: expected a folder that no other run is using, but {folder} is held by {holder}. "
        "Wait for that run or stop it, or use another folder"
    ) from None


if os.name == "nt":
    import msvcrt

    def _lock(descriptor):
        os.lseek(descriptor, _FAR, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _lock(descriptor):
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
