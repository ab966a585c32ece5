// Lock files of three kinds: whole ones as their tools write them, older forms,
// and what none of them may be.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "fmt/format.h"
#include "support/status_matchers.h"
#include "support/temp_directory.h"
#include "tufmirror/select/project_list.h"

namespace tufmirror::select {
namespace {

using ::testing::ElementsAre;
using testing::FailsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::string DataFile(std::string_view name) {
  return fmt::format("{}/{}", TUFMIRROR_SELECT_TEST_DATA, name);
}

// "name specifier pinned (hashes) marker" of each.
std::vector<std::string> Summary(const ProjectList& list) {
  std::vector<std::string> lines;
  for (const ListedProject& project : list.projects) {
    lines.push_back(fmt::format("{} {} {} ({}) {}", project.name.str(),
                                project.specifier,
                                project.pinned_version.value_or("-"),
                                project.hashes.size(), project.marker));
  }
  return lines;
}

std::vector<std::string> NotesOf(const ProjectList& list) {
  std::vector<std::string> lines;
  for (const ListNote& note : list.notes) {
    lines.push_back(fmt::format("{}: {}", note.line, note.text));
  }
  return lines;
}

TEST(PylockTest, ReadsAWholeFile) {
  ASSERT_OK_AND_ASSIGN(const ProjectList list,
                       ReadProjectList(DataFile("pylock.toml")));
  EXPECT_THAT(Summary(list),
              ElementsAre("attrs ==25.1.0 25.1.0 (1) ",
                          "numpy ==2.2.3 2.2.3 (2) sys_platform == \"linux\"",
                          "unversioned  - (0) "));
  EXPECT_EQ(list.projects[0].origin, DataFile("pylock.toml:6"));
  EXPECT_EQ(list.projects[0].hashes[0].Hex().substr(0, 8), "c75a69e2");
  EXPECT_THAT(NotesOf(list),
              ElementsAre("34: from-git: vcs is not an index",
                          "41: from-archive: archive is not an index",
                          "47: local: directory is not an index"));
}

TEST(UvLockTest, ReadsAWholeFile) {
  ASSERT_OK_AND_ASSIGN(const ProjectList list,
                       ReadProjectList(DataFile("uv.lock")));
  EXPECT_THAT(
      Summary(list),
      ElementsAre(
          "anyio ==4.3.0 4.3.0 (2) ",
          "numpy ==1.26.4 1.26.4 (1) python_full_version < \"3.10\"",
          "numpy ==2.1.0 2.1.0 (0) python_full_version >= \"3.10\" and "
          "sys_platform == \"linux\" or python_full_version >= \"3.10\" and "
          "sys_platform != \"linux\""));
  EXPECT_THAT(NotesOf(list),
              ElementsAre(HasSubstr("project: editable is not an index"),
                          HasSubstr("from-git: git is not an index"),
                          HasSubstr("from-links: registry is not an index")));
}

TEST(PoetryLockTest, ReadsAWholeFile) {
  ASSERT_OK_AND_ASSIGN(const ProjectList list,
                       ReadProjectList(DataFile("poetry.lock")));
  EXPECT_THAT(
      Summary(list),
      ElementsAre("colorama ==0.4.6 0.4.6 (2) platform_system == \"Windows\" "
                  "or sys_platform == \"win32\"",
                  "flask-thing ==3.0 3.0 (0) python_version < \"3.13\"",
                  "everywhere ==1 1 (0) "));
  EXPECT_THAT(NotesOf(list),
              ElementsAre(HasSubstr("from-git: 'git' is not an index")));
}

TEST(PoetryLockTest, ReadsOlderFormsOfHashes) {
  const std::string digest(64, 'a');
  constexpr char kPackage[] = "[[package]]\nname = \"a\"\nversion = \"1\"\n";
  const std::string older[] = {
      fmt::format("{}[metadata]\nlock-version = \"1.1\"\n[metadata.files]\n"
                  "a = [{{file = \"a.zip\", hash = \"sha256:{}\"}}]\nb = []\n",
                  kPackage, digest),
      fmt::format("{}[metadata.hashes]\na = [\"{}\"]\n", kPackage, digest),
  };
  for (const std::string& text : older) {
    ASSERT_OK_AND_ASSIGN(const ProjectList list,
                         ParsePoetryLock(text, "poetry.lock"));
    EXPECT_THAT(Summary(list), ElementsAre("a ==1 1 (1) ")) << text;
    EXPECT_THAT(list.notes, IsEmpty());
  }
}

TEST(LockFileTest, VersionsThatAreNotOfPep440AreComparedAsText) {
  ASSERT_OK_AND_ASSIGN(
      const ProjectList list,
      ParsePylock("lock-version='1.0'\n[[packages]]\nname='a'\n"
                  "version='1.0-custom-x'\n[[packages]]\nname='b'\n"
                  "version='v1.0-ALPHA1'",
                  "pylock.toml"));
  EXPECT_THAT(Summary(list), ElementsAre("a ===1.0-custom-x 1.0-custom-x (0) ",
                                         "b ==1.0a1 1.0a1 (0) "));
}

TEST(LockFileTest, NotesWhatAPackageHasThatCannotBeUsed) {
  ASSERT_OK_AND_ASSIGN(
      const ProjectList list,
      ParseUvLock(
          "version = 1\npackage = [1,\n"
          "{name = '../x', source = {registry = 'https://x.example'}},\n"
          "{name = 'nowhere'}, {name = 'empty', source = {}},\n"
          "{name = 'a', source = {registry = 'https://x.example'}, version = "
          "'1, !=2', resolution-markers = ['nonsense ?'], wheels = "
          "[{hash = 'sha512:00'}, {hash = 'sha256:x'}, 7]}]",
          "uv.lock"));
  EXPECT_THAT(Summary(list), ElementsAre("a  - (0) "));
  EXPECT_THAT(
      NotesOf(list),
      ElementsAre(
          "2: 'package': a table expected", HasSubstr("project name '../x'"),
          "4: nowhere: it has no source", "4: empty: its source is empty",
          HasSubstr("5: a: version clause"), HasSubstr("5: a: "),
          "5: a: 'sha512:00': it is not a sha256", HasSubstr("5: a: ")));
}

TEST(LockFileTest, RefusesOtherVersionsOfAFormat) {
  EXPECT_THAT(ParsePylock("lock-version = '2.0'", "p/pylock.toml"),
              FailsWith(Failure::kUnsupported,
                        "p/pylock.toml: lock-version 1.x expected, got '2.0'"));
  EXPECT_THAT(ParsePylock("", "p"), FailsWith(Failure::kUnsupported));
  EXPECT_THAT(ParseUvLock("version = 2", "uv.lock"),
              FailsWith(Failure::kUnsupported, "version 1 expected, got '2'"));
  EXPECT_THAT(ParseUvLock("", "uv.lock"), FailsWith(Failure::kUnsupported));
  EXPECT_THAT(ParsePoetryLock("[metadata]\nlock-version = '3.0'", "p"),
              FailsWith(Failure::kUnsupported, "got '3.0'"));
  EXPECT_THAT(ParsePoetryLock("", "p"), FailsWith(Failure::kUnsupported));
}

TEST(LockFileTest, RefusesWhatIsNoToml) {
  for (const auto parse : {ParsePylock, ParseUvLock, ParsePoetryLock}) {
    EXPECT_THAT(parse("version = 1\nversion = 1\n", "x.toml"),
                FailsWith(Failure::kMalformed, "x.toml:2"));
    for (const char* text : {"\xFF", "[", "[\nx = 1\n", "[[\n", "[{}]"}) {
      EXPECT_THAT(parse(text, "x.toml"), FailsWith(Failure::kMalformed))
          << text;
    }
  }
}

// Tables are destroyed by recursion.
TEST(LockFileTest, RefusesKeysThatAreNestedTooDeep) {
  std::string keys = "a";
  for (int i = 0; i < 1'000'000; ++i) keys += ".a";
  EXPECT_THAT(ParsePylock("\n" + keys + " = 1", "x.toml"),
              FailsWith(Failure::kTooLarge, "x.toml:2"));
  keys.resize(size_t{2} * 5000 + 1);  // as deep as it may be, twice
  EXPECT_THAT(ParsePylock(fmt::format("[{0}]\n{0} = 1", keys), "x.toml"),
              FailsWith(Failure::kUnsupported, "lock-version"));
}

TEST(ReadProjectListTest, TheNameDecidesTheFormat) {
  const testing::TempDirectory directory;
  const std::pair<const char*, bool> cases[] = {
      {"pylock.toml", true},       {"pylock.dev.toml", true},
      {"pylock.a.b.toml", false},  {"pylock..toml", false},
      {"uv.lock", true},           {"poetry.lock", true},
      {"requirements.txt", false}, {"dev.in", false},
      {"my-pylock.toml", false},
  };
  for (const auto& [name, is_toml] : cases) {
    const std::string path = directory.Write(name, "foo\n");
    const absl::StatusOr<ProjectList> list = ReadProjectList(path);
    if (is_toml) {
      EXPECT_THAT(list, FailsWith(Failure::kMalformed, name));
    } else {
      ASSERT_THAT(list, testing::IsOk()) << name;
      EXPECT_THAT(list->projects, SizeIs(1)) << name;
    }
  }
}

TEST(ReadProjectListTest, ReadsIncludedFilesFromDisk) {
  const testing::TempDirectory directory;
  directory.Write("sub/base.txt", "base==1\n");
  const std::string path =
      directory.Write("requirements.txt", "-r sub/base.txt\nfoo\n");
  ASSERT_OK_AND_ASSIGN(const ProjectList list, ReadProjectList(path));
  EXPECT_THAT(Summary(list), ElementsAre("base ==1 1 (0) ", "foo  - (0) "));
  EXPECT_EQ(list.projects[0].origin, directory.Join("sub/base.txt:1"));
  EXPECT_THAT(ReadProjectList(directory.Join("gone.txt")),
              FailsWith(Failure::kNotFound));
}

}  // namespace
}  // namespace tufmirror::select
