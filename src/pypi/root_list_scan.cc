// Takes nothing that a JSON parser would not: what is not recognized at once
// is left to one.
#include "pypi/root_list_scan.h"

namespace tufmirror::pypi {
namespace {

constexpr std::string_view kNameMember = "\"name\"";
constexpr std::string_view kSerialMember = "\"_last-serial\"";
// Fits into an int64_t, whatever the digits.
constexpr size_t kMaxSerialDigits = 18;

class EntryScan {
 public:
  EntryScan(std::string_view text, size_t at) : text_(text), at_(at) {}

  std::optional<ScannedEntry> Run() {
    SkipSpace();
    if (!Skip('{')) return std::nullopt;
    do {
      SkipSpace();
      if (!Member()) return std::nullopt;
      SkipSpace();
    } while (Skip(','));
    if (!has_name_ || !Skip('}')) return std::nullopt;
    SkipSpace();
    if (!Skip(',')) return std::nullopt;
    entry_.next = at_;
    // An end behind the comma is an error: the parser finds it.
    SkipSpace();
    return Peek() == '{' ? std::optional(entry_) : std::nullopt;
  }

 private:
  bool Member() {
    if (!has_name_ && SkipKey(kNameMember)) return has_name_ = String();
    if (!entry_.serial && SkipKey(kSerialMember)) return Number();
    return false;
  }

  bool String() {
    if (!Skip('"')) return false;
    const size_t begin = at_;
    while (IsPlain(Peek())) ++at_;
    entry_.name = text_.substr(begin, at_ - begin);
    return Skip('"');
  }

  bool Number() {
    const size_t begin = at_;
    int64_t value = 0;
    for (char c = Peek(); c >= '0' && c <= '9'; c = Peek()) {
      if (at_ - begin == kMaxSerialDigits) return false;
      value = value * 10 + (c - '0');
      ++at_;
    }
    const size_t digits = at_ - begin;
    if (digits == 0 || (digits > 1 && text_[begin] == '0')) return false;
    // What follows must not make another number of it.
    const char c = Peek();
    if (c == '.' || c == 'e' || c == 'E') return false;
    entry_.serial = value;
    return true;
  }

  bool SkipKey(std::string_view key) {
    if (text_.compare(at_, key.size(), key) != 0) return false;
    at_ += key.size();
    SkipSpace();
    if (!Skip(':')) return false;
    SkipSpace();
    return true;
  }

  // Printable ASCII that means itself in a string.
  static bool IsPlain(char c) {
    return c >= 0x20 && c < 0x7F && c != '"' && c != '\\';
  }
  // NUL at the end, which is no part of any entry.
  char Peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool Skip(char c) {
    if (Peek() != c) return false;
    ++at_;
    return true;
  }
  void SkipSpace() {
    for (char c = Peek(); c == ' ' || c == '\n' || c == '\t' || c == '\r';
         c = Peek()) {
      ++at_;
    }
  }

  const std::string_view text_;
  size_t at_;
  bool has_name_ = false;
  ScannedEntry entry_;
};

}  // namespace

std::optional<ScannedEntry> ScanEntry(std::string_view text, size_t at) {
  return EntryScan(text, at).Run();
}

}  // namespace tufmirror::pypi
