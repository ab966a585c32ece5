// Versions are believed only if they are signed: a number that anybody could
// name would use up the versions that are left.
#include "tufmirror/sync/resume.h"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "fmt/format.h"
#include "sync/offline_roles.h"
#include "sync/origin_state.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/client/metadata_fetcher.h"
#include "tufmirror/client/metadata_store.h"
#include "tufmirror/client/refresh.h"
#include "tufmirror/fs/file.h"
#include "tufmirror/repo/tree_view.h"
#include "tufmirror/tree/layout.h"

namespace tufmirror::sync {
namespace {

using report::ExpiringRole;

// Far below where numbers end, far above what counting reaches.
constexpr int64_t kHighestPlausible = int64_t{1} << 62;

// What a reader has that trusts this origin's root and nothing else.
class NewReader : public client::MetadataStore {
 public:
  explicit NewReader(tuf::RawMetadata root) {
    roles_.emplace("root", std::move(root));
  }

  absl::StatusOr<tuf::RawMetadata> Load(
      std::string_view role, std::optional<int64_t> /*version*/) override {
    const auto found = roles_.find(role);
    if (found != roles_.end()) return found->second;
    return MakeFailure(Failure::kNotFound, std::string(role));
  }

  absl::Status Save(std::string_view role, int64_t /*version*/,
                    const tuf::RawMetadata& raw) override {
    roles_.insert_or_assign(std::string(role), raw);
    return absl::OkStatus();
  }

 private:
  std::map<std::string, tuf::RawMetadata, std::less<>> roles_;
};

int64_t HighestVersion(const tuf::TrustedMetadataSet& trusted) {
  const tuf::Snapshot& snapshot = **trusted.snapshot();
  int64_t highest = std::max((*trusted.timestamp())->version, snapshot.version);
  for (const auto& [role, meta] : snapshot.meta) {
    highest = std::max(highest, meta.version);
  }
  return highest;
}

absl::Status NotOlder(std::string_view role, int64_t here, int64_t there) {
  if (there <= here) return absl::OkStatus();
  return MakeFailure(
      Failure::kVersion,
      fmt::format("{}: expected version {} at most, as this home has, got {}: "
                  "this backup is older than the last change that offline keys "
                  "signed; publish that change here first",
                  Printable(role, 80), here, there));
}

// The highest version at `url`; offline roles must not be ahead of `offline`.
absl::StatusOr<int64_t> AskReplica(const std::string& url,
                                   const tuf::RawMetadata& root,
                                   const std::vector<ExpiringRole>& offline,
                                   http::Transfers& transfers) {
  client::MetadataFetcher fetcher(transfers, {http::JoinUrl(url, "metadata/")});
  NewReader reader(root);
  ASSIGN_OR_RETURN(const tuf::TrustedMetadataSet trusted,
                   client::Refresh(fetcher, reader, absl::InfinitePast()));
  RETURN_IF_ERROR(
      NotOlder("root", offline.front().version, trusted.root()->version));
  for (const ExpiringRole& role : offline) {
    const tuf::MetaFile* meta = (*trusted.snapshot())->Find(role.role);
    if (meta == nullptr) continue;
    RETURN_IF_ERROR(NotOlder(role.role, role.version, meta->version));
  }
  const int64_t highest = HighestVersion(trusted);
  if (highest < kHighestPlausible) return highest;
  return MakeFailure(Failure::kVersion,
                     fmt::format("expected versions below {}, got {}",
                                 kHighestPlausible, highest));
}

absl::StatusOr<tuf::RawMetadata> NewestRoot(const tree::Layout& layout,
                                            int64_t version) {
  ASSIGN_OR_RETURN(
      std::string bytes,
      fs::ReadFile(layout.live() + "/" + tree::MetadataPath("root", version),
                   client::kMaxRootBytes));
  return tuf::RawMetadata{std::move(bytes)};
}

}  // namespace

absl::StatusOr<ResumeResult> Resume(const tree::Home& home,
                                    const ResumeOptions& options) {
  const tree::Layout& layout = home.layout();
  ASSIGN_OR_RETURN(client::RepositoryView view,
                   repo::OpenTreeView(layout.live(), absl::InfinitePast()));
  ASSIGN_OR_RETURN(const std::vector<ExpiringRole> offline,
                   OfflineRolesOf(view));
  ASSIGN_OR_RETURN(const tuf::RawMetadata root,
                   NewestRoot(layout, view.trusted().root()->version));
  ASSIGN_OR_RETURN(OriginState state, LoadOriginState(layout));
  ResumeResult result;
  result.here = std::max(HighestVersion(view.trusted()), state.highest_version);
  ASSIGN_OR_RETURN(const auto transfers,
                   http::Transfers::Create(options.transfer));
  for (const std::string& url : options.from) {
    const auto seen = AskReplica(url, root, offline, *transfers);
    if (!seen.ok()) {
      return Annotate(
          seen.status(),
          fmt::format("ask the replica {}", Printable(http::RedactUrl(url))));
    }
    result.seen = std::max(result.seen, *seen);
  }
  state.highest_version = std::max(result.here, result.seen) + kResumeMargin;
  state.least_version = state.highest_version + 1;
  RETURN_IF_ERROR(SaveOriginState(layout, state));
  result.next = state.least_version;
  return result;
}

}  // namespace tufmirror::sync
