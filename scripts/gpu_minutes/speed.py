# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
"""Steps that measure: time of a step, what fits, calls of CUDA, training."""
import csv
import glob
import math
import os
import re
import subprocess
import sys
import threading

import systems
from checks import per_step
from programs import ROOT, Failed, OutOfTime, run, run_lmp, text_of
from runner import NotHere

PRECISIONS = {"single": "precision single", "tf32": "precision single tf32 yes", "double": "precision double",
              "single, CUDA graph": "precision single cuda_graph yes", "double, CUDA graph": "precision double cuda_graph yes"}
MOST_OF_A_GRAPH = 2000  # atoms: larger systems are not bound by launches
WATERS = {"water-1536": (2, 2, 2), "water-12288": (4, 4, 4), "water-98304": (8, 8, 8)}


def measured_systems(job):
    return [systems.ethanol(), systems.example_slab(job)] + [systems.water(copies) for copies in WATERS.values()]


def dynamics(system, options):
    return (system.box() + system.pair(options) + "velocity all create 100 1 loop geom\nfix nve all nve\n"
            "timestep 0.00025\nthermo 1000000\n")


# ---------------------------------------------------------------------- time of a step and what fits

MEMORY = re.compile(r"SpinConv memory: (\S+) MB per atom(?: and (\S+) MB for blocks of \d+ edges)?; of (\S+) GB that are free")


def memory_of(log):
    """MB for an atom, MB whatever the number of atoms, GB that were free, and the atoms that fit, or {}."""
    found = MEMORY.findall(log)
    if not found:
        return {}
    per_atom, fixed, free = (float(word or 0.0) for word in found[-1])
    return {"mb_per_atom": per_atom, "mb_fixed": fixed, "gb_free": free,
            "atoms_that_fit": int(max(0.0, (1024.0 * free - fixed) / per_atom)) if per_atom > 0 else 0}


def steps(job):
    """Each system in each precision: a few steps, which tell what the rest will take, then steps for some seconds."""
    rates = {}     # precision -> seconds a step and atom, of the largest system so far
    memories = {}  # precision -> the same of memory
    results = {}
    pause = 2.5 if job.settings.device == "cuda" else 4.0
    for system in measured_systems(job):
        results[system.name] = {"title": system.title, "atoms": system.atoms}
        for precision, options in PRECISIONS.items():
            if "CUDA graph" in precision and system.atoms > MOST_OF_A_GRAPH:
                continue
            entry = one_system(job, system, precision, options, rates, memories, pause)
            if "seconds_a_step" in entry and system.name.startswith("water"):
                rates[precision] = entry["seconds_a_step"] / system.atoms
                memories.setdefault(precision, entry)
            results[system.name][precision] = entry
            job.record("systems", results)
    if not any("seconds_a_step" in entry for result in results.values() for entry in result.values() if isinstance(entry, dict)):
        job.fail("no time of a step was measured")
    largest(job, rates, memories)


def one_system(job, system, precision, options, rates, memories, pause):
    if ("tf32" in options or "cuda_graph" in options) and job.settings.device != "cuda":
        return {"left_out": "of GPUs alone"}
    # the set-up and the first steps count as steps; starting lmp and building lists as more of them
    predicted = rates.get(precision, rates.get("single", 0.0)) * system.atoms
    # the first ones are recorded for a CUDA graph
    first = 6 if "cuda_graph" in options else 3 if predicted < 1.0 else 1
    needed = predicted * (first + 4) + job.settings.start_seconds
    if needed > job.left(3.0):
        return {"left_out": too_long(predicted)}
    known = memories.get(precision)
    chunk = ""
    if known and known.get("atoms_that_fit") and system.atoms > 0.8 * known["atoms_that_fit"]:
        chunk = " chunk 100000"
    text = dynamics(system, options + chunk) + f"run {first} post no\n"
    text += f"timer timeout {max(pause, 1.5 * predicted):.1f} every 1\nrun 100000\n"
    name = one_word(f"{system.name}-{precision}")
    try:
        outcome = run_lmp(job, name, text, job.left(1.0), kokkos=True)
    except Failed as error:
        log = text_of(os.path.join(job.folder, name + ".txt"))
        if "out of memory" in log.lower():
            return {"left_out": "the memory does not do", **memory_of(log)}
        job.note(f"{name}: ", error)
        return {"left_out": str(error)}
    seconds, count = outcome.loops()[-1]
    if count < 1:
        return {"left_out": "no step was done in time"}
    return {"seconds_a_step": seconds / count, "steps": count, "ns_a_day": 0.25e-6 * 86400.0 * count / seconds,
            "edges": edges_of(outcome.log), "chunk": chunk.strip(), "parts": parts_of(outcome.log), **memory_of(outcome.log)}


def too_long(predicted):
    return f"no time left: about {float(f'{predicted:.2g}'):g} s a step are expected"


def edges_of(log):
    found = re.findall(r"SpinConv graph: \d+ atoms, (\d+) edges", log)
    return int(found[-1]) if found else None


def parts_of(log):
    """Per cent of the pair style's time, by the table at the end of the last run."""
    table = log.rpartition("SpinConv timing breakdown")[2]
    return {name.strip(): float(share) for name, share in
            re.findall(r"^  (Edges|Prepare|Graph forward|Graph backward|Exchange) *\|.*\| *(\S+)$", table, re.M)}


def largest(job, rates, memories):
    """Whether as many atoms fit as the log says: a box of 9 tenths of them, in single precision."""
    known = memories.get("single")
    if not known or not known.get("atoms_that_fit"):
        return
    # others use the memory of a host too: a rehearsal takes a tenth of it
    share = 0.9 if job.settings.device == "cuda" else 0.1
    boxes = int(share * known["atoms_that_fit"] / 192)
    copies = near_cube(boxes)
    system = systems.water(copies)
    predicted = rates["single"] * system.atoms
    result = {"said": known["atoms_that_fit"], "share": share, "atoms": system.atoms}
    if 5.0 * predicted + job.settings.start_seconds > job.left(3.0):
        job.record("largest", {**result, "left_out": too_long(predicted)})
        return
    text = dynamics(system, "precision single") + "run 2\n"
    with MemorySampler(job.settings.device == "cuda") as sampler:
        try:
            outcome = run_lmp(job, "largest", text, job.left(1.0), kokkos=True)
            result["seconds_a_step"] = per_step(outcome)
        except Failed as error:
            result["left_out"] = str(error)
            job.note(f"{system.atoms} atoms of water, of {known['atoms_that_fit']} that are said to fit: ", error)
    if sampler.most:
        result["gb_used"] = sampler.most
    job.record("largest", result)


def near_cube(boxes):
    """Copies along the axes, as equal as may be, of at most so many boxes."""
    side = max(1, int(round(boxes ** (1.0 / 3.0))))
    while side ** 3 > max(1, boxes):
        side -= 1
    return side, side, max(1, boxes // (side * side))


class MemorySampler:
    """Largest memory in use on the GPU, GB, as nvidia-smi tells it, twice a second."""

    def __init__(self, on):
        self.on, self.most, self.end = on, 0.0, threading.Event()

    def __enter__(self):
        self.thread = threading.Thread(target=self.sample, daemon=True)
        if self.on:
            self.thread.start()
        return self

    def __exit__(self, *_):
        self.end.set()
        if self.on:
            self.thread.join(timeout=5.0)

    def sample(self):
        while not self.end.wait(0.5):
            try:
                text = subprocess.run(["nvidia-smi", "--query-gpu=memory.used", "--format=csv,noheader,nounits"],
                                      stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=5).stdout.decode()
                self.most = max(self.most, float(text.split()[0]) / 1024.0)
            except (OSError, ValueError, IndexError, subprocess.TimeoutExpired):
                return


# ---------------------------------------------------------------------- calls of CUDA

CALLS = ("kernels", "graphs", "copies", "to_host", "waits")


def counter(job):
    """cuda_calls.cpp as a library."""
    source = os.path.join(ROOT, "scripts", "gpu_minutes", "cuda_calls.cpp")
    library = os.path.join(job.folder, "cuda_calls.so")
    compiler = os.environ.get("CXX", "c++")
    run([compiler, "-O2", "-std=c++17", "-shared", "-fPIC", source, "-o", library, "-ldl"],
        os.path.join(job.folder, "compile.txt"), min(60.0, job.left(1.0)))
    return library


def cupti():
    """CUPTI's library, of the toolkit or beside pip's LibTorch."""
    patterns = ["/usr/local/cuda*/extras/CUPTI/lib64/libcupti.so*", "/usr/local/cuda*/lib64/libcupti.so*"]
    patterns += [os.path.join(path, "nvidia", "*", "lib", "libcupti.so*") for path in sys.path]
    for pattern in patterns:
        found = sorted(glob.glob(pattern))
        if found:
            return found[0]
    return ""


def launches(job):
    """What a step asks of CUDA: the difference between two runs of one process, of 5 steps and of 25."""
    library = counter(job)
    chosen = {"single": PRECISIONS["single"], "double": PRECISIONS["double"]}
    if job.settings.device == "cuda":
        chosen["single, CUDA graph"] = PRECISIONS["single, CUDA graph"]
    results = {}
    counted = [systems.ethanol(), systems.example_slab(job)]
    if job.settings.device == "cuda":
        counted.append(systems.water(WATERS["water-1536"]))
    for system in counted:
        if results and job.left() < 3.0 + job.settings.start_seconds:
            break
        counts = os.path.join(job.folder, system.name + ".counts")
        few, many = (5, 25) if job.settings.device == "cuda" else (1, 3)
        text = ""
        for precision, options in chosen.items():
            # lists stay: a step that builds them is another one
            text += "clear\n" + dynamics(system, options) + "neigh_modify every 1000000 delay 0 check no\nrun 4 post no\n"
            for mark, count in (("few", few), ("many", many)):
                text += (f"shell putenv SPINCONV_CUDA_CALLS_MARK={one_word(precision)}-{mark}-begin\nrun {count} post no\n"
                         f"shell putenv SPINCONV_CUDA_CALLS_MARK={one_word(precision)}-{mark}-end\n")
        open(counts, "w").close()
        variables = {"LD_PRELOAD": library, "CUDA_INJECTION64_PATH": library, "SPINCONV_CUDA_CALLS": counts,
                     "SPINCONV_CUPTI": cupti()}
        run_lmp(job, system.name, text, job.left(1.0), kokkos=True, variables=variables)
        results[system.name] = {"title": system.title}
        for precision in chosen:
            results[system.name][precision] = per_step_calls(text_of(counts), one_word(precision), many - few)
        job.record("counted", results)
    seen = any(calls.get("kernels") for result in results.values() for calls in result.values() if isinstance(calls, dict))
    if job.settings.device != "cuda":
        job.require(not seen, "launches were counted, but there is no CUDA here")
        raise NotHere("no CUDA here: the counter ran, and counted nothing")
    job.require(seen, "no launch was counted")


def one_word(name):
    return name.replace(", ", "-").replace(" ", "-")


def per_step_calls(text, precision, steps):
    """Of a step, by the driver where CUPTI told of it."""
    marks = {}
    for line in text.splitlines():
        mark, source, *numbers = line.split()
        marks[mark, source] = [int(number) for number in numbers]
    for source in ("driver", "runtime"):
        try:
            many = [b - a for a, b in zip(marks[f"{precision}-many-begin", source], marks[f"{precision}-many-end", source])]
            few = [b - a for a, b in zip(marks[f"{precision}-few-begin", source], marks[f"{precision}-few-end", source])]
        except KeyError:
            continue
        return {"source": source, **{name: (a - b) / steps for name, a, b in zip(CALLS, many, few)}}
    raise Failed(f"{precision}: no calls were counted")


# ---------------------------------------------------------------------- training

def training(job):
    """spinconv-train fit: times of a step, and whether a training on the device is the one on the CPU."""
    if not job.programs.train:
        raise NotHere("there is no spinconv-train")
    device = job.settings.plain_device
    cases = [("small", "single"), ("small", "mixed"), ("small", "double"), ("paper", "single"), ("paper", "mixed")]
    results = {}
    same_training(job, device)
    for preset, precision in cases:
        if results and job.left() < 2.0 * job.settings.start_seconds:
            results[f"{preset}, {precision}"] = {"left_out": "no time left"}
        else:
            results[f"{preset}, {precision}"] = training_speed(job, preset, precision, device)
        job.record("steps", results)


def fit(job, name, frames, settings):
    """A training of frames of ethanol; its log.csv as rows."""
    folder = os.path.join(job.folder, name)
    config = os.path.join(job.folder, name + ".yaml")
    data = os.path.join(ROOT, "examples", "train", "data", "rmd17_ethanol_200.npz")
    with open(config, "w") as file:
        file.write(f"data: {{file: {data}, split: {{train: {frames}, validation: 10, seed: 1}}}}\n"
                   f"output: {{folder: {folder}, name: {name}}}\n")
    command = [job.programs.train, "--threads", str(job.settings.threads), "fit", config, "--overwrite"]
    for key, value in settings.items():
        command += ["--set", f"{key}={value}"]
    run(command, os.path.join(job.folder, name + ".txt"), job.left(1.0), job.programs.environment)
    found = glob.glob(os.path.join(folder, "*.csv"))
    if not found:
        raise Failed(f"{name} has no log")
    with open(found[0]) as file:
        rows = [{key: float(value) for key, value in row.items()} for row in csv.DictReader(file)]
    if not rows:
        raise Failed(f"{name} has an empty log")
    return rows


def same_training(job, device):
    """Two epochs of four steps in double precision: losses and errors on the device are those of the CPU."""
    settings = {"model.preset": "small", "training.epochs": 2, "training.batch_size": 5, "training.precision": "double"}
    here = fit(job, "on-cpu", 20, {**settings, "training.device": "cpu"})
    there = fit(job, "on-device", 20, {**settings, "training.device": device})
    names = [name for name in here[0] if "loss" in name or "mae" in name]
    most = max((abs(a[name] - b[name]) / abs(b[name]) for a, b in zip(there, here) for name in names if b[name]),
               default=math.inf)
    job.record("same", {"epochs": len(here), "figures": names, "difference": most})
    job.require(len(here) == len(there) == 2 and most <= 1e-6, f"a training on {device} and on the CPU differ by {most:.1e}")


def training_speed(job, preset, precision, device):
    """Seconds of a step: from epochs after the first one, data and optimizer included."""
    frames, batch = (100, 10) if job.settings.device == "cuda" else (10, 5)
    epochs = 4 if job.settings.device == "cuda" else 2
    settings = {"model.preset": preset, "training.epochs": epochs, "training.batch_size": batch, "training.precision": precision,
                "training.device": device}
    try:
        rows = fit(job, f"{preset}-{precision}", frames, settings)
    except Failed as error:
        job.note(f"{preset}, {precision}: ", error)
        return {"left_out": str(error)}
    loss = rows[-1]["train_loss"]
    job.require(math.isfinite(loss), f"{preset}, {precision}: the loss is {loss}")
    # seconds since the start of the training, of which validation (10 frames) is a part
    seconds = (rows[-1]["seconds"] - rows[0]["seconds"]) / max(1, len(rows) - 1)
    return {"seconds_an_epoch": seconds, "steps_an_epoch": frames // batch, "batch": batch,
            "seconds_a_step": seconds / (frames / batch), "loss": loss}


# ---------------------------------------------------------------------- NCCL

GROUP = """
import sys, tempfile, torch, torch.distributed as group
backend, device = sys.argv[1], sys.argv[2]
with tempfile.TemporaryDirectory() as folder:
    group.init_process_group(backend, init_method="file://" + folder + "/store", rank=0, world_size=1)
    numbers = torch.arange(1000003, dtype=torch.float64, device=device)
    expected = numbers.clone()
    group.all_reduce(numbers)
    assert torch.equal(numbers, expected)
    group.destroy_process_group()
print("sums", backend, torch.__version__, ".".join(map(str, torch.cuda.nccl.version())) if backend == "nccl" else "")
"""


def nccl(job):
    """Sums of gradients by NCCL with one rank: by spinconv-gpu-sum where it was built, which is the class that
    spinconv-train uses; and by LibTorch's Python, which shows that its NCCL works here at all."""
    done = {}
    if job.programs.gpu_sum and job.settings.device == "cuda":
        log = os.path.join(job.folder, "gpu-sum.txt")
        run([job.programs.gpu_sum], log, job.left(1.0), job.programs.environment)
        said = re.findall(r"^\d+ tensors, .*", text_of(log), re.M)
        if not said:
            raise Failed("gpu-sum.txt does not say what was summed")
        done["spinconv-gpu-sum"] = said[-1]
        job.record("sums", done)
    script = os.path.join(job.folder, "group.py")
    with open(script, "w") as file:
        file.write(GROUP)
    backend, device = ("nccl", "cuda") if job.settings.device == "cuda" else ("gloo", "cpu")
    python = python_with_torch(job)
    if python:
        log = os.path.join(job.folder, "group.txt")
        run([python, script, backend, device], log, job.left(1.0), job.programs.environment)
        done["torch.distributed"] = text_of(log).strip().splitlines()[-1]
        job.record("sums", done)
    if not done:
        raise NotHere("there is neither spinconv-gpu-sum nor a Python with torch")


def python_with_torch(job):
    for python in (sys.executable, os.path.join(ROOT, ".venv", "bin", "python3"), "python3"):
        try:
            run([python, "-c", "import torch"], os.path.join(job.folder, "import.txt"), job.left(1.0))
            return python
        except OutOfTime:
            raise
        except (Failed, OSError):
            pass
    return None
