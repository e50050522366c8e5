#!/usr/bin/env python3
# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
"""Speed of training: steps, frames and edges per second on your data, as spinconv-train plans them.

  bench/training_speed.py DATA... [-- SECTION.KEY=VALUE...]

A training step (loss of energies and forces, gradient of all weights) is measured for each preset and
precision, and for the published model, three times in turns, and the fastest counts. Settings after --
are for all rows, such as training.batch_size=10. One thread, or OMP_NUM_THREADS. spinconv-train is
looked for on PATH (scripts/env.sh).
"""
import json
import os
import sys
import tempfile

from training_budget import planned_step

# the published model (grid, direct forces) at the size of its checkpoints: 8,467,044 parameters for three
# elements, as many as one that import-ocp reads
PUBLISHED = {"preset": "grid", "message_channels": 32, "hidden_channels": 256, "latitudes": 16, "longitudes": 12,
             "gaussians": 512, "forces": "direct", "force_rotations": 5}
CASES = [(preset, precision) for preset in ("small", "medium", "large", "paper")
         for precision in ("single", "double", "mixed")] + [("published", "single")]
ROUNDS = 3


def step(data, preset, precision, settings):
    """Seconds of a step, its frames and its edges."""
    model = PUBLISHED if preset == "published" else {"preset": preset}
    with tempfile.TemporaryDirectory() as folder:
        config = os.path.join(folder, "fit.yaml")
        with open(config, "w") as f:
            f.write(f"data: {{file: {data}, frames: ':50', split: {{train: rest, validation: 1}}}}\n"
                    f"model: {json.dumps(model)}\ntraining: {{precision: {precision}}}\n"
                    f"output: {{folder: {folder}/run}}\n")
        return planned_step(config, dict(setting.split("=", 1) for setting in settings))


def main():
    arguments = sys.argv[1:]
    if not arguments or "-h" in arguments or "--help" in arguments:
        sys.exit(__doc__)
    at = arguments.index("--") if "--" in arguments else len(arguments)
    settings = arguments[at + 1:]
    print("| data | preset | precision | edges in a step | ms | frames/s | edges/s |\n"
          "|---|---|---|---|---|---|---|", flush=True)
    for data in (os.path.abspath(p) for p in arguments[:at]):
        best = {}
        for _ in range(ROUNDS):
            for case in CASES:
                best[case] = min(best.get(case, (1e9,)), step(data, *case, settings))
        for (preset, precision), (seconds, frames, edges) in best.items():
            print(f"| {os.path.basename(data)} | {preset} | {precision} | {edges} | "
                  f"{1e3 * seconds:.0f} | {frames / seconds:.1f} | {edges / seconds:.0f} |", flush=True)


main()
