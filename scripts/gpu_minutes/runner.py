# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
"""Steps with time limits, each in a process group of its own, and what becomes of each.

A step is a function of a Job. It runs in a child process of this program, so that nothing it does ends the
others: not an error, not a hang, not a crash. What it finds out it writes at once (Job.record), so that it is
kept when the step is ended at its limit.
"""
import ctypes
import json
import math
import os
import signal
import subprocess
import threading
import time
import traceback

from programs import OutOfTime

PASSED = "passed"            # it has data, and no check failed
FAILED = "failed"
STOPPED = "stopped"          # at its time limit; what it recorded before counts as far as it goes
NOT_HERE = "not here"        # the machine lacks what it needs
NOT_RUN = "not run"          # no time was left, or a step that it needs failed


class NotHere(Exception):
    """This machine cannot run the step; the text says what is missing."""


class Step:
    """name: of its folder; shows: what it tells, for the report; limit: seconds at most (Session.share); least:
    seconds under which it is not begun, which earlier steps leave for it; needs: a step that must have passed."""

    def __init__(self, name, title, shows, limit, least, function, needs=None):
        self.name, self.title, self.shows = name, title, shows
        self.limit, self.least, self.function, self.needs = limit, least, function, needs


def write_json(path, value):
    """As a whole or not at all."""
    text = json.dumps(value, indent=1, allow_nan=False)
    with open(path + ".new", "w") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())
    os.replace(path + ".new", path)


def finite(value):
    """The value with every number that JSON does not have (NaN, infinity) as a text."""
    if isinstance(value, dict):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [finite(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


class Job:
    """What a step gets: settings, its folder, its time, and where its findings go."""

    def __init__(self, settings, step, folder, result_path, seconds):
        self.settings, self.step, self.folder = settings, step, folder
        self.result_path = result_path
        self.end = time.monotonic() + seconds
        self.result = {"failures": [], "data": {}}
        self.writing = threading.Lock()  # parts of a step may run side by side

    def left(self, keep=0.0):
        """Seconds that the step still has, less those to keep."""
        return self.end - time.monotonic() - keep

    def record(self, key, value):
        """A finding: data[key], written at once."""
        found = finite(value)
        with self.writing:
            self.result["data"][key] = found
        self.write()

    def fail(self, text):
        """A check that failed, in one line. The step goes on."""
        print("FAILED:", text, flush=True)
        self.result["failures"].append(text)
        self.write()

    def note(self, text, error):
        """A part of the step that ended by an exception: a failure, or no time left, which is no fault."""
        if isinstance(error, OutOfTime):
            print("OUT OF TIME:", text + str(error), flush=True)
            self.result.setdefault("out_of_time", text + str(error))
            self.write()
        else:
            self.fail(text + str(error))

    def write(self):
        with self.writing:
            write_json(self.result_path, self.result)

    def require(self, good, text):
        if not good:
            self.fail(text)
        return good


def run_step(job):
    """In the child process: the step, and the verdict on it."""
    try:
        job.step.function(job)
    except NotHere as missing:
        job.result["not_here"] = str(missing)
    except OutOfTime as error:
        job.note("", error)
    except Exception as error:
        traceback.print_exc()
        job.fail(f"{type(error).__name__}: {error}".splitlines()[0])
    job.result["complete"] = True
    job.write()


def verdict(result, stopped, status):
    """Outcome and reason, from what the child left. Nothing passes without data."""
    failures = result.get("failures", [])
    if failures:
        more = f" (and {len(failures) - 1} more)" if len(failures) > 1 else ""
        return FAILED, failures[0] + more
    if stopped or result.get("out_of_time"):
        return STOPPED, result.get("out_of_time", "ended at its time limit")
    if not result.get("complete"):
        return FAILED, f"the step ended by itself, status {status}"
    if result.get("not_here"):
        return NOT_HERE, result["not_here"]
    if not result.get("data"):
        return FAILED, "it has shown nothing"
    return PASSED, ""


def adopt_orphans():
    """Processes whose parent ends become children of this one, so that they can be found and ended."""
    try:
        ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER
    except (OSError, AttributeError):
        pass


def descendants(of):
    """Process numbers of all that `of` has started, by /proc."""
    children = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open(f"/proc/{entry}/stat") as file:
                    # the name, in parentheses, may have any character
                    fields = file.read().rpartition(")")[2].split()
            except OSError:
                continue
            if fields[0] != "Z":
                children.setdefault(int(fields[1]), []).append(int(entry))
    found, todo = [], [of]
    while todo:
        for child in children.get(todo.pop(), []):
            found.append(child)
            todo.append(child)
    return found


def end_all(processes, number):
    for process in processes:
        try:
            os.kill(process, number)
        except OSError:
            pass


def end_descendants(patience=3.0):
    """Whatever is still running below this process: asked to end, and ended."""
    running = descendants(os.getpid())
    end_all(running, signal.SIGTERM)
    until = time.monotonic() + patience
    while running and time.monotonic() < until:
        reap()
        running = descendants(os.getpid())
        time.sleep(0.05)
    end_all(running, signal.SIGKILL)
    reap()


def reap():
    """Orphans that have ended. Those that subprocess started are waited for by then."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0] > 0:
            pass
    except ChildProcessError:
        pass


class Session:
    """The steps in their order, within the budget. `state` is what the report is made of, written after each step
    into `folder`; each step has a folder below `work`."""

    def __init__(self, steps, state, folder, work, budget, command, say=print):
        self.steps, self.state, self.folder, self.work, self.budget = steps, state, folder, work, budget
        self.command = command  # of a step's child: command(step name, seconds) -> argument list
        self.say = say
        self.begun = time.monotonic()
        self.path = os.path.join(folder, "report.json")
        # there from the start, so that whoever ends this program sees what was not run
        self.state["steps"] = [{"name": s.name, "title": s.title, "shows": s.shows, "outcome": NOT_RUN,
                                "reason": "the program ended before it", "seconds": 0.0} for s in steps]

    def left(self):
        return self.budget - (time.monotonic() - self.begun)

    def share(self, index):
        """Seconds for a step: its limit, more where all that are to come may have more (nothing had to be built, a
        larger budget), less where the steps after it would have nothing."""
        coming = self.steps[index:]
        scale = max(1.0, self.left() / sum(step.limit for step in coming))
        return min(coming[0].limit * scale, self.left() - sum(step.least for step in coming[1:]))

    def write(self):
        self.state["seconds"] = round(time.monotonic() - self.begun, 1)
        write_json(self.path, self.state)

    def run(self):
        adopt_orphans()
        try:
            return self.run_all()
        finally:
            end_descendants()

    def run_all(self):
        self.write()
        for index, step in enumerate(self.steps):
            entry = self.state["steps"][index]
            seconds = self.share(index)
            lacking = step.needs and self.outcome(step.needs) != PASSED
            if lacking:
                entry["reason"] = f"it needs the step '{step.needs}'"
            elif seconds < step.least:
                entry["reason"] = "no time left"
            else:
                self.say(f"{step.title} (at most {seconds:.0f} s)")
                self.run_one(step, entry, seconds)
            reason = f": {entry['reason']}" if entry["reason"] else ""
            self.say(f"    {entry['outcome']}{reason} ({entry['seconds']:.0f} s)")
            self.write()
        return self.state

    def outcome(self, name):
        """Of a step; one that was not asked for counts as passed."""
        return next((entry["outcome"] for entry in self.state["steps"] if entry["name"] == name), PASSED)

    def run_one(self, step, entry, seconds):
        folder = os.path.join(self.work, step.name)
        os.makedirs(folder, exist_ok=True)
        result_path = os.path.join(folder, "result.json")
        if os.path.exists(result_path):
            os.remove(result_path)
        entry.update(limit=round(seconds, 1), log=os.path.join(step.name, "log.txt"))
        begun = time.monotonic()
        stopped = False
        with open(os.path.join(self.work, entry["log"]), "wb") as log:
            child = subprocess.Popen(self.command(step.name, seconds), stdin=subprocess.DEVNULL, stdout=log,
                                     stderr=subprocess.STDOUT, start_new_session=True)
            try:
                status = child.wait(timeout=seconds)
            except subprocess.TimeoutExpired:
                stopped, status = True, None
                end_all(descendants(child.pid) + [child.pid], signal.SIGTERM)
                try:
                    child.wait(timeout=3.0)
                except subprocess.TimeoutExpired:
                    end_all(descendants(child.pid) + [child.pid], signal.SIGKILL)
                    child.wait()
        end_descendants()
        result = {}
        try:
            with open(result_path) as file:
                result = json.load(file)
        except (OSError, ValueError):
            pass
        entry["outcome"], entry["reason"] = verdict(result, stopped, status)
        entry["seconds"] = round(time.monotonic() - begun, 1)
        entry["data"] = result.get("data", {})
        entry["failures"] = result.get("failures", [])


def exit_status(state):
    """0: every step passed or cannot run here; 1: one failed or was stopped; 3: one was not run."""
    outcomes = {entry["outcome"] for entry in state["steps"]}
    if outcomes & {FAILED, STOPPED}:
        return 1
    return 3 if NOT_RUN in outcomes else 0
