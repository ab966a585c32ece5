// How a file became what it is: a chain of zstd frames, each compressed with
// the file's earlier bytes as prefix, for who has one of the earlier versions.
//
// A pack is never trusted. What it rebuilds is as raw as what is fetched; here
// it is only made sure that reading one is bounded in memory and work.
#ifndef TUFMIRROR_COMPRESS_DELTA_PACK_H_
#define TUFMIRROR_COMPRESS_DELTA_PACK_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace tufmirror::compress {

// Links of one chain: who is further behind needs the whole file.
inline constexpr size_t kMaxPackLinks = 16;
// A longer pack is not worth reading.
inline constexpr uint64_t kMaxPackBytes = uint64_t{1} << 20;

class DeltaPack {
 public:
  // `bytes` outlive the pack. kMalformed unless every byte is accounted for.
  static absl::StatusOr<DeltaPack> Parse(std::string_view bytes);

  // The newest version, from `base`, which is one of the earlier ones.
  // kNotFound if it is none. `max_bytes` bounds the result, some times the size
  // of `base` each version on the way to it, kMaxRebuiltBytes all together;
  // kTooLarge for more.
  // kMalformed for frames that do not decode to what the chain says.
  absl::StatusOr<std::string> Rebuild(std::string_view base,
                                      uint64_t max_bytes) const;

  static constexpr uint64_t kMaxRebuiltBytes = uint64_t{64} << 20;

  size_t links() const { return links_.size(); }

 private:
  // What a version is known by: the first bytes of its digest.
  static constexpr size_t kIdBytes = 8;
  using Id = std::array<char, kIdBytes>;
  struct Link {
    Id base;
    std::string_view frame;
  };
  static Id IdOf(std::string_view bytes);
  static std::string Write(const std::vector<Link>& links);

  std::vector<Link> links_;  // the newest first

  friend absl::StatusOr<std::optional<std::string>> MakeDeltaPack(
      std::string_view before, std::string_view after,
      std::string_view pack_of_before);
};

// A pack that leads from `before` to `after`, and to it from wherever
// `pack_of_before` led to `before` (empty, or not a pack: from nowhere), as far
// as that is small beside `after`. nullopt if not even one link is.
absl::StatusOr<std::optional<std::string>> MakeDeltaPack(
    std::string_view before, std::string_view after,
    std::string_view pack_of_before);

}  // namespace tufmirror::compress

#endif  // TUFMIRROR_COMPRESS_DELTA_PACK_H_
