// Decoding of request targets; every refusal names its rule.
#include "tufmirror/serve/request_target.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/base/target_path.h"
#include "tufmirror/tree/layout.h"

namespace tufmirror::serve {
namespace {

// Clients ask for the metadata of the role "team/a" by its name encoded whole,
// "1.team%2Fa.json". What it decodes to is checked like any other path.
constexpr std::string_view kRoleNames = "metadata/";

absl::Status Refuse(Failure failure, std::string_view target,
                    std::string_view reason) {
  return MakeFailure(failure, fmt::format("request for \"{}\": {}",
                                          Printable(target), reason));
}

std::optional<int> HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return std::nullopt;
}

// Replaces %XX; nullopt for an escape that is not two hexadecimal digits.
std::optional<std::string> PercentDecode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out.push_back(text[i]);
      continue;
    }
    if (text.size() - i < 3) return std::nullopt;
    const auto high = HexValue(text[i + 1]);
    const auto low = HexValue(text[i + 2]);
    if (!high || !low) return std::nullopt;
    out.push_back(static_cast<char>(*high * 16 + *low));
    i += 2;
  }
  return out;
}

// The value of "format" in `query` ("?a=b&format=..."); a '+' stays one, as
// the media types that it names have one.
std::string FormatOf(std::string_view query) {
  constexpr std::string_view kName = "format=";
  if (!query.empty()) query.remove_prefix(1);
  while (!query.empty()) {
    const std::string_view field = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), field.size() + 1));
    if (field.starts_with(kName)) {
      return PercentDecode(field.substr(kName.size())).value_or("malformed");
    }
  }
  return "";
}

}  // namespace

absl::StatusOr<RequestTarget> ParseRequestTarget(std::string_view target) {
  if (!target.starts_with('/')) {
    return Refuse(Failure::kMalformed, target, "expected a path from /");
  }
  const bool printable = std::all_of(target.begin(), target.end(), [](char c) {
    return c > 0x20 && c < 0x7f && c != '#' && c != '\\';
  });
  if (!printable) {
    return Refuse(Failure::kMalformed, target,
                  "expected visible ASCII without '#' and backslash");
  }
  RequestTarget result;
  const size_t question = target.find('?');
  std::string_view raw_path = target.substr(0, question);
  if (question != std::string_view::npos) {
    result.query = std::string(target.substr(question));
    result.format = FormatOf(result.query);
  }
  raw_path.remove_prefix(1);
  if (raw_path.empty()) {
    result.directory = true;
    return result;
  }
  if (raw_path.ends_with('/')) {
    result.directory = true;
    raw_path.remove_suffix(1);
  }
  std::optional<std::string> decoded = PercentDecode(raw_path);
  if (!decoded) {
    return Refuse(Failure::kMalformed, target,
                  "expected two hexadecimal digits after %");
  }
  // An encoded slash would be one segment to a cache and two to us.
  if (!raw_path.starts_with(kRoleNames) &&
      std::count(decoded->begin(), decoded->end(), '/') !=
          std::count(raw_path.begin(), raw_path.end(), '/')) {
    return Refuse(Failure::kUnsafePath, target, "encoded slash");
  }
  ASSIGN_OR_RETURN(const TargetPath path, TargetPath::Parse(*decoded));
  result.path = path.str();
  return result;
}

std::optional<std::string_view> ProjectOf(std::string_view path) {
  if (!path.starts_with(tree::kSimpleDirectory)) return std::nullopt;
  path.remove_prefix(tree::kSimpleDirectory.size());
  if (!path.starts_with('/')) return std::nullopt;
  path.remove_prefix(1);
  if (path.empty() || path.find('/') != std::string_view::npos) {
    return std::nullopt;
  }
  return path;
}

}  // namespace tufmirror::serve
