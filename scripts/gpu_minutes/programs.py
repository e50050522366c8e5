# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
"""The programs that are checked, how they are started, and what they write."""
import array
import ast
import glob
import math
import os
import re
import shutil
import signal
import subprocess
import time
import zipfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


class Failed(Exception):
    """A program ended with an error, or what it left is not what it should be."""


class OutOfTime(Failed):
    """A program did not end in the time that its step had left."""


def run(arguments, log, seconds, environment=None, folder=None):
    """A program in a process group of its own, its output in the file `log`; raises Failed or OutOfTime. Returns its
    seconds."""
    begun = time.monotonic()
    if seconds <= 0:
        raise OutOfTime(f"no time left for {os.path.basename(log)}")
    with open(log, "wb") as out:
        program = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT,
                                   env=environment, cwd=folder, start_new_session=True)
        try:
            status = program.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            os.killpg(program.pid, signal.SIGKILL)
            program.wait()
            raise OutOfTime(f"{os.path.basename(log)}: no end after {seconds:.0f} s") from None
    if status != 0:
        raise Failed(f"{os.path.basename(log)}: status {status}: {last_words(log)}")
    return time.monotonic() - begun


def last_words(log):
    """The line of an output that says best what went wrong."""
    with open(log, errors="replace") as file:
        lines = [line.strip() for line in file if line.strip()]
    for line in lines:
        if re.search(r"\bERROR\b|error:|Error:|terminate called|what\(\)", line):
            return line[:300]
    return lines[-1][:300] if lines else "no output"


def text_of(path):
    try:
        with open(path, errors="replace") as file:
            return file.read()
    except OSError:
        return ""


class Programs:
    """lmp, spinconv-train and mpiexec of a folder that install.sh made (env.sh, bin/) or of a build folder
    (kokkos/bin/lmp, bin/spinconv-train)."""

    def __init__(self, folder, torch=None):
        """torch: a LibTorch that takes the place of the one they were built with, in another folder or machine."""
        self.folder = os.path.abspath(folder)
        self.environment = dict(os.environ)
        start = os.path.join(self.folder, "env.sh")
        if os.path.exists(start):
            text = subprocess.run(["bash", "-c", '. "$1" >&2 && env -0', "bash", start], stdout=subprocess.PIPE,
                                  check=True).stdout
            self.environment = dict(item.split("=", 1) for item in os.fsdecode(text).split("\0") if "=" in item)
        with_kokkos = os.path.join(self.folder, "kokkos", "bin", "lmp")
        if os.path.exists(with_kokkos):
            self.environment["LAMMPS_PLUGIN_PATH"] = os.path.join(self.folder, "kokkos", "plugin")
        elif not os.path.exists(start) and os.path.isdir(os.path.join(self.folder, "plugin")):
            self.environment["LAMMPS_PLUGIN_PATH"] = os.path.join(self.folder, "plugin")
        if torch:
            # and its CUDA runtime, or the toolkit's
            folders = [os.path.join(torch, "lib")] + sorted(glob.glob(os.path.join(torch, "..", "nvidia", "*", "lib")))
            folders += ["/usr/local/cuda/lib64", self.environment.get("LD_LIBRARY_PATH")]
            self.environment["LD_LIBRARY_PATH"] = ":".join(path for path in folders if path)
        self.lmp = with_kokkos if os.path.exists(with_kokkos) else self.find("lmp")
        self.train = self.find("spinconv-train")
        self.mpiexec = self.find("mpiexec")
        self.gpu_sum = self.find("spinconv-gpu-sum")
        # ranks and threads that wait do not take the processor from those that work
        self.environment.setdefault("OMP_WAIT_POLICY", "passive")
        self.environment["OMP_PROC_BIND"] = "false"

    def find(self, name):
        """NAME of the folder, or None; mpiexec also from its PATH. The folder's own MPICH comes first: the starter in
        bin names it by its place when it was installed."""
        for below in ("mpich/bin", "bin", "build/spinconv/bin"):
            path = os.path.join(self.folder, below, name)
            if os.access(path, os.X_OK):
                return path
        return shutil.which(name, path=self.environment.get("PATH")) if name == "mpiexec" else None

    def with_variables(self, variables):
        return {**self.environment, **{key: str(value) for key, value in (variables or {}).items()}}

    def help_text(self):
        result = subprocess.run([self.lmp, "-h"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                env=self.environment, stdin=subprocess.DEVNULL, timeout=60)
        return result.stdout.decode(errors="replace")


class Run:
    """What a run of lmp has left."""

    def __init__(self, folder, name, seconds):
        self.folder, self.name, self.seconds = folder, name, seconds
        self.log = text_of(os.path.join(folder, name + ".log"))
        self.output = text_of(os.path.join(folder, name + ".txt"))

    def values(self):
        """Lines "value NAME NUMBER" that the input printed."""
        return {name: float(number) for name, number in re.findall(r"^value (\S+) (\S+)\s*$", self.log, re.M)}

    def tables(self):
        """Thermodynamic tables: for each run a list of column names and the rows."""
        tables, current = [], None
        for line in self.log.splitlines():
            words = line.split()
            if words and words[0] == "Step":
                current = (words, [])
                tables.append(current)
            elif current is not None:
                try:
                    row = [float(word) for word in words]
                except ValueError:
                    row = []
                if len(row) == len(current[0]):
                    current[1].append(row)
                elif line.startswith("Loop time"):
                    current = None
        return tables

    def loops(self):
        """Seconds and steps of each run command."""
        return [(float(seconds), int(steps)) for seconds, steps in
                re.findall(r"^Loop time of (\S+) on \d+ procs for (\d+) steps", self.log, re.M)]


def run_lmp(job, name, text, seconds, kokkos=False, ranks=0, package="", variables=None, before=()):
    """`text` as the input of lmp, with the styles of Kokkos or without; raises Failed or OutOfTime."""
    programs, settings = job.programs, job.settings
    with open(os.path.join(job.folder, name + ".in"), "w") as file:
        file.write(text)
    command = list(before) + [programs.lmp]
    if ranks:
        command = [programs.mpiexec, "-n", str(ranks)] + command
    if kokkos:
        command += ["-k", "on"] + settings.kokkos_device.split() + ["-sf", "kk"]
        if package:
            command += ["-pk", "kokkos"] + package.split()
    command += ["-in", name + ".in", "-log", name + ".log", "-nocite"]
    environment = programs.with_variables({"OMP_NUM_THREADS": settings.threads, **(variables or {})})
    took = run(command, os.path.join(job.folder, name + ".txt"), seconds, environment, job.folder)
    return Run(job.folder, name, took)


def read_dump(path):
    """The last snapshot of a text dump: column names and rows of numbers."""
    names, rows, inside = [], [], False
    with open(path) as file:
        for line in file:
            if line.startswith("ITEM: ATOMS"):
                names, rows, inside = line.split()[2:], [], True
            elif line.startswith("ITEM:"):
                inside = False
            elif names and inside:
                rows.append([float(word) for word in line.split()])
    if not rows:
        raise Failed(f"{os.path.basename(path)} has no atoms")
    return names, rows


def columns(dump, prefix):
    """All numbers of the columns whose name begins so, in the order of the file."""
    names, rows = dump
    wanted = [k for k, name in enumerate(names) if name.startswith(prefix)]
    if not wanted:
        raise Failed(f"the dump has no column {prefix}")
    return [row[k] for row in rows for k in wanted]


def difference(found, expected):
    """Largest difference, relative to the largest number expected; infinite where one is not finite or missing."""
    if len(found) != len(expected) or not expected:
        return math.inf
    if not all(map(math.isfinite, found)) or not all(map(math.isfinite, expected)):
        return math.inf
    largest = max(map(abs, expected))
    most = max(abs(a - b) for a, b in zip(found, expected))
    return most / largest if largest > 0 else (0.0 if most == 0 else math.inf)


def read_npy(data):
    """Shape and flat numbers of a NumPy array of 4 or 8 bytes numbers, little endian."""
    if data[:6] != b"\x93NUMPY":
        raise Failed("not a NumPy array")
    long = 2 if data[6] == 1 else 4
    size = int.from_bytes(data[8:8 + long], "little")
    header = ast.literal_eval(data[8 + long:8 + long + size].decode("latin1"))
    codes = {"<f8": "d", "<f4": "f", "<i8": "q", "<i4": "i", "|u1": "B", "|i1": "b", "<u1": "B"}
    if header["fortran_order"] or header["descr"] not in codes:
        raise Failed(f"a NumPy array of the kind {header['descr']} is not read")
    numbers = array.array(codes[header["descr"]])
    numbers.frombytes(data[8 + long + size:])
    return header["shape"], numbers


def read_npz(path, names):
    with zipfile.ZipFile(path) as archive:
        return [read_npy(archive.read(name + ".npy")) for name in names]
