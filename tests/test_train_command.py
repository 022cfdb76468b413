"""``python -m gancourse train``: from end to end, killed, resumed, out of time, diverged, and badly asked."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from gancourse.__main__ import main
from gancourse.data import embedded_digits
from gancourse.metrics import frechet_distance
from gancourse.recipes import dcgan as dcgan_module
from gancourse.runs import Judge, images_of, run_recipe
from gancourse.runs import run as run_module
from gancourse.runs.clock import Clock
from gancourse.runs.plan import watches
from gancourse.runs.watch import read_rows

ROOT = Path(__file__).resolve().parents[1]
SMALL = ["--batch", "8", "--width", "4", "--device", "cpu"]


@pytest.fixture(autouse=True)
def few(monkeypatch):
    """Fewer images to judge, so that a test takes seconds."""
    monkeypatch.setattr(run_module, "FEW", 60)
    monkeypatch.setattr(run_module, "MOST", 200)
    monkeypatch.setenv("GANCOURSE_THREADS", "1")


class Loads(HTMLParser):
    """Whatever a page would fetch."""

    def __init__(self, page):
        super().__init__()
        self.found, self.tags = [], []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.found += [
            value for name, value in attributes if name in ("src", "href", "srcset", "data", "action")
        ]


def losses(folder):
    with open(folder / "losses.csv", encoding="utf-8") as file:
        table = [line.strip().split(",") for line in file]
    names = table[0]
    return {name: [float(row[i]) for row in table[1:]] for i, name in enumerate(names) if name != "seconds"}


def test_twenty_steps_leave_samples_scores_losses_weights_and_a_report(tmp_path, capsys):
    out = tmp_path / "out"
    assert main(["train", "dcgan", "--steps", "20", "--watch-every", "10", "--out", str(out), *SMALL]) == 0
    said = capsys.readouterr().out
    assert str(out / "report.html") in said and "step 10: Fréchet distance" in said
    assert sorted(path.name for path in (out / "samples").iterdir()) == [
        "step-00000000.png", "step-00000010.png", "step-00000020.png",
    ]  # fmt: skip
    rows = read_rows(out / "metrics.csv")
    assert list(rows) == [0, 10, 20]
    assert {"frechet", "precision", "recall", "discriminator_loss", "accuracy", "captured"} <= rows[20].keys()
    assert losses(out)["step"] == list(range(1, 21))

    page = (out / "report.html").read_text(encoding="utf-8")
    found = Loads(page)
    assert found.found and all(value.startswith("data:image/png;base64,") for value in found.found)
    assert not {"script", "link", "iframe"} & set(found.tags) and "url(" not in page and "@import" not in page
    command = "python -m gancourse train dcgan --data digits --steps 20 --batch 8 --width 4 --seed 0"
    for words in (
        command,
        torch.__version__,
        np.__version__,
        "Nearest training images",
        "Scores",
        "all steps done",
    ):
        assert words in page, words

    facts = json.loads((out / "generator.json").read_text())
    assert f"{facts['scores']['frechet']:.4g}" in page and f"{facts['floor']['frechet']:.4g}" in page
    assert set(facts["scores"]) == set(facts["floor"])


def test_the_scores_are_those_of_the_weights_on_the_disk(tmp_path):
    found = run_recipe("dcgan", steps=4, batch=8, width=4, out=tmp_path, progress=False, device="cpu")
    from gancourse.models import DCGANGenerator
    from gancourse.runs.judge import generated

    generator = DCGANGenerator(28, 1, noise_dim=100, width=4).eval()
    generator.load_state_dict(load_file(tmp_path / "generator.safetensors"))
    judge = Judge("digits", images_of("digits"), images_of("digits", "test"), most=200)
    features, _ = judge.look(generated(generator, 200))
    assert frechet_distance(features, judge.real) == pytest.approx(found.scores["frechet"], rel=1e-6)
    assert "report.html" in repr(found) and found.diagnosis.text in repr(found)


def test_resumed_it_ends_where_an_uninterrupted_run_ends(tmp_path):
    options = {"batch": 8, "width": 4, "watch_every": 3, "device": "cpu", "progress": False}
    whole = run_recipe("dcgan", steps=9, out=tmp_path / "whole", **options)
    run_recipe("dcgan", steps=6, out=tmp_path / "parts", **options)
    # what is not said again is as it was
    parts = run_recipe("dcgan", steps=9, out=tmp_path / "parts", resume=True, device="cpu", progress=False)
    assert losses(tmp_path / "whole") == losses(tmp_path / "parts")
    assert parts.scores == whole.scores
    rows = [read_rows(tmp_path / name / "metrics.csv") for name in ("whole", "parts")]
    assert list(rows[0]) == list(rows[1]) == [0, 3, 6, 9]
    assert all(rows[0][step]["frechet"] == rows[1][step]["frechet"] for step in rows[0])


def test_killed_it_leaves_its_scores_and_goes_on(tmp_path):
    code = "import sys; from gancourse.runs import run; run.FEW = 60\n"
    code += "from gancourse.__main__ import main; sys.exit(main(sys.argv[1:]))"
    words = ["train", "dcgan", "--steps", "100000", "--watch-every", "5", "--out", str(tmp_path), *SMALL]
    process = subprocess.Popen(
        [sys.executable, "-c", code, *words],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    try:
        end = time.monotonic() + 120
        while len(read_rows(tmp_path / "metrics.csv")) < 4:
            assert process.poll() is None, process.stderr.read().decode()
            assert time.monotonic() < end
            time.sleep(0.05)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stderr.close()
    before = read_rows(tmp_path / "metrics.csv")
    assert len(before) >= 4 and not (tmp_path / "report.html").exists()
    last = max(before)
    found = run_recipe("dcgan", steps=last + 5, out=tmp_path, resume=True, device="cpu", progress=False)
    assert found.history.completed == last + 5
    after = read_rows(tmp_path / "metrics.csv")
    assert list(after) == [*before, last + 5]
    assert all(after[step]["frechet"] == before[step]["frechet"] for step in before)
    assert (tmp_path / "report.html").is_file() and len(losses(tmp_path)["step"]) == last + 5


def test_an_accelerated_run_says_so_in_its_command_and_goes_on(tmp_path, capsys):
    words = ["train", "sngan_conditional", "--steps", "2", "--accelerate", "bf16", "channels-last", *SMALL]
    assert main([*words, "--out", str(tmp_path)]) == 0
    assert "--accelerate bf16 channels-last" in (tmp_path / "report.html").read_text()
    found = run_recipe("sngan_conditional", steps=3, out=tmp_path, resume=True, device="cpu", progress=False)
    assert found.history.completed == 3
    with pytest.raises(ValueError, match=r"accelerate: expected \['bf16', 'channels-last'\], since the run"):
        run_recipe("sngan_conditional", steps=4, out=tmp_path, resume=True, accelerate=["bf16"])


def test_minutes_settle_the_steps_and_end_the_run(tmp_path, capsys):
    start = time.monotonic()
    found = run_recipe("modern", minutes=0.05, batch=4, width=4, out=tmp_path, device="cpu")
    assert time.monotonic() - start < 60
    said = capsys.readouterr().out
    steps = int(re.search(r"([\d,]+) steps in 0\.05 minutes", said)[1].replace(",", ""))
    assert 0 < found.history.completed <= steps
    assert json.loads((tmp_path / "run.json").read_text())["steps"] == steps


def test_out_of_time_it_stops_after_a_whole_step_and_can_go_on(tmp_path, monkeypatch):
    options = {"batch": 4, "width": 4, "device": "cpu", "progress": False, "out": tmp_path}
    cut = run_recipe("dcgan", steps=100_000, minutes=0.05, watch_every=50_000, **options)
    assert cut.history.stopped == "the minutes were over" and 0 < cut.history.completed < 100_000
    assert "Not all steps were done: the minutes were over." in (tmp_path / "report.html").read_text()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("warnings.warn", lambda message, *_, **__: pytest.fail(str(message)))  # no step was cut
        more = run_recipe("dcgan", steps=cut.history.completed + 2, resume=True, **options)
    assert more.history.completed == cut.history.completed + 2


def test_the_clock_asks_once_and_passes_everything_on():
    clock = Clock(lambda n, rng: (n, rng), 1_000)
    assert clock(3, "rng") == (3, "rng") and not clock.rang
    clock.end = 0.0
    with pytest.raises(KeyboardInterrupt):  # outside of a run there is nobody to ask
        clock(3, "rng")
    assert clock.rang and clock(3, "rng") == (3, "rng")
    assert Clock(embedded_digits().sample, 1).__qualname__ == "Images.sample"


@pytest.mark.parametrize(
    ("steps", "pace", "judging", "every"),
    [(1_000, None, None, 100), (7, None, None, 1), (1_000, 1.0, 0.1, 50), (1_000, 0.01, 1.0, 1_000),
     (1_000, 0.1, 1.0, 67), (1, 1.0, 100.0, 1)],
)  # fmt: skip
def test_scores_cost_a_share_of_the_time(steps, pace, judging, every):
    assert watches(steps, pace, judging) == every


def test_a_run_that_diverges_is_reported(tmp_path, monkeypatch, capsys):
    made = dcgan_module.dcgan
    monkeypatch.setattr(dcgan_module, "dcgan", lambda *a, **k: made(*a, **k) | {"learning_rate": 1e20})
    assert main(["train", "dcgan", "--steps", "20", "--out", str(tmp_path), *SMALL]) == 1
    assert "diverged" in capsys.readouterr().out
    page = (tmp_path / "report.html").read_text()
    assert "loss is nan" in page and "Diverged" in page


@pytest.mark.parametrize("data", ["stacked-mnist", "cifar-10", "fashion-mnist"])
def test_other_images_are_judged_by_what_fits_them(data, tmp_path, monkeypatch):
    rng = np.random.default_rng(0)
    side, channels, classes = (32, 3, 10) if data == "cifar-10" else (28, 3 if "stack" in data else 1, 10)

    def images(name, split="train"):
        digits = embedded_digits(split)
        if name == "stacked-mnist":
            which = rng.integers(len(digits), size=(300, 3))
            labels = digits.labels[which] @ [100, 10, 1]
            return type(digits)(digits.pixels[which, 0], labels, tuple(map(str, range(1000))))
        pixels = rng.integers(0, 256, (300, channels, side, side), dtype=np.uint8)
        return type(digits)(pixels, rng.integers(10, size=300), tuple("abcdefghij"))

    monkeypatch.setattr(run_module, "images_of", images)
    monkeypatch.setattr(run_module, "STACKS", 500)
    recipe = "sngan_conditional" if data == "cifar-10" else "modern"
    found = run_recipe(recipe, data, steps=2, batch=4, width=4, out=tmp_path, device="cpu", progress=False)
    assert ("modes" in found.scores) == (data == "stacked-mnist")
    assert found.floor["frechet"] < found.scores["frechet"]
    if data == "stacked-mnist":
        assert found.floor["modes"] == pytest.approx(1000, abs=1) and found.scores["modes"] < 400
    assert (tmp_path / "report.html").stat().st_size < 2e6


def test_a_judge_finds_the_data_good_and_noise_bad():
    train, test = images_of("digits"), images_of("digits", "test")
    judge = Judge("digits", train, test, most=300)
    bad = judge.scores(np.random.default_rng(0).integers(0, 256, (300, 1, 28, 28), dtype=np.uint8))
    assert judge.floor["frechet"] < 20 and bad["frechet"] > 500 and bad["recall"] < 0.1
    assert judge.floor["precision"] > 0.7 and judge.floor["recall"] > 0.7 and judge.floor["sure"] > 0.9
    copies = train.pixels[:20]
    assert np.array_equal(judge.neighbours(copies, 2)[:, 0], np.arange(20))
    assert Judge("digits", train.take(1_000), test, most=300).memorised(copies).share == 1
    classes, captured, sure = judge.modes(judge.look(copies)[1])
    assert (classes, captured) == (10, len(np.unique(train.labels[:20]))) and sure > 0.9
    white = judge.scores(np.full((300, 1, 28, 28), 255, np.uint8))  # a collapsed generator is judged too
    assert white["recall"] == 0 and white["inception"] == pytest.approx(1)


def _run(folder, **plan):
    kept = {
        "recipe": "dcgan",
        "data": "digits",
        "batch": 8,
        "width": 4,
        "seed": 0,
        "watch_every": 2,
        "accelerate": [],
        "steps": 4,
    }
    folder.mkdir(exist_ok=True)
    (folder / "run.json").write_text(json.dumps(kept | plan))


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--steps", "0"], "steps: expected a whole number of at least 1, got 0"),
        (["--steps", "5", "--batch", "-1"], "batch: expected a whole number"),
        (["--steps", "5", "--width", "0"], "width: expected a whole number"),
        (["--minutes", "0"], "minutes: expected a positive finite number"),
        (["--seed", "-1"], "seed: expected a whole number of at least 0"),
        (["--data", "imagenet"], "data: expected one of 'digits'"),
        (["--device", "tpu"], "device: expected a device that is available here"),
        (["--watch-every", "0"], "watch_every: expected a whole number"),
        (["--accelerate", "magic"], "accelerate: expected one of 'bf16'"),
        (["--resume"], "holds no run to go on with"),
    ],
)
def test_bad_arguments_are_one_sentence(more, message, tmp_path, capsys):
    assert main(["train", "dcgan", "--out", str(tmp_path / "out"), *more]) == 2
    said = capsys.readouterr().err
    assert said.startswith("python -m gancourse train: ") and message in said
    assert len(said.strip().splitlines()) == 1 and not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ([], "holds a run of dcgan on digits already: --resume goes on with it"),
        (["--resume", "--batch", "16"], "batch: expected 8, since the run in"),
        (["--resume", "--data", "mnist"], "data: expected 'digits', since the run in"),
    ],
)
def test_another_run_in_the_folder_is_kept(more, message, tmp_path, capsys):
    _run(tmp_path)
    before = (tmp_path / "run.json").read_bytes()
    assert main(["train", "dcgan", "--out", str(tmp_path), *more]) == 2
    assert message in capsys.readouterr().err and (tmp_path / "run.json").read_bytes() == before


def test_a_damaged_plan_and_a_file_in_the_way_are_told(tmp_path, capsys):
    (tmp_path / "run.json").write_text('{"recipe": "dcg')
    assert main(["train", "dcgan", "--out", str(tmp_path), "--resume"]) == 2
    assert "cut short or altered" in capsys.readouterr().err
    (tmp_path / "file").write_text("")
    assert main(["train", "dcgan", "--out", str(tmp_path / "file")]) == 2
    assert "file is a file" in capsys.readouterr().err


def test_an_unknown_recipe_is_told_with_those_there_are(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["train", "stylegan"])
    assert stop.value.code == 2
    assert "invalid choice: 'stylegan' (choose from" in capsys.readouterr().err
    with pytest.raises(ValueError, match="recipe: expected one of 'dcgan'"):
        run_recipe("stylegan")
