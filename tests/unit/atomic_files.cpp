// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "spinconv/atomic_file.hpp"
#include "support/error_text.hpp"
#include "support/temporary_folder.hpp"

// Files that come piece by piece and are there as a whole or not at all.
namespace spinconv::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

// A disk that takes no more than `bytes` of a file.
class SmallDisk {
 public:
  explicit SmallDisk(rlim_t bytes) {
    getrlimit(RLIMIT_FSIZE, &old_);
    const rlimit limit{bytes, old_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
    old_handler_ = signal(SIGXFSZ, SIG_IGN);
  }
  ~SmallDisk() {
    setrlimit(RLIMIT_FSIZE, &old_);
    signal(SIGXFSZ, old_handler_);
  }

 private:
  rlimit old_{};
  sighandler_t old_handler_ = SIG_DFL;
};

TEST(AtomicFile, IsThereWhenItIsFinished) {
  const TemporaryFolder folder;
  AtomicFile file(folder / "a.txt");
  file.write("one ");
  file.write("two");
  EXPECT_FALSE(std::filesystem::exists(folder / "a.txt"));
  file.finish();
  EXPECT_EQ(read_bytes(folder / "a.txt"), "one two");
  EXPECT_EQ(folder.entries(), 1u);
  EXPECT_NE(error_of([&] { file.write("three"); }), "");
  EXPECT_EQ(read_bytes(folder / "a.txt"), "one two");
}

TEST(AtomicFile, ThatIsNotFinishedLeavesTheOldOne) {
  const TemporaryFolder folder;
  write_bytes(folder / "a.txt", "old");
  {
    AtomicFile file(folder / "a.txt");
    file.write("new");
  }
  EXPECT_EQ(read_bytes(folder / "a.txt"), "old");
  EXPECT_EQ(folder.entries(), 1u);
}

TEST(AtomicFile, KeepsModeAndLinkOfWhatItReplaces) {
  const TemporaryFolder folder;
  write_bytes(folder / "a.txt", "old");
  chmod((folder / "a.txt").c_str(), 0640);
  std::filesystem::create_symlink("a.txt", folder / "link.txt");
  AtomicFile file(folder / "link.txt");
  file.write("new");
  file.finish();
  EXPECT_EQ(read_bytes(folder / "a.txt"), "new");
  EXPECT_TRUE(std::filesystem::is_symlink(folder / "link.txt"));
  struct stat status {};
  stat((folder / "a.txt").c_str(), &status);
  EXPECT_EQ(status.st_mode & 07777, 0640u);
}

TEST(AtomicFile, OnAFullDiskIsAnErrorAndLeavesNothing) {
  const TemporaryFolder folder;
  write_bytes(folder / "a.txt", "old");
  std::string error;
  {
    const SmallDisk disk(1 << 20);
    const std::string piece(1 << 18, 'x');
    error = error_of([&] {
      AtomicFile file(folder / "a.txt");
      for (int i = 0; i < 8; ++i) {
        file.write(piece);
      }
      file.finish();
    });
  }
  EXPECT_THAT(error, AllOf(HasSubstr("cannot write"), HasSubstr("a.txt")));
  EXPECT_EQ(read_bytes(folder / "a.txt"), "old");
  EXPECT_EQ(folder.entries(), 1u);
  EXPECT_THAT(error_of([] {
                AtomicFile file("/dev/full");
                file.write("x");
                file.finish();
              }),
              AllOf(HasSubstr("/dev/full"), HasSubstr("free some space")));
}

TEST(AtomicFile, NeedsAFolderToBeIn) {
  const TemporaryFolder folder;
  EXPECT_THAT(error_of([&] { AtomicFile(folder / "no/a.txt"); }), HasSubstr("create its folder"));
  EXPECT_THAT(error_of([&] { AtomicFile(folder.path().string()); }), HasSubstr("not a folder"));
  EXPECT_THAT(error_of([] { AtomicFile(""); }), HasSubstr("name of a file"));
  EXPECT_THAT(error_of([] { require_writable(""); }), HasSubstr("name of a file"));
}

}  // namespace
}  // namespace spinconv::test
