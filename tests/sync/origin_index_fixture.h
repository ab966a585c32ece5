// An origin of a loopback index of small real distributions.
#ifndef TUFMIRROR_TESTS_SYNC_ORIGIN_INDEX_FIXTURE_H_
#define TUFMIRROR_TESTS_SYNC_ORIGIN_INDEX_FIXTURE_H_

#include <string>
#include <utility>
#include <vector>

#include "support/distribution_builder.h"
#include "support/index_server.h"
#include "sync/origin_fixture.h"
#include "tufmirror/pypi/simple_index.h"
#include "tufmirror/sync/run.h"

namespace tufmirror::testing {

class OriginIndexFixture : public OriginFixture {
 protected:
  void SetUp() override {
    init_.from.clear();
    config_.upstream.kind = sync::UpstreamKind::kIndex;
    config_.upstream.urls = {server_.url()};
    config_.upstream.index.sweep_share = 0;
    config_.upstream.transfer.backoff = absl::Milliseconds(1);
    config_.upstream.transfer.max_backoff = absl::Milliseconds(2);
    config_.upstream.transfer.retries = 1;
    Init();
  }

  static ServedFile Wheel(const std::string& project,
                          const std::string& version) {
    const DistributionSpec spec{project, version, ">=3.8"};
    return {.filename = WheelFilename(spec),
            .bytes = BuildWheel(spec),
            .requires_python = ">=3.8"};
  }
  // With the core metadata that the wheel has inside.
  static ServedFile WheelWithMetadata(const std::string& project,
                                      const std::string& version) {
    const DistributionSpec spec{project, version, ">=3.8"};
    ServedFile file = Wheel(project, version);
    file.metadata = CoreMetadataText(spec);
    return file;
  }
  void PutProject(const std::string& name, std::vector<ServedFile> files) {
    server_.Put({.name = name, .files = std::move(files)});
  }
  // With the frame of every run around it: lock, history, held-back.json.
  report::RunReport RunWhole() {
    sync::RunOptions options;
    options.now = now_;
    options.passphrase =
        [](const sync::OnlineSigner&) -> absl::StatusOr<crypto::Secret> {
      return crypto::Secret::Copy("");
    };
    return sync::RunSync(*home_, config_, options);
  }
  static std::vector<std::string> Objects(const report::RunReport& report) {
    std::vector<std::string> objects;
    for (const auto& problem : report.problems) {
      objects.push_back(problem.object);
    }
    return objects;
  }
  pypi::ProjectPage ParsedPage(const std::string& project) {
    return pypi::ParseProjectJson(Page(project)).value();
  }

  IndexServer server_;
};

}  // namespace tufmirror::testing

#endif  // TUFMIRROR_TESTS_SYNC_ORIGIN_INDEX_FIXTURE_H_
