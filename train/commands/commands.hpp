// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "data/source.hpp"

// The commands of spinconv-train. Each returns the exit status and throws spinconv::Error.
namespace spinconv::train {

struct FitOptions {
  std::string config;
  std::vector<std::string> overrides;  // "training.epochs=10"
  bool resume = false;
  bool overwrite = false;  // begin anew in a folder that holds a training
  std::string command_line;
};
int fit(const FitOptions& options);

struct EvaluateOptions {
  std::string potential;
  DataSource data;
  std::string json;         // file for the figures; empty: none
  std::string report;       // HTML file; empty: none
  std::string predictions;  // extended XYZ file; empty: none
  std::string precision;    // single | double; empty: the file's
  std::string device = "cpu";
};
int evaluate(const EvaluateOptions& options);

struct ImportOptions {
  std::string checkpoint;            // of the published code
  std::string potential;             // file to write
  std::string forces;                // empty: as the checkpoint; gradient
  std::string elements;              // "H C O ...": those to keep; empty: all
  std::string precision = "double";  // of the arithmetic that the file asks for
};
int import_ocp(const ImportOptions& options);

int info(const std::string& potential, bool json);

int preset(const std::string& name);

}  // namespace spinconv::train
