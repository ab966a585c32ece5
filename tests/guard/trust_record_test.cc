#include "guard/trust_record.h"

#include <gtest/gtest.h>

#include "support/status_matchers.h"

namespace tufmirror::guard {
namespace {

using testing::FailsWith;

TrustRecord SomeRecord() {
  TrustRecord record;
  record.urls = {"https://user:a%22b@mirror.example/", "file:///media/usb"};
  record.fingerprint = *Sha256::FromHex(std::string(64, 'a'));
  record.root_version = 3;
  record.added = absl::FromUnixSeconds(1'700'000'000);
  return record;
}

TEST(TrustRecord, ReadsWhatItWrote) {
  ASSERT_OK_AND_ASSIGN(const TrustRecord read,
                       ParseTrustRecord(WriteTrustRecord(SomeRecord())));
  EXPECT_EQ(read, SomeRecord());
}

TEST(TrustRecord, RefusesWhatItWouldNotWrite) {
  struct Row {
    const char* text;
    const char* message;
  };
  const Row rows[] = {
      {"", ""},
      {"[]", "expected an object"},
      {R"({"urls": [], "fingerprint": "", "root_version": 1, "added": ""})",
       "expected one or more"},
      {R"({"urls": ["ftp://a/"], "fingerprint": ""})", "no base URL"},
      {R"({"urls": "https://a/"})", "urls"},
      {R"({"urls": ["https://a/"], "fingerprint": "abc"})", "64"},
  };
  for (const Row& row : rows) {
    EXPECT_THAT(ParseTrustRecord(row.text),
                FailsWith(Failure::kMalformed, row.message))
        << row.text;
  }
}

}  // namespace
}  // namespace tufmirror::guard
