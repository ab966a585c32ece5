// Pages and rules in a few words.
#ifndef TUFMIRROR_TESTS_SELECT_SELECTION_FIXTURE_H_
#define TUFMIRROR_TESTS_SELECT_SELECTION_FIXTURE_H_

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "support/status_matchers.h"
#include "tufmirror/select/selection.h"

namespace tufmirror::select {

inline pypi::ProjectName Name(std::string_view text) {
  return pypi::ProjectName::Parse(text).value();
}

inline const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);
inline absl::Time DaysAgo(int days) { return kNow - absl::Hours(24 * days); }

inline pypi::OfferedFile File(std::string filename) {
  pypi::OfferedFile file;
  file.url = filename;
  file.filename = std::move(filename);
  return file;
}

inline pypi::UpstreamPage Page(const std::vector<std::string>& filenames) {
  pypi::UpstreamPage page;
  for (const std::string& name : filenames) page.files.push_back(File(name));
  return page;
}

// The verdict on `page` of project "foo"; fails the test if rules are wrong.
inline PageVerdict VerdictOn(const Rules& rules, const pypi::UpstreamPage& page,
                             absl::Time now = kNow) {
  const auto selection = Selection::Create(rules);
  EXPECT_THAT(selection, testing::IsOk());
  if (!selection.ok()) return {};
  return selection->OfPage(Name("foo"), page, {}, now);
}

inline std::set<std::string> SelectedFiles(const Rules& rules,
                                           const pypi::UpstreamPage& page,
                                           absl::Time now = kNow) {
  const PageVerdict verdict = VerdictOn(rules, page, now);
  EXPECT_EQ(verdict.files.size(), page.files.size());
  std::set<std::string> selected;
  for (size_t i = 0; i < verdict.files.size(); ++i) {
    EXPECT_NE(verdict.files[i].rule, "");
    if (verdict.files[i].selected) selected.insert(page.files[i].filename);
  }
  return selected;
}

inline std::set<std::string> SelectedFiles(
    const Rules& rules, const std::vector<std::string>& filenames) {
  return SelectedFiles(rules, Page(filenames));
}

}  // namespace tufmirror::select

#endif  // TUFMIRROR_TESTS_SELECT_SELECTION_FIXTURE_H_
