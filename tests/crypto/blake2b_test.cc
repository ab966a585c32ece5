#include "tufmirror/crypto/blake2b.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace tufmirror::crypto {
namespace {

// By Python's hashlib.blake2b(..., digest_size=32).
constexpr std::string_view kOfNothing =
    "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8";
constexpr std::string_view kOfAbc =
    "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319";
constexpr std::string_view kOfAllBytesAThousandTimes =
    "5d074c3f889bcba3b3a253496ee73cba18832b6d3c67d2b739dc202c78ed2581";

TEST(Blake2b256, MatchesAnotherImplementation) {
  EXPECT_EQ(Blake2b256Of("").Hex(), kOfNothing);
  EXPECT_EQ(Blake2b256Of("abc").Hex(), kOfAbc);
}

TEST(Blake2b256, HashesAStreamInAnyPieces) {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  Blake2b256 hasher;
  for (size_t i = 0; i < 1000; ++i) {
    const size_t cut = i % (all.size() + 1);
    hasher.Update(all.substr(0, cut));
    hasher.Update(all.substr(cut));
  }
  Blake2b256 moved = std::move(hasher);
  EXPECT_EQ(moved.Finish().Hex(), kOfAllBytesAThousandTimes);
}

}  // namespace
}  // namespace tufmirror::crypto
