#include "guard/judge.h"

#include <utility>

#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/select/project_list.h"
#include "tufmirror/select/rules.h"

namespace tufmirror::guard {
namespace {

select::Rules RulesOf(const Policy& policy) {
  select::Rules rules;
  rules.projects = policy.projects;
  rules.quarantined = select::Keep::kKeep;
  if (policy.refuse_yanked) rules.yanked = select::Keep::kDrop;
  rules.min_age = policy.min_age;
  return rules;
}

absl::Status OfVerdict(const select::Verdict& verdict) {
  return verdict.selected ? absl::OkStatus() : PolicyRefusal(verdict.rule);
}

}  // namespace

absl::Status PolicyRefusal(std::string_view reason) {
  return MakeFailure(Failure::kHeldBack, fmt::format("policy: {}", reason));
}

absl::StatusOr<Judge> Judge::Create(const Policy& policy, Ledger& ledger) {
  ASSIGN_OR_RETURN(select::Selection selection,
                   select::Selection::Create(RulesOf(policy)));
  Judge judge(policy, std::move(selection));
  for (const std::string& path : policy.hash_lists) {
    ASSIGN_OR_RETURN(const select::ProjectList list,
                     select::ReadProjectList(path));
    const size_t before = judge.hashes_.size();
    for (const select::ListedProject& listed : list.projects) {
      judge.hashes_.insert(listed.hashes.begin(), listed.hashes.end());
      if (listed.hashes.empty()) {
        ledger.Log(LogLine::Kind::kNote,
                   fmt::format("{}: {} has no sha256 and will be refused",
                               listed.origin, listed.name.str()));
      }
    }
    if (judge.hashes_.size() == before && before == 0) {
      return MakeFailure(
          Failure::kUsage,
          fmt::format("hash list {}: expected files with their sha256, got {} "
                      "projects without one",
                      path, list.projects.size()));
    }
  }
  return judge;
}

bool Judge::NeedsPage() const {
  return policy_.refuse_yanked || policy_.min_age > absl::ZeroDuration();
}

absl::Status Judge::OfProject(const pypi::ProjectName& project) const {
  if (policy_.projects.empty()) return absl::OkStatus();
  return OfVerdict(selection_.OfProject(project, {}));
}

absl::Status Judge::OfDigest(const std::optional<Sha256>& sha256) const {
  if (policy_.hash_lists.empty()) return absl::OkStatus();
  if (sha256 && hashes_.count(*sha256) > 0) return absl::OkStatus();
  return PolicyRefusal(
      fmt::format("sha256 {} is in none of the hash lists",
                  sha256 ? sha256->Hex() : std::string("(unknown)")));
}

std::vector<absl::Status> Judge::OfFiles(const pypi::ProjectName& project,
                                         const pypi::UpstreamPage& page,
                                         absl::Time now) const {
  const select::PageVerdict verdict = selection_.OfPage(project, page, {}, now);
  std::vector<absl::Status> statuses;
  statuses.reserve(page.files.size());
  for (size_t i = 0; i < page.files.size(); ++i) {
    absl::Status status = OfVerdict(verdict.project);
    if (status.ok() && i < verdict.files.size()) {
      status = OfVerdict(verdict.files[i]);
    }
    if (status.ok()) status = OfDigest(page.files[i].sha256);
    statuses.push_back(std::move(status));
  }
  return statuses;
}

}  // namespace tufmirror::guard
