// Key files are written one by one and taken back together on failure: an
// origin with half of its keys cannot be used.
#include "tufmirror/repo/keys.h"

#include <sys/stat.h>

#include <string_view>
#include <utility>

#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/fs/file.h"
#include "tufmirror/tree/layout.h"

namespace tufmirror::repo {
namespace {

constexpr int kMaxKeysOfOneRole = 16;

absl::Status CheckAbsent(const std::vector<KeyToWrite>& keys) {
  for (const auto& [path, signer] : keys) {
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

absl::StatusOr<std::vector<Signer>> GenerateKeys(std::string_view what,
                                                 int count,
                                                 crypto::KeyAlgorithm kind) {
  if (count < 1 || count > kMaxKeysOfOneRole) {
    return MakeFailure(Failure::kUsage,
                       fmt::format("{}: expected 1 to {}, got {}", what,
                                   kMaxKeysOfOneRole, count));
  }
  std::vector<Signer> signers;
  for (int i = 0; i < count; ++i) {
    ASSIGN_OR_RETURN(crypto::PrivateKey key,
                     crypto::PrivateKey::Generate(kind));
    signers.emplace_back(std::move(key));
  }
  return signers;
}

absl::Status WriteKey(const Signer& signer, const std::string& path,
                      const crypto::Secret& passphrase) {
  if (const crypto::PrivateKey* key = signer.private_key()) {
    return key->WriteFile(path, passphrase);
  }
  return MakeFailure(
      Failure::kKey,
      fmt::format("write key {}: expected a private key, got one that a "
                  "command keeps",
                  Printable(path, 1024)));
}

std::vector<KeyToWrite> AllKeys(const OriginKeys& keys, const KeyFiles& files) {
  std::vector<KeyToWrite> all;
  for (size_t i = 0; i < keys.root.size(); ++i) {
    all.push_back({files.root[i], &keys.root[i]});
  }
  all.push_back({files.targets, &keys.targets});
  all.push_back({files.bins, &keys.bins});
  for (size_t i = 0; i < keys.online.size(); ++i) {
    all.push_back({files.online[i], &keys.online[i]});
  }
  return all;
}

}  // namespace

absl::StatusOr<OriginKeys> OriginKeys::Generate(int root_keys, int online_keys,
                                                crypto::KeyAlgorithm kind) {
  ASSIGN_OR_RETURN(
      std::vector<Signer> root,
      GenerateKeys("root keys", root_keys, crypto::KeyAlgorithm::kEd25519));
  ASSIGN_OR_RETURN(Signer targets, Signer::Generate());
  ASSIGN_OR_RETURN(Signer bins, Signer::Generate());
  ASSIGN_OR_RETURN(std::vector<Signer> online,
                   GenerateKeys("online keys", online_keys, kind));
  return OriginKeys{std::move(root), std::move(targets), std::move(bins),
                    std::move(online)};
}

KeyFiles KeyFiles::In(const std::string& directory, int root_keys,
                      int online_keys) {
  KeyFiles files;
  for (int i = 1; i <= root_keys; ++i) {
    files.root.push_back(fmt::format("{}/root-{}.pem", directory, i));
  }
  files.targets = directory + "/targets.pem";
  files.bins = directory + "/bins.pem";
  if (online_keys == 1) files.online = {directory + "/online.pem"};
  for (int i = 1; online_keys > 1 && i <= online_keys; ++i) {
    files.online.push_back(fmt::format("{}/online-{}.pem", directory, i));
  }
  return files;
}

std::vector<std::string> KeyFiles::Offline() const {
  std::vector<std::string> paths = root;
  paths.push_back(targets);
  paths.push_back(bins);
  return paths;
}

absl::Status WriteKeys(const std::vector<KeyToWrite>& keys,
                       const std::string& directory,
                       const crypto::Secret& passphrase) {
  RETURN_IF_ERROR(CheckAbsent(keys));
  RETURN_IF_ERROR(MakePrivateDirectory(directory));
  for (const auto& [path, signer] : keys) {
    const absl::Status written = WriteKey(*signer, path, passphrase);
    if (written.ok()) continue;
    // The first error is the one to tell.
    (void)RemoveKeys(keys, directory);
    return written;
  }
  return absl::OkStatus();
}

absl::Status RemoveKeys(const std::vector<KeyToWrite>& keys,
                        const std::string& directory) {
  for (const auto& [path, signer] : keys) RETURN_IF_ERROR(fs::Remove(path));
  return fs::RemoveDirectoryIfEmpty(directory);
}

absl::StatusOr<KeyFiles> WriteKeyFiles(const OriginKeys& keys,
                                       const std::string& directory,
                                       const crypto::Secret& passphrase) {
  KeyFiles files = KeyFiles::In(directory, static_cast<int>(keys.root.size()),
                                static_cast<int>(keys.online.size()));
  RETURN_IF_ERROR(WriteKeys(AllKeys(keys, files), directory, passphrase));
  return files;
}

absl::Status RemoveKeyFiles(const KeyFiles& files) {
  for (const std::string& path : files.Offline()) {
    RETURN_IF_ERROR(fs::Remove(path));
  }
  for (const std::string& path : files.online) {
    RETURN_IF_ERROR(fs::Remove(path));
  }
  return fs::RemoveDirectoryIfEmpty(
      files.targets.substr(0, files.targets.rfind('/')));
}

}  // namespace tufmirror::repo
