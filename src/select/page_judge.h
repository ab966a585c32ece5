// The verdict on one page: each file by itself, then releases among each other.
#ifndef TUFMIRROR_SRC_SELECT_PAGE_JUDGE_H_
#define TUFMIRROR_SRC_SELECT_PAGE_JUDGE_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "select/allow_list.h"
#include "select/compiled_rules.h"
#include "select/file_judge.h"
#include "tufmirror/pypi/names.h"
#include "tufmirror/pypi/upstream_page.h"
#include "tufmirror/select/selection.h"

namespace tufmirror::select {

// `by_name` has selected the project.
PageVerdict JudgePage(const CompiledRules& rules, const AllowList& list,
                      const pypi::ProjectName& project,
                      const pypi::UpstreamPage& page, const Verdict& by_name,
                      absl::Time now);

}  // namespace tufmirror::select

#endif  // TUFMIRROR_SRC_SELECT_PAGE_JUDGE_H_
