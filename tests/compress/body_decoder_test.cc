// Compressed bodies of any server: what is decoded, and what stops it.
#include "tufmirror/compress/body_decoder.h"

#include <gtest/gtest.h>
#include <zstd.h>

#include <string>

#include "support/status_matchers.h"
#include "tufmirror/compress/compressed.h"

namespace tufmirror::compress {
namespace {

using ::tufmirror::testing::FailsWith;
using ::tufmirror::testing::IsOk;

std::string Compressed(std::string_view bytes, Encoding encoding) {
  auto made = Compress(bytes, encoding);
  EXPECT_THAT(made, IsOk());
  return *std::move(made);
}

absl::StatusOr<std::string> Decode(std::string_view encoding,
                                   std::string_view bytes, uint64_t max_bytes,
                                   size_t step = 1000) {
  auto decoder = BodyDecoder::Create(encoding, max_bytes);
  if (!decoder.ok()) return decoder.status();
  while (!bytes.empty()) {
    const absl::Status status = (*decoder)->Decode(bytes.substr(0, step));
    if (!status.ok()) return status;
    bytes.remove_prefix(std::min(step, bytes.size()));
  }
  return (*decoder)->Finish();
}

class EveryEncoding : public ::testing::TestWithParam<Encoding> {
 protected:
  std::string name() const { return std::string(NameOf(GetParam())); }
};

TEST_P(EveryEncoding, GivesBackWhatWasCompressedHoweverItArrives) {
  std::string text;
  for (int i = 0; i < 20'000; ++i) text += std::to_string(i * 7919);
  const std::string bytes = Compressed(text, GetParam());
  EXPECT_LT(bytes.size(), text.size());
  for (const size_t step : {size_t{1}, size_t{4096}, bytes.size()}) {
    const auto decoded = Decode(name(), bytes, text.size(), step);
    ASSERT_THAT(decoded, IsOk());
    EXPECT_TRUE(*decoded == text);
  }
}

TEST_P(EveryEncoding, GivesBackNothingFromNothing) {
  const auto decoded = Decode(name(), Compressed("", GetParam()), 0);
  ASSERT_THAT(decoded, IsOk());
  EXPECT_EQ(*decoded, "");
}

TEST_P(EveryEncoding, FillsItsBufferToTheLastByte) {
  const std::string text(size_t{64} << 10, 'x');
  const auto decoded =
      Decode(name(), Compressed(text, GetParam()), text.size());
  ASSERT_THAT(decoded, IsOk());
  EXPECT_TRUE(*decoded == text);
}

TEST_P(EveryEncoding, CutsABombOffAtTheCap) {
  const std::string bomb =
      Compressed(std::string(50'000'000, '\0'), GetParam());
  EXPECT_THAT(Decode(name(), bomb, 100'000),
              FailsWith(Failure::kTooLarge, "at most 100000 bytes"));
}

TEST_P(EveryEncoding, RefusesOneByteMoreThanTheCap) {
  const std::string bytes = Compressed("12345", GetParam());
  EXPECT_THAT(Decode(name(), bytes, 5), IsOk());
  EXPECT_THAT(Decode(name(), bytes, 4), FailsWith(Failure::kTooLarge));
}

TEST_P(EveryEncoding, RefusesAStreamThatIsCutShort) {
  std::string bytes = Compressed("some text, some text", GetParam());
  bytes.pop_back();
  EXPECT_THAT(Decode(name(), bytes, 1000), FailsWith(Failure::kMalformed));
}

TEST_P(EveryEncoding, RefusesWhatIsNotCompressed) {
  EXPECT_THAT(Decode(name(), "{\"signed\":{}}", 1000),
              FailsWith(Failure::kMalformed));
}

TEST_P(EveryEncoding, RefusesBytesAfterTheEnd) {
  const std::string bytes = Compressed("text", GetParam());
  EXPECT_THAT(Decode(name(), bytes + "more", 1000),
              FailsWith(Failure::kMalformed));
}

INSTANTIATE_TEST_SUITE_P(All, EveryEncoding,
                         ::testing::Values(Encoding::kGzip, Encoding::kZstd),
                         [](const auto& tested) {
                           return std::string(NameOf(tested.param));
                         });

TEST_P(EveryEncoding, DecodesWhatFollowsInPartsOfItsOwn) {
  const std::string bytes =
      Compressed("one, ", GetParam()) + Compressed("two", GetParam());
  for (const size_t step : {size_t{1}, size_t{7}, bytes.size()}) {
    const auto decoded = Decode(name(), bytes, 8, step);
    ASSERT_THAT(decoded, IsOk()) << step;
    EXPECT_EQ(*decoded, "one, two");
  }
  EXPECT_THAT(Decode(name(), bytes, 7), FailsWith(Failure::kTooLarge));
  EXPECT_THAT(Decode(name(), bytes.substr(0, bytes.size() - 1), 8),
              FailsWith(Failure::kMalformed));
}

TEST_P(EveryEncoding, EndlessInputWithoutOutputIsTooLarge) {
  // Frames that hold nothing, one after the other.
  std::string nothing;
  const std::string empty = Compressed("", GetParam());
  while (nothing.size() < 100'000) nothing += empty;
  EXPECT_THAT(Decode(name(), nothing, 1000), FailsWith(Failure::kTooLarge));
}

TEST(BodyDecoder, RefusesAWindowThatWouldTakeMuchMemory) {
  const std::string text = "text";
  ZSTD_CCtx* context = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, 27);
  ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, 0);
  std::string bytes(1000, '\0');
  // In two steps, so that the frame cannot be known to be short.
  ZSTD_outBuffer out = {bytes.data(), bytes.size(), 0};
  ZSTD_inBuffer in = {text.data(), text.size(), 0};
  ZSTD_compressStream2(context, &out, &in, ZSTD_e_flush);
  ZSTD_compressStream2(context, &out, &in, ZSTD_e_end);
  ZSTD_freeCCtx(context);
  bytes.resize(out.pos);
  EXPECT_THAT(Decode("zstd", bytes, 1000),
              FailsWith(Failure::kMalformed, "too much memory"));
}

TEST(BodyDecoder, RefusesWhatWasNotAskedForAndStreamsWithinStreams) {
  for (const std::string_view encoding :
       {"br", "deflate", "gzip, gzip", "gzip,zstd", "", "compress"}) {
    EXPECT_THAT(BodyDecoder::Create(encoding, 10),
                FailsWith(Failure::kUnsupported))
        << encoding;
  }
}

TEST(BodyDecoder, NamesOfEncodingsMayBeInAnyCase) {
  EXPECT_THAT(BodyDecoder::Create(" GZip ", 10), IsOk());
  EXPECT_THAT(BodyDecoder::Create("x-gzip", 10), IsOk());
}

}  // namespace
}  // namespace tufmirror::compress
