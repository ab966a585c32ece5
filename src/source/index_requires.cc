// One line with the key of each file, one that starts with a tab for each
// requirement of it, and a last line "end".
#include "source/index_requires.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "absl/strings/str_split.h"
#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/crypto/hash.h"
#include "tufmirror/pypi/core_metadata.h"
#include "tufmirror/source/index_source.h"

namespace tufmirror::source {
namespace {

constexpr uint64_t kMaxCoreMetadataBytes = uint64_t{4} << 20;
constexpr std::string_view kRequiresEnd = "end";
constexpr std::string_view kMetadataSuffix = ".metadata";

// Fit for one line.
std::string OneLine(std::string_view text) {
  std::string line(text);
  std::replace_if(
      line.begin(), line.end(),
      [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' ');
  return line;
}

}  // namespace

std::string RequiresKey(const SourceFile& file) {
  if (file.core_metadata) return file.core_metadata->Hex();
  return file.sha256 ? file.sha256->Hex()
                     : crypto::Sha256Of(file.location).Hex();
}

RequiresByFile ParseRequires(std::string_view text) {
  RequiresByFile by_file;
  std::vector<std::string>* lines = nullptr;
  for (const absl::string_view part : absl::StrSplit(ToAbsl(text), '\n')) {
    const std::string_view line = FromAbsl(part);
    if (line == kRequiresEnd) return by_file;
    if (line.empty()) break;
    if (line.front() != '\t') {
      lines = &by_file[std::string(line)];
    } else if (lines != nullptr) {
      lines->emplace_back(line.substr(1));
    }
  }
  return {};
}

std::string FormatRequires(const RequiresByFile& by_file) {
  std::string text;
  for (const auto& [key, lines] : by_file) {
    text.append(key).append("\n");
    for (const std::string& line : lines) {
      text.append("\t").append(OneLine(line)).append("\n");
    }
  }
  return text.append(kRequiresEnd).append("\n");
}

http::FetchRequest MetadataRequest(const SourceFile& file) {
  std::string url = file.location;
  url.insert(std::min(url.find('?'), url.size()), kMetadataSuffix);
  http::FetchRequest request;
  request.urls = {std::move(url)};
  request.max_bytes = kMaxCoreMetadataBytes;
  request.encoding = http::BodyEncoding::kCompressed;
  return request;
}

absl::StatusOr<std::vector<std::string>> ReadRequires(const SourceFile& file,
                                                      std::string_view body) {
  const Sha256 got = crypto::Sha256Of(body);
  if (file.core_metadata && got != *file.core_metadata) {
    return MakeFailure(
        Failure::kDigest,
        fmt::format("core metadata of {}: sha256 {} expected, got {}",
                    Printable(file.filename), file.core_metadata->Hex(),
                    got.Hex()));
  }
  absl::StatusOr<pypi::CoreMetadata> metadata = pypi::ParseCoreMetadata(body);
  if (!metadata.ok()) {
    return Annotate(metadata.status(), fmt::format("core metadata of {}",
                                                   Printable(file.filename)));
  }
  return std::move(metadata->requires_dist);
}

}  // namespace tufmirror::source
