"""Train a small GAN on 50 digits and on 4,000, and look how near its samples come to them: lecture 16.

    python tools/measure_memorisation.py

writes data/results/memorisation.json and, beside it, samples in memorisation.npz: two runs of 6,000 steps on
one thread, about a minute each. A run that is stored is left as it is; one that was interrupted goes on from
its last checkpoint, in work/memorised.
"""

from pathlib import Path

from gancourse.recipes import memorised

if __name__ == "__main__":
    for name in memorised.RUNS:
        state = Path("work/memorised") / name
        memorised.measure([name], checkpoint=state, checkpoint_every=500, resume=state.exists())
