// What is sent compressed, to whom, and under which validator.
#include "serve/compressed_bodies.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "serve/site.h"
#include "serve/site_fixture.h"
#include "support/status_matchers.h"
#include "tufmirror/compress/body_decoder.h"
#include "tufmirror/tree/layout.h"

namespace tufmirror::serve {
namespace {

using ::tufmirror::testing::IsOk;

TEST(ChooseEncoding, TakesTheBestThatIsAcceptedAndNothingThatIsNot) {
  const struct {
    std::string_view accept;
    std::optional<compress::Encoding> wanted;
  } kCases[] = {
      {"", std::nullopt},
      {"identity", std::nullopt},
      {"*", std::nullopt},
      {"br, deflate", std::nullopt},
      {"gzip", compress::Encoding::kGzip},
      {"GZIP;q=0.5", compress::Encoding::kGzip},
      {"gzip, deflate, br, zstd", compress::Encoding::kZstd},
      {"zstd;q=0, gzip", compress::Encoding::kGzip},
      {"gzip;q=0", std::nullopt},
      {"gzip;q=0.000", std::nullopt},
      {"gzip;level=9", std::nullopt},
      {"gzipped", std::nullopt},
  };
  for (const auto& test : kCases) {
    EXPECT_EQ(ChooseEncoding(test.accept), test.wanted) << test.accept;
  }
}

class CompressedSiteTest : public ::testing::Test {
 protected:
  CompressedSiteTest() {
    for (const char* path :
         {"metadata/2.bin-0.json", "simple/flit/index.html",
          "simple/flit/index.v1_json", "deltas/2.bin-0.pack"}) {
      site_.home.Write(std::string("trees/a/") + path, text_);
    }
    site_.home.Write("packages/flit/flit-1.tar.gz", text_);
  }

  Reply Get(const std::string& target, const std::string& accepted,
            const std::string& if_none_match = "",
            const std::string& range = "") {
    return answers_.Answer({.method = "GET",
                            .target = target,
                            .accept_encoding = accepted,
                            .if_none_match = if_none_match,
                            .range = range});
  }
  static std::string Header(const Reply& reply, std::string_view name) {
    for (const auto& [key, value] : reply.headers) {
      if (key == name) return value;
    }
    return "";
  }

  testing::SiteFixture site_;
  std::string text_ = std::string(5000, 'x');
  Site answers_{site_.live()};
};

TEST_F(CompressedSiteTest, MetadataAndPagesAreCompressedForWhoAcceptsIt) {
  for (const std::string target : {"/metadata/2.bin-0.json", "/simple/flit/",
                                   "/simple/flit/index.v1_json"}) {
    for (const std::string encoding : {"gzip", "zstd"}) {
      const Reply reply = Get(target, encoding);
      EXPECT_EQ(reply.status, 200);
      EXPECT_EQ(Header(reply, "Content-Encoding"), encoding) << target;
      EXPECT_NE(Header(reply, "Vary").find("Accept-Encoding"),
                std::string::npos);
      EXPECT_EQ(reply.length, reply.body.size());
      EXPECT_LT(reply.length, 200u);
      auto decoder = compress::BodyDecoder::Create(encoding, text_.size());
      ASSERT_THAT(decoder, IsOk());
      ASSERT_THAT((*decoder)->Decode(reply.body), IsOk());
      const auto decoded = (*decoder)->Finish();
      ASSERT_THAT(decoded, IsOk());
      EXPECT_TRUE(*decoded == text_);
    }
  }
}

TEST_F(CompressedSiteTest, EveryoneElseGetsTheFileAndIsToldThatItVaries) {
  const Reply reply = Get("/metadata/2.bin-0.json", "");
  EXPECT_EQ(Header(reply, "Content-Encoding"), "");
  EXPECT_EQ(Header(reply, "Vary"), "Accept-Encoding");
  EXPECT_EQ(reply.length, text_.size());
  EXPECT_TRUE(reply.file.has_value());
}

TEST_F(CompressedSiteTest, EachEncodingHasItsOwnValidator) {
  const std::string plain = Header(Get("/metadata/2.bin-0.json", ""), "ETag");
  const std::string gzip =
      Header(Get("/metadata/2.bin-0.json", "gzip"), "ETag");
  EXPECT_NE(plain, gzip);
  EXPECT_EQ(Get("/metadata/2.bin-0.json", "gzip", gzip).status, 304);
  EXPECT_EQ(Get("/metadata/2.bin-0.json", "gzip", plain).status, 200);
}

TEST_F(CompressedSiteTest, NothingIsCompressedToSayThatItIsTheSame) {
  const std::string tag = Header(Get("/metadata/2.bin-0.json", "gzip"), "ETag");
  EXPECT_GT(answers_.compressed_bytes(), 0u);
  const Site restarted(site_.live());
  const Reply reply = restarted.Answer({.method = "GET",
                                        .target = "/metadata/2.bin-0.json",
                                        .accept_encoding = "gzip",
                                        .if_none_match = tag});
  EXPECT_EQ(reply.status, 304);
  EXPECT_EQ(restarted.compressed_bytes(), 0u);
}

TEST_F(CompressedSiteTest, ARangeIsOneOfTheFileItself) {
  const Reply reply = Get("/metadata/2.bin-0.json", "gzip", "", "bytes=10-19");
  EXPECT_EQ(reply.status, 206);
  EXPECT_EQ(reply.length, 10u);
  EXPECT_EQ(Header(reply, "Content-Encoding"), "");
}

TEST_F(CompressedSiteTest, PackagesPacksAndSmallFilesStayAsTheyAre) {
  for (const std::string target :
       {"/packages/flit/flit-1.tar.gz", "/deltas/2.bin-0.pack",
        "/metadata/timestamp.json"}) {
    EXPECT_EQ(Header(Get(target, "gzip"), "Content-Encoding"), "") << target;
  }
}

TEST_F(CompressedSiteTest, AReplacedFileIsNotAnsweredFromWhatWasKept) {
  const std::string before = Get("/metadata/2.bin-0.json", "gzip").body;
  site_.home.Write("trees/b/metadata/2.bin-0.json", std::string(6000, 'y'));
  site_.Publish("trees/b");
  EXPECT_NE(Get("/metadata/2.bin-0.json", "gzip").body, before);
}

TEST_F(CompressedSiteTest, KeepsNoMoreThanItsBound) {
  CompressedBodies bodies(200);
  for (int i = 0; i < 20; ++i) {
    const std::string name = "metadata/" + std::to_string(i) + ".json";
    site_.home.Write("trees/a/" + name, text_ + std::to_string(i));
    const auto tree = LiveTree::Open(site_.live());
    ASSERT_THAT(tree, IsOk());
    const auto file = tree->OpenFile(name);
    ASSERT_THAT(file, IsOk());
    const auto body = bodies.Get(*file, compress::Encoding::kZstd);
    ASSERT_NE(body, nullptr);
    EXPECT_LE(bodies.bytes(), 200u);
  }
  EXPECT_GT(bodies.bytes(), 0u);
}

}  // namespace
}  // namespace tufmirror::serve
