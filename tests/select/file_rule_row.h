// A table row for rules that look at one file alone: what one leaves of a page.
#ifndef TUFMIRROR_TESTS_SELECT_FILE_RULE_ROW_H_
#define TUFMIRROR_TESTS_SELECT_FILE_RULE_ROW_H_

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <ostream>
#include <string>
#include <vector>

#include "select/selection_fixture.h"

namespace tufmirror::select {

using Names = std::vector<std::string>;

struct FileRule {
  const char* name;
  Names files;
  std::function<void(Rules&)> set;
  Names kept;        // sorted
  const char* says;  // in the refusal of what is not kept
};
inline void PrintTo(const FileRule& row, std::ostream* out) {
  *out << row.name;
}

inline void CheckRow(const FileRule& row) {
  const pypi::UpstreamPage page = Page(row.files);
  Rules rules;
  EXPECT_EQ(SelectedFiles(rules, page).size(), page.files.size());
  row.set(rules);
  EXPECT_THAT(SelectedFiles(rules, page),
              ::testing::ElementsAreArray(row.kept));
  const PageVerdict verdict = VerdictOn(rules, page);
  EXPECT_TRUE(verdict.project.selected);
  for (const Verdict& file : verdict.files) {
    EXPECT_THAT(file.rule, file.selected
                               ? ::testing::HasSubstr("no rule is against it")
                               : ::testing::HasSubstr(row.says));
  }
}

}  // namespace tufmirror::select

#endif  // TUFMIRROR_TESTS_SELECT_FILE_RULE_ROW_H_
