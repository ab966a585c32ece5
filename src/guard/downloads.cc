#include "guard/downloads.h"

#include <fcntl.h>

#include <cerrno>
#include <optional>
#include <utility>

#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/client/updater.h"
#include "tufmirror/http/transfers.h"

namespace tufmirror::guard {
namespace {

// Same path, same promise. A path alone is not enough: metadata may have
// changed meanwhile.
std::string NameOf(const tuf::TargetFile& target) {
  const Digests& digests = target.content.digests;
  return fmt::format("{}\n{}\n{}\n{}", target.path, target.content.length,
                     digests.sha256 ? digests.sha256->Hex() : "",
                     digests.sha512 ? digests.sha512->Hex() : "");
}

}  // namespace

bool Download::WaitFor(absl::Duration timeout) const {
  std::unique_lock lock(mutex_);
  if (timeout == absl::InfiniteDuration()) {
    ended_.wait(lock, [this] { return done_; });
    return true;
  }
  return ended_.wait_for(lock, absl::ToChronoNanoseconds(timeout),
                         [this] { return done_; });
}

absl::StatusOr<fs::UniqueFd> Download::Result() const {
  const std::lock_guard lock(mutex_);
  if (!result_.ok()) return result_.status();
  fs::UniqueFd copy(fcntl(result_->get(), F_DUPFD_CLOEXEC, 0));
  if (!copy.valid()) return fs::ErrnoFailure(errno, "open", target.path);
  return copy;
}

void Download::End(absl::StatusOr<fs::UniqueFd> result) {
  const std::lock_guard lock(mutex_);
  done_ = true;
  result_ = std::move(result);
  ended_.notify_all();
}

Downloads::Downloads(int threads, Cache& cache, Mirrors& mirrors, Lanes& lanes,
                     Ledger& ledger)
    : cache_(cache), mirrors_(mirrors), lanes_(lanes), ledger_(ledger) {
  for (int i = 0; i < threads; ++i) {
    threads_.emplace_back([this] { Work(); });
  }
}

Downloads::~Downloads() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
    changed_.notify_all();
  }
  for (std::thread& thread : threads_) thread.join();
}

std::shared_ptr<Download> Downloads::Start(const tuf::TargetFile& target,
                                           bool prefixed) {
  const std::string name = NameOf(target);
  const std::lock_guard lock(mutex_);
  if (const auto found = under_way_.find(name); found != under_way_.end()) {
    return found->second;
  }
  auto download =
      std::make_shared<Download>(target, cache_.NewPartialPath(), prefixed);
  under_way_.emplace(name, download);
  queue_.push_back(download);
  changed_.notify_one();
  return download;
}

void Downloads::Work() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return ending_ || !queue_.empty(); });
    if (queue_.empty()) return;
    const std::shared_ptr<Download> download = std::move(queue_.front());
    queue_.pop_front();
    const bool ending = ending_;
    lock.unlock();
    absl::StatusOr<fs::UniqueFd> result =
        ending ? MakeFailure(Failure::kCancelled, "the guard is stopping")
               : Run(*download);
    if (!result.ok()) (void)fs::Remove(download->partial_path);
    lock.lock();
    // Whoever asks from now on finds it in the cache, or tries anew.
    under_way_.erase(NameOf(download->target));
    download->End(std::move(result));
  }
}

absl::StatusOr<fs::UniqueFd> Downloads::Run(const Download& download) {
  // It may have come since it was looked for: with a download that has just
  // ended, or by another guard.
  ASSIGN_OR_RETURN(std::optional<fs::UniqueFd> cached,
                   cache_.Find(download.target.content));
  if (cached) return *std::move(cached);
  if (mirrors_.size() == 0) {
    return MakeFailure(Failure::kNotFound,
                       "not in the cache, and the guard is offline");
  }
  std::vector<absl::Status> failures;
  for (const size_t mirror : mirrors_.Order()) {
    fs::UniqueFd file;
    absl::Status status = RunFrom(mirror, download, file);
    if (status.ok()) {
      mirrors_.Succeeded(mirror);
      return file;
    }
    status = Blame(std::move(status), mirrors_.shown(mirror));
    if (!IsMirrorsFault(status)) return status;
    mirrors_.Failed(mirror, status);
    failures.push_back(std::move(status));
  }
  return GravestOf(failures);
}

absl::Status Downloads::RunFrom(size_t mirror, const Download& download,
                                fs::UniqueFd& file) {
  http::DownloadRequest request;
  ASSIGN_OR_RETURN(request.urls,
                   client::TargetUrls({mirrors_.url(mirror)}, download.target,
                                      download.digest_prefixed));
  request.content = download.target.content;
  request.partial_path = download.partial_path;
  request.what = Printable(download.target.path);
  request.accept = [&]() -> absl::Status {
    ASSIGN_OR_RETURN(
        file, cache_.Insert(download.partial_path, download.target.content));
    return absl::OkStatus();
  };
  ASSIGN_OR_RETURN(Lanes::Lease lane, lanes_.Take());
  std::optional<http::DownloadRequest> wanted = std::move(request);
  absl::Status outcome =
      MakeFailure(Failure::kInternal, "download: nothing was downloaded");
  const absl::Status ran = lane.transfers().DownloadAll(
      [&] { return std::exchange(wanted, std::nullopt); },
      [&](const http::DownloadRequest&, absl::Status status) {
        outcome = std::move(status);
        return absl::OkStatus();
      });
  ledger_.CountTargets(lane.bytes());
  RETURN_IF_ERROR(ran);
  return outcome;
}

}  // namespace tufmirror::guard
