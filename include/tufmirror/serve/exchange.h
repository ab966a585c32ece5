// A request as far as it decides its answer, and the answer: what servers and
// sites tell each other, without sockets.
#ifndef TUFMIRROR_SERVE_EXCHANGE_H_
#define TUFMIRROR_SERVE_EXCHANGE_H_

#include <time.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "tufmirror/fs/file.h"

namespace tufmirror::serve {

// The parts of a request that decide its answer; absent headers are empty,
// those sent several times are joined by ", ".
struct Request {
  std::string method = {};
  std::string target = {};
  std::string host = {};
  std::string user_agent = {};
  std::string accept = {};
  std::string accept_encoding = {};
  std::string if_none_match = {};
  std::string if_modified_since = {};
  std::string range = {};
  std::string if_range = {};
};

struct OpenedFile {
  fs::UniqueFd fd;
  uint64_t size = 0;  // bytes
  uint64_t inode = 0;
  timespec mtime = {};
};

// Takes bytes of a body in order; false once the client is gone.
using BodySink = absl::FunctionRef<bool(std::string_view bytes)>;

struct Reply {
  int status = 200;
  std::string reason;  // in place of the status' own phrase; empty: that one
  std::vector<std::pair<std::string, std::string>> headers;
  std::string content_type;  // empty: no body
  std::string body;          // short text, when there is nothing of the below
  std::optional<OpenedFile> file;
  uint64_t first = 0;   // offset in `file` of the body
  uint64_t length = 0;  // bytes of the body
  // Gives the body piece by piece, called once, not for HEAD; false cuts the
  // connection, so that the client sees fewer bytes than `length`.
  std::function<bool(BodySink sink)> write_body;
};

// "404 text" with `text` as its body, not to be kept by caches.
Reply TextReply(int status, std::string_view text);

// `location` is relative to the request's own URL, so that neither a Host
// header nor a proxy's prefix can make it wrong; `query` is appended.
Reply RedirectReply(int status, std::string location, std::string_view query);

}  // namespace tufmirror::serve

#endif  // TUFMIRROR_SERVE_EXCHANGE_H_
