#include "source/index_offer.h"

#include <string>

#include "source/index_fixture.h"

namespace tufmirror::source {
namespace {

using ::testing::ElementsAre;
using testing::FailsWith;
using ::testing::IsEmpty;

constexpr std::string_view kPageUrl = "https://index.example/simple/flit/";

class IndexOfferTest : public ::testing::Test {
 protected:
  pypi::OfferedFile& Add(const std::string& filename) {
    pypi::OfferedFile& file = page_.files.emplace_back();
    file.filename = filename;
    file.url = "../" + filename;
    file.sha256 = Sha256();
    return file;
  }
  MappedOffer Map() {
    select::PageVerdict verdict;
    verdict.project.selected = true;
    verdict.files.assign(page_.files.size(), {.selected = true, .rule = ""});
    return MapOffer(Name("flit"), page_, kPageUrl, verdict, rules_);
  }

  pypi::UpstreamPage page_;
  OfferRules rules_;
};

TEST_F(IndexOfferTest, ListsFilesByNameWithTheirVersions) {
  Add("flit-1.0RC1.tar.gz");
  Add("flit-0.9-py3-none-any.whl");
  Add("Flit-1.0.win32.exe");
  const MappedOffer mapped = Map();
  EXPECT_THAT(Filenames(mapped.offer),
              ElementsAre("Flit-1.0.win32.exe", "flit-0.9-py3-none-any.whl",
                          "flit-1.0RC1.tar.gz"));
  EXPECT_EQ(mapped.offer.files[2].version, "1.0rc1");
  EXPECT_EQ(mapped.offer.files[2].location,
            "https://index.example/simple/flit-1.0RC1.tar.gz");
  EXPECT_THAT(mapped.problems, IsEmpty());
}

TEST_F(IndexOfferTest, AVersionThatIsNoneOfPep440StaysAsWritten) {
  Add("flit-2004d.tar.gz");
  EXPECT_EQ(Map().offer.files[0].version, "2004d");
}

TEST_F(IndexOfferTest, AnotherProjectsFileIsLeftOut) {
  Add("flask-1.0.tar.gz");
  const MappedOffer mapped = Map();
  EXPECT_THAT(mapped.offer.files, IsEmpty());
  EXPECT_EQ(mapped.problems[0].what, "flit: flask-1.0.tar.gz");
  EXPECT_THAT(mapped.problems[0].reason, FailsWith(Failure::kMalformed));
}

TEST_F(IndexOfferTest, AFileWithoutSha256IsLeftOutUnlessAllowed) {
  Add("flit-1.0.tar.gz").sha256.reset();
  EXPECT_THAT(Map().problems[0].reason,
              FailsWith(Failure::kUnsupported, "no digest"));
  page_.files[0].has_other_hash = true;
  EXPECT_THAT(Map().problems[0].reason,
              FailsWith(Failure::kUnsupported, "weaker"));
  rules_.allow_unhashed = true;
  EXPECT_THAT(Filenames(Map().offer), ElementsAre("flit-1.0.tar.gz"));
}

TEST_F(IndexOfferTest, AFileThatIsTooLargeIsLeftOut) {
  Add("flit-1.0.tar.gz").size = 1001;
  Add("flit-1.1.tar.gz").size = 1000;
  rules_.max_file_size = 1000;
  const MappedOffer mapped = Map();
  EXPECT_THAT(Filenames(mapped.offer), ElementsAre("flit-1.1.tar.gz"));
  EXPECT_THAT(mapped.problems[0].reason,
              FailsWith(Failure::kTooLarge, "1000 bytes expected, got 1001"));
}

TEST_F(IndexOfferTest, ALinkThatIsNoUsableUrlLeavesOutItsFile) {
  Add("flit-1.0.tar.gz").url = "javascript:alert(1)";
  Add("flit-1.1.tar.gz");
  const MappedOffer mapped = Map();
  EXPECT_THAT(Filenames(mapped.offer), ElementsAre("flit-1.1.tar.gz"));
  EXPECT_THAT(mapped.problems[0].reason, FailsWith(Failure::kMalformed));
}

TEST_F(IndexOfferTest, ProvenanceIsOfferedOnlyWhereItIsMirrored) {
  Add("flit-1.0.tar.gz").provenance = "/integrity/flit/1.0/provenance";
  EXPECT_EQ(Map().offer.files[0].provenance, "");
  rules_.provenance = true;
  EXPECT_EQ(Map().offer.files[0].provenance,
            "https://index.example/integrity/flit/1.0/provenance");
}

TEST_F(IndexOfferTest, ABadUrlOfProvenanceDoesNotLeaveOutItsFile) {
  Add("flit-1.0.tar.gz").provenance = "javascript:alert(1)";
  rules_.provenance = true;
  const MappedOffer mapped = Map();
  EXPECT_THAT(Filenames(mapped.offer), ElementsAre("flit-1.0.tar.gz"));
  EXPECT_EQ(mapped.offer.files[0].provenance, "");
  ASSERT_EQ(mapped.problems.size(), 1u);
  EXPECT_EQ(mapped.problems[0].what, "flit: flit-1.0.tar.gz.provenance");
}

TEST_F(IndexOfferTest, MalformedEntriesOfThePageAreProblems) {
  page_.problems.push_back(
      {"flit-1.0.tar.gz", MakeFailure(Failure::kMalformed, "bad entry")});
  EXPECT_EQ(Map().problems[0].what, "flit: flit-1.0.tar.gz");
}

TEST_F(IndexOfferTest, AProjectThatIsNotSelectedOffersNothing) {
  Add("flit-1.0.tar.gz");
  page_.status = "quarantined";
  const MappedOffer mapped = MapOffer(Name("flit"), page_, kPageUrl, {}, {});
  EXPECT_FALSE(mapped.offer.listed);
  EXPECT_THAT(mapped.offer.files, IsEmpty());
  EXPECT_EQ(mapped.offer.status, "");
}

TEST_F(IndexOfferTest, FilesThatAreNotSelectedAreNoProblems) {
  Add("flit-1.0.tar.gz").sha256.reset();
  select::PageVerdict verdict;
  verdict.project.selected = true;
  verdict.files.resize(1);
  const MappedOffer mapped =
      MapOffer(Name("flit"), page_, kPageUrl, verdict, {});
  EXPECT_TRUE(mapped.offer.listed);
  EXPECT_THAT(mapped.problems, IsEmpty());
}

}  // namespace
}  // namespace tufmirror::source
