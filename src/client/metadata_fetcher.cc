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
namespace {

// A pack is small: who sends one more slowly than this costs more time than
// the whole file would.
constexpr absl::Duration kPackTimeout = absl::Seconds(15);

// So many more useless packs than useful ones, and no more are asked for.
constexpr int kMostUselessPacks = 8;

}  // namespace

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
    std::string_view role, int64_t version, uint64_t base_size) const {
  const bool absent = pack_missed_ && !pack_came_;
  if (absent || useless_packs_ > useful_packs_ + kMostUselessPacks) {
    return std::nullopt;
  }
  return DeltaRequestFor(role, version, ".pack",
                         std::min(compress::kMaxPackBytes, base_size));
}

std::optional<http::FetchRequest> MetadataFetcher::DeltaRequestFor(
    std::string_view role, int64_t version, std::string_view suffix,
    uint64_t max_bytes) const {
  if (pack_urls_.empty()) return std::nullopt;
  std::string name = tuf::MetadataFileName(role, version);
  name.replace(name.rfind('.'), std::string::npos, suffix);
  http::FetchRequest request;
  request.max_bytes = max_bytes;
  request.retries = 0;  // there is another way
  request.timeout = kPackTimeout;
  request.urls.reserve(pack_urls_.size());
  for (const std::string& base : pack_urls_) {
    request.urls.push_back(http::JoinUrl(base, name));
  }
  return request;
}

absl::StatusOr<tuf::RawMetadata> MetadataFetcher::Rebuild(
    std::string_view role, std::optional<uint64_t> length,
    const tuf::RawMetadata& base,
    const absl::StatusOr<http::FetchResponse>& response) const {
  RETURN_IF_ERROR(response.status());
  ASSIGN_OR_RETURN(const auto pack, compress::DeltaPack::Parse(response->body));
  const uint64_t cap = limits_.ForRole(role);
  ASSIGN_OR_RETURN(
      std::string bytes,
      pack.Rebuild(base.bytes, length ? std::min(*length, cap) : cap));
  return tuf::RawMetadata{std::move(bytes)};
}

void MetadataFetcher::CountPack(const absl::Status& response,
                                const absl::Status& outcome) {
  pack_came_ |= response.ok();
  pack_missed_ |= !response.ok() && FailureOf(response) == Failure::kNotFound;
  ++(outcome.ok() ? useful_packs_ : useless_packs_);
  // A pack that starts from other versions than the one that is here is as it
  // should be.
  wrong_packs_ += !outcome.ok() && FailureOf(outcome) != Failure::kNotFound;
}

std::optional<tuf::RawMetadata> MetadataFetcher::RebuildVerified(
    std::string_view role, int64_t version, std::optional<uint64_t> length,
    const tuf::RawMetadata& base, Accept accept) {
  const auto request = PackRequestFor(role, version, base.bytes.size());
  if (!request) return std::nullopt;
  const auto response = transfers_.Fetch(*request);
  auto raw = Rebuild(role, length, base, response);
  const absl::Status outcome = raw.ok() ? accept(*raw) : raw.status();
  CountPack(response.status(), outcome);
  if (!outcome.ok()) return std::nullopt;
  return *std::move(raw);
}

std::optional<tuf::RawMetadata> MetadataFetcher::RebuildListed(
    int64_t version, std::optional<uint64_t> length,
    const tuf::RawMetadata& base, Accept accept) {
  if (base.bytes.size() < compress::kLeastListedSnapshot) return std::nullopt;
  const auto request = DeltaRequestFor(
      "snapshot", version, ".versions",
      std::min<uint64_t>(compress::kMaxVersionListBytes, base.bytes.size()));
  if (!request) return std::nullopt;
  const auto response = transfers_.Fetch(*request);
  tuf::RawMetadata raw;
  const auto outcome = [&]() -> absl::Status {
    RETURN_IF_ERROR(response.status());
    const uint64_t cap =
        std::min(length.value_or(limits_.snapshot), limits_.snapshot);
    ASSIGN_OR_RETURN(
        raw.bytes, compress::ApplyVersionList(base.bytes, response->body, cap));
    return accept(raw);
  }();
  CountPack(response.status(), outcome);
  if (!outcome.ok()) return std::nullopt;
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
