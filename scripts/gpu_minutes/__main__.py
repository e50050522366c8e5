# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
"""The first minutes on a GPU: see scripts/gpu-first-minutes.sh."""
import argparse
import json
import os
import signal
import sys
import tarfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import checks  # noqa: E402
import machine  # noqa: E402
import report  # noqa: E402
import speed  # noqa: E402
from programs import ROOT, Programs  # noqa: E402
from runner import Job, Session, Step, exit_status, run_step  # noqa: E402

# name, title, what it shows, limit and least seconds (of 540), function, the step it needs
STEPS = [
    Step("build", "Build", "LAMMPS, Kokkos, the plugin and spinconv-train are compiled, and start", 420, 2, machine.build),
    Step("evaluator", "Evaluator, device and CPU", "`pair_style spinconv` on the device gives forces, energies and virials of the "
         "CPU, for each potential that is shipped", 60, 15, checks.evaluator, "build"),
    Step("kokkos", "spinconv/kk and spinconv", "`spinconv/kk` gives what `spinconv` gives on the CPU, for the systems of the tests",
         50, 15, checks.kokkos, "build"),
    Step("races", "Races", "launches that wait for each other (CUDA_LAUNCH_BLOCKING) give what launches that do not wait give", 40,
         10, checks.races, "build"),
    Step("drift", "Constant energy", "the energy of ethanol does not drift", 25, 10, checks.drift, "build"),
    Step("sanitizer", "compute-sanitizer", "no kernel reads or writes where it must not, or races in shared memory", 45, 8,
         checks.sanitizer, "build"),
    Step("steps", "Time of a step", "time of a step, memory, atoms that fit", 90, 20, speed.steps, "build"),
    Step("launches", "Calls of CUDA", "kernels, copies and waits of a step", 30, 8, speed.launches, "build"),
    Step("training", "Training", "time of a training step; the training on the device is the one on the CPU", 60, 12, speed.training,
         "build"),
    Step("ranks", "Two ranks on one GPU", "two ranks that share a device give what one gives", 25, 8, checks.ranks, "build"),
    Step("nccl", "NCCL on one rank", "sums of gradients by NCCL start and are right", 20, 5, speed.nccl, "build"),
]


class Settings:
    """What the steps are run with."""

    def __init__(self, options):
        self.device, self.install, self.torch, self.budget = options.device, options.install, options.torch, options.budget
        self.cores = options.jobs or len(os.sched_getaffinity(0))
        self.arch = options.cuda
        self.work = options.work or os.path.join(options.out, "work")
        self.prefix = os.path.abspath(options.install) if options.install else os.path.join(self.work, "install")
        # what is built anew knows its LibTorch
        self.installed_torch = os.path.abspath(options.torch) if options.torch and options.install else None
        on_gpu = self.device == "cuda"
        self.plain_device = "cuda" if on_gpu else "cpu"
        self.kokkos_device = "g 1" if on_gpu else "t 1"
        self.jobs = max(1, min(4, self.cores // 4)) if on_gpu else 1  # processes at a time where times do not matter
        self.threads = max(1, min(4, self.cores // 4)) if on_gpu else 1
        self.start_seconds = 6.0 if on_gpu else 3.0  # that a program takes before its first step, about
        self.lmp_help = ""


def arguments():
    parser = argparse.ArgumentParser(prog="gpu-first-minutes.sh", formatter_class=argparse.RawDescriptionHelpFormatter,
                                     description="Builds and checks SpinConv on a GPU, within a few minutes, and reports.")
    parser.add_argument("--device", choices=("cuda", "host"), default="cuda", help="host: a rehearsal without a GPU")
    parser.add_argument("--install", metavar="DIR", help="a folder that was built: of install.sh, or a build folder of CMake")
    parser.add_argument("--budget", type=float, default=540.0, metavar="S", help="seconds in all (default: 540)")
    parser.add_argument("--out", default=os.path.join(ROOT, "output", "gpu-first-minutes"), metavar="DIR",
                        help="report.json, report.md and logs.tar.gz (default: output/gpu-first-minutes)")
    parser.add_argument("--work", metavar="DIR", help="all files of the runs (default: work in --out)")
    parser.add_argument("--cuda", metavar="ARCH", help="compute capability to build for (default: that of the GPU)")
    parser.add_argument("--torch", metavar="DIR", help="LibTorch to build with (default: that of the active Python), "
                        "with --install: to run with")
    parser.add_argument("--jobs", type=int, metavar="N", help="processes at a time (default: the cores)")
    parser.add_argument("--steps", metavar="A,B", help="these steps only: " + ",".join(step.name for step in STEPS))
    parser.add_argument("--fill", metavar="FILE", help="replace the text between the report's marks in FILE, docs/gpu.md or a copy")
    parser.add_argument("--from", dest="source", metavar="JSON", help="with --fill: run nothing, take this report.json")
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)  # a step of this program: its name and seconds
    options = parser.parse_args()
    if options.source and not options.fill:
        parser.error("--from needs --fill FILE")
    if options.budget <= 0:
        parser.error(f"--budget is {options.budget:g}; it must be above 0")
    if options.install and not os.path.isdir(options.install):
        parser.error(f"--install: there is no folder {options.install}")
    known = [step.name for step in STEPS]
    options.chosen = options.steps.split(",") if options.steps else known
    for name in options.chosen:
        if name not in known:
            parser.error(f"--steps: there is no step '{name}'; valid: {', '.join(known)}")
    if options.fill:
        report.check_marks(options.fill)
    if options.torch and not os.path.isdir(os.path.join(options.torch, "lib")):
        parser.error(f"--torch: {options.torch} is not a LibTorch, it has no folder lib")
    options.out = os.path.abspath(options.out)
    return options


def child(options):
    """One step, as a process of its own."""
    name, seconds = options.child
    settings = Settings(options)
    step = next(step for step in STEPS if step.name == name)
    folder = os.path.join(settings.work, name)
    job = Job(settings, step, folder, os.path.join(folder, "result.json"), float(seconds))
    if name != "build":
        job.programs = Programs(settings.prefix, settings.installed_torch)
        settings.lmp_help = job.programs.help_text()
    run_step(job)


def pack(settings, out):
    """The logs of all steps so far, in one file."""
    path = os.path.join(out, "logs.tar.gz")
    with tarfile.open(path + ".new", "w:gz") as archive:
        for step in STEPS:
            folder = os.path.join(settings.work, step.name)
            for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
                file = os.path.join(folder, name)
                if name.endswith((".txt", ".log", ".in", ".json", ".yaml", ".counts")) and os.path.getsize(file) < 1 << 21:
                    archive.add(file, arcname=os.path.join("logs", step.name, name))
    os.replace(path + ".new", path)


class Reporting(Session):
    """Writes report.md and the logs whenever it writes report.json."""

    settings = None

    def write(self):
        super().write()
        report.write_text(os.path.join(self.folder, "report.md"), report.text_of(self.state))
        pack(self.settings, self.folder)


def main():
    options = arguments()
    if options.child:
        child(options)
        return 0
    if options.source:
        with open(options.source) as file:
            state = json.load(file)
        report.fill(options.fill, state)
        print(f"{options.fill}: filled from {options.source}")
        return 0
    if options.device == "cuda":
        gpu = machine.graphics()
        if not gpu:
            sys.exit("gpu-first-minutes.sh: error: nvidia-smi shows no GPU\n  a rehearsal without one: --device host")
        options.cuda = options.cuda or gpu["capability"].replace(".", "")
    # a program that is asked to end ends what it has started
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    settings = Settings(options)
    os.makedirs(settings.work, exist_ok=True)
    os.makedirs(options.out, exist_ok=True)
    passed_on = sys.argv[1:]
    if options.cuda:
        passed_on = ["--cuda", options.cuda] + passed_on

    def command(name, seconds):
        return [sys.executable, os.path.dirname(os.path.abspath(__file__)), *passed_on, "--child", name, str(seconds)]

    session = Reporting([step for step in STEPS if step.name in options.chosen], machine.describe(settings), options.out,
                        settings.work, options.budget, command, say=lambda text: print("==>", text, flush=True))
    session.settings = settings
    state = session.run()
    if options.fill:
        report.fill(options.fill, state)
    print()
    print(report.summary(state))
    print(f"\nReport: {options.out}/report.json, report.md; logs: logs.tar.gz" + (f"; filled: {options.fill}" if options.fill else ""))
    return exit_status(state)


if __name__ == "__main__":
    sys.exit(main())
