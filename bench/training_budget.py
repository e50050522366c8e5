# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
"""Running spinconv-train for the tables of variants."""
import json
import os
import re
import resource
import shutil
import subprocess
import sys


def output_of(*arguments):
    """What a command of spinconv-train prints; one thread, or OMP_NUM_THREADS."""
    threads = os.environ.get("OMP_NUM_THREADS", "1")
    if not shutil.which("spinconv-train"):
        sys.exit("error: no spinconv-train on PATH; source scripts/env.sh puts it there")
    result = subprocess.run(["spinconv-train", "--threads", threads, *arguments], text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                            env={**os.environ, "OMP_NUM_THREADS": threads})
    if result.returncode != 0:
        sys.exit(f"error: spinconv-train {' '.join(arguments)}:\n{result.stdout}")
    return result.stdout


def run(*arguments):
    """CPU seconds of a command of spinconv-train. On cores that others use as well they count more
    than they are worth: compare trainings of equal CPU time on a quiet machine only."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    output_of(*arguments)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime


def options(settings):
    return [word for key, value in settings.items() for word in ("--set", f"{key}={value}")]


def fit(config, settings, epochs):
    return run("fit", config, "--overwrite", *options(settings), "--set", f"training.epochs={epochs}")


def planned_step(config, settings):
    """Seconds of a training step, its frames and its edges, as `fit --dry-run` measures them."""
    text = output_of("fit", config, "--dry-run", *options(settings))
    frames, edges, _ = (int(x) for x in re.search(
        r"training set +(\d+) frames, (\d+) edges, (\d+) steps", text).groups())
    milliseconds, counted = re.search(r"one step +([\d.]+) ms.*measured, (\d+) edges", text).groups()
    return float(milliseconds) / 1e3, int(counted) * frames / edges, int(counted)


def epochs_for(config, settings, seconds, fewer_frames, factor):
    """Epochs that take about `seconds` of CPU time. What an epoch takes is measured in a folder of its own, with
    the settings `fewer_frames`, which leave one frame of `factor`."""
    part = {**settings, **fewer_frames, "output.folder": os.path.join(os.path.dirname(config), "measured")}
    epoch = factor * (fit(config, part, 3) - fit(config, part, 1)) / 2.0
    return max(1, round(seconds / epoch))


def fit_or_resume(config, folder, settings):
    """A training into a folder, which goes on where it was interrupted. One that has ended evaluates again."""
    mode = ["--resume"] if os.path.exists(os.path.join(folder, "checkpoint.pt")) else []
    output_of("fit", config, *mode, *options({**settings, "output.folder": folder}))


def info_of(potential):
    """The metadata of a potential."""
    return json.loads(output_of("info", potential, "--json"))


def finished(potential):
    """Whether fit has come to its end: an interrupted one has a potential too, without errors of the test."""
    return os.path.exists(potential) and "test" in info_of(potential).get("errors", {})


def errors_of(potential, data, *more):
    """What `evaluate --json` says of a potential; `more` are its further options."""
    path = f"{potential}.json"
    output_of("evaluate", potential, data, "--json", path, *more)
    with open(path) as f:
        return json.load(f)
