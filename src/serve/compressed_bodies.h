// Files of the tree as they are sent to who accepts them compressed: made when
// first asked for, and kept within a bound of memory.
#ifndef TUFMIRROR_SRC_SERVE_COMPRESSED_BODIES_H_
#define TUFMIRROR_SRC_SERVE_COMPRESSED_BODIES_H_

#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "tufmirror/compress/compressed.h"
#include "tufmirror/serve/exchange.h"

namespace tufmirror::serve {

// The best encoding that `accept_encoding` (RFC 9110, 12.5.3) allows and that
// is worth it: zstd before gzip, whatever their q above 0; nullopt for none.
// `*` alone asks for nothing.
std::optional<compress::Encoding> ChooseEncoding(
    std::string_view accept_encoding);

// Whether a file of `size` bytes at `path` of the tree is sent compressed:
// metadata and index pages. Packages and packs are compressed already.
bool IsCompressible(std::string_view path, uint64_t size);

// For any number of threads.
class CompressedBodies {
 public:
  // `max_bytes` of bodies are kept.
  explicit CompressedBodies(size_t max_bytes) : max_bytes_(max_bytes) {}

  // Null if the file cannot be read or compressed: then it is sent as it is.
  std::shared_ptr<const std::string> Get(const OpenedFile& file,
                                         compress::Encoding encoding);

  // Of the bodies that are kept.
  size_t bytes() {
    const std::lock_guard lock(mutex_);
    return bytes_;
  }

 private:
  // What tells one file's bytes from another's, and how they are encoded.
  using Key = std::pair<std::string, compress::Encoding>;
  struct Entry {
    std::shared_ptr<const std::string> body;
    std::list<Key>::iterator recent;
  };

  const size_t max_bytes_;
  std::mutex mutex_;  // of everything below
  std::map<Key, Entry> bodies_;
  std::list<Key> recent_;  // the latest used first
  size_t bytes_ = 0;
};

}  // namespace tufmirror::serve

#endif  // TUFMIRROR_SRC_SERVE_COMPRESSED_BODIES_H_
