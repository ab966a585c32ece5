#include "sync/diff.h"

#include <optional>
#include <set>
#include <string>
#include <utility>

#include "fmt/format.h"
#include "sync/servable.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/tree/layout.h"

namespace tufmirror::sync {
namespace {

using client::RepositoryView;
using tuf::FoundTarget;
using tuf::TargetFile;

using DelegatingRoles = std::set<std::string, std::less<>>;
using VisitTarget = absl::FunctionRef<absl::Status(std::string_view role,
                                                   const TargetFile& target)>;

// Calls `visit` for the authoritative targets of every role of `view` that
// differs. Roles that do not differ are loaded only to get at the roles below.
absl::Status ForEachDifferingTarget(RepositoryView& view,
                                    const source::ChangedRoles& changed,
                                    const DelegatingRoles& delegating,
                                    VisitTarget visit) {
  if (changed.Contains("targets")) {
    RETURN_IF_ERROR(view.ForEachTarget("targets", view.top(),
                                       [&visit](const TargetFile& target) {
                                         return visit("targets", target);
                                       }));
  }
  std::set<std::string, std::less<>> visited;
  return view.WalkDelegations([&](const RepositoryView::Delegation& delegation)
                                  -> absl::StatusOr<RepositoryView::Descend> {
    if (!delegation.listed) return RepositoryView::Descend::kSkip;
    const bool differs = changed.Contains(delegation.role);
    if (!differs) {
      return delegating.contains(delegation.role)
                 ? RepositoryView::Descend::kLoad
                 : RepositoryView::Descend::kSkip;
    }
    ASSIGN_OR_RETURN(const tuf::RolePtr role,
                     view.Load(delegation.role, delegation.delegator_name,
                               delegation.delegator));
    // A role that two others delegate to is looked through once: which of
    // its targets count is decided by the search from the top anyway.
    if (visited.emplace(delegation.role).second) {
      RETURN_IF_ERROR(view.ForEachTarget(
          delegation.role, role, [&](const TargetFile& target) {
            return visit(delegation.role, target);
          }));
    }
    return RepositoryView::Descend::kLoad;
  });
}

// The same bytes as far as both sides say: another set of listed algorithms is
// no change of the file.
bool IsSameContent(const ExpectedContent& a, const ExpectedContent& b) {
  if (a.length != b.length) return false;
  const bool both_sha256 = a.digests.sha256 && b.digests.sha256;
  const bool both_sha512 = a.digests.sha512 && b.digests.sha512;
  if (both_sha256 && a.digests.sha256 != b.digests.sha256) return false;
  if (both_sha512 && a.digests.sha512 != b.digests.sha512) return false;
  return both_sha256 || both_sha512;
}

absl::Status AddOrChange(const TargetFile& target, TargetPath path,
                         RepositoryView* published, SyncPlan& plan) {
  if (!target.content.digests.unsupported.empty()) {
    return MakeFailure(
        Failure::kUnsupported,
        fmt::format("target {}: its digest {} cannot be checked here, and "
                    "every listed one must be",
                    Printable(target.path),
                    target.content.digests.unsupported));
  }
  std::optional<FoundTarget> before;
  if (published != nullptr) {
    ASSIGN_OR_RETURN(before, published->Find(target.path));
  }
  if (!before) {
    return plan.Add({Action::kAdd, std::move(path), target.content, {}});
  }
  if (IsSameContent(before->target.content, target.content)) {
    return absl::OkStatus();
  }
  return plan.Add({Action::kChange, std::move(path), target.content,
                   before->target.content});
}

// A target of a published role that differs now. What another differing role
// of the wanted state has was seen there already.
absl::Status RemoveOrChange(const TargetFile& target, RepositoryView& wanted,
                            const source::ChangedRoles& changed,
                            const tree::Layout& layout, SyncPlan& plan) {
  ASSIGN_OR_RETURN(const auto now, wanted.Find(target.path));
  if (now && changed.Contains(now->role)) return absl::OkStatus();
  if (now && IsSameContent(now->target.content, target.content)) {
    return absl::OkStatus();
  }
  auto path = ServablePath(layout, target);
  if (!path.ok()) return absl::OkStatus();  // so it was never here
  if (now) {
    return plan.Add({Action::kChange, *std::move(path), now->target.content,
                     target.content});
  }
  return plan.Add({Action::kRemove, *std::move(path), {}, target.content});
}

}  // namespace

absl::Status AddDifferences(RepositoryView* published, RepositoryView& wanted,
                            const source::ChangedRoles& changed,
                            const source::PublishedState* state,
                            const tree::Layout& layout, HoldBack hold_back,
                            SyncPlan& plan) {
  RETURN_IF_ERROR(ForEachDifferingTarget(
      wanted, changed, changed.delegating_roles,
      [&](std::string_view role, const TargetFile& target) -> absl::Status {
        auto path = ServablePath(layout, target);
        if (path.ok()) {
          return AddOrChange(target, *std::move(path), published, plan);
        }
        hold_back(target,
                  Annotate(path.status(), fmt::format("listed by role '{}'",
                                                      Printable(role, 80))));
        return absl::OkStatus();
      }));
  if (published == nullptr) return absl::OkStatus();
  return ForEachDifferingTarget(
      *published, changed, state->delegating_roles,
      [&](std::string_view, const TargetFile& target) {
        return RemoveOrChange(target, wanted, changed, layout, plan);
      });
}

absl::Status AddRepairs(RepositoryView& published, RepositoryView& wanted,
                        const std::set<std::string>& targets, SyncPlan& plan) {
  for (const std::string& target : targets) {
    ASSIGN_OR_RETURN(const auto before, published.Find(target));
    ASSIGN_OR_RETURN(const auto now, wanted.Find(target));
    const bool same =
        before && now &&
        IsSameContent(before->target.content, now->target.content);
    if (!same) continue;
    ASSIGN_OR_RETURN(TargetPath path, tree::TreePathOfTarget(target));
    RETURN_IF_ERROR(
        plan.Add({Action::kRepair, std::move(path), now->target.content, {}}));
  }
  return absl::OkStatus();
}

}  // namespace tufmirror::sync
