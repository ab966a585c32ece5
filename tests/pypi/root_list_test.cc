// The root list of other indexes, in both formats.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "fmt/format.h"
#include "support/status_matchers.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/pypi/simple_index.h"
#include "tufmirror/pypi/upstream_page.h"

namespace tufmirror::pypi {
namespace {

using ::testing::ElementsAre;
using testing::FailsWith;
using ::testing::IsEmpty;

struct List {
  RootListFacts facts;
  std::vector<std::string> projects;  // "name=display name@serial"
};

using Reader = absl::StatusOr<RootListFacts> (*)(std::string_view,
                                                 RootListVisitor);

absl::StatusOr<List> Read(Reader reader, std::string_view text) {
  List list;
  ASSIGN_OR_RETURN(
      list.facts, reader(text, [&](const RootListEntry& entry) {
        list.projects.push_back(
            fmt::format("{}={}{}", entry.name.str(), entry.display_name,
                        entry.serial ? fmt::format("@{}", *entry.serial) : ""));
        return absl::OkStatus();
      }));
  return list;
}
absl::StatusOr<List> ReadJson(std::string_view text) {
  return Read(ForEachListedProjectJson, text);
}
absl::StatusOr<List> ReadHtml(std::string_view text) {
  return Read(ForEachListedProjectHtml, text);
}

std::string Json(std::string_view entries, std::string_view meta = "") {
  return fmt::format(
      R"({{"meta":{{"api-version":"1.4"{}}},"projects":[{}],"x":[1]}})", meta,
      entries);
}

TEST(RootListJsonTest, VisitsEachProjectWithItsSerial) {
  ASSERT_OK_AND_ASSIGN(
      const List list,
      ReadJson(Json(R"({"name":"Foo.Bar","_last-serial":7}, {"name":"a"},)"
                    R"({"_last-serial":"8","name":"b"})",
                    R"(,"_last-serial":99)")));
  EXPECT_THAT(list.projects, ElementsAre("foo-bar=Foo.Bar@7", "a=a", "b=b@8"));
  EXPECT_EQ(list.facts.last_serial, 99);
  EXPECT_EQ(list.facts.projects, 3u);
  EXPECT_EQ(list.facts.unusable, 0u);
}

TEST(RootListJsonTest, ReadsWhatRenderRootJsonWrote) {
  std::vector<RootEntry> entries;
  std::vector<std::string> expected;
  for (int i = 0; i < 20'000; ++i) {  // several runs
    const std::string name = fmt::format("Project_{:05}", i);
    entries.push_back({ProjectName::Parse(name).value(), name});
    expected.push_back(fmt::format("project-{:05}={}", i, name));
  }
  ASSERT_OK_AND_ASSIGN(const List list, ReadJson(RenderRootJson(entries, 5)));
  EXPECT_EQ(list.projects, expected);
  EXPECT_EQ(list.facts.last_serial, 5);
}

TEST(RootListJsonTest, TheOrderOfMembersDoesNotMatter) {
  ASSERT_OK_AND_ASSIGN(
      const List list,
      ReadJson(
          R"( { "a" : [ {"projects":[]}, "]" ] , "projects" : [ )"
          R"({"name":"a","x":"\"]}"} ] , "meta":{"api-version":"1.0"} } )"));
  EXPECT_THAT(list.projects, ElementsAre("a=a"));
  ASSERT_OK_AND_ASSIGN(const List none, ReadJson(Json(" ")));
  EXPECT_THAT(none.projects, IsEmpty());
}

// Runs are cut by a guess first.
TEST(RootListJsonTest, CutsTheListAtNoOtherPlace) {
  std::string entries = R"({"name":"a"})";
  std::vector<std::string> expected = {"a=a"};
  for (const char* trap : {R"({"name":"b","x":"%},{\"name\":\"no\"},{"})",
                           R"({"name":"b","x":[%{"name":"no"},{"name":"no"}]})",
                           R"({"name":"b","x":"%"} , {"name":"c"})"}) {
    // Long enough for each place of the trap to be where a run may end.
    for (const size_t length : {65'400, 65'450, 65'500, 65'530}) {
      std::string entry = trap;
      entry.replace(entry.find('%'), 1, std::string(length, ' '));
      entries += "," + entry;
      expected.emplace_back("b=b");
      if (entry.find("\"c\"") != std::string::npos) {
        expected.emplace_back("c=c");
      }
    }
  }
  ASSERT_OK_AND_ASSIGN(const List list, ReadJson(Json(entries)));
  EXPECT_EQ(list.projects, expected);
  const std::string long_end =
      fmt::format(R"({{"projects":[{{"name":"a","x":"{}"}}],"y":[{{}},{{}}],)"
                  R"("meta":{{"api-version":"1.0"}}}})",
                  std::string(65'520, 'x'));
  ASSERT_OK_AND_ASSIGN(const List ended, ReadJson(long_end));
  EXPECT_THAT(ended.projects, ElementsAre("a=a"));
}

TEST(RootListJsonTest, CountsEntriesThatCannotBeUsed) {
  ASSERT_OK_AND_ASSIGN(
      const List list,
      ReadJson(Json(R"({"name":"../x"},1,{},{"name":7},{"name":"a"},)"
                    R"({"name":"b","_last-serial":-3})",
                    R"(,"_last-serial":"?")")));
  EXPECT_THAT(list.projects, ElementsAre("a=a", "b=b"));
  EXPECT_EQ(list.facts.unusable, 4u);
  EXPECT_EQ(list.facts.example, "../x");
  EXPECT_EQ(list.facts.last_serial, std::nullopt);
}

TEST(RootListJsonTest, RefusesWhatIsNoList) {
  const std::string huge(100'000, ' ');  // the next entry is another run
  const std::pair<std::string, const char*> cases[] = {
      {"", "list of projects"},
      {"<html>", "start with '<html>'"},
      {"[]", "'projects'"},
      {"{}", "'projects'"},
      {R"({"meta":{"api-version":"1.0"}})", "'projects'"},
      {R"({"meta":{"api-version":"1.0"},"projects":{}})", "'projects'"},
      {R"({"projects":[]})", "meta"},
      {R"({"projects":[],"projects":[],"meta":{"api-version":"1.0"}})",
       "twice"},
      {R"({"meta":{"api-version":"2.0"},"projects":[]})", "got '2.0'"},
      {R"({"meta":{"api-version":"1.0"},"projects":[)", "no end"},
      {R"({"meta":{"api-version":"1.0"},"projects":[]} x)", "parse JSON"},
      {Json(R"({"name":"a"},)"), "parse JSON"},
      {Json(R"({"name":"a"})" + huge + ","), "behind ','"},
      {Json(R"({"name":"a")"), "parse JSON"},
      {Json(R"({"name":"a"]}])"), "parse JSON"},
      {Json(R"({"name":"a","name":"b"})"), "twice"},
      {Json(R"({"name":"a"} {"name":"b"})"), "parse JSON"},
  };
  for (const auto& [text, why] : cases) {
    EXPECT_THAT(ReadJson(text), FailsWith(Failure::kMalformed, why))
        << text.substr(0, 100);
  }
}

TEST(RootListJsonTest, StopsAtAnErrorOfTheVisitor) {
  int visits = 0;
  EXPECT_THAT(ForEachListedProjectJson(Json(R"({"name":"a"},{"name":"b"})"),
                                       [&](const RootListEntry&) {
                                         ++visits;
                                         return MakeFailure(Failure::kCancelled,
                                                            "enough");
                                       }),
              FailsWith(Failure::kCancelled, "enough"));
  EXPECT_EQ(visits, 1);
}

TEST(RootListHtmlTest, ReadsTheListsOfManyServers) {
  const std::pair<const char*, const char*> cases[] = {
      {R"(<a href="/simple/foo-bar/">Foo.Bar</a>)", "foo-bar=Foo.Bar"},
      {R"(<a href="foo-bar/">foo-bar/</a>)", "foo-bar=foo-bar"},
      {R"(<a href="foo-bar">Foo_Bar</a>)", "foo-bar=Foo_Bar"},
      {R"(<a href="foo-bar/">foo-..&gt;</a>)", "foo-bar=foo-bar"},
      {R"(<a href="https://x.example/simple/Foo%5FBar/?a#b"></a>)",
       "foo-bar=Foo_Bar"},
  };
  for (const auto& [link, expected] : cases) {
    ASSERT_OK_AND_ASSIGN(const List list,
                         ReadHtml(fmt::format("<html>{}<br/>", link)));
    EXPECT_THAT(list.projects, ElementsAre(expected)) << link;
  }
}

TEST(RootListHtmlTest, PassesOverOtherLinks) {
  ASSERT_OK_AND_ASSIGN(
      const List list,
      ReadHtml(R"(<a href="../">../</a><a href="?C=N;O=D">Name</a><a>x</a>)"
               R"(<a href="/login">Sign in</a><a href="">x</a>)"
               R"(<a href="a/">a</a><!--SERIAL 42-->)"));
  EXPECT_THAT(list.projects, ElementsAre("a=a"));
  EXPECT_EQ(list.facts.unusable, 4u);
  EXPECT_EQ(list.facts.example, "../");
  EXPECT_EQ(list.facts.last_serial, 42);
}

TEST(RootListHtmlTest, ReadsWhatRenderRootHtmlWrote) {
  std::vector<RootEntry> entries;
  std::vector<std::string> expected;
  for (int i = 0; i < 20'000; ++i) {  // several runs
    const std::string name = fmt::format("Project_{:05}", i);
    entries.push_back({ProjectName::Parse(name).value(), name});
    expected.push_back(fmt::format("project-{:05}={}", i, name));
  }
  ASSERT_OK_AND_ASSIGN(const List list, ReadHtml(RenderRootHtml(entries)));
  EXPECT_EQ(list.projects, expected);
}

TEST(RootListHtmlTest, RefusesWhatIsNoList) {
  const std::pair<const char*, const char*> cases[] = {
      {"", "HTML expected"},
      {R"({"projects":[]})", "HTML expected"},
      {"<form><input name=user></form>", "sign-in"},
      {"<meta name='pypi:repository-version' content='2.0'>", "got '2.0'"},
  };
  for (const auto& [text, why] : cases) {
    EXPECT_THAT(ReadHtml(text), FailsWith(Failure::kMalformed, why)) << text;
  }
}

}  // namespace
}  // namespace tufmirror::pypi
