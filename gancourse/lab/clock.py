"""The lab's clock: a thread that trains in slices, answers at once, and never outlives its page."""

import atexit
import contextlib
import queue
import threading
import time
import weakref
from concurrent.futures import Future

from gancourse.compute import threads

__all__ = ["Clock", "Pace"]

MODES = ("paused", "playing", "slow")
_running = weakref.WeakSet()


class Pace:
    """When the next frame is due, so that drawing takes a small share of what the thread computes.

    A frame's cost c, in processor seconds of the thread, is averaged over the last few. There are at most 10
    frames a second. Each waits until the thread has trained for c/0.13 − c, or, where that would be fewer
    than 8.5 frames a second, for c/0.18 − c; so training keeps 0.82 of the thread. Processor seconds, so that
    a machine that is busy elsewhere slows both alike, and does not starve the picture.
    """

    def __init__(self):
        self.cost = 0.005

    def note(self, seconds):
        """Count the cost of a frame."""
        self.cost += 0.2 * (seconds - self.cost)

    def due(self, since, trained):
        """Whether it is time, ``since`` seconds after the last frame began, ``trained`` of them computing."""
        if since < 1 / 10:
            return False
        if trained >= self.cost / 0.13 - self.cost:
            return True
        return since >= 1 / 8.5 and trained >= self.cost / 0.18 - self.cost or since > 2.0


class Clock:
    """Trains runs in the background, on one daemon thread that is there only while it is needed.

    All that touches the runs happens on that thread, in order: commands are put into a queue and carried out
    between two steps. So a pause waits for one step at most, and no step is ever cut.

    It stops by itself: a frame must be answered by the page that shows it (``seen``). If none has answered
    for ``patience`` seconds, because the page was closed or left, training pauses; without commands the
    thread then ends. A kernel that restarts takes its threads with it.

    Arguments:
        runs: () -> the runs that it steps, all by the same number of steps.
        show: () -> draws and sends a frame; called on the thread.
        tell: (event, value) -> called on the thread, or by ``pause``: ("mode", name), ("part", a list of
            parts, one a run), ("error", an exception), ("alone", seconds): nobody watches.
        patience: seconds.

    Attributes:
        mode: "paused", "playing" or "slow". rate: steps a second, lately.
        beat: seconds for a part of slow motion.
    """

    def __init__(self, runs, show, tell, *, patience=10.0):
        self.runs, self.show, self.tell, self.patience = runs, show, tell, patience
        self.mode, self.rate, self.beat, self.pace = "paused", 0.0, 1.6, Pace()
        self._commands, self._lock = queue.SimpleQueue(), threading.Lock()
        self._halt, self._thread, self._closed = threading.Event(), None, False
        self._sent = self._seen = 0
        self._asked, self._chunk, self._walks, self._drawn = time.monotonic(), 1, None, 0.0
        _running.add(self)

    def do(self, command, *arguments):
        """Have the thread carry out a command between two steps; a Future of its value."""
        future = Future()
        self._commands.put((future, command, arguments))
        self._ensure()
        return future

    def play(self):
        """Train until paused."""
        return self.do(self._turn_to, "playing")

    def slow(self):
        """Walk through the parts of steps, a part a beat."""
        return self.do(self._turn_to, "slow")

    def part(self):
        """One part of a step, and pause; a Future."""
        return self.do(self._one_part)

    def pause(self):
        """Stop after the step that is under way; a Future of the moment when it stands still."""
        self._halt.set()
        return self.do(self._turn_to, "paused")

    def stand(self):
        """Be paused from here on: for commands, which are on the thread already."""
        self._turn_to("paused", quiet=True)

    def close(self):
        """End the thread, and take no more commands; waits a moment for the step that is under way."""
        self._closed = True
        self._halt.set()
        self._commands.put(None)
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(2.0)

    def sending(self):
        """A number for the frame about to be sent; called by ``show``."""
        if self._sent == self._seen:
            self._asked = time.monotonic()
        self._sent += 1
        return self._sent

    def seen(self, number):
        """The page has got the frame of that number, and is there."""
        self._seen, self._asked = max(self._seen, min(int(number), self._sent)), time.monotonic()

    @property
    def alive(self):
        """Whether the thread is there."""
        return self._thread is not None and self._thread.is_alive()

    def _ensure(self):
        with self._lock:
            if not self._closed and not self.alive:
                self._thread = threading.Thread(target=self._work, name="gan-lab", daemon=True)
                self._thread.start()

    def _work(self):
        with threads(1):
            while not self._closed:
                try:
                    command = self._commands.get(timeout=0.0 if self.mode == "playing" else self._nap())
                except queue.Empty:
                    command = self._idle()
                    if command is None:
                        if self.mode == "paused":
                            with self._lock:
                                if self._commands.empty():
                                    self._thread = None
                                    return
                        continue
                if command is not None:
                    self._carry_out(*command)

    def _nap(self):
        return self.beat if self.mode == "slow" else 5.0

    def _carry_out(self, future, command, arguments):
        try:
            future.set_result(command(*arguments))
        except BaseException as error:
            self._fail(error)
            future.set_exception(error)

    def _idle(self):
        """What is done where no command waits."""
        try:
            if self.mode == "playing":
                self._slice()
            elif self.mode == "slow":
                self._next_part()
                self.show()
            self._watch_the_page()
        except BaseException as error:
            self._fail(error)
        return None

    def _fail(self, error):
        self.stand()
        with contextlib.suppress(Exception):
            self.tell("error", error)
            self.show()

    def _turn_to(self, mode, quiet=False):
        changed, self.mode = mode != self.mode, mode
        self._halt.clear()
        self._asked = time.monotonic()
        if mode != "slow":
            self._walks = None
        if mode == "paused":
            self.rate = 0.0
        if changed:
            self.tell("mode", mode)
            if not quiet:
                self.show()

    def _slice(self):
        """Train until a frame is due, then draw it."""
        runs, steps = self.runs(), 0
        started, computed = time.perf_counter(), time.thread_time()
        while not self._interrupted():
            before, first = runs[0].time, time.perf_counter()
            runs[0].advance(self._chunk, until=self._interrupted)
            done = runs[0].time - before
            for run in runs[1:]:
                if done:
                    run.advance(done)
            steps += done
            now = time.perf_counter()
            self._chunk = max(1, min(50, int(0.02 * max(1, done) / max(now - first, 1e-6))))
            if self.pace.due(now - self._drawn, time.thread_time() - computed):
                break
        # two frames that nobody has answered are enough: the page is slow, or gone
        computed, self._drawn = time.thread_time(), time.perf_counter()
        if self._sent - self._seen < 2:
            self.show()
            self.pace.note(time.thread_time() - computed)
        if steps:
            rate = steps / (time.perf_counter() - started)
            self.rate += (0.3 if self.rate else 1.0) * (rate - self.rate)

    def _interrupted(self):
        return self._halt.is_set() or not self._commands.empty()

    def _next_part(self):
        runs = self.runs()
        if self._walks is None or self._walks[0] != runs:
            self._walks = runs, [run.parts() for run in runs]
        parts = [next(walk, None) for walk in self._walks[1]]
        if not any(parts):
            self._walks = runs, [run.parts() for run in runs]
            parts = [next(walk, None) for walk in self._walks[1]]
        self.tell("part", parts)

    def _one_part(self):
        walks = self._walks
        self.stand()
        self._walks = walks
        self._next_part()
        self.show()

    def _watch_the_page(self):
        waiting = self._sent > self._seen and time.monotonic() - self._asked > self.patience
        if self.mode != "paused" and waiting:
            self.stand()
            self.tell("alone", self.patience)


@atexit.register
def _close_all():
    # a thread that is inside PyTorch while the interpreter goes down would take it down the hard way
    for clock in list(_running):
        clock.close()
