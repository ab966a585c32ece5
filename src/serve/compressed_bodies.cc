// See compressed_bodies.h. A file is known by its strong validator: the tree
// never changes a file in place.
#include "serve/compressed_bodies.h"

#include <errno.h>
#include <unistd.h>

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/serve/file_reply.h"
#include "tufmirror/tree/layout.h"

namespace tufmirror::serve {
namespace {

constexpr uint64_t kLeastCompressed = 1000;               // bytes
constexpr uint64_t kMostCompressed = uint64_t{16} << 20;  // held in memory

// False for "q=0" and for what is no weight.
bool HasWeight(std::string_view parameter) {
  parameter = StripWhitespace(parameter);
  if (parameter.empty()) return true;
  double weight = 0;
  return parameter.size() > 2 &&
         (parameter.starts_with("q=") || parameter.starts_with("Q=")) &&
         absl::SimpleAtod(ToAbsl(parameter.substr(2)), &weight) && weight > 0;
}

std::optional<std::string> ReadAll(const OpenedFile& file) {
  std::string bytes(static_cast<size_t>(file.size), '\0');
  size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t got = pread(file.fd.get(), bytes.data() + done,
                              bytes.size() - done, static_cast<off_t>(done));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return std::nullopt;
    done += static_cast<size_t>(got);
  }
  return bytes;
}

}  // namespace

std::optional<compress::Encoding> ChooseEncoding(
    std::string_view accept_encoding) {
  bool gzip = false;
  for (const std::string_view part : SplitAt(accept_encoding, ',')) {
    const std::string_view name =
        StripWhitespace(part.substr(0, part.find(';')));
    const size_t end = part.find(';');
    const std::string_view weight =
        end == std::string_view::npos ? "" : part.substr(end + 1);
    if (!HasWeight(weight)) continue;
    if (absl::EqualsIgnoreCase(ToAbsl(name), "zstd")) {
      return compress::Encoding::kZstd;
    }
    gzip = gzip || absl::EqualsIgnoreCase(ToAbsl(name), "gzip");
  }
  if (gzip) return compress::Encoding::kGzip;
  return std::nullopt;
}

bool IsCompressible(std::string_view path, uint64_t size) {
  if (size < kLeastCompressed || size > kMostCompressed) return false;
  const std::string_view top = path.substr(0, path.find('/'));
  return top == tree::kMetadataDirectory || top == tree::kSimpleDirectory;
}

std::shared_ptr<const std::string> CompressedBodies::Get(
    const OpenedFile& file, compress::Encoding encoding) {
  const Key key(EntityTag(file, ""), encoding);
  {
    const std::lock_guard lock(mutex_);
    const auto found = bodies_.find(key);
    if (found != bodies_.end()) {
      recent_.splice(recent_.begin(), recent_, found->second.recent);
      return found->second.body;
    }
  }
  const auto bytes = ReadAll(file);
  if (!bytes) return nullptr;
  auto compressed = compress::Compress(*bytes, encoding);
  if (!compressed.ok()) return nullptr;
  auto body = std::make_shared<const std::string>(*std::move(compressed));
  const std::lock_guard lock(mutex_);
  if (body->size() > max_bytes_ || bodies_.contains(key)) return body;
  recent_.push_front(key);
  bodies_.emplace(key, Entry{.body = body, .recent = recent_.begin()});
  bytes_ += body->size();
  while (bytes_ > max_bytes_) {
    const auto oldest = bodies_.find(recent_.back());
    bytes_ -= oldest->second.body->size();
    bodies_.erase(oldest);
    recent_.pop_back();
  }
  return body;
}

}  // namespace tufmirror::serve
