"""The report of a run: one HTML file with everything in it, which asks no network for anything."""

import base64
import io
from html import escape

import numpy as np
from matplotlib.figure import Figure
from PIL import Image

from gancourse import plots
from gancourse._formats import appears_whole
from gancourse.data import to_network
from gancourse.metrics import expected_coverage
from gancourse.runs.judge import METRICS

__all__ = ["write_report"]

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; color: #222; max-width: 60rem;
  margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.6rem } h2 { font-size: 1.2rem; margin-top: 2.2rem }
table { border-collapse: collapse }
th, td { text-align: left; padding: .25rem 1.2rem .25rem 0; vertical-align: top }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums }
tr + tr { border-top: 1px solid #e6e6e6 }
code { background: #f4f4f4; padding: .1rem .3rem; overflow-wrap: anywhere }
img { max-width: 100%; height: auto } img.pixels { image-rendering: pixelated }
.pair { display: flex; gap: 2rem; flex-wrap: wrap } figure { margin: 0 } figcaption { color: #555 }
"""
_OF_MODES = " In the diagnosis a mode is a class, and near one is what the classifier is sure of."
_SHOWN, _NEIGHBOURS, _MOMENTS, _MEMORISED = 8, 5, 8, 1_000


def write_report(run, plan, judge, images, rows):
    """Write ``report.html`` into the run's folder.

    Arguments:
        run: a Run.
        plan: its plan.
        judge: the Judge of the scores.
        images: generated pixels (n, c, h, w), those that were judged; None of a run that diverged.
        rows: step to the line of scores on the way.
    """
    title = f"{plan['recipe']} on {plan['data']}"
    parts = [f"<h1>{escape(title)}</h1>", run.diagnosis._repr_html_()]
    if run.error is not None:
        parts.append(f"<p>{escape(str(run.error))}</p>")
    elif run.history.stopped:
        parts.append(f"<p>Not all steps were done: {escape(run.history.stopped)}.</p>")
    parts.append(_scores(run, judge))
    parts.append(_curves(run, judge, rows))
    parts.append(_samples(run, judge, images))
    if images is not None:
        parts.append(_neighbours(judge, images))
    parts.append(_facts(run))
    page = (
        f"<!doctype html><html lang='en'><head><meta charset='utf-8'><title>{escape(title)}</title>"
        f"<style>{_STYLE}</style></head><body>{''.join(parts)}</body></html>\n"
    )
    with appears_whole(run.folder / "report.html") as partial:
        partial.write_text(page, encoding="utf-8")


def _scores(run, judge):
    head = "<h2>Scores</h2>"
    if not run.scores:
        return head + "<p>The weights are no longer finite: there is nothing to judge.</p>"
    lines = []
    for name, (words, more) in METRICS.items():
        if name in run.scores:
            numbers = (f"<td class='number'>{v:.4g}</td>" for v in (run.scores[name], run.floor[name]))
            direction = "more is better" if more else "less is better"
            lines.append(f"<tr><td>{words}</td>{''.join(numbers)}<td>{direction}</td></tr>")
    return head + (
        "<table><tr><th></th><th class='number'>generated</th><th class='number'>the data themselves</th>"
        f"<th></th></tr>{''.join(lines)}</table>"
        f"<p>Of {judge.n:,} images each, generated or training, against {len(judge.real):,} test images, on "
        f"{escape(judge.kind)}. They depend on how many images there are, and on the features: compare only "
        "with scores of the same. Coverage is "
        f"{expected_coverage(len(judge.real), judge.n):.3f} on average where nothing is missing."
        f"{_OF_MODES if 'sure' in run.scores else ''}</p>"
    )


def _curves(run, judge, rows):
    steps = sorted(rows)

    def series(name):
        return [rows[step].get(name, np.nan) for step in steps]

    with plots.style():
        figure = Figure(figsize=(9, 6.2))
        (distance, shares), (losses, logits) = figure.subplots(2, 2)
        distance.plot(steps, series("frechet"), color=plots.GENERATOR, marker=".", label="generated")
        floor = run.facts["floor on the way"]["frechet"]
        distance.axhline(floor, color=plots.DATA, linestyle=":", label=f"the data: {floor:.3g}")
        distance.set(xlabel="step", ylabel="Fréchet distance", yscale="log")
        for name, colour, dash in (("precision", plots.SERIES[0], "-"), ("recall", plots.SERIES[1], "--")):
            shares.plot(steps, series(name), color=colour, linestyle=dash, marker=".", label=name)
        shares.set(xlabel="step", ylabel="share", ylim=(-0.02, 1.02))
        plots.losses(losses, run.history)
        logits.plot(steps, series("real_logit"), color=plots.DATA, marker=".", label="on real images")
        logits.plot(steps, series("fake_logit"), color=plots.GENERATOR, marker=".", label="on generated ones")
        logits.set(xlabel="step", ylabel="D's mean logit")
        for axes in (distance, shares, logits):
            plots.legend(axes)
        file = io.BytesIO()
        figure.savefig(file, format="png", dpi=110)
    return (
        "<h2>Curves</h2>"
        f"{_image(file.getvalue(), 'distance, precision and recall, losses and logits against steps')}"
        f"<p>On the way {run.facts['judged on the way']:,} images were judged at a time, at the end "
        f"{judge.n:,}: the distance is the larger, the fewer there are. Losses are those of training, with "
        "penalties, and their running mean.</p>"
    )


def _samples(run, judge, images):
    parts = ["<h2>Samples</h2>"]
    files = sorted((run.folder / "samples").glob("step-*.png"))
    if files:
        chosen = [files[i] for i in np.unique(np.linspace(0, len(files) - 1, _MOMENTS).round().astype(int))]
        first = [np.asarray(Image.open(file)) for file in chosen]
        side = judge.train.pixels.shape[-1]
        strip = np.concatenate([sheet[: side + 1] for sheet in first])[:-1]  # the first row of each
        names = ", ".join(f"{int(file.stem.removeprefix('step-')):,}" for file in chosen)
        parts.append(
            f"<figure>{_sheet(strip, 'the same noise at several steps')}"
            f"<figcaption>Eight draws of noise, a line after each step {names}.</figcaption></figure>"
        )
    shown = [(judge.test.pixels[:64], "Test images.")]
    if images is not None:
        shown.insert(0, (images[:64], "Generated, not chosen."))
    pairs = [f"<figure>{_grid(x)}<figcaption>{words}</figcaption></figure>" for x, words in shown]
    return f"{''.join(parts)}<div class='pair'>{''.join(pairs)}</div>"


def _neighbours(judge, images):
    near = judge.neighbours(images[:_SHOWN], _NEIGHBOURS)
    lines = np.concatenate([images[:_SHOWN, None], judge.train.pixels[near]], axis=1)  # (8, 6, c, h, w)
    found = judge.memorised(images[:_MEMORISED])
    return (
        "<h2>Nearest training images</h2><p>Each line: a generated image, and the five training images "
        f"nearest to it in pixels. Of {len(images[:_MEMORISED]):,} generated images {found.share:.1%} ± "
        f"{found.share_error:.1%} lie nearer to training images than to test images, with as many of each: "
        "50 % is what chance gives where nothing was memorised. The median distance to the nearest training "
        f"image is {found.ratio:.3f} ± {found.ratio_error:.3f} times that to the nearest test image.</p>"
        f"{_grid(lines.reshape(-1, *images.shape[1:]), _NEIGHBOURS + 1)}"
    )


def _facts(run):
    lines = []
    for name, value in run.facts.items():
        if isinstance(value, str):
            shown = f"<code>{escape(value)}</code>" if name == "command" else escape(value)
            lines.append(f"<tr><td>{escape(name)}</td><td>{shown}</td></tr>")
    return (
        f"<h2>How it was made</h2><table>{''.join(lines)}</table><p>All scores on the way are in "
        "metrics.csv, all losses in losses.csv, the generator's weights in generator.safetensors.</p>"
    )


def _grid(pixels, columns=8):
    sheet = plots.tile(to_network(np.ascontiguousarray(pixels)), columns)
    return _sheet(np.rint(255 * sheet).astype(np.uint8), "images in a grid")


def _sheet(sheet, words):
    file = io.BytesIO()
    Image.fromarray(sheet).save(file, format="png")
    return _image(file.getvalue(), words, f" class='pixels' width='{2 * sheet.shape[1]}'")


def _image(png, words, more=""):
    return f"<img{more} alt='{escape(words)}' src='data:image/png;base64,{base64.b64encode(png).decode()}'>"
