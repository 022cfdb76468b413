"""A state on disk as one atomic unit: safetensors for numbers, JSON for the rest, no pickle."""

import contextlib
import hashlib
import json
import os
import warnings
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load as tensors_from_bytes
from safetensors.torch import save as tensors_to_bytes

from gancourse._validate import fail, integer

__all__ = ["load_checkpoint", "save_checkpoint"]

_INDEX, _BEFORE = "checkpoint.json", "previous.json"
_ADVICE = "Copy {} back from a backup, or delete that folder and train afresh"


def save_checkpoint(folder, state, *, step, keep=2):
    """Write a state into a folder; the one that was there stays beside it, as the one before.

    Two files: ``step-…-….safetensors`` with every tensor and array, under readable names such as
    "generator/layers.hidden1.weight", and ``checkpoint.json`` with all else, the name of the first and the
    checksums of both. Each is written beside its place, flushed to the disk, and moved there in one go. Just
    before the new JSON is moved, the old one becomes ``previous.json``, if it and its tensors are whole; the
    files of the one before that are removed last. So a run that is killed at any moment leaves a whole state
    and, from the second on, one before it. The disk holds three for a moment.

    Arguments:
        folder: where to; made if absent.
        state: nested dicts, lists and tuples of tensors, arrays of numbers, numbers, text, None.
        step: the step that the state belongs to, a whole number.
        keep: 2, or 1 to leave this one alone in the folder, as at the start of another run.

    Raises:
        ValueError: the state holds something else (the message says where), or folder is a file.
        OSError: the disk is full, no permission, …; what was whole before still is.
    """
    folder, step = Path(folder), integer("step", step, low=0)
    keep = integer("keep", keep, low=1, high=2)
    if folder.exists() and not folder.is_dir():
        fail("folder", str(folder), "a folder, but this is a file")
    tensors = {}
    skeleton = _encode(state, "", tensors)
    data = tensors_to_bytes(tensors)
    checksum = hashlib.sha256(data).hexdigest()
    name = f"step-{step:08d}-{checksum[:8]}.safetensors"
    content = {"format": 1, "step": step, "tensors": name, "sha256": checksum, "state": skeleton}
    index = {"sha256": _checksum_of(content), "content": content}

    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.glob("*.partial"):  # of a process that was killed; a full disk wants its place
        _remove(left)
    _write(folder / name, data)
    with _moved_into(folder / _INDEX, json.dumps(index, indent=1).encode()):
        # A damaged one must not take the place of the whole one before it, nor the same one written again.
        if keep == 2 and _tensors_of(folder / _INDEX, whole=True) not in (None, name):
            os.replace(folder / _INDEX, folder / _BEFORE)
    if keep == 1:
        _remove(folder / _BEFORE)
    kept = {name, _tensors_of(folder / _BEFORE)}
    for old in folder.glob("step-*.safetensors"):
        if old.name not in kept:
            _remove(old)


def load_checkpoint(folder):
    """Read a state back: (step, state), nested as it was and with the same numbers; None where there is none.

    If the last one is damaged, a warning names the file that is, and the state is the one before it.

    Arguments:
        folder: what ``save_checkpoint`` wrote into.

    Raises:
        ValueError: a file is missing, cut short or altered, and so is the state before it, if there was one;
            the message names them, and what to do. Or it was written by a later version of gancourse.
    """
    last, before = Path(folder) / _INDEX, Path(folder) / _BEFORE
    # Only the one before: killed between the two moves, so the new one was not complete.
    found = [index for index in (last, before) if index.exists()]
    damages = []
    for index in found:
        try:
            step, state = _read(index)
        except _Damaged as damage:
            damages.append(str(damage))
            continue
        if damages:
            warnings.warn(f"{damages[0]}; the one before it, of step {step:,}, is used", stacklevel=2)
        return step, state
    if damages:
        raise ValueError("; and ".join(damages) + ". " + _ADVICE.format(folder))
    return None


class _Damaged(Exception):
    def __init__(self, path, reason):
        super().__init__(f"{path}: expected a whole checkpoint, but {reason}")


def _content(index):
    """What an index file holds, its checksum proved."""
    try:
        read = json.loads(index.read_bytes())
        content = read["content"]
        if read["sha256"] != _checksum_of(content):
            raise ValueError
    except (ValueError, KeyError, TypeError, OSError):
        raise _Damaged(index, "it is cut short or altered") from None
    return content


def _data(index, content):
    """The bytes of the tensors that belong to an index, their checksum proved."""
    path = index.parent / content["tensors"]
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise _Damaged(path, "it is missing") from None
    except OSError as error:
        raise _Damaged(path, f"it cannot be read ({error.strerror})") from None
    if hashlib.sha256(data).hexdigest() != content["sha256"]:
        raise _Damaged(path, f"its checksum is not the one in {index.name}")
    return data


def _read(index):
    content = _content(index)
    if content.get("format") != 1:
        raise ValueError(
            f"{index}: expected a checkpoint of format 1, got {content.get('format')!r}: "
            "update gancourse, or use another folder"
        )
    try:
        tensors = tensors_from_bytes(_data(index, content))
    except SafetensorError as error:
        raise _Damaged(index.parent / content["tensors"], f"it cannot be read ({error})") from None
    return content["step"], _decode(content["state"], tensors)


def _tensors_of(index, *, whole=False):
    """The name of the tensors' file of an index; None if the index, or with ``whole`` either, is damaged."""
    try:
        content = _content(index)
        if whole:
            _data(index, content)
        return content["tensors"]
    except (_Damaged, KeyError):
        return None


def _remove(path):
    with contextlib.suppress(OSError):  # a left-over costs only its place on the disk
        path.unlink()


def _encode(value, name, tensors):
    """The JSON skeleton of a value; its tensors and arrays go into ``tensors``, under their place in it."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, np.generic):
        return _encode(value.item(), name, tensors)
    if isinstance(value, torch.Tensor | np.ndarray):
        kind = "$tensor" if isinstance(value, torch.Tensor) else "$array"
        key = name
        while key in tensors:
            key += "'"
        try:
            tensor = value.detach().cpu() if kind == "$tensor" else torch.from_numpy(value.copy())
        except TypeError:
            fail(name, value, "an array of numbers")
        # A copy: safetensors takes neither shared memory nor another layout than the plain one.
        tensors[key] = tensor.clone(memory_format=torch.contiguous_format)
        return {kind: key}
    if isinstance(value, Mapping):
        items = [(key, _encode(item, f"{name}/{key}".lstrip("/"), tensors)) for key, item in value.items()]
        if all(isinstance(key, str) and not key.startswith("$") for key in value):
            return dict(items)
        return {"$dict": [[_encode(key, name, tensors), item] for key, item in items]}
    if isinstance(value, list | tuple):
        items = [_encode(item, f"{name}/{i}".lstrip("/"), tensors) for i, item in enumerate(value)]
        return {"$tuple": items} if isinstance(value, tuple) else items
    fail(name or "state", value, "tensors, arrays, numbers, text, None, or lists, tuples and dicts of those")


def _decode(value, tensors):
    if isinstance(value, list):
        return [_decode(item, tensors) for item in value]
    if not isinstance(value, dict):
        return value
    if "$tensor" in value:
        return tensors[value["$tensor"]]
    if "$array" in value:
        return tensors[value["$array"]].numpy()
    if "$tuple" in value:
        return tuple(_decode(item, tensors) for item in value["$tuple"])
    if "$dict" in value:
        return {_decode(key, tensors): _decode(item, tensors) for key, item in value["$dict"]}
    return {key: _decode(item, tensors) for key, item in value.items()}


def _checksum_of(content):
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()


def _write(path, data):
    """Write beside the place, flush to the disk, then move: the path holds the old bytes or the new ones."""
    with _moved_into(path, data):
        pass


@contextlib.contextmanager
def _moved_into(path, data):
    """The same, with a block that runs when the bytes are on the disk and not yet in their place."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}.partial")
    try:
        with open(temporary, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        yield
        os.replace(temporary, path)
    except BaseException:
        _remove(temporary)
        raise
    if os.name == "posix":  # the move itself is in the folder's own blocks
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
