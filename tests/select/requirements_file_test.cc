// Requirements files as pip reads them, and what an allow list leaves out.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "fmt/format.h"
#include "support/status_matchers.h"
#include "tufmirror/select/project_list.h"

namespace tufmirror::select {
namespace {

using ::testing::ElementsAre;
using testing::FailsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

using Files = std::map<std::string, std::string>;

// The list of `files["in/requirements.txt"]`.
absl::StatusOr<ProjectList> Read(const Files& files) {
  return ParseRequirements(
      files.at("in/requirements.txt"), "in/requirements.txt",
      [&](const std::string& path) -> absl::StatusOr<std::string> {
        const auto file = files.find(path);
        if (file != files.end()) return file->second;
        return MakeFailure(Failure::kNotFound, path + ": not there");
      });
}
absl::StatusOr<ProjectList> Read(const std::string& text) {
  return Read(Files{{"in/requirements.txt", text}});
}

// "name[extras]specifier;marker" of each.
std::vector<std::string> Summary(const std::vector<ListedProject>& projects) {
  std::vector<std::string> lines;
  for (const ListedProject& project : projects) {
    std::string line = project.name.str();
    for (const std::string& extra : project.extras) line += "[" + extra + "]";
    line += project.specifier;
    if (!project.marker.empty()) line += ";" + project.marker;
    lines.push_back(line);
  }
  return lines;
}

TEST(ParseRequirementsTest, ReadsNamesVersionsExtrasAndMarkers) {
  ASSERT_OK_AND_ASSIGN(const ProjectList list,
                       Read("Foo_Bar\n"
                            "requests [security,Socks] >= 2.8.1, == 2.8.* ; "
                            "python_version < '2.7'\n"
                            "docopt == 0.6.1.0\n"));
  EXPECT_THAT(Summary(list.projects),
              ElementsAre("foo-bar",
                          "requests[security][socks]==2.8.*,>=2.8.1;"
                          "python_version < \"2.7\"",
                          "docopt==0.6.1.0"));
  EXPECT_EQ(list.projects[0].pinned_version, std::nullopt);
  EXPECT_EQ(list.projects[1].pinned_version, std::nullopt);
  EXPECT_EQ(list.projects[2].pinned_version, "0.6.1.0");
  EXPECT_EQ(list.projects[2].origin, "in/requirements.txt:3");
  EXPECT_THAT(list.notes, IsEmpty());
}

TEST(ParseRequirementsTest, JoinsLinesAndDropsCommentsAsPipDoes) {
  ASSERT_OK_AND_ASSIGN(const ProjectList list,
                       Read("# a comment \\\na\n"  // a comment does not go on
                            "b \\\n  >= 1 # c >= 2\n"  // a line does
                            "c \\\n# ends what it is joined to\nd\r\n"
                            "\r   \t\n"
                            "e#not-a-comment\n"
                            "f # with \\\ng\n"  // goes on, inside the comment
                            "h \\"));
  EXPECT_THAT(Summary(list.projects),
              ElementsAre("a", "b>=1", "c", "d", "f", "h"));
  EXPECT_EQ(list.projects[1].origin, "in/requirements.txt:3");
  EXPECT_EQ(list.projects[3].origin, "in/requirements.txt:7");
  ASSERT_THAT(list.notes, SizeIs(1));
  EXPECT_EQ(list.notes[0].file, "in/requirements.txt");
  EXPECT_EQ(list.notes[0].line, 10u);
}

TEST(ParseRequirementsTest, ReadsHashes) {
  const std::string a(64, 'a');
  const std::string b(64, 'b');
  ASSERT_OK_AND_ASSIGN(
      const ProjectList list,
      Read(fmt::format(
          "foo==1.0 ; os_name == 'posix' \\\n"
          "    --hash=sha256:{} \\\n"
          "    --hash sha256:{} --hash=sha256:{} \\\n"
          "    --hash=sha512:00 --hash=sha256:xy --global-option x\n",
          b, a, b)));
  ASSERT_THAT(list.projects, SizeIs(1));
  ASSERT_THAT(list.projects[0].hashes, SizeIs(2));
  EXPECT_EQ(list.projects[0].hashes[0].Hex(), a);
  EXPECT_EQ(list.projects[0].hashes[1].Hex(), b);
  EXPECT_EQ(list.projects[0].marker, "os_name == \"posix\"");
  ASSERT_THAT(list.notes, SizeIs(2));
  EXPECT_THAT(list.notes[0].text, HasSubstr("not a sha256"));
  EXPECT_THAT(list.notes[1].text, HasSubstr("'sha256:xy'"));
}

TEST(ParseRequirementsTest, IgnoresWhereToDownloadFrom) {
  ASSERT_OK_AND_ASSIGN(
      const ProjectList list,
      Read("\xEF\xBB\xBF-i https://x.example/simple --extra-index-url y\n"
           "--index-url=https://${USER}:${PASSWORD}@x.example/\n"
           "--no-index\n--find-links ./wheels\n--pre\n--trusted-host x\n"
           "--no-binary=:all:\n--only-binary :all:\n--require-hashes\n"
           "foo\n"));
  EXPECT_THAT(Summary(list.projects), ElementsAre("foo"));
  EXPECT_THAT(list.notes, IsEmpty());
}

TEST(ParseRequirementsTest, NotesWhatIsNoProjectOfAnIndex) {
  const std::pair<const char*, const char*> cases[] = {
      {"-e .", "editable"},
      {"--editable=git+https://x.example/foo.git#egg=foo", "editable"},
      {"./downloads/numpy-1.9.2-cp34-none-win32.whl", "URL or path"},
      {"numpy-1.9.2.tar.gz", "URL or path"},
      {"..\\foo", "URL or path"},
      {".", "URL or path"},
      {"https://x.example/foo-1.0.zip#sha256=0", "URL or path"},
      {"git+ssh://git@x.example/foo", "URL or path"},
      {"urllib3 @ https://x.example/1.26.8.zip", "'urllib3'"},
      {"foo==${VERSION}", "not expanded"},
      {"-r ${FILE}", "not expanded"},
      {"-r https://x.example/r.txt", "a URL is not read"},
      {"-c", "a file expected"},
      {"--bogus", "unknown option"},
      {"foo --bogus", "unknown option"},
      {"foo bar", "requirement"},
      {"foo==", "="},
  };
  for (const auto& [line, why] : cases) {
    ASSERT_OK_AND_ASSIGN(const ProjectList list,
                         Read(fmt::format("a\n{}\nb\n", line)));
    EXPECT_THAT(list.projects, SizeIs(::testing::Ge(2u))) << line;
    ASSERT_THAT(list.notes, SizeIs(1)) << line;
    EXPECT_EQ(list.notes[0].line, 2u) << line;
    EXPECT_THAT(list.notes[0].text, HasSubstr(why));
  }
}

TEST(ParseRequirementsTest, IncludesAreRelativeToTheIncludingFile) {
  ASSERT_OK_AND_ASSIGN(
      const ProjectList list,
      Read({{"in/requirements.txt",
             "-r more/base.txt\n-cmore/constraints.txt\n"
             "--requirement='with space.txt'\n--constraint /abs/c.txt\na\n"},
            {"in/more/base.txt", "-r ../other.txt\nb\n"},
            {"in/more/../other.txt", "c\n"},
            {"in/with space.txt", "d\n"},
            {"in/more/constraints.txt", "e<2\n-r base.txt\n"},
            {"/abs/c.txt", "f==1\n"}}));
  EXPECT_THAT(Summary(list.projects), ElementsAre("c", "b", "d", "a"));
  EXPECT_THAT(Summary(list.constraints), ElementsAre("e<2", "f==1"));
  EXPECT_EQ(list.constraints[1].origin, "/abs/c.txt:1");
  EXPECT_THAT(list.notes, IsEmpty());
}

TEST(ParseRequirementsTest, CyclesEnd) {
  ASSERT_OK_AND_ASSIGN(
      const ProjectList list,
      Read({{"in/requirements.txt", "-r b.txt\na\n"},
            {"in/b.txt", "b\n-r ../in/requirements.txt\n-r b.txt\n"}}));
  EXPECT_THAT(Summary(list.projects), ElementsAre("b", "a"));
  ASSERT_THAT(list.notes, SizeIs(2));
  EXPECT_EQ(list.notes[0].file, "in/b.txt");
  EXPECT_THAT(list.notes[0].text, HasSubstr("includes itself"));
}

// Without reading each file once, this would take 2^40 reads.
TEST(ParseRequirementsTest, EachFileIsReadOnce) {
  Files files = {{"in/requirements.txt", "-r 0.txt\n-r 0.txt\n"}};
  for (int i = 0; i < 29; ++i) {
    files[fmt::format("in/{}.txt", i)] =
        fmt::format("p{0}\n-r {1}.txt\n-r {1}.txt\n", i, i + 1);
  }
  files["in/29.txt"] = "last\n";
  ASSERT_OK_AND_ASSIGN(const ProjectList list, Read(files));
  EXPECT_THAT(list.projects, SizeIs(30));
}

TEST(ParseRequirementsTest, RefusesIncludesWithoutAnEnd) {
  int reads = 0;
  EXPECT_THAT(
      ParseRequirements("-r x", "r.txt",
                        [&](const std::string&) -> absl::StatusOr<std::string> {
                          return fmt::format("-r {}.txt", ++reads);
                        }),
      FailsWith(Failure::kTooLarge, "deep"));
  std::string many;
  for (int i = 0; i < 2000; ++i) many += fmt::format("-r {}.txt\n", i);
  EXPECT_THAT(
      ParseRequirements(many, "r.txt",
                        [](const std::string&) -> absl::StatusOr<std::string> {
                          return std::string("a\n");
                        }),
      FailsWith(Failure::kTooLarge, "1000 files"));
}

TEST(ParseRequirementsTest, AFileThatIsNotThereFailsTheWhole) {
  EXPECT_THAT(Read("a\n-r gone.txt\n"),
              FailsWith(Failure::kNotFound, "in/requirements.txt:2"));
}

TEST(ParseRequirementsTest, RefusesOtherEncodings) {
  EXPECT_THAT(Read(std::string("\xFF\xFE"
                               "a\0\n\0",
                               6)),
              FailsWith(Failure::kMalformed, "UTF-8 expected"));
}

}  // namespace
}  // namespace tufmirror::select
