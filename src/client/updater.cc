#include "tufmirror/client/updater.h"

#include <utility>

#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/base/target_path.h"
#include "tufmirror/client/refresh.h"
#include "tufmirror/crypto/file_content.h"
#include "tufmirror/fs/file.h"

namespace tufmirror::client {
namespace {

constexpr size_t kMaxFileName = 255;  // bytes, on every common file system

// A whole target path as one file name: "a/b" becomes "a%2Fb".
absl::StatusOr<std::string> FlatName(std::string_view path) {
  std::string name = tuf::MetadataFileName(path, std::nullopt);
  name.resize(name.size() - std::string_view(".json").size());
  if (name == "." || name == ".." || name.empty() ||
      name.size() + 6 > kMaxFileName) {
    return MakeFailure(
        Failure::kUnsafePath,
        fmt::format("target '{}' cannot be a file name here", Printable(path)));
  }
  return name;
}

}  // namespace

absl::StatusOr<std::vector<std::string>> TargetUrls(
    const std::vector<std::string>& bases, const tuf::TargetFile& target,
    bool prefixed) {
  ASSIGN_OR_RETURN(TargetPath path, TargetPath::Parse(target.path));
  const Digests& digests = target.content.digests;
  if (prefixed && (digests.sha256 || digests.sha512)) {
    ASSIGN_OR_RETURN(path,
                     path.WithPrefix(digests.sha256 ? digests.sha256->Hex()
                                                    : digests.sha512->Hex()));
  }
  std::vector<std::string> urls;
  urls.reserve(bases.size());
  for (const std::string& base : bases) {
    urls.push_back(http::JoinUrl(base, http::EncodeUrlPath(path.str())));
  }
  return urls;
}

Updater::Updater(UpdaterOptions options, http::Transfers& transfers,
                 MetadataStore& store)
    : options_(std::move(options)),
      transfers_(transfers),
      store_(store),
      fetcher_(transfers, options_.metadata_urls, options_.limits) {}

absl::Status Updater::Refresh(absl::Time now) {
  ASSIGN_OR_RETURN(tuf::TrustedMetadataSet trusted,
                   client::Refresh(fetcher_, store_, now));
  top_ =
      std::make_shared<const tuf::Verified<tuf::Targets>>(*trusted.targets());
  roles_.clear();
  trusted_ = std::move(trusted);
  return absl::OkStatus();
}

absl::StatusOr<std::optional<tuf::FoundTarget>> Updater::FindTarget(
    std::string_view path) {
  const auto load =
      [this](std::string_view role, std::string_view delegator_name,
             const tuf::RolePtr& delegator) -> absl::StatusOr<tuf::RolePtr> {
    const CacheKey key(delegator_name, role);
    if (const auto cached = roles_.find(key); cached != roles_.end()) {
      return cached->second;
    }
    ASSIGN_OR_RETURN(
        tuf::RolePtr loaded,
        LoadDelegatedRole(*trusted_, role, *delegator, fetcher_, store_));
    roles_.emplace(key, loaded);
    return loaded;
  };
  return tuf::FindTarget(path, top_, load, options_.max_roles);
}

absl::StatusOr<std::string> Updater::Download(const tuf::TargetFile& target,
                                              const std::string& directory) {
  ASSIGN_OR_RETURN(const std::string name, FlatName(target.path));
  const std::string final_path = directory + "/" + name;
  if (crypto::CheckFile(final_path, target.content).ok()) return final_path;

  http::DownloadRequest request;
  ASSIGN_OR_RETURN(request.urls,
                   TargetUrls(options_.target_urls, target,
                              trusted_->root()->consistent_snapshot));
  request.content = target.content;
  // '+' is in no FlatName: no target's file is another one's partial file.
  request.partial_path = directory + "/." + name + "+part";
  request.what = Printable(target.path);
  request.accept = [from = request.partial_path, to = final_path] {
    return fs::Rename(from, to);
  };
  bool asked = false;
  absl::Status outcome;
  RETURN_IF_ERROR(transfers_.DownloadAll(
      [&]() -> std::optional<http::DownloadRequest> {
        if (std::exchange(asked, true)) return std::nullopt;
        return std::move(request);
      },
      [&](const http::DownloadRequest&, absl::Status status) {
        outcome = std::move(status);
        return absl::OkStatus();
      }));
  RETURN_IF_ERROR(outcome);
  return final_path;
}

}  // namespace tufmirror::client
