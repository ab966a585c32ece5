// A replica's home that follows an in-memory repository behind a real loopback
// server.
#ifndef TUFMIRROR_TESTS_SYNC_REPLICA_FIXTURE_H_
#define TUFMIRROR_TESTS_SYNC_REPLICA_FIXTURE_H_

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/fault_server.h"
#include "support/repository_fixture.h"
#include "support/status_matchers.h"
#include "support/temp_directory.h"
#include "tufmirror/fs/file.h"
#include "tufmirror/fs/walk.h"
#include "tufmirror/report/run_report.h"
#include "tufmirror/sync/config.h"
#include "tufmirror/sync/run.h"
#include "tufmirror/tree/home.h"

namespace tufmirror::testing {

class ReplicaTest : public ::testing::Test {
 protected:
  ReplicaTest() {
    repository.targets_prefix = "";
    config.upstream.urls = {server.url() + "/"};
    config.upstream.transfer.retries = 0;
    config.brakes.min_free_space = 0;
  }

  // Makes the upstream's files the server's, as they are now.
  void ServeRepository() {
    for (const auto& [path, bytes] : repository.files()) {
      server.Serve("/" + path, bytes);
    }
  }
  void PublishUpstream() {
    repository.Publish();
    ServeRepository();
  }

  // A home that trusts the repository's first root. Upstream publishes its
  // root with it.
  tree::Home MakeHome(std::string_view name = "home") {
    repository.PublishRoot();
    auto home = tree::Home::Create(directory.Join(name));
    EXPECT_THAT(home, IsOk());
    const tree::Layout& layout = home->layout();
    EXPECT_THAT(fs::MakeDirectories(layout.trust(), 0700), IsOk());
    EXPECT_THAT(fs::WriteFileAtomically(layout.trusted_root(),
                                        repository.Raw("root").bytes, 0600,
                                        fs::Durability::kNone),
                IsOk());
    return *std::move(home);
  }

  report::RunReport Sync(const tree::Home& home) {
    sync::RunOptions options;
    options.now = now;
    options.dry_run = dry_run;
    options.on_planned = [this](std::string_view action,
                                std::string_view path) {
      planned.emplace_back(std::string(action), std::string(path));
    };
    return sync::RunSync(home, config, options);
  }

  // Every file that a tree serves, packages included: path -> bytes.
  static std::map<std::string, std::string> Served(const tree::Home& home) {
    std::map<std::string, std::string> files;
    const auto add = [&files](std::string root, std::string prefix) {
      EXPECT_THAT(
          fs::WalkFiles(root,
                        [&](std::string_view path, const fs::FileInfo&) {
                          files[prefix + std::string(path)] =
                              ReadWholeFile(root + "/" + std::string(path));
                          return absl::OkStatus();
                        }),
          IsOk());
    };
    add(home.layout().home() + "/" + LiveName(home), "");
    add(home.layout().packages(), "packages/");
    return files;
  }
  static std::string LiveName(const tree::Home& home) {
    return tree::Layout::LiveTarget(*home.LiveSide());
  }

  static std::string ServedFile(const tree::Home& home, std::string_view path) {
    return ReadWholeFile(home.layout().live() + "/" + std::string(path));
  }
  static bool IsServed(const tree::Home& home, std::string_view path) {
    const auto info = fs::Stat(home.layout().live() + "/" + std::string(path));
    return info.ok() && info->has_value();
  }

  TempDirectory directory;
  FaultServer server;
  RepositoryFixture repository;
  sync::Config config;
  absl::Time now = RepositoryFixture::now();
  bool dry_run = false;
  std::vector<std::pair<std::string, std::string>> planned;
};

}  // namespace tufmirror::testing

#endif  // TUFMIRROR_TESTS_SYNC_REPLICA_FIXTURE_H_
