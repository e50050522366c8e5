// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "data/folder_lock.hpp"
#include "trainer/fit_config.hpp"

namespace spinconv::train {

// The files of a `fit`, and the folder that they are written to. Until keep() is called the folder
// is on trial: what was made of it goes with this object.
class FitOutput {
 public:
  // Creates the folder where it is not there, and finds out whether each file can be written.
  // Throws spinconv::Error naming the path and the cure: a folder or file that cannot be written, a
  // folder where a file should be, or two files of one name; then nothing is left behind.
  explicit FitOutput(const FitConfig& config);
  ~FitOutput();
  FitOutput(const FitOutput&) = delete;
  FitOutput& operator=(const FitOutput&) = delete;

  // Keep other trainings out from now on, until this object goes. Throws spinconv::Error: one is
  // there.
  void lock();
  void keep() { created_.clear(); }

  // Of these, what is there already; "": neither.
  std::string earlier_training() const;

  // The checkpoint in such a folder.
  static std::string checkpoint_in(const std::string& folder);
  std::string checkpoint() const { return checkpoint_in(folder_); }
  std::string config() const { return in_folder("config.yaml"); }
  std::string log() const { return in_folder("log.csv"); }
  std::string report() const { return in_folder("report.html"); }
  const std::string& potential() const { return potential_; }

 private:
  std::string in_folder(const std::string& name) const;
  void create_folder();
  void test_files(const FitConfig& config) const;
  void remove_created();

  std::string folder_, potential_;
  std::vector<std::string> created_;  // folders, the outermost first
  std::optional<FolderLock> lock_;
};

}  // namespace spinconv::train
