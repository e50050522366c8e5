# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
"""Tests of scripts/gpu_minutes: what becomes of steps that hang, fail or say nothing; the report; the comparisons,
with an lmp that computes nothing; the counter of calls, with a CUDA that does nothing.

  python3 gpu_minutes.py [CLASS]        CXX: the compiler of the counter
"""
import json
import math
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
PROGRAM = os.path.join(ROOT, "scripts", "gpu_minutes")
sys.path.insert(0, PROGRAM)

import checks  # noqa: E402
import report  # noqa: E402
import runner  # noqa: E402
import speed  # noqa: E402
import systems  # noqa: E402
from programs import difference  # noqa: E402


# ---------------------------------------------------------------------- steps

def hangs(job):
    """Starts a program in a session of its own, and does not end when it is asked to."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    job.record("begun", 1)
    # ignores the signal too, as it was started by one that does
    orphan = subprocess.Popen(["sleep", "1800"], start_new_session=True)
    job.record("orphan", orphan.pid)
    time.sleep(1800)


def fails(job):
    job.record("found", 0.5)
    job.fail("the numbers differ")


def raises(job):
    job.record("found", 0.5)
    raise ValueError("no such thing")


def crashes(job):
    job.record("found", 0.5)
    os.kill(os.getpid(), signal.SIGSEGV)


def lacks(job):
    raise runner.NotHere("no such tool")


def late(job):
    from programs import run
    job.record("first", 1)
    run(["sleep", "600"], os.path.join(job.folder, "sleep.txt"), 0.3)


def says_nothing(job):
    pass


def is_good(job):
    job.record("number", float("nan"))
    job.record("left", job.left())


FUNCTIONS = {function.__name__: function for function in (hangs, fails, raises, crashes, lacks, late, says_nothing, is_good)}


def step(name, limit=600.0, least=0.1, needs=None):
    return runner.Step(name, name, "what it shows", limit, least, FUNCTIONS[name], needs)


def session(folder, steps, budget=1e4):
    def command(name, seconds):
        return [sys.executable, os.path.abspath(__file__), "--child", name, str(seconds), os.path.join(folder, "work")]
    return runner.Session(steps, {"rehearsal": True}, folder, os.path.join(folder, "work"), budget, command, say=lambda text: None)


def alive(process):
    try:
        with open(f"/proc/{process}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


class Steps(unittest.TestCase):
    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory()
        self.folder = self.temporary.name
        self.addCleanup(self.temporary.cleanup)

    def outcomes(self, steps, budget=1e4):
        self.state = session(self.folder, steps, budget).run()
        with open(os.path.join(self.folder, "report.json")) as file:
            self.assertEqual(json.load(file), self.state)
        self.entry = {entry["name"]: entry for entry in self.state["steps"]}
        return {name: entry["outcome"] for name, entry in self.entry.items()}

    def test_one_over_its_limit_is_ended_with_all_it_started_and_the_next_one_runs(self):
        # on a busy machine a program takes its time to start
        begun = time.monotonic()
        self.outcomes([step("is_good")])
        limit = max(1.0, 5.0 * (time.monotonic() - begun))
        begun = time.monotonic()
        # what others leave is dealt out: a long one leaves nothing
        steps = [step("hangs", limit=limit), step("is_good", limit=1e6)]
        self.assertEqual(self.outcomes(steps), {"hangs": "stopped", "is_good": "passed"})
        self.assertLess(time.monotonic() - begun, 600.0)
        entry = self.entry["hangs"]
        self.assertEqual(entry["data"]["begun"], 1)
        self.assertIn("limit", entry["reason"])
        self.assertFalse(alive(entry["data"]["orphan"]))
        self.assertEqual(runner.exit_status(self.state), 1)

    def test_one_that_fails_does_not_keep_the_others_from_running(self):
        names = ["fails", "raises", "crashes", "lacks", "late", "is_good"]
        self.assertEqual(self.outcomes([step(name) for name in names]),
                         {"fails": "failed", "raises": "failed", "crashes": "failed", "lacks": "not here", "late": "stopped",
                          "is_good": "passed"})
        self.assertEqual(self.entry["fails"]["reason"], "the numbers differ")
        self.assertIn("no such thing", self.entry["raises"]["reason"])
        self.assertIn("-11", self.entry["crashes"]["reason"])
        self.assertEqual(self.entry["lacks"]["reason"], "no such tool")
        for name in ("fails", "raises", "crashes"):
            self.assertEqual(self.entry[name]["data"], {"found": 0.5})
        self.assertEqual(self.entry["is_good"]["data"]["number"], "nan")
        self.assertEqual(runner.exit_status(self.state), 1)

    def test_none_passes_without_data(self):
        self.assertEqual(self.outcomes([step("says_nothing")]), {"says_nothing": "failed"})
        self.assertEqual(self.entry["says_nothing"]["reason"], "it has shown nothing")

    def test_one_that_has_no_time_left_is_not_run(self):
        steps = [step("is_good", limit=1.0), step("late", least=500.0)]
        self.assertEqual(self.outcomes(steps, budget=100.0), {"is_good": "not run", "late": "not run"})
        self.assertEqual(self.entry["late"]["reason"], "no time left")
        self.assertEqual(runner.exit_status(self.state), 3)

    def test_one_that_needs_another_is_not_run_after_a_failure(self):
        self.assertEqual(self.outcomes([step("fails"), step("is_good", needs="fails")]), {"fails": "failed", "is_good": "not run"})
        self.assertIn("'fails'", self.entry["is_good"]["reason"])

    def test_what_is_not_here_is_no_failure(self):
        self.assertEqual(self.outcomes([step("lacks"), step("is_good")]), {"lacks": "not here", "is_good": "passed"})
        self.assertEqual(runner.exit_status(self.state), 0)

    def test_time_that_is_not_needed_is_dealt_to_the_others(self):
        plan = session(self.folder, [step("is_good", limit=10.0), step("late", limit=30.0, least=5.0)], budget=80.0)
        self.assertAlmostEqual(plan.share(0), 20.0, delta=1.0)
        self.assertAlmostEqual(plan.share(1), 80.0, delta=1.0)
        short = session(self.folder, [step("is_good", limit=10.0), step("late", limit=30.0, least=5.0)], budget=12.0)
        self.assertAlmostEqual(short.share(0), 7.0, delta=1.0)


# ---------------------------------------------------------------------- the report

def sample(rehearsal=False):
    """A state with data of every step, as report.json has it."""
    with open(os.path.join(HERE, "report.json")) as file:
        state = json.load(file)
    state["rehearsal"] = rehearsal
    return state


class Report(unittest.TestCase):
    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory()
        self.addCleanup(self.temporary.cleanup)
        self.path = os.path.join(self.temporary.name, "gpu.md")
        with open(os.path.join(ROOT, "docs", "gpu.md")) as file:
            self.original = file.read()
        with open(self.path, "w") as file:
            file.write(self.original)

    def filled(self, state):
        report.fill(self.path, state)
        with open(self.path) as file:
            return file.read()

    def test_takes_the_place_of_the_earlier_one_and_of_nothing_else(self):
        text = self.filled(sample())
        before, after = self.original.split(report.BEGIN)[0], self.original.split(report.END)[1]
        self.assertTrue(text.startswith(before) and text.endswith(after))
        self.assertEqual(self.filled(sample()), text)

    def test_has_what_was_measured(self):
        text = self.filled(sample())
        for part in ("NVIDIA H100 80GB HBM3", "580.1", "2.11.0+cu130", "2026-11-27", "| rmd17-ethanol | 9 | 1.2e-14 |",
                     "| ethanol | 9 | single | 4.321 |", "no time left", "| 312 |", "compute-sanitizer is not installed",
                     "ERROR SUMMARY: 0 errors", "+0.0012 ± 0.0034", "| small, mixed | 10 |", "ended at its time limit"):
            self.assertIn(part, text)
        self.assertNotIn("rehearsal", text.split(report.BEGIN)[1].split(report.END)[0])

    def test_of_a_rehearsal_says_so_in_every_table_and_stays_out_of_the_documentation(self):
        text = self.filled(sample(rehearsal=True)).split(report.BEGIN)[1].split(report.END)[0]
        lines = text.splitlines()
        headers = [lines[k - 1] for k, line in enumerate(lines) if line.startswith("|---")]
        self.assertGreater(len(headers), 10)
        for header in headers:
            self.assertIn("rehearsal without a GPU", header)
        with self.assertRaises(SystemExit) as refused:
            report.fill(os.path.join(ROOT, "docs", "gpu.md"), sample(rehearsal=True))
        self.assertIn("rehearsal", str(refused.exception))
        with open(os.path.join(ROOT, "docs", "gpu.md")) as file:
            self.assertEqual(file.read(), self.original)

    def test_is_written_from_what_was_brought_back_by_the_script_itself(self):
        source = os.path.join(self.temporary.name, "report.json")
        with open(source, "w") as file:
            json.dump(sample(), file)
        subprocess.run([sys.executable, PROGRAM, "--fill", self.path, "--from", source], check=True, stdout=subprocess.DEVNULL)
        with open(self.path) as file:
            self.assertIn("NVIDIA H100 80GB HBM3", file.read())

    def test_needs_its_marks(self):
        with open(self.path, "w") as file:
            file.write("no marks\n")
        result = subprocess.run([sys.executable, PROGRAM, "--fill", self.path, "--from", os.path.join(HERE, "report.json")],
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.assertNotEqual(result.returncode, 0)
        self.assertIn("has no report to replace", result.stdout.decode())

    def test_of_a_state_in_which_nothing_was_run(self):
        state = sample()
        for entry in state["steps"]:
            entry.update(outcome="not run", reason="no time left", data={})
        self.assertEqual(self.filled(state).count("not run: no time left"), len(state["steps"]))


# ---------------------------------------------------------------------- comparisons

FAKE_LMP = """#!{python}
# writes the dumps that its input asks for; on the device with an error of FAKE_ERROR
import os, sys, time
if "-h" in sys.argv:
    print("Large-scale Atomic/Molecular Massively Parallel Simulator - 1 Jan 2000\\nKOKKOS package API: Serial")
    sys.exit()
time.sleep(float(os.environ.get("FAKE_SECONDS", "0")))
name = sys.argv[sys.argv.index("-in") + 1]
error = 0.0
with open(sys.argv[sys.argv.index("-log") + 1], "w") as log:
    for line in open(name):
        words = line.split()
        if words[:1] == ["pair_style"]:
            log.write("SpinConv evaluation: cutoff 5 Angstrom, x precision, device " + words[-1] + "\\n")
        if words[:1] == ["write_dump"]:
            error = float(os.environ.get("FAKE_ERROR", "0")) if "device" in words[3] else 0.0
            with open(words[3], "w") as dump:
                dump.write("ITEM: TIMESTEP\\n0\\nITEM: ATOMS id type fx fy fz c_energy c_stress[1]\\n")
                dump.write("1 1 1.0 -2.0 %.17g 4.0 5.0\\n" % (3.0 * (1.0 + error)))
"""


class Comparisons(unittest.TestCase):
    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory()
        self.addCleanup(self.temporary.cleanup)
        self.folder = self.temporary.name
        os.makedirs(os.path.join(self.folder, "kokkos", "bin"))
        lmp = os.path.join(self.folder, "kokkos", "bin", "lmp")
        with open(lmp, "w") as file:
            file.write(FAKE_LMP.replace("{python}", sys.executable))
        os.chmod(lmp, 0o755)
        self.command = [sys.executable, PROGRAM, "--device", "host", "--install", self.folder, "--out", os.path.join(self.folder, "out")]

    def run_evaluator(self, error):
        """The step of the evaluator, with an lmp whose device has this error."""
        result = subprocess.run(self.command + ["--steps", "evaluator"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                env={**os.environ, "FAKE_ERROR": error})
        with open(os.path.join(self.folder, "out", "report.json")) as file:
            return result.returncode, json.load(file)["steps"][0]

    def test_let_rounding_pass(self):
        status, entry = self.run_evaluator("3e-11")
        self.assertEqual((status, entry["outcome"]), (0, "passed"), entry)
        self.assertEqual(len(entry["data"]["potentials"]), 17)
        self.assertAlmostEqual(entry["data"]["potentials"]["water-sample"]["double"]["forces"], 3e-11, delta=1e-15)

    def test_find_what_is_more_than_rounding(self):
        for error in ("1e-9", "nan"):
            status, entry = self.run_evaluator(error)
            self.assertEqual((status, entry["outcome"]), (1, "failed"), entry)
            self.assertIn("double: forces differ", entry["reason"])
            self.assertEqual(len(entry["failures"]), 17 if error == "1e-9" else 34)

    def test_differences_are_relative_and_infinite_where_a_number_is_missing(self):
        self.assertEqual(difference([1.0, 2.0], [1.0, 4.0]), 0.5)
        for found, expected in (([1.0], [1.0, 2.0]), ([], []), ([math.nan], [1.0]), ([1.0], [math.inf]), ([1.0], [0.0])):
            self.assertEqual(difference(found, expected), math.inf)
        table = (["Step", "PotEng"], [[0.0, 1.0], [1.0, 2.0]])
        self.assertEqual(checks.largest_of_tables([table], [table]), 0.0)
        self.assertEqual(checks.largest_of_tables([], [table]), math.inf)
        self.assertEqual(checks.largest_of_tables([table], [(table[0], table[1][:1])]), math.inf)

    def test_a_program_that_is_ended_leaves_a_report_and_no_process(self):
        program = subprocess.Popen(self.command + ["--steps", "build,evaluator"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                   env={**os.environ, "FAKE_SECONDS": "1800"}, start_new_session=True)
        path = os.path.join(self.folder, "out", "report.json")
        first = os.path.basename(systems.shipped_potentials()[0]).replace(".pt", ".txt")
        begun = os.path.join(self.folder, "out", "work", "evaluator", first)
        until = time.monotonic() + 600.0
        while not os.path.exists(begun) and program.poll() is None and time.monotonic() < until:
            time.sleep(0.05)
        started = runner.descendants(program.pid)
        self.assertGreaterEqual(len(started), 2)
        program.send_signal(signal.SIGTERM)
        self.assertEqual(program.wait(timeout=600), 143)
        self.assertFalse([process for process in started if alive(process)])
        with open(path) as file:
            outcomes = {entry["name"]: (entry["outcome"], entry["reason"]) for entry in json.load(file)["steps"]}
        self.assertEqual(outcomes["build"], ("passed", ""))
        self.assertEqual(outcomes["evaluator"], ("not run", "the program ended before it"))
        self.assertTrue(os.path.exists(os.path.join(self.folder, "out", "logs.tar.gz")))


class Bundle(unittest.TestCase):
    """Started in an unpacked bundle, whose install.sh builds."""

    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory()
        self.addCleanup(self.temporary.cleanup)
        self.folder = self.temporary.name
        checkout = os.path.join(self.folder, "spinconv")
        shutil.copytree(PROGRAM, os.path.join(checkout, "scripts", "gpu_minutes"))
        for name in ("CMakeLists.txt", "scripts/common.sh", "scripts/gpu-first-minutes.sh"):
            shutil.copy(os.path.join(ROOT, name), os.path.join(checkout, name))
        with open(os.path.join(self.folder, "VERSIONS"), "w") as file:
            file.write("spinconv       0.2.0 (0123456789ab)        this checkout\n")
        self.script = os.path.join(checkout, "scripts", "gpu-first-minutes.sh")

    def run_with(self, install):
        with open(os.path.join(self.folder, "install.sh"), "w") as file:
            file.write(install)
        out = os.path.join(self.folder, "out")
        result = subprocess.run(["bash", self.script, "--device", "host", "--steps", "build,races", "--jobs", "3", "--out", out],
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        with open(os.path.join(out, "report.json")) as file:
            return result.returncode, json.load(file)

    def test_it_is_built_with_what_was_asked_for(self):
        lmp = FAKE_LMP.replace("{python}", sys.executable)
        _, state = self.run_with('echo "$@" >"$2.arguments"\nmkdir -p "$2/bin"\ncat >"$2/bin/lmp" <<\'LMP\'\n' + lmp +
                                 'LMP\nchmod +x "$2/bin/lmp"\necho "export SPINCONV_TEST=1" >"$2/env.sh"\n')
        prefix = os.path.join(self.folder, "out", "work", "install")
        with open(prefix + ".arguments") as file:
            self.assertEqual(file.read().split(), ["--prefix", prefix, "--jobs", "3", "--no-check"])
        self.assertEqual(state["steps"][0]["outcome"], "passed", state)
        self.assertEqual(state["steps"][0]["data"]["versions"]["backends"], "Serial")
        self.assertEqual(state["commit"], "0123456789ab")

    def test_without_a_build_nothing_is_checked(self):
        status, state = self.run_with("echo 'install.sh: error: no nvcc' >&2\nexit 1\n")
        self.assertEqual(status, 1)
        self.assertEqual([entry["outcome"] for entry in state["steps"]], ["failed", "not run"])
        self.assertIn("no nvcc", state["steps"][0]["reason"])


# ---------------------------------------------------------------------- calls of CUDA

FAKE_RUNTIME = """
struct dim3 { unsigned x, y, z; };
extern "C" {
int cudaLaunchKernel(const void*, dim3 grid, dim3 block, void**, unsigned long shared, void*) { return grid.z + block.z + shared - 12; }
int __cudaLaunchKernel(void*, dim3, dim3, void**, unsigned long, void*) { return 0; }
int cudaLaunchKernelExC(const void*, const void*, void**) { return 0; }
int cudaGraphLaunch(void*, void*) { return 0; }
int cudaMemcpyAsync(void*, const void*, unsigned long, int, void*) { return 0; }
int cudaMemcpy(void*, const void*, unsigned long, int) { return 0; }
int cudaStreamSynchronize(void*) { return 0; }
int cudaDeviceSynchronize() { return 0; }
int cudaEventSynchronize(void*) { return 0; }
}
"""
FAKE_CUPTI = """
struct Data { int site; const char* function; };
using Callback = void (*)(void*, int, unsigned, const void*);
static Callback callback;
extern "C" {
int cuptiSubscribe(void** subscriber, Callback given, void*) { callback = given; *subscriber = &callback; return 0; }
int cuptiEnableDomain(unsigned on, void* subscriber, int domain) { return on == 1 && subscriber == &callback && domain == 1 ? 0 : 1; }
void driver_call(const char* name) {
  Data data{0, name};
  callback(nullptr, 1, 0, &data);
  data.site = 1;
  callback(nullptr, 1, 0, &data);
}
}
"""
FAKE_PROGRAM = """
#include <cstdlib>
#include <dlfcn.h>
#include <initializer_list>
struct dim3 { unsigned x, y, z; };
extern "C" {
int cudaLaunchKernel(const void*, dim3, dim3, void**, unsigned long, void*);
int __cudaLaunchKernel(void*, dim3, dim3, void**, unsigned long, void*);
int cudaGraphLaunch(void*, void*);
int cudaMemcpyAsync(void*, const void*, unsigned long, int, void*);
int cudaMemcpy(void*, const void*, unsigned long, int);
int cudaStreamSynchronize(void*);
}
static int step() {
  int bad = 0;
  for (int k = 0; k < 3; ++k) bad |= cudaLaunchKernel(nullptr, {1, 2, 3}, {4, 5, 6}, nullptr, 3, nullptr);
  bad |= __cudaLaunchKernel(nullptr, {1, 1, 1}, {1, 1, 1}, nullptr, 0, nullptr);
  bad |= cudaMemcpyAsync(nullptr, nullptr, 8, 1, nullptr) | cudaMemcpyAsync(nullptr, nullptr, 8, 2, nullptr);
  bad |= cudaMemcpy(nullptr, nullptr, 8, 2) | cudaStreamSynchronize(nullptr) | cudaGraphLaunch(nullptr, nullptr);
  if (void* cupti = dlopen(std::getenv("SPINCONV_CUPTI"), RTLD_NOW)) {
    auto call = reinterpret_cast<void (*)(const char*)>(dlsym(cupti, "driver_call"));
    for (const char* name : {"cuLaunchKernel", "cuLaunchKernelEx", "cuLaunchKernel_ptsz", "cuLaunchCooperativeKernel", "cuGraphLaunch",
                             "cuMemcpyDtoHAsync_v2", "cuMemcpyHtoDAsync_v2", "cuMemcpyDtoH_v2", "cuStreamSynchronize",
                             "cuEventSynchronize", "cuEventRecord", "cuMemAlloc_v2"})
      call(name);
  }
  return bad;
}
int main() {
  if (void* injected = dlopen(std::getenv("CUDA_INJECTION64_PATH"), RTLD_NOW))  // as the driver does
    reinterpret_cast<int (*)()>(dlsym(injected, "InitializeInjection"))();
  int bad = 0;
  for (const char* part : {"few", "many"}) {
    setenv("SPINCONV_CUDA_CALLS_MARK", part[0] == 'f' ? "single-few-begin" : "single-many-begin", 1);
    for (int k = 0; k < (part[0] == 'f' ? 2 : 6); ++k) bad |= step();
    setenv("SPINCONV_CUDA_CALLS_MARK", part[0] == 'f' ? "single-few-end" : "single-many-end", 1);
  }
  return bad;
}
"""


class Calls(unittest.TestCase):
    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory()
        self.addCleanup(self.temporary.cleanup)
        self.folder = self.temporary.name
        with open(os.path.join(PROGRAM, "cuda_calls.cpp")) as file:
            counter = file.read()
        self.counter = self.compiled("cuda_calls.so", counter, "-shared", "-Wall", "-Wextra", "-Werror")
        runtime = self.compiled("libfake_runtime.so", FAKE_RUNTIME, "-shared")
        self.cupti = self.compiled("libfake_cupti.so", FAKE_CUPTI, "-shared")
        self.program = self.compiled("program", FAKE_PROGRAM, runtime, "-Wl,-rpath," + self.folder)

    def compiled(self, name, text, *options):
        source, path = os.path.join(self.folder, name + ".cpp"), os.path.join(self.folder, name)
        with open(source, "w") as file:
            file.write(text)
        subprocess.run([os.environ.get("CXX", "c++"), "-O1", "-std=c++17", "-fPIC", source, "-o", path, *options, "-ldl"], check=True)
        return path

    def counted(self, cupti):
        counts = os.path.join(self.folder, "counts")
        open(counts, "w").close()
        environment = {**os.environ, "LD_PRELOAD": self.counter, "CUDA_INJECTION64_PATH": self.counter, "SPINCONV_CUDA_CALLS": counts,
                       "SPINCONV_CUPTI": cupti}
        subprocess.run([self.program], check=True, env=environment, stderr=subprocess.DEVNULL)
        with open(counts) as file:
            return speed.per_step_calls(file.read(), "single", 4)

    def test_of_the_driver_are_taken_where_cupti_tells_them(self):
        self.assertEqual(self.counted(self.cupti),
                         {"source": "driver", "kernels": 4.0, "graphs": 1.0, "copies": 3.0, "to_host": 2.0, "waits": 3.0})

    def test_of_the_runtime_are_taken_without_cupti(self):
        self.assertEqual(self.counted("/nowhere/libcupti.so"),
                         {"source": "runtime", "kernels": 4.0, "graphs": 1.0, "copies": 3.0, "to_host": 2.0, "waits": 2.0})


def child(name, seconds, work):
    folder = os.path.join(work, name)
    runner.run_step(runner.Job(None, step(name), folder, os.path.join(folder, "result.json"), float(seconds)))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        child(*sys.argv[2:])
    else:
        unittest.main(verbosity=2)
