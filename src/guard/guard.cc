// Puts the parts together: options, threads, the order in which they end.
#include "tufmirror/guard/guard.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "absl/time/clock.h"
#include "fmt/format.h"
#include "guard/answers.h"
#include "guard/cache.h"
#include "guard/downloads.h"
#include "guard/host_check.h"
#include "guard/judge.h"
#include "guard/lanes.h"
#include "guard/ledger.h"
#include "guard/mirrors.h"
#include "guard/trust.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/client/metadata_store.h"
#include "tufmirror/crypto/hash.h"
#include "tufmirror/fs/file.h"
#include "tufmirror/serve/http_server.h"
#include "tufmirror/tuf/verified.h"

namespace tufmirror::guard {
namespace {

constexpr mode_t kPrivateMode = 0700;
constexpr int kDownloadThreads = 8;
constexpr size_t kMetadataLanes = 8;
constexpr int kServerThreads = 64;
// Pages and metadata wait behind nothing; that many installers ask at a time.
constexpr absl::Duration kLeastSurveyTime = absl::Seconds(1);

absl::StatusOr<std::string> Absolute(const std::string& path) {
  std::error_code error;
  const std::filesystem::path absolute = std::filesystem::absolute(path, error);
  if (!error) return absolute.lexically_normal().string();
  return MakeFailure(Failure::kFileSystem,
                     fmt::format("find {}: {}", path, error.message()));
}

absl::Status CheckOptions(const GuardOptions& options) {
  if (options.mirrors.empty() &&
      options.connectivity == Connectivity::kOnline) {
    return MakeFailure(Failure::kUsage, "guard: expected a mirror, got none");
  }
  for (const std::string& mirror : options.mirrors) {
    RETURN_IF_ERROR(http::CheckBaseUrl(mirror));
  }
  if (options.cache_directory.empty()) {
    return MakeFailure(Failure::kUsage,
                       "guard: expected a cache directory, got none");
  }
  return CheckListenAddress(options.listen, options.reach);
}

// Makes sure that there is a trusted root in the trust directory, and says
// which directory that is.
absl::StatusOr<std::string> PrepareTrust(const GuardOptions& options) {
  if (options.trust_directory.empty() && options.root.empty()) {
    return MakeFailure(Failure::kUsage,
                       "guard: expected a root to trust, got none");
  }
  ASSIGN_OR_RETURN(
      const std::string directory,
      Absolute(options.trust_directory.empty()
                   ? fmt::format("{}/trust/{}", options.cache_directory,
                                 crypto::Sha256Of(options.root).Hex())
                   : options.trust_directory));
  RETURN_IF_ERROR(fs::MakeDirectories(directory, kPrivateMode));
  client::DirectoryStore store(directory);
  const auto present = store.Load("root", std::nullopt);
  if (present.ok()) return directory;
  if (FailureOf(present.status()) != Failure::kNotFound ||
      options.root.empty()) {
    return Annotate(present.status(), "trusted root");
  }
  const tuf::RawMetadata root{options.root};
  const auto verified = tuf::Verifier::VerifyInitialRoot(root);
  if (!verified.ok()) return Annotate(verified.status(), "root to trust");
  RETURN_IF_ERROR(store.Save("root", (*verified)->version, root));
  return directory;
}

serve::HttpServerOptions ServerOptions(const GuardOptions& options) {
  serve::HttpServerOptions server;
  server.listen = options.listen;
  server.threads = kServerThreads;
  server.slow_rate = 0;  // an answer may wait for a slow mirror
  server.write_timeout = absl::Minutes(5);  // installers unpack in between
  return server;
}

http::TransferOptions TransferOptionsOf(const GuardOptions& options) {
  http::TransferOptions transfer = options.transfer;
  if (transfer.credential_urls.empty()) {
    transfer.credential_urls = options.mirrors;
  }
  return transfer;
}

}  // namespace

http::TransferOptions GuardOptions::DefaultTransfer() {
  http::TransferOptions transfer;
  transfer.retries = 1;
  transfer.connect_timeout = absl::Seconds(5);
  transfer.metadata_timeout = absl::Seconds(60);
  // Both tries are over before GuardOptions::hold is: what drips is refused in
  // words, instead of an answer that has begun and is cut short.
  transfer.min_speed_time = absl::Seconds(3);
  transfer.backoff = absl::Milliseconds(200);
  transfer.max_backoff = absl::Seconds(2);
  return transfer;
}

class Guard::Core {
 public:
  explicit Core(GuardOptions options)
      : options_(std::move(options)),
        ledger_(options_.log),
        mirrors_(options_.connectivity == Connectivity::kOnline
                     ? options_.mirrors
                     : std::vector<std::string>(),
                 options_.drop_time, ledger_) {}

  ~Core() {
    Stop();
    (void)Wait();
  }

  absl::Status Prepare() {
    ASSIGN_OR_RETURN(const std::string trust, PrepareTrust(options_));
    ASSIGN_OR_RETURN(
        cache_, Cache::Open(options_.cache_directory, options_.cache_size));
    const http::TransferOptions transfer = TransferOptionsOf(options_);
    ASSIGN_OR_RETURN(metadata_lanes_,
                     Lanes::Create(transfer, kMetadataLanes, stopping_));
    ASSIGN_OR_RETURN(target_lanes_,
                     Lanes::Create(transfer, kDownloadThreads, stopping_));
    ASSIGN_OR_RETURN(Judge judge, Judge::Create(options_.policy, ledger_));
    judge_.emplace(std::move(judge));
    Trust::Options trust_options{.directory = trust,
                                 .refresh = options_.refresh,
                                 .clock = options_.clock,
                                 .metadata_path = "metadata/"};
    Mirrors* metadata_mirrors = &mirrors_;
    if (options_.connectivity == Connectivity::kOffline) {
      // What is trusted already stands for a mirror that has nothing new.
      local_.emplace(
          std::vector<std::string>{"file://" + http::EncodeUrlPath(trust)},
          absl::ZeroDuration(), ledger_);
      metadata_mirrors = &*local_;
      trust_options.metadata_path.clear();
    }
    trust_.emplace(std::move(trust_options), *metadata_mirrors,
                   *metadata_lanes_, ledger_);
    downloads_.emplace(kDownloadThreads, *cache_, mirrors_, *target_lanes_,
                       ledger_);
    answers_.emplace(Answers::Parts{.trust = *trust_,
                                    .cache = *cache_,
                                    .downloads = *downloads_,
                                    .judge = *judge_,
                                    .ledger = ledger_},
                     Answers::Options{.mirrors = options_.mirrors,
                                      .host_names = options_.host_names,
                                      .hold = options_.hold,
                                      .clock = options_.clock});
    ASSIGN_OR_RETURN(
        server_, serve::HttpServer::Create(ServerOptions(options_),
                                           [this](const auto& request) {
                                             busy_ = true;
                                             return answers_->Answer(request);
                                           }));
    return absl::OkStatus();
  }

  void Run() {
    serving_ = std::thread([this] { served_ = server_->Run(); });
    surveying_ = std::thread([this] { SurveyUntilStopped(); });
  }

  const serve::HttpServer& server() const { return *server_; }
  Trust& trust() { return *trust_; }

  Stats stats() const {
    Stats stats = ledger_.stats();
    stats.mirror = mirrors_.in_use();
    stats.mirrors = mirrors_.states();
    return stats;
  }

  void Stop() {
    stopping_ = true;
    if (server_) server_->Stop();
  }

  absl::Status Wait() {
    if (serving_.joinable()) serving_.join();
    stopping_ = true;  // also after an error of the server
    {
      const std::lock_guard lock(survey_mutex_);
      survey_wake_.notify_all();
    }
    if (surveying_.joinable()) surveying_.join();
    downloads_.reset();
    return served_;
  }

 private:
  // Looks at all mirrors now and then, while the guard is used.
  void SurveyUntilStopped() {
    if (mirrors_.size() < 2) return;
    const auto pause =
        absl::ToChronoNanoseconds(std::max(options_.refresh, kLeastSurveyTime));
    std::unique_lock lock(survey_mutex_);
    while (!stopping_) {
      survey_wake_.wait_for(lock, pause, [this] { return stopping_.load(); });
      if (stopping_ || !busy_.exchange(false)) continue;
      lock.unlock();
      trust_->Survey();
      lock.lock();
    }
  }

  // In this order: what comes later uses what comes before.
  const GuardOptions options_;
  std::atomic<bool> stopping_ = false;
  std::atomic<bool> busy_ = false;  // since the last survey
  Ledger ledger_;
  Mirrors mirrors_;
  std::optional<Mirrors> local_;
  std::unique_ptr<Cache> cache_;
  std::unique_ptr<Lanes> metadata_lanes_;
  std::unique_ptr<Lanes> target_lanes_;
  std::optional<Judge> judge_;
  std::optional<Trust> trust_;
  std::optional<Downloads> downloads_;
  std::optional<Answers> answers_;
  std::unique_ptr<serve::HttpServer> server_;
  absl::Status served_;
  std::mutex survey_mutex_;
  std::condition_variable survey_wake_;
  std::thread serving_;
  std::thread surveying_;
};

Guard::Guard(std::unique_ptr<Core> core) : core_(std::move(core)) {}
Guard::~Guard() = default;

absl::StatusOr<std::unique_ptr<Guard>> Guard::Start(GuardOptions options) {
  RETURN_IF_ERROR(CheckOptions(options));
  ASSIGN_OR_RETURN(options.cache_directory, Absolute(options.cache_directory));
  if (!options.clock) options.clock = [] { return absl::Now(); };
  auto core = std::make_unique<Core>(std::move(options));
  RETURN_IF_ERROR(core->Prepare());
  core->Run();
  return std::unique_ptr<Guard>(new Guard(std::move(core)));
}

int Guard::port() const { return core_->server().port(); }
std::string Guard::Url() const { return core_->server().url(); }
std::string Guard::IndexUrl() const { return Url() + "simple/"; }
absl::Status Guard::Refresh() { return core_->trust().Current().status(); }
Stats Guard::stats() const { return core_->stats(); }
void Guard::Stop() { core_->Stop(); }
absl::Status Guard::Wait() { return core_->Wait(); }

}  // namespace tufmirror::guard
