// Matchers for absl::Status and StatusOr in tests.
#ifndef TUFMIRROR_TESTS_SUPPORT_STATUS_MATCHERS_H_
#define TUFMIRROR_TESTS_SUPPORT_STATUS_MATCHERS_H_

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tufmirror/base/failure.h"

namespace tufmirror {

// Readable failures in test output.
inline void PrintTo(Failure failure, std::ostream* out) {
  *out << FailureName(failure);
}

namespace testing {

inline const absl::Status& StatusOf(const absl::Status& status) {
  return status;
}
template <typename T>
const absl::Status& StatusOf(const absl::StatusOr<T>& status_or) {
  return status_or.status();
}

// EXPECT_THAT(expression, IsOk())
MATCHER(IsOk, "is OK") {
  const absl::Status& status = StatusOf(arg);
  if (!status.ok()) *result_listener << status.ToString();
  return status.ok();
}

// EXPECT_THAT(expression, FailsWith(Failure::kRollback))
// EXPECT_THAT(expression, FailsWith(Failure::kRollback, "version 3"))
MATCHER_P2(FailsWith, failure, substring,
           "fails with " + std::string(FailureName(failure)) +
               " and a message with \"" + std::string(substring) + "\"") {
  const absl::Status& status = StatusOf(arg);
  if (status.ok()) {
    *result_listener << "which is OK";
    return false;
  }
  *result_listener << "which fails with " << FailureName(FailureOf(status))
                   << ": " << status.ToString();
  return FailureOf(status) == failure &&
         std::string(MessageOf(status)).find(substring) != std::string::npos;
}
inline auto FailsWith(Failure failure) {
  return FailsWith(failure, std::string());
}

}  // namespace testing
}  // namespace tufmirror

// Unwraps a StatusOr or fails the test.
#define ASSERT_OK_AND_ASSIGN(declaration, expression)                     \
  ASSERT_OK_AND_ASSIGN_INNER_(                                            \
      TUFMIRROR_TEST_CONCAT_(status_or_value_, __COUNTER__), declaration, \
      expression)
#define ASSERT_OK_AND_ASSIGN_INNER_(name, declaration, expression) \
  auto name = (expression);                                        \
  ASSERT_TRUE(name.ok()) << name.status().ToString();              \
  declaration = *std::move(name)
#define TUFMIRROR_TEST_CONCAT_INNER_(a, b) a##b
#define TUFMIRROR_TEST_CONCAT_(a, b) TUFMIRROR_TEST_CONCAT_INNER_(a, b)

#endif  // TUFMIRROR_TESTS_SUPPORT_STATUS_MATCHERS_H_
