// Bytes made smaller, for a server to send to who accepts them so.
#ifndef TUFMIRROR_COMPRESS_COMPRESSED_H_
#define TUFMIRROR_COMPRESS_COMPRESSED_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace tufmirror::compress {

enum class Encoding { kGzip, kZstd };

// The name of `encoding` in HTTP.
std::string_view NameOf(Encoding encoding);

// `bytes` as one whole stream. kInternal if there is no memory.
absl::StatusOr<std::string> Compress(std::string_view bytes, Encoding encoding);

}  // namespace tufmirror::compress

#endif  // TUFMIRROR_COMPRESS_COMPRESSED_H_
