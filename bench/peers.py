#!/usr/bin/env python3
# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
"""Error against CPU time on one core: MACE, NequIP and SpinConv, each by its own trainer, on a molecule of rMD17.

  bench/peers.py TRAIN.npz TEST.npz OUTPUT_FOLDER [--models NAME,...] [--minutes M | --epochs N] [--frames 950]

All train on the same frames of TRAIN.npz: 50 validate, --frames of the others train, drawn by numpy's generator with
seed 1. Schedules have the length of the run: --epochs, or as many as --minutes of CPU time (default 13) hold, by the
second epoch of a run of two. Prints a table of all that OUTPUT_FOLDER holds, with errors on TEST.npz, and writes it
there as results.csv and results.json, with peers.png: validation error against CPU seconds (user and system, of the
training process with its start, until the last epoch), and the test error. A finished run is not repeated, so that
rows are added one at a time; an interrupted one begins anew.

NAME, and what its settings are:
{names}
MACE and NequIP are installed by pip into ${{XDG_CACHE_HOME:-~/.cache}}/spinconv/peers: 1.4 GB each where pip has
LibTorch for the CPU, several GB more where it has builds for CUDA only. spinconv-train is looked for on PATH
(scripts/env.sh), or --spinconv-train PATH. Needs Linux, numpy and matplotlib (.venv/bin/python). On a busy machine
CPU seconds count more than they are worth: compare rows that were measured side by side.
"""
import argparse
import csv
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import zipfile

try:
    import matplotlib
    import numpy as np
except ImportError as e:
    sys.exit(f"peers.py: error: no {e.name}: use .venv/bin/python of this checkout (bash scripts/setup.sh makes it)")

from extxyz_frames import energy_of, forces_of, frames_of

TORCH = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "scripts", "requirements-torch.txt")
PACKAGES = {"mace": "mace-torch==0.3.16", "nequip": "nequip==0.19.1"}
EV = 1 / 23.060547830619  # of a kcal/mol
SYMBOLS = {1: "H", 6: "C", 7: "N", 8: "O"}
VALIDATION, SEED = 50, 1
ONE_THREAD = {name: "1" for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")}

SMALL = {"preset": "small", "l_max": 4, "m_max": 2, "gaussian_width": 2, "message_channels": 16, "hidden_channels": 64}
BEFORE = {**SMALL, "sphere": "harmonics", "gaussians": 32}
SPINCONV2 = {**SMALL, "sphere": "spinconv2", "layers": 3, "l_max": 3, "product_channels": 16, "directed_channels": 16,
             "gaussians": 16, "cutoff": 5}
PLATEAU = ("{scheduler: {_target_: torch.optim.lr_scheduler.ReduceLROnPlateau, factor: 0.6, patience: 5, "
           "threshold: 0.2, min_lr: 1e-6}, monitor: val0_epoch/weighted_sum, interval: epoch, frequency: 1}")
COSINE = "{scheduler: {_target_: torch.optim.lr_scheduler.CosineAnnealingLR, T_max: EPOCHS}, interval: epoch, frequency: 1}"
MODELS = {  # trainer, settings, meaning
    "mace": ("mace", {"max_L": 0}, "MACE, 64x0e: the example of its README, batches of 5, single precision"),
    "mace-l1": ("mace", {"max_L": 1}, "the same, 64x0e + 64x1o"),
    "nequip": ("nequip", {"L_MAX": "1", "SCHEDULE": PLATEAU},
               "NequIP: its configs/tutorial.yaml without ZBL, early stop, compilation"),
    "nequip-l2": ("nequip", {"L_MAX": "2", "SCHEDULE": PLATEAU}, "the same, l_max 2"),
    "nequip-cosine": ("nequip", {"L_MAX": "1", "SCHEDULE": COSINE}, "l_max 1 with a schedule of our kind"),
    "spinconv": ("spinconv", {"model": BEFORE, "optimizer": "adam"},
                 "sphere: harmonics, as the shipped rmd17-*.pt were trained"),
    "spinconv2-adam": ("spinconv", {"model": SPINCONV2, "optimizer": "adam"}, "sphere: spinconv2, trained the same way"),
    "spinconv2-muon": ("spinconv", {"model": SPINCONV2, "optimizer": "muon"}, "the same, optimizer: muon"),
}
NEQUIP = """
run: [RUN]
data:
  _target_: nequip.data.datamodule.ASEDataModule
  seed: SEED
  train_file_path: 'DATA/train.extxyz'
  val_file_path: 'DATA/valid.extxyz'
  test_file_path: 'DATA/test.extxyz'
  key_mapping: {REF_energy: total_energy, REF_forces: forces}
  transforms:
    - {_target_: nequip.data.transforms.ChemicalSpeciesToAtomTypeMapper, model_type_names: SYMBOLS}
    - {_target_: nequip.data.transforms.NeighborListTransform, r_max: 5.0}
  train_dataloader: {_target_: torch.utils.data.DataLoader, batch_size: 5, num_workers: 0, shuffle: true}
  val_dataloader: {_target_: torch.utils.data.DataLoader, batch_size: 10, num_workers: 0}
  test_dataloader: ${data.val_dataloader}
  stats_manager:
    {_target_: nequip.data.CommonDataStatisticsManager, dataloader_kwargs: {batch_size: 10}, type_names: SYMBOLS}
trainer:
  _target_: lightning.Trainer
  accelerator: cpu
  max_epochs: EPOCHS
  log_every_n_steps: 20
  enable_progress_bar: false
  logger:
    {_target_: lightning.pytorch.loggers.CSVLogger, save_dir: 'FOLDER', name: log, version: RUN, flush_logs_every_n_steps: 1}
  callbacks: [CALLBACK]
training_module:
  _target_: nequip.train.EMALightningModule
  ema_decay: 0.999
  loss: {_target_: nequip.train.EnergyForceLoss, per_atom_energy: true, coeffs: {total_energy: 1.0, forces: 1.0}}
  val_metrics: {_target_: nequip.train.EnergyForceMetrics, coeffs: {total_energy_mae: 1.0, forces_mae: 1.0}}
  test_metrics: ${training_module.val_metrics}
  optimizer: {_target_: torch.optim.Adam, lr: 0.01}
  lr_scheduler: SCHEDULE
  model: MODEL
global_options: {allow_tf32: false}
hydra: {run: {dir: 'FOLDER'}}
"""
NEQUIP_MODEL = """{_target_: nequip.model.NequIPGNNModel, seed: SEED, model_dtype: float32, type_names: SYMBOLS, r_max: 5.0,
    num_bessels: 8, polynomial_cutoff_p: 6, num_layers: 4, l_max: L_MAX, parity: true, num_features: 32,
    radial_mlp_depth: 2, radial_mlp_width: 64, avg_num_neighbors: '${training_data_stats:num_neighbors_mean}',
    per_type_energy_scales: '${training_data_stats:per_type_forces_rms}',
    per_type_energy_shifts: '${training_data_stats:per_atom_energy_mean}'}"""
BEST = ("{_target_: lightning.pytorch.callbacks.ModelCheckpoint, monitor: val0_epoch/weighted_sum, dirpath: 'FOLDER', "
        "filename: best}")
WRITER = "{_target_: nequip.train.callbacks.TestTimeXYZFileWriter, out_file: 'FOLDER/test', chemical_symbols: SYMBOLS}"


def fail(message, hint):
    sys.exit(f"peers.py: error: {message}\n  {hint}")


def environment(peer):
    """Where the programs of a peer are. Each has its virtual environment: they need different versions of e3nn."""
    with open(TORCH) as f:
        pinned = [line.strip() for line in f if line.strip() and not line.startswith("#")]
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    key = "-".join([PACKAGES[peer], *pinned, f"python{sys.version_info[0]}.{sys.version_info[1]}"]).replace("==", "-")
    venv = os.path.join(cache, "spinconv", "peers", key)
    if not os.path.exists(os.path.join(venv, "complete")):
        print(f"installing {PACKAGES[peer]} into {venv}", file=sys.stderr, flush=True)
        shutil.rmtree(venv, ignore_errors=True)
        if subprocess.run([sys.executable, "-m", "venv", venv], stdout=sys.stderr).returncode:
            fail("no virtual environment could be made (its message is above)", "on Debian: apt-get install python3-venv")
        # torch first, and pinned again: pip must not choose another build of it
        for packages in (pinned, [*pinned, PACKAGES[peer]]):
            if subprocess.run([f"{venv}/bin/pip", "install", "-q", *packages], stdout=sys.stderr).returncode:
                fail(f"pip could not install {' '.join(packages)} (its message is above)",
                     "usual causes: no network, a full disk, a Python without wheels for these versions; run this "
                     "again when it is cured, or name other --models")
        open(os.path.join(venv, "complete"), "w").close()
    return os.path.join(venv, "bin")


def load(path):
    try:
        with np.load(path) as data:
            arrays = dict(data)
    except (OSError, ValueError, TypeError, EOFError, zipfile.BadZipFile) as e:
        fail(f"{path} cannot be read: {e}", "wanted: rmd17_MOLECULE_train.npz and rmd17_MOLECULE_test.npz")
    units = [str(arrays.get(key)) for key in ("e_unit", "r_unit")]
    if not set("zREF") <= set(arrays) or units != ["kcal/mol", "Ang"]:
        fail(f"{path} is no file of rMD17", "wanted: arrays z, R, E and F, e_unit kcal/mol, r_unit Ang")
    return arrays


def prepare(train, test, output, frames):
    """The folder with train, valid and test as .npz and .extxyz, and energies and forces of the test in eV. Energies of
    the .extxyz are less their mean, which single precision could not hold to better than 0.5 meV."""
    arrays, tests = load(train), load(test)
    if list(arrays["z"]) != list(tests["z"]):
        fail(f"{train} and {test} are of different molecules", "give two files of one")
    if not 1 <= frames <= len(arrays["R"]) - VALIDATION:
        fail(f"--frames {frames}: {train} has {len(arrays['R'])}, of which {VALIDATION} validate", "ask for fewer")
    order = np.random.default_rng(SEED).permutation(len(arrays["R"]))
    parts = {"valid": (arrays, order[:VALIDATION]), "train": (arrays, order[VALIDATION:VALIDATION + frames]),
             "test": (tests, np.arange(len(tests["R"])))}
    mean = arrays["E"].mean()
    folder = os.path.join(output, "data")
    about = os.path.join(folder, "about.txt")
    digest = hashlib.sha256(b"".join(a[key].tobytes() for a in (arrays, tests) for key in "zREF")).hexdigest()
    text = f"{os.path.basename(train)} {os.path.basename(test)}: {frames} frames\n{digest}\n"
    if not os.path.exists(about):
        os.makedirs(folder, exist_ok=True)
        symbols = [SYMBOLS[int(z)] for z in arrays["z"]]
        for name, (source, chosen) in parts.items():
            part = {key: source[key][chosen] for key in "REF"}
            np.savez(f"{folder}/{name}.npz", **part, **{key: source[key] for key in ("z", "e_unit", "r_unit")})
            with open(f"{folder}/{name}.extxyz", "w") as f:
                for r, e, g in zip(part["R"], (part["E"].reshape(-1) - mean) * EV, part["F"] * EV):
                    f.write(f"{len(symbols)}\nProperties=species:S:1:pos:R:3:REF_forces:R:3 REF_energy={e:.10f} "
                            'pbc="F F F"\n')
                    for symbol, row in zip(symbols, np.hstack([r, g])):
                        f.write(f"{symbol} {' '.join(f'{x:.10f}' for x in row)}\n")
        with open(about, "w") as f:
            f.write(text)
    with open(about) as f:
        if f.read() != text:
            fail(f"{output} holds runs on other frames ({about})", "give another OUTPUT_FOLDER")
    return folder, ((tests["E"].reshape(-1) - mean) * EV, tests["F"] * EV)


def errors(path, energy, forces, truth):
    """MAE of energies (meV) and force components (meV/A) of predictions in extended XYZ. Against TEST.npz, not the
    labels that the peer was given, so that a wrong unit or order anywhere on the way would show."""
    frames = frames_of(path)
    differences = (np.array([energy_of(frame, energy) for frame in frames]) - truth[0],
                   np.array([forces_of(frame, forces) for frame in frames]) - truth[1])
    return tuple(1e3 * float(np.abs(difference).mean()) for difference in differences)


def run(command, folder, log, curve=lambda: []):
    """Runs a command: CPU and wall seconds when each point of `curve` was there. They are read from outside, since the
    three logs have wall time or none."""
    begin, at, ended = time.monotonic(), [], 0
    log = os.path.join(folder, log)
    with open(log, "w") as f:
        child = subprocess.Popen(command, cwd=folder, stdout=f, stderr=subprocess.STDOUT, env={**os.environ, **ONE_THREAD})
    try:
        while not ended:
            time.sleep(0.5)
            with open(f"/proc/{child.pid}/stat") as f:
                ticks = sum(int(x) for x in f.read().rpartition(")")[2].split()[11:13])
            at += [(ticks / os.sysconf("SC_CLK_TCK"), time.monotonic() - begin)] * (len(curve()) - len(at))
            ended, status, usage = os.wait4(child.pid, os.WNOHANG)
        child.returncode = os.waitstatus_to_exitcode(status)
    except BaseException:
        child.kill()
        raise
    if child.returncode:
        with open(log) as f:
            print("".join(f.readlines()[-15:]), file=sys.stderr)
        fail(f"{os.path.basename(command[0])} ended with status {child.returncode}",
             f"its last lines are above, all of it in {log}")
    return at + [(usage.ru_utime + usage.ru_stime, time.monotonic() - begin)] * (len(curve()) - len(at))


def output_of(command, folder):
    result = subprocess.run(command, cwd=folder, text=True, capture_output=True, env={**os.environ, **ONE_THREAD})
    if result.returncode:
        fail(f"{command[0]} ended with status {result.returncode}", (result.stderr or result.stdout)[-1000:])
    return result.stdout.strip()


def described(peer, programs, folder, parameters):
    """How many parameters a model has, of a Python expression that lists them, and the versions that trained it."""
    code = (f"import importlib.metadata as m, torch; n = sum(p.numel() for p in {parameters}); "
            f"print(n, *(f'{{x}} {{m.version(x)}}' for x in {[PACKAGES[peer].split('==')[0], 'torch', 'e3nn']}), sep='|')")
    count, *versions = output_of([f"{programs}/python", "-W", "ignore", "-c", code], folder).splitlines()[-1].split("|")
    return int(count), ", ".join(versions)


def rows_of(path):
    """Whole rows of a CSV file that is being written, none before it is there."""
    if not os.path.exists(path):
        return []
    with open(path) as f:
        text = f.read()
    return csv.DictReader(text[:text.rfind("\n") + 1].splitlines())


# Of each trainer: the command that fits in `folder`, the validation errors (meV/A) that its log has come to, and a
# function that tests: energy MAE, force MAE, parameters, versions.

def mace(folder, data, epochs, change, truth, _):
    programs = environment("mace")
    settings = {"name": "model", "model": "MACE", "train_file": f"{data}/train.extxyz", "valid_file": f"{data}/valid.extxyz",
                "E0s": "average", "r_max": 5.0, "num_channels": 64, "batch_size": 5, "max_num_epochs": epochs,
                # of the README's 1500 epochs stage two has the last 300; of one epoch none
                "start_stage_two": max(1, round(0.8 * epochs)), "ema_decay": 0.99, "default_dtype": "float32",
                "device": "cpu", "seed": SEED, "error_table": "TotalMAE", "plot": False, **change}

    def curve():
        with open(f"{folder}/fit.log") as f:
            return [float(x) for x in re.findall(r"Epoch \d+: .*MAE_F= *([\d.]+) meV", f.read())]

    def test():
        model = "model_stagetwo.model" if os.path.exists(f"{folder}/model_stagetwo.model") else "model.model"
        run([f"{programs}/mace_eval_configs", f"--configs={data}/test.extxyz", f"--model={model}",
             "--default_dtype=float32", "--output=test.extxyz"], folder, "test.log")
        return (*errors(f"{folder}/test.extxyz", "MACE_energy", "MACE_forces", truth),
                *described("mace", programs, folder, f"torch.load({model!r}, weights_only=False).parameters()"))
    command = [f"{programs}/mace_run_train", "--ema", "--amsgrad", "--stage_two"]
    return [*command, *(f"--{key}={value}" for key, value in settings.items())], curve, test


def nequip(folder, data, epochs, change, truth, _):
    programs = environment("nequip")
    with np.load(f"{data}/test.npz") as arrays:
        symbols = f"[{', '.join(sorted({SYMBOLS[int(z)] for z in arrays['z']}))}]"

    def command(name, callback, model):
        text = NEQUIP.replace("CALLBACK", callback).replace("MODEL", model).replace("SCHEDULE", change["SCHEDULE"])
        values = {"RUN": name, "SEED": SEED, "SYMBOLS": symbols, "EPOCHS": epochs, "L_MAX": change["L_MAX"], "DATA": data,
                  "FOLDER": folder}
        with open(f"{folder}/{name}.yaml", "w") as f:
            f.write(re.sub(rf"\b({'|'.join(values)})\b", lambda found: str(values[found[0]]), text))
        return [f"{programs}/nequip-train", "-cp", folder, "-cn", name]

    def curve():
        values = (row.get("val0_epoch/forces_mae") for row in rows_of(f"{folder}/log/train/metrics.csv"))
        return [1e3 * float(value) for value in values if value]

    def test():
        model = "{_target_: nequip.model.ModelFromCheckpoint, checkpoint_path: 'FOLDER/best.ckpt'}"
        run(command("test", WRITER, model), folder, "test.log")
        state = "torch.load('best.ckpt', weights_only=False)['state_dict']"
        return (*errors(f"{folder}/test_dataset0.xyz", "energy", "forces", truth),
                # the average has a copy of each parameter
                *described("nequip", programs, folder, f"(v for k, v in {state}.items() if 'ema_weight' in k)"))
    return command("train", BEST, NEQUIP_MODEL), curve, test


def spinconv(folder, data, epochs, change, _, program):
    config = {"data": {"file": f"{data}/train.npz", "validation": f"{data}/valid.npz"}, "model": change["model"],
              "training": {"seed": SEED, "epochs": epochs, "batch_size": 1, "optimizer": change["optimizer"],
                           "learning_rate": 4e-3, "ema_decay": 0.998,
                           "loss": {"type": "norm", "energy_weight": 1, "force_weight": 100},
                           "schedule": {"type": "cosine", "warmup_steps": 200}},
              "output": {"folder": folder, "name": "model"}}
    save(f"{folder}/fit.yaml", config)

    def curve():
        return [1e3 * float(row["validation_force_mae_ev_a"]) for row in rows_of(f"{folder}/log.csv")]

    def test():
        evaluate = [program, "--threads", "1", "evaluate", "model.pt", f"{data}/test.npz", "--json", "test.json"]
        run(evaluate, folder, "test.log")
        with open(f"{folder}/test.json") as f:
            e = json.load(f)
        parameters = json.loads(output_of([program, "info", "model.pt", "--json"], folder))["parameters"]
        return 1e3 * e["energy_mae_ev"], 1e3 * e["force_mae_ev_a"], parameters, output_of([program, "--version"], folder)
    return [program, "--threads", "1", "fit", "fit.yaml"], curve, test


def save(path, value):
    with open(path + ".new", "w") as f:
        json.dump(value, f, indent=1)
    os.replace(path + ".new", path)


def fit(name, folder, epochs, data, truth, program):
    """Trains anew: CPU and wall seconds until the last epoch, since MACE then evaluates its training set twice;
    [CPU seconds, validation error] of each epoch; what tests."""
    print(f"{name}: {epochs} epochs, log in {folder}/fit.log", file=sys.stderr, flush=True)
    trainer, change, _ = MODELS[name]
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    prepared = {"mace": mace, "nequip": nequip, "spinconv": spinconv}[trainer]
    command, curve, test = prepared(folder, data, epochs, change, truth, program)
    at = run(command, folder, "fit.log", curve)
    if len(at) != epochs:
        fail(f"{name}: {epochs} epochs were asked for, its log has {len(at)}", f"see {folder}/fit.log")
    return *at[-1], [[round(cpu, 1), round(x, 3)] for (cpu, _), x in zip(at, curve())], test


def result(name, output, options, data, truth):
    folder = f"{output}/{name}-" + (f"{options.epochs}-epochs" if options.epochs else f"{options.minutes:g}-minutes")
    if os.path.exists(f"{folder}/result.json"):
        return
    others, epochs, pilot = (data, truth, options.spinconv_train), options.epochs, f"{output}/{name}-pilot"
    if not epochs:
        if not os.path.exists(f"{pilot}/curve.json"):
            save(f"{pilot}/curve.json", fit(name, pilot, 2, *others)[2])
        with open(f"{pilot}/curve.json") as f:
            (first, _), (second, _) = json.load(f)
        epochs = max(1, round((60 * options.minutes - first) / (second - first)) + 1)
    cpu, wall, curve, test = fit(name, folder, epochs, *others)
    energy, force, parameters, versions = test()
    save(f"{folder}/result.json", {
        "model": name, "parameters": parameters, "epochs": epochs, "cpu_seconds": round(cpu, 1),
        "wall_seconds": round(wall, 1), "energy_mae_mev": round(energy, 3),
        "force_mae_mev_a": round(force, 3), "versions": versions, "curve": curve})


def report(output):
    paths = [f"{output}/{folder}/result.json" for folder in os.listdir(output)]
    results = [json.load(open(path)) for path in paths if os.path.exists(path)]
    results.sort(key=lambda r: (list(MODELS).index(r["model"]), r["cpu_seconds"]))
    save(f"{output}/results.json", results)
    with open(f"{output}/results.csv", "w", newline="") as f:
        writer = csv.DictWriter(f, [key for key in results[0] if key != "curve"], extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows(results)
    print("| model | parameters | epochs | CPU s | wall s | energy MAE, meV | force MAE, meV/A |\n|---|---|---|---|---|---|---|")
    for r in results:
        print(f"| {r['model']} | {r['parameters']} | {r['epochs']} | {r['cpu_seconds']:.0f} | {r['wall_seconds']:.0f} | "
              f"{r['energy_mae_mev']:.2f} | {r['force_mae_mev_a']:.2f} |")
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    figure, axis = plt.subplots(figsize=(9, 5), layout="constrained")
    for r in sorted(results, key=lambda r: -r["force_mae_mev_a"]):
        color = plt.colormaps["tab10"](list(MODELS).index(r["model"]))
        axis.plot(*zip(*r["curve"]), color=color, linewidth=1)
        axis.plot(r["cpu_seconds"], r["force_mae_mev_a"], "o", color=color,
                  label=f"{r['force_mae_mev_a']:.1f}  {r['model']}, {r['epochs']} epochs")
    axis.set_xscale("log")
    axis.set_yscale("log")
    axis.set_xlabel("CPU time (s)")
    axis.set_ylabel("force MAE (meV/Å): lines validation, dots test")
    figure.legend(title="test", frameon=False, fontsize=8, loc="outside right upper")
    axis.spines[["top", "right"]].set_visible(False)
    figure.savefig(f"{output}/peers.png", dpi=150)


def main():
    usage = __doc__.format(names="".join(f"  {name:15} {meaning}\n" for name, (_, _, meaning) in MODELS.items()))
    if len(sys.argv) < 4 or "-h" in sys.argv or "--help" in sys.argv:
        sys.exit(usage)
    parser = argparse.ArgumentParser(add_help=False, usage=usage.split("\n\n")[1].strip())
    for name in ("train", "test", "output"):
        parser.add_argument(name)
    parser.add_argument("--models", default=",".join(MODELS))
    parser.add_argument("--frames", type=int, default=950)
    parser.add_argument("--minutes", type=float, default=13)
    parser.add_argument("--epochs", type=int, default=0)
    parser.add_argument("--spinconv-train", default="spinconv-train")
    options = parser.parse_args()
    chosen = options.models.split(",")
    unknown = [name for name in chosen if name not in MODELS]
    if unknown:
        fail(f"no model {unknown[0]}", f"there are: {', '.join(MODELS)}")
    if options.epochs < 0 or options.minutes <= 0:
        fail("--epochs and --minutes are positive numbers", "see --help")
    program = shutil.which(options.spinconv_train)
    if not program and any(MODELS[name][0] == "spinconv" for name in chosen):
        fail(f"{options.spinconv_train} is not there", "source scripts/env.sh, or give --spinconv-train PATH")
    options.spinconv_train = program and os.path.abspath(program)
    # so that the training that runs is ended too
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    output = os.path.abspath(options.output)
    data, truth = prepare(options.train, options.test, output, options.frames)
    for name in chosen:
        result(name, output, options, data, truth)
    report(output)


if __name__ == "__main__":
    main()
