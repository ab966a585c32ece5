// Key files are written one by one and taken back together on failure: an
// origin with half of its keys cannot be used.
#include "tufmirror/repo/keys.h"

#include <sys/stat.h>

#include <optional>
#include <utility>

#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/fs/file.h"
#include "tufmirror/tree/layout.h"

namespace tufmirror::repo {
namespace {

constexpr int kMaxRootKeys = 16;

absl::Status CheckAbsent(const KeyFiles& files) {
  std::vector<std::string> paths = files.Offline();
  paths.push_back(files.online);
  for (const std::string& path : paths) {
    ASSIGN_OR_RETURN(const auto existing, fs::Stat(path));
    if (!existing) continue;
    return MakeFailure(
        Failure::kKey,
        fmt::format("write key {}: expected no file there, a key is never "
                    "overwritten; move it away or name another key directory",
                    Printable(path, 1024)));
  }
  return absl::OkStatus();
}

absl::Status MakePrivateDirectory(const std::string& directory) {
  RETURN_IF_ERROR(fs::MakeDirectories(directory, tree::kPrivateDirectoryMode));
  ASSIGN_OR_RETURN(const auto info, fs::Stat(directory));
  if (info && S_ISDIR(info->mode) && (info->mode & 0077) == 0) {
    return absl::OkStatus();
  }
  return MakeFailure(
      Failure::kKey,
      fmt::format("key directory {0}: expected a directory that only its owner "
                  "can enter (0700), got mode {1:04o}; 'chmod 700 {0}' makes "
                  "it so",
                  Printable(directory, 1024), info ? info->mode & 07777 : 0));
}

absl::Status WriteAllKeys(const OriginKeys& keys, const KeyFiles& files,
                          const crypto::Secret& passphrase) {
  for (size_t i = 0; i < keys.root.size(); ++i) {
    RETURN_IF_ERROR(
        keys.root[i].private_key().WriteFile(files.root[i], passphrase));
  }
  RETURN_IF_ERROR(
      keys.targets.private_key().WriteFile(files.targets, passphrase));
  RETURN_IF_ERROR(keys.bins.private_key().WriteFile(files.bins, passphrase));
  return keys.online.private_key().WriteFile(files.online, passphrase);
}

}  // namespace

Signer::Signer(crypto::PrivateKey key)
    : private_key_(std::move(key)),
      public_key_{private_key_.keytype(), private_key_.scheme(),
                  private_key_.public_value()},
      keyid_(public_key_.ComputeKeyId()) {}

absl::StatusOr<Signer> Signer::Generate() {
  ASSIGN_OR_RETURN(crypto::PrivateKey key, crypto::PrivateKey::Generate(
                                               crypto::KeyAlgorithm::kEd25519));
  return Signer(std::move(key));
}

absl::StatusOr<Signer> Signer::FromFile(const std::string& path,
                                        const crypto::Secret& passphrase) {
  ASSIGN_OR_RETURN(crypto::PrivateKey key,
                   crypto::PrivateKey::FromFile(path, passphrase));
  return Signer(std::move(key));
}

absl::StatusOr<tuf::Signature> Signer::Sign(std::string_view message) const {
  ASSIGN_OR_RETURN(std::string value, private_key_.Sign(message));
  return tuf::Signature{keyid_, std::move(value)};
}

absl::StatusOr<OriginKeys> OriginKeys::Generate(int root_keys) {
  if (root_keys < 1 || root_keys > kMaxRootKeys) {
    return MakeFailure(Failure::kUsage,
                       fmt::format("root keys: expected 1 to {}, got {}",
                                   kMaxRootKeys, root_keys));
  }
  std::vector<Signer> root;
  for (int i = 0; i < root_keys; ++i) {
    ASSIGN_OR_RETURN(Signer signer, Signer::Generate());
    root.push_back(std::move(signer));
  }
  ASSIGN_OR_RETURN(Signer targets, Signer::Generate());
  ASSIGN_OR_RETURN(Signer bins, Signer::Generate());
  ASSIGN_OR_RETURN(Signer online, Signer::Generate());
  return OriginKeys{std::move(root), std::move(targets), std::move(bins),
                    std::move(online)};
}

KeyFiles KeyFiles::In(const std::string& directory, int root_keys) {
  KeyFiles files;
  for (int i = 1; i <= root_keys; ++i) {
    files.root.push_back(fmt::format("{}/root-{}.pem", directory, i));
  }
  files.targets = directory + "/targets.pem";
  files.bins = directory + "/bins.pem";
  files.online = directory + "/online.pem";
  return files;
}

std::vector<std::string> KeyFiles::Offline() const {
  std::vector<std::string> paths = root;
  paths.push_back(targets);
  paths.push_back(bins);
  return paths;
}

absl::StatusOr<KeyFiles> WriteKeyFiles(const OriginKeys& keys,
                                       const std::string& directory,
                                       const crypto::Secret& passphrase) {
  KeyFiles files = KeyFiles::In(directory, static_cast<int>(keys.root.size()));
  RETURN_IF_ERROR(CheckAbsent(files));
  RETURN_IF_ERROR(MakePrivateDirectory(directory));
  const absl::Status written = WriteAllKeys(keys, files, passphrase);
  if (written.ok()) return files;
  // The first error is the one to tell.
  (void)RemoveKeyFiles(files);
  return written;
}

absl::Status RemoveKeyFiles(const KeyFiles& files) {
  for (const std::string& path : files.Offline()) {
    RETURN_IF_ERROR(fs::Remove(path));
  }
  RETURN_IF_ERROR(fs::Remove(files.online));
  return fs::RemoveDirectoryIfEmpty(
      files.online.substr(0, files.online.rfind('/')));
}

}  // namespace tufmirror::repo
