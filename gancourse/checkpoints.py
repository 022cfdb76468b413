"""A state on disk as one atomic unit: safetensors for numbers, JSON for the rest, no pickle."""

import contextlib
import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load as tensors_from_bytes
from safetensors.torch import save as tensors_to_bytes

from gancourse._validate import fail, integer

__all__ = ["load_checkpoint", "save_checkpoint"]

_INDEX = "checkpoint.json"


def save_checkpoint(folder, state, *, step):
    """Write a state into a folder, in place of the one that is there.

    Two files: ``step-…-….safetensors`` with every tensor and array, under readable names such as
    "generator/layers.hidden1.weight", and ``checkpoint.json`` with all else, the name of the first and the
    checksums of both. Each is written beside its place, flushed to the disk, and moved there in one go. Only
    the move of the JSON makes the new state the valid one; until then the old one is whole, so a run that is
    killed at any moment leaves one or the other. Then the files of the old one are removed.

    Arguments:
        folder: where to; made if absent.
        state: nested dicts, lists and tuples of tensors, arrays of numbers, numbers, text, None.
        step: the step that the state belongs to, a whole number.

    Raises:
        ValueError: the state holds something else (the message says where), or folder is a file.
        OSError: the disk is full, no permission, …; the old state stays.
    """
    folder, step = Path(folder), integer("step", step, low=0)
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
    _write(folder / name, data)
    _write(folder / _INDEX, json.dumps(index, indent=1).encode())
    for old in [*folder.glob("step-*.safetensors"), *folder.glob("*.partial")]:
        if old.name != name:
            with contextlib.suppress(OSError):  # a left-over costs only its place on the disk
                old.unlink()


def load_checkpoint(folder):
    """Read a state back: (step, state), nested as it was and with the same numbers; None where there is none.

    Arguments:
        folder: what ``save_checkpoint`` wrote into.

    Raises:
        ValueError: a file is missing, cut short or altered; the message names it, and what to do.
    """
    index = Path(folder) / _INDEX
    if not index.exists():
        return None
    try:
        read = json.loads(index.read_bytes())
        content = read["content"]
        if read["sha256"] != _checksum_of(content):
            raise ValueError
    except (ValueError, KeyError, TypeError):
        raise _damaged(index, "it is cut short or altered") from None
    if content.get("format") != 1:
        raise ValueError(
            f"{index}: expected a checkpoint of format 1, got {content.get('format')!r}: "
            "update gancourse, or use another folder"
        )
    path = index.parent / content["tensors"]
    if not path.exists():
        raise _damaged(path, "it is missing")
    data = path.read_bytes()
    if hashlib.sha256(data).hexdigest() != content["sha256"]:
        raise _damaged(path, "its checksum is not the one in checkpoint.json")
    try:
        tensors = tensors_from_bytes(data)
    except SafetensorError as error:
        raise _damaged(path, f"it cannot be read ({error})") from None
    return content["step"], _decode(content["state"], tensors)


def _damaged(path, reason):
    return ValueError(
        f"{path}: expected a whole checkpoint, but {reason}. Copy {path.parent} back from a backup, "
        "or delete that folder and train afresh"
    )


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
    temporary = path.with_name(f"{path.name}.{os.getpid()}.partial")
    try:
        with open(temporary, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
    if os.name == "posix":  # the move itself is in the folder's own blocks
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
