// The faults by name, and what was recorded of a request.
#include <strings.h>

#include <utility>

#include "support/fault_server.h"

namespace tufmirror::testing {

Fault Fault::Truncate(uint64_t bytes) {
  return {.kind = Kind::kTruncate, .bytes = bytes};
}
Fault Fault::Stall(uint64_t bytes) {
  return {.kind = Kind::kStall, .bytes = bytes};
}
Fault Fault::WrongBytes() { return {.kind = Kind::kWrongBytes}; }
Fault Fault::Status(int status, std::string retry_after) {
  return {
      .kind = Kind::kStatus, .status = status, .text = std::move(retry_after)};
}
Fault Fault::Oversize(uint64_t bytes) {
  return {.kind = Kind::kOversize, .bytes = bytes};
}
Fault Fault::Endless() { return {.kind = Kind::kEndless}; }
Fault Fault::Redirect(std::string url, int status) {
  return {.kind = Kind::kRedirect, .status = status, .text = std::move(url)};
}
Fault Fault::Drip() { return {.kind = Kind::kDrip}; }
Fault Fault::CloseEarly() { return {.kind = Kind::kCloseEarly}; }
Fault Fault::Garbage() { return {.kind = Kind::kGarbage}; }
Fault Fault::ContentLength(uint64_t bytes) {
  return {.kind = Kind::kContentLength, .bytes = bytes};
}
Fault Fault::IgnoreRange() { return {.kind = Kind::kIgnoreRange}; }
Fault Fault::NoLength(uint64_t bytes) {
  return {.kind = Kind::kNoLength, .bytes = bytes};
}
Fault Fault::WrongRange() { return {.kind = Kind::kWrongRange}; }

std::string RecordedRequest::Header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (key.size() == name.size() &&
        strncasecmp(key.data(), name.data(), name.size()) == 0) {
      return value;
    }
  }
  return {};
}

}  // namespace tufmirror::testing
