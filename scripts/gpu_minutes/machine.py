# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
"""The step that builds, and what the report says of machine and programs."""
import datetime
import glob
import os
import re
import shutil
import subprocess

from programs import ROOT, Failed, Programs, run, text_of


def output_of(arguments, seconds=20):
    """The output of a program, or "" where it is not here or fails."""
    try:
        result = subprocess.run(arguments, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL,
                                timeout=seconds)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return result.stdout.decode(errors="replace") if result.returncode == 0 else ""


def graphics():
    """Name, driver, memory and compute capability of the first GPU, or {}."""
    line = output_of(["nvidia-smi", "--query-gpu=name,driver_version,memory.total,compute_cap", "--format=csv,noheader"])
    words = [word.strip() for word in line.splitlines()[0].split(",")] if line.strip() else []
    return dict(zip(("name", "driver", "memory", "capability"), words)) if len(words) == 4 else {}


def processor():
    found = re.search(r"^model name\s*:\s*(.*)$", text_of("/proc/cpuinfo"), re.M)
    return found.group(1) if found else "unknown"


def commit(settings):
    """Of the checkout; where it has no history, what the list of the bundle says, or that of the installation."""
    if os.path.exists(os.path.join(ROOT, ".git")):
        found = output_of(["git", "-C", ROOT, "rev-parse", "--short=12", "HEAD"]).strip()
        if found:
            return found + (", with changes" if output_of(["git", "-C", ROOT, "status", "--porcelain"]).strip() else "")
    for path in (os.path.join(os.path.dirname(ROOT), "VERSIONS"), os.path.join(settings.prefix, "INSTALLED")):
        listed = re.search(r"^(?:spinconv|checkout)\s+[^(]*\((.*?)\)", text_of(path), re.M)
        if listed:
            return listed.group(1)
    return "unknown"


def describe(settings):
    """What is known before anything is built."""
    gpu = graphics()
    nvcc = re.search(r"release ([\d.]+), V([\d.]+)", output_of([shutil.which("nvcc") or "/usr/local/cuda/bin/nvcc", "--version"]))
    return {"date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"), "commit": commit(settings),
            "device": settings.device, "gpu": gpu if settings.device == "cuda" else {}, "processor": processor(),
            "cores": settings.cores, "nvcc": nvcc.group(2) if nvcc else "", "budget": settings.budget,
            "rehearsal": settings.device != "cuda"}


def build(job):
    """install.sh of the bundle; or a look at what was built before (--install)."""
    settings = job.settings
    if settings.install:
        job.record("built", "before, see --install")
    else:
        script = os.path.join(os.path.dirname(ROOT), "install.sh")
        if not os.path.exists(script):
            raise Failed(f"there is no {script}: start this script in an unpacked bundle (scripts/bundle.sh), or name a folder "
                         "that was built: --install DIR")
        command = ["bash", script, "--prefix", settings.prefix, "--jobs", str(settings.cores), "--no-check"]
        if settings.device == "cuda":
            command += ["--cuda", settings.arch]
        if settings.torch:
            command += ["--torch", settings.torch]
        seconds = run(command, os.path.join(job.folder, "install.txt"), job.left(2.0))
        job.record("built", f"by install.sh in {seconds:.0f} s")
        build_gpu_sum(job)
    programs = Programs(settings.prefix, settings.installed_torch)
    if not programs.lmp:
        raise Failed(f"{settings.prefix} has no lmp with Kokkos (kokkos/bin/lmp or bin/lmp)")
    help_text = programs.help_text()
    version = re.search(r"Massively Parallel Simulator - (.*)", help_text)
    backends = re.search(r"KOKKOS package API: (.*)", help_text)
    job.record("versions", {"LAMMPS": version.group(1) if version else "unknown", "Kokkos": kokkos_version(settings.prefix),
                            "LibTorch": torch_version(programs), "backends": backends.group(1).strip() if backends else "none",
                            "MPI": "none" if "STUBS" in help_text else (re.search(r"^MPI v.*$", help_text, re.M) or [""])[0]})
    if not backends:
        raise Failed(f"{programs.lmp} has no KOKKOS package")
    if settings.device == "cuda" and "CUDA" not in backends.group(1):
        raise Failed(f"the Kokkos of {programs.lmp} has {backends.group(1).strip()}, and not CUDA")


def build_gpu_sum(job):
    """The program of the step nccl, which install.sh leaves out; without it that step shows less, and says so."""
    folder = os.path.join(job.settings.prefix, "build", "spinconv")
    if job.settings.device == "cuda" and os.path.isdir(folder):
        try:
            run(["cmake", "--build", folder, "--target", "spinconv-gpu-sum"], os.path.join(job.folder, "gpu-sum.txt"),
                min(60.0, job.left(5.0)))
        except (Failed, OSError) as error:
            print("spinconv-gpu-sum:", error, flush=True)


def kokkos_version(folder):
    roots = re.findall(r"^(?:Kokkos_DIR|SPINCONV_KOKKOS_ROOT):PATH=(.*)$", text_of(os.path.join(folder, "CMakeCache.txt")), re.M)
    places = [os.path.join(folder, "**", "include")]
    for path in roots:
        places += [os.path.join(path, "kokkos", "include"), os.path.join(path, "..", "..", "..", "include")]
    for place in places:
        for header in glob.glob(os.path.join(place, "**", "KokkosCore_config.h"), recursive=True):
            number = re.search(r"define KOKKOS_VERSION (\d+)", text_of(header))
            if number:
                n = int(number.group(1))
                return f"{n // 10000}.{n // 100 % 100}.{n % 100}"
    return "unknown"


def torch_version(programs):
    """Of the LibTorch that the programs load."""
    library = programs.train or os.path.join(programs.environment.get("LAMMPS_PLUGIN_PATH", ""), "spinconv_pair.so")
    result = subprocess.run(["ldd", library], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=programs.environment)
    found = re.search(r"libtorch_cpu\.so => (\S+)", result.stdout.decode(errors="replace"))
    if not found:
        return "unknown"
    folder = os.path.dirname(os.path.dirname(found.group(1)))
    named = re.search(r"__version__ = '(.*?)'", text_of(os.path.join(folder, "version.py")))
    if named:
        return named.group(1)
    for header in ("torch/headeronly/version.h", "torch/csrc/api/include/torch/version.h"):
        number = re.search(r'define TORCH_VERSION "(.*?)"', text_of(os.path.join(folder, "include", header)))
        if number:
            return number.group(1)
    return "unknown"
