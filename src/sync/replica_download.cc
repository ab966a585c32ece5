#include "sync/replica_download.h"

#include <optional>
#include <utility>

#include "fmt/format.h"
#include "sync/failure_scope.h"
#include "sync/live_files.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/client/updater.h"
#include "tufmirror/crypto/file_content.h"
#include "tufmirror/fs/file.h"
#include "tufmirror/tree/layout.h"
#include "tufmirror/tree/staging.h"

namespace tufmirror::sync {
namespace {

// The tag of requests whose failure is nobody else's.
constexpr uint64_t kRepairTag = 1;

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
      auto on_disk = IsOnDisk(**change);
      if (!on_disk.ok()) {
        status_ = on_disk.status();
        return std::nullopt;
      }
      if (*on_disk) continue;
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
  absl::StatusOr<bool> IsOnDisk(const PlannedChange& change) const {
    const bool may_be_live =
        options_.rebuild == Rebuild::kYes || change.action == Action::kRepair;
    if (may_be_live) return TakeFromLive(home_, change.path, change.wanted);
    return crypto::CheckFile(FinalPath(home_, staging_, change), change.wanted)
        .ok();
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
    request.tag = change.action == Action::kRepair ? kRepairTag : 0;
    request.partial_path = PartialPathOf(staging_, change.path, change.wanted);
    request.accept = [this, change, from = request.partial_path] {
      return AcceptFile(staging_, change.path, change.wanted, from);
    };
    return request;
  }

  const tree::Home& home_;
  const tree::StagingArea staging_;
  const DownloadOptions& options_;
  PlanReader reader_;
  absl::Status status_;
};

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
    // Where a tree is rebuilt, most of it is there.
    ASSIGN_OR_RETURN(const auto live,
                     fs::Stat(home.layout().live() + "/" + change->path.str()));
    if (live && live->size == change->wanted.length) continue;
    ++summary.download_files;
    summary.download_bytes =
        SaturatingAdd(summary.download_bytes, change->wanted.length);
  }
}

absl::StatusOr<std::set<TargetPath>> DownloadPlanned(
    const tree::Home& home, const SyncPlan& plan,
    const DownloadOptions& options, http::Transfers& transfers,
    report::RunReport& report) {
  ASSIGN_OR_RETURN(PlanReader reader, plan.Read());
  RequestStream requests(home, options, std::move(reader));
  uint64_t failed = 0;
  absl::Status gravest;
  std::set<TargetPath> not_repaired;
  RETURN_IF_ERROR(transfers.DownloadAll(
      [&requests] { return requests.Next(); },
      [&](const http::DownloadRequest& request, const absl::Status& status) {
        if (status.ok()) {
          ++report.files_downloaded;
          return absl::OkStatus();
        }
        const Failure failure = FailureOf(status);
        if (ConcernsEveryFile(failure)) return status;
        report.problems.push_back({request.what, status});
        if (request.tag == kRepairTag) {
          ASSIGN_OR_RETURN(TargetPath path, TargetPath::Parse(request.what));
          not_repaired.insert(std::move(path));
          return absl::OkStatus();
        }
        ++failed;
        const bool graver = IsSecurityFailure(failure) &&
                            !IsSecurityFailure(FailureOf(gravest));
        if (gravest.ok() || graver) gravest = status;
        return absl::OkStatus();
      }));
  RETURN_IF_ERROR(requests.status());
  if (failed == 0) return not_repaired;
  return MakeFailure(
      FailureOf(gravest),
      fmt::format("{} of {} files could not be had, so nothing is published",
                  failed, plan.summary().download_files));
}

}  // namespace tufmirror::sync
