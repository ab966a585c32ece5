// What the tests of transfers start from: servers, a directory, and the verbs
// "fetch this" and "download this".
#ifndef TUFMIRROR_TESTS_HTTP_TRANSFER_FIXTURE_H_
#define TUFMIRROR_TESTS_HTTP_TRANSFER_FIXTURE_H_

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "support/fault_server.h"
#include "support/status_matchers.h"
#include "support/temp_directory.h"
#include "tufmirror/crypto/hash.h"
#include "tufmirror/fs/file.h"
#include "tufmirror/http/transfers.h"

namespace tufmirror::http {

// Bytes that differ everywhere, the same for the same `length`.
inline std::string SomeBytes(size_t length) {
  std::string bytes(length, '\0');
  uint32_t state = 1;
  for (char& c : bytes) {
    state = state * 1664525 + 1013904223;
    c = static_cast<char>(state >> 24);
  }
  return bytes;
}

inline ExpectedContent ContentOf(std::string_view bytes) {
  ExpectedContent content;
  content.length = bytes.size();
  content.digests.sha256 = crypto::Sha256Of(bytes);
  return content;
}

inline bool Exists(const std::string& path) {
  return std::filesystem::exists(std::filesystem::symlink_status(path));
}

class TransferTest : public ::testing::Test {
 protected:
  using Fault = ::tufmirror::testing::Fault;
  using FaultServer = ::tufmirror::testing::FaultServer;
  using TempDirectory = ::tufmirror::testing::TempDirectory;

  // Back-off in milliseconds, so that retries cost no time.
  static TransferOptions QuickOptions() {
    TransferOptions options;
    options.backoff = absl::Milliseconds(1);
    options.max_backoff = absl::Milliseconds(5);
    options.retries = 2;
    return options;
  }

  Transfers& transfers() {
    if (!transfers_) {
      absl::StatusOr<std::unique_ptr<Transfers>> made =
          Transfers::Create(options_);
      EXPECT_THAT(made, ::tufmirror::testing::IsOk());
      transfers_ = *std::move(made);
    }
    return *transfers_;
  }

  absl::StatusOr<FetchResponse> Fetch(std::vector<std::string> urls,
                                      uint64_t max_bytes = 1000,
                                      std::vector<std::string> headers = {}) {
    return transfers().Fetch({.urls = std::move(urls),
                              .max_bytes = max_bytes,
                              .headers = std::move(headers)});
  }

  // A request for `bytes`; accepted files move to final().
  DownloadRequest RequestFor(std::string_view bytes,
                             std::vector<std::string> urls) {
    DownloadRequest request;
    request.urls = std::move(urls);
    request.content = ContentOf(bytes);
    request.partial_path = partial();
    request.accept = [from = partial(), to = final()] {
      return fs::Rename(from, to);
    };
    request.what = "x.whl";
    return request;
  }

  absl::Status Download(DownloadRequest request) {
    std::optional<DownloadRequest> wanted = std::move(request);
    absl::Status result;
    const absl::Status all = transfers().DownloadAll(
        [&] { return std::exchange(wanted, std::nullopt); },
        [&](const DownloadRequest&, absl::Status status) {
          result = std::move(status);
          return absl::OkStatus();
        });
    EXPECT_THAT(all, ::tufmirror::testing::IsOk());
    return result;
  }
  absl::Status Download(std::string_view bytes, std::vector<std::string> urls) {
    return Download(RequestFor(bytes, std::move(urls)));
  }

  std::string partial() const { return directory_.Join("staging/x.part"); }
  std::string final() const { return directory_.Join("final.whl"); }
  std::string Final() const {
    return ::tufmirror::testing::ReadWholeFile(final());
  }

  TempDirectory directory_;
  FaultServer server_;
  TransferOptions options_ = QuickOptions();
  std::unique_ptr<Transfers> transfers_;
};

}  // namespace tufmirror::http

#endif  // TUFMIRROR_TESTS_HTTP_TRANSFER_FIXTURE_H_
