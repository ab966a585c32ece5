// The border with Abseil's own string_view (Debian's Abseil has one distinct
// from std::string_view), ASCII text, and hexadecimal.
#ifndef TUFMIRROR_BASE_STRINGS_H_
#define TUFMIRROR_BASE_STRINGS_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace tufmirror {

inline absl::string_view ToAbsl(std::string_view text) {
  return absl::string_view(text.data(), text.size());
}
inline std::string_view FromAbsl(absl::string_view text) {
  return std::string_view(text.data(), text.size());
}

// `text` without the ASCII white space at its ends.
inline std::string_view StripWhitespace(std::string_view text) {
  return FromAbsl(absl::StripAsciiWhitespace(ToAbsl(text)));
}
inline std::string AsciiLower(std::string_view text) {
  return absl::AsciiStrToLower(ToAbsl(text));
}

// The parts of `text` between the separators; at least one, empty ones too.
std::vector<std::string_view> SplitAt(std::string_view text, char separator);

// Lower-case hexadecimal of `bytes`.
std::string HexEncode(absl::Span<const unsigned char> bytes);

// Bytes of `hex` (either case); kMalformed on odd length or other characters.
absl::StatusOr<std::string> HexDecode(std::string_view hex);
// The same to `bytes`, of half its length exactly. After an error `bytes` holds
// anything.
absl::Status HexDecode(std::string_view hex, absl::Span<unsigned char> bytes);

// True if `text` is well-formed UTF-8 (no overlong forms, no surrogates).
bool IsUtf8(std::string_view text);

// `text` made fit for one line of a message: control characters and bytes that
// are not UTF-8 escaped, cut at `max_bytes` with "..." appended. Outside text
// is never printed without it.
std::string Printable(std::string_view text, size_t max_bytes = 200);

}  // namespace tufmirror

#endif  // TUFMIRROR_BASE_STRINGS_H_
