// Transfers as callers see them: puts loop, pool and jobs together.
#include "tufmirror/http/transfers.h"

#include <curl/curl.h>

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "fmt/format.h"
#include "http/credentials.h"
#include "http/download_job.h"
#include "http/fetch_job.h"
#include "http/job_context.h"
#include "http/multi_handle.h"
#include "http/transfer_loop.h"
#include "http/url.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/crypto/secret_file.h"

namespace tufmirror::http {
namespace {

constexpr int kPoolThreads = 2;
constexpr int kMaxConcurrency = 1024;

// Memory in flight is at most about 64 MiB: whole small files and one piece of
// each big one being received (16 MiB each), pieces of big files with the pool
// (16 MiB), and small files with the pool (16 MiB).
constexpr size_t kShareBytes = 16 * 1024 * 1024;
constexpr size_t kMaxWholeBytes = 1024 * 1024;
constexpr size_t kMaxChunkBytes = 256 * 1024;

// libcurl's process-wide state; counted, and safe from any thread.
class CurlLibrary {
 public:
  CurlLibrary() : code_(curl_global_init(CURL_GLOBAL_DEFAULT)) {}
  ~CurlLibrary() {
    if (code_ == CURLE_OK) curl_global_cleanup();
  }
  CurlLibrary(const CurlLibrary&) = delete;
  CurlLibrary& operator=(const CurlLibrary&) = delete;

  absl::Status status() const {
    if (code_ == CURLE_OK) return absl::OkStatus();
    return MakeFailure(
        Failure::kInternal,
        fmt::format("start libcurl: {}", curl_easy_strerror(code_)));
  }

 private:
  CURLcode code_;
};

// PKCS#8, and what OpenSSL wrote before.
constexpr std::string_view kEncryptedKeyMarks[] = {
    "-----BEGIN ENCRYPTED PRIVATE KEY-----", "Proc-Type: 4,ENCRYPTED"};

absl::Status CheckOptions(const TransferOptions& options) {
  if (options.concurrency < 1 || options.concurrency > kMaxConcurrency) {
    return MakeFailure(Failure::kUsage,
                       fmt::format("transfers: expected a concurrency from 1 "
                                   "to {}, got {}",
                                   kMaxConcurrency, options.concurrency));
  }
  if (options.retries < 0) {
    return MakeFailure(
        Failure::kUsage,
        fmt::format("transfers: expected retries not below 0, got {}",
                    options.retries));
  }
  for (const std::string& text : {options.contact, options.user_agent}) {
    for (const char c : text) {
      if (absl::ascii_isprint(static_cast<unsigned char>(c))) continue;
      return MakeFailure(Failure::kUsage,
                         fmt::format("User-Agent \"{}\": expected visible "
                                     "ASCII characters",
                                     Printable(text)));
    }
  }
  return absl::OkStatus();
}

// Here rather than at the first connection, and with a reason.
absl::Status CheckClientCertificate(const TransferOptions& options) {
  if (options.client_certificate.empty()) {
    if (options.client_key.empty()) return absl::OkStatus();
    return MakeFailure(Failure::kUsage,
                       "client key: expected a client certificate too");
  }
  const std::string& key = options.client_key.empty()
                               ? options.client_certificate
                               : options.client_key;
  ASSIGN_OR_RETURN(const crypto::Secret pem,
                   crypto::ReadSecretFile(key, "client key"));
  for (const std::string_view mark : kEncryptedKeyMarks) {
    if (pem.view().find(mark) == std::string_view::npos) continue;
    return MakeFailure(
        Failure::kKey,
        fmt::format("client key '{}': expected one that is not encrypted, as a "
                    "run has nobody to ask for its passphrase (openssl pkey "
                    "-in FILE -out NEW decrypts a copy)",
                    Printable(key)));
  }
  return absl::OkStatus();
}

class CurlTransfers : public Transfers {
 public:
  CurlTransfers(const TransferOptions& options, Credentials credentials,
                std::unique_ptr<MultiHandle> multi)
      : options_(options),
        credentials_(std::move(credentials)),
        multi_(std::move(multi)),
        backoff_(options_.backoff, options_.max_backoff),
        pool_(kPoolThreads, [this] { multi_->Wake(); }),
        context_{.options = options_,
                 .pool = pool_,
                 .backoff = backoff_,
                 .counters = counters_,
                 .whole_bytes = std::min(kMaxWholeBytes, Share()),
                 .chunk_bytes = std::min(kMaxChunkBytes, Share()),
                 .window_bytes = Share()},
        loop_(options_, credentials_, *multi_, pool_, counters_, kShareBytes) {}

  absl::StatusOr<FetchResponse> Fetch(FetchRequest request) override {
    std::optional<FetchRequest> wanted = std::move(request);
    absl::StatusOr<FetchResponse> result =
        MakeFailure(Failure::kInternal, "fetch: nothing was fetched");
    RETURN_IF_ERROR(FetchAll(
        [&] { return std::exchange(wanted, std::nullopt); },
        [&](const FetchRequest&, absl::StatusOr<FetchResponse> response) {
          result = std::move(response);
          return absl::OkStatus();
        }));
    return result;
  }

  absl::Status FetchAll(NextFetch next, FetchDone done) override {
    RETURN_IF_ERROR(CheckNotRunning());
    return loop_.Run([&]() -> std::unique_ptr<Job> {
      std::optional<FetchRequest> request = next();
      if (!request) return nullptr;
      return std::make_unique<FetchJob>(*std::move(request), context_, done);
    });
  }

  absl::Status DownloadAll(NextDownload next, DownloadDone done) override {
    RETURN_IF_ERROR(CheckNotRunning());
    return loop_.Run([&]() -> std::unique_ptr<Job> {
      std::optional<DownloadRequest> request = next();
      if (!request) return nullptr;
      return std::make_unique<DownloadJob>(*std::move(request), context_, done);
    });
  }

  TransferCounters counters() const override { return counters_; }
  void SetTick(Tick tick) override { loop_.SetTick(std::move(tick)); }

 private:
  size_t Share() const {
    return kShareBytes / static_cast<size_t>(options_.concurrency);
  }
  absl::Status CheckNotRunning() const {
    if (!loop_.running()) return absl::OkStatus();
    return MakeFailure(Failure::kInternal,
                       "transfers: called from a transfer's own callback");
  }

  const CurlLibrary library_;
  const TransferOptions options_;
  const Credentials credentials_;
  std::unique_ptr<MultiHandle> multi_;
  TransferCounters counters_;
  Backoff backoff_;
  WriterPool pool_;
  JobContext context_;
  TransferLoop loop_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Transfers>> Transfers::Create(
    const TransferOptions& options) {
  RETURN_IF_ERROR(CheckOptions(options));
  const CurlLibrary library;
  RETURN_IF_ERROR(library.status());
  RETURN_IF_ERROR(CheckClientCertificate(options));
  ASSIGN_OR_RETURN(Credentials credentials, Credentials::Load(options));
  ASSIGN_OR_RETURN(std::unique_ptr<MultiHandle> multi,
                   MultiHandle::Create(options.concurrency + 4));
  return std::make_unique<CurlTransfers>(options, std::move(credentials),
                                         std::move(multi));
}

}  // namespace tufmirror::http
