// What an index answered when it was asked for one page: pure judgement of one
// response. What follows from it is for the caller.
#ifndef TUFMIRROR_SRC_SOURCE_INDEX_ANSWER_H_
#define TUFMIRROR_SRC_SOURCE_INDEX_ANSWER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "source/index_table.h"
#include "tufmirror/http/transfers.h"
#include "tufmirror/pypi/names.h"

namespace tufmirror::source {

// Header lines of a request.
std::vector<std::string> AcceptHeaders(bool html_only);
// Of a response, lower case: the serial of its page.
inline constexpr std::string_view kSerialHeader = "x-pypi-last-serial";

// JSON or HTML, by what the server says, or else by how it begins.
bool IsHtml(const http::FetchResponse& response);
// Fit to be kept and sent back; empty otherwise.
std::string UsableEtag(std::string_view etag);
// The server does not speak the format that it was asked for first.
bool RefusesJson(const absl::Status& status);

struct PageAnswer {
  enum class Kind {
    kSame,    // 304, or the bytes that are kept
    kOther,   // other bytes
    kGone,    // 404 or 410
    kFailed,  // nothing that can be used; see `status`
  };
  Kind kind = Kind::kFailed;
  absl::Status status = {};
  // Older than the list says, or than the kept page: see `status`.
  bool stale = false;
  // kOther: the page; kSame: its serial and etag.
  bool html = false;
  std::optional<int64_t> serial = {};
  std::string digest = {};
  std::string etag = {};
  std::string url = {};
  bool has_files = false;
};

// `kept` is what is known of the project, with the serial that the list has in
// `listed`; `usual_url` is where its page was asked for.
PageAnswer JudgeAnswer(const pypi::ProjectName& project, const IndexEntry& kept,
                       std::string_view usual_url,
                       const absl::StatusOr<http::FetchResponse>& response);

}  // namespace tufmirror::source

#endif  // TUFMIRROR_SRC_SOURCE_INDEX_ANSWER_H_
