// The few pieces of HTTP text that a test server reads and writes.
#ifndef TUFMIRROR_TESTS_SUPPORT_HTTP_TEXT_H_
#define TUFMIRROR_TESTS_SUPPORT_HTTP_TEXT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tufmirror::testing {

// "/path" of "/path?query" and of "http://host/path", percent-decoded.
std::string PathOf(std::string_view target);

// The reason phrase of `status`.
std::string_view ReasonOf(int status);

struct Range {
  uint64_t first;
  uint64_t last;  // inclusive
};
// "bytes=A-" and "bytes=A-B", cut to `size`; nullopt for anything else.
std::optional<Range> ParseRange(const std::string& header, uint64_t size);

}  // namespace tufmirror::testing

#endif  // TUFMIRROR_TESTS_SUPPORT_HTTP_TEXT_H_
