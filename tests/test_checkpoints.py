"""A checkpoint comes back with the same numbers, is replaced whole or not at all, and says if damaged."""

import json
import os
import subprocess
import sys
import textwrap

import numpy as np
import pytest
import torch

from gancourse import checkpoints
from gancourse.checkpoints import load_checkpoint, save_checkpoint


def state(value=1.0):
    return {
        "network": {"weight": torch.full((3, 2), value), "counter": torch.tensor(7)},
        "optimizer": {"state": {0: {"step": torch.tensor(3.0)}, 1: {}}, "betas": (0.5, 0.999)},
        "rng": np.random.default_rng(0).bit_generator.state,
        "bytes": torch.get_rng_state(),
        "history": [
            (0, np.arange(3)),
            (10, {"fid": float("inf"), "nan": float("nan"), "text": "ü", "no": None}),
        ],
        "$odd": {"$tensor": 1, 2: "two"},
        "bool": np.array([True, False]),
        "scalar": np.float64(0.1),
        "empty": torch.zeros(0, 4, dtype=torch.float64),
    }


def assert_same(a, b):
    if isinstance(a, np.generic):
        a = a.item()
    assert type(a) is type(b)
    if isinstance(a, dict):
        assert list(a) == list(b)
        for key in a:
            assert_same(a[key], b[key])
    elif isinstance(a, list | tuple):
        assert len(a) == len(b)
        for x, y in zip(a, b, strict=True):
            assert_same(x, y)
    elif isinstance(a, torch.Tensor | np.ndarray):
        assert a.dtype == b.dtype and a.shape == b.shape and (a == b).all()
    elif isinstance(a, float) and a != a:
        assert b != b
    else:
        assert a == b


def files(folder):
    return sorted(path.name for path in folder.iterdir())


def test_every_kind_of_value_comes_back(tmp_path):
    save_checkpoint(tmp_path, state(), step=12)
    step, read = load_checkpoint(tmp_path)
    assert step == 12
    assert_same(state(), read)


def test_other_layouts_and_shared_memory_come_back(tmp_path):
    image = torch.arange(24.0).reshape(1, 2, 3, 4)
    shared = torch.arange(6.0)
    values = {
        "last": image.contiguous(memory_format=torch.channels_last),
        "turned": image.transpose(1, 3),
        "a": shared,
        "b": shared[2:],
    }
    save_checkpoint(tmp_path, values, step=0)
    assert_same(values, load_checkpoint(tmp_path)[1])


def test_names_that_collide_keep_their_own_values(tmp_path):
    values = {"a/b": torch.tensor(1.0), "a": {"b": torch.tensor(2.0)}}
    save_checkpoint(tmp_path, values, step=0)
    assert_same(values, load_checkpoint(tmp_path)[1])


def test_no_checkpoint_is_none(tmp_path):
    assert load_checkpoint(tmp_path) is None
    assert load_checkpoint(tmp_path / "absent") is None


def test_the_folder_holds_two_files_a_state_without_pickle(tmp_path):
    for step in (1, 2, 3, 3):
        save_checkpoint(tmp_path / "run", state(step), step=step)
    names = files(tmp_path / "run")
    assert len(names) == 4 and names[:2] == ["checkpoint.json", "previous.json"]
    for index, name, step in zip(names[:2], reversed(names[2:]), (3, 2), strict=True):
        content = json.loads((tmp_path / "run" / index).read_text())["content"]
        assert name.startswith(f"step-{step:08d}-") and content["tensors"] == name and content["step"] == step
    save_checkpoint(tmp_path / "run", state(2), step=2, keep=1)
    names = files(tmp_path / "run")
    assert len(names) == 2
    assert names[0] == "checkpoint.json" and names[1].startswith("step-00000002-")
    # The public reader of the format, under the names that the docstring promises.
    from safetensors.numpy import load_file

    assert load_file(tmp_path / "run" / names[1])["network/weight"].tolist() == [[2.0, 2.0]] * 3


@pytest.mark.parametrize("bad", [object(), {"a": [1, {2}]}, np.array(["x"]), np.array([None]), 1j])
def test_what_cannot_be_stored_is_an_error_and_the_old_state_stays(tmp_path, bad):
    save_checkpoint(tmp_path, state(), step=1)
    with pytest.raises(ValueError, match="expected"):
        save_checkpoint(tmp_path, {"fine": 1, "watched": bad}, step=2)
    assert load_checkpoint(tmp_path)[0] == 1


def test_a_file_where_the_folder_should_be(tmp_path):
    (tmp_path / "run").write_text("")
    with pytest.raises(ValueError, match="folder: expected a folder, but this is a file.*run"):
        save_checkpoint(tmp_path / "run", state(), step=1)


# Each move of a file into place is a moment at which the old or the new state must be whole: the tensors,
# the old index to its place as the one before, the new index.
@pytest.mark.parametrize(("moves", "survivor"), [(0, 1), (1, 1), (2, 1), (3, 2)])
def test_a_save_that_breaks_off_leaves_the_old_state_or_the_new(tmp_path, monkeypatch, moves, survivor):
    save_checkpoint(tmp_path, state(1), step=1)
    real_replace, done = os.replace, []

    def replace(source, target):
        if len(done) == moves:
            raise OSError(28, "No space left on device")
        done.append(target)
        real_replace(source, target)

    monkeypatch.setattr(checkpoints.os, "replace", replace)
    if moves < 3:
        with pytest.raises(OSError, match="No space left"):
            save_checkpoint(tmp_path, state(2), step=2)
    else:
        save_checkpoint(tmp_path, state(2), step=2)
    monkeypatch.undo()
    step, read = load_checkpoint(tmp_path)
    assert step == survivor
    assert_same(state(survivor), read)
    assert not [name for name in files(tmp_path) if name.endswith(".partial")]
    save_checkpoint(tmp_path, state(3), step=3)
    assert load_checkpoint(tmp_path)[0] == 3 and len(files(tmp_path)) == 4
    before = json.loads((tmp_path / "previous.json").read_text())["content"]["step"]
    assert before == survivor


@pytest.mark.skipif(os.name != "posix", reason="kills itself with a signal")
@pytest.mark.parametrize(
    "moment", ["before the tensors", "between the files", "between the moves", "before the clean-up"]
)
def test_a_process_killed_while_saving_leaves_a_whole_state(tmp_path, moment):
    # Three moves, then the files before the last two are removed; killed without any chance to clean up.
    code = f"""
        import os, pathlib, signal, torch
        from gancourse import checkpoints
        for step in (0, 1):
            checkpoints.save_checkpoint({str(tmp_path)!r}, {{"x": torch.ones(1000) * step}}, step=step)
        moment, replace, count = {moment!r}, os.replace, []
        die = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
        def counting(a, b):
            if moment == ("before the tensors", "between the files", "between the moves")[len(count)]:
                die()
            count.append(b)
            replace(a, b)
        os.replace = counting
        if moment == "before the clean-up":
            pathlib.Path.unlink = die
        checkpoints.save_checkpoint({str(tmp_path)!r}, {{"x": torch.full((1000,), 2.0)}}, step=2)
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)])
    assert done.returncode == -9
    step, read = load_checkpoint(tmp_path)
    assert step == (2 if moment == "before the clean-up" else 1)
    assert read["x"].sum() == 1000 * step
    save_checkpoint(tmp_path, {"x": torch.ones(1)}, step=3)
    assert len(files(tmp_path)) == 4
    assert json.loads((tmp_path / "previous.json").read_text())["content"]["step"] == step


def damage_json(folder):
    path = folder / "checkpoint.json"
    path.write_text(path.read_text()[:-100])
    return path


def alter_json(folder):
    path = folder / "checkpoint.json"
    path.write_text(path.read_text().replace('"step": 5', '"step": 6'))
    return path


def list_json(folder):
    path = folder / "checkpoint.json"
    path.write_text("[1, 2]")
    return path


def empty_json(folder):
    path = folder / "checkpoint.json"
    path.write_text("")
    return path


def cut_tensors(folder):
    (path,) = folder.glob("*.safetensors")
    path.write_bytes(path.read_bytes()[:-1])
    return path


def flip_a_bit(folder):
    (path,) = folder.glob("*.safetensors")
    data = bytearray(path.read_bytes())
    data[-5] ^= 1
    path.write_bytes(data)
    return path


def remove_tensors(folder):
    (path,) = folder.glob("*.safetensors")
    path.unlink()
    return path


@pytest.mark.parametrize(
    "damage", [damage_json, alter_json, list_json, empty_json, cut_tensors, flip_a_bit, remove_tensors]
)
def test_damage_is_an_error_that_names_the_file_and_the_remedy(tmp_path, damage):
    save_checkpoint(tmp_path, state(), step=5)
    path = damage(tmp_path)
    with pytest.raises(ValueError) as error:
        load_checkpoint(tmp_path)
    assert str(path) in str(error.value)
    assert "delete that folder" in str(error.value)


def test_a_format_of_the_future_is_an_error(tmp_path, monkeypatch):
    save_checkpoint(tmp_path, state(), step=5)
    path = tmp_path / "checkpoint.json"
    content = json.loads(path.read_text())["content"] | {"format": 2}
    path.write_text(json.dumps({"sha256": checkpoints._checksum_of(content), "content": content}))
    with pytest.raises(ValueError, match="format 1, got 2: update gancourse"):
        load_checkpoint(tmp_path)
