#include "pypi/offer_collector.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"

namespace tufmirror::pypi {
namespace {

constexpr size_t kMaxShownNameBytes = 255;
constexpr size_t kMaxUrlBytes = 16384;
constexpr size_t kMaxKeptTextBytes = 65536;

// Of Python's hashlib, which PEP 503 refers to.
constexpr std::string_view kOtherHashes[] = {
    "md5",      "sha1",     "sha224",   "sha384",  "sha512", "sha3_224",
    "sha3_256", "sha3_384", "sha3_512", "blake2b", "blake2s"};

absl::Status MalformedOffer(std::string message) {
  return MakeFailure(Failure::kMalformed, message);
}

bool IsControl(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
}

// "sha256=...&egg=..." as pip reads it: pairs, in any order.
absl::Status ReadFragment(std::string_view fragment, OfferedFile& file) {
  while (!fragment.empty()) {
    const size_t end = std::min(fragment.find('&'), fragment.size());
    const std::string_view pair = fragment.substr(0, end);
    fragment.remove_prefix(std::min(end + 1, fragment.size()));
    const size_t equals = pair.find('=');
    if (equals == std::string_view::npos) continue;
    RETURN_IF_ERROR(
        AddHash(pair.substr(0, equals), pair.substr(equals + 1), file));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckOfferedFilename(std::string_view name) {
  const auto refused = [&](std::string_view why) {
    return MalformedOffer(
        fmt::format("file name '{}': {}", Printable(name), why));
  };
  if (name.empty()) return refused("it is empty");
  if (name.size() > kMaxShownNameBytes) {
    return refused(fmt::format("at most {} bytes expected, got {}",
                               kMaxShownNameBytes, name.size()));
  }
  if (name == "." || name == "..") return refused("it is a directory's");
  if (name.find_first_of("/\\") != std::string_view::npos) {
    return refused("it has a slash or backslash");
  }
  if (std::any_of(name.begin(), name.end(), IsControl)) {
    return refused("it has a control character");
  }
  if (!IsUtf8(name)) return refused("it is not UTF-8");
  return absl::OkStatus();
}

absl::Status SetUrl(std::string_view url, OfferedFile& file) {
  const size_t hash = url.find('#');
  const std::string_view plain = url.substr(0, hash);
  if (plain.empty() || plain.size() > kMaxUrlBytes ||
      std::any_of(url.begin(), url.end(), IsControl)) {
    return MalformedOffer(
        fmt::format("URL '{}': 1 to {} bytes without control characters "
                    "expected, got {} bytes",
                    Printable(url), kMaxUrlBytes, plain.size()));
  }
  file.url = plain;
  if (hash == std::string_view::npos) return absl::OkStatus();
  return ReadFragment(url.substr(hash + 1), file);
}

absl::Status CheckKeptText(std::string_view what, std::string_view text) {
  if (text.size() <= kMaxKeptTextBytes) return absl::OkStatus();
  return MalformedOffer(fmt::format("{}: at most {} bytes expected, got {}",
                                    what, kMaxKeptTextBytes, text.size()));
}

absl::Status AddHash(std::string_view algorithm, std::string_view hex,
                     OfferedFile& file) {
  if (algorithm != "sha256") {
    const bool is_hash =
        std::find(std::begin(kOtherHashes), std::end(kOtherHashes),
                  algorithm) != std::end(kOtherHashes);
    file.has_other_hash = file.has_other_hash || (is_hash && !hex.empty());
    return absl::OkStatus();
  }
  const absl::StatusOr<Sha256> digest = Sha256::FromHex(hex);
  if (!digest.ok()) return Annotate(digest.status(), "sha256");
  if (file.sha256 && *file.sha256 != *digest) {
    return MalformedOffer(
        fmt::format("sha256: {} expected as elsewhere in the "
                    "entry, got {}",
                    file.sha256->Hex(), digest->Hex()));
  }
  file.sha256 = *digest;
  return absl::OkStatus();
}

absl::StatusOr<absl::Time> ParseUploadTime(std::string_view text) {
  absl::Time time;
  std::string error;
  const bool parsed =
      absl::ParseTime("%Y-%m-%d%ET%H:%M:%E*S%Ez", ToAbsl(text), &time,
                      &error) ||
      absl::ParseTime("%Y-%m-%d%ET%H:%M:%E*S", ToAbsl(text), &time, &error);
  if (!parsed || time == absl::InfiniteFuture() ||
      time == absl::InfinitePast()) {
    return MalformedOffer(
        fmt::format("upload-time: a time such as "
                    "2026-01-31T23:59:59.000001Z expected, got "
                    "'{}'",
                    Printable(text)));
  }
  return absl::FromUnixMicros(absl::ToUnixMicros(time));
}

std::string NormalStatus(std::string_view status) {
  return status == "active" ? std::string() : std::string(status);
}

std::optional<int64_t> ParseSerial(std::string_view text) {
  int64_t serial = 0;
  const bool digits =
      !text.empty() &&
      std::all_of(text.begin(), text.end(),
                  [](unsigned char c) { return absl::ascii_isdigit(c); });
  if (!digits || !absl::SimpleAtoi(ToAbsl(text), &serial)) return std::nullopt;
  return serial;
}

absl::Status CheckApiVersion(std::string_view what, std::string_view version) {
  if (version.substr(0, 2) == "1.") return absl::OkStatus();
  return MalformedOffer(fmt::format("{}: version 1.x expected, got '{}'", what,
                                    Printable(version)));
}

absl::Status OfferCollector::Add(std::string_view filename,
                                 absl::StatusOr<OfferedFile> file) {
  if (++entries_ > kMaxPageFiles) {
    return MakeFailure(
        Failure::kTooLarge,
        fmt::format("more files than the {} expected at most", kMaxPageFiles));
  }
  if (file.ok() && !seen_.insert(file->filename).second) {
    file = MalformedOffer("listed twice on the page; the first entry is used");
  }
  if (file.ok()) {
    page_.files.push_back(*std::move(file));
  } else {
    page_.problems.push_back(
        {Printable(filename, kMaxShownNameBytes), std::move(file).status()});
  }
  return absl::OkStatus();
}

void OfferCollector::AddProblem(absl::Status status) {
  page_.problems.push_back({std::string(), std::move(status)});
}

}  // namespace tufmirror::pypi
