// A few threads take files from one counter until there are none; each result
// has its own place, so that only the progress needs a lock.
#include "source/file_facts.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <string_view>
#include <thread>
#include <utility>

#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/crypto/hash.h"
#include "tufmirror/pypi/version.h"
#include "tufmirror/source/distribution_reader.h"

namespace tufmirror::source {
namespace {

constexpr int kMaxThreads = 64;

absl::StatusOr<FileFacts> ReadFacts(const std::string& directory,
                                    const std::string& path) {
  const size_t slash = path.rfind('/');
  const std::string_view filename =
      slash == std::string::npos ? path
                                 : std::string_view(path).substr(slash + 1);
  ASSIGN_OR_RETURN(const Distribution distribution,
                   ReadDistribution(directory + "/" + path, filename));
  if (!distribution.content.digests.sha256) {
    return MakeFailure(Failure::kInternal, "a file has no SHA-256");
  }
  FileFacts facts;
  facts.project = distribution.name.project.str();
  facts.display_name = distribution.metadata.name;
  const absl::StatusOr<pypi::Version> version =
      pypi::Version::Parse(distribution.metadata.version);
  facts.version = version.ok() ? version->str() : distribution.metadata.version;
  facts.requires_python = distribution.metadata.requires_python;
  facts.sha256 = *distribution.content.digests.sha256;
  facts.size = distribution.content.length;
  if (!distribution.metadata_file.empty()) {
    facts.core_metadata = crypto::Sha256Of(distribution.metadata_file);
  }
  return facts;
}

// What the threads share.
class Reading {
 public:
  Reading(const std::string& directory, const std::vector<std::string>& paths,
          const ScanOptions& options)
      : directory_(directory),
        paths_(paths),
        options_(options),
        results_(paths.size(),
                 absl::StatusOr<FileFacts>(absl::CancelledError("not read"))) {}

  void Work() {
    for (size_t i = next_++; i < paths_.size(); i = next_++) {
      if (stopped_ || (options_.cancelled && options_.cancelled())) {
        stopped_ = true;
        return;
      }
      results_[i] = ReadFacts(directory_, paths_[i]);
      if (!options_.progress) continue;
      const std::lock_guard lock(mutex_);
      options_.progress(++done_, paths_.size());
    }
  }

  absl::StatusOr<std::vector<absl::StatusOr<FileFacts>>> TakeResults() {
    if (!stopped_) return std::move(results_);
    return MakeFailure(Failure::kCancelled,
                       "scan of the directory: stopped on request");
  }

 private:
  const std::string& directory_;
  const std::vector<std::string>& paths_;
  const ScanOptions& options_;
  std::atomic<size_t> next_ = 0;
  std::atomic<bool> stopped_ = false;
  std::mutex mutex_;
  size_t done_ = 0;  // guarded by mutex_
  std::vector<absl::StatusOr<FileFacts>> results_;
};

}  // namespace

absl::StatusOr<std::vector<absl::StatusOr<FileFacts>>> ReadFiles(
    const std::string& directory, const std::vector<std::string>& paths,
    const ScanOptions& options) {
  Reading reading(directory, paths, options);
  const size_t wanted =
      static_cast<size_t>(std::clamp(options.threads, 1, kMaxThreads));
  std::vector<std::thread> others;
  for (size_t i = 1; i < std::min(wanted, paths.size()); ++i) {
    others.emplace_back([&reading] { reading.Work(); });
  }
  reading.Work();
  for (std::thread& other : others) other.join();
  return reading.TakeResults();
}

}  // namespace tufmirror::source
