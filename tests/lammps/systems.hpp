// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "lammps/structures.hpp"
#include "support/test_models.hpp"

// Real systems on which every way of running the pair style is compared.
namespace spinconv::test {

struct System {
  std::string name;
  std::string data;      // file below the source folder
  std::string elements;  // of the types
  std::vector<std::string> list;
  double cutoff;
  std::string sphere = "harmonics";

  friend void PrintTo(const System& s, std::ostream* out) { *out << s.name; }
};

inline const std::vector<System> systems = {
    {"Water", "examples/water/water-192.data", "H O", {"H", "O"}, 3.6},
    {"Slab", "tests/data/slab_oc20.data", "Au Na O", {"Au", "Na", "O"}, 4.5},
    {"Alloy", "tests/data/alloy_MoNb.data", "Mo Nb", {"Mo", "Nb"}, 4.2},
    {"Molecule", "examples/md17/ethanol.data", "H C O", {"H", "C", "O"}, 4.0}};

// The systems with a model of each architecture that MPI ranks share out.
inline std::vector<System> systems_and_architectures() {
  std::vector<System> all = systems;
  for (System system : systems) {
    system.name += "Spinconv2";
    system.sphere = "spinconv2";
    all.push_back(system);
  }
  return all;
}

inline ModelConfig config_of(const System& system) {
  auto config = system.sphere == "spinconv2" ? small_spinconv2_config(system.list)
                                             : small_config(system.list);
  config.cutoff = system.cutoff;
  return config;
}

// All that the style gives for one configuration, each atom's in atoms.dump, sums in the
// thermodynamic output. `file` is the potential.
inline std::string input_of(const System& system, const std::string& file,
                            const std::string& options = "", const std::string& before = "",
                            const std::string& after = "") {
  return "units metal\natom_style atomic\n" + before + "box tilt large\nread_data " +
         required_environment("SPINCONV_SOURCE_DIR") + "/" + system.data + "\n" + after +
         "pair_style spinconv precision double " + options + "\npair_coeff * * " + file + " " +
         system.elements +
         "\nneighbor 0.4 bin\nvelocity all create 100 5 loop all\n"
         "compute energy all pe/atom\n"
         "compute stress all stress/atom NULL virial\n"
         "compute centroid all centroid/stress/atom NULL virial\n"
         "compute kinetic all ke/atom\n"
         "compute flux all heat/flux kinetic energy centroid\n"
         "compute pressure all pressure NULL virial\n" +
         thermo("pe c_pressure[*] c_flux[*]") + "run 0\n" +
         write_dump("atoms.dump", "id type x y z fx fy fz c_energy c_stress[*] c_centroid[*]");
}

// Random weights know no repulsion: it keeps atoms from falling into each other.
inline const InputOptions repulsive = {
    .pair =
        "pair_style hybrid/overlay lj/cut 6.0 spinconv precision double\n"
        "pair_coeff * * spinconv test.pt H C O\n"
        "pair_coeff * * lj/cut 0.05 2.0\n"
        "pair_modify pair lj/cut shift yes\n"};

inline const std::string unwrapped = "id type xu yu zu fx fy fz";
inline const std::vector<std::string> state_columns = {"xu", "yu", "zu", "fx", "fy", "fz"};

// The turn of ethanol's OH group with the shipped potential, from the gauche to the trans form, by
// as many replicas, as in examples/md17/in.neb. `neb`: tolerances, steps, and how often it prints.
inline std::string elastic_band_input(int replicas, const std::string& neb) {
  const std::string root = required_environment("SPINCONV_SOURCE_DIR");
  std::string numbers;
  for (int k = 0; k < replicas; ++k) {
    numbers += " " + std::to_string(k);
  }
  return "units metal\natom_style atomic\natom_modify map array sort 0 0\nread_data " + root +
         "/examples/md17/ethanol.data\npair_style spinconv precision double\npair_coeff * * " +
         root + "/potentials/rmd17-ethanol.pt H C O\nneighbor 1.0 bin\n" +
         "min_style fire\ntimestep 0.001\nminimize 0 1e-2 500 2000\nreset_timestep 0\n" +
         "variable replica world" + numbers + "\nvariable angle equal -120.0*v_replica/" +
         std::to_string(replicas - 1) +
         "\nvariable x equal x[1]\nvariable y equal y[1]\nvariable z equal z[1]\n"
         "variable u equal x[3]-x[1]\nvariable v equal y[3]-y[1]\nvariable w equal z[3]-z[1]\n"
         "group hydrogen id 9\ndisplace_atoms hydrogen rotate $x $y $z $u $v $w ${angle}\n"
         "fix neb all neb 1.0\nneb " +
         neb + " none\n";
}

}  // namespace spinconv::test
