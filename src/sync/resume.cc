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
#include "sync/origin_state.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/client/metadata_fetcher.h"
#include "tufmirror/client/metadata_store.h"
#include "tufmirror/client/refresh.h"
#include "tufmirror/fs/file.h"
#include "tufmirror/repo/editor.h"
#include "tufmirror/repo/tree_view.h"
#include "tufmirror/tree/layout.h"

namespace tufmirror::sync {
namespace {

// Far above what counting reaches, and half of what every client can count to:
// JSON's numbers are exact up to 2^53.
constexpr int64_t kHighestPlausible = int64_t{1} << 52;

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

// The highest version that the online key gave; `online`: the roles below top
// level that it signs. Others count as they like.
int64_t HighestVersion(const tuf::TrustedMetadataSet& trusted,
                       const repo::BinStates& online) {
  const tuf::Snapshot& snapshot = **trusted.snapshot();
  int64_t highest = std::max((*trusted.timestamp())->version, snapshot.version);
  for (const auto& [role, meta] : snapshot.meta) {
    if (online.contains(role)) highest = std::max(highest, meta.version);
  }
  return highest;
}

absl::Status NotOlder(std::string_view role, int64_t here, int64_t there) {
  if (there <= here) return absl::OkStatus();
  return MakeFailure(
      Failure::kVersion,
      fmt::format("{}: expected version {} at most, as this home has, got {}: "
                  "this backup is older than the last change of it, which the "
                  "online key cannot sign; publish that change here first",
                  Printable(role, 80), here, there));
}

// What this home publishes.
struct Here {
  const tuf::TrustedMetadataSet& trusted;
  tuf::RawMetadata root;
  repo::BinStates online;
};

// The highest version at `url`, where nothing that the online key cannot sign
// may be newer than here: readers would refuse a snapshot that goes back.
absl::StatusOr<int64_t> AskReplica(const std::string& url, const Here& here,
                                   http::Transfers& transfers) {
  client::MetadataFetcher fetcher(transfers, {http::JoinUrl(url, "metadata/")});
  NewReader reader(here.root);
  ASSIGN_OR_RETURN(const tuf::TrustedMetadataSet trusted,
                   client::Refresh(fetcher, reader, absl::InfinitePast()));
  RETURN_IF_ERROR(
      NotOlder("root", here.trusted.root()->version, trusted.root()->version));
  for (const auto& [role, meta] : (*trusted.snapshot())->meta) {
    if (here.online.contains(role)) continue;
    const tuf::MetaFile* own = (*here.trusted.snapshot())->Find(role);
    RETURN_IF_ERROR(NotOlder(role, own ? own->version : 0, meta.version));
  }
  const int64_t highest = HighestVersion(trusted, here.online);
  if (highest < kHighestPlausible) return highest;
  return MakeFailure(Failure::kVersion,
                     fmt::format("expected versions below {}, got {}: a thief "
                                 "of the online key counted there; replace "
                                 "that key with a ceremony instead",
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
  ASSIGN_OR_RETURN(tuf::RawMetadata root,
                   NewestRoot(layout, view.trusted().root()->version));
  ASSIGN_OR_RETURN(OriginState state, LoadOriginState(layout));
  ASSIGN_OR_RETURN(const auto editor,
                   repo::RepositoryEditor::Open(view, state.bins));
  const Here here{view.trusted(), std::move(root), editor.role_states()};
  ResumeResult result;
  result.here = std::max(HighestVersion(here.trusted, here.online),
                         state.highest_version);
  ASSIGN_OR_RETURN(const auto transfers,
                   http::Transfers::Create(options.transfer));
  for (const std::string& url : options.from) {
    const auto seen = AskReplica(url, here, *transfers);
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
