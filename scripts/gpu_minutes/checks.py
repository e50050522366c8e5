# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
"""Steps that say right or wrong."""
import math
import os
import re
import shutil
from concurrent.futures import ThreadPoolExecutor

import systems
from programs import Failed, columns, difference, read_dump, run, run_lmp
from runner import NotHere

OUTPUTS = ("compute energy all pe/atom\ncompute stress all stress/atom NULL virial\n"
           "compute pressure all pressure NULL virial\n"
           "thermo_style custom step pe c_pressure[*]\nthermo_modify format float %.17g norm no\n")


def dump(file):
    return (f"write_dump all custom {file} id type fx fy fz c_energy c_stress[*] "
            "modify sort id format float %.17g\n")


def together(job, tasks):
    """Functions of no argument, several at a time; what fails is a failure of the step, not the end of it."""
    def guarded(task):
        try:
            return task()
        except (Failed, OSError, ValueError) as error:
            job.note("", error)
        return None
    with ThreadPoolExecutor(job.settings.jobs) as pool:
        list(pool.map(guarded, tasks))


def finished(job):
    """Whether no part of the step has told what kept it from its end."""
    return not job.result["failures"] and "out_of_time" not in job.result


def compare(found, expected):
    """Largest relative differences of two dumps: forces, energies of atoms, virials of atoms."""
    return {"forces": difference(columns(found, "f"), columns(expected, "f")),
            "energies": difference(columns(found, "c_energy"), columns(expected, "c_energy")),
            "virials": difference(columns(found, "c_stress"), columns(expected, "c_stress"))}


# ---------------------------------------------------------------------- the evaluator

TOLERANCE = {"double": 1e-10, "single": 1e-5}


def evaluator(job):
    """The plain style on the device against the plain style on the CPU, for each potential that is shipped. One
    process for a potential: starting one with CUDA takes seconds."""
    device = job.settings.plain_device
    done = {}

    def one(path):
        name = os.path.splitext(os.path.basename(path))[0]
        system = systems.of_potential(job, path)
        text, sections = "", []
        for precision in ("double", "single"):
            for place in ("cpu", device):
                # named by order: on the host both places are the CPU
                sections.append(f"{name}-{precision}-{'device' if len(sections) % 2 else 'cpu'}.dump")
                text += ("clear\n" + system.box() + system.pair(f"precision {precision} device {place}") + OUTPUTS +
                         "run 0\n" + dump(sections[-1]))
        outcome = run_lmp(job, name, text, job.left(1.0))
        if outcome.log.count(f" precision, device {device}") < (2 if device != "cpu" else 4):
            job.fail(f"{name}: the log does not say that it ran on {device}")
        dumps = [read_dump(os.path.join(job.folder, file)) for file in sections]
        result = {"atoms": system.atoms}
        for k, precision in enumerate(("double", "single")):
            result[precision] = differences = compare(dumps[2 * k + 1], dumps[2 * k])
            for what, value in differences.items():
                job.require(value <= TOLERANCE[precision],
                            f"{name}, {precision}: {what} differ by {value:.1e} (at most {TOLERANCE[precision]:.0e})")
        result["single_and_double"] = compare(dumps[2], dumps[0])["forces"]
        done[name] = result
        job.record("potentials", done)

    paths = systems.shipped_potentials()
    together(job, [lambda path=path: one(path) for path in paths])
    job.require(len(done) == len(paths) or not finished(job), f"{len(done)} of {len(paths)} potentials were compared")


# ---------------------------------------------------------------------- spinconv/kk

# what the tests of Kokkos compare, the options of pair_style and of package kokkos
WAYS = [("as it is", "", ""), ("chunk", "chunk 500", ""), ("rows exchanged", "halo exchange", ""),
        ("newton on, half list", "", "newton on neigh half"), ("newton off, full list", "", "newton off neigh full"),
        ("comm device", "halo exchange", "newton on neigh half comm device")]
KOKKOS_TOLERANCE = {"double": 1e-10, "single": 2e-5}


def alloy_potential(job):
    """A potential of Mo and Nb, trained for one epoch on the CPU, in double precision."""
    data, folder = os.path.join(job.folder, "alloy.extxyz"), os.path.join(job.folder, "alloy")
    systems.write_alloy_training(data)
    settings = {"data.file": data, "data.split.train": 3, "data.split.validation": 1, "model.preset": "small",
                "model.cutoff": 4.2, "model.elements": "[Mo, Nb]", "training.epochs": 1, "training.batch_size": 1,
                "training.precision": "double", "output.folder": folder, "output.name": "alloy"}
    config = os.path.join(job.folder, "alloy.yaml")
    with open(config, "w") as file:
        file.write(f"data: {{file: {data}}}\n")
    command = [job.programs.train, "--threads", "1", "fit", config, "--overwrite"]
    for key, value in settings.items():
        command += ["--set", f"{key}={value}"]
    run(command, os.path.join(job.folder, "alloy.txt"), job.left(1.0), job.programs.environment)
    return os.path.join(folder, "alloy.pt")


def kokkos(job):
    """Pair style spinconv/kk on the device of Kokkos against the plain style on the CPU."""
    done = {}

    def one(make):
        system = make()
        # a molecule has no images, and a host has less time for the largest system
        ways = WAYS[:2] if system.name == "ethanol" else WAYS[:3] if job.settings.device == "host" and system.atoms > 100 else WAYS
        reference = {}
        text = ""
        for precision in ("double", "single"):
            file = f"{system.name}-{precision}-plain.dump"
            text += ("clear\n" + system.box() + system.pair(f"precision {precision} device cpu") + OUTPUTS + "run 0\n" +
                     dump(file))
        run_lmp(job, f"{system.name}-plain", text, job.left(1.0))
        for precision in ("double", "single"):
            reference[precision] = read_dump(os.path.join(job.folder, f"{system.name}-{precision}-plain.dump"))
        result = {"atoms": system.atoms, "ways": {}}
        text, sections = "", []
        for k, (way, options, package) in enumerate(ways):
            for precision in ("double", "single") if k == 0 else ("double",):
                file = f"{system.name}-{precision}-{k}.dump"
                sections.append((way, precision, file))
                text += ("clear\n" + (f"package kokkos {package}\n" if package else "") + system.box() +
                         system.pair(f"precision {precision} {options}") + OUTPUTS + "run 0\n" + dump(file))
        outcome = run_lmp(job, f"{system.name}-kk", text, job.left(1.0), kokkos=True)
        used = len(re.findall(r"pair spinconv/kk", outcome.log))
        job.require(used >= len(sections), f"{system.name}: spinconv/kk was used in {used} of {len(sections)} runs")
        for way, precision, file in sections:
            found = compare(read_dump(os.path.join(job.folder, file)), reference[precision])
            result["ways"].setdefault(way, {})[precision] = max(found.values())
            for what, value in found.items():
                job.require(value <= KOKKOS_TOLERANCE[precision],
                            f"{system.name}, {way}, {precision}: {what} differ by {value:.1e}")
        done[system.name] = result
        job.record("systems", done)

    def steps():
        """Some steps: neighbor lists are built anew in between."""
        count, every = (40, 5) if job.settings.device == "cuda" else (6, 2)
        text = (systems.water().box() + "PAIR" + OUTPUTS + "velocity all create 300 11 loop all\nfix nve all nve\n"
                f"timestep 0.0005\nneigh_modify every {every} delay 0 check no\nthermo {every}\nrun {count}\n")
        pair = systems.water().pair
        plain = run_lmp(job, "steps-plain", text.replace("PAIR", pair("precision double device cpu")), job.left(1.0))
        found = run_lmp(job, "steps-kk", text.replace("PAIR", pair("precision double")), job.left(1.0), kokkos=True)
        value = largest_of_tables(found.tables(), plain.tables())
        job.record("dynamics", {"steps": count, "difference": value})
        job.require(value <= 1e-9, f"{count} steps of water: energies and pressures differ by {value:.1e}")

    def recorded(system, kokkos):
        """Steps that are recorded as a CUDA graph; edges come and go, lists are built anew."""
        if job.settings.device != "cuda":
            return
        text = (system.box() + "PAIR" + OUTPUTS + "velocity all create 300 11 loop all\nfix nve all nve\n"
                "timestep 0.0005\nneigh_modify every 10 delay 0 check no\nthermo 5\nrun 40\n")
        name = f"recorded-{system.name}" + ("-kk" if kokkos else "")
        plain = run_lmp(job, name + "-plain", text.replace("PAIR", system.pair("precision double device cpu")), job.left(1.0))
        device = "" if kokkos else f" device {job.settings.plain_device}"
        found = run_lmp(job, name, text.replace("PAIR", system.pair("precision double cuda_graph yes" + device)), job.left(1.0),
                        kokkos=kokkos)
        value = largest_of_tables(found.tables(), plain.tables())
        graphs[f"{system.name}, " + ("spinconv/kk" if kokkos else "spinconv")] = value
        job.record("recorded", graphs)
        job.require(value <= 1e-9, f"40 steps of {system.name} with cuda_graph: energies and pressures differ by {value:.1e}")

    graphs = {}
    makers = [systems.water, systems.small_slab, systems.ethanol]
    if job.programs.train:
        makers.append(lambda: systems.alloy(alloy_potential(job)))
    else:
        job.fail("the alloy needs a potential, and there is no spinconv-train to make one")
    together(job, [lambda make=make: one(make) for make in makers] + [steps] +
             [lambda make=make, kokkos=kokkos: recorded(make(), kokkos) for make, kokkos in
              ((systems.ethanol, True), (systems.water, True), (systems.ethanol, False))])
    job.require(len(done) == 4 or not finished(job), f"{len(done)} of 4 systems were compared")


def largest_of_tables(found, expected):
    """Largest difference of thermodynamic tables, relative to the largest number of each column."""
    if len(found) != len(expected) or not expected:
        return math.inf
    most = 0.0
    for (names, rows), (other_names, other_rows) in zip(found, expected):
        if names != other_names or len(rows) != len(other_rows) or not rows:
            return math.inf
        for k in range(len(names)):
            if any(row[k] or other[k] for row, other in zip(rows, other_rows)):
                most = max(most, difference([row[k] for row in rows], [row[k] for row in other_rows]))
    return most


# ---------------------------------------------------------------------- races

RACE = """compute sums all reduce sum c_energy c_stress[1] c_stress[2] c_stress[3]
thermo_style custom step pe etotal press c_sums[*]
thermo_modify format float %.17g norm no
thermo 1
velocity all create 300 11 loop all
fix nve all nve
timestep 0.00025
"""


def races(job):
    """One input again and again, with launches that do not wait, as always, and with launches that do
    (CUDA_LAUNCH_BLOCKING), whose order is that of the program. Sums by atomics differ in their last digits and no more."""
    system, steps = systems.water(), 20 if job.settings.device == "cuda" else 4
    once = "clear\n" + system.box() + system.pair("precision double") + OUTPUTS + RACE + f"run {steps}\n"
    blocking = run_lmp(job, "blocking", once, job.left(1.0), kokkos=True, variables={"CUDA_LAUNCH_BLOCKING": 1})
    # with the set-up, twice what the steps take
    once_again = 2.0 * sum(seconds for seconds, _ in blocking.loops())
    repeats = max(1, min(5, int((job.left(2.0) - job.settings.start_seconds) / once_again)))
    free = run_lmp(job, "free", once * repeats, job.left(1.0), kokkos=True, variables={"CUDA_LAUNCH_BLOCKING": 0})
    tables = free.tables()
    job.require(len(tables) == repeats, f"{len(tables)} of {repeats} runs were made")
    most = max((largest_of_tables([table], blocking.tables()) for table in tables), default=math.inf)
    job.record("difference", most)
    job.record("runs", len(tables))
    job.record("steps", steps)
    job.require(most < 1e-8, f"runs with and without CUDA_LAUNCH_BLOCKING differ by {most:.1e}")


# ---------------------------------------------------------------------- constant energy

def drift(job):
    """Total energy of ethanol at 300 K, time step 0.5 fs, double precision, for as long as the time allows."""
    system = systems.ethanol()
    # lmp ends the minimization and the run by itself, so that what was reached counts
    minimizing, running = 0.2 * job.left(), 0.45 * job.left()
    text = (system.box() + system.pair("precision double") +
            "compute_modify thermo_temp extra/dof 6\nthermo_style custom step time pe ke etotal temp\n"
            "thermo_modify format float %.12g\nthermo 5\nmin_style cg\n"
            f"timer timeout {minimizing:.0f} every 1\nminimize 0 1e-3 100 1000\nreset_timestep 0\n"
            "velocity all create 600 1 mom yes rot yes dist gaussian\ntimestep 0.0005\nfix integrate all nve\n"
            f"timer timeout {running:.0f} every 5\nrun 100000\n")
    outcome = run_lmp(job, "nve", text, job.left(1.0), kokkos=True)
    names, rows = outcome.tables()[-1]
    time, energy = names.index("Time"), names.index("TotEng")
    points = [(row[time], 1000.0 * row[energy] / system.atoms) for row in rows]
    if len(points) < 20:
        raise Failed(f"only {len(points)} energies were printed in {running:.0f} s")
    slope, error, spread = line_through_blocks(points)
    temperature = sum(row[names.index("Temp")] for row in rows) / len(rows)
    job.record("picoseconds", points[-1][0])
    job.record("temperature", temperature)
    job.record("drift", slope)
    job.record("error", error)
    job.record("fluctuation", spread)
    job.require(math.isfinite(slope) and abs(slope) <= max(0.02, 4.0 * error),
                f"the energy drifts by {slope:+.4f} ± {error:.4f} meV/atom/ps")
    job.require(math.isfinite(spread) and spread < 1.0, f"the energy fluctuates by {spread:.3f} meV/atom")


def line_through_blocks(points, blocks=20):
    """Slope of a line through the means of blocks, its standard error, and the spread of all points about it."""
    size = len(points) / blocks
    means = []
    for k in range(blocks):
        part = points[int(k * size):int((k + 1) * size)]
        if part:
            means.append((sum(t for t, _ in part) / len(part), sum(e for _, e in part) / len(part)))
    n = len(means)
    t0, e0 = sum(t for t, _ in means) / n, sum(e for _, e in means) / n
    square = sum((t - t0) ** 2 for t, _ in means)
    slope = sum((t - t0) * (e - e0) for t, e in means) / square
    rest = sum((e - e0 - slope * (t - t0)) ** 2 for t, e in means) / (n - 2)
    spread = math.sqrt(sum((e - e0 - slope * (t - t0)) ** 2 for t, e in points) / len(points))
    return slope, math.sqrt(rest / square), spread


# ---------------------------------------------------------------------- compute-sanitizer

def sanitizer(job):
    """memcheck and racecheck on two steps of ethanol; first the kernels of Kokkos alone (ours and LAMMPS's), then,
    in what time is left, all of them, LibTorch's too."""
    tool = shutil.which("compute-sanitizer") or shutil.which("compute-sanitizer", path="/usr/local/cuda/bin:/opt/cuda/bin")
    system = systems.ethanol()
    text = system.box() + system.pair("precision single") + OUTPUTS + "velocity all create 300 1 loop all\nfix nve all nve\nrun 2\n"
    plain = run_lmp(job, "without", text, job.left(1.0), kokkos=True)
    if not tool:
        raise NotHere(f"compute-sanitizer is not installed (the run itself takes {plain.seconds:.1f} s)")
    if job.settings.device != "cuda":
        raise NotHere("compute-sanitizer is for GPUs")
    found = {}
    # calls that fail and are handled, by which LibTorch tries what there is, are no fault
    memcheck = ["--tool", "memcheck", "--report-api-errors", "no"]
    ours = ["--kernel-name", "kns=Kokkos"]
    for name, arguments in (("memcheck", memcheck + ours), ("racecheck", ["--tool", "racecheck"] + ours),
                            ("memcheck, all kernels", memcheck)):
        if job.left() < 10.0:
            break
        file = name.replace(", ", "-").replace(" ", "-")
        try:
            # lmp may be started by a shell script
            before = [tool, *arguments, "--target-processes", "all", "--error-exitcode", "0"]
            outcome = run_lmp(job, file, text, job.left(2.0), kokkos=True, before=before)
            summary = re.findall(r"=+ *((?:ERROR|RACECHECK) SUMMARY: .*)", outcome.output)
            if not summary:
                raise Failed(f"{file}.txt has no summary")
            found[name] = {"summary": summary[-1], "seconds": outcome.seconds}
            job.require(re.search(r"SUMMARY: 0 (errors|hazards)", summary[-1]), f"{name}: {summary[-1]}")
        except Failed as error:
            found[name] = {"summary": f"not finished: {error}"}
            # that of all kernels may take any time
            if "all kernels" not in name:
                job.note(f"{name}: ", error)
        job.record("tools", found)


# ---------------------------------------------------------------------- two ranks

def ranks(job):
    """Two ranks that share one device, against one: rows of ghosts exchanged, forces sent back."""
    if not job.programs.mpiexec:
        raise NotHere("there is no mpiexec")
    if "STUBS" in job.settings.lmp_help:
        raise NotHere("this lmp is built without MPI")
    system = systems.water()
    found = {}
    once = system.box() + system.pair("precision double") + OUTPUTS + RACE + "run 10\n" + dump("NAME.dump")
    one = run_lmp(job, "one", once.replace("NAME", "one"), job.left(1.0), kokkos=True)
    # the MPI of the bundle does not know of GPUs
    aware = " gpu/aware off" if job.settings.device == "cuda" else ""
    for name, package in (("comm no", "comm no" + aware), ("comm device", "comm device" + aware)):
        file = name.replace(" ", "-")
        two = run_lmp(job, file, once.replace("NAME", file), job.left(1.0), kokkos=True, ranks=2, package=package)
        value = max(largest_of_tables(two.tables(), one.tables()),
                    *compare(read_dump(os.path.join(job.folder, file + ".dump")),
                             read_dump(os.path.join(job.folder, "one.dump"))).values())
        found[name] = {"difference": value, "seconds_a_step": per_step(two), "seconds_a_step_of_one": per_step(one)}
        job.record("ways", found)
        job.require(value <= 1e-8, f"{name}: 2 ranks and 1 differ by {value:.1e} after 10 steps")


def per_step(outcome):
    seconds, steps = outcome.loops()[-1]
    return seconds / max(1, steps)
