#include "source/index_answer.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "fmt/format.h"
#include "source/index_page_store.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"

namespace tufmirror::source {
namespace {

constexpr size_t kMaxEtagBytes = 200;
constexpr size_t kMaxUrlBytes = 2000;
constexpr int kPageNotModified = 304;
constexpr int kNotAcceptable = 406;
constexpr int kUnsupportedMediaType = 415;

PageAnswer Failed(absl::Status status) {
  PageAnswer answer;
  answer.status = std::move(status);
  return answer;
}

bool HasControl(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
  });
}

std::optional<int64_t> SerialOf(const http::FetchResponse& response) {
  const auto header = response.headers.find(std::string(kSerialHeader));
  int64_t serial = 0;
  if (header == response.headers.end() ||
      !absl::SimpleAtoi(header->second, &serial) || serial < 0) {
    return std::nullopt;
  }
  return serial;
}

// The segment before the last slash, "flit" of ".../simple/flit/".
std::string_view DirectoryOf(std::string_view url) {
  url = url.substr(0, url.find('?'));
  if (url.empty() || url.back() != '/') return {};
  url.remove_suffix(1);
  return url.substr(url.rfind('/') + 1);
}

absl::Status OtherProject(const pypi::ProjectName& project,
                          std::string_view what, std::string_view got) {
  return MakeFailure(
      Failure::kMalformed,
      fmt::format("page of {}: {} of this project expected, got '{}'",
                  project.str(), what, Printable(got)));
}

// A page says whose it is, or else its address must: a server may send every
// request to one page.
absl::Status CheckProject(const pypi::ProjectName& project,
                          std::string_view name, std::string_view usual_url,
                          std::string_view url) {
  if (!name.empty()) {
    const auto own = pypi::ProjectName::Parse(name);
    if (own.ok() && *own == project) return absl::OkStatus();
    return OtherProject(project, "the page", name);
  }
  if (url == usual_url) return absl::OkStatus();
  const auto redirected = pypi::ProjectName::Parse(DirectoryOf(url));
  if (redirected.ok() && *redirected == project) return absl::OkStatus();
  return OtherProject(project, "an address", url);
}

void JudgeSerial(const IndexEntry& kept, PageAnswer& answer) {
  const std::optional<int64_t> expected = std::max(kept.listed, kept.serial);
  if (!expected || !answer.serial || *answer.serial >= *expected) return;
  answer.stale = true;
  answer.status = MakeFailure(
      Failure::kHeldBack,
      fmt::format("page of {}: serial {} or later expected, got {}: an old "
                  "copy; the project stays as it is",
                  kept.name, *expected, *answer.serial));
}

}  // namespace

std::vector<std::string> AcceptHeaders(bool html_only) {
  if (html_only) return {"Accept: text/html"};
  return {
      "Accept: application/vnd.pypi.simple.v1+json, "
      "application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.01"};
}

bool IsHtml(const http::FetchResponse& response) {
  const std::string type = absl::AsciiStrToLower(response.content_type);
  if (absl::StrContains(type, "json")) return false;
  if (absl::StrContains(type, "html")) return true;
  const size_t start = response.body.find_first_not_of(" \t\r\n");
  return start == std::string::npos || response.body[start] != '{';
}

std::string UsableEtag(std::string_view etag) {
  if (etag.size() > kMaxEtagBytes || HasControl(etag)) return {};
  return std::string(etag);
}

bool RefusesJson(const absl::Status& status) {
  const int code = http::Transfers::HttpStatusOf(status);
  return code == kNotAcceptable || code == kUnsupportedMediaType;
}

PageAnswer JudgeAnswer(const pypi::ProjectName& project, const IndexEntry& kept,
                       std::string_view usual_url,
                       const absl::StatusOr<http::FetchResponse>& response) {
  if (!response.ok()) {
    PageAnswer answer = Failed(response.status());
    if (FailureOf(response.status()) == Failure::kNotFound) {
      answer.kind = PageAnswer::Kind::kGone;
    }
    return answer;
  }
  PageAnswer answer;
  answer.serial = SerialOf(*response);
  answer.etag = UsableEtag(response->etag);
  if (response->status == kPageNotModified) {
    answer.kind = PageAnswer::Kind::kSame;
    if (!answer.serial) answer.serial = kept.serial;
    if (answer.etag.empty()) answer.etag = kept.etag;
    JudgeSerial(kept, answer);
    return answer;
  }
  answer.html = IsHtml(*response);
  auto page = ParsePage(response->body, answer.html);
  if (!page.ok()) return Failed(page.status());
  absl::Status own =
      CheckProject(project, page->name, usual_url, response->effective_url);
  if (!own.ok()) return Failed(std::move(own));
  if (page->last_serial) answer.serial = page->last_serial;
  if (response->effective_url != usual_url) {
    answer.url = response->effective_url;
    if (answer.url.size() > kMaxUrlBytes || HasControl(answer.url)) {
      return Failed(OtherProject(project, "an address", answer.url));
    }
  }
  answer.digest = PageDigest(response->body);
  answer.has_files = !page->files.empty();
  answer.kind = answer.digest == kept.digest && answer.html == kept.html &&
                        answer.url == kept.url
                    ? PageAnswer::Kind::kSame
                    : PageAnswer::Kind::kOther;
  JudgeSerial(kept, answer);
  return answer;
}

}  // namespace tufmirror::source
