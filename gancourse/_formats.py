"""The publishers' file formats (idx, CIFAR-10 binary) read strictly, and files that appear whole or not."""

import contextlib
import errno
import gzip
import hashlib
import io
import os
import stat
import tempfile
import zlib
from pathlib import Path

import numpy as np

__all__ = [
    "DataError",
    "appears_whole",
    "checksum",
    "is_file",
    "read_cifar",
    "read_idx",
    "reason",
    "write_idx",
]

CIFAR_RECORD = 1 + 3 * 32 * 32


class DataError(OSError, ValueError):
    """A data file that is missing, damaged, or cannot be read or written; the message names file and remedy.

    It is both an OSError and a ValueError because half of these faults are the disk's and half the content's.
    """


def read_idx(path, shape, expected=None):
    """Read a gzip-compressed idx file of unsigned bytes.

    The format is: two zero bytes, the type (8: unsigned byte), the number of dimensions, then each
    dimension as a big-endian 32-bit integer, then the values in row-major order.

    Arguments:
        path: the ``.gz`` file.
        shape: the shape that the file must hold, as a tuple.
        expected: its checksum as ``"md5:…"`` or ``"sha1:…"`` over the compressed file; None skips it.

    Returns:
        uint8 array with that shape, writable.

    Raises:
        DataError: unreadable, not gzip, cut short, wrong magic number, other shape, other length, or
            wrong checksum.

    Source:
        Y. LeCun, C. Cortes, C. Burges, The MNIST database, http://yann.lecun.com/exdb/mnist/
    """
    raw = _read(path)
    content = _gunzip(path, raw)
    magic = bytes([0, 0, 8, len(shape)])
    if content[:4] != magic:
        raise DataError(f"{path}: wrong magic number 0x{content[:4].hex()}, expected 0x{magic.hex()}")
    start = 4 + 4 * len(shape)
    found = tuple(int(n) for n in np.frombuffer(content[4:start], ">u4")) if len(content) >= start else ()
    if found != tuple(shape):
        raise DataError(f"{path}: holds shape {found}, expected {tuple(shape)}")
    size = int(np.prod(shape))
    if len(content) - start != size:
        raise DataError(f"{path}: {len(content) - start:,} bytes of values, expected {size:,}")
    _verify(path, raw, expected)
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape).copy()


def write_idx(path, values):
    """Write unsigned bytes as a gzip-compressed idx file; the same values always give the same bytes.

    Arguments:
        path: the ``.gz`` file; it appears only when whole.
        values: uint8 array of any shape.
    """
    if values.dtype != np.uint8:
        raise ValueError(f"values: expected a uint8 array, got {values.dtype}")
    content = bytes([0, 0, 8, values.ndim]) + np.array(values.shape, ">u4").tobytes() + values.tobytes()
    packed = io.BytesIO()
    # neither a time nor a file name in the header: they would change from run to run
    with gzip.GzipFile(filename="", mode="wb", compresslevel=9, fileobj=packed, mtime=0) as file:
        file.write(content)
    with appears_whole(path) as partial:
        partial.write_bytes(packed.getvalue())


def read_cifar(path, records, expected=None):
    """Read one file of the binary version of CIFAR-10.

    A record is one label byte and 3,072 pixel bytes: the red, green and blue planes, each row-major.

    Arguments:
        path: the ``.bin`` file.
        records: how many records it must hold.
        expected: its checksum as ``"md5:…"`` or ``"sha1:…"``; None skips it.

    Returns:
        (pixels, labels): uint8 arrays with shape (records, 3, 32, 32) and (records,).

    Raises:
        DataError: unreadable, another length, or wrong checksum.

    Source:
        A. Krizhevsky, Learning multiple layers of features from tiny images, 2009,
        https://www.cs.toronto.edu/~kriz/cifar.html
    """
    raw = _read(path)
    if len(raw) != records * CIFAR_RECORD:
        raise DataError(
            f"{path}: {len(raw):,} bytes ({len(raw) // CIFAR_RECORD:,} whole records), "
            f"expected {records * CIFAR_RECORD:,} ({records:,} records)"
        )
    _verify(path, raw, expected)
    table = np.frombuffer(raw, np.uint8).reshape(records, CIFAR_RECORD)
    return table[:, 1:].reshape(records, 3, 32, 32), table[:, 0]


def is_file(path):
    """Whether a file is there; a DataError where something else is in its place or permission is lacking."""
    try:
        mode = os.stat(path).st_mode
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise DataError(f"{path}: {reason(error)}") from error
    if not stat.S_ISREG(mode):
        kind = "a directory" if stat.S_ISDIR(mode) else "something else"
        raise DataError(f"{path}: {kind} where a file should be; move it away")
    return True


def checksum(path, expected):
    """Whether the file at ``path`` has the checksum ``"md5:…"`` or ``"sha1:…"``."""
    return _digest(_read(path), expected) == expected


def reason(error):
    """What an OSError means and what to do about it, in a few words."""
    return {
        errno.ENOSPC: "the disk is full; free some space",
        errno.EDQUOT: "your disk quota is used up; free some space",
        errno.EACCES: "no permission; give yourself access to it, or choose another folder",
        errno.EPERM: "no permission; give yourself access to it, or choose another folder",
        errno.EROFS: "the file system is read-only; choose another folder",
        errno.ENOENT: "no such file",
    }.get(error.errno, error.strerror or str(error))


@contextlib.contextmanager
def appears_whole(path):
    """Yield the path of an empty file beside ``path``; on success it takes the place of ``path`` at once.

    If anything goes wrong, an interrupt included, the new file is removed and what was there stays.

    Raises:
        DataError: no permission, a full disk, or another fault in writing, naming ``path``.
    """
    path = Path(path)
    partial = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".partial", dir=path.parent)
        os.close(handle)
        partial = Path(name)
        yield partial
        # mkstemp makes files that only their owner may read; a shared folder needs the usual rights
        partial.chmod(0o644)
        os.replace(partial, path)
    except DataError:
        raise
    except OSError as error:
        raise DataError(f"{path}: {reason(error)}") from error
    finally:
        if partial is not None:
            with contextlib.suppress(OSError):
                partial.unlink(missing_ok=True)


def _read(path):
    is_file(path)
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise DataError(f"{path}: {reason(error)}") from error


def _gunzip(path, raw):
    # gzip.decompress takes three times as long
    unpacker = zlib.decompressobj(wbits=31)
    try:
        content = unpacker.decompress(raw)
    except zlib.error as error:
        raise DataError(f"{path}: not a whole gzip file ({error})") from None
    if not unpacker.eof:
        raise DataError(f"{path}: the gzip stream is cut short after {len(raw):,} bytes")
    if unpacker.unused_data:
        raise DataError(f"{path}: {len(unpacker.unused_data):,} bytes follow the end of the gzip stream")
    return content


def _digest(raw, expected):
    algorithm = expected.split(":")[0]
    return f"{algorithm}:{hashlib.new(algorithm, raw, usedforsecurity=False).hexdigest()}"


def _verify(path, raw, expected):
    if expected is not None and (found := _digest(raw, expected)) != expected:
        raise DataError(f"{path}: wrong checksum {found}, published is {expected}")
