#include "gtest/gtest.h"
#include "tufmirror/guard/guard.h"

namespace tufmirror::guard {
namespace {

// Once an answer has begun, an installer can only be told by cutting it short.
TEST(GuardOptionsTest, GivesUpOnWhatDripsBeforeAnAnswerHasToBegin) {
  const GuardOptions options;
  const http::TransferOptions& transfer = options.transfer;
  EXPECT_LE((transfer.retries + 1) * transfer.min_speed_time +
                transfer.retries * transfer.max_backoff,
            options.hold);
}

}  // namespace
}  // namespace tufmirror::guard
