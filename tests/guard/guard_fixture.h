// A guard before a real loopback mirror that serves a signed repository with
// index pages, and may lie.
#ifndef TUFMIRROR_TESTS_GUARD_GUARD_FIXTURE_H_
#define TUFMIRROR_TESTS_GUARD_GUARD_FIXTURE_H_

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "fmt/format.h"
#include "serve/raw_client.h"
#include "support/fault_server.h"
#include "support/repository_fixture.h"
#include "support/status_matchers.h"
#include "support/temp_directory.h"
#include "tufmirror/crypto/hash.h"
#include "tufmirror/guard/guard.h"
#include "tufmirror/pypi/simple_index.h"

namespace tufmirror::testing {

inline constexpr char kWantsJson[] =
    "Accept: application/vnd.pypi.simple.v1+json\r\n";
inline constexpr char kFlitWheel[] =
    "packages/flit/flit-3.9.0-py3-none-any.whl";

class GuardTest : public ::testing::Test {
 protected:
  GuardTest() {
    repository.targets_prefix = "";
    options.mirrors = {server.url() + "/"};
    options.cache_directory = directory.Join("cache");
    options.refresh = absl::ZeroDuration();
    options.hold = absl::InfiniteDuration();
    options.clock = [this] {
      const std::lock_guard lock(mutex);
      return clock;
    };
    options.transfer.retries = 0;
    options.log = [this](const guard::LogLine& line) {
      const std::lock_guard lock(mutex);
      log += line.text + "\n";
    };
  }

  // A file of a project, and its entry on the page.
  pypi::IndexFile& AddFile(const std::string& project,
                           const std::string& filename,
                           const std::string& content) {
    const std::string path = fmt::format("packages/{}/{}", project, filename);
    AddTarget(path, content);
    auto name = pypi::ProjectName::Parse(project);
    auto& page = pages.try_emplace(project, pypi::ProjectPage{.name = *name})
                     .first->second;
    pypi::IndexFile& file = page.files.emplace_back();
    file.filename = filename;
    file.url = pypi::PackageUrl(*name, filename);
    file.sha256 = crypto::Sha256Of(content);
    file.size = content.size();
    file.upload_time = RepositoryFixture::now() - absl::Hours(24 * 100);
    return file;
  }
  void AddTarget(const std::string& path, const std::string& content) {
    repository.AddTarget("targets", path, content);
    contents[path] = content;
  }
  // The path under which mirrors have the target.
  std::string OnMirror(const std::string& path) {
    const size_t slash = path.rfind('/') + 1;
    return fmt::format("/{}{}.{}", path.substr(0, slash),
                       crypto::Sha256Of(contents.at(path)).Hex(),
                       path.substr(slash));
  }

  // Signs everything as it is, pages too, and gives it to the mirror.
  void Publish() {
    std::vector<pypi::RootEntry> root;
    for (const auto& [project, page] : pages) {
      AddTarget("simple/" + project + "/index.html", pypi::RenderHtml(page));
      AddTarget("simple/" + project + "/index.v1_json", pypi::RenderJson(page));
      root.push_back({.name = page.name, .display_name = project});
    }
    AddTarget("simple/index.html", pypi::RenderRootHtml(root));
    AddTarget("simple/index.v1_json", pypi::RenderRootJson(root, 7));
    repository.Publish();
    ServeOn(server);
  }
  void ServeOn(FaultServer& mirror) {
    for (const auto& [path, bytes] : repository.files()) {
      mirror.Serve("/" + path, bytes);
    }
  }

  // A usual repository.
  void PublishFlit() {
    AddFile("flit", "flit-3.9.0-py3-none-any.whl", "0123456789");
    AddTarget(std::string(kFlitWheel) + ".metadata", "Name: flit\n");
    Publish();
  }

  void Start() {
    guard.reset();
    if (options.root.empty()) {
      options.root = repository.files().at("metadata/1.root.json");
    }
    auto started = guard::Guard::Start(options);
    ASSERT_THAT(started, IsOk());
    guard = *std::move(started);
  }

  std::string RequestFor(const std::string& target,
                         const std::string& headers = "",
                         const std::string& method = "GET") {
    return fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\n{}\r\n", method, target,
                       host, headers);
  }
  RawResponse Get(const std::string& target, const std::string& headers = "") {
    RawClient client(guard->port());
    client.Send(RequestFor(target, headers));
    return client.Read();
  }
  RawResponse Head(const std::string& target) {
    RawClient client(guard->port());
    client.Send(RequestFor(target, "", "HEAD"));
    return client.Read(RawClient::Body::kNone);
  }
  // The refusal is the same in the answer, in the log and in the statistics.
  void ExpectRefused(const RawResponse& response, int status, Failure check,
                     const std::string& text) {
    using ::testing::HasSubstr;
    EXPECT_EQ(response.status, status);
    EXPECT_THAT(response.reason, HasSubstr(text));
    EXPECT_THAT(response.body, HasSubstr(text));
    const guard::Stats stats = guard->stats();
    ASSERT_FALSE(stats.refusals.empty());
    EXPECT_EQ(stats.refusals.back().check, check);
    EXPECT_THAT(stats.refusals.back().message, HasSubstr(text));
    EXPECT_THAT(Log(), HasSubstr(stats.refusals.back().message));
  }

  std::string Log() {
    const std::lock_guard lock(mutex);
    return log;
  }
  void SetClock(absl::Time time) {
    const std::lock_guard lock(mutex);
    clock = time;
  }
  // Regular files below the cache's `part` that hold `content`.
  size_t CountInCache(const std::string& content) {
    size_t count = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(
             options.cache_directory)) {
      if (entry.is_regular_file() &&
          ReadWholeFile(entry.path().string()) == content) {
        ++count;
      }
    }
    return count;
  }

  TempDirectory directory;
  FaultServer server;
  RepositoryFixture repository;
  std::map<std::string, pypi::ProjectPage> pages;
  std::map<std::string, std::string> contents;  // by target path
  std::string host = "127.0.0.1";
  guard::GuardOptions options;

 private:
  std::mutex mutex;  // of the two below
  std::string log;
  absl::Time clock = RepositoryFixture::now();

 protected:
  // The last member: its threads use the others until it is destroyed.
  std::unique_ptr<guard::Guard> guard;
};

}  // namespace tufmirror::testing

#endif  // TUFMIRROR_TESTS_GUARD_GUARD_FIXTURE_H_
