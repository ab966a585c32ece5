// Conditions come before ranges, as RFC 9110 section 13.2.2 orders them.
#include "tufmirror/serve/file_reply.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/tree/layout.h"

namespace tufmirror::serve {
namespace {

std::string HttpDate(const timespec& time) {
  return absl::FormatTime("%a, %d %b %Y %H:%M:%S GMT",
                          absl::FromUnixSeconds(time.tv_sec),
                          absl::UTCTimeZone());
}

// If-None-Match compares weakly: W/"x" and "x" are alike.
bool ListsTag(std::string_view header, std::string_view tag) {
  for (absl::string_view element : absl::StrSplit(ToAbsl(header), ',')) {
    element = absl::StripAsciiWhitespace(element);
    if (element == "*") return true;
    if (element.substr(0, 2) == "W/") element.remove_prefix(2);
    if (FromAbsl(element) == tag) return true;
  }
  return false;
}

bool NotModified(const Request& request, const Entity& entity) {
  if (!request.if_none_match.empty()) {
    return ListsTag(request.if_none_match, entity.tag);
  }
  // Exact, not "since": a rollback brings older files back.
  return !entity.last_modified.empty() &&
         request.if_modified_since == entity.last_modified;
}

std::optional<uint64_t> ParseOffset(std::string_view text) {
  uint64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (text.empty() || error != std::errc() || stop != end) return std::nullopt;
  return value;
}

struct ByteRange {
  uint64_t first = 0;
  uint64_t length = 0;  // 0: not satisfiable
};

// nullopt if `header` is not one well-formed byte range: it is then ignored.
std::optional<ByteRange> ParseRange(std::string_view header, uint64_t size) {
  constexpr std::string_view kUnit = "bytes=";
  if (!header.starts_with(kUnit)) return std::nullopt;
  header.remove_prefix(kUnit.size());
  const size_t dash = header.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const std::string_view from = header.substr(0, dash);
  const std::string_view to = header.substr(dash + 1);
  if (from.empty()) {  // "-N": the last N bytes
    const std::optional<uint64_t> count = ParseOffset(to);
    if (!count) return std::nullopt;
    const uint64_t length = std::min(*count, size);
    return ByteRange{.first = size - length, .length = length};
  }
  const std::optional<uint64_t> first = ParseOffset(from);
  std::optional<uint64_t> last = UINT64_MAX;
  if (!to.empty()) last = ParseOffset(to);
  if (!first || !last || *last < *first) return std::nullopt;
  if (*first >= size) return ByteRange{};
  return ByteRange{.first = *first,
                   .length = std::min(*last, size - 1) - *first + 1};
}

// The range to send, if the request asks for one of exactly this file.
std::optional<ByteRange> WantedRange(const Request& request,
                                     std::string_view tag, uint64_t size) {
  if (request.method != "GET" || request.range.empty()) return std::nullopt;
  // Only the strong validator proves that the client's first part is ours.
  if (!request.if_range.empty() && request.if_range != tag) {
    return std::nullopt;
  }
  return ParseRange(request.range, size);
}

bool IsHex(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isxdigit(static_cast<unsigned char>(c));
  });
}

// "<sha256>.name" or "<sha512>.name".
bool IsDigestPrefixed(std::string_view filename) {
  const size_t dot = filename.find('.');
  return (dot == 64 || dot == 128) && IsHex(filename.substr(0, dot));
}

}  // namespace

std::string EntityTag(const OpenedFile& file, std::string_view suffix) {
  const uint64_t nanoseconds =
      static_cast<uint64_t>(file.mtime.tv_sec) * 1'000'000'000 +
      static_cast<uint64_t>(file.mtime.tv_nsec);
  return fmt::format("\"{:x}-{:x}-{:x}{}\"", file.inode, nanoseconds, file.size,
                     suffix);
}

std::string_view ContentTypeOfPath(std::string_view path) {
  using Entry = std::pair<std::string_view, std::string_view>;
  static constexpr std::array kTypes = {
      Entry(".html", "text/html; charset=utf-8"),
      Entry(".v1_json", "application/vnd.pypi.simple.v1+json"),
      Entry(".json", "application/json"),
      Entry(".metadata", "text/plain; charset=utf-8"),
      Entry(".provenance", "application/vnd.pypi.integrity.v1+json"),
      Entry(".whl", "application/zip"),
      Entry(".zip", "application/zip"),
      Entry(".egg", "application/zip"),
      Entry(".tar.gz", "application/gzip"),
      Entry(".tgz", "application/gzip"),
      Entry(".tar.bz2", "application/x-bzip2"),
      Entry("last-modified", "text/plain; charset=utf-8"),
      Entry(".txt", "text/plain; charset=utf-8"),
  };
  for (const auto& [ending, type] : kTypes) {
    if (path.ends_with(ending)) return type;
  }
  return "application/octet-stream";
}

std::string_view CacheControlOfPath(std::string_view path) {
  const size_t slash = path.rfind('/');
  const std::string_view filename =
      slash == std::string_view::npos ? path : path.substr(slash + 1);
  const std::string_view top = path.substr(0, path.find('/'));
  if (top == tree::kPackagesDirectory || IsDigestPrefixed(filename)) {
    return "public, max-age=31536000, immutable";
  }
  const bool metadata = top == tree::kMetadataDirectory;
  if ((metadata && filename != "timestamp.json") ||
      top == tree::kDeltasDirectory) {
    return "public, max-age=300";
  }
  return "public, max-age=60";
}

Reply EntityReply(const Request& request, const Entity& entity,
                  const FileReplyOptions& options) {
  Reply reply;
  const uint64_t size = entity.size;
  reply.headers = {{"ETag", entity.tag},
                   {"Cache-Control", std::string(options.cache_control)},
                   {"Accept-Ranges", "bytes"},
                   {"X-Content-Type-Options", "nosniff"}};
  if (!entity.last_modified.empty()) {
    reply.headers.emplace_back("Last-Modified", entity.last_modified);
  }
  if (!options.vary.empty()) {
    reply.headers.emplace_back("Vary", std::string(options.vary));
  }
  if (NotModified(request, entity)) {
    reply.status = 304;
    return reply;
  }
  reply.content_type = options.content_type;
  reply.length = size;
  const auto range = WantedRange(request, entity.tag, size);
  if (!range) return reply;
  reply.length = range->length;
  if (range->length == 0) {
    reply.status = 416;
    reply.content_type.clear();
    reply.headers.emplace_back("Content-Range",
                               fmt::format("bytes */{}", size));
    return reply;
  }
  reply.status = 206;
  reply.first = range->first;
  reply.headers.emplace_back(
      "Content-Range", fmt::format("bytes {}-{}/{}", range->first,
                                   range->first + range->length - 1, size));
  return reply;
}

Reply FileReply(const Request& request, OpenedFile file,
                const FileReplyOptions& options) {
  Reply reply = EntityReply(request,
                            {.size = file.size,
                             .tag = EntityTag(file, options.etag_suffix),
                             .last_modified = HttpDate(file.mtime)},
                            options);
  if (!reply.content_type.empty()) reply.file = std::move(file);
  return reply;
}

}  // namespace tufmirror::serve
