// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "distributed/launch.hpp"

#include <gmock/gmock.h>

#include <map>

#include "train/data_support.hpp"
#include "trainer/frame_set.hpp"

namespace spinconv::train::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using Variables = std::map<std::string, std::string>;

Launch launch(const Variables& variables) {
  return launch_from([&](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  });
}

std::string launch_error(const Variables& variables) {
  return error_of([&] { launch(variables); });
}

TEST(LaunchTest, WithoutALauncherThereIsOneProcess) {
  for (const Variables& variables :
       {Variables{},
        {{"WORLD_SIZE", "1"}},
        {{"PMI_SIZE", "1"}, {"PMI_RANK", "0"}},
        {{"SLURM_NTASKS", "4"}}}) {  // salloc: no task has been started yet
    const auto l = launch(variables);
    EXPECT_EQ(l.size, 1);
    EXPECT_EQ(l.rank, 0);
  }
}

TEST(LaunchTest, ReadsTheVariablesOfTorchrun) {
  const auto l = launch({{"WORLD_SIZE", "8"},
                         {"RANK", "5"},
                         {"LOCAL_RANK", "1"},
                         {"LOCAL_WORLD_SIZE", "4"},
                         {"MASTER_ADDR", "node1"},
                         {"MASTER_PORT", "29500"}});
  EXPECT_EQ(l.size, 8);
  EXPECT_EQ(l.rank, 5);
  EXPECT_EQ(l.local_rank, 1);
  EXPECT_EQ(l.local_size, 4);
  EXPECT_EQ(l.master_host, "node1");
  EXPECT_EQ(l.master_port, 29500);
  EXPECT_FALSE(l.on_one_machine());
  const auto here = launch(
      {{"WORLD_SIZE", "2"}, {"RANK", "1"}, {"MASTER_ADDR", "127.0.0.1"}, {"MASTER_PORT", "1"}});
  EXPECT_TRUE(here.on_one_machine());
  EXPECT_EQ(here.local_rank, 1);
}

TEST(LaunchTest, ReadsTheVariablesOfMpiexec) {
  const auto l = launch({{"PMI_SIZE", "4"},
                         {"PMI_RANK", "3"},
                         {"PMI_FD", "9"},
                         {"MPI_LOCALRANKID", "1"},
                         {"MPI_LOCALNRANKS", "2"}});
  EXPECT_EQ(l.size, 4);
  EXPECT_EQ(l.rank, 3);
  EXPECT_EQ(l.local_rank, 1);
  EXPECT_EQ(l.local_size, 2);
  EXPECT_EQ(l.pmi_file, 9);
  EXPECT_EQ(l.master_host, "");
  const auto open = launch({{"OMPI_COMM_WORLD_SIZE", "2"},
                            {"OMPI_COMM_WORLD_RANK", "1"},
                            {"OMPI_COMM_WORLD_LOCAL_SIZE", "2"},
                            {"OMPI_COMM_WORLD_LOCAL_RANK", "1"},
                            {"MASTER_PORT", "4000"}});
  EXPECT_EQ(open.rank, 1);
  EXPECT_EQ(open.master_host, "127.0.0.1");
  EXPECT_EQ(open.master_port, 4000);
}

TEST(LaunchTest, ReadsTheVariablesOfSlurmAndGivesEachJobItsPort) {
  Variables variables = {{"SLURM_PROCID", "6"},     {"SLURM_NTASKS", "8"},
                         {"SLURM_LOCALID", "2"},    {"SLURM_JOB_NODELIST", "gpu[007-8],login"},
                         {"SLURM_JOB_ID", "12345"}, {"SLURM_STEP_ID", "0"}};
  const auto l = launch(variables);
  EXPECT_EQ(l.size, 8);
  EXPECT_EQ(l.rank, 6);
  EXPECT_EQ(l.local_rank, 2);
  EXPECT_EQ(l.master_host, "gpu007");
  EXPECT_GE(l.master_port, 1024);
  variables["SLURM_JOB_ID"] = "12346";
  EXPECT_NE(launch(variables).master_port, l.master_port);
  variables["MASTER_PORT"] = "4567";
  EXPECT_EQ(launch(variables).master_port, 4567);
  // srun --mpi=pmi2 speaks another protocol than mpiexec
  variables.insert({{"PMI_RANK", "6"}, {"PMI_SIZE", "8"}, {"PMI_FD", "5"}});
  EXPECT_EQ(launch(variables).launcher, "Slurm");
  // mpiexec inside of a job: one task for each machine starts the ranks there
  variables["SLURM_PROCID"] = "1";
  variables["SLURM_NTASKS"] = "2";
  variables.erase("MASTER_PORT");
  EXPECT_EQ(launch(variables).launcher, "mpiexec");
}

TEST(LaunchTest, TheScriptOfABatchJobIsNoTaskOfIt) {
  Variables variables = {{"SLURM_PROCID", "0"},
                         {"SLURM_NTASKS", "8"},
                         {"SLURM_JOB_NODELIST", "n1"},
                         {"ENVIRONMENT", "BATCH"}};
  EXPECT_EQ(launch(variables).size, 1);
  variables["SLURM_STEP_ID"] = "0";
  EXPECT_EQ(launch(variables).size, 8);
}

TEST(LaunchTest, WhatIsMissingOrNoNumberIsNamed) {
  EXPECT_THAT(launch_error({{"WORLD_SIZE", "2"}}), AllOf(HasSubstr("RANK"), HasSubstr("not set")));
  EXPECT_THAT(launch_error({{"WORLD_SIZE", "2"}, {"RANK", "0"}}), HasSubstr("MASTER_ADDR"));
  EXPECT_THAT(launch_error({{"WORLD_SIZE", "2"}, {"RANK", "0"}, {"MASTER_ADDR", "a"}}),
              HasSubstr("MASTER_PORT"));
  EXPECT_THAT(launch_error({{"WORLD_SIZE", "two"}}),
              AllOf(HasSubstr("WORLD_SIZE"), HasSubstr("two")));
  EXPECT_THAT(launch_error(
                  {{"WORLD_SIZE", "2"}, {"RANK", "2"}, {"MASTER_ADDR", "a"}, {"MASTER_PORT", "1"}}),
              AllOf(HasSubstr("RANK"), HasSubstr("from 0")));
  EXPECT_THAT(launch_error({{"PMI_SIZE", "2"}, {"PMI_RANK", "1"}}), HasSubstr("MASTER_ADDR"));
}

TEST(LaunchTest, TheFirstHostOfASlurmListIsFound) {
  EXPECT_EQ(first_host("gpu[003-7,9],login"), "gpu003");
  EXPECT_EQ(first_host("node12"), "node12");
  EXPECT_EQ(first_host("a,b"), "a");
  EXPECT_EQ(first_host("r[2,4]n[08-10]"), "r2n08");
}

TEST(DealByEdgesTest, GivesEachFrameOnceAndBalancesTheEdges) {
  const std::vector<std::int64_t> edges = {10, 90, 20, 30, 40, 80, 0, 50};
  for (const int ranks : {1, 2, 3, 11}) {
    const auto shares = deal_by_edges(edges, ranks);
    ASSERT_EQ(shares.size(), static_cast<std::size_t>(ranks));
    std::vector<int> seen(edges.size(), 0);
    std::vector<std::int64_t> load;
    for (const auto& share : shares) {
      EXPECT_TRUE(std::is_sorted(share.begin(), share.end()));
      load.push_back(0);
      for (const auto i : share) {
        ++seen[i];
        load.back() += edges[i];
      }
    }
    EXPECT_EQ(seen, std::vector<int>(edges.size(), 1));
    if (ranks == 2) {
      EXPECT_EQ(load[0], load[1]);
    }
    if (ranks == 3) {
      EXPECT_LE(*std::max_element(load.begin(), load.end()), 120);  // 320 / 3 and one small frame
    }
    EXPECT_EQ(deal_by_edges(edges, ranks), shares);
  }
}

}  // namespace
}  // namespace spinconv::train::test
