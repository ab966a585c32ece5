// The report of a run: as JSON, as text, as an exit code.
#include "tufmirror/report/run_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "support/status_matchers.h"
#include "tufmirror/json/document.h"

namespace tufmirror {
namespace {

using report::RunReport;
using ::testing::HasSubstr;
using ::testing::Not;

RunReport FullReport() {
  RunReport report;
  report.kind = "replica";
  report.started = absl::FromUnixSeconds(1'700'000'000);
  report.duration = absl::Milliseconds(2500);
  report.published = true;
  report.generation = 7;
  report.targets = 100;
  report.added = 1;
  report.changed = 2;
  report.removed = 3;
  report.requests = 4;
  report.retries = 5;
  report.bytes_received = 1'500'000;
  report.files_downloaded = 8;
  report.metadata_files = 9;
  report.phases = {{"fetch", absl::Seconds(1)}, {"publish", absl::Seconds(2)}};
  report.problems = {
      {"a \"b\"\n", MakeFailure(Failure::kHeldBack, "line\nbreak")}};
  report.warnings = {"root expires in 12 days"};
  return report;
}

TEST(RunReportTest, JsonHasEveryField) {
  const std::string text = report::ToJson(FullReport());
  EXPECT_THAT(text, Not(HasSubstr("\n")));
  ASSERT_OK_AND_ASSIGN(const auto document, json::Document::Parse(text));
  const json::Value root = document.root();
  const std::pair<const char*, int64_t> numbers[] = {
      {"exit_code", 3},
      {"generation", 7},
      {"targets", 100},
      {"added", 1},
      {"changed", 2},
      {"removed", 3},
      {"requests", 4},
      {"retries", 5},
      {"bytes_received", 1'500'000},
      {"files_downloaded", 8},
      {"metadata_files", 9}};
  for (const auto& [key, number] : numbers) {
    ASSERT_TRUE(root.Find(key).has_value()) << key;
    EXPECT_EQ(root.Find(key)->AsInteger(key).value_or(-1), number) << key;
  }
  const std::pair<const char*, const char*> strings[] = {
      {"kind", "replica"},
      {"outcome", "ok"},
      {"message", ""},
      {"started", "2023-11-14T22:13:20Z"}};
  for (const auto& [key, value] : strings) {
    ASSERT_TRUE(root.Find(key).has_value()) << key;
    EXPECT_EQ(root.Find(key)->AsString(key).value_or("?"), value) << key;
  }
  EXPECT_FALSE(root.Find("dry_run")->AsBool("dry_run").value_or(true));
  EXPECT_TRUE(root.Find("published")->AsBool("published").value_or(false));
  EXPECT_EQ(root.Find("seconds")->type(), json::Type::kFloat);
  EXPECT_EQ(root.Find("phases")->size(), 2u);
  EXPECT_TRUE(root.Find("phases")->Find("publish").has_value());
  EXPECT_EQ(root.Find("problems")->size(), 1u);
  EXPECT_EQ(root.Find("warnings")->size(), 1u);
  EXPECT_EQ(root.size(), 22u);
}

TEST(RunReportTest, JsonOfAProblemNamesObjectFailureAndMessage) {
  const std::string text = report::ToJson(FullReport());
  ASSERT_OK_AND_ASSIGN(const auto document, json::Document::Parse(text));
  const auto visit = [](json::Value problem) -> absl::Status {
    EXPECT_EQ(*problem.Find("object")->AsString(""), "a \"b\"\n");
    EXPECT_EQ(*problem.Find("failure")->AsString(""),
              FailureName(Failure::kHeldBack));
    EXPECT_EQ(*problem.Find("message")->AsString(""), "line\nbreak");
    return absl::OkStatus();
  };
  EXPECT_THAT(document.root().Find("problems")->ForEachElement(visit),
              testing::IsOk());
}

TEST(RunReportTest, JsonOfAFailureSaysWhichAndWhy) {
  RunReport report;
  report.started = absl::UnixEpoch();
  report.outcome = MakeFailure(Failure::kRollback, "timestamp: version 3");
  ASSERT_OK_AND_ASSIGN(const auto document,
                       json::Document::Parse(report::ToJson(report)));
  const json::Value root = document.root();
  EXPECT_EQ(*root.Find("outcome")->AsString(""), "rollback");
  EXPECT_EQ(*root.Find("message")->AsString(""), "timestamp: version 3");
  EXPECT_EQ(*root.Find("exit_code")->AsInteger(""), 5);
}

TEST(RunReportTest, TextSaysWhatWasPublished) {
  const std::string text = report::ToText(FullReport());
  EXPECT_THAT(text, HasSubstr("published generation 7: 100 targets (1 added, "
                              "2 changed, 3 removed); 1.5 MB received in 4 "
                              "requests, 2.5 s\n"));
  EXPECT_THAT(text, HasSubstr("warning: root expires in 12 days\n"));
}

TEST(RunReportTest, TextKeepsEachProblemOnOneLine) {
  RunReport report = FullReport();
  report.problems[0].object = "evil\n\x1b[2J";
  const std::string text = report::ToText(report);
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
  EXPECT_THAT(text, HasSubstr("held back: evil"));
}

TEST(RunReportTest, TextShowsTwentyProblemsAndCountsTheRest) {
  RunReport report;
  for (int i = 0; i < 23; ++i) {
    report.problems.push_back(
        {"p" + std::to_string(i), MakeFailure(Failure::kHeldBack, "why")});
  }
  const std::string text = report::ToText(report);
  EXPECT_THAT(text, HasSubstr("held back: p19: why\n"));
  EXPECT_THAT(text, Not(HasSubstr("p20")));
  EXPECT_THAT(text, HasSubstr("held back: and 3 more\n"));
}

TEST(RunReportTest, TextOfAFailureSaysWhatIsServedNow) {
  RunReport report;
  report.outcome = MakeFailure(Failure::kDiskFull, "write x: no space");
  EXPECT_THAT(report::ToText(report), HasSubstr("nothing is published yet"));
  report.generation = 4;
  const std::string text = report::ToText(report);
  EXPECT_THAT(text, HasSubstr("sync failed (disk full): write x: no space\n"));
  EXPECT_THAT(text, HasSubstr("generation 4 is still served\n"));
}

TEST(RunReportTest, TextOfADryRunSaysThatNothingChanged) {
  RunReport report = FullReport();
  report.dry_run = true;
  EXPECT_THAT(report::ToText(report), HasSubstr("nothing was changed"));
  report.dry_run = report.published = false;
  EXPECT_THAT(report::ToText(report), HasSubstr("nothing new: generation 7"));
}

TEST(RunReportTest, ExitCodesAreTheDocumentedOnes) {
  const std::pair<Failure, int> codes[] = {
      {Failure::kInternal, 1},     {Failure::kUsage, 2},
      {Failure::kCancelled, 1},    {Failure::kLocked, 4},
      {Failure::kBrake, 6},        {Failure::kHeldBack, 3},
      {Failure::kFileSystem, 1},   {Failure::kDiskFull, 1},
      {Failure::kKey, 1},          {Failure::kNetwork, 1},
      {Failure::kTimeout, 1},      {Failure::kNotFound, 1},
      {Failure::kHttpStatus, 1},   {Failure::kTooLarge, 5},
      {Failure::kLength, 5},       {Failure::kDigest, 5},
      {Failure::kThreshold, 5},    {Failure::kExpired, 5},
      {Failure::kRollback, 5},     {Failure::kVersion, 5},
      {Failure::kUnauthorised, 5}, {Failure::kUnsafePath, 5},
      {Failure::kReplacedFile, 5}};
  for (const auto& [failure, code] : codes) {
    EXPECT_EQ(report::ExitCodeOf(MakeFailure(failure, "x")), code)
        << FailureName(failure);
  }
  EXPECT_EQ(report::ExitCodeOf(absl::OkStatus()), 0);
}

TEST(RunReportTest, ExitCodeOfARunPutsItsFailureBeforeWhatWasHeldBack) {
  RunReport report;
  EXPECT_EQ(report::ExitCodeOf(report), 0);
  report.problems = {{"p", MakeFailure(Failure::kDigest, "why")}};
  EXPECT_EQ(report::ExitCodeOf(report), 3);
  report.outcome = MakeFailure(Failure::kBrake, "why");
  EXPECT_EQ(report::ExitCodeOf(report), 6);
}

}  // namespace
}  // namespace tufmirror
