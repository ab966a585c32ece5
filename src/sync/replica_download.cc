#include "sync/replica_download.h"

#include <optional>
#include <utility>

#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/client/updater.h"
#include "tufmirror/crypto/file_content.h"
#include "tufmirror/crypto/hash.h"
#include "tufmirror/fs/file.h"
#include "tufmirror/tree/layout.h"
#include "tufmirror/tree/staging.h"

namespace tufmirror::sync {
namespace {

// Where one file of the plan will be found afterwards.
std::string FinalPath(const tree::Home& home, const tree::StagingArea& staging,
                      const PlannedChange& change) {
  return tree::IsPackage(change.path)
             ? home.layout().home() + "/" + change.path.str()
             : staging.BlobPath(change.wanted);
}

// Turns the plan into requests, one after the other.
class RequestStream {
 public:
  RequestStream(const tree::Home& home, const DownloadOptions& options,
                PlanReader reader)
      : home_(home),
        staging_(home),
        options_(options),
        reader_(std::move(reader)) {}

  // nullopt at the end, and when there is an error, which status() then has.
  std::optional<http::DownloadRequest> Next() {
    while (true) {
      auto change = reader_.Next();
      if (!change.ok()) {
        status_ = change.status();
        return std::nullopt;
      }
      if (!*change) return std::nullopt;
      if ((*change)->action == Action::kRemove) continue;
      if (IsOnDisk(**change)) continue;
      auto request = RequestFor(**change);
      if (request.ok()) return *std::move(request);
      status_ = request.status();
      return std::nullopt;
    }
  }

  const absl::Status& status() const { return status_; }

 private:
  // An earlier run may have got this file and then been stopped. Its bytes are
  // checked again: only a finished publication makes them durable.
  bool IsOnDisk(const PlannedChange& change) const {
    const std::string path = FinalPath(home_, staging_, change);
    const auto info = fs::Stat(path);
    return info.ok() && *info && (*info)->size == change.wanted.length &&
           crypto::CheckFile(path, change.wanted).ok();
  }

  absl::StatusOr<http::DownloadRequest> RequestFor(
      const PlannedChange& change) const {
    http::DownloadRequest request;
    const tuf::TargetFile target{change.path.str(), change.wanted, ""};
    ASSIGN_OR_RETURN(
        request.urls,
        client::TargetUrls(options_.base_urls, target, options_.prefixed));
    if (options_.prefixed) {
      // Some repositories have versioned metadata and plain target names.
      ASSIGN_OR_RETURN(std::vector<std::string> plain,
                       client::TargetUrls(options_.base_urls, target, false));
      for (std::string& url : plain) request.urls.push_back(std::move(url));
    }
    request.content = change.wanted;
    request.what = change.path.str();
    // Two targets may have the same bytes: each collects in a file of its own.
    request.partial_path =
        fmt::format("{}.{:.16}", staging_.PartialPath(change.wanted),
                    crypto::Sha256Of(change.path.str()).Hex());
    request.accept = [this, change, from = request.partial_path] {
      return tree::IsPackage(change.path)
                 ? staging_.AcceptPackage(from, change.path,
                                          change.wanted.digests)
                 : fs::Rename(from, staging_.BlobPath(change.wanted));
    };
    return request;
  }

  const tree::Home& home_;
  const tree::StagingArea staging_;
  const DownloadOptions& options_;
  PlanReader reader_;
  absl::Status status_;
};

// Failures of this machine, which every further file would meet too.
bool IsOurs(Failure failure) {
  return failure == Failure::kDiskFull || failure == Failure::kFileSystem ||
         failure == Failure::kInternal || failure == Failure::kCancelled;
}

}  // namespace

absl::Status DiscountFilesOnDisk(const tree::Home& home, SyncPlan& plan) {
  const tree::StagingArea staging(home);
  ASSIGN_OR_RETURN(PlanReader reader, plan.Read());
  PlanSummary& summary = plan.summary();
  summary.download_files = 0;
  summary.download_bytes = 0;
  while (true) {
    ASSIGN_OR_RETURN(const auto change, reader.Next());
    if (!change) return absl::OkStatus();
    if (change->action == Action::kRemove) continue;
    ASSIGN_OR_RETURN(const auto info,
                     fs::Stat(FinalPath(home, staging, *change)));
    if (info && info->size == change->wanted.length) continue;
    ++summary.download_files;
    summary.download_bytes =
        SaturatingAdd(summary.download_bytes, change->wanted.length);
  }
}

absl::Status DownloadPlanned(const tree::Home& home, const SyncPlan& plan,
                             const DownloadOptions& options,
                             http::Transfers& transfers,
                             report::RunReport& report) {
  ASSIGN_OR_RETURN(PlanReader reader, plan.Read());
  RequestStream requests(home, options, std::move(reader));
  uint64_t failed = 0;
  absl::Status gravest;
  RETURN_IF_ERROR(transfers.DownloadAll(
      [&requests] { return requests.Next(); },
      [&](const http::DownloadRequest& request, const absl::Status& status) {
        if (status.ok()) {
          ++report.files_downloaded;
          return absl::OkStatus();
        }
        const Failure failure = FailureOf(status);
        if (IsOurs(failure)) return status;
        ++failed;
        report.problems.push_back({request.what, status});
        const bool graver = IsSecurityFailure(failure) &&
                            !IsSecurityFailure(FailureOf(gravest));
        if (gravest.ok() || graver) gravest = status;
        return absl::OkStatus();
      }));
  RETURN_IF_ERROR(requests.status());
  if (failed == 0) return absl::OkStatus();
  return MakeFailure(
      FailureOf(gravest),
      fmt::format("{} of {} files could not be had, so nothing is published",
                  failed, plan.summary().download_files));
}

}  // namespace tufmirror::sync
