// An origin of a plain index in a directory of its own, for tests that have
// several of them.
#ifndef TUFMIRROR_TESTS_SYNC_INDEX_ORIGIN_H_
#define TUFMIRROR_TESTS_SYNC_INDEX_ORIGIN_H_

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "absl/time/time.h"
#include "support/status_matchers.h"
#include "tufmirror/crypto/private_key.h"
#include "tufmirror/report/run_report.h"
#include "tufmirror/sync/config.h"
#include "tufmirror/sync/init_origin.h"
#include "tufmirror/sync/run.h"
#include "tufmirror/tree/home.h"

namespace tufmirror::testing {

// Of the index at `url`, without brakes; nothing is waited for.
inline sync::Config IndexOriginConfig(std::string url) {
  sync::Config config;
  config.upstream.kind = sync::UpstreamKind::kIndex;
  config.upstream.urls = {std::move(url)};
  config.upstream.transfer.backoff = absl::Milliseconds(1);
  config.upstream.transfer.max_backoff = absl::Milliseconds(2);
  config.upstream.transfer.retries = 1;
  config.brakes.max_removals = 1;
  config.brakes.min_free_space = 0;
  return config;
}

class IndexOrigin {
 public:
  // Makes the origin in `home`. FAILs the test if that fails.
  IndexOrigin(std::string home, sync::Config config, absl::Time now)
      : config_(std::move(config)) {
    sync::InitOriginOptions options;
    options.home = home_ = std::move(home);
    options.config_text = "# an origin\n";
    options.origin.bin_bits = 2;
    options.now = now;
    const auto made = sync::InitOrigin(options, crypto::Secret::Copy(""));
    EXPECT_THAT(made, IsOk());
    config_.origin = options.origin;
    config_.origin.online_key = made->keys.online.front();
  }

  sync::Config& config() { return config_; }
  // Another one has the same keys and configuration in a copy of the home.
  void MoveTo(std::string home) { home_ = std::move(home); }
  tree::Home home() const { return tree::Home::Open(home_).value(); }

  report::RunReport Run(absl::Time now) const {
    sync::RunOptions options;
    options.now = now;
    return sync::RunSync(home(), config_, options);
  }

 private:
  std::string home_;
  sync::Config config_;
};

}  // namespace tufmirror::testing

#endif  // TUFMIRROR_TESTS_SYNC_INDEX_ORIGIN_H_
