// How canonical bytes are recognised without writing them again: with all keys
// in order, a text is its own canonical form if it is no longer than its tokens
// are at their shortest, that is without white space, with integers such as 0
// and not -0, and with every string as long as its characters. Each of these
// can only make a text longer, so that none hides another. Strings with escapes
// never pass, not even with the \" and \\ of the canonical form: they are rare,
// and are simply written again.
#include "json/scan.h"

#include <algorithm>
#include <bit>
#include <string_view>
#include <vector>

#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"

namespace tufmirror::json {
namespace {

// Members of the root whose extents are remembered: metadata has two.
constexpr size_t kMaxExtents = 8;

size_t DecimalDigits(uint64_t number) {
  static constexpr uint64_t kPowers[] = {0,
                                         10,
                                         100,
                                         1000,
                                         10000,
                                         100000,
                                         1000000,
                                         10000000,
                                         100000000,
                                         1000000000,
                                         10000000000,
                                         100000000000,
                                         1000000000000,
                                         10000000000000,
                                         100000000000000,
                                         1000000000000000,
                                         10000000000000000,
                                         100000000000000000,
                                         1000000000000000000,
                                         10000000000000000000U};
  // bits * log10(2), rounded down, is the number of digits or one less.
  const size_t guess =
      (static_cast<size_t>(std::bit_width(number | 1)) * 1233) >> 12;
  return guess + (number >= kPowers[guess] ? 1 : 0);
}

size_t DecimalLength(int64_t number) {
  if (number >= 0) return DecimalDigits(static_cast<uint64_t>(number));
  return 1 + DecimalDigits(uint64_t{0} - static_cast<uint64_t>(number));
}

// Byte order. Most neighbouring keys differ in their first byte, and need no
// call to find out.
bool IsBefore(std::string_view a, std::string_view b) {
  if (a.empty() || b.empty() || a[0] == b[0]) return a < b;
  return static_cast<unsigned char>(a[0]) < static_cast<unsigned char>(b[0]);
}

class Scanner {
 public:
  Scanner(size_t max_depth, const ParsedText& parsed)
      : max_depth_(max_depth), parsed_(parsed) {}

  absl::Status Run() {
    if (!Visit(ParsedText::kRootIndex, 0)) return error_;
    if (obstacles_ == 0) {
      extents_.push_back({ParsedText::kRootIndex, 0, length_});
    }
    return absl::OkStatus();
  }

  // Bytes of all tokens at their shortest.
  size_t length() const { return length_; }
  // Offsets hold only if the text is as long as length() says.
  std::vector<Extent> TakeExtents() { return std::move(extents_); }

 private:
  // The visits say false when error_ is set: a Status passed up from each of
  // a document's values would take longer than the checks.
  bool Visit(size_t index, size_t depth) {
    switch (parsed_.Kind(index)) {
      case '{':
        return VisitObject(index, depth + 1);
      case '[':
        return VisitArray(index, depth + 1);
      case '"':
        length_ += parsed_.String(index).size() + 2;
        break;
      case 'l':
        length_ += DecimalLength(parsed_.Signed(index));
        break;
      case 'u':
        length_ += DecimalDigits(parsed_.Unsigned(index));
        break;
      case 'd':
        break;  // not canonical: at no length, it makes any text too long
      case 'f':
        length_ += 5;
        break;
      default:  // true, null
        length_ += 4;
    }
    return true;
  }

  bool VisitObject(size_t index, size_t depth) {
    if (!CheckDepth(depth)) return false;
    const size_t close = parsed_.Close(index);
    const bool is_root = index == ParsedText::kRootIndex;
    bool ascending = true;
    std::string_view last_key;
    ++length_;  // opening brace
    for (size_t i = index + 1; i < close; i = parsed_.Next(i + 1)) {
      const std::string_view key = parsed_.String(i);
      if (i != index + 1) {
        ascending = ascending && IsBefore(last_key, key);
        ++length_;  // comma
      }
      last_key = key;
      length_ += key.size() + 3;  // quotes and colon
      const size_t begin = length_;
      const size_t obstacles_before = obstacles_;
      if (!Visit(i + 1, depth)) return false;
      if (is_root && obstacles_ == obstacles_before &&
          extents_.size() < kMaxExtents) {
        extents_.push_back({i + 1, begin, length_});
      }
    }
    ++length_;  // closing brace
    if (ascending) return true;
    ++obstacles_;
    return CheckUnique(index);
  }

  bool VisitArray(size_t index, size_t depth) {
    if (!CheckDepth(depth)) return false;
    const size_t close = parsed_.Close(index);
    ++length_;  // opening bracket
    for (size_t i = index + 1; i < close; i = parsed_.Next(i)) {
      if (i != index + 1) ++length_;  // comma
      if (!Visit(i, depth)) return false;
    }
    ++length_;  // closing bracket
    return true;
  }

  bool CheckDepth(size_t depth) {
    if (depth <= max_depth_) return true;
    error_ = MakeFailure(
        Failure::kMalformed,
        fmt::format("parse JSON: expected at most {} levels of nesting, got "
                    "more",
                    max_depth_));
    return false;
  }

  // For objects whose keys are not in order.
  bool CheckUnique(size_t index) {
    keys_.clear();
    const size_t close = parsed_.Close(index);
    for (size_t i = index + 1; i < close; i = parsed_.Next(i + 1)) {
      keys_.push_back(parsed_.String(i));
    }
    std::sort(keys_.begin(), keys_.end());
    const auto duplicate = std::adjacent_find(keys_.begin(), keys_.end());
    if (duplicate == keys_.end()) return true;
    error_ = MakeFailure(
        Failure::kMalformed,
        fmt::format("parse JSON: expected unique keys, got key '{}' twice in "
                    "one object",
                    Printable(*duplicate)));
    return false;
  }

  const size_t max_depth_;
  const ParsedText& parsed_;
  size_t length_ = 0;
  size_t obstacles_ = 0;  // objects whose keys are not in order, so far
  std::vector<Extent> extents_;
  std::vector<std::string_view> keys_;
  absl::Status error_;
};

std::string_view WithoutWhiteSpace(std::string_view text, size_t& skipped) {
  constexpr std::string_view kWhiteSpace = " \t\r\n";
  skipped = std::min(text.find_first_not_of(kWhiteSpace), text.size());
  text.remove_prefix(skipped);
  return text.substr(0, text.find_last_not_of(kWhiteSpace) + 1);
}

}  // namespace

absl::Status Scan(size_t max_depth, ParsedText& parsed) {
  const std::string_view text(parsed.text.data(), parsed.text.size());
  parsed.has_escapes = text.find('\\') != std::string_view::npos;
  Scanner scanner(max_depth, parsed);
  RETURN_IF_ERROR(scanner.Run());

  size_t skipped = 0;
  const std::string_view inner = WithoutWhiteSpace(text, skipped);
  if (scanner.length() != inner.size()) return absl::OkStatus();
  parsed.extents = scanner.TakeExtents();
  for (Extent& extent : parsed.extents) {
    extent.begin += skipped;
    extent.end += skipped;
  }
  return absl::OkStatus();
}

}  // namespace tufmirror::json
