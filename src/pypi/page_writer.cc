// Tables and loops that copy runs of plain characters whole: pages of indexes
// with hundreds of thousands of projects are rendered through these.
#include "pypi/page_writer.h"

#include <array>
#include <cstdint>

#include "absl/time/civil_time.h"

namespace tufmirror::pypi {
namespace {

constexpr char kLowerHex[] = "0123456789abcdef";
constexpr char kUpperHex[] = "0123456789ABCDEF";

bool IsPlainHtml(unsigned char c) {
  static constexpr auto kPlain = [] {
    std::array<bool, 256> plain{};
    for (size_t i = 0; i < plain.size(); ++i) {
      plain[i] = i >= 0x20 && i != 0x7F && i != '&' && i != '<' && i != '>' &&
                 i != '"' && i != '\'';
    }
    plain['\t'] = plain['\n'] = true;
    return plain;
  }();
  return kPlain[c];
}

bool IsUnreserved(unsigned char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
}

std::string_view HtmlEntity(char c) {
  switch (c) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    case '\'':
      return "&#x27;";
    default:
      return "\xEF\xBF\xBD";
  }
}

void AppendDigits(int64_t value, int width, std::string& out) {
  const size_t start = out.size();
  out.append(static_cast<size_t>(width), '0');
  for (size_t i = out.size(); i > start && value > 0; value /= 10) {
    out[--i] = static_cast<char>('0' + value % 10);
  }
}

}  // namespace

void AppendHex(const Sha256& digest, std::string& out) {
  char hex[2 * Sha256::kSize];
  size_t at = 0;
  for (const uint8_t byte : digest.bytes()) {
    hex[at++] = kLowerHex[byte >> 4];
    hex[at++] = kLowerHex[byte & 0x0F];
  }
  out.append(hex, at);
}

void AppendHtml(std::string_view text, std::string& out) {
  size_t start = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (IsPlainHtml(static_cast<unsigned char>(text[i]))) continue;
    out.append(text, start, i - start);
    out.append(HtmlEntity(text[i]));
    start = i + 1;
  }
  out.append(text, start, text.size() - start);
}

void AppendPathSegment(std::string_view text, std::string& out) {
  size_t start = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (IsUnreserved(byte)) continue;
    out.append(text, start, i - start);
    out += '%';
    out += kUpperHex[byte >> 4];
    out += kUpperHex[byte & 0x0F];
    start = i + 1;
  }
  out.append(text, start, text.size() - start);
}

void AppendUploadTime(absl::Time time, std::string& out) {
  const absl::TimeZone utc = absl::UTCTimeZone();
  const absl::TimeZone::CivilInfo info = utc.At(time);
  const absl::CivilSecond& civil = info.cs;
  AppendDigits(civil.year(), 4, out);
  out += '-';
  AppendDigits(civil.month(), 2, out);
  out += '-';
  AppendDigits(civil.day(), 2, out);
  out += 'T';
  AppendDigits(civil.hour(), 2, out);
  out += ':';
  AppendDigits(civil.minute(), 2, out);
  out += ':';
  AppendDigits(civil.second(), 2, out);
  const int64_t micros = absl::ToInt64Microseconds(info.subsecond);
  if (micros != 0) {
    out += '.';
    AppendDigits(micros, 6, out);
  }
  out += 'Z';
}

}  // namespace tufmirror::pypi
