#include "pypi/html_link.h"

#include "fmt/format.h"
#include "pypi/offer_collector.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/strings.h"

namespace tufmirror::pypi {
namespace {

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// What is not an escape stays as it is.
std::string PercentDecode(std::string_view text) {
  std::string decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    const int high =
        text[i] == '%' && i + 2 < text.size() ? HexValue(text[i + 1]) : -1;
    const int low = high >= 0 ? HexValue(text[i + 2]) : -1;
    if (low >= 0) {
      decoded += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      decoded += text[i];
    }
  }
  return decoded;
}

}  // namespace

std::string LastSegment(std::string_view url) {
  std::string_view path = url.substr(0, url.find_first_of("?#"));
  if (!path.empty() && path.back() == '/') path.remove_suffix(1);
  const size_t slash = path.rfind('/');
  if (slash != std::string_view::npos) path.remove_prefix(slash + 1);
  return PercentDecode(path);
}

absl::Status CheckRepositoryVersion(const HtmlElement& element) {
  if (element.tag != "meta") return absl::OkStatus();
  const std::string* name = element.Find("name");
  const std::string* content = element.Find("content");
  if (name == nullptr || *name != "pypi:repository-version" ||
      content == nullptr) {
    return absl::OkStatus();
  }
  return CheckApiVersion(*name, *content);
}

absl::Status CheckIsIndexPage(std::string_view text, const HtmlFacts& facts,
                              uint64_t links) {
  if (links > 0) return absl::OkStatus();
  const size_t start = text.find_first_not_of(" \t\r\n\f");
  const bool is_json = start != std::string_view::npos &&
                       (text[start] == '{' || text[start] == '[');
  if (!facts.has_markup || is_json) {
    return MakeFailure(
        Failure::kMalformed,
        fmt::format("HTML expected, got {} bytes that start with '{}'",
                    text.size(), Printable(text.substr(0, 64), 40)));
  }
  if (facts.has_form) {
    return MakeFailure(Failure::kMalformed,
                       "links of an index expected, got a page with a form and "
                       "none of them (a sign-in page?)");
  }
  return absl::OkStatus();
}

}  // namespace tufmirror::pypi
