#include "support/http_text.h"

#include <cstdio>
#include <cstdlib>

namespace tufmirror::testing {
namespace {

std::string PercentDecode(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      const std::string digits(text.substr(i + 1, 2));
      out.push_back(
          static_cast<char>(std::strtol(digits.c_str(), nullptr, 16)));
      i += 2;
    } else {
      out.push_back(text[i]);
    }
  }
  return out;
}

}  // namespace

std::string PathOf(std::string_view target) {
  if (const size_t scheme = target.find("://");
      scheme != std::string_view::npos) {
    const size_t slash = target.find('/', scheme + 3);
    target = slash == std::string_view::npos ? "/" : target.substr(slash);
  }
  return PercentDecode(target.substr(0, target.find('?')));
}

std::string_view ReasonOf(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 206:
      return "Partial Content";
    case 304:
      return "Not Modified";
    case 404:
      return "Not Found";
    default:
      return "Status";
  }
}

std::optional<Range> ParseRange(const std::string& header, uint64_t size) {
  unsigned long long first = 0;
  unsigned long long last = 0;
  const int count = sscanf(header.c_str(), "bytes=%llu-%llu", &first, &last);
  if (count < 1) return std::nullopt;
  if (count < 2 || last >= size) last = size == 0 ? 0 : size - 1;
  return Range{first, last};
}

}  // namespace tufmirror::testing
