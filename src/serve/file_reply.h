// A file as an HTTP answer: validators, conditions, ranges, types, caching.
#ifndef TUFMIRROR_SRC_SERVE_FILE_REPLY_H_
#define TUFMIRROR_SRC_SERVE_FILE_REPLY_H_

#include <string>
#include <string_view>

#include "serve/live_tree.h"
#include "serve/site.h"

namespace tufmirror::serve {

struct FileReplyOptions {
  std::string content_type;
  std::string_view cache_control;
  std::string_view etag_suffix = {};
  std::string_view vary = {};  // empty: no Vary
};

// 200, 206, 304 or 416 for `file`, after RFC 9110 sections 13 and 14. A single
// range is honoured; several, or one that does not parse, give the whole file.
SiteReply FileReply(const SiteRequest& request, OpenedFile file,
                    const FileReplyOptions& options);

// Strong validator "inode-mtime-size" (hexadecimal, mtime in nanoseconds). The
// tree never changes a file in place: other bytes are another inode, made at
// another time. A copy of the tree on another machine has other validators.
std::string EntityTag(const OpenedFile& file, std::string_view suffix);

std::string_view ContentTypeOfPath(std::string_view path);

// Names that promise their bytes (packages, digest-prefixed names) may be kept
// for ever; pages and metadata only shortly.
std::string_view CacheControlOfPath(std::string_view path);

}  // namespace tufmirror::serve

#endif  // TUFMIRROR_SRC_SERVE_FILE_REPLY_H_
