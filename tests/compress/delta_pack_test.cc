// Delta packs: what they rebuild, and that hostile ones are refused cheaply.
#include "tufmirror/compress/delta_pack.h"

#include <gtest/gtest.h>
#include <zstd.h>

#include <string>
#include <vector>

#include "fmt/format.h"
#include "support/status_matchers.h"

namespace tufmirror::compress {
namespace {

using ::tufmirror::testing::FailsWith;
using ::tufmirror::testing::IsOk;

// A file of some ten kilobytes; versions differ in one line and the first.
std::string Version(int number) {
  std::string text = fmt::format("version {}\n", number);
  for (int line = 0; line < 200; ++line) {
    text += fmt::format("line {} {:x}\n", line,
                        line * 2654435761u + (line == number ? 1 : 0));
  }
  return text;
}

// The pack that leads to version `number`, made version by version.
std::string PackOf(int number) {
  std::string pack;
  for (int i = 1; i <= number; ++i) {
    auto made = MakeDeltaPack(Version(i - 1), Version(i), pack);
    EXPECT_THAT(made, IsOk());
    EXPECT_TRUE(made->has_value());
    pack = **std::move(made);
  }
  return pack;
}

absl::StatusOr<std::string> Rebuild(std::string_view pack,
                                    std::string_view base,
                                    uint64_t max_bytes = 1'000'000) {
  auto parsed = DeltaPack::Parse(pack);
  if (!parsed.ok()) return parsed.status();
  return parsed->Rebuild(base, max_bytes);
}

// A pack of one link, its frame given.
std::string PackWithFrame(std::string_view like, std::string_view frame) {
  std::string pack(like.substr(0, 17));
  pack[8] = 1;
  for (int i = 0; i < 4; ++i) {
    pack += static_cast<char>(frame.size() >> (8 * i) & 0xff);
  }
  return pack.append(frame);
}

std::string Frame(std::string_view bytes) {
  std::string frame(ZSTD_compressBound(bytes.size()), '\0');
  frame.resize(
      ZSTD_compress(frame.data(), frame.size(), bytes.data(), bytes.size(), 1));
  return frame;
}

TEST(DeltaPack, RebuildsFromEveryVersionOfItsChain) {
  const std::string pack = PackOf(5);
  for (int from = 0; from < 5; ++from) {
    const auto rebuilt = Rebuild(pack, Version(from));
    ASSERT_THAT(rebuilt, IsOk()) << from;
    EXPECT_TRUE(*rebuilt == Version(5)) << from;
  }
}

TEST(DeltaPack, IsSmallBesideTheFile) {
  EXPECT_LT(PackOf(1).size(), Version(1).size() / 20);
}

TEST(DeltaPack, HasSoManyLinksAndForgetsTheOldest) {
  const std::string pack = PackOf(30);
  const auto parsed = DeltaPack::Parse(pack);
  ASSERT_THAT(parsed, IsOk());
  EXPECT_LE(parsed->links(), kMaxPackLinks);
  EXPECT_GT(parsed->links(), 3u);
  EXPECT_LT(pack.size(), Version(30).size() / 4);
  EXPECT_THAT(Rebuild(pack, Version(29)), IsOk());
  EXPECT_THAT(Rebuild(pack, Version(1)), FailsWith(Failure::kNotFound));
}

TEST(DeltaPack, SaysSoWhereItDoesNotStartFromWhatIsHere) {
  EXPECT_THAT(Rebuild(PackOf(1), "something else"),
              FailsWith(Failure::kNotFound, "does not start from"));
}

TEST(DeltaPack, NoneIsMadeOfFilesThatHaveNothingInCommon) {
  std::string noise;
  for (uint32_t i = 0, state = 1; i < 4000; ++i) {
    state = state * 1664525 + 1013904223;
    noise += static_cast<char>(state >> 24);
  }
  const auto made = MakeDeltaPack(Version(1), noise, "");
  ASSERT_THAT(made, IsOk());
  EXPECT_FALSE(made->has_value());
}

TEST(DeltaPack, ADamagedOlderPackIsLeftOut) {
  const auto made = MakeDeltaPack(Version(1), Version(2), "no pack");
  ASSERT_THAT(made, IsOk());
  ASSERT_TRUE(made->has_value());
  const auto parsed = DeltaPack::Parse(**made);
  ASSERT_THAT(parsed, IsOk());
  EXPECT_EQ(parsed->links(), 1u);
}

TEST(DeltaPack, RefusesEveryTruncation) {
  const std::string pack = PackOf(3);
  for (size_t size = 0; size < pack.size(); ++size) {
    EXPECT_THAT(DeltaPack::Parse(std::string_view(pack).substr(0, size)),
                FailsWith(Failure::kMalformed))
        << size;
  }
  EXPECT_THAT(DeltaPack::Parse(pack + "x"), FailsWith(Failure::kMalformed));
}

TEST(DeltaPack, EveryChangedByteIsRefusedOrChangesNothing) {
  const std::string pack = PackOf(2);
  for (size_t at = 0; at < pack.size(); ++at) {
    std::string damaged = pack;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x21);
    const auto rebuilt = Rebuild(damaged, Version(0));
    if (rebuilt.ok()) {
      EXPECT_TRUE(*rebuilt == Version(2)) << at;
    }
  }
}

TEST(DeltaPack, RefusesAHugeIndex) {
  std::string pack = PackOf(1);
  pack[8] = static_cast<char>(255);
  EXPECT_THAT(DeltaPack::Parse(pack), FailsWith(Failure::kMalformed, "links"));
}

TEST(DeltaPack, ABombIsRefusedByWhatItsFrameSays) {
  const std::string pack =
      PackWithFrame(PackOf(1), Frame(std::string(10'000'000, '\0')));
  EXPECT_LT(pack.size(), 2000u);
  EXPECT_THAT(Rebuild(pack, Version(0), 20'000),
              FailsWith(Failure::kTooLarge, "at most 20000 bytes"));
}

TEST(DeltaPack, AFrameThatHidesItsLengthIsRefused) {
  ZSTD_CCtx* context = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, 0);
  std::string frame(1000, '\0');
  const std::string text(100'000, 'x');
  frame.resize(ZSTD_compress2(context, frame.data(), frame.size(), text.data(),
                              text.size()));
  ZSTD_freeCCtx(context);
  EXPECT_THAT(Rebuild(PackWithFrame(PackOf(1), frame), Version(0)),
              FailsWith(Failure::kMalformed, "says how long"));
}

TEST(DeltaPack, TwoFramesInThePlaceOfOneAreRefused) {
  EXPECT_THAT(
      Rebuild(PackWithFrame(PackOf(1), Frame("a") + Frame("b")), Version(0)),
      FailsWith(Failure::kMalformed));
}

TEST(DeltaPack, AChainOfBombsIsStoppedBeforeItsEnd) {
  // Each link alone is within bounds; together they are not. The id of each
  // version is that of the same 40 MB of zeros.
  const std::string base = std::string(10'000'000, '\0') + "0";
  const std::string zeros(40'000'000, '\0');
  const std::string other = zeros + "1";
  auto first = MakeDeltaPack(base, zeros, "");
  ASSERT_THAT(first, IsOk());
  auto second = MakeDeltaPack(zeros, other, **first);
  ASSERT_THAT(second, IsOk());
  EXPECT_THAT(Rebuild(**second, zeros, 50'000'000), IsOk());
  EXPECT_THAT(Rebuild(**second, base, 50'000'000),
              FailsWith(Failure::kTooLarge));
}

TEST(DeltaPack, NoVersionBetweenIsMuchLongerThanTheFirstOne) {
  const std::string zeros(1'000'000, '\0');
  auto first = MakeDeltaPack(Version(0), zeros, "");
  ASSERT_THAT(first, IsOk());
  auto second = MakeDeltaPack(zeros, zeros + "1", **first);
  ASSERT_THAT(second, IsOk());
  EXPECT_THAT(Rebuild(**second, zeros, 2'000'000), IsOk());
  EXPECT_THAT(Rebuild(**second, Version(0), 2'000'000),
              FailsWith(Failure::kTooLarge));
}

}  // namespace
}  // namespace tufmirror::compress
