# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
"""Tables of a report.json, and the text between the report's marks of docs/gpu.md."""
import os
import sys

from programs import ROOT
from runner import NOT_RUN

BEGIN, END = "<!-- report: begin -->", "<!-- report: end -->"


def stop(text, cure):
    sys.exit(f"gpu-first-minutes.sh: error: {text}\n  {cure}")


def check_marks(path):
    """That the file has one report to replace."""
    try:
        with open(path) as file:
            text = file.read()
    except OSError as error:
        stop(f"{path}: {error.strerror}", "name a copy of docs/gpu.md")
    if text.count(BEGIN) != 1 or text.count(END) != 1 or text.index(BEGIN) > text.index(END):
        stop(f"{path} has no report to replace", f"it needs the lines '{BEGIN}' and '{END}', once each")
    return text


def write_text(path, text):
    with open(path + ".new", "w") as file:
        file.write(text)
    os.replace(path + ".new", path)


def fill(path, state):
    """The report in place of the one in `path`. What ran without a GPU does not get into docs/gpu.md itself."""
    text = check_marks(path)
    if state["rehearsal"] and os.path.realpath(path) == os.path.realpath(os.path.join(ROOT, "docs", "gpu.md")):
        stop(f"this report is of a rehearsal without a GPU, and {path} tells what ran on one", "name a copy of it")
    write_text(path, text[:text.index(BEGIN) + len(BEGIN)] + "\n\n" + text_of(state) + "\n" + text[text.index(END):])


def number(value, digits=3):
    """A number as a table has it; what is none is shown as it is."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return "" if value is None else str(value)
    # plain figures, not 1.9e+04
    return f"{value:.{digits}g}" if abs(value) < 10 ** digits else f"{value:.0f}"


def small(value):
    return f"{value:.1e}" if isinstance(value, (int, float)) else str(value)


class Tables:
    """Markdown of one state. Every table of a rehearsal says that it is one."""

    def __init__(self, state):
        self.state, self.lines = state, []

    def text(self, line=""):
        self.lines.append(line)

    def table(self, names, rows):
        names = list(names)
        if self.state["rehearsal"]:
            names[0] = f"{names[0]} (rehearsal without a GPU)".lstrip()
        self.text("| " + " | ".join(names) + " |")
        self.text("|" + "---|" * len(names))
        for row in rows:
            self.text("| " + " | ".join(str(cell).replace("|", "\\|").replace("\n", " ") for cell in row) + " |")
        self.text()


def text_of(state):
    """The whole report."""
    t = Tables(state)
    data = {entry["name"]: entry.get("data", {}) for entry in state["steps"]}
    outcomes = {entry["name"]: entry["outcome"] for entry in state["steps"]}
    if state["rehearsal"]:
        t.text("**A rehearsal on a host: nothing below ran on a GPU.** Where a table says device, it was the CPU.")
        t.text()
    head(t, data.get("build", {}))
    t.table(["step", "what it shows", "outcome", "s"],
            [[e["title"], e["shows"], e["outcome"] + (f": {e['reason']}" if e["reason"] else ""), f"{e['seconds']:.0f}"]
             for e in state["steps"]])
    for name, heading, write in SECTIONS:
        if data.get(name):
            t.text(f"**{heading}**" + ("" if outcomes[name] == "passed" else f" (the step: {outcomes[name]})"))
            t.text()
            write(t, data[name], data)
    return "\n".join(t.lines).rstrip() + "\n"


def head(t, built):
    state, gpu, versions = t.state, t.state.get("gpu") or {}, built.get("versions", {})
    device = f"{gpu['name']}, {gpu['memory']}, driver {gpu['driver']}" if gpu else "none (`--device host`)"
    t.text(f"{state['date']}, commit {state['commit']}, by `scripts/gpu-first-minutes.sh`, in {number(state.get('seconds'), 4)} s "
           f"of {number(state['budget'], 4)} s:")
    t.text()
    rows = [["GPU", device], ["host", f"{state['processor']}, {state['cores']} cores"],
            ["CUDA", f"nvcc {state['nvcc']}" if state["nvcc"] else "no nvcc"]]
    rows += [[name, versions[name]] for name in ("LibTorch", "LAMMPS", "Kokkos", "backends", "MPI") if versions.get(name)]
    if built.get("built"):
        rows.append(["built", built["built"]])
    t.table(["", ""], rows)


def evaluator(t, data, _):
    names = [("double", "forces"), ("double", "energies"), ("double", "virials"), ("single", "forces"), ("single", "energies"),
             ("single", "virials")]
    t.table(["potential", "atoms"] + [f"{what}, {precision}" for precision, what in names],
            [[name, entry["atoms"]] + [small(entry[precision][what]) for precision, what in names]
             for name, entry in sorted(data.get("potentials", {}).items())])
    t.text("Largest difference between device and CPU, relative to the largest number of the kind.")
    t.text()


def kokkos(t, data, _):
    rows = [[name, way, small(found.get("double", "")), small(found.get("single", ""))]
            for name, entry in data.get("systems", {}).items() for way, found in entry["ways"].items()]
    if "dynamics" in data:
        rows.append(["water-192", f"{data['dynamics']['steps']} steps, energies and pressures", small(data["dynamics"]["difference"]), ""])
    rows += [[name, "cuda_graph yes, 40 steps, energies and pressures", small(value), ""] for name, value in data.get("recorded", {}).items()]
    t.table(["system", "way", "double", "single"], rows)


def races(t, data, _):
    t.table(["runs", "steps of each", "largest relative difference"],
            [[data.get("runs", ""), data.get("steps", ""), small(data.get("difference", ""))]])


def drift(t, data, _):
    drift_text = f"{data['drift']:+.4f} ± {data['error']:.4f}" if isinstance(data.get("drift"), float) and "error" in data else ""
    t.table(["ps", "K", "drift, meV/atom/ps", "fluctuation, meV/atom"],
            [[number(data.get("picoseconds")), number(data.get("temperature")), drift_text, number(data.get("fluctuation"), 2)]])


def sanitizer(t, data, _):
    t.table(["tool", "says", "s"], [[name, entry["summary"], number(entry.get("seconds"))] for name, entry in data.get("tools", {}).items()])


def steps(t, data, everything):
    counted = everything.get("launches", {}).get("counted", {})
    rows = []
    for name, entry in data.get("systems", {}).items():
        for precision, found in entry.items():
            if not isinstance(found, dict):
                continue
            # without CUDA nothing is counted
            calls = {} if t.state["rehearsal"] else counted.get(name, {}).get(precision, {})
            if "seconds_a_step" not in found:
                rows.append([entry["title"], entry["atoms"], precision, found.get("left_out", ""), "", "", "", number(found.get("mb_per_atom")),
                             number(found.get("atoms_that_fit"), 2), ""])
                continue
            rows.append([entry["title"], entry["atoms"], precision, number(1e3 * found["seconds_a_step"], 4), found["steps"],
                         number(1e6 * found["seconds_a_step"] / entry["atoms"]), number(found["ns_a_day"]),
                         number(found.get("mb_per_atom")) + (f", {found['chunk']}" if found.get("chunk") else ""),
                         thousands(found.get("atoms_that_fit")),
                         number(calls.get("kernels"))])
    t.table(["system", "atoms", "precision", "ms a step", "steps", "µs a step and atom", "ns a day at 0.25 fs", "MB an atom",
             "atoms that fit, by the log", "launches a step"], rows)
    largest = data.get("largest")
    if largest:
        outcome = f"{number(1e3 * largest['seconds_a_step'], 4)} ms a step" if "seconds_a_step" in largest else largest.get("left_out", "")
        t.table(["water that was said to fit", "tried", "outcome", "GB in use"],
                [[thousands(largest["said"]), thousands(largest["atoms"]), outcome, number(largest.get("gb_used"))]])


def thousands(value):
    return f"{value:,}".replace(",", " ") if isinstance(value, int) else number(value)


def launches(t, data, _):
    rows = []
    for entry in data.get("counted", {}).values():
        for precision, calls in entry.items():
            if isinstance(calls, dict):
                rows.append([entry["title"], precision] + [number(calls[name], 4) for name in ("kernels", "graphs", "copies", "to_host", "waits")] +
                            [calls["source"]])
    t.table(["system", "precision", "kernels a step", "graphs", "copies", "of them to the host", "waits", "counted at"], rows)
    t.text("driver: all that the process asks of the GPU, by CUPTI; runtime: LibTorch's own calls alone, without those of cuBLAS and of "
           "objects that are linked with the static runtime.")
    t.text()


def training(t, data, _):
    t.table(["model, precision", "frames a step", "ms a step", "steps/s", "loss at the end"],
            [[name, entry["batch"], number(1e3 * entry["seconds_a_step"], 4), number(1.0 / entry["seconds_a_step"]), number(entry["loss"], 4)]
             if "seconds_a_step" in entry else [name, "", entry.get("left_out", ""), "", ""] for name, entry in data.get("steps", {}).items()])
    if "same" in data:
        t.text(f"{data['same']['epochs']} epochs in double precision on the device and on the CPU: losses and errors differ by "
               f"{small(data['same']['difference'])} (relative).")
        t.text()


def ranks(t, data, _):
    t.table(["two ranks", "largest relative difference", "ms a step", "ms a step, one rank"],
            [[name, small(entry["difference"]), number(1e3 * entry["seconds_a_step"]), number(1e3 * entry["seconds_a_step_of_one"])]
             for name, entry in data.get("ways", {}).items()])


def nccl(t, data, _):
    t.table(["by", "says"], [[name, text] for name, text in data.get("sums", {}).items()])


SECTIONS = [("evaluator", "Evaluator on the device and on the CPU", evaluator), ("kokkos", "`spinconv/kk` and `spinconv`", kokkos),
            ("races", "Races", races), ("drift", "Constant energy", drift), ("sanitizer", "compute-sanitizer", sanitizer),
            ("steps", "Time of a step", steps), ("launches", "Calls of CUDA in a step", launches), ("training", "Training", training),
            ("ranks", "Two ranks on one device", ranks), ("nccl", "Sums of gradients, one rank", nccl)]


def summary(state):
    """A few lines for the end of the output."""
    width = max(len(entry["title"]) for entry in state["steps"])
    lines = [f"{entry['title']:{width}}  {entry['seconds']:6.0f} s  {entry['outcome']}" + (f": {entry['reason']}" if entry["reason"] else "")
             for entry in state["steps"]]
    missing = sum(entry["outcome"] == NOT_RUN for entry in state["steps"])
    if missing:
        lines.append(f"{missing} step(s) were not run")
    return "\n".join(lines)
