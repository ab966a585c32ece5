// The plan that was not published is the list of what may have been accepted
// for it: nothing else is looked through.
#include "sync/leftovers.h"

#include <optional>
#include <string>

#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/crypto/file_content.h"
#include "tufmirror/fs/file.h"
#include "tufmirror/sync/plan.h"
#include "tufmirror/tree/layout.h"
#include "tufmirror/tree/retired.h"

namespace tufmirror::sync {
namespace {

// Whether `view` may have `path` with `content`: it does, or cannot say.
bool MayHave(client::RepositoryView& view, const PlannedChange& added) {
  const auto found = view.Find(added.path.str());
  if (!found.ok()) return true;
  return found->has_value() &&
         (*found)->target.content.digests == added.wanted.digests;
}

absl::Status Remove(const tree::Home& home, const TargetPath& prefixed,
                    const PlannedChange& added) {
  const std::string& root = home.layout().home();
  const std::string plain = root + "/" + added.path.str();
  // The plain name first, see StagingArea::AcceptPackage; only if it is of
  // these bytes.
  if (crypto::CheckFile(plain, added.wanted).ok()) {
    RETURN_IF_ERROR(fs::Remove(plain));
  }
  RETURN_IF_ERROR(fs::Remove(root + "/" + prefixed.str()));
  return fs::RemoveDirectoryIfEmpty(root + "/" +
                                    std::string(added.path.directory()));
}

}  // namespace

absl::Status RemoveLeftovers(const tree::Home& home,
                             client::RepositoryView* published,
                             client::RepositoryView& wanted) {
  auto plan = PlanReader::Open(home.layout().plan());
  if (FailureOf(plan.status()) == Failure::kNotFound) return absl::OkStatus();
  RETURN_IF_ERROR(plan.status());
  ASSIGN_OR_RETURN(const tree::RetiredFiles retired,
                   tree::RetiredFiles::Load(home));
  while (true) {
    const auto change = plan->Next();
    // A plan that a killed run did not finish writing: it downloaded nothing.
    if (!change.ok() || !*change) return absl::OkStatus();
    const PlannedChange& added = **change;
    if (added.action != Action::kAdd || !tree::IsPackage(added.path)) continue;
    if (MayHave(wanted, added)) continue;
    if (published != nullptr && MayHave(*published, added)) continue;
    ASSIGN_OR_RETURN(const TargetPath prefixed,
                     tree::PrefixedPath(added.path, added.wanted.digests));
    if (retired.Contains(prefixed)) continue;
    RETURN_IF_ERROR(Remove(home, prefixed, added));
  }
}

}  // namespace tufmirror::sync
