// What a request gets: the rules of the site, without sockets.
#ifndef TUFMIRROR_SRC_SERVE_SITE_H_
#define TUFMIRROR_SRC_SERVE_SITE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "serve/live_tree.h"
#include "serve/negotiation.h"
#include "serve/request_target.h"

namespace tufmirror::serve {

// The parts of a request that decide its answer; absent headers are empty.
struct SiteRequest {
  std::string method = {};
  std::string target = {};
  std::string accept = {};
  std::string if_none_match = {};
  std::string if_modified_since = {};
  std::string range = {};
  std::string if_range = {};
};

struct SiteReply {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string content_type;  // empty: no body
  std::string body;          // short text, when there is no file
  std::optional<OpenedFile> file;
  uint64_t first = 0;   // offset in `file` of the body
  uint64_t length = 0;  // bytes of the body
};

class Site {
 public:
  // `document_root` as in StaticServerOptions.
  explicit Site(std::string document_root)
      : document_root_(std::move(document_root)) {}

  // Safe to call from several threads. Never fails: errors are replies.
  SiteReply Answer(const SiteRequest& request) const;

 private:
  SiteReply AnswerPath(const LiveTree& tree, const RequestTarget& target,
                       const SiteRequest& request) const;
  SiteReply AnswerDirectory(const LiveTree& tree, const RequestTarget& target,
                            const SiteRequest& request) const;
  SiteReply AnswerIndexPage(const LiveTree& tree, const RequestTarget& target,
                            const SiteRequest& request) const;

  std::string document_root_;
};

}  // namespace tufmirror::serve

#endif  // TUFMIRROR_SRC_SERVE_SITE_H_
