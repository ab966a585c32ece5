// What a guard refuses although it verifies.
#include "guard/guard_fixture.h"

namespace tufmirror::guard {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::tufmirror::testing::FailsWith;
using ::tufmirror::testing::GuardTest;
using ::tufmirror::testing::kWantsJson;
using ::tufmirror::testing::RepositoryFixture;

class GuardPolicyTest : public GuardTest {
 protected:
  GuardPolicyTest() {
    AddFile("flit", "flit-1.0.tar.gz", "one");
    AddFile("flit", "flit-2.0.tar.gz", "two").yanked = "broken";
    AddFile("flit", "flit-3.0.tar.gz", "three").upload_time =
        RepositoryFixture::now() - absl::Hours(1);
    AddFile("flit-core", "flit_core-1.0.tar.gz", "core");
    AddFile("other", "other-1.0.tar.gz", "other");
    AddTarget("packages/flit/flit-1.0.tar.gz.provenance", "{}");
    AddTarget("packages/flit/flit-2.0.tar.gz.provenance", "{}");
    AddTarget("packages/flit/flit-2.0.tar.gz.metadata", "Name: flit\n");
    Publish();
  }
  // Everywhere the file is refused: on both pages, itself, its metadata.
  void ExpectOnlyMissing(const std::string& version) {
    for (const std::string& accept : {std::string(), std::string(kWantsJson)}) {
      const auto page = Get("/simple/flit/", accept);
      EXPECT_EQ(page.status, 200);
      for (const std::string listed : {"1.0", "2.0", "3.0"}) {
        const auto filename = HasSubstr("flit-" + listed + ".tar.gz");
        if (listed == version) {
          EXPECT_THAT(page.body, Not(filename));
        } else {
          EXPECT_THAT(page.body, filename);
        }
      }
    }
    for (const std::string listed : {"1.0", "2.0", "3.0"}) {
      const auto response = Get("/packages/flit/flit-" + listed + ".tar.gz");
      EXPECT_EQ(response.status, listed == version ? 403 : 200) << listed;
    }
  }
};

TEST_F(GuardPolicyTest, ServesOnlyAllowedProjects) {
  options.policy.projects = {"Flit*"};
  Start();
  EXPECT_EQ(Get("/simple/flit/").status, 200);
  EXPECT_EQ(Get("/packages/flit-core/flit_core-1.0.tar.gz").status, 200);
  ExpectRefused(Get("/simple/other/"), 403, Failure::kHeldBack, "policy");
  ExpectRefused(Get("/packages/other/other-1.0.tar.gz"), 403,
                Failure::kHeldBack, "policy");
  ExpectRefused(Get("/simple/other/index.html"), 403, Failure::kHeldBack,
                "policy");
  const std::string list = Get("/simple/").body;
  EXPECT_THAT(list, HasSubstr("flit-core"));
  EXPECT_THAT(list, Not(HasSubstr("other")));
}

TEST_F(GuardPolicyTest, RefusesYankedFiles) {
  options.policy.refuse_yanked = true;
  Start();
  ExpectOnlyMissing("2.0");
  ExpectRefused(Get("/packages/flit/flit-2.0.tar.gz"), 403, Failure::kHeldBack,
                "yanked");
  EXPECT_EQ(Get("/packages/flit/flit-2.0.tar.gz.metadata").status, 403);
  EXPECT_EQ(Get("/packages/flit/flit-2.0.tar.gz.provenance").status, 403);
  EXPECT_EQ(Get("/packages/flit/flit-1.0.tar.gz.provenance").status, 200);
}

TEST_F(GuardPolicyTest, RefusesYoungFiles) {
  options.policy.min_age = absl::Hours(24 * 7);
  Start();
  ExpectOnlyMissing("3.0");
  ExpectRefused(Get("/packages/flit/flit-3.0.tar.gz"), 403, Failure::kHeldBack,
                "min_age");
  SetClock(RepositoryFixture::now() + absl::Hours(24 * 8));
  EXPECT_EQ(Get("/packages/flit/flit-3.0.tar.gz").status, 200);
}

TEST_F(GuardPolicyTest, ServesOnlyListedHashes) {
  options.policy.hash_lists = {directory.Write(
      "requirements.txt",
      fmt::format("flit==1.0 --hash=sha256:{}\nflit==3.0 --hash=sha256:{}\n",
                  crypto::Sha256Of("one").Hex(),
                  crypto::Sha256Of("three").Hex()))};
  Start();
  ExpectOnlyMissing("2.0");
  ExpectRefused(Get("/packages/flit/flit-2.0.tar.gz"), 403, Failure::kHeldBack,
                "hash lists");
  EXPECT_EQ(Get("/packages/other/other-1.0.tar.gz").status, 403);
}

TEST_F(GuardPolicyTest, WantsHashesInAHashList) {
  options.root = repository.files().at("metadata/1.root.json");
  options.policy.hash_lists = {
      directory.Write("requirements.txt", "flit==1.0\n")};
  EXPECT_THAT(Guard::Start(options), FailsWith(Failure::kUsage, "sha256"));
  options.policy.hash_lists = {directory.Join("absent.txt")};
  EXPECT_THAT(Guard::Start(options), FailsWith(Failure::kNotFound));
}

}  // namespace
}  // namespace tufmirror::guard
