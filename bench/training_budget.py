# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
"""Trainings of equal cost: what the tables of variants share."""
import os
import resource
import subprocess
import sys


def run(*arguments):
    """CPU seconds of a command of spinconv-train on one thread."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    result = subprocess.run(["spinconv-train", "--threads", "1", *arguments], text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                            env={**os.environ, "OMP_NUM_THREADS": "1"})
    if result.returncode != 0:
        sys.exit(f"error: spinconv-train {' '.join(arguments)}:\n{result.stdout}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime


def fit(config, settings, epochs):
    extra = [word for key, value in settings.items() for word in ("--set", f"{key}={value}")]
    return run("fit", config, "--overwrite", *extra, "--set", f"training.epochs={epochs}")


def fit_for(config, settings, seconds, fewer_frames, factor):
    """Trains for about `seconds` of CPU time. What an epoch takes is measured with the settings
    `fewer_frames`, which leave one frame of `factor`. Returns the number of epochs."""
    part = {**settings, **fewer_frames}
    epoch = factor * (fit(config, part, 3) - fit(config, part, 1)) / 2.0
    epochs = max(1, round(seconds / epoch))
    fit(config, settings, epochs)
    return epochs
