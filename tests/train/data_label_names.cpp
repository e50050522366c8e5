// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "data/label_names.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

// Names of labels that are not the usual ones.
namespace spinconv::train {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

TEST(LabelNames, OfEnergiesAreKnownInAnyDress) {
  for (const char* name :
       {"REF_energy", "DFT_energy", "dft_energy", "TotEnergy", "qm_energy", "MACE_energy",
        "energy_ref", "ENERGY", "total_energy", "ref-energies", "E_dft", "e_tot", "toten", "PotEng",
        "energy_eV", "energies", "dftEnergy"}) {
    EXPECT_THAT(names_like(Label::energy, {name}), ElementsAre(name)) << name;
    EXPECT_THAT(names_like(Label::forces, {name}), IsEmpty()) << name;
  }
  for (const char* name : {"energy_unit", "e_unit", "config_energy_weight", "energy_per_atom",
                           "kinetic_energy", "atomic_energies", "energy_sigma", "temperature_eV",
                           "config_type", "name", "theory", "step", "magmoms"}) {
    EXPECT_THAT(names_like(Label::energy, {name}), IsEmpty()) << name;
  }
  EXPECT_THAT(names_like(Label::energy, {"binding_energy", "free_energy", "REF_energy"}),
              ElementsAre("REF_energy", "binding_energy", "free_energy"));
}

TEST(LabelNames, OfForcesStressAndVirialToo) {
  for (const char* name : {"REF_forces", "dft_force", "DFT_Forces", "MACE_forces", "F_dft",
                           "forces_ref", "qmForces"}) {
    EXPECT_THAT(names_like(Label::forces, {name}), ElementsAre(name)) << name;
  }
  for (const char* name : {"force_weight", "max_force", "force_constants", "forces_mask",
                           "force_field", "config_f_unit", "reinforced"}) {
    EXPECT_THAT(names_like(Label::forces, {name}), IsEmpty()) << name;
  }
  EXPECT_THAT(names_like(Label::stress, {"REF_stress", "stress_weight"}),
              ElementsAre("REF_stress"));
  EXPECT_THAT(names_like(Label::virial, {"dft_virial", "virial_stress"}),
              ElementsAre("dft_virial"));
}

TEST(LabelNames, AreSuggestedWithTheKeysToSet) {
  EXPECT_EQ(label_suggestion(std::vector<std::string>{"config_type", "magmom"}), "");
  EXPECT_EQ(label_suggestion(std::vector<std::string>{"REF_energy", "dft_forces"}),
            "the file has 'REF_energy', which looks like an energy, and 'dft_forces', which looks "
            "like forces: name what is to be read in the configuration, data.keys: {energy: "
            "REF_energy, forces: dft_forces}, or by --energy-key REF_energy --forces-key "
            "dft_forces");
  EXPECT_THAT(label_suggestion(
                  std::vector<std::string>{"DFT_energy", "REF_energy", "REF_stress", "REF_virial"}),
              AllOf(HasSubstr("'DFT_energy', 'REF_energy', which look like energies"),
                    HasSubstr("{energy: DFT_energy, stress: REF_stress}"),
                    HasSubstr("'REF_virial'"), Not(HasSubstr("--virial-key"))));
}

TEST(LabelNames, AreSuggestedOnlyForWhatWasNotFound) {
  SourceRecord record;
  record.energy_key = "energy";
  record.not_read = {"REF_forces", "free_energy"};
  EXPECT_THAT(label_suggestion(record),
              AllOf(HasSubstr("{forces: REF_forces}"), Not(HasSubstr("free_energy"))));
  record.forces_key = "forces";
  EXPECT_EQ(label_suggestion(record), "");
  record = SourceRecord();
  record.target = "alpha (bohr^3)";
  record.not_read = {"REF_energy"};
  EXPECT_EQ(label_suggestion(record), "");
}

}  // namespace
}  // namespace spinconv::train
