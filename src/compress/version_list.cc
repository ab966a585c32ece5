// See version_list.h. A list is:
//
//   "tufvers1", then one zstd frame of:
//   length of the text before the first version, of that after the last one,
//   and
//     number of versions (4 bytes each, least significant first)
//   both texts
//   the distance of each version from the highest one (8 bytes), byte by byte:
//     the lowest of all of them, then the next, four in all. So bytes that tell
//     much are apart from those that are nearly always zero.
#include "tufmirror/compress/version_list.h"

#include <zstd.h>

#include <algorithm>
#include <charconv>
#include <vector>

#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/compress/body_decoder.h"

namespace tufmirror::compress {
namespace {

constexpr std::string_view kListMagic = "tufvers1";
constexpr std::string_view kVersionKey = "\"version\":";
constexpr int kListLevel = 9;
constexpr size_t kPlanes = 4;

absl::Status BadList(std::string_view why) {
  return MakeFailure(Failure::kMalformed, fmt::format("version list: {}", why));
}

struct Versions {
  std::vector<int64_t> numbers;
  // Around and between the numbers: one more than these.
  std::vector<std::string_view> texts;
};

Versions Split(std::string_view snapshot) {
  Versions versions;
  size_t from = 0;
  while (true) {
    const size_t key = snapshot.find(kVersionKey, from);
    if (key == std::string_view::npos) break;
    const size_t start = key + kVersionKey.size();
    int64_t number = 0;
    const char* const end = snapshot.data() + snapshot.size();
    const auto parsed = std::from_chars(snapshot.data() + start, end, number);
    if (parsed.ec != std::errc() || number < 0) break;
    versions.texts.push_back(snapshot.substr(from, start - from));
    versions.numbers.push_back(number);
    from = static_cast<size_t>(parsed.ptr - snapshot.data());
  }
  versions.texts.push_back(snapshot.substr(from));
  return versions;
}

void AppendNumber(uint64_t number, size_t bytes, std::string& out) {
  for (size_t i = 0; i < bytes; ++i) {
    out += static_cast<char>(number >> (8 * i) & 0xff);
  }
}

// Takes a number off the front of `bytes`, which has it.
uint64_t TakeNumber(size_t size, std::string_view& bytes) {
  uint64_t number = 0;
  for (size_t i = 0; i < size; ++i) {
    number |= uint64_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
  }
  bytes.remove_prefix(size);
  return number;
}

}  // namespace

absl::StatusOr<std::string> MakeVersionList(std::string_view snapshot) {
  const Versions versions = Split(snapshot);
  if (versions.numbers.empty()) return BadList("no version in the snapshot");
  const int64_t highest =
      *std::max_element(versions.numbers.begin(), versions.numbers.end());
  const int64_t lowest =
      *std::min_element(versions.numbers.begin(), versions.numbers.end());
  if (highest - lowest > int64_t{UINT32_MAX}) {
    return BadList("versions too far apart");
  }
  std::string content;
  AppendNumber(versions.texts.front().size(), 4, content);
  AppendNumber(versions.texts.back().size(), 4, content);
  AppendNumber(versions.numbers.size(), 4, content);
  content.append(versions.texts.front()).append(versions.texts.back());
  AppendNumber(static_cast<uint64_t>(highest), 8, content);
  for (size_t plane = 0; plane < kPlanes; ++plane) {
    for (const int64_t number : versions.numbers) {
      content += static_cast<char>(
          static_cast<uint64_t>(highest - number) >> (8 * plane) & 0xff);
    }
  }
  std::string list(ZSTD_compressBound(content.size()), '\0');
  const size_t size = ZSTD_compress(list.data(), list.size(), content.data(),
                                    content.size(), kListLevel);
  if (ZSTD_isError(size)) {
    return MakeFailure(
        Failure::kInternal,
        fmt::format("make a version list: {}", ZSTD_getErrorName(size)));
  }
  list.resize(size);
  return std::string(kListMagic) + list;
}

absl::StatusOr<std::string> ApplyVersionList(std::string_view base,
                                             std::string_view list,
                                             uint64_t max_bytes) {
  if (!list.starts_with(kListMagic)) return BadList("expected its first bytes");
  list.remove_prefix(kListMagic.size());
  // What is listed is never longer than the snapshot that comes of it.
  ASSIGN_OR_RETURN(const auto decoder, BodyDecoder::Create("zstd", max_bytes));
  RETURN_IF_ERROR(decoder->Decode(list));
  ASSIGN_OR_RETURN(const std::string content, decoder->Finish());
  std::string_view rest = content;
  if (rest.size() < 12) return BadList("cut short");
  const uint64_t head = TakeNumber(4, rest);
  const uint64_t tail = TakeNumber(4, rest);
  const uint64_t count = TakeNumber(4, rest);
  if (rest.size() != head + tail + 8 + kPlanes * count) {
    return BadList("expected the length that it says");
  }
  const Versions versions = Split(base);
  if (versions.numbers.size() != count) {
    return BadList(fmt::format("of {} versions, here are {}", count,
                               versions.numbers.size()));
  }
  std::string snapshot(rest.substr(0, head));
  const std::string_view end = rest.substr(head, tail);
  rest.remove_prefix(head + tail);
  const uint64_t highest = TakeNumber(8, rest);
  for (size_t i = 0; i < count; ++i) {
    uint64_t distance = 0;
    for (size_t plane = 0; plane < kPlanes; ++plane) {
      const auto byte = static_cast<unsigned char>(rest[plane * count + i]);
      distance |= uint64_t{byte} << (8 * plane);
    }
    if (i > 0) snapshot += versions.texts[i];
    snapshot += std::to_string(highest - distance);
    if (snapshot.size() > max_bytes) break;
  }
  snapshot += end;
  if (snapshot.size() <= max_bytes) return snapshot;
  return MakeFailure(
      Failure::kTooLarge,
      fmt::format("version list: expected at most {} bytes, got more",
                  max_bytes));
}

}  // namespace tufmirror::compress
