// What a request gets: the rules of the site, without sockets.
#ifndef TUFMIRROR_SRC_SERVE_SITE_H_
#define TUFMIRROR_SRC_SERVE_SITE_H_

#include <string>
#include <utility>

#include "serve/compressed_bodies.h"
#include "serve/live_tree.h"
#include "tufmirror/serve/file_reply.h"
#include "tufmirror/serve/request_target.h"

namespace tufmirror::serve {

class Site {
 public:
  // `document_root` as in StaticServerOptions.
  explicit Site(std::string document_root)
      : document_root_(std::move(document_root)),
        compressed_(kMaxCompressedBytes) {}

  // Safe to call from several threads. Never fails: errors are replies.
  Reply Answer(const Request& request) const;

  // Of bodies that were compressed and are kept.
  size_t compressed_bytes() const { return compressed_.bytes(); }

 private:
  Reply AnswerPath(const LiveTree& tree, const RequestTarget& target,
                   const Request& request) const;
  Reply AnswerDirectory(const LiveTree& tree, const RequestTarget& target,
                        const Request& request) const;
  Reply AnswerIndexPage(const LiveTree& tree, const RequestTarget& target,
                        const Request& request) const;

  // `file`, which is at `path` of the tree, compressed where that is worth it
  // and the client accepts it.
  Reply FileOf(const Request& request, std::string_view path, OpenedFile file,
               FileReplyOptions options) const;

  static constexpr size_t kMaxCompressedBytes = size_t{32} << 20;

  std::string document_root_;
  mutable CompressedBodies compressed_;  // a cache: nobody sees it change
};

}  // namespace tufmirror::serve

#endif  // TUFMIRROR_SRC_SERVE_SITE_H_
