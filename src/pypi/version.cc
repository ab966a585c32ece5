// PEP 440 in three parts: a hand-written reader of the grammar in its
// appendix B, the normal form, and the order. The order compares the same
// sort key that the PEP's reference implementation uses, most of it packed
// into one number: sorting is what large lists of releases cost.
#include "tufmirror/pypi/version.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/strings.h"

namespace tufmirror::pypi {
namespace {

constexpr size_t kMaxVersionBytes = 1024;
constexpr size_t kMaxNumberDigits = 18;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsLower(char c) { return c >= 'a' && c <= 'z'; }
bool IsVersionSeparator(char c) { return c == '.' || c == '-' || c == '_'; }

bool IsUpper(char c) { return c >= 'A' && c <= 'Z'; }

std::string_view Trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\n\r\f\v";
  const size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return "";
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

// Packs numbers into one, the most significant first. One that is too large
// for its bits takes their highest value, and nothing counts after it.
class SortKeyPacker {
 public:
  void Append(uint64_t value, int bits) {
    const uint64_t highest = (uint64_t{1} << bits) - 1;
    key_ <<= bits;
    if (!exact_) return;
    exact_ = value < highest;
    key_ |= std::min(value, highest);
  }
  void AppendFlag(bool flag) { key_ = key_ << 1 | (exact_ && flag ? 1 : 0); }
  uint64_t Finish() const { return key_ << 1 | (exact_ ? 1 : 0); }

 private:
  uint64_t key_ = 0;
  bool exact_ = true;
};

// What is left to read of a version, lower case.
class Reader {
 public:
  explicit Reader(std::string_view rest) : rest_(rest) {}

  bool empty() const { return rest_.empty(); }
  size_t left() const { return rest_.size(); }
  void Rewind(std::string_view rest) { rest_ = rest; }
  std::string_view rest() const { return rest_; }

  bool Take(char c) {
    if (rest_.empty() || rest_[0] != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void TakeSeparator() {
    if (!rest_.empty() && IsVersionSeparator(rest_[0])) rest_.remove_prefix(1);
  }
  bool TakeWord(std::string_view word) {
    if (rest_.substr(0, word.size()) != word) return false;
    rest_.remove_prefix(word.size());
    return true;
  }
  // The digits here; empty if there are none.
  std::string_view TakeDigits() {
    return TakeWhile([](char c) { return IsDigit(c); });
  }
  std::string_view TakeAlphanumerics() {
    return TakeWhile([](char c) { return IsDigit(c) || IsLower(c); });
  }

 private:
  template <typename Predicate>
  std::string_view TakeWhile(Predicate matches) {
    size_t n = 0;
    while (n < rest_.size() && matches(rest_[n])) ++n;
    const std::string_view taken = rest_.substr(0, n);
    rest_.remove_prefix(n);
    return taken;
  }

  std::string_view rest_;
};

std::string_view WithoutLeadingZeros(std::string_view digits) {
  while (digits.size() > 1 && digits[0] == '0') digits.remove_prefix(1);
  return digits;
}

// The value of `digits`; nullopt if it has more than kMaxNumberDigits.
std::optional<uint64_t> NumberOf(std::string_view digits) {
  digits = WithoutLeadingZeros(digits);
  if (digits.empty() || digits.size() > kMaxNumberDigits) return std::nullopt;
  uint64_t value = 0;
  for (const char c : digits)
    value = value * 10 + static_cast<uint64_t>(c - '0');
  return value;
}

// The optional number after "rc", "post" or "dev": absent means 0.
std::optional<uint64_t> TakeImplicitNumber(Reader& reader) {
  reader.TakeSeparator();
  const std::string_view digits = reader.TakeDigits();
  return digits.empty() ? std::optional<uint64_t>(0) : NumberOf(digits);
}

// Reads an optional separator and one of `words`; on no match leaves the
// reader where it was. Gives the index of the word.
template <size_t N>
std::optional<size_t> TakeLabel(Reader& reader,
                                const std::string_view (&words)[N]) {
  if (reader.empty()) return std::nullopt;
  const std::string_view before = reader.rest();
  reader.TakeSeparator();
  for (size_t i = 0; i < N; ++i) {
    if (reader.TakeWord(words[i])) return i;
  }
  reader.Rewind(before);
  return std::nullopt;
}

bool IsNumeric(std::string_view segment) {
  return std::all_of(segment.begin(), segment.end(), IsDigit);
}

std::strong_ordering CompareText(std::string_view a, std::string_view b) {
  return a.compare(b) <=> 0;
}

// One segment of a local version: numbers after words, numbers by value.
std::strong_ordering CompareLocalSegment(std::string_view a,
                                         std::string_view b) {
  const bool a_numeric = IsNumeric(a);
  const bool b_numeric = IsNumeric(b);
  if (a_numeric != b_numeric) return a_numeric <=> b_numeric;
  if (a_numeric && a.size() != b.size()) return a.size() <=> b.size();
  return CompareText(a, b);
}

std::strong_ordering CompareLocal(const std::vector<std::string>& a,
                                  const std::vector<std::string>& b) {
  for (size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    const auto order = CompareLocalSegment(a[i], b[i]);
    if (order != 0) return order;
  }
  return a.size() <=> b.size();
}

// Release segments as if both were padded with zeros.
std::strong_ordering CompareRelease(absl::Span<const uint64_t> a,
                                    absl::Span<const uint64_t> b) {
  for (size_t i = 0; i < std::max(a.size(), b.size()); ++i) {
    const uint64_t left = i < a.size() ? a[i] : 0;
    const uint64_t right = i < b.size() ? b[i] : 0;
    if (left != right) return left <=> right;
  }
  return std::strong_ordering::equal;
}

}  // namespace

// Reads the parts of one version in the order in which they are written.
class VersionParser {
 public:
  explicit VersionParser(std::string_view text) : reader_(text) {}

  // False if the text is not a version.
  bool Parse(Version& version) {
    reader_.Take('v');
    return ParseEpochAndRelease(version) && ParsePre(version) &&
           ParsePost(version) && ParseDev(version) && ParseLocal(version) &&
           reader_.empty();
  }

 private:
  bool ParseEpochAndRelease(Version& version) {
    std::optional<uint64_t> number = NumberOf(reader_.TakeDigits());
    if (!number) return false;
    if (reader_.Take('!')) {
      version.epoch_ = *number;
      number = NumberOf(reader_.TakeDigits());
      if (!number) return false;
    }
    version.release_.push_back(*number);
    while (reader_.left() > 1 && reader_.rest()[0] == '.' &&
           IsDigit(reader_.rest()[1])) {
      reader_.Take('.');
      number = NumberOf(reader_.TakeDigits());
      if (!number) return false;
      version.release_.push_back(*number);
    }
    return true;
  }

  bool ParsePre(Version& version) {
    // Longer spellings first, each with the kind that it means.
    static constexpr std::string_view kLabels[] = {
        "alpha", "a", "beta", "b", "preview", "pre", "rc", "c"};
    static constexpr int kKinds[] = {1, 1, 2, 2, 3, 3, 3, 3};
    const std::optional<size_t> label = TakeLabel(reader_, kLabels);
    if (!label) return true;
    const std::optional<uint64_t> number = TakeImplicitNumber(reader_);
    if (!number) return false;
    version.pre_kind_ = kKinds[*label];
    version.pre_ = *number;
    return true;
  }

  bool ParsePost(Version& version) {
    static constexpr std::string_view kLabels[] = {"post", "rev", "r"};
    const std::string_view rest = reader_.rest();
    if (rest.size() > 1 && rest[0] == '-' && IsDigit(rest[1])) {
      reader_.Take('-');
      version.post_ = NumberOf(reader_.TakeDigits());
      return version.post_.has_value();
    }
    if (!TakeLabel(reader_, kLabels)) return true;
    version.post_ = TakeImplicitNumber(reader_);
    return version.post_.has_value();
  }

  bool ParseDev(Version& version) {
    static constexpr std::string_view kLabels[] = {"dev"};
    if (!TakeLabel(reader_, kLabels)) return true;
    version.dev_ = TakeImplicitNumber(reader_);
    return version.dev_.has_value();
  }

  bool ParseLocal(Version& version) {
    if (!reader_.Take('+')) return true;
    do {
      const std::string_view segment = reader_.TakeAlphanumerics();
      if (segment.empty()) return false;
      version.local_.emplace_back(
          IsNumeric(segment) ? WithoutLeadingZeros(segment) : segment);
      if (reader_.empty()) return true;
    } while (reader_.Take('.') || reader_.Take('-') || reader_.Take('_'));
    return false;
  }

  Reader reader_;
};

absl::StatusOr<Version> Version::Parse(std::string_view text) {
  if (text.size() > kMaxVersionBytes) {
    return MakeFailure(Failure::kMalformed,
                       fmt::format("version of {} bytes, at most {} expected",
                                   text.size(), kMaxVersionBytes));
  }
  std::string_view spelling = Trimmed(text);
  std::string lower;
  if (std::any_of(spelling.begin(), spelling.end(), IsUpper)) {
    lower = absl::AsciiStrToLower(ToAbsl(spelling));
    spelling = lower;
  }
  Version version;
  if (!VersionParser(spelling).Parse(version)) {
    return MakeFailure(
        Failure::kMalformed,
        fmt::format("version '{}' is not one of PEP 440", Printable(text)));
  }
  version.sort_key_ = version.SortKey();
  return version;
}

uint64_t Version::SortKey() const {
  const auto segment = [this](size_t i) {
    return i < release_.size() ? release_[i] : 0;
  };
  SortKeyPacker key;  // 3 + 16 + 13 + 12 + 1 + 3 + 7 + 1 + 3 + 1 + 3 + 1 bits
  key.Append(epoch_, 3);
  key.Append(segment(0), 16);
  key.Append(segment(1), 13);
  key.Append(segment(2), 12);
  key.Append(
      std::any_of(release_.begin() + std::min<size_t>(3, release_.size()),
                  release_.end(), [](uint64_t s) { return s != 0; }),
      1);
  key.Append(static_cast<uint64_t>(PreRank()), 3);
  key.Append(pre_, 7);
  key.AppendFlag(post_.has_value());
  key.Append(post_.value_or(0), 3);
  key.AppendFlag(!dev_);
  key.Append(dev_.value_or(0), 3);
  return key.Finish();
}

// "1.0.dev1" sorts before "1.0a1", which sorts before "1.0".
int Version::PreRank() const {
  if (pre_kind_ != 0) return pre_kind_;
  return !post_ && dev_ ? 0 : 4;
}

std::string Version::str() const {
  static constexpr std::string_view kPre[] = {"", "a", "b", "rc"};
  std::string text;
  if (epoch_ != 0) text += fmt::format("{}!", epoch_);
  text += fmt::format("{}", fmt::join(release_, "."));
  if (pre_kind_ != 0) text += fmt::format("{}{}", kPre[pre_kind_], pre_);
  if (post_) text += fmt::format(".post{}", *post_);
  if (dev_) text += fmt::format(".dev{}", *dev_);
  if (!local_.empty()) text += fmt::format("+{}", fmt::join(local_, "."));
  return text;
}

bool Version::is_prerelease() const { return pre_kind_ != 0 || dev_; }

std::string Version::local() const {
  return fmt::format("{}", fmt::join(local_, "."));
}

Version Version::public_part() const {
  Version version = *this;
  version.local_.clear();
  return version;
}

bool Version::HasReleaseOf(const Version& other) const {
  return epoch_ == other.epoch_ &&
         CompareRelease(release_, other.release_) == 0;
}

bool Version::HasPrefix(const Version& prefix) const {
  const bool release_only = prefix.pre_kind_ == 0 && !prefix.post_;
  if (!release_only) {
    return HasReleaseOf(prefix) && pre_kind_ == prefix.pre_kind_ &&
           pre_ == prefix.pre_ && (!prefix.post_ || post_ == prefix.post_);
  }
  if (epoch_ != prefix.epoch_) return false;
  for (size_t i = 0; i < prefix.release_.size(); ++i) {
    const uint64_t segment = i < release_.size() ? release_[i] : 0;
    if (segment != prefix.release_[i]) return false;
  }
  return true;
}

std::strong_ordering Version::ComparePublic(const Version& a,
                                            const Version& b) {
  if ((a.sort_key_ ^ b.sort_key_) > 1) return a.sort_key_ <=> b.sort_key_;
  if ((a.sort_key_ & b.sort_key_ & 1) != 0) return std::strong_ordering::equal;
  if (a.epoch_ != b.epoch_) return a.epoch_ <=> b.epoch_;
  if (const auto order = CompareRelease(a.release_, b.release_); order != 0) {
    return order;
  }
  if (a.PreRank() != b.PreRank()) return a.PreRank() <=> b.PreRank();
  if (a.pre_ != b.pre_) return a.pre_ <=> b.pre_;
  // No post release sorts first; no dev release sorts last.
  if (a.post_ != b.post_) return a.post_ <=> b.post_;
  if (a.dev_ != b.dev_) {
    if (!a.dev_ || !b.dev_) return b.dev_.has_value() <=> a.dev_.has_value();
    return *a.dev_ <=> *b.dev_;
  }
  return std::strong_ordering::equal;
}

std::strong_ordering Version::CompareAll(const Version& a, const Version& b) {
  const std::strong_ordering order = ComparePublic(a, b);
  return order != 0 ? order : CompareLocal(a.local_, b.local_);
}

bool operator==(const Version& a, const Version& b) { return (a <=> b) == 0; }

void SortVersions(std::vector<std::string>& versions) {
  using Entry = std::pair<std::optional<Version>, std::string>;
  std::vector<Entry> entries;
  entries.reserve(versions.size());
  for (std::string& text : versions) {
    absl::StatusOr<Version> version = Version::Parse(text);
    entries.emplace_back(version.ok()
                             ? std::optional<Version>(*std::move(version))
                             : std::nullopt,
                         std::move(text));
  }
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    if (a.first.has_value() != b.first.has_value()) return !a.first.has_value();
    if (a.first && b.first) {
      const auto order = *a.first <=> *b.first;
      if (order != 0) return order < 0;
    }
    return a.second < b.second;
  });
  versions.clear();
  for (Entry& entry : entries) versions.push_back(std::move(entry.second));
  versions.erase(std::unique(versions.begin(), versions.end()), versions.end());
}

}  // namespace tufmirror::pypi
