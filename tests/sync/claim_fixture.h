// An origin whose projects can be claimed, and maintainers with keys.
#ifndef TUFMIRROR_TESTS_SYNC_CLAIM_FIXTURE_H_
#define TUFMIRROR_TESTS_SYNC_CLAIM_FIXTURE_H_

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "support/status_matchers.h"
#include "sync/origin_index_fixture.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/repo/claim_bundle.h"
#include "tufmirror/repo/claim_request.h"
#include "tufmirror/repo/claimed_role.h"
#include "tufmirror/sync/claim_sign.h"
#include "tufmirror/sync/claims.h"

namespace tufmirror::testing {

// Of a directory, unless SetUp is that of OriginIndexFixture.
class ClaimFixture : public OriginIndexFixture {
 protected:
  using Signers = std::vector<const repo::Signer*>;

  ClaimFixture() { init_.claims = true; }

  static pypi::ProjectName Name(std::string_view name) {
    return *pypi::ProjectName::Parse(name);
  }
  static repo::ClaimKeys KeysOf(const Signers& maintainers, int64_t threshold) {
    repo::ClaimKeys keys;
    keys.threshold = threshold;
    for (const repo::Signer* maintainer : maintainers) {
      keys.keys.emplace(maintainer->keyid(), maintainer->key());
    }
    return keys;
  }

  absl::StatusOr<std::string> Request(const std::string& project,
                                      const Signers& maintainers,
                                      int64_t threshold = 1,
                                      const Signers& signers = {}) {
    return repo::WriteClaimRequest(
        {Name(project), KeysOf(maintainers, threshold), "me@example",
         now_ + absl::Hours(24)},
        signers);
  }

  // A release of the named files of the source directory, after the last one.
  absl::StatusOr<std::string> Sign(const std::string& project,
                                   const std::vector<std::string>& files,
                                   const Signers& signers) {
    sync::ReleaseOptions options{Name(project)};
    for (const std::string& file : files) {
      options.distributions.push_back(dir_.Join("source/" + file));
    }
    if (const auto last = bundles_.find(project); last != bundles_.end()) {
      ASSIGN_OR_RETURN(options.previous, repo::ParseClaimBundle(last->second));
    }
    options.expires = now_ + life_;
    ASSIGN_OR_RETURN(repo::ClaimBundle bundle, sync::PrepareRelease(options));
    for (const repo::Signer* signer : signers) {
      ASSIGN_OR_RETURN(bundle,
                       repo::SignClaimBundle(std::move(bundle), *signer));
    }
    return repo::WriteClaimBundle(bundle);
  }

  absl::Status Accept(
      std::string_view text,
      sync::KeyChange change = sync::KeyChange::kSignedByOldKeys) {
    return sync::AcceptClaim(*home_, text, change, now_).status();
  }

  // All of it, which must work.
  void Release(const std::string& project,
               const std::vector<std::string>& files, const Signers& signers) {
    ASSERT_OK_AND_ASSIGN(const std::string bundle,
                         Sign(project, files, signers));
    ASSERT_THAT(Accept(bundle), IsOk());
    bundles_[project] = bundle;
  }
  // Accepts keys of `project` and its first release.
  void Claim(const std::string& project,
             const std::vector<std::string>& files) {
    ASSERT_OK_AND_ASSIGN(const std::string request,
                         Request(project, {&alice_}));
    ASSERT_THAT(Accept(request), IsOk());
    requests_[project] = request;
    Release(project, files, {&alice_});
  }

  repo::Signer OfflineKey() const {
    return *repo::Signer::FromFile(init_.home + "/keys/bins.pem",
                                   crypto::Secret::Copy(""));
  }
  absl::StatusOr<std::string> NextClaimed(
      int64_t current, const std::vector<std::string>& add,
      const std::vector<std::string>& remove, const repo::Signer& signer) {
    repo::ClaimedChanges changes;
    for (const std::string& project : add) {
      ASSIGN_OR_RETURN(repo::ClaimRequest request,
                       repo::ParseClaimRequest(requests_[project]));
      changes.add.push_back(std::move(request));
    }
    for (const std::string& project : remove) {
      changes.remove.push_back(Name(project));
    }
    changes.expires = now_ + absl::Hours(365 * 24);
    return repo::NextClaimedRole(
        LiveFile("metadata/" + std::to_string(current) + ".claimed.json"),
        changes, {&signer});
  }

  static std::string SignedRole(const tuf::Targets& role,
                                const repo::Signer& signer) {
    const std::string canonical = tuf::CanonicalForm(role);
    return tuf::WriteMetadata(canonical, {*signer.Sign(canonical)});
  }

  // The one problem of a run.
  absl::Status RunWithProblem(const std::string& object) {
    const report::RunReport report = Run();
    EXPECT_THAT(report.outcome, IsOk());
    EXPECT_THAT(report.problems, ::testing::SizeIs(1));
    if (report.problems.size() != 1) return absl::OkStatus();
    EXPECT_EQ(report.problems[0].object, object);
    return report.problems[0].reason;
  }

  std::string StateOf(const std::string& project) {
    const auto listings = sync::ListClaims(*home_);
    EXPECT_THAT(listings, IsOk());
    if (!listings.ok()) return "";
    for (const sync::ClaimListing& listing : *listings) {
      if (listing.project == project) return listing.state;
    }
    return "";
  }

  repo::Signer alice_ = *repo::Signer::Generate();
  repo::Signer bob_ = *repo::Signer::Generate();
  absl::Duration life_ = absl::Hours(100 * 24);
  std::map<std::string, std::string> requests_;
  std::map<std::string, std::string> bundles_;  // the last of each project
};

}  // namespace tufmirror::testing

#endif  // TUFMIRROR_TESTS_SYNC_CLAIM_FIXTURE_H_
