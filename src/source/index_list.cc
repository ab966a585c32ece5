#include "source/index_list.h"

#include <string>
#include <utility>

#include "fmt/format.h"
#include "source/index_answer.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/crypto/hash.h"
#include "tufmirror/pypi/upstream_page.h"

namespace tufmirror::source {
namespace {

constexpr int kListNotModified = 304;
// More than this at once is an accident upstream: the others are marked after
// the next list, and memory stays small.
constexpr size_t kMaxNewlyAbsent = 10'000;

absl::StatusOr<http::FetchResponse> FetchList(const IndexWork& work,
                                              http::Transfers& transfers) {
  http::FetchRequest request;
  for (const std::string& url : work.options.urls) {
    request.urls.push_back(http::JoinUrl(url, ""));
  }
  request.max_bytes = pypi::kMaxRootListBytes;
  request.headers = AcceptHeaders(work.facts.html_only);
  request.encoding = http::BodyEncoding::kCompressed;
  // Other rules may select what was passed over when the list was read.
  if (!work.facts.list_etag.empty() && !work.rules_changed) {
    request.headers.push_back("If-None-Match: " + work.facts.list_etag);
  }
  return transfers.Fetch(std::move(request));
}

absl::Status SetAbsent(IndexTable& table, const std::string& name,
                       bool absent) {
  std::optional<IndexEntry> entry = table.Find(name);
  if (!entry || entry->absent == absent) return absl::OkStatus();
  entry->absent = absent;
  table.Put(*entry);
  return absl::OkStatus();
}

// True if all that are absent are marked.
absl::StatusOr<bool> MarkAbsent(const IndexListing& listing,
                                IndexTable& table) {
  for (const std::string& name : listing.Returned()) {
    RETURN_IF_ERROR(SetAbsent(table, name, false));
  }
  size_t marked = 0;
  for (const std::string& name : listing.Unseen()) {
    const std::optional<IndexEntry> entry = table.Find(name);
    if (!entry || entry->absent) continue;
    if (++marked > kMaxNewlyAbsent) return false;
    RETURN_IF_ERROR(SetAbsent(table, name, true));
  }
  return true;
}

// `digest` is that of the body.
absl::StatusOr<std::vector<PageQuestion>> Compare(
    IndexWork& work, const http::FetchResponse& response,
    const std::string& digest) {
  std::vector<PageQuestion> questions;
  IndexListing listing(work.table);
  const auto visit = [&](const pypi::RootListEntry& entry) {
    const auto difference = listing.See(entry.name.str(), entry.serial);
    if (difference == IndexListing::Difference::kNone) return absl::OkStatus();
    const bool is_known = difference == IndexListing::Difference::kSerial;
    if ((is_known && !work.rules_changed) || work.Selects(entry.name)) {
      questions.push_back({entry.name, entry.serial});
    }
    return absl::OkStatus();
  };
  ASSIGN_OR_RETURN(const pypi::RootListFacts facts,
                   IsHtml(response)
                       ? pypi::ForEachListedProjectHtml(response.body, visit)
                       : pypi::ForEachListedProjectJson(response.body, visit));
  work.counts.listed = facts.projects;
  if (facts.unusable > 0) {
    work.problems.push_back(
        {"list of projects",
         MakeFailure(
             Failure::kMalformed,
             fmt::format("{} entries have no valid project name, such as '{}'",
                         facts.unusable, facts.example))});
  }
  ASSIGN_OR_RETURN(const bool all_marked, MarkAbsent(listing, work.table));
  work.facts.list_etag = all_marked ? UsableEtag(response.etag) : std::string();
  work.facts.list_digest = all_marked ? digest : std::string();
  return questions;
}

}  // namespace

absl::StatusOr<std::vector<PageQuestion>> AskList(IndexWork& work,
                                                  http::Transfers& transfers) {
  work.counts.list_asked = true;
  absl::StatusOr<http::FetchResponse> response = FetchList(work, transfers);
  if (RefusesJson(response.status()) && !work.facts.html_only) {
    work.facts.html_only = true;
    response = FetchList(work, transfers);
  }
  const std::string what = fmt::format(
      "list of projects at {}", http::RedactUrl(work.options.urls.front()));
  if (!response.ok()) return Annotate(response.status(), what);
  if (response->status == kListNotModified) {
    work.counts.list_unchanged = true;
    return std::vector<PageQuestion>();
  }
  // Not every server has ETags, or keeps to them.
  const std::string digest = crypto::Sha256Of(response->body).Hex();
  if (digest == work.facts.list_digest && !work.rules_changed) {
    work.facts.list_etag = UsableEtag(response->etag);
    work.counts.list_unchanged = true;
    return std::vector<PageQuestion>();
  }
  auto questions = Compare(work, *response, digest);
  if (!questions.ok()) return Annotate(questions.status(), what);
  return questions;
}

}  // namespace tufmirror::source
