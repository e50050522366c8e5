// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace spinconv::train {

// Keeps a second process out of a folder while this one writes to it: a hidden file in the folder
// that is locked (flock) and names the process. The lock goes with the process, however that ends;
// the file goes with this object, and what a killed process left of it locks nothing. Where a file
// system has no locks, nobody is kept out.
class FolderLock {
 public:
  // `name` is that of the hidden file. Throws spinconv::Error: another process holds the lock, or
  // the folder cannot be written to.
  FolderLock(const std::string& folder, const std::string& name);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  std::string path_;
  int descriptor_ = -1;
};

}  // namespace spinconv::train
