#include "source/index_closure.h"

#include <string>

#include "fmt/format.h"
#include "source/index_fixture.h"
#include "tufmirror/source/index_source.h"

namespace tufmirror::source {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using testing::FailsWith;
using ::testing::IsEmpty;
using testing::kEveryTime;
using ::testing::SizeIs;

class IndexClosureTest : public IndexTest {
 protected:
  IndexClosureTest() {
    rules_.projects = {"app"};
    rules_.with_dependencies = true;
    Select();
  }

  static std::string MetadataOf(const std::string& name,
                                const std::vector<std::string>& requires_dist) {
    std::string text =
        fmt::format("Metadata-Version: 2.1\nName: {}\nVersion: 1.0\n", name);
    for (const std::string& line : requires_dist) {
      text += fmt::format("Requires-Dist: {}\n", line);
    }
    return text;
  }
  static std::string WheelOf(const std::string& name,
                             const std::string& version = "1.0") {
    return fmt::format("{}-{}-py3-none-any.whl", name, version);
  }
  // A project with a wheel that needs others.
  void PutWheel(const std::string& name,
                const std::vector<std::string>& requires_dist,
                const std::string& version = "1.0") {
    server_.Put({.name = name,
                 .files = {{.filename = WheelOf(name, version),
                            .bytes = name + version,
                            .metadata = MetadataOf(name, requires_dist)}}});
  }
  size_t MetadataRequests(const std::string& name) {
    return server_.files().CountRequests(IndexServer::FilePath(WheelOf(name)) +
                                         ".metadata");
  }
};

TEST_F(IndexClosureTest, FollowsWhatIsNeededToTheEnd) {
  PutWheel("app", {"lib>=1"});
  PutWheel("lib", {"base; python_version >= '3'", "app"});  // a circle
  PutWheel("base", {});
  PutWheel("other", {});
  EXPECT_THAT(Run(), ElementsAre("app", "base", "lib"));
  EXPECT_THAT(Text(last_->Projects()), ElementsAre("app", "base", "lib"));
  EXPECT_THAT(Offered("base"), SizeIs(1));
  EXPECT_EQ(server_.PageRequests("other"), 0u);
  EXPECT_EQ(MetadataRequests("base"), 1u);
}

TEST_F(IndexClosureTest, ExtrasAreFollowedOnlyWhereTheyAreAskedFor) {
  PutWheel("app", {"lib[fast]"});
  PutWheel("lib", {"quick; extra == 'fast'", "pretty; extra == 'nice'"});
  PutWheel("quick", {});
  PutWheel("pretty", {});
  EXPECT_THAT(Run(), ElementsAre("app", "lib", "quick"));
}

TEST_F(IndexClosureTest, AsksForNoMetadataTwice) {
  PutWheel("app", {"lib"});
  PutWheel("lib", {});
  Run();
  server_.files().ForgetRequests();
  EXPECT_THAT(Run(), IsEmpty());
  EXPECT_EQ(last_->counts().dependencies, 1u);
  PutWheel("lib", {"base"}, "2.0");
  PutWheel("base", {});
  EXPECT_THAT(Run(), ElementsAre("base", "lib"));
  EXPECT_EQ(MetadataRequests("app"), 0u);
}

TEST_F(IndexClosureTest, WhatIsNotNeededAnyMoreGoes) {
  PutWheel("app", {"lib"});
  PutWheel("lib", {});
  Run();
  PutWheel("app", {}, "2.0");
  EXPECT_THAT(Run(), ElementsAre("app", "lib"));
  EXPECT_FALSE(last_->Offer(Name("lib"))->listed);
  EXPECT_THAT(Run(), IsEmpty());
}

TEST_F(IndexClosureTest, WhileMetadataCannotBeHadNothingGoes) {
  PutWheel("app", {"lib"});
  PutWheel("lib", {});
  Run();
  PutWheel("app", {}, "2.0");
  server_.files().Inject(
      IndexServer::FilePath(WheelOf("app", "2.0")) + ".metadata",
      Fault::Status(503), 2);
  EXPECT_THAT(Run(), ElementsAre("app"));
  EXPECT_THAT(ProblemsOf(*last_), ElementsAre("app: " + WheelOf("app", "2.0")));
  EXPECT_THAT(Offered("lib"), SizeIs(1));
  EXPECT_THAT(Run(), ElementsAre("lib"));  // known now
  EXPECT_FALSE(last_->Offer(Name("lib"))->listed);
}

TEST_F(IndexClosureTest, MetadataThatIsNotWhatThePagePromisesIsNotBelieved) {
  PutWheel("app", {"lib"});
  PutWheel("lib", {});
  PutWheel("evil", {});
  server_.files().Serve(IndexServer::FilePath(WheelOf("app")) + ".metadata",
                        MetadataOf("app", {"evil"}));
  EXPECT_THAT(Run(), ElementsAre("app"));
  EXPECT_THAT(last_->problems()[0].reason, FailsWith(Failure::kDigest));
}

TEST_F(IndexClosureTest, AnExcludedProjectIsNotFollowed) {
  rules_.exclude_projects = {"lib"};
  Select();
  PutWheel("app", {"lib", "base"});
  PutWheel("lib", {});
  PutWheel("base", {});
  EXPECT_THAT(Run(), ElementsAre("app", "base"));
  EXPECT_EQ(server_.PageRequests("lib"), 0u);
}

TEST_F(IndexClosureTest, WithoutMetadataItWaitsForThePublishedFile) {
  Put("app");  // an sdist
  PutWheel("lib", {});
  EXPECT_THAT(Run(), ElementsAre("app"));
  EXPECT_THAT(ProblemsOf(*last_), ElementsAre("app: app-1.0.tar.gz"));
  options_.published_requires = [](const SourceFile& file) {
    EXPECT_EQ(file.filename, "app-1.0.tar.gz");
    return std::vector<std::string>{"lib"};
  };
  EXPECT_THAT(Run(), ElementsAre("lib"));
  EXPECT_THAT(last_->problems(), IsEmpty());
  options_.published_requires = nullptr;
  EXPECT_THAT(Run(), IsEmpty());  // remembered
  EXPECT_THAT(last_->problems(), IsEmpty());
}

TEST_F(IndexClosureTest, AMetadataFileThatIsNotThereIsAsIfNotOffered) {
  PutWheel("app", {"lib"});
  PutWheel("lib", {});
  server_.files().Remove(IndexServer::FilePath(WheelOf("app")) + ".metadata");
  EXPECT_THAT(Run(), ElementsAre("app"));
  EXPECT_THAT(last_->problems()[0].reason,
              FailsWith(Failure::kHeldBack, "no core metadata"));
}

TEST_F(IndexClosureTest, AnSdistNeedsWhatItsReleasesWheelNeeds) {
  server_.Put({.name = "app",
               .files = {{.filename = "app-1.0.tar.gz", .bytes = "s"},
                         {.filename = WheelOf("app"),
                          .bytes = "w",
                          .metadata = MetadataOf("app", {"lib"})}}});
  PutWheel("lib", {});
  EXPECT_THAT(Run(), ElementsAre("app", "lib"));
  EXPECT_THAT(last_->problems(), IsEmpty());
}

TEST_F(IndexClosureTest, WhatIsNeededAndNotThereIsAProblem) {
  PutWheel("app", {"nowhere"});
  Run();
  EXPECT_THAT(ProblemsOf(*last_), ElementsAre("nowhere"));
}

TEST_F(IndexClosureTest, LosingTheRequirementsCostsTimeOnly) {
  PutWheel("app", {"lib"});
  PutWheel("lib", {});
  Run();
  home_.Write("state/index/requires/ap/app", "torn");
  PutWheel("lib", {}, "2.0");
  EXPECT_THAT(Run(), ElementsAre("lib"));
  EXPECT_THAT(Text(last_->Projects()), ElementsAre("app", "lib"));
}

}  // namespace
}  // namespace tufmirror::source
