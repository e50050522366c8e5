# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
"""Run the code that is stored in potential files of earlier versions, in double precision, and compare
with what C++ made of their weights.

python stored_graph.py CASES.json
CASES: a list of files, each with
  file        of an earlier version
  today       the same potential as this version writes it, in double precision: its constants are
              those of the file before they were rounded, which is checked
  structures  types, source, target, vectors, energies, forces
Exit status 0 where energies, without those of the free atoms, which are far larger, and forces agree to
1e-12 of the largest one.
"""
import json
import sys

import torch

DTYPE = torch.float64
failures = []


def check(what: str, a, b, limit: float):
    error = float((a - b).abs().max() / b.abs().max().clamp(min=1e-300)) if a.shape == b.shape else 1.0
    if not error <= limit:
        failures.append(f"{what}: differ by {error:.1e}")
    return error


def in_double_precision(file: str, today: str):
    """The module of the file with its own code and weights. Constants that were stored in single
    precision are replaced by what they were before, energies of free atoms by zero."""
    stored = torch.jit.load(file)
    exact = dict(torch.jit.load(today).named_buffers())
    for name, value in stored.named_buffers():
        if value.numel():
            limit = 1e-6 if value.dtype == torch.float32 else 0.0
            check(f"{file}, constants {name}", value.to(exact[name]), exact[name], limit)
    stored.to(DTYPE)
    with torch.no_grad():
        for name, value in stored.named_buffers():
            value.copy_(exact[name])
        stored.reference_energies.zero_()
    return stored


def evaluate(module, types, source, target, vectors):
    """Energies and forces of all atoms by the methods of the file."""
    leaf = vectors.clone().requires_grad_()
    energies = module(leaf, source, target, types)
    if getattr(module, "direct_forces", None) is True:  # of a grid; a method of harmonics
        elements = module.element_count
        order = module.sort_edges(source, target, types, elements)
        energies, forces = module.evaluate(
            vectors[order], source[order], target[order], types, len(types), elements,
            module.force_frames, module.prepare(torch.arange(elements)))
        return energies.detach(), forces.detach()
    (gradient,) = torch.autograd.grad(energies.sum(), leaf)
    forces = torch.zeros(len(types), 3, dtype=DTYPE)
    forces = forces.index_add(0, target, -gradient).index_add(0, source, gradient)
    return energies.detach(), forces


def main() -> int:
    torch.set_num_threads(1)
    with open(sys.argv[1]) as file:
        cases = json.load(file)
    for case in cases:
        name = case["file"].rsplit("/", 1)[-1]
        module = in_double_precision(case["file"], case["today"])
        worst = [0.0, 0.0]
        for s in case["structures"]:
            energies, forces = evaluate(
                module, torch.tensor(s["types"]), torch.tensor(s["source"]),
                torch.tensor(s["target"]), torch.tensor(s["vectors"], dtype=DTYPE).view(-1, 3))
            for k, (key, value) in enumerate((("energies", energies), ("forces", forces))):
                expected = torch.tensor(s[key], dtype=DTYPE)
                worst[k] = max(worst[k], check(f"{name}, {key}", expected, value, 1e-12))
        print(f"{name}: energies to {worst[0]:.1e}, forces to {worst[1]:.1e}")
    for failure in failures:
        print(failure)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
