// An origin over a directory of small real distributions, and a client that
// trusts nothing but its root.
#ifndef TUFMIRROR_TESTS_SYNC_ORIGIN_FIXTURE_H_
#define TUFMIRROR_TESTS_SYNC_ORIGIN_FIXTURE_H_

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "support/distribution_builder.h"
#include "support/status_matchers.h"
#include "support/temp_directory.h"
#include "tufmirror/report/run_report.h"
#include "tufmirror/sync/config.h"
#include "tufmirror/sync/init_origin.h"
#include "tufmirror/tree/home.h"
#include "tufmirror/tree/publisher.h"

namespace tufmirror::testing {

class OriginFixture : public ::testing::Test {
 protected:
  OriginFixture();

  // Makes the origin; tests change init_ and passphrase_ before.
  void Init();
  absl::Status TryInit();

  // Files of the source directory.
  std::string AddWheel(const std::string& project, const std::string& version);
  std::string AddSdist(const std::string& project, const std::string& version);
  void AddFile(const std::string& name, std::string_view bytes);
  void RemoveFile(const std::string& name);

  // One run at now_.
  report::RunReport Run();
  report::RunReport DryRun(std::vector<std::string>& planned);
  // The same, which must publish without problems.
  void RunCleanly();

  // Refreshes a new client over file:// at now_, downloads `path`, and gives
  // its bytes; kNotFound if it is no target.
  absl::StatusOr<std::string> Download(const std::string& path);
  bool IsTarget(const std::string& path) { return Download(path).ok(); }
  // The verified JSON page of `project`; empty if there is none.
  std::string Page(const std::string& project);

  tree::GenerationInfo Live();
  // A file of the live tree, unverified.
  std::string LiveFile(const std::string& path) const;
  bool LiveHas(const std::string& path) const;
  int64_t TimestampVersion() const;

  TempDirectory dir_;
  sync::InitOriginOptions init_;
  std::string passphrase_;
  sync::Config config_;
  absl::Time now_ = absl::FromUnixSeconds(1'800'000'000);
  std::unique_ptr<tree::Home> home_;
  int clients_ = 0;

 private:
  report::RunReport RunWith(bool dry_run, std::vector<std::string>* planned);
};

}  // namespace tufmirror::testing

#endif  // TUFMIRROR_TESTS_SYNC_ORIGIN_FIXTURE_H_
