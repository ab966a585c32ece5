#include "tufmirror/repo/claim_bundle.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "support/status_matchers.h"
#include "tufmirror/crypto/hash.h"
#include "tufmirror/repo/claim_request.h"
#include "tufmirror/repo/claim_roles.h"
#include "tufmirror/repo/claimed_role.h"
#include "tufmirror/repo/project_pages.h"
#include "tufmirror/repo/signer.h"
#include "tufmirror/tuf/verified.h"

namespace tufmirror::repo {
namespace {

using testing::FailsWith;
using testing::IsOk;

constexpr char kWheel[] = "flit-1.0-py3-none-any.whl";

absl::Time ClaimExpiry() { return absl::FromUnixSeconds(1'900'000'000); }

pypi::ProjectName Flit() { return *pypi::ProjectName::Parse("flit"); }

ClaimFile FlitFile(const std::string& filename) {
  ClaimFile file;
  file.version = "1.0";
  file.line.filename = filename;
  file.line.sha256 = crypto::Sha256Of(filename);
  file.line.size = 10;
  file.line.core_metadata = crypto::Sha256Of("metadata");
  file.core_metadata_bytes = 8;
  return file;
}

class ClaimBundleTest : public ::testing::Test {
 protected:
  static ClaimBundle Make() {
    return MakeClaimBundle(Flit(), {FlitFile(kWheel)}, 1, ClaimExpiry());
  }
  // The bundle with a changed role.
  template <typename Change>
  static ClaimBundle With(Change change) {
    ClaimBundle bundle = Make();
    tuf::Targets role = *ReadTargetsRole(bundle.role);
    change(role);
    bundle.role = tuf::WriteMetadata(tuf::CanonicalForm(role), {});
    return bundle;
  }

  Signer alice_ = *Signer::Generate();
  Signer bob_ = *Signer::Generate();
};

void Replace(std::string& text, std::string_view from, std::string_view to) {
  const size_t at = text.find(from);
  ASSERT_NE(at, std::string::npos) << from;
  text.replace(at, from.size(), to);
}

TEST_F(ClaimBundleTest, WhatIsWrittenIsReadAgain) {
  const ClaimBundle bundle = Make();
  ASSERT_OK_AND_ASSIGN(const ClaimBundle again,
                       ParseClaimBundle(WriteClaimBundle(bundle)));
  EXPECT_EQ(again.project, bundle.project);
  EXPECT_EQ(again.role, bundle.role);
  EXPECT_EQ(again.html, bundle.html);
  EXPECT_EQ(again.json, bundle.json);
  ASSERT_OK_AND_ASSIGN(const ClaimRelease release, OpenClaimBundle(again));
  EXPECT_EQ(release.role.version, 1);
  EXPECT_EQ(release.role.targets.size(), 4u);
  EXPECT_EQ(release.page.files.size(), 1u);
}

TEST_F(ClaimBundleTest, EqualFilesGiveEqualBytes) {
  const ClaimFile other = FlitFile("flit-1.0.tar.gz");
  EXPECT_EQ(WriteClaimBundle(MakeClaimBundle(Flit(), {FlitFile(kWheel), other},
                                             1, ClaimExpiry())),
            WriteClaimBundle(MakeClaimBundle(Flit(), {other, FlitFile(kWheel)},
                                             1, ClaimExpiry())));
}

TEST_F(ClaimBundleTest, RefusesARoleThatListsMoreThanThePage) {
  const ClaimBundle bundle = With([](tuf::Targets& role) {
    role.targets.push_back(TargetOf("simple/flit/z", 1, Sha256()));
  });
  EXPECT_THAT(OpenClaimBundle(bundle),
              FailsWith(Failure::kMalformed, "neither a page nor on it"));
}

TEST_F(ClaimBundleTest, RefusesARoleThatListsLessThanThePage) {
  const ClaimBundle bundle =
      With([](tuf::Targets& role) { role.targets.pop_back(); });
  EXPECT_THAT(OpenClaimBundle(bundle),
              FailsWith(Failure::kMalformed, "does not list"));
}

TEST_F(ClaimBundleTest, RefusesAFileOfOtherContentThanThePageSays) {
  const ClaimBundle bundle = With([](tuf::Targets& role) {
    for (tuf::TargetFile& target : role.targets) {
      if (target.path == PackagePath(Flit(), kWheel)) {
        target.content.length = 11;
      }
    }
  });
  EXPECT_THAT(OpenClaimBundle(bundle),
              FailsWith(Failure::kMalformed, "other content"));
}

TEST_F(ClaimBundleTest, RefusesARoleThatDelegates) {
  const ClaimBundle bundle = With([this](tuf::Targets& role) {
    role = WithClaim(role, Flit(), {{{alice_.keyid(), alice_.key()}}, 1});
  });
  EXPECT_THAT(OpenClaimBundle(bundle),
              FailsWith(Failure::kMalformed, "delegates"));
}

TEST_F(ClaimBundleTest, RefusesAPageThatIsNotRenderedOfItsFiles) {
  ClaimBundle html = Make();
  html.html += " ";
  EXPECT_THAT(OpenClaimBundle(html), FailsWith(Failure::kMalformed, "HTML"));
  ClaimBundle json = Make();
  json.json += " ";
  EXPECT_THAT(OpenClaimBundle(json), FailsWith(Failure::kMalformed, "JSON"));
}

TEST_F(ClaimBundleTest, RefusesAnotherProjectsPage) {
  ClaimBundle bundle = Make();
  bundle.project = *pypi::ProjectName::Parse("six");
  EXPECT_THAT(OpenClaimBundle(bundle),
              FailsWith(Failure::kMalformed, "expected the page of six"));
}

TEST_F(ClaimBundleTest, RefusesAFileOfAnotherProject) {
  const ClaimBundle bundle = MakeClaimBundle(
      Flit(), {FlitFile("six-1.0-py3-none-any.whl")}, 1, ClaimExpiry());
  EXPECT_THAT(OpenClaimBundle(bundle), FailsWith(Failure::kMalformed, "six"));
}

TEST_F(ClaimBundleTest, RefusesAUrlThatLeadsElsewhere) {
  ClaimBundle bundle = Make();
  Replace(bundle.json, "../../packages/flit/", "https://example/");
  EXPECT_THAT(OpenClaimBundle(bundle),
              FailsWith(Failure::kMalformed, "expected the URL"));
}

TEST_F(ClaimBundleTest, RefusesProvenanceAndTheSameFileTwice) {
  ClaimFile file = FlitFile(kWheel);
  file.line.provenance = "https://example/provenance";
  EXPECT_THAT(
      OpenClaimBundle(MakeClaimBundle(Flit(), {file}, 1, ClaimExpiry())),
      FailsWith(Failure::kMalformed, "provenance"));
  EXPECT_THAT(
      OpenClaimBundle(MakeClaimBundle(
          Flit(), {FlitFile(kWheel), FlitFile(kWheel)}, 1, ClaimExpiry())),
      FailsWith(Failure::kMalformed, "twice"));
}

TEST_F(ClaimBundleTest, RefusesUnknownMembersOfTheRole) {
  ClaimBundle bundle = Make();
  Replace(bundle.role, R"("version":1)", R"("version":1,"x":1)");
  EXPECT_THAT(OpenClaimBundle(bundle),
              FailsWith(Failure::kMalformed, "no members but"));
}

TEST_F(ClaimBundleTest, RefusesAnotherFormat) {
  std::string text = WriteClaimBundle(Make());
  Replace(text, "bundle 1", "bundle 2");
  EXPECT_THAT(ParseClaimBundle(text),
              FailsWith(Failure::kMalformed, "expected format"));
  EXPECT_THAT(ParseClaimBundle("[]"), FailsWith(Failure::kMalformed, ""));
}

TEST_F(ClaimBundleTest, MaintainersSignOneAfterTheOther) {
  ASSERT_OK_AND_ASSIGN(ClaimBundle bundle, SignClaimBundle(Make(), alice_));
  EXPECT_THAT(SignClaimBundle(bundle, alice_),
              FailsWith(Failure::kUsage, "already"));
  ASSERT_OK_AND_ASSIGN(bundle, SignClaimBundle(std::move(bundle), bob_));
  ClaimKeys keys{{{alice_.keyid(), alice_.key()}, {bob_.keyid(), bob_.key()}},
                 2};
  EXPECT_THAT(tuf::Verifier::VerifyUnder({bundle.role}, "claim-flit", keys.keys,
                                         keys.role()),
              IsOk());
}

TEST_F(ClaimBundleTest, NobodySignsWhatAnOriginWouldRefuse) {
  ClaimBundle bundle = Make();
  bundle.html += " ";
  EXPECT_THAT(SignClaimBundle(std::move(bundle), alice_),
              FailsWith(Failure::kMalformed, "HTML"));
}

class ClaimRequestTest : public ClaimBundleTest {
 protected:
  ClaimRequest RequestOf(int64_t threshold) {
    return {Flit(),
            {{{alice_.keyid(), alice_.key()}, {bob_.keyid(), bob_.key()}},
             threshold},
            "me@example",
            ClaimExpiry()};
  }
};

TEST_F(ClaimRequestTest, WhatIsWrittenIsReadAgain) {
  ASSERT_OK_AND_ASSIGN(const std::string text,
                       WriteClaimRequest(RequestOf(2), {}));
  EXPECT_TRUE(LooksLikeClaimRequest(text));
  ASSERT_OK_AND_ASSIGN(const ClaimRequest request, ParseClaimRequest(text));
  EXPECT_EQ(request.project, Flit());
  EXPECT_EQ(request.keys, RequestOf(2).keys);
  EXPECT_EQ(request.contact, "me@example");
  EXPECT_EQ(request.expires, ClaimExpiry());
}

TEST_F(ClaimRequestTest, RefusesAThresholdThatNobodyCanMeet) {
  EXPECT_THAT(WriteClaimRequest(RequestOf(3), {}),
              FailsWith(Failure::kUsage, "expected 1 to 2"));
  EXPECT_THAT(WriteClaimRequest(RequestOf(0), {}),
              FailsWith(Failure::kUsage, "expected 1 to 2"));
}

TEST_F(ClaimRequestTest, RefusesAKeyUnderAnotherKeyid) {
  ClaimRequest request = RequestOf(1);
  request.keys.keys.emplace("mine", alice_.key());
  EXPECT_THAT(WriteClaimRequest(request, {}),
              FailsWith(Failure::kUsage, "keyid"));
}

TEST_F(ClaimRequestTest, RefusesAContactThatIsNoLineOfText) {
  ClaimRequest request = RequestOf(1);
  request.contact = "a\nb";
  EXPECT_THAT(WriteClaimRequest(request, {}),
              FailsWith(Failure::kUsage, "contact"));
}

TEST_F(ClaimRequestTest, RefusesToDelegateMoreThanItsProject) {
  ASSERT_OK_AND_ASSIGN(std::string text, WriteClaimRequest(RequestOf(1), {}));
  Replace(text, "packages/flit/*", "packages/*/*");
  EXPECT_THAT(ParseClaimRequest(text),
              FailsWith(Failure::kMalformed, "other content"));
}

TEST_F(ClaimRequestTest, TheSignaturesOfTheOldKeysAreChecked) {
  ASSERT_OK_AND_ASSIGN(const std::string text,
                       WriteClaimRequest(RequestOf(1), {&alice_}));
  const ClaimKeys alice{{{alice_.keyid(), alice_.key()}}, 1};
  const ClaimKeys bob{{{bob_.keyid(), bob_.key()}}, 1};
  EXPECT_THAT(CheckClaimRequestSigned(text, alice), IsOk());
  EXPECT_THAT(CheckClaimRequestSigned(text, bob),
              FailsWith(Failure::kThreshold, "claim request"));
}

TEST_F(ClaimRequestTest, AKeyThatNoRequestNamesDoesNotSign) {
  const Signer mallory = *Signer::Generate();
  EXPECT_THAT(CheckMaySign({RequestOf(2)}, Flit(), bob_), IsOk());
  EXPECT_THAT(CheckMaySign({RequestOf(2)}, Flit(), mallory),
              FailsWith(Failure::kUsage, "expected a key that"));
  const pypi::ProjectName six = *pypi::ProjectName::Parse("six");
  EXPECT_THAT(CheckMaySign({RequestOf(2)}, six, bob_),
              FailsWith(Failure::kUsage, "expected one of six"));
}

TEST_F(ClaimRequestTest, OnlyGoodSignaturesOfNamedKeysCount) {
  const Signer mallory = *Signer::Generate();
  ClaimBundle bundle = *SignClaimBundle(Make(), alice_);
  bundle = *SignClaimBundle(std::move(bundle), mallory);
  EXPECT_TRUE(CountsAsSigned(bundle, alice_.keyid(), {RequestOf(2)}));
  EXPECT_FALSE(CountsAsSigned(bundle, bob_.keyid(), {RequestOf(2)}));
  EXPECT_FALSE(CountsAsSigned(bundle, mallory.keyid(), {RequestOf(2)}));
  Replace(bundle.role, R"("version":1)", R"("version":2)");
  EXPECT_FALSE(CountsAsSigned(bundle, alice_.keyid(), {RequestOf(2)}));
}

TEST_F(ClaimRequestTest, ARequestIsNoReleaseOfTheProject) {
  ASSERT_OK_AND_ASSIGN(const std::string text,
                       WriteClaimRequest(RequestOf(1), {&alice_}));
  const ClaimKeys alice{{{alice_.keyid(), alice_.key()}}, 1};
  EXPECT_THAT(tuf::Verifier::VerifyUnder({text}, "claim-flit", alice.keys,
                                         alice.role()),
              FailsWith(Failure::kMalformed, ""));
}

TEST(ClaimRolesTest, ADelegationCoversTheProjectAndNothingElse) {
  tuf::Targets role = WithClaim({}, Flit(), {});
  const auto& roles =
      std::get<std::vector<tuf::DelegatedRole>>(role.delegations->roles);
  ASSERT_EQ(roles.size(), 1u);
  EXPECT_TRUE(roles[0].terminating);
  EXPECT_TRUE(roles[0].Matches("simple/flit/index.html"));
  EXPECT_TRUE(roles[0].Matches("packages/flit/flit-1.0.whl"));
  for (const char* path : {"simple/index.html", "simple/flit-core/index.html",
                           "simple/flit/a/b", "packages/six/six.whl"}) {
    EXPECT_FALSE(roles[0].Matches(path)) << path;
  }
  role = WithoutClaim(std::move(role), Flit());
  EXPECT_FALSE(role.delegations.has_value());
}

TEST(ClaimRolesTest, TheProjectOfATargetIsItsDirectory) {
  EXPECT_EQ(ProjectOfTarget("simple/flit/index.html"), "flit");
  EXPECT_EQ(ProjectOfTarget("packages/flit/flit-1.0.whl"), "flit");
  for (const char* path :
       {"simple/index.html", "a/flit/b", "simple/flit/a/b", "simple", ""}) {
    EXPECT_EQ(ProjectOfTarget(path), "") << path;
  }
}

}  // namespace
}  // namespace tufmirror::repo
