# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
"""Run modules of `spinconv-train export P OUT.ts` with torch alone and compare with what C++ wrote.

python exported_module.py CASES.json
CASES: a list of modules, each with
  module      file
  kind        gradient, estimate (forces that are not quite the gradient), direct or value
  structures  positions, numbers, cell, pbc, energy, energies, and, where the kind has them, forces
              and virial; source, target, vectors: the edges
Exit status 0 where all agrees to 1e-10, derivatives with finite differences to 1e-7.
"""
import json
import sys

import torch

DTYPE = torch.float64
KEYS = {
    "gradient": {"energy", "energies", "forces", "virial"},
    "estimate": {"energy", "energies", "forces", "virial"},
    "direct": {"energy", "energies", "forces"},
    "value": {"value", "values"},
}
failures = []


def check(what: str, error: float, limit: float = 1e-10):
    if not error <= limit:
        failures.append(f"{what}: differs by {error:.1e}")


def difference(a, b) -> float:
    b = torch.as_tensor(b, dtype=DTYPE)
    if a.dtype != DTYPE or a.shape != b.shape or a.requires_grad:
        return float("nan")
    return float((a - b).abs().max()) if a.numel() else 0.0


def compare(where: str, result, expected, kind: str, stress: bool, edges: bool):
    keys = set(KEYS[kind])
    if "virial" in keys:
        keys |= {"stress"} if stress else set()
        keys |= {"edge_gradients"} if edges else set()
    if set(result) != keys:
        failures.append(f"{where}: gives {sorted(result)}, not {sorted(keys)}")
        return
    for key in keys & {"energy", "energies", "forces", "virial"}:
        check(f"{where}, {key}", difference(result[key], expected[key]))
    if kind == "value":
        check(f"{where}, value", difference(result["value"], expected["energy"]))
        check(f"{where}, values", difference(result["values"], expected["energies"]))
    if "stress" in keys:
        volume = torch.det(torch.tensor(expected["cell"], dtype=DTYPE)).abs()
        virial = torch.tensor(expected["virial"], dtype=DTYPE)
        check(f"{where}, stress", difference(result["stress"], -virial / volume))


def slope(f, h: float) -> float:
    return float(-f(2 * h) + 8 * f(h) - 8 * f(-h) + f(-2 * h)) / (12 * h)


def derivatives(where: str, module, structure):
    """Forces and virial against energies, and the derivative of a loss of them in a weight."""
    r, z, cell, pbc = structure
    result = module(r, z, cell, pbc)
    for atom, axis in ((0, 0), (1, 2), (len(z) - 1, 1)):

        def energy(h: float):
            moved = r.clone()
            moved[atom, axis] += h
            return module(moved, z, cell, pbc)["energy"]

        check(f"{where}, force", abs(slope(energy, 1e-3) + float(result["forces"][atom, axis])),
              1e-7)
    for a, b in ((0, 0), (1, 2)):

        def strained(h: float):
            strain = torch.eye(3, dtype=DTYPE)
            strain[b, a] += h
            return module(r @ strain, z, cell @ strain, pbc)["energy"]

        check(f"{where}, virial", abs(slope(strained, 1e-4) + float(result["virial"][a, b])), 1e-6)

    def loss(positions, create_graph=False):
        out = module(positions, z, cell, pbc, create_graph)
        return out["energy"] + (out["forces"] ** 2).sum() + out["virial"].square().sum()

    leaf = r.clone().requires_grad_()
    parameter = module.model.energy_out
    parameter.requires_grad_()
    value = loss(leaf, True)
    (by_weight,) = torch.autograd.grad(value, parameter, retain_graph=True)
    # second derivatives in positions would be wrong: there are none
    refused(where, "not have been used in the graph", lambda: torch.autograd.grad(value, leaf))
    if module(leaf, z, cell, pbc)["energy"].requires_grad:
        failures.append(f"{where}: results have a graph that was not asked for")
    parameter.requires_grad_(False)

    # the weight that matters most
    row, column = divmod(int(by_weight.abs().argmax()), by_weight.shape[1])

    def weighted_loss(h: float):
        parameter[row, column] += h
        value = loss(r)
        parameter[row, column] -= h
        return value

    with torch.no_grad():
        check(f"{where}, derivative of a loss in a weight",
              abs(slope(weighted_loss, 1e-3) / float(by_weight[row, column]) - 1.0), 1e-7)


def refused(where: str, text: str, call):
    try:
        call()
    except Exception as error:
        if text in str(error):
            return
        failures.append(f"{where}: says {error!r}, not {text!r}")
        return
    failures.append(f"{where}: is not refused")


def refusals(where: str, module, structure, kind: str):
    r, z, cell, pbc = structure
    refused(where, "does not know the element of atomic number 92",
            lambda: module(r, torch.full_like(z, 92), cell, pbc))
    refused(where, "atomic numbers, 1 to 118", lambda: module(r, z * 0, cell, pbc))
    refused(where, "needs a cell", lambda: module(r, z, None, torch.tensor([True, False, False])))
    refused(where, "has no volume", lambda: module(r, z, torch.zeros(3, 3)))
    refused(where, "less than 0.01 Angstrom", lambda: module(r * 0, z))
    refused(where, "have to be finite", lambda: module(r / 0, z))
    refused(where, "atomic numbers for", lambda: module(r, torch.cat([z, z])))
    refused(where, "atomic numbers for", lambda: module(r, z[:1]))
    refused(where, "whole atomic numbers", lambda: module(r, z + 0.5))
    refused(where, "[N,3]", lambda: module(r.flatten(), z))
    ends = torch.tensor([0, 1])
    vectors = torch.ones(2, 3, dtype=DTYPE)
    refused(where, "indices of the", lambda: module.from_edges(vectors, ends + len(z), ends, z))
    refused(where, "indices of the", lambda: module.from_edges(vectors, ends, ends - 1, z))
    refused(where, "2 vectors, 1 sources", lambda: module.from_edges(vectors, ends[:1], ends, z))
    refused(where, "vectors of edges", lambda: module.from_edges(vectors / 0, ends, 1 - ends, z))
    if kind in ("gradient", "estimate"):
        with torch.inference_mode():
            refused(where, "torch.no_grad()", lambda: module(r, z))
    # what was refused has left nothing behind
    if not torch.is_grad_enabled():
        failures.append(f"{where}: gradients are off after an error")


def main() -> int:
    torch.set_num_threads(1)
    with open(sys.argv[1]) as file:
        cases = json.load(file)
    for case in cases:
        extra = {"spinconv.json": ""}
        module = torch.jit.load(case["module"], _extra_files=extra)
        metadata = json.loads(extra["spinconv.json"])
        name = case["module"].rsplit("/", 1)[-1]
        if "crc32" in metadata or metadata["module_version"] != 1 or len(metadata["methods"]) != 2:
            failures.append(f"{name}: has the metadata {sorted(metadata)}")
        kind = case["kind"]
        for number, s in enumerate(case["structures"]):
            where = f"{name}, structure {number}"
            r = torch.tensor(s["positions"], dtype=DTYPE)
            z = torch.tensor(s["numbers"])
            cell = torch.tensor(s["cell"], dtype=DTYPE)
            pbc = torch.tensor(s["pbc"])
            stress = all(s["pbc"])
            for _ in range(2):  # TorchScript makes another program of the second call
                compare(where, module(r, z, cell, pbc), s, kind, stress, False)
            with torch.no_grad():
                compare(f"{where}, no_grad", module(r, z, cell, pbc), s, kind, stress, False)
                if torch.is_grad_enabled():
                    failures.append(f"{where}: gradients are on after a call")
            if not any(s["pbc"]):
                compare(f"{where}, without a cell", module(r, z), s, kind, False, False)
            if stress:
                compare(f"{where}, without pbc", module(r, z, cell), s, kind, True, False)
            # atoms anywhere, and no vector where the structure is not periodic
            some = torch.arange(len(z)).unsqueeze(1) % 4 - 2
            shifts = torch.cat([some, 2 * some + 1, 3 - some], 1) * pbc
            compare(f"{where}, other images",
                    module(r + shifts.to(DTYPE) @ cell, z, cell * pbc.unsqueeze(1), pbc), s, kind,
                    stress, False)
            vectors = torch.tensor(s["vectors"], dtype=DTYPE).view(-1, 3)
            edges = (vectors, torch.tensor(s["source"]), torch.tensor(s["target"]), z.to(torch.int32))
            compare(f"{where}, edges", module.from_edges(*edges), s, kind, False, True)
        structure = (r, z, cell, pbc)
        if kind == "gradient":
            derivatives(name, module, structure)
        refusals(name, module, structure, kind)
        nothing = module(torch.zeros(0, 3), torch.zeros(0, dtype=torch.int64))
        alone = module(torch.zeros(1, 3), z[:1])
        if nothing[("values" if kind == "value" else "energies")].numel() or not all(
                bool(v.isfinite().all()) for v in alone.values()):
            failures.append(f"{name}: without atoms {nothing}, of one atom {alone}")
        print(name, *metadata["model"]["elements"], f"{len(case['structures'])} structures")
    for failure in failures:
        print(failure)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
