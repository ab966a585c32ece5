// A file as an HTTP answer: validators, conditions, ranges, types, caching.
#ifndef TUFMIRROR_SERVE_FILE_REPLY_H_
#define TUFMIRROR_SERVE_FILE_REPLY_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "tufmirror/serve/exchange.h"

namespace tufmirror::serve {

struct FileReplyOptions {
  std::string content_type;
  std::string_view cache_control;
  std::string_view etag_suffix = {};
  std::string_view vary = {};  // empty: no Vary
};

// What conditions and ranges are about.
struct Entity {
  uint64_t size = 0;               // bytes
  std::string tag = {};            // strong, with its quotes
  std::string last_modified = {};  // as HTTP writes it; empty: unknown
};

// 200, 206, 304 or 416 for `entity`, as FileReply gives it but for the body,
// which is `length` bytes from `first` on where there is a content type.
Reply EntityReply(const Request& request, const Entity& entity,
                  const FileReplyOptions& options);

// 200, 206, 304 or 416 for `file`, after RFC 9110 sections 13 and 14. A single
// range is honoured; several, or one that does not parse, give the whole file.
Reply FileReply(const Request& request, OpenedFile file,
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

#endif  // TUFMIRROR_SERVE_FILE_REPLY_H_
