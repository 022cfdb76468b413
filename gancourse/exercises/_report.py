"""How verdicts, hints and progress look: a line of text, or a small coloured panel."""

import re
from dataclasses import dataclass
from html import escape

__all__ = ["LOOK", "Hint", "Progress", "as_html", "as_text", "prose"]

# Okabe and Ito's colours, which people with any colour vision tell apart; a sign goes with each.
LOOK = {"passed": ("✔", "#009E73"), "failed": ("✘", "#D55E00"), "not attempted": ("○", "#666666")}


def as_text(verdict):
    """The verdict in plain text, for terminals and for readers without HTML."""
    sign, _ = LOOK[verdict.status]
    lines = [f"{sign} {verdict.title}: {verdict.status} ({verdict.points:g} of {verdict.out_of:g} points)"]
    for rung in verdict.rungs:
        lines.append(f"  {LOOK[rung.status][0]} {rung.title}: {rung.message}")
    if not verdict.rungs and verdict.status == "failed":
        lines.append(f"  {verdict.message}")
        if verdict.hints:
            lines.append(f'  For a hint: hint("{verdict.id}")')
    elif not verdict.rungs and verdict.status == "not attempted":
        lines.append(f"  {verdict.message}")
    if verdict.progress:
        lines.append(f"  {verdict.progress}")
    return "\n".join(lines)


def as_html(verdict):
    """The verdict as a panel; hints unfold one at a time, and work without a kernel."""
    sign, colour = LOOK[verdict.status]
    points = f"{verdict.points:g} of {verdict.out_of:g} points"
    body = ""
    if verdict.rungs:
        items = "".join(
            f"<li style='list-style:none'><span style='color:{LOOK[r.status][1]}'>{LOOK[r.status][0]}</span> "
            f"<b>{escape(r.title)}</b>: {prose(r.message)}{_hints(r) if r.status == 'failed' else ''}</li>"
            for r in verdict.rungs
        )
        body = f"<ul style='margin:.3em 0;padding-left:.6em'>{items}</ul>"
    elif verdict.status != "passed":
        body = f"<p style='margin:.4em 0'>{prose(verdict.message)}</p>"
        if verdict.status == "failed":
            body += _hints(verdict)
    if verdict.progress:
        body += f"<p style='margin:.4em 0;color:#666666'>{escape(verdict.progress)}</p>"
    return (
        f"<div role='status' style='border-left:6px solid {colour};padding:.4em .9em;max-width:46em'>"
        f"<b style='color:{colour}'>{sign} {escape(verdict.title)}: {verdict.status}</b> "
        f"<span>({points})</span>{body}</div>"
    )


def _hints(verdict):
    # the next hint lies inside the one before it, so that they open in order
    nested = ""
    for number in range(len(verdict.hints), 0, -1):
        nested = (
            f"<details style='margin:.2em 0 .2em 1em'><summary>hint {number} of {len(verdict.hints)}"
            f"</summary>{prose(verdict.hints[number - 1])}{nested}</details>"
        )
    return nested


def prose(text):
    """A message as HTML, escaped."""
    # `code` in a message is set in a fixed-width font, and *stress* in italics
    parts = escape(text).split("`")
    return "".join(
        f"<code>{part}</code>" if i % 2 else re.sub(r"\*(\w[^*]*)\*", r"<em>\1</em>", part)
        for i, part in enumerate(parts)
    )


@dataclass(frozen=True)
class Hint:
    """One hint; shows itself."""

    title: str
    text: str
    number: int
    of: int

    def __repr__(self):
        return f"Hint {self.number} of {self.of} ({self.title}): {self.text}"

    def _repr_html_(self):
        head = f"<b>Hint {self.number} of {self.of}</b> ({escape(self.title)})"
        return f"<p style='max-width:46em'>{head}: {prose(self.text)}</p>"


@dataclass(frozen=True)
class Progress:
    """Points by lecture and exercise; shows itself.

    Arguments:
        lectures: pairs (lecture, rows); a row is (title, points, out of, attempts).
        said: a sentence about the file, or "".
    """

    lectures: tuple
    said: str = ""

    @property
    def points(self):
        """All points so far."""
        return sum(row[1] for _, rows in self.lectures for row in rows)

    @property
    def out_of(self):
        """All points that there are."""
        return sum(row[2] for _, rows in self.lectures for row in rows)

    def __repr__(self):
        lines = [f"{self.points:g} of {self.out_of:g} points so far"]
        for lecture, rows in self.lectures:
            lines.append(f"lecture {lecture}: {sum(r[1] for r in rows):g} of {sum(r[2] for r in rows):g}")
            lines += [f"  {p:4g} of {o:g}  {title} ({_times(tries)})" for title, p, o, tries in rows]
        return "\n".join([*lines, *([self.said] if self.said else [])])

    def _repr_html_(self):
        rows = ""
        for lecture, entries in self.lectures:
            for title, points, out_of, tries in entries:
                sign, colour = LOOK["passed" if points >= out_of else "failed" if tries else "not attempted"]
                sign = f"<span style='color:{colour}'>{sign}</span>"
                cells = (lecture, f"{sign} {escape(title)}", f"{points:g} of {out_of:g}", _times(tries))
                rows += f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"
        head = "".join(f"<th>{name}</th>" for name in ("lecture", "exercise", "points", "tried"))
        head = f"<tr>{head}</tr>"
        said = f"<p>{escape(self.said)}</p>" if self.said else ""
        return f"<b>{self.points:g} of {self.out_of:g} points so far</b><table>{head}{rows}</table>{said}"


def _times(tries):
    return "not tried" if not tries else "once" if tries == 1 else f"{tries} times"
