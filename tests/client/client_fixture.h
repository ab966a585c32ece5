// A client that follows an in-memory repository behind a real loopback server.
#ifndef TUFMIRROR_TESTS_CLIENT_CLIENT_FIXTURE_H_
#define TUFMIRROR_TESTS_CLIENT_CLIENT_FIXTURE_H_

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/fault_server.h"
#include "support/repository_fixture.h"
#include "support/status_matchers.h"
#include "support/temp_directory.h"
#include "tufmirror/client/metadata_fetcher.h"
#include "tufmirror/client/metadata_store.h"
#include "tufmirror/client/refresh.h"
#include "tufmirror/client/updater.h"
#include "tufmirror/fs/file.h"
#include "tufmirror/http/transfers.h"

namespace tufmirror::testing {

// Every file in `directory`, hidden ones too: name -> bytes.
inline std::map<std::string, std::string> FilesIn(
    const std::string& directory) {
  std::map<std::string, std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    files[entry.path().filename().string()] =
        entry.is_regular_file() ? ReadWholeFile(entry.path().string())
                                : "(not a file)";
  }
  return files;
}

class ClientTest : public ::testing::Test {
 protected:
  ClientTest() {
    transfer_options.retries = 0;
    for (const std::string& path : {metadata(), targets()}) {
      EXPECT_THAT(fs::MakeDirectories(path, 0755), IsOk());
    }
  }

  std::string metadata() const { return directory.Join("metadata"); }
  std::string targets() const { return directory.Join("targets"); }

  // Makes the repository's files the server's, as they are now.
  void Serve() {
    for (const auto& [path, bytes] : repository.files()) {
      server.Serve("/" + path, bytes);
    }
  }
  void Publish() {
    repository.Publish();
    Serve();
  }
  void PublishRoot() {
    repository.PublishRoot();
    Serve();
  }
  // A published repository, its root trusted.
  void Start() {
    Publish();
    EXPECT_THAT(store().Save("root", 1, repository.Raw("root")), IsOk());
  }

  http::Transfers& transfers() {
    if (!transfers_) {
      auto made = http::Transfers::Create(transfer_options);
      EXPECT_THAT(made, IsOk());
      transfers_ = *std::move(made);
    }
    return *transfers_;
  }
  client::DirectoryStore& store() { return store_; }

  // One refresh by a client that knows only what is on disk.
  absl::StatusOr<tuf::TrustedMetadataSet> Refresh() {
    server.ForgetRequests();
    client::MetadataFetcher fetcher(transfers(), {metadata_url}, limits);
    return client::Refresh(fetcher, store(), now);
  }

  std::unique_ptr<client::Updater> NewUpdater() {
    client::UpdaterOptions options;
    options.metadata_urls = {metadata_url};
    options.target_urls = {server.Url("/targets/")};
    options.limits = limits;
    return std::make_unique<client::Updater>(std::move(options), transfers(),
                                             store());
  }
  std::unique_ptr<client::Updater> RefreshedUpdater() {
    auto updater = NewUpdater();
    EXPECT_THAT(updater->Refresh(now), IsOk());
    server.ForgetRequests();
    return updater;
  }

  // Request lines since the last refresh, as they were sent.
  std::vector<std::string> Asked() const {
    std::vector<std::string> asked;
    for (const RecordedRequest& request : server.requests()) {
      asked.push_back(request.target);
    }
    return asked;
  }

  std::map<std::string, std::string> Local() const {
    return FilesIn(metadata());
  }
  std::string Stored(std::string_view name) const {
    return ReadWholeFile(metadata() + "/" + std::string(name));
  }
  void StoreBytes(std::string_view name, std::string_view bytes) {
    directory.Write("metadata/" + std::string(name), bytes);
  }

  TempDirectory directory;
  FaultServer server;
  RepositoryFixture repository;
  http::TransferOptions transfer_options;
  client::MetadataLimits limits;
  std::string metadata_url = server.Url("/metadata/");
  absl::Time now = RepositoryFixture::now();

 private:
  client::DirectoryStore store_{metadata()};
  std::unique_ptr<http::Transfers> transfers_;
};

}  // namespace tufmirror::testing

#endif  // TUFMIRROR_TESTS_CLIENT_CLIENT_FIXTURE_H_
