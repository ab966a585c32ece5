#include "tufmirror/client/metadata_fetcher.h"

#include <algorithm>
#include <utility>

#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/compress/delta_pack.h"
#include "tufmirror/compress/version_list.h"

namespace tufmirror::client {

uint64_t MetadataLimits::ForRole(std::string_view role) const {
  if (role == "root") return root;
  if (role == "timestamp") return timestamp;
  if (role == "snapshot") return snapshot;
  return targets;
}

MetadataFetcher::MetadataFetcher(http::Transfers& transfers,
                                 std::vector<std::string> base_urls,
                                 MetadataLimits limits,
                                 std::vector<std::string> pack_urls)
    : transfers_(transfers),
      base_urls_(std::move(base_urls)),
      limits_(limits),
      pack_urls_(std::move(pack_urls)) {}

http::FetchRequest MetadataFetcher::RequestFor(
    std::string_view role, std::optional<int64_t> version,
    std::optional<uint64_t> length) const {
  http::FetchRequest request;
  const uint64_t cap = limits_.ForRole(role);
  request.max_bytes = length ? std::min(*length, cap) : cap;
  // The role name is encoded once: what a server decodes is the role name.
  const std::string name = tuf::MetadataFileName(role, version);
  request.urls.reserve(base_urls_.size());
  for (const std::string& base : base_urls_) {
    request.urls.push_back(http::JoinUrl(base, name));
  }
  request.encoding = http::BodyEncoding::kCompressed;
  return request;
}

std::optional<http::FetchRequest> MetadataFetcher::PackRequestFor(
    std::string_view role, int64_t version) const {
  return DeltaRequestFor(role, version, ".pack", compress::kMaxPackBytes);
}

std::optional<http::FetchRequest> MetadataFetcher::DeltaRequestFor(
    std::string_view role, int64_t version, std::string_view suffix,
    uint64_t max_bytes) const {
  if (pack_urls_.empty() || packs_absent_) return std::nullopt;
  std::string name = tuf::MetadataFileName(role, version);
  name.replace(name.rfind('.'), std::string::npos, suffix);
  http::FetchRequest request;
  request.max_bytes = max_bytes;
  request.retries = 0;  // there is another way
  for (const std::string& base : pack_urls_) {
    request.urls.push_back(http::JoinUrl(base, name));
  }
  return request;
}

absl::StatusOr<tuf::RawMetadata> MetadataFetcher::Rebuild(
    std::string_view role, std::optional<uint64_t> length,
    const tuf::RawMetadata& base,
    const absl::StatusOr<http::FetchResponse>& response) {
  packs_found_ |= response.ok();
  packs_absent_ |= !response.ok() && !packs_found_;
  RETURN_IF_ERROR(response.status());
  ASSIGN_OR_RETURN(const auto pack, compress::DeltaPack::Parse(response->body));
  const uint64_t cap = limits_.ForRole(role);
  ASSIGN_OR_RETURN(
      std::string bytes,
      pack.Rebuild(base.bytes, length ? std::min(*length, cap) : cap));
  return tuf::RawMetadata{std::move(bytes)};
}

std::optional<tuf::RawMetadata> MetadataFetcher::RebuildVerified(
    std::string_view role, int64_t version, std::optional<uint64_t> length,
    const tuf::RawMetadata& base, Accept accept) {
  const auto request = PackRequestFor(role, version);
  if (!request) return std::nullopt;
  auto raw = Rebuild(role, length, base, transfers_.Fetch(*request));
  if (!raw.ok() || !accept(*raw).ok()) return std::nullopt;
  return *std::move(raw);
}

std::optional<tuf::RawMetadata> MetadataFetcher::RebuildListed(
    int64_t version, std::optional<uint64_t> length,
    const tuf::RawMetadata& base, Accept accept) {
  if (base.bytes.size() < compress::kLeastListedSnapshot) return std::nullopt;
  const auto request = DeltaRequestFor("snapshot", version, ".versions",
                                       compress::kMaxVersionListBytes);
  if (!request) return std::nullopt;
  const auto response = transfers_.Fetch(*request);
  packs_found_ |= response.ok();
  packs_absent_ |= !response.ok() && !packs_found_;
  if (!response.ok()) return std::nullopt;
  const uint64_t cap =
      std::min(length.value_or(limits_.snapshot), limits_.snapshot);
  auto bytes = compress::ApplyVersionList(base.bytes, response->body, cap);
  if (!bytes.ok()) return std::nullopt;
  tuf::RawMetadata raw{*std::move(bytes)};
  if (!accept(raw).ok()) return std::nullopt;
  return raw;
}

absl::StatusOr<tuf::RawMetadata> MetadataFetcher::FetchVerified(
    std::string_view role, std::optional<int64_t> version,
    std::optional<uint64_t> length, Accept accept) {
  ASSIGN_OR_RETURN(tuf::RawMetadata raw, Fetch(role, version, length));
  const absl::Status refusal = accept(raw);
  if (refusal.ok()) return raw;
  if (base_urls_.size() > 1) {
    http::FetchRequest request = RequestFor(role, version, length);
    for (const std::string& url : std::exchange(request.urls, {})) {
      request.urls = {url};
      auto response = transfers_.Fetch(request);
      if (!response.ok()) continue;
      raw.bytes = std::move(response->body);
      if (accept(raw).ok()) return raw;
    }
  }
  return Annotate(refusal, Printable(role, 80));
}

absl::StatusOr<std::optional<tuf::RawMetadata>> MetadataFetcher::FetchNextRoot(
    int64_t version, Accept accept) {
  http::FetchRequest request = RequestFor("root", version, std::nullopt);
  absl::Status failure;
  for (const std::string& url : std::exchange(request.urls, {})) {
    request.urls = {url};
    auto response = transfers_.Fetch(request);
    absl::Status status = response.status();
    if (status.ok()) {
      tuf::RawMetadata raw{std::move(response->body)};
      status = accept(raw);
      if (status.ok()) return raw;
    } else if (FailureOf(status) == Failure::kNotFound ||
               http::Transfers::HttpStatusOf(status) == 403) {
      if (failure.ok() || !IsSecurityFailure(FailureOf(failure))) {
        return std::nullopt;
      }
      break;
    }
    if (failure.ok() || IsSecurityFailure(FailureOf(status))) failure = status;
  }
  return Annotate(failure, fmt::format("root version {}", version));
}

absl::StatusOr<tuf::RawMetadata> MetadataFetcher::Fetch(
    std::string_view role, std::optional<int64_t> version,
    std::optional<uint64_t> length) {
  auto response = transfers_.Fetch(RequestFor(role, version, length));
  if (!response.ok()) {
    return Annotate(response.status(),
                    version ? fmt::format("fetch {} version {}",
                                          Printable(role, 80), *version)
                            : fmt::format("fetch {}", Printable(role, 80)));
  }
  return tuf::RawMetadata{std::move(response->body)};
}

}  // namespace tufmirror::client
