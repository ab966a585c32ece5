// What the tests of an index source start from: a loopback index, a home, and
// runs as an origin makes them.
#ifndef TUFMIRROR_TESTS_SOURCE_INDEX_FIXTURE_H_
#define TUFMIRROR_TESTS_SOURCE_INDEX_FIXTURE_H_

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "support/index_server.h"
#include "support/status_matchers.h"
#include "support/temp_directory.h"
#include "tufmirror/http/transfers.h"
#include "tufmirror/select/selection.h"
#include "tufmirror/source/index_source.h"
#include "tufmirror/tree/layout.h"

namespace tufmirror::source {

inline pypi::ProjectName Name(std::string_view name) {
  return pypi::ProjectName::Parse(name).value();
}

inline std::vector<std::string> Text(
    const std::vector<pypi::ProjectName>& names) {
  std::vector<std::string> text;
  for (const pypi::ProjectName& name : names) text.push_back(name.str());
  return text;
}

inline std::vector<std::string> Filenames(const ProjectOffer& offer) {
  std::vector<std::string> names;
  for (const SourceFile& file : offer.files) names.push_back(file.filename);
  return names;
}

inline std::vector<std::string> ProblemsOf(const IndexSource& source) {
  std::vector<std::string> names;
  for (const Problem& problem : source.problems()) {
    names.push_back(problem.what);
  }
  return names;
}

class IndexTest : public ::testing::Test {
 protected:
  using Fault = ::tufmirror::testing::Fault;
  using IndexServer = ::tufmirror::testing::IndexServer;
  using ServedProject = ::tufmirror::testing::ServedProject;

  IndexTest() : IndexTest(IndexServer::Format::kJson) {}
  explicit IndexTest(IndexServer::Format format) : server_(format) {
    http::TransferOptions quick;
    quick.backoff = absl::Milliseconds(1);
    quick.max_backoff = absl::Milliseconds(2);
    quick.retries = 1;
    transfers_ = http::Transfers::Create(quick).value();
    options_.urls = {server_.url()};
    options_.sweep_share = 0;
    options_.stale_backoff = absl::ZeroDuration();
    options_.now = absl::FromUnixSeconds(1'800'000'000);
    Select();
  }

  // Takes rules_ from now on.
  void Select() {
    selection_ = std::make_unique<select::Selection>(
        select::Selection::Create(rules_).value());
  }

  // A project with one sdist of `version`.
  void Put(const std::string& name, const std::string& version = "1.0") {
    server_.Put({.name = name,
                 .files = {{.filename = name + "-" + version + ".tar.gz",
                            .bytes = name + version}}});
  }

  // A run that has not been saved; FAILs the test if it fails.
  std::unique_ptr<IndexSource> Refresh() {
    auto source = IndexSource::Open(layout(), *selection_, options_).value();
    EXPECT_THAT(source->Refresh(*transfers_), testing::IsOk());
    return source;
  }
  absl::Status RefreshStatus() {
    return IndexSource::Open(layout(), *selection_, options_)
        .value()
        ->Refresh(*transfers_);
  }

  // A run as an origin makes it, with every change published but those of
  // `unpublished`; what was changed.
  std::vector<std::string> Run(
      const std::vector<pypi::ProjectName>& unpublished = {}) {
    last_ = Refresh();
    for (const pypi::ProjectName& project : last_->changed_projects()) {
      // Errors are the project's own.
      (void)last_->Offer(project);
    }
    EXPECT_THAT(last_->Save(unpublished), testing::IsOk());
    return Text(last_->changed_projects());
  }

  // What the last run offers of `project`.
  std::vector<std::string> Offered(std::string_view project) {
    return Filenames(last_->Offer(Name(project)).value());
  }

  tree::Layout layout() const { return tree::Layout(home_.path()); }
  std::string StateFile(std::string_view name) const {
    return layout().index_state() + "/" + std::string(name);
  }

  testing::TempDirectory home_;
  IndexServer server_;
  std::unique_ptr<http::Transfers> transfers_;
  select::Rules rules_;
  std::unique_ptr<select::Selection> selection_;
  IndexOptions options_;
  std::unique_ptr<IndexSource> last_;
};

}  // namespace tufmirror::source

#endif  // TUFMIRROR_TESTS_SOURCE_INDEX_FIXTURE_H_
