// Owns the in-memory repository: role objects, keys, signing, publication.
#include "support/repository_fixture.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "tufmirror/base/strings.h"
#include "tufmirror/crypto/hash.h"
#include "tufmirror/json/canonical.h"
#include "tufmirror/json/document.h"

namespace tufmirror::testing {
namespace {

[[noreturn]] void Abort(std::string_view what, std::string_view detail) {
  std::fprintf(stderr, "repository fixture: %.*s: %.*s\n",
               static_cast<int>(what.size()), what.data(),
               static_cast<int>(detail.size()), detail.data());
  std::abort();
}

template <typename T>
T Must(absl::StatusOr<T> value, std::string_view what) {
  if (!value.ok()) Abort(what, value.status().ToString());
  return *std::move(value);
}

std::string CanonicalOrSame(std::string_view text) {
  const auto document = json::Document::Parse(text);
  if (!document.ok()) return std::string(text);
  return json::Canonicalize(document->root()).value_or(std::string(text));
}

std::vector<tuf::Signature> SignAll(const std::vector<SigningKey>& keys,
                                    std::string_view message) {
  std::vector<tuf::Signature> signatures;
  for (const SigningKey& key : keys) signatures.push_back(key.Sign(message));
  return signatures;
}

constexpr tuf::TopLevelRole kTopLevelRoles[] = {
    tuf::TopLevelRole::kRoot, tuf::TopLevelRole::kTimestamp,
    tuf::TopLevelRole::kSnapshot, tuf::TopLevelRole::kTargets};

}  // namespace

tuf::Key SigningKey::Declared() const {
  return {private_key->keytype(), private_key->scheme(),
          private_key->public_value()};
}

tuf::Signature SigningKey::Sign(std::string_view message) const {
  return {keyid, Must(private_key->Sign(message), "sign")};
}

SigningKey SigningKey::As(std::string_view other_keyid) const {
  return {private_key, std::string(other_keyid)};
}

SigningKey NewKey(crypto::KeyAlgorithm algorithm) {
  SigningKey key{std::make_shared<const crypto::PrivateKey>(Must(
                     crypto::PrivateKey::Generate(algorithm), "generate key")),
                 ""};
  key.keyid = key.Declared().ComputeKeyId();
  return key;
}

tuf::RawMetadata FileOf(std::string_view signed_text,
                        const std::vector<tuf::Signature>& signatures) {
  // By hand, not by WriteMetadata: `signed_text` may be anything.
  std::string bytes = "{\"signatures\":[";
  for (const tuf::Signature& signature : signatures) {
    if (bytes.back() != '[') bytes += ',';
    bytes += "{\"keyid\":";
    json::AppendString(signature.keyid, bytes);
    bytes += ",\"sig\":\"";
    bytes += HexEncode(
        {reinterpret_cast<const unsigned char*>(signature.value.data()),
         signature.value.size()});
    bytes += "\"}";
  }
  bytes += "],\"signed\":";
  bytes += signed_text;
  return {bytes + "}"};
}

tuf::RawMetadata SignText(std::string_view signed_text,
                          const std::vector<SigningKey>& keys) {
  return FileOf(signed_text, SignAll(keys, CanonicalOrSame(signed_text)));
}

std::string Replaced(std::string_view text, std::string_view from,
                     std::string_view to) {
  const size_t at = text.find(from);
  if (at == std::string_view::npos) Abort("no such text", from);
  return std::string(text.substr(0, at)) + std::string(to) +
         std::string(text.substr(at + from.size()));
}

RepositoryFixture::RepositoryFixture() {
  const absl::Time expires = now() + absl::Hours(30 * 24);
  root.consistent_snapshot = true;
  root.expires = timestamp.expires = snapshot.expires = targets.expires =
      expires;
  for (const tuf::TopLevelRole role : kTopLevelRoles) AddKey(role);
  UpdateSnapshotMeta();
  UpdateTimestampMeta();
}

absl::Time RepositoryFixture::now() {
  return absl::FromUnixSeconds(1'790'000'000);  // 2026-09-21
}

tuf::RoleKeys& RepositoryFixture::RoleKeysOf(tuf::TopLevelRole role) {
  switch (role) {
    case tuf::TopLevelRole::kRoot:
      return root.root;
    case tuf::TopLevelRole::kTimestamp:
      return root.timestamp;
    case tuf::TopLevelRole::kSnapshot:
      return root.snapshot;
    case tuf::TopLevelRole::kTargets:
      return root.targets;
  }
  Abort("no such role", "top-level");
}

SigningKey RepositoryFixture::AddKey(tuf::TopLevelRole role,
                                     crypto::KeyAlgorithm algorithm) {
  SigningKey key = NewKey(algorithm);
  root.keys.emplace(key.keyid, key.Declared());
  RoleKeysOf(role).keyids.push_back(key.keyid);
  signers[std::string(tuf::RoleName(role))].push_back(key);
  return key;
}

SigningKey RepositoryFixture::RotateKey(tuf::TopLevelRole role) {
  tuf::RoleKeys& keys = RoleKeysOf(role);
  for (const std::string& keyid : keys.keyids) root.keys.erase(keyid);
  keys = tuf::RoleKeys{};
  if (role != tuf::TopLevelRole::kRoot) {
    signers[std::string(tuf::RoleName(role))].clear();
  }
  return AddKey(role);
}

void RepositoryFixture::SetThreshold(tuf::TopLevelRole role,
                                     int64_t threshold) {
  RoleKeysOf(role).threshold = threshold;
}

tuf::Targets& RepositoryFixture::TargetsRole(std::string_view role) {
  if (role == "targets") return targets;
  const auto found = delegated.find(role);
  if (found == delegated.end()) Abort("no such targets role", role);
  return found->second;
}

void RepositoryFixture::AddTarget(std::string_view role, std::string_view path,
                                  std::string_view content) {
  RemoveTarget(role, path);
  tuf::TargetFile file;
  file.path = std::string(path);
  file.content.length = content.size();
  file.content.digests.sha256 = crypto::Sha256Of(content);
  contents_[file.content.digests.sha256->Hex()] = std::string(content);
  std::vector<tuf::TargetFile>& list = TargetsRole(role).targets;
  const auto at = std::lower_bound(
      list.begin(), list.end(), path,
      [](const tuf::TargetFile& a, std::string_view b) { return a.path < b; });
  list.insert(at, std::move(file));
}

void RepositoryFixture::RemoveTarget(std::string_view role,
                                     std::string_view path) {
  std::erase_if(TargetsRole(role).targets,
                [&](const tuf::TargetFile& file) { return file.path == path; });
}

void RepositoryFixture::Delegate(std::string_view delegator,
                                 std::string_view name, DelegatedPaths paths,
                                 Terminating terminating) {
  if (!delegated.contains(name)) {
    tuf::Targets role;
    role.expires = targets.expires;
    delegated.emplace(name, role);
    signers[std::string(name)] = {NewKey()};
  }
  tuf::Targets& parent = TargetsRole(delegator);
  if (!parent.delegations) parent.delegations.emplace();
  auto* list =
      std::get_if<std::vector<tuf::DelegatedRole>>(&parent.delegations->roles);
  if (list == nullptr) Abort("delegates succinctly already", delegator);
  tuf::DelegatedRole entry;
  entry.name = std::string(name);
  entry.terminating = terminating == Terminating::kYes;
  entry.paths = std::move(paths);
  for (const SigningKey& key : signers[entry.name]) {
    entry.keys.keyids.push_back(key.keyid);
    parent.delegations->keys.emplace(key.keyid, key.Declared());
  }
  list->push_back(std::move(entry));
}

void RepositoryFixture::Delegate(std::string_view delegator,
                                 std::string_view name,
                                 std::vector<std::string> patterns,
                                 Terminating terminating) {
  Delegate(delegator, name,
           DelegatedPaths(tuf::PathPatterns{std::move(patterns)}), terminating);
}

void RepositoryFixture::DelegateSuccinct(std::string_view delegator,
                                         int bit_length,
                                         std::string_view name_prefix) {
  tuf::Targets& parent = TargetsRole(delegator);
  if (parent.delegations) Abort("delegates already", delegator);
  const SigningKey key = NewKey();
  tuf::SuccinctRoles bins;
  bins.bit_length = bit_length;
  bins.name_prefix = std::string(name_prefix);
  bins.keys.keyids = {key.keyid};
  parent.delegations.emplace();
  parent.delegations->keys.emplace(key.keyid, key.Declared());
  parent.delegations->roles = bins;
  for (uint64_t bin = 0; bin < bins.bin_count(); ++bin) {
    tuf::Targets role;
    role.expires = targets.expires;
    delegated[bins.BinName(bin)] = role;
    signers[bins.BinName(bin)] = {key};
  }
}

std::string RepositoryFixture::BinNameOf(std::string_view delegator,
                                         std::string_view path) const {
  const tuf::Targets& parent =
      delegator == "targets" ? targets : delegated.find(delegator)->second;
  const auto* bins =
      std::get_if<tuf::SuccinctRoles>(&parent.delegations->roles);
  if (bins == nullptr) Abort("has no bins", delegator);
  return bins->BinNameOf(path);
}

std::string RepositoryFixture::Canonical(std::string_view role) const {
  if (role == "root") return tuf::CanonicalForm(root);
  if (role == "timestamp") return tuf::CanonicalForm(timestamp);
  if (role == "snapshot") return tuf::CanonicalForm(snapshot);
  if (role == "targets") return tuf::CanonicalForm(targets);
  const auto found = delegated.find(role);
  if (found == delegated.end()) Abort("no such role", role);
  return tuf::CanonicalForm(found->second);
}

tuf::RawMetadata RepositoryFixture::Raw(std::string_view role) {
  const std::vector<SigningKey>& keys = signers[std::string(role)];
  std::vector<std::string> keyids;
  for (const SigningKey& key : keys) keyids.push_back(key.keyid);
  std::string canonical = Canonical(role);
  Emitted& emitted = emitted_[std::string(role)];
  if (emitted.bytes.empty() || emitted.canonical != canonical ||
      emitted.keyids != keyids) {
    std::string bytes = RawSignedBy(role, keys).bytes;
    emitted = {std::move(canonical), std::move(keyids), std::move(bytes)};
  }
  return {emitted.bytes};
}

tuf::RawMetadata RepositoryFixture::RawSignedBy(
    std::string_view role, const std::vector<SigningKey>& keys) const {
  const std::string canonical = Canonical(role);
  return {tuf::WriteMetadata(canonical, SignAll(keys, canonical))};
}

tuf::RawMetadata RepositoryFixture::RawEdited(std::string_view role,
                                              std::string_view from,
                                              std::string_view to) const {
  const auto keys = signers.find(role);
  if (keys == signers.end()) Abort("nobody signs", role);
  return SignText(Replaced(Canonical(role), from, to), keys->second);
}

std::vector<std::string> RepositoryFixture::TargetsRoleNames() const {
  std::vector<std::string> names = {"targets"};
  for (const auto& [name, role] : delegated) names.push_back(name);
  std::sort(names.begin(), names.end());
  return names;
}

tuf::MetaFile RepositoryFixture::MetaOf(std::string_view role, int64_t version,
                                        MetaDetail detail) {
  tuf::MetaFile meta;
  meta.version = version;
  if (detail == MetaDetail::kLengthAndDigests) {
    const std::string bytes = Raw(role).bytes;
    meta.length = bytes.size();
    meta.digests.sha256 = crypto::Sha256Of(bytes);
  }
  return meta;
}

void RepositoryFixture::UpdateSnapshotMeta() {
  snapshot.meta.clear();
  for (const std::string& name : TargetsRoleNames()) {
    snapshot.meta.emplace_back(
        name, MetaOf(name, TargetsRole(name).version, snapshot_detail));
  }
}

void RepositoryFixture::UpdateTimestampMeta() {
  timestamp.snapshot = MetaOf("snapshot", snapshot.version, timestamp_detail);
}

void RepositoryFixture::BumpIfChanged(std::string_view role, int64_t& version) {
  const auto published = published_.find(role);
  if (published == published_.end() || published->second == Canonical(role)) {
    return;
  }
  const auto before =
      Must(json::Document::Parse(published->second), "published metadata");
  const int64_t last = Must(
      Must(before.root().Get("version", role), role).AsInteger(role), role);
  if (version == last) ++version;
}

void RepositoryFixture::Publish() {
  for (const std::string& name : TargetsRoleNames()) {
    BumpIfChanged(name, TargetsRole(name).version);
  }
  UpdateSnapshotMeta();
  BumpIfChanged("snapshot", snapshot.version);
  UpdateTimestampMeta();
  BumpIfChanged("timestamp", timestamp.version);
  if (!published_.contains("root")) PublishRoot();
  Write();
}

void RepositoryFixture::PublishRoot() {
  BumpIfChanged("root", root.version);
  WriteRole("root", root.version);
}

void RepositoryFixture::Write() {
  for (const std::string& name : TargetsRoleNames()) {
    WriteTargetFiles(TargetsRole(name));
    WriteRole(name, TargetsRole(name).version);
  }
  WriteRole("snapshot", snapshot.version);
  WriteRole("timestamp", timestamp.version);
}

void RepositoryFixture::WriteRole(std::string_view role, int64_t version) {
  const bool versioned =
      role == "root" || (root.consistent_snapshot && role != "timestamp");
  const std::string name = tuf::MetadataFileName(
      role, versioned ? std::optional<int64_t>(version) : std::nullopt);
  files_[metadata_prefix + name] = Raw(role).bytes;
  published_[std::string(role)] = Canonical(role);
}

void RepositoryFixture::WriteTargetFiles(const tuf::Targets& role) {
  for (const tuf::TargetFile& file : role.targets) {
    if (!file.content.digests.sha256) continue;
    const std::string hex = file.content.digests.sha256->Hex();
    const auto content = contents_.find(hex);
    if (content == contents_.end()) continue;  // made up by the test
    const size_t slash = file.path.rfind('/');
    const size_t name_at = slash == std::string::npos ? 0 : slash + 1;
    const std::string name = root.consistent_snapshot
                                 ? file.path.substr(0, name_at) + hex + "." +
                                       file.path.substr(name_at)
                                 : file.path;
    files_[targets_prefix + name] = content->second;
  }
}

}  // namespace tufmirror::testing
