#include "source/index_asker.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/time/clock.h"
#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"

namespace tufmirror::source {
namespace {

// An index that fails this often without one answer is down: the rest is left
// for the next run.
constexpr int kMaxFailuresInARow = 32;
constexpr absl::Duration kTickInterval = absl::Milliseconds(100);
constexpr int kServerError = 500;
constexpr int kTooManyRequests = 429;

bool IsOutage(const absl::Status& status) {
  const Failure failure = FailureOf(status);
  const int code = http::Transfers::HttpStatusOf(status);
  return failure == Failure::kNetwork || failure == Failure::kTimeout ||
         code >= kServerError || code == kTooManyRequests;
}

}  // namespace

std::string PageUrl(std::string_view url, std::string_view project) {
  return http::JoinUrl(url, fmt::format("{}/", project));
}

std::string ShownPageUrl(std::string_view url, std::string_view project) {
  const auto shown =
      http::ResolveUrl(http::JoinUrl(url, ""), fmt::format("{}/", project));
  return shown.ok() ? *shown : http::RedactUrl(PageUrl(url, project));
}

struct PageAsker::Round {
  std::vector<PageQuestion> questions;
  // Old copies are asked for again after this round.
  bool has_next = false;
  bool is_repeated = false;
  std::vector<PageQuestion> again = {};    // old copies
  std::vector<PageQuestion> as_html = {};  // refused as JSON
  size_t next = 0;                         // not asked for yet
};

absl::Status PageAsker::Ask(std::vector<PageQuestion> questions) {
  total_ += questions.size();
  work_.counts.asked += questions.size();
  absl::Duration pause = work_.options.stale_backoff;
  Round round{.questions = std::move(questions)};
  for (int retry = 0; !round.questions.empty(); ++retry) {
    round.has_next = retry < work_.options.stale_retries;
    RETURN_IF_ERROR(AskOnce(round));
    if (!round.as_html.empty()) {
      Round html{.questions = std::move(round.as_html),
                 .has_next = round.has_next,
                 .is_repeated = round.is_repeated,
                 .again = std::move(round.again)};
      RETURN_IF_ERROR(AskOnce(html));
      round.again = std::move(html.again);
    }
    if (round.again.empty()) break;
    RETURN_IF_ERROR(Pause(pause));
    pause *= 2;
    round = Round{.questions = std::move(round.again), .is_repeated = true};
  }
  return absl::OkStatus();
}

absl::Status PageAsker::AskOnce(Round& round) {
  const auto next = [&]() -> std::optional<http::FetchRequest> {
    if (gave_up_ || round.next == round.questions.size()) return std::nullopt;
    return RequestOf(round, round.next++);
  };
  const auto done = [&](const http::FetchRequest& request,
                        absl::StatusOr<http::FetchResponse> response) {
    return Take(round, request, response);
  };
  RETURN_IF_ERROR(transfers_.FetchAll(next, done));
  Postpone(round);
  return absl::OkStatus();
}

http::FetchRequest PageAsker::RequestOf(const Round& round, size_t at) {
  const std::string& project = round.questions[at].project.str();
  http::FetchRequest request;
  for (const std::string& url : work_.options.urls) {
    request.urls.push_back(PageUrl(url, project));
  }
  request.max_bytes = pypi::kMaxJsonPageBytes;
  request.headers = AcceptHeaders(work_.facts.html_only);
  request.tag = at;
  request.encoding = http::BodyEncoding::kCompressed;
  request.wanted_headers = {std::string(kSerialHeader)};
  const std::optional<IndexEntry> kept = work_.table.Find(project);
  if (kept && !kept->etag.empty() && work_.pages.Has(*kept)) {
    request.headers.push_back("If-None-Match: " + kept->etag);
  }
  if (round.is_repeated) request.headers.push_back("Cache-Control: no-cache");
  return request;
}

absl::Status PageAsker::Take(
    Round& round, const http::FetchRequest& request,
    const absl::StatusOr<http::FetchResponse>& response) {
  const PageQuestion& question = round.questions[request.tag];
  if (RefusesJson(response.status()) &&
      absl::StrContains(request.headers.front(), "json")) {
    work_.facts.html_only = true;
    round.as_html.push_back(question);
    return absl::OkStatus();
  }
  Note(response.status());
  IndexEntry entry = work_.table.Find(question.project.str())
                         .value_or(IndexEntry{.name = question.project.str()});
  entry.listed = question.listed;
  if (entry.has_page() && !work_.pages.Has(entry)) entry.digest.clear();
  const PageAnswer answer = JudgeAnswer(
      question.project, entry,
      ShownPageUrl(work_.options.urls.front(), entry.name), response);
  if (answer.stale && round.has_next && !entry.stale_since) {
    round.again.push_back(question);
    return Tick();
  }
  RETURN_IF_ERROR(Enter(entry, answer, response.ok() ? response->body : ""));
  work_.table.Put(entry);
  ++done_;
  return Tick();
}

absl::Status PageAsker::Enter(IndexEntry& entry, const PageAnswer& answer,
                              std::string_view body) {
  switch (answer.kind) {
    case PageAnswer::Kind::kGone:
      if (!entry.has_page() && !entry.listed) {
        work_.problems.push_back({entry.name, answer.status});
      }
      EnterMissing(entry);
      return absl::OkStatus();
    case PageAnswer::Kind::kFailed:
      ++work_.counts.failed;
      HoldBack(entry, answer.status);
      return absl::OkStatus();
    case PageAnswer::Kind::kSame:
    case PageAnswer::Kind::kOther:
      break;
  }
  if (IsHeldBack(entry, answer)) {
    if (!entry.stale_since) {
      entry.stale_since = absl::ToUnixSeconds(work_.options.now);
    }
    ++work_.counts.stale;
    HoldBack(entry, answer.status);
    return absl::OkStatus();
  }
  if (!answer.stale) entry.stale_since.reset();
  return EnterPage(entry, answer, body);
}

absl::Status PageAsker::EnterPage(IndexEntry& entry, const PageAnswer& answer,
                                  std::string_view body) {
  const bool was_gone = std::exchange(entry.gone, false);
  bool has_files = answer.has_files;
  if (answer.kind == PageAnswer::Kind::kOther) {
    RETURN_IF_ERROR(work_.pages.Write(entry.name, answer.html, body));
    entry.digest = answer.digest;
    entry.html = answer.html;
    entry.url = answer.url;
  } else {
    ++work_.counts.unchanged;
    if (entry.absent && body.empty()) {
      const auto page = work_.pages.Read(entry);
      has_files = !page.ok() || !page->files.empty();
    }
  }
  entry.serial = answer.serial;
  entry.etag = answer.etag;
  entry.again = false;
  // It is offered anew then, which says when time changes it; the time that is
  // known of a page that is the same still counts.
  if (answer.kind == PageAnswer::Kind::kOther || was_gone) {
    entry.changes_at.reset();
    ASSIGN_OR_RETURN(pypi::ProjectName name,
                     pypi::ProjectName::Parse(entry.name));
    work_.changed.insert(std::move(name));
  }
  // Nothing there, and not in the list: quarantined, or on its way out.
  if (entry.absent && !has_files) {
    EnterMissing(entry);
  } else {
    entry.missing = 0;
  }
  return absl::OkStatus();
}

void PageAsker::EnterMissing(IndexEntry& entry) {
  entry.again = false;
  if (entry.gone) return;
  if (++entry.missing < work_.options.removal_confirmations) {
    entry.again = true;
    ++work_.counts.awaiting_removal;
    return;
  }
  entry.gone = true;
  if (!entry.has_page() && !entry.unpublished) return;
  ++work_.counts.gone;
  absl::StatusOr<pypi::ProjectName> name = pypi::ProjectName::Parse(entry.name);
  if (name.ok()) work_.changed.insert(*std::move(name));
}

bool PageAsker::IsHeldBack(const IndexEntry& entry,
                           const PageAnswer& answer) const {
  if (!answer.stale) return false;
  if (!entry.stale_since) return true;
  return work_.options.now - absl::FromUnixSeconds(*entry.stale_since) <
         work_.options.stale_patience;
}

void PageAsker::HoldBack(IndexEntry& entry, const absl::Status& reason) {
  entry.again = true;
  work_.problems.push_back({entry.name, reason});
}

void PageAsker::Postpone(const Round& round) {
  const size_t left = round.questions.size() - round.next;
  if (left == 0) return;
  for (size_t at = round.next; at < round.questions.size(); ++at) {
    const std::string& name = round.questions[at].project.str();
    IndexEntry entry =
        work_.table.Find(name).value_or(IndexEntry{.name = name});
    entry.listed = round.questions[at].listed;
    entry.again = true;
    work_.table.Put(entry);
  }
  work_.counts.postponed += left;
  work_.problems.push_back(
      {http::RedactUrl(work_.options.urls.front()),
       MakeFailure(Failure::kHeldBack,
                   fmt::format("{} requests in a row failed: {} projects stay "
                               "as they are until the next run",
                               kMaxFailuresInARow, left))});
}

void PageAsker::Note(const absl::Status& status) {
  if (status.ok() || !IsOutage(status)) {
    ++answered_;
    failures_in_a_row_ = 0;
    return;
  }
  if (first_failure_.ok()) first_failure_ = status;
  gave_up_ = ++failures_in_a_row_ >= kMaxFailuresInARow;
}

absl::Status PageAsker::Outcome() const {
  return answered_ > 0 ? absl::OkStatus() : first_failure_;
}

absl::Status PageAsker::Tick() {
  if (!work_.options.progress) return absl::OkStatus();
  return work_.options.progress("pages", done_, total_);
}

absl::Status PageAsker::Pause(absl::Duration duration) {
  while (duration > absl::ZeroDuration()) {
    const absl::Duration slice = std::min(duration, kTickInterval);
    absl::SleepFor(slice);
    duration -= slice;
    RETURN_IF_ERROR(Tick());
  }
  return absl::OkStatus();
}

}  // namespace tufmirror::source
