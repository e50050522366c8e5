// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "spinconv/control_group.hpp"

#include <gtest/gtest.h>

#include <filesystem>

#include "support/temporary_folder.hpp"

namespace spinconv::test {
namespace {

class ControlGroup : public ::testing::Test {
 protected:
  ControlGroup() {
    write("/proc/self/mountinfo",
          "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"
          "23 22 0:21 / /proc rw,nosuid - proc proc rw\n");
  }

  // A file below the folder that stands for "/".
  void write(const std::string& path, const std::string& text) const {
    const std::string file = folder_.path().string() + path;
    std::filesystem::create_directories(std::filesystem::path(file).parent_path());
    write_bytes(file, text);
  }
  void mount_v2(const std::string& root = "/") const {
    write("/proc/self/mountinfo", "30 23 0:26 " + root +
                                      " /sys/fs/cgroup rw,nosuid shared:9 master:2 - cgroup2 "
                                      "cgroup2 rw,nsdelegate\n");
  }
  void mount_v1(const std::string& root = "/") const {
    write("/proc/self/mountinfo",
          "31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755\n"
          "32 31 0:29 " +
              root +
              " /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
              "35 31 0:32 " +
              root + " /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n");
  }
  void group_v2(const std::string& path, const std::string& limit, const std::string& used,
                const std::string& high = "max") const {
    write("/sys/fs/cgroup" + path + "/memory.max", limit + "\n");
    write("/sys/fs/cgroup" + path + "/memory.high", high + "\n");
    write("/sys/fs/cgroup" + path + "/memory.current", used + "\n");
  }
  void group_v1(const std::string& path, const std::string& limit, const std::string& used) const {
    write("/sys/fs/cgroup/memory" + path + "/memory.limit_in_bytes", limit + "\n");
    write("/sys/fs/cgroup/memory" + path + "/memory.usage_in_bytes", used + "\n");
  }
  std::optional<std::int64_t> left() const { return control_group_memory(folder_.path().string()); }

  TemporaryFolder folder_;
};

TEST_F(ControlGroup, IsNotThereEverywhere) {
  EXPECT_EQ(left(), std::nullopt);
  std::filesystem::remove(folder_ / "proc/self/mountinfo");
  EXPECT_EQ(left(), std::nullopt);
}

// Slurm limits the job or the step, whose processes are in groups below.
TEST_F(ControlGroup, OfAJobIsFoundAboveThatOfTheProcess) {
  mount_v2();
  write("/proc/self/cgroup", "0::/system.slice/slurmstepd.scope/job_7/step_0/user/task_0\n");
  const std::string job = "/system.slice/slurmstepd.scope/job_7";
  group_v2(job + "/step_0/user/task_0", "max", "100");
  group_v2(job + "/step_0/user", "max", "100");
  group_v2(job + "/step_0", "5000", "1000");
  group_v2(job, "4500", "1500");
  group_v2("/system.slice", "max", "9000");
  EXPECT_EQ(left(), 3000);
  group_v2(job, "6000", "1500");
  EXPECT_EQ(left(), 4000);
  group_v2(job + "/step_0", "5000", "5100");  // above its limit for a moment
  EXPECT_EQ(left(), 0);
  group_v2(job + "/step_0", "max", "1000");
  group_v2(job, "max", "1000");
  EXPECT_EQ(left(), std::nullopt);
  group_v2(job, "max", "1000", "2500");
  EXPECT_EQ(left(), 1500);
}

TEST_F(ControlGroup, OfVersionOneIsThatOfTheMemoryController) {
  mount_v1();
  write("/proc/self/cgroup",
        "9:cpu,cpuacct:/elsewhere\n4:memory:/slurm/uid_5/job_7/step_0\n1:name=systemd:/x\n0::/\n");
  group_v1("", "9223372036854771712", "100000");
  group_v1("/slurm/uid_5/job_7", "4000", "1000");
  group_v1("/slurm/uid_5/job_7/step_0", "9223372036854771712", "1000");
  group_v1("/elsewhere", "10", "5");
  EXPECT_EQ(left(), 3000);
  write("/sys/fs/cgroup/memory/slurm/uid_5/job_7/memory.stat",
        "inactive_file 100\ntotal_cache 900\ntotal_inactive_file 800\n");
  EXPECT_EQ(left(), 3800);
  group_v1("/slurm/uid_5/job_7", "9223372036854771712", "1000");
  EXPECT_EQ(left(), std::nullopt);
}

TEST_F(ControlGroup, DoesNotCountPagesOfFilesThatCanBeGivenUp) {
  mount_v2();
  write("/proc/self/cgroup", "0::/job\n");
  group_v2("/job", "4000", "3500");
  write("/sys/fs/cgroup/job/memory.stat",
        "anon 700\nfile 2800\nactive_file 300\ninactive_file 2500\n");
  EXPECT_EQ(left(), 3000);
}

// In a container the group outside is mounted, as one folder without what is above.
TEST_F(ControlGroup, OfAContainerIsSeenAtTheMountPoint) {
  for (const std::string path : {"/docker/abc", "/", "/../..", "/docker/abc/inner"}) {
    mount_v2("/docker/abc");
    write("/proc/self/cgroup", "0::" + path + "\n");
    group_v2("", "4000", "1000");
    group_v2("/inner", "max", "500");
    EXPECT_EQ(left(), 3000) << path;
  }
  mount_v2("/docker/abc");
  write("/proc/self/cgroup", "0::/docker/abc/inner\n");
  group_v2("/inner", "2000", "500");
  EXPECT_EQ(left(), 1500);
  mount_v1("/docker/abc");
  write("/proc/self/cgroup", "4:memory:/docker/abc\n");
  group_v1("", "3000", "500");
  EXPECT_EQ(left(), 2500);
}

TEST_F(ControlGroup, MayBeMountedWhereThePathHasABlank) {
  write("/proc/self/mountinfo", "30 23 0:26 / /my\\040groups rw - cgroup2 none rw\n");
  write("/proc/self/cgroup", "0::/a:b\n");
  write("/my groups/a:b/memory.max", "4000\n");
  write("/my groups/a:b/memory.current", "1000\n");
  EXPECT_EQ(left(), 3000);
}

}  // namespace
}  // namespace spinconv::test
