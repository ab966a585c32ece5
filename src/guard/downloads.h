// Targets on their way into the cache. Requests for the same content share one
// download; one mirror is asked at a time, so that it is known whom to blame.
#ifndef TUFMIRROR_SRC_GUARD_DOWNLOADS_H_
#define TUFMIRROR_SRC_GUARD_DOWNLOADS_H_

#include <atomic>
#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "guard/cache.h"
#include "guard/lanes.h"
#include "guard/ledger.h"
#include "guard/mirrors.h"
#include "tufmirror/fs/file.h"
#include "tufmirror/tuf/model.h"

namespace tufmirror::guard {

// One download. For any number of threads.
class Download {
 public:
  Download(tuf::TargetFile wanted, std::string path, bool prefixed)
      : target(std::move(wanted)),
        partial_path(std::move(path)),
        digest_prefixed(prefixed) {}

  const tuf::TargetFile target;
  const std::string partial_path;  // where bytes collect meanwhile
  const bool digest_prefixed;

  // True once it has ended, at the latest after `timeout`.
  bool WaitFor(absl::Duration timeout) const;
  // After its end: the verified file, to be read with pread(2), or why there is
  // none.
  absl::StatusOr<fs::UniqueFd> Result() const;
  void End(absl::StatusOr<fs::UniqueFd> result);

 private:
  mutable std::mutex mutex_;
  mutable std::condition_variable ended_;
  bool done_ = false;
  absl::StatusOr<fs::UniqueFd> result_ = fs::UniqueFd();
};

// For any number of threads.
class Downloads {
 public:
  // All outlive this.
  Downloads(int threads, Cache& cache, Mirrors& mirrors, Lanes& lanes,
            Ledger& ledger);
  // Waits for the downloads under way: they end soon when the lanes stop.
  ~Downloads();

  // Begins to download `target`, or joins who does. `prefixed`: mirrors have
  // it under its digest-prefixed name.
  std::shared_ptr<Download> Start(const tuf::TargetFile& target, bool prefixed);

 private:
  void Work();
  absl::StatusOr<fs::UniqueFd> Run(const Download& download);
  absl::Status RunFrom(size_t mirror, const Download& download,
                       fs::UniqueFd& file);

  Cache& cache_;
  Mirrors& mirrors_;
  Lanes& lanes_;
  Ledger& ledger_;
  std::mutex mutex_;  // of everything below
  std::condition_variable changed_;
  std::deque<std::shared_ptr<Download>> queue_;
  std::map<std::string, std::shared_ptr<Download>> under_way_;  // by its name
  bool ending_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace tufmirror::guard

#endif  // TUFMIRROR_SRC_GUARD_DOWNLOADS_H_
