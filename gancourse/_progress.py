"""What a person at the keyboard sees of a run and can do to it: one line of progress, and Ctrl-C."""

import contextlib
import signal
import sys
import threading
import time

from tqdm import tqdm

__all__ = ["Interruption", "Progress", "bar"]

_SECONDS_BETWEEN_UPDATES = 0.1


class Progress:
    """A tqdm bar with the losses, redrawn ten times a second at most: a step of 1 ms does not feel it.

    On a terminal it is erased at the end. In a notebook it is one line of plain text that is replaced in
    place: unlike a bar on stderr it does not fill the saved notebook with hundreds of its former states, and
    unlike a widget it reads without a kernel.
    """

    def __init__(self, total, initial, show):
        self.bar, self.due = None, float("inf")
        if show:
            in_notebook = _in_notebook()
            self.bar = tqdm(
                total=total,
                initial=initial,
                file=_Line() if in_notebook else sys.stderr,
                leave=in_notebook,
                ascii=False if in_notebook else None,
                unit="step",
                ncols=100 if in_notebook else None,
                mininterval=0,
            )
            self.due = 0.0

    def update(self, step, losses, more=str):
        """Show the losses, and what more() says, a text."""
        now = time.perf_counter()
        if now >= self.due:
            self.due = now + _SECONDS_BETWEEN_UPDATES
            self._draw(step, losses, more)

    def close(self, step, losses, more=str):
        if self.bar is not None:
            self._draw(step, losses, more)
            self.bar.close()

    def _draw(self, step, losses, more):
        text = ", ".join(f"{name[0].upper()} {value:.3f}" for name, value in losses.items())
        self.bar.set_postfix_str(text + more(), refresh=False)
        self.bar.update(step - self.bar.n)


@contextlib.contextmanager
def bar(total, show):
    """A bar for work in named stages: yields ``done(parts, stage)``, which counts parts of ``total``."""
    in_notebook = show and _in_notebook()
    with tqdm(
        total=total,
        disable=not show,
        file=_Line() if in_notebook else sys.stderr,
        leave=in_notebook,
        ascii=False if in_notebook else None,
        ncols=100 if in_notebook else None,
        mininterval=_SECONDS_BETWEEN_UPDATES,
        bar_format="{percentage:3.0f}% |{bar}| {elapsed}<{remaining}{postfix}",
    ) as drawn:

        def done(parts, stage):
            drawn.set_postfix_str(stage, refresh=False)
            drawn.update(min(parts, total - drawn.n))  # sums of fractions may come out above the total

        yield done


class Interruption:
    """Inside the block the first Ctrl-C only sets ``asked``, so a step is finished; the second acts at once.

    A step cut in the middle leaves one network ahead of the other, from where no exact resume is possible.

    Where Ctrl-C is ignored, as by a run that a shell sent to the background, it stays so. ``here()`` is the
    one of this thread's innermost block, which may be asked to stop in other ways.
    """

    _innermost = threading.local()

    @classmethod
    def here(cls):
        return getattr(cls._innermost, "value", None)

    def __enter__(self):
        self.asked, self.previous, self.outer = False, None, self.here()
        self._innermost.value = self
        # Only the main thread may set a handler, and only it gets Ctrl-C.
        main = threading.current_thread() is threading.main_thread()
        if main and signal.getsignal(signal.SIGINT) not in (None, signal.SIG_IGN):
            self.previous = signal.signal(signal.SIGINT, self._ask)
        return self

    def __exit__(self, *_):
        self._innermost.value = self.outer
        if self.previous is not None:
            signal.signal(signal.SIGINT, self.previous)

    def _ask(self, *_):
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True


class _Line:
    """A file in which each line replaces the one before, in a notebook's output."""

    def __init__(self):
        self.handle, self.shown = None, None

    def write(self, text):
        text = text.strip("\r\n")
        if not text.strip() or text == self.shown:
            return
        self.shown = text
        from IPython.display import DisplayHandle

        bundle = {"text/plain": text}
        if self.handle is None:
            self.handle = DisplayHandle()
            self.handle.display(bundle, raw=True)
        else:
            self.handle.update(bundle, raw=True)

    def flush(self):
        pass


def _in_notebook():
    if "ipykernel" not in sys.modules:
        return False
    from IPython import get_ipython

    return hasattr(get_ipython(), "kernel")
