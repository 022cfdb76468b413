"""What a class's records become for people: grades.csv, a page for each student, a summary with a picture."""

import csv
import io
from collections import Counter
from html import escape
from pathlib import Path

from matplotlib.figure import Figure

from gancourse import plots
from gancourse.exercises._report import prose
from gancourse.teach.classroom import safe
from gancourse.teach.judging import STATUSES

__all__ = ["COLUMNS", "feedback", "grades", "summary", "table"]

COLUMNS = ("student", "exercise", "points", "out_of", "status", "tampered")
# one colour a status, told apart with any colour vision and, in grey, by their order from light to dark
COLOURS = {
    "ok": "#009E73", "wrong": "#E69F00", "not attempted": "#D9D9D9", "crashed": "#D55E00",
    "timed out": "#56B4E9", "too much memory": "#0072B2", "invalid file": "#000000",
}  # fmt: skip
SIGNS = {"ok": "✔", "not attempted": "○"}
STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:46em;margin:2em auto;padding:0 1em;color:#111}"
    "section{border-left:6px solid;padding:.2em 1em;margin:1em 0}h2{margin-top:2em}"
    "table{border-collapse:collapse}td,th{padding:.2em .8em;text-align:left;border-bottom:1px solid #ddd}"
    "code{background:#f2f2f2;padding:0 .2em}img{max-width:100%}"
)


def grades(records, path):
    """Write grades.csv: a line for each student and exercise, with the columns ``COLUMNS``.

    ``tampered`` is yes or no, and changes no points.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for record in records:
        tampered = "yes" if record["tampered"] else "no"
        for row in record["rows"]:
            points, out_of = f"{row['points']:g}", f"{row['out_of']:g}"
            writer.writerow(
                [_cell(record["student"]), row["exercise"], points, out_of, row["status"], tampered]
            )
    _put(path, text.getvalue())


def feedback(student, records, folder):
    """Write a student's page: points, messages and hints for each exercise, and nothing private.

    Arguments:
        student: name.
        records: theirs, a lecture each.
        folder: where the page goes.

    Returns:
        The page's path.
    """
    points = sum(row["points"] for record in records for row in record["rows"])
    out_of = sum(row["out_of"] for record in records for row in record["rows"])
    parts = [f"<h1>{escape(student)}</h1><p><b>{points:g} of {out_of:g} points.</b></p>"]
    for record in records:
        name = f", <code>{escape(record['file'])}</code>" if record["file"] else ""
        parts.append(f"<h2>Lecture {record['lecture']}{name}</h2>")
        parts += [_section(row) for row in record["rows"]]
        if record["tampered"]:
            parts.append(
                "<p>Cells that should stay as they were have been changed. This cost no points: "
                f"{escape('; '.join(record['tampered']))}.</p>"
            )
    parts.append(
        "<p>Answers were judged on inputs of our own, not on those of the notebook's checks, and with "
        "nothing of the notebook but your own cells and the lecture's imports.</p>"
    )
    path = Path(folder) / f"{safe(student)}.html"
    _put(path, _page(f"Feedback for {student}", parts))
    return path


def summary(records, folder):
    """Write summary.html and summary.png: how the class did on each exercise, and the mistakes most made."""
    folder = Path(folder)
    count = {}
    said = {}
    for record in records:
        for row in record["rows"]:
            count.setdefault((row["exercise"], row["title"]), Counter())[row["status"]] += 1
            for single in row["rungs"] or [row]:
                if single["status"] == "wrong":
                    said.setdefault(row["exercise"], Counter())[
                        f"{single['title']}: {single['message']}"
                    ] += 1
    _picture(count, folder / "summary.png")
    parts = ["<h1>The class</h1>", "<p><img src='summary.png' alt='Share of each status by exercise'></p>"]
    head = "".join(f"<th>{status}</th>" for status in STATUSES)
    rows = "".join(
        f"<tr><td>{escape(exercise)}</td>" + "".join(f"<td>{c[s] or ''}</td>" for s in STATUSES) + "</tr>"
        for (exercise, _), c in count.items()
    )
    parts.append(f"<table><tr><th>exercise</th>{head}</tr>{rows}</table>")
    parts.append("<h2>What went wrong most</h2>")
    for exercise, messages in said.items():
        items = "".join(f"<li>{n} ×: {prose(message)}</li>" for message, n in messages.most_common(5))
        parts.append(f"<p><b>{escape(exercise)}</b></p><ul>{items}</ul>")
    changed = [record for record in records if record["tampered"]]
    if changed:
        lines = [f"{r['student']}, lecture {r['lecture']}: {'; '.join(r['tampered'])}" for r in changed]
        items = "".join(f"<li>{escape(line)}</li>" for line in lines)
        parts.append(
            f"<h2>Cells changed that should not be</h2><p>No points were taken for it.</p><ul>{items}</ul>"
        )
    _put(folder / "summary.html", _page("The class", parts))


def table(records):
    """The summary for a terminal: a line an exercise."""
    count, points = {}, {}
    for record in records:
        for row in record["rows"]:
            count.setdefault(row["exercise"], Counter())[row["status"]] += 1
            points.setdefault(row["exercise"], []).append(row["points"] / row["out_of"])
    width = max(map(len, count), default=8)
    lines = [f"{'exercise':{width}}  mean  " + "  ".join(STATUSES)]
    for exercise, c in count.items():
        mean = sum(points[exercise]) / len(points[exercise])
        lines.append(
            f"{exercise:{width}}  {mean:4.0%}  " + "  ".join(f"{c[s] or '':>{len(s)}}" for s in STATUSES)
        )
    return "\n".join(lines)


def _section(row):
    colour, sign = COLOURS[row["status"]], SIGNS.get(row["status"], "✘")
    body = f"<p>{prose(row['message'])}</p>{_hints(row['hints'])}"
    if row["rungs"]:
        items = "".join(
            f"<li>{SIGNS.get(r['status'], '✘')} <b>{escape(r['title'])}</b>: {prose(r['message'])}"
            f"{_hints(r['hints'])}</li>"
            for r in row["rungs"]
        )
        body = f"<ul style='list-style:none;padding:0'>{items}</ul>"
    return (
        f"<section style='border-color:{colour}'><b>{sign} {escape(row['title'])}: {row['status']}</b> "
        f"({row['points']:g} of {row['out_of']:g} points){body}</section>"
    )


def _hints(hints):
    # the next hint lies inside the one before it, so that they open in order
    nested = ""
    for number in range(len(hints), 0, -1):
        text = f"{prose(hints[number - 1])}{nested}"
        head = f"<summary>hint {number} of {len(hints)}</summary>"
        nested = f"<details style='margin-left:1em'>{head}{text}</details>"
    return nested


def _picture(count, path):
    figure = Figure(figsize=(8, 1.2 + 0.42 * len(count)), dpi=110, layout="constrained")
    with plots.style():
        axes = figure.subplots()
    titles = [f"{title}  ({exercise})" for exercise, title in count]
    left = [0.0] * len(count)
    for status in STATUSES:
        shares = [100 * c[status] / sum(c.values()) for c in count.values()]
        if any(shares):
            axes.barh(titles, shares, left=left, color=COLOURS[status], label=status, edgecolor="white")
            left = [a + b for a, b in zip(left, shares, strict=True)]
    axes.invert_yaxis()
    axes.set(xlim=(0, 100), xlabel="share of the class (%)")
    axes.spines[["top", "right"]].set_visible(False)
    figure.legend(loc="outside upper center", ncols=4, frameon=False)
    partial = path.with_suffix(".partial")
    figure.savefig(partial, format="png")
    partial.replace(path)


def _cell(text):
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@") else text


def _page(title, parts):
    head = f"<meta charset='utf-8'><title>{escape(title)}</title><style>{STYLE}</style>"
    # nothing on this page may load or run anything, whatever a message holds
    policy = "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'"
    head += f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
    return f"<!doctype html><html lang='en'><head>{head}</head><body>{''.join(parts)}</body></html>\n"


def _put(path, text):
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.partial")
    partial.write_text(text, encoding="utf-8")
    partial.replace(path)
