// An origin with three holders of root keys, two of whom must sign, and readers
// who come back after having seen an earlier state.
#ifndef TUFMIRROR_TESTS_SYNC_CEREMONY_ORIGIN_H_
#define TUFMIRROR_TESTS_SYNC_CEREMONY_ORIGIN_H_

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "fmt/format.h"
#include "support/status_matchers.h"
#include "sync/origin_fixture.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/client/metadata_store.h"
#include "tufmirror/client/updater.h"
#include "tufmirror/repo/ceremony.h"
#include "tufmirror/repo/ceremony_changes.h"
#include "tufmirror/sync/ceremony.h"

namespace tufmirror::testing {

class CeremonyOrigin : public OriginFixture {
 protected:
  CeremonyOrigin() {
    init_.root_keys = 3;
    init_.root_threshold = 2;
    init_.origin.bin_bits = 2;
  }
  void SetUp() override {
    Init();
    AddWheel("six", "1.16.0");
    RunCleanly();
    for (const char* name :
         {"root-1", "root-2", "root-3", "targets", "bins", "online"}) {
      keys_.emplace(name, init_.home + "/keys/" + name + ".pem");
    }
  }

  // The key of that name.
  repo::Signer Key(const std::string& name) const {
    return *repo::Signer::FromFile(keys_.at(name), crypto::Secret::Copy(""));
  }
  repo::Signer NewKey(const std::string& name) {
    const std::string path = dir_.Join(name + ".pem");
    auto key = crypto::PrivateKey::Generate(crypto::KeyAlgorithm::kEd25519);
    EXPECT_THAT(key->WriteFile(path, crypto::Secret::Copy("")), IsOk());
    keys_.insert_or_assign(name, path);
    return Key(name);
  }

  absl::StatusOr<repo::Candidate> TryBegin(
      const repo::CeremonyChanges& changes) {
    const auto name =
        [this](const std::string& id) -> absl::StatusOr<std::string> {
      return dir_.Join("candidate-" + id + ".json");
    };
    ASSIGN_OR_RETURN(auto begun,
                     sync::BeginCeremony(*home_, changes, name, now_));
    return std::move(begun.candidate);
  }
  repo::Candidate Begin(const repo::CeremonyChanges& changes) {
    auto candidate = TryBegin(changes);
    EXPECT_THAT(candidate, IsOk());
    return *std::move(candidate);
  }
  repo::Candidate BeginRenewal(const std::string& role) {
    repo::CeremonyChanges changes;
    changes.renew = {role};
    changes.life = absl::Hours(500 * 24);
    return Begin(changes);
  }
  void Sign(repo::Candidate& candidate, const std::vector<std::string>& names) {
    for (const std::string& name : names) {
      EXPECT_THAT(repo::AddSignature(candidate, Key(name), now_), IsOk())
          << name;
    }
  }
  absl::StatusOr<sync::PublishedCeremony> Publish(
      const repo::Candidate& candidate) {
    return sync::PublishCeremony(
        *home_, config_, candidate,
        [](const sync::OnlineSigner&) -> absl::StatusOr<crypto::Secret> {
          return crypto::Secret::Copy("");
        },
        now_);
  }

  // A reader who trusts the first root and looks now.
  std::string NewReader() {
    const std::string store = dir_.Join(fmt::format("reader-{}", readers_++));
    std::filesystem::create_directory(store);
    std::filesystem::copy_file(init_.home + "/live/metadata/1.root.json",
                               store + "/root.json");
    EXPECT_THAT(Look(store), IsOk());
    return store;
  }
  // The reader looks again, and finds the wheel.
  absl::Status Look(const std::string& store) {
    ASSIGN_OR_RETURN(const auto transfers, http::Transfers::Create({}));
    client::DirectoryStore kept(store);
    const std::string base = "file://" + init_.home + "/live/";
    client::Updater updater({{base + "metadata/"}, {base}, {}}, *transfers,
                            kept);
    RETURN_IF_ERROR(updater.Refresh(now_));
    ASSIGN_OR_RETURN(
        const auto found,
        updater.FindTarget("packages/six/six-1.16.0-py3-none-any.whl"));
    return found ? absl::OkStatus() : absl::NotFoundError("the wheel is gone");
  }
  // The same by a copy of the reader, who stays where they were.
  absl::Status LookFrom(const std::string& store) {
    const std::string copy = dir_.Join("returning-reader");
    std::filesystem::remove_all(copy);
    std::filesystem::copy(store, copy);
    return Look(copy);
  }

  std::map<std::string, std::string> keys_;  // file by name
  int readers_ = 0;
};

}  // namespace tufmirror::testing

#endif  // TUFMIRROR_TESTS_SYNC_CEREMONY_ORIGIN_H_
