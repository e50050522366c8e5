// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmath>
#include <iostream>
#include <limits>
#include <thread>

#include "report/csv.hpp"
#include "report_support.hpp"
#include "spinconv/atomic_file.hpp"

namespace spinconv::train {
namespace {

using ::testing::HasSubstr;
using ReportAtomicFile = test::ReportFolder;
using ReportEpochLog = test::ReportFolder;

TEST_F(ReportAtomicFile, WritesAndReplacesAndLeavesNothingElse) {
  const std::string file = path("out.json");
  write_file_atomically(file, "first, and longer");
  EXPECT_EQ(contents(file), "first, and longer");
  const std::string binary("a\0b\n", 4);
  write_file_atomically(file, binary);
  EXPECT_EQ(contents(file), binary);
  EXPECT_EQ(n_files(), 1U);
}

TEST_F(ReportAtomicFile, AReaderKeepsTheWholeOldFile) {
  const std::string file = path("out.txt");
  write_file_atomically(file, "old");
  std::ifstream reader(file);
  write_file_atomically(file, "new and different");
  std::string seen;
  reader >> seen;
  EXPECT_EQ(seen, "old");
  EXPECT_EQ(contents(file), "new and different");
}

TEST_F(ReportAtomicFile, KeepsTheModeOfTheFileItReplaces) {
  const std::string file = path("out.txt");
  write_file_atomically(file, "old");
  ASSERT_EQ(::chmod(file.c_str(), 0640), 0);
  write_file_atomically(file, "new");
  struct stat status {};
  ASSERT_EQ(::stat(file.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0640U);
}

TEST_F(ReportAtomicFile, FollowsASymbolicLink) {
  std::filesystem::create_directory(folder_ / "real");
  write(path("real/data.txt"), "old");
  std::filesystem::create_symlink("real/data.txt", folder_ / "link.txt");
  write_file_atomically(path("link.txt"), "new");
  EXPECT_TRUE(std::filesystem::is_symlink(path("link.txt")));
  EXPECT_EQ(contents(path("real/data.txt")), "new");
}

TEST_F(ReportAtomicFile, WritesIntoADeviceDirectly) {
  EXPECT_NO_THROW(write_file_atomically("/dev/null", "gone"));
  struct stat status {};
  ASSERT_EQ(::stat("/dev/null", &status), 0);
  EXPECT_TRUE(S_ISCHR(status.st_mode));
}

TEST_F(ReportAtomicFile, ErrorsNameThePathTheCauseAndTheCure) {
  const std::string missing = path("no/such/folder/out.txt");
  const std::string error = test::error_of([&] { write_file_atomically(missing, "text"); });
  EXPECT_THAT(error, HasSubstr(missing));
  EXPECT_THAT(error, HasSubstr("No such file or directory"));
  EXPECT_THAT(error, HasSubstr("create its folder"));
  EXPECT_THAT(test::error_of([&] { write_file_atomically(folder_.string(), "text"); }),
              HasSubstr("name a file, not a folder"));
}

TEST_F(ReportAtomicFile, AFullDiskIsAnError) {
  if (!std::filesystem::exists("/dev/full")) {
    GTEST_SKIP() << "no /dev/full";
  }
  EXPECT_THAT(test::error_of([] { write_file_atomically("/dev/full", "text"); }),
              HasSubstr("No space left"));
}

TEST_F(ReportAtomicFile, WhatStdoutIsRedirectedIntoGetsTheContentsBehindWhatIsThere) {
  const std::string file = path("all.txt");
  std::cout.flush();
  const int before = ::dup(STDOUT_FILENO);
  const int redirected = ::open(file.c_str(), O_WRONLY | O_CREAT, 0666);
  ::dup2(redirected, STDOUT_FILENO);
  std::cout << "first\n";
  write_file_atomically("/dev/stdout", "second\n");
  std::cout << "third\n";
  write_file_atomically(file, "fourth\n");  // by its name
  std::cout.flush();
  ::dup2(before, STDOUT_FILENO);
  ::close(before);
  ::close(redirected);
  EXPECT_EQ(contents(file), "first\nsecond\nthird\nfourth\n");
  EXPECT_EQ(n_files(), 1U);
}

TEST_F(ReportAtomicFile, WritesIntoANamedPipe) {
  const std::string pipe = path("pipe");
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  std::string seen;
  std::thread reader([&] { seen = contents(pipe); });
  write_file_atomically(pipe, "through the pipe");
  reader.join();
  EXPECT_EQ(seen, "through the pipe");
  EXPECT_TRUE(std::filesystem::is_fifo(pipe));
}

TEST_F(ReportAtomicFile, WhetherItCanBeWrittenIsKnownBefore) {
  EXPECT_NO_THROW(require_writable(path("new.json")));
  EXPECT_EQ(n_files(), 0U);
  write(path("old.json"), "old");
  EXPECT_NO_THROW(require_writable(path("old.json")));
  EXPECT_EQ(contents(path("old.json")), "old");
  EXPECT_NO_THROW(require_writable("/dev/null"));
  for (const std::string& file : {path("none/new.json"), folder_.string()}) {
    EXPECT_EQ(test::error_of([&] { require_writable(file); }),
              test::error_of([&] { write_file_atomically(file, "text"); }));
    EXPECT_THAT(test::error_of([&] { require_writable(file); }), HasSubstr(file));
  }
}

EpochRecord record(int epoch) {
  EpochRecord r;
  r.epoch = epoch;
  r.seconds = 0.1 * epoch;
  r.learning_rate = 1e-3 / 3.0;
  r.train_loss = 1.0 / epoch;
  r.train_energy_mae = 2e-17;
  r.train_force_mae = 0.25;
  if (epoch % 2 == 0) {
    r.validation_loss = 1.5;
    r.validation_energy_mae_per_atom = 1e300;
    r.validation_force_mae = std::numeric_limits<double>::infinity();
  }
  return r;
}

void expect_same(const EpochRecord& a, const EpochRecord& b) {
  const auto same = [](double x, double y) { return x == y || (std::isnan(x) && std::isnan(y)); };
  EXPECT_EQ(a.epoch, b.epoch);
  EXPECT_TRUE(same(a.seconds, b.seconds));
  EXPECT_TRUE(same(a.learning_rate, b.learning_rate));
  EXPECT_TRUE(same(a.train_loss, b.train_loss));
  EXPECT_TRUE(same(a.train_energy_mae, b.train_energy_mae));
  EXPECT_TRUE(same(a.train_force_mae, b.train_force_mae));
  EXPECT_TRUE(same(a.validation_loss, b.validation_loss));
  EXPECT_TRUE(same(a.validation_energy_mae_per_atom, b.validation_energy_mae_per_atom));
  EXPECT_TRUE(same(a.validation_force_mae, b.validation_force_mae));
}

TEST_F(ReportEpochLog, IsReadBackBitByBit) {
  EpochLog log(path("log.csv"));
  for (int epoch = 1; epoch <= 5; ++epoch) {
    log.append(record(epoch));
    // on disk already, while the log is still open
    const std::vector<EpochRecord> rows = EpochLog::read(log.path());
    ASSERT_EQ(rows.size(), static_cast<std::size_t>(epoch));
    expect_same(rows.back(), record(epoch));
  }
}

TEST_F(ReportEpochLog, StartsWithItsColumnNames) {
  const EpochLog log(path("log.csv"));
  EXPECT_EQ(contents(path("log.csv")),
            "epoch,seconds,learning_rate,train_loss,train_energy_mae_per_atom_ev,"
            "train_force_mae_ev_a,validation_loss,validation_energy_mae_per_atom_ev,"
            "validation_force_mae_ev_a\n");
}

TEST_F(ReportEpochLog, HasColumnsForStressAndForAnotherTargetAndReadsAnyOfThem) {
  EpochRecord row = record(4);
  row.train_stress_mae = 0.25;
  row.validation_stress_mae = 0.5;
  {
    EpochLog log(path("stress.csv"), std::nullopt, LogContents{.stress = true});
    log.append(row);
  }
  EXPECT_THAT(contents(path("stress.csv")),
              HasSubstr("validation_force_mae_ev_a,train_stress_mae_ev_a3,"
                        "validation_stress_mae_ev_a3\n4,"));
  const auto read = EpochLog::read(path("stress.csv")).at(0);
  expect_same(read, row);
  EXPECT_EQ(read.train_stress_mae, 0.25);
  EXPECT_EQ(read.validation_stress_mae, 0.5);
  {
    EpochLog log(path("target.csv"), std::nullopt, LogContents{.target = true});
    log.append(row);
  }
  EXPECT_THAT(contents(path("target.csv")),
              HasSubstr("epoch,seconds,learning_rate,train_loss,train_target_mae,validation_loss,"
                        "validation_target_mae\n4,"));
  const auto target = EpochLog::read(path("target.csv")).at(0);
  EXPECT_EQ(target.validation_energy_mae_per_atom, row.validation_energy_mae_per_atom);
  EXPECT_TRUE(std::isnan(target.validation_force_mae));
}

TEST_F(ReportEpochLog, AResumedLogEqualsAnUninterruptedOne) {
  {
    EpochLog log(path("straight.csv"));
    for (int epoch = 1; epoch <= 6; ++epoch) {
      log.append(record(epoch));
    }
  }
  {
    EpochLog log(path("resumed.csv"));
    for (int epoch = 1; epoch <= 5; ++epoch) {
      log.append(record(epoch));
    }
  }
  // the checkpoint was of epoch 3; epochs 4 and 5 are repeated
  EpochLog log(path("resumed.csv"), 3);
  EXPECT_EQ(log.records().size(), 3U);
  for (int epoch = 4; epoch <= 6; ++epoch) {
    log.append(record(epoch));
  }
  EXPECT_EQ(log.records().size(), 6U);
  EXPECT_EQ(contents(path("resumed.csv")), contents(path("straight.csv")));
}

TEST_F(ReportEpochLog, ALineCutShortByACrashIsDropped) {
  {
    EpochLog log(path("log.csv"));
    log.append(record(1));
    log.append(record(2));
  }
  const std::string whole = contents(path("log.csv"));
  write(path("log.csv"), whole.substr(0, whole.size() - 1));  // only the newline is missing
  const EpochLog log(path("log.csv"), 2);
  ASSERT_EQ(log.records().size(), 1U);
  EXPECT_EQ(contents(path("log.csv")).back(), '\n');
}

TEST_F(ReportEpochLog, AMissingFileIsBegunOnResume) {
  const EpochLog log(path("log.csv"), 7);
  EXPECT_TRUE(log.records().empty());
  EXPECT_TRUE(std::filesystem::exists(path("log.csv")));
}

TEST_F(ReportEpochLog, AFileOfOtherColumnsIsRefusedAndLeftAlone) {
  for (const std::string other : {"epoch,loss\n1,2\n", "{\"json\": 1}", "\n"}) {
    write(path("log.csv"), other);
    const std::string error = test::error_of([&] { EpochLog(path("log.csv"), 1); });
    EXPECT_THAT(error, HasSubstr(path("log.csv") + ":1"));
    EXPECT_THAT(error, HasSubstr("learning_rate"));
    EXPECT_EQ(contents(path("log.csv")), other);
  }
}

TEST_F(ReportEpochLog, ADamagedRowIsNamedByItsLine) {
  {
    EpochLog log(path("log.csv"));
    log.append(record(1));
  }
  const std::string good = contents(path("log.csv"));
  const auto error_with = [&](const std::string& row) {
    write(path("log.csv"), good + row + '\n');
    return test::error_of([&] { EpochLog(path("log.csv"), 9); });
  };
  EXPECT_THAT(error_with("2,1,2"), HasSubstr("log.csv:3: an epoch has 9 columns"));
  EXPECT_THAT(error_with("two,1,2,3,4,5,6,7,8"), HasSubstr("'two' is no whole number"));
  EXPECT_THAT(error_with("2,1,2,x3,4,5,6,7,8"), HasSubstr("train_loss 'x3' is no number"));
  EXPECT_THAT(error_with("2,1,2,3,4,5,6,7,"), HasSubstr("validation_force_mae_ev_a ''"));
}

TEST_F(ReportEpochLog, AFolderThatIsMissingIsAnError) {
  EXPECT_THAT(test::error_of([&] { EpochLog(path("none/log.csv")); }),
              HasSubstr(path("none/log.csv")));
}

}  // namespace
}  // namespace spinconv::train
