#include "source/index_due.h"

#include <cmath>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "tufmirror/base/status_macros.h"

namespace tufmirror::source {
namespace {

// The next few of a sorted sequence after where one came to last time, from
// the beginning again after its end.
class Turn {
 public:
  Turn(std::string_view last, size_t limit) : last_(last), limit_(limit) {}

  // In sorted order.
  absl::Status Offer(const IndexEntry& entry) {
    std::vector<PageQuestion>& part = entry.name > last_ ? after_ : before_;
    if (part.size() == limit_) return absl::OkStatus();
    ASSIGN_OR_RETURN(pypi::ProjectName project,
                     pypi::ProjectName::Parse(entry.name));
    part.push_back({std::move(project), entry.listed});
    return absl::OkStatus();
  }

  // Adds those whose turn it is; the last of them.
  std::string Take(std::vector<PageQuestion>& questions) && {
    for (std::vector<PageQuestion>* part : {&after_, &before_}) {
      for (PageQuestion& question : *part) {
        if (limit_ == 0) return last_;
        --limit_;
        last_ = question.project.str();
        questions.push_back(std::move(question));
      }
    }
    return last_;
  }

 private:
  std::string last_;
  size_t limit_;
  std::vector<PageQuestion> after_;
  std::vector<PageQuestion> before_;
};

class DueScan {
 public:
  DueScan(IndexWork& work, const IndexCursors& cursors,
          std::vector<PageQuestion>& questions)
      : work_(work),
        questions_(questions),
        has_list_(work.selection.NeedsRootList()),
        looks_at_rules_(work.rules_changed ||
                        work.selection.FollowsDependencies()),
        now_(absl::ToUnixSeconds(work.options.now)),
        sweep_(cursors.sweep, SweepSize(work)),
        absent_(cursors.absent,
                static_cast<size_t>(work.options.max_absent_checks)) {
    for (const PageQuestion& question : questions) {
      asked_.insert(question.project.str());
    }
  }

  absl::Status Visit(const IndexEntry& entry) {
    // Most are like this one, and there may be a million.
    if (!looks_at_rules_ && has_list_ && IsSettled(entry) &&
        !asked_.contains(entry.name)) {
      return sweep_.Offer(entry);
    }
    ASSIGN_OR_RETURN(pypi::ProjectName project,
                     pypi::ProjectName::Parse(entry.name));
    if (looks_at_rules_ && !work_.Selects(project)) {
      work_.changed.insert(std::move(project));
      return absl::OkStatus();
    }
    if (entry.unpublished || IsTime(entry) || work_.rules_changed) {
      work_.changed.insert(project);
    }
    // Only a list can say that one is back; without one it has to be asked.
    if ((entry.gone && has_list_) || asked_.contains(entry.name)) {
      return absl::OkStatus();
    }
    PageQuestion question{std::move(project), entry.listed};
    if (entry.again || entry.missing > 0 || IsTime(entry) || !has_list_ ||
        IsLost(entry)) {
      due_.push_back(std::move(question));
    } else if (entry.absent) {
      ++absent_count_;
      return absent_.Offer(entry);
    } else if (!entry.listed) {
      due_.push_back(std::move(question));
    } else {
      return sweep_.Offer(entry);
    }
    return absl::OkStatus();
  }

  void Finish(IndexCursors& cursors) && {
    cursors.sweep = std::move(sweep_).Take(due_);
    const size_t before = due_.size();
    cursors.absent = std::move(absent_).Take(due_);
    work_.counts.postponed += absent_count_ - (due_.size() - before);
    for (PageQuestion& question : due_) {
      questions_.push_back(std::move(question));
    }
  }

  void AddNamed(const pypi::ProjectName& project) {
    if (asked_.contains(project.str()) || work_.table.Find(project.str()) ||
        !work_.Selects(project)) {
      return;
    }
    due_.push_back({project});
  }

 private:
  static size_t SweepSize(const IndexWork& work) {
    return static_cast<size_t>(
        std::ceil(work.options.sweep_share *
                  static_cast<double>(work.table.rough_size())));
  }

  bool IsTime(const IndexEntry& entry) const {
    return entry.changes_at && *entry.changes_at <= now_;
  }

  // Nothing but its turn is a reason to look at it.
  bool IsSettled(const IndexEntry& entry) const {
    return entry.has_page() && entry.listed && entry.missing == 0 &&
           !entry.again && !entry.absent && !entry.gone && !entry.unpublished &&
           !IsTime(entry);
  }

  // Where every page is read again, one may turn out not to be there.
  bool IsLost(const IndexEntry& entry) const {
    return !entry.has_page() ||
           (work_.rules_changed && !work_.pages.Has(entry));
  }

  IndexWork& work_;
  std::vector<PageQuestion>& questions_;
  const bool has_list_;
  const bool looks_at_rules_;
  const int64_t now_;
  absl::flat_hash_set<std::string> asked_;
  std::vector<PageQuestion> due_;
  Turn sweep_;
  Turn absent_;
  size_t absent_count_ = 0;
};

}  // namespace

absl::Status AddDue(IndexWork& work, IndexCursors& cursors,
                    std::vector<PageQuestion>& questions) {
  DueScan scan(work, cursors, questions);
  RETURN_IF_ERROR(work.table.ForEach(
      [&scan](const IndexEntry& entry) { return scan.Visit(entry); }));
  for (const pypi::ProjectName& project : work.selection.AllowedProjects()) {
    scan.AddNamed(project);
  }
  for (const auto& [project, extras] : work.dependencies) {
    scan.AddNamed(project);
  }
  std::move(scan).Finish(cursors);
  return absl::OkStatus();
}

}  // namespace tufmirror::source
