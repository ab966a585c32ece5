// Reads the live tree as a reader would who trusts nothing but the first root.
#include "sync/verification.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/numbers.h"
#include "fmt/format.h"
#include "sync/servable.h"
#include "sync/tree_status.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/client/metadata_fetcher.h"
#include "tufmirror/client/repository_view.h"
#include "tufmirror/crypto/file_content.h"
#include "tufmirror/fs/file.h"
#include "tufmirror/fs/walk.h"
#include "tufmirror/source/tuf_source.h"
#include "tufmirror/tree/layout.h"
#include "tufmirror/tree/publisher.h"
#include "tufmirror/tree/retired.h"
#include "tufmirror/tuf/verified.h"

namespace tufmirror::sync {
namespace {

using client::RepositoryView;
using tuf::RawMetadata;

constexpr uint64_t kMaxServedStatusBytes = uint64_t{64} << 20;

// Versions of the roots in a tree, ascending.
absl::StatusOr<std::vector<int64_t>> RootVersions(const std::string& tree) {
  ASSIGN_OR_RETURN(const std::vector<std::string> names,
                   fs::ListDirectory(tree + "/metadata"));
  std::vector<int64_t> versions;
  constexpr std::string_view kEnd = ".root.json";
  for (const std::string& name : names) {
    int64_t version = 0;
    if (name.ends_with(kEnd) &&
        absl::SimpleAtoi(name.substr(0, name.size() - kEnd.size()), &version)) {
      versions.push_back(version);
    }
  }
  std::sort(versions.begin(), versions.end());
  if (versions.empty()) {
    return MakeFailure(Failure::kNotFound,
                       fmt::format("{}/metadata has no root", tree));
  }
  return versions;
}

// The root that was trusted when the home was made must be part of the chain:
// otherwise a whole foreign tree would verify against itself.
absl::Status CheckAnchor(const std::string& tree, const std::string& anchor) {
  RawMetadata trusted;
  ASSIGN_OR_RETURN(trusted.bytes, fs::ReadFile(anchor, client::kMaxRootBytes));
  const auto root = tuf::Verifier::VerifyInitialRoot(trusted);
  if (!root.ok()) return Annotate(root.status(), anchor);
  const std::string path =
      tree + "/" + tree::MetadataPath("root", (*root)->version);
  ASSIGN_OR_RETURN(const std::string served,
                   fs::ReadFile(path, client::kMaxRootBytes));
  if (served == trusted.bytes) return absl::OkStatus();
  return MakeFailure(Failure::kDigest,
                     fmt::format("{} is not the root that this home trusts, {}",
                                 path, anchor));
}

// The newest root, every one before it verified by its predecessor, without a
// gap.
absl::StatusOr<RawMetadata> VerifyRootChain(const std::string& tree) {
  ASSIGN_OR_RETURN(const std::vector<int64_t> versions, RootVersions(tree));
  std::optional<tuf::Verified<tuf::Root>> trusted;
  RawMetadata raw;
  for (const int64_t version : versions) {
    const std::string path = tree + "/" + tree::MetadataPath("root", version);
    ASSIGN_OR_RETURN(raw.bytes, fs::ReadFile(path, client::kMaxRootBytes));
    auto next = trusted ? tuf::Verifier::VerifyNextRoot(raw, *trusted)
                        : tuf::Verifier::VerifyInitialRoot(raw);
    if (!next.ok()) return Annotate(next.status(), path);
    const bool in_order = (*next)->version == version &&
                          (!trusted || (*trusted)->version + 1 == version);
    if (!in_order) {
      return MakeFailure(
          Failure::kVersion,
          fmt::format("{}: expected the version in the name, and the one "
                      "before it in the tree, got version {}",
                      path, (*next)->version));
    }
    trusted = *std::move(next);
  }
  return raw;
}

class Verification {
 public:
  Verification(const tree::Home& home, VerifyOptions& options,
               const std::set<std::string>& suspects)
      : home_(home),
        options_(options),
        suspects_(suspects),
        live_(home.layout().live()) {}

  absl::StatusOr<Findings> Run() {
    ASSIGN_OR_RETURN(generation_, tree::Publisher::CurrentGeneration(home_));
    if (generation_.number == 0) {
      return MakeFailure(Failure::kUsage,
                         fmt::format("{}: nothing is published yet; run "
                                     "tufmirror sync",
                                     home_.layout().home()));
    }
    report_.generation = generation_.number;
    RETURN_IF_ERROR(CheckAnchor(live_, home_.layout().trusted_root()));
    ASSIGN_OR_RETURN(const RawMetadata root, VerifyRootChain(live_));
    ASSIGN_OR_RETURN(tuf::TrustedMetadataSet trusted, OpenAnyAge(root));
    consistent_ = trusted.root()->consistent_snapshot;
    RepositoryView view(std::move(trusted),
                        source::ReadRolesFrom(live_, consistent_));
    RETURN_IF_ERROR(CheckRoles(view));
    RETURN_IF_ERROR(ListMetadata(view.trusted()));
    CheckStatusFile();
    if (!complete_) return std::move(findings_);
    RETURN_IF_ERROR(FindOrphans());
    return std::move(findings_);
  }

 private:
  // Expired metadata is reported, and the rest verified all the same.
  absl::StatusOr<tuf::TrustedMetadataSet> OpenAnyAge(const RawMetadata& root) {
    auto fresh = source::OpenTree(live_, root, options_.now);
    if (fresh.ok()) return fresh;
    if (FailureOf(fresh.status()) != Failure::kExpired) return fresh;
    report_.problems.push_back({"metadata", fresh.status()});
    return source::OpenTree(live_, root, absl::InfinitePast());
  }

  absl::Status CheckRoles(RepositoryView& view) {
    const auto check_target = [this](const tuf::TargetFile& target) {
      return CheckTarget(target);
    };
    RETURN_IF_ERROR(view.ForEachTarget("targets", view.top(), check_target));
    std::set<std::string, std::less<>> visited;
    return view.WalkDelegations(
        [&](const RepositoryView::Delegation& delegation)
            -> absl::StatusOr<RepositoryView::Descend> {
          if (!delegation.listed) {
            NoteUnlistedRole(delegation.role);
            return RepositoryView::Descend::kSkip;
          }
          auto role = view.Load(delegation.role, delegation.delegator_name,
                                delegation.delegator);
          if (!role.ok()) {
            NoteBadRole(delegation.role, role.status());
            return RepositoryView::Descend::kSkip;
          }
          if (visited.emplace(delegation.role).second) {
            ++report_.roles;
            RETURN_IF_ERROR(
                view.ForEachTarget(delegation.role, *role, check_target));
          }
          return RepositoryView::Descend::kLoad;
        });
  }

  void NoteBadRole(std::string_view role, const absl::Status& status) {
    report_.problems.push_back(
        {tree::MetadataPath(role, std::nullopt), status});
    complete_ = false;
    const bool expired = FailureOf(status) == Failure::kExpired;
    if (findings_.repairs.metadata.ok() && !expired) {
      findings_.repairs.metadata = status;
    }
  }

  void NoteUnlistedRole(std::string_view role) {
    report_.held_back.push_back(
        {tree::MetadataPath(role, std::nullopt),
         MakeFailure(Failure::kNotFound,
                     fmt::format("role '{}' is delegated to, but the snapshot "
                                 "does not list it",
                                 Printable(role, 80)))});
  }

  // A tree may have none; what there is says what a next run builds on.
  void CheckStatusFile() {
    const auto text =
        fs::ReadFile(live_ + "/status.json", kMaxServedStatusBytes);
    if (FailureOf(text.status()) == Failure::kNotFound) return;
    const absl::Status status =
        text.ok() ? ParseTreeStatus(*text).status() : text.status();
    if (status.ok()) return;
    report_.problems.push_back({"status.json", status});
    findings_.repairs.metadata = status;
  }

  absl::Status CheckTarget(const tuf::TargetFile& target) {
    const auto path = ServablePath(home_.layout(), target);
    if (!path.ok()) {
      report_.held_back.push_back({target.path, path.status()});
      return absl::OkStatus();
    }
    ++report_.targets;
    report_.bytes += target.content.length;
    const bool suspect = suspects_.contains(target.path);
    const VerifyDepth depth = suspect ? VerifyDepth::kDeep : options_.depth;
    bool good = IsGoodFile(path->str(), target.content, depth);
    if (consistent_ || tree::IsPackage(*path)) {
      const auto other_name = tree::PrefixedPath(*path, target.content.digests);
      if (other_name.ok()) {
        good &= IsGoodFile(other_name->str(), target.content, depth);
      } else {
        report_.problems.push_back({target.path, other_name.status()});
      }
    }
    if (!good) findings_.repairs.targets.insert(target.path);
    return Progressed();
  }

  bool IsGoodFile(const std::string& path, const ExpectedContent& content,
                  VerifyDepth depth) {
    listed_.insert(path);
    const std::string file = live_ + "/" + path;
    const auto info = fs::Stat(file);
    absl::Status status = info.status();
    if (info.ok() && !*info) {
      status =
          MakeFailure(Failure::kNotFound, fmt::format("{} is missing", file));
    } else if (info.ok() && (*info)->size != content.length) {
      status = MakeFailure(Failure::kLength,
                           fmt::format("{}: expected {} bytes, got {}", file,
                                       content.length, (*info)->size));
    } else if (info.ok() && depth == VerifyDepth::kDeep &&
               hashed_inodes_.insert((*info)->inode).second) {
      status = crypto::CheckFile(file, content);
    }
    if (!status.ok()) report_.problems.push_back({path, status});
    return status.ok();
  }

  // The files of a tree that are no targets.
  absl::Status ListMetadata(const tuf::TrustedMetadataSet& trusted) {
    const auto list = [this](std::string_view role, int64_t version) {
      listed_.insert(tree::MetadataPath(
          role, consistent_ ? std::optional(version) : std::nullopt));
      // Whoever uses one looks at what it leads to.
      if (consistent_) listed_.insert(tree::PackPath(role, version));
    };
    for (const auto& [role, meta] : (*trusted.snapshot())->meta) {
      list(role, meta.version);
    }
    list("snapshot", (*trusted.snapshot())->version);
    listed_.insert(tree::VersionListPath((*trusted.snapshot())->version));
    listed_.insert(tree::MetadataPath("timestamp", std::nullopt));
    ASSIGN_OR_RETURN(const std::vector<int64_t> roots, RootVersions(live_));
    for (const int64_t version : roots) {
      listed_.insert(tree::MetadataPath("root", version));
    }
    listed_.insert({"status.json", "last-modified"});
    return absl::OkStatus();
  }

  absl::Status FindOrphans() {
    ASSIGN_OR_RETURN(const tree::RetiredFiles retired,
                     tree::RetiredFiles::Load(home_));
    ASSIGN_OR_RETURN(const tree::TreeSide side, home_.LiveSide());
    RETURN_IF_ERROR(FindOrphansBelow(home_.layout().tree(side), "", retired));
    return FindOrphansBelow(home_.layout().packages(), "packages/", retired);
  }

  absl::Status FindOrphansBelow(const std::string& root,
                                std::string_view prefix,
                                const tree::RetiredFiles& retired) {
    return fs::WalkFiles(
        root,
        [&](std::string_view relative, const fs::FileInfo&) -> absl::Status {
          const std::string path = fmt::format("{}{}", prefix, relative);
          if (listed_.contains(path)) return absl::OkStatus();
          const auto parsed = TargetPath::Parse(path);
          if (parsed.ok() && retired.Contains(*parsed)) return absl::OkStatus();
          report_.orphans.push_back(path);
          if (parsed.ok()) findings_.repairs.orphans.push_back(*parsed);
          return absl::OkStatus();
        });
  }

  absl::Status Progressed() {
    if (!options_.on_progress || report_.targets % 256 != 0) {
      return absl::OkStatus();
    }
    return options_.on_progress(
        {"verify", report_.targets, generation_.targets, 0, 0});
  }

  const tree::Home& home_;
  VerifyOptions& options_;
  const std::set<std::string>& suspects_;
  const std::string live_;
  bool consistent_ = false;
  tree::GenerationInfo generation_;
  absl::flat_hash_set<std::string> listed_;  // targets, under every name
  // Two names of one file need one look.
  absl::flat_hash_set<uint64_t> hashed_inodes_;
  // False once a role cannot be read: what it lists would look like orphans.
  bool complete_ = true;
  Findings findings_;
  VerifyReport& report_ = findings_.report;
};

}  // namespace

absl::StatusOr<Findings> FindDamage(const tree::Home& home,
                                    VerifyOptions& options,
                                    const std::set<std::string>& suspects) {
  return Verification(home, options, suspects).Run();
}

}  // namespace tufmirror::sync
