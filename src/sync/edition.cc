// Nothing here changes a tree: edits are collected, and lists are kept.
#include "sync/edition.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "fmt/format.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/compress/delta_pack.h"
#include "tufmirror/compress/version_list.h"
#include "tufmirror/fs/file.h"
#include "tufmirror/tree/layout.h"

namespace tufmirror::sync {
namespace {

using tree::TreeEdit;

bool IsContent(const std::optional<ExpectedContent>& content,
               const RetiredTarget& retired) {
  if (!content) return false;
  const Digests& digests = content->digests;
  return retired.digest_hex.empty() ||
         (digests.sha256 && digests.sha256->Hex() == retired.digest_hex) ||
         (digests.sha512 && digests.sha512->Hex() == retired.digest_hex);
}

bool SnapshotHas(const tuf::Snapshot& snapshot, const RetiredRole& retired) {
  if (retired.role == "snapshot") return snapshot.version == retired.version;
  const tuf::MetaFile* meta = snapshot.Find(retired.role);
  return meta != nullptr && meta->version == retired.version;
}

bool IsDigest(std::string_view text) {
  return (text.size() == 2 * Sha256::kSize ||
          text.size() == 2 * Sha512::kSize) &&
         HexDecode(text).ok();
}

}  // namespace

RetiredTarget TargetOfRetired(const TargetPath& path) {
  const std::string_view name = path.filename();
  const size_t dot = name.find('.');
  if (dot == std::string_view::npos || dot + 1 == name.size() ||
      !IsDigest(name.substr(0, dot))) {
    return {path.str(), ""};
  }
  const std::string_view directory = path.directory();
  return {fmt::format("{}{}{}", directory, directory.empty() ? "" : "/",
                      name.substr(dot + 1)),
          std::string(name.substr(0, dot))};
}

std::optional<RetiredRole> RoleOfRetired(const TargetPath& path) {
  std::string_view name = path.str();
  const std::string_view top = name.substr(0, name.find('/'));
  const bool delta = top == tree::kDeltasDirectory;
  if (top != tree::kMetadataDirectory && !delta) return std::nullopt;
  std::string_view suffix = delta ? ".pack" : ".json";
  if (delta && name.ends_with(".versions")) suffix = ".versions";
  if (!name.ends_with(suffix)) return std::nullopt;
  name.remove_prefix(top.size() + 1);
  name.remove_suffix(suffix.size());
  RetiredRole role;
  const auto [end, error] =
      std::from_chars(name.data(), name.data() + name.size(), role.version);
  if (error != std::errc() || end == name.data() + name.size() || *end != '.') {
    return std::nullopt;
  }
  role.role = name.substr(static_cast<size_t>(end - name.data()) + 1);
  return role;
}

absl::Status Edition::Put(const TargetPath& path, const std::string& source) {
  retired_.Forget(path);
  return publisher_.Add({TreeEdit::Kind::kPut, path, source});
}

absl::Status Edition::PutBytes(std::string_view path, std::string_view bytes) {
  ASSIGN_OR_RETURN(const TargetPath parsed, TargetPath::Parse(path));
  ASSIGN_OR_RETURN(const std::string blob, staging_.PutBlob(bytes));
  return Put(parsed, blob);
}

absl::Status Edition::Remove(const TargetPath& path) {
  return publisher_.Add({TreeEdit::Kind::kRemove, path, ""});
}

absl::Status Edition::PutRole(std::string_view role,
                              std::optional<int64_t> version,
                              std::string_view bytes) {
  return PutBytes(tree::MetadataPath(role, version), bytes);
}

void Edition::Retire(const TargetPath& path, absl::Duration keep) {
  retired_.Add(path, now_ + keep);
}

absl::Status Edition::PutPack(std::string_view role, int64_t from, int64_t to,
                              std::string_view bytes) {
  if (!config_.deltas || naming_ == Naming::kPlain || from == to) {
    return absl::OkStatus();
  }
  if (role == "snapshot" && bytes.size() >= compress::kLeastListedSnapshot) {
    const auto list = compress::MakeVersionList(bytes);
    if (list.ok()) {
      RETURN_IF_ERROR(PutBytes(tree::VersionListPath(to), *list));
    }
  }
  const std::string live = home_.layout().live() + "/";
  const auto before = fs::ReadFile(live + tree::MetadataPath(role, from),
                                   compress::DeltaPack::kMaxRebuiltBytes);
  if (!before.ok()) return absl::OkStatus();
  const auto older =
      fs::ReadFile(live + tree::PackPath(role, from), compress::kMaxPackBytes);
  ASSIGN_OR_RETURN(const auto pack,
                   compress::MakeDeltaPack(
                       *before, bytes, older.ok() ? *older : std::string()));
  if (!pack) return absl::OkStatus();
  return PutBytes(tree::PackPath(role, to), *pack);
}

absl::Status Edition::RetireRole(std::string_view role, int64_t version) {
  ASSIGN_OR_RETURN(const TargetPath path,
                   TargetPath::Parse(tree::MetadataPath(role, version)));
  Retire(path, config_.grace);
  std::vector<std::string> deltas = {tree::PackPath(role, version)};
  if (role == "snapshot") deltas.push_back(tree::VersionListPath(version));
  for (const std::string& delta : deltas) {
    ASSIGN_OR_RETURN(const TargetPath parsed, TargetPath::Parse(delta));
    ASSIGN_OR_RETURN(const auto info,
                     fs::Stat(home_.layout().live() + "/" + delta));
    if (info) Retire(parsed, config_.grace);
  }
  return absl::OkStatus();
}

absl::Status Edition::ChangeTarget(
    const TargetPath& path, const std::optional<ExpectedContent>& before,
    const std::optional<ExpectedContent>& after) {
  const bool package = tree::IsPackage(path);
  // A package always has both names on disk, whatever upstream's naming.
  const bool two_names = package || naming_ == Naming::kPrefixed;
  const absl::Duration keep = package ? config_.keep_removed : config_.grace;
  if (before && two_names) {
    ASSIGN_OR_RETURN(const TargetPath prefixed,
                     tree::PrefixedPath(path, before->digests));
    Retire(prefixed, keep);
  }
  if (!after) {
    if (!package) return Remove(path);
    Retire(path, keep);
    return absl::OkStatus();
  }
  const std::string blob = package ? "" : staging_.BlobPath(*after);
  if (two_names) {
    ASSIGN_OR_RETURN(const TargetPath prefixed,
                     tree::PrefixedPath(path, after->digests));
    retired_.Forget(prefixed);
    if (!package) RETURN_IF_ERROR(Put(prefixed, blob));
  }
  retired_.Forget(path);
  return package ? absl::OkStatus() : Put(path, blob);
}

absl::Status Edition::AddRemovals(const tuf::Snapshot& snapshot, LookUp after,
                                  LookUp before) {
  for (const tree::RetiredFile& file : retired_.TakeDue(now_)) {
    const auto role = RoleOfRetired(file.path);
    const RetiredTarget target = TargetOfRetired(file.path);
    if (role && SnapshotHas(snapshot, *role)) continue;
    // What a damaged role might use is kept: the publication does not fail for
    // the sake of a removal.
    absl::StatusOr<std::optional<ExpectedContent>> used = std::nullopt;
    if (!role) used = after(target.path);
    if (used.ok() && IsContent(*used, target)) continue;
    // Listed until the commit: a run that dies before it changes nothing.
    retired_.Add(file.path, file.remove_at);
    if (!used.ok()) continue;
    if (!tree::IsPackage(file.path)) {
      due_edits_.push_back(file.path);
      RETURN_IF_ERROR(Remove(file.path));
      continue;
    }
    const auto served = before(target.path);
    if (served.ok() && !IsContent(*served, target)) {
      due_packages_.push_back(file.path);
    }
  }
  return absl::OkStatus();
}

absl::Status Edition::FinishRemovals() {
  const std::string& home = home_.layout().home();
  // Plain names first: a plain name without its prefixed one would look like a
  // damaged file to whoever accepts that package again.
  std::stable_partition(due_packages_.begin(), due_packages_.end(),
                        [](const TargetPath& path) {
                          return TargetOfRetired(path).digest_hex.empty();
                        });
  for (const TargetPath& path : due_packages_) {
    RETURN_IF_ERROR(fs::Remove(home + "/" + path.str()));
    RETURN_IF_ERROR(
        fs::RemoveDirectoryIfEmpty(home + "/" + std::string(path.directory())));
    retired_.Forget(path);
  }
  for (const TargetPath& path : due_edits_) retired_.Forget(path);
  if (due_packages_.empty() && due_edits_.empty()) return absl::OkStatus();
  return retired_.Save(home_);
}

}  // namespace tufmirror::sync
