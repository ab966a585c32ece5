#include "tufmirror/crypto/hash.h"

#include <array>
#include <cstddef>
#include <optional>
#include <utility>

#include "crypto/openssl.h"
#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"

namespace tufmirror::crypto {
namespace {

// Each algorithm is looked up once per process (immutable): the lookup that
// EVP_sha256() hides in every EVP_DigestInit takes longer than hashing a small
// file.
const EVP_MD* Sha256Algorithm() {
  static const MdPtr algorithm(EVP_MD_fetch(nullptr, "SHA256", nullptr));
  return algorithm.get();
}
const EVP_MD* Sha512Algorithm() {
  static const MdPtr algorithm(EVP_MD_fetch(nullptr, "SHA512", nullptr));
  return algorithm.get();
}

// One running hash of N bytes. Hashing cannot fail short of no memory; if it
// does, the digest stays empty and matches nothing.
template <size_t N>
class RunningHash {
 public:
  explicit RunningHash(const EVP_MD* algorithm) : context_(EVP_MD_CTX_new()) {
    good_ = context_ != nullptr &&
            EVP_DigestInit_ex2(context_.get(), algorithm, nullptr) == 1;
  }
  void Update(std::string_view bytes) {
    good_ = good_ &&
            EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1;
  }
  std::optional<DigestValue<N>> Finish() {
    std::array<uint8_t, N> bytes{};
    good_ =
        good_ && EVP_DigestFinal_ex(context_.get(), bytes.data(), nullptr) == 1;
    if (!good_) return std::nullopt;
    good_ = false;  // a finished hash cannot be continued
    return DigestValue<N>(bytes);
  }

 private:
  MdContextPtr context_;
  bool good_ = false;
};

template <size_t N>
DigestValue<N> DigestOf(const EVP_MD* algorithm, std::string_view bytes) {
  std::array<uint8_t, N> digest{};
  EVP_Digest(bytes.data(), bytes.size(), digest.data(), nullptr, algorithm,
             nullptr);
  return DigestValue<N>(digest);
}

template <size_t N>
absl::Status CheckDigest(std::string_view what, std::string_view algorithm,
                         const std::optional<DigestValue<N>>& expected,
                         const std::optional<DigestValue<N>>& got) {
  if (!expected || expected == got) return absl::OkStatus();
  return MakeFailure(Failure::kDigest,
                     fmt::format("{}: expected {} {}, got {}", what, algorithm,
                                 expected->Hex(), got ? got->Hex() : "none"));
}

absl::Status CheckPromise(const ExpectedContent& expected, uint64_t length,
                          std::string_view what) {
  const Digests& digests = expected.digests;
  if (digests.empty()) {
    return MakeFailure(
        Failure::kMalformed,
        fmt::format("{}: expected at least one digest to check, got none",
                    what));
  }
  if (!digests.unsupported.empty()) {
    return MakeFailure(
        Failure::kUnsupported,
        fmt::format("{}: expected digests by sha256 or sha512 only, got one "
                    "by '{}'",
                    what, Printable(digests.unsupported)));
  }
  if (length != expected.length) {
    return MakeFailure(Failure::kLength,
                       fmt::format("{}: expected {} bytes, got {}", what,
                                   expected.length, length));
  }
  return absl::OkStatus();
}

absl::Status CheckDigests(const Digests& expected, const Digests& got,
                          std::string_view what) {
  RETURN_IF_ERROR(CheckDigest(what, "sha256", expected.sha256, got.sha256));
  return CheckDigest(what, "sha512", expected.sha512, got.sha512);
}

}  // namespace

Sha256 Sha256Of(std::string_view bytes) {
  return DigestOf<32>(Sha256Algorithm(), bytes);
}

Sha512 Sha512Of(std::string_view bytes) {
  return DigestOf<64>(Sha512Algorithm(), bytes);
}

struct ContentHasher::State {
  uint64_t length = 0;
  std::optional<RunningHash<32>> sha256;
  std::optional<RunningHash<64>> sha512;
};

ContentHasher::ContentHasher(const Digests& expected)
    : state_(std::make_unique<State>()) {
  if (expected.sha512) state_->sha512.emplace(Sha512Algorithm());
  if (expected.sha256 || !expected.sha512) {
    state_->sha256.emplace(Sha256Algorithm());
  }
}

ContentHasher::ContentHasher(ContentHasher&&) noexcept = default;
ContentHasher& ContentHasher::operator=(ContentHasher&&) noexcept = default;
ContentHasher::~ContentHasher() = default;

void ContentHasher::Update(std::string_view bytes) {
  state_->length += bytes.size();
  if (state_->sha256) state_->sha256->Update(bytes);
  if (state_->sha512) state_->sha512->Update(bytes);
}

uint64_t ContentHasher::length() const { return state_->length; }

absl::Status ContentHasher::Finish(const ExpectedContent& expected,
                                   std::string_view what) {
  RETURN_IF_ERROR(CheckPromise(expected, state_->length, what));
  return CheckDigests(expected.digests, FinishDigests(), what);
}

Digests ContentHasher::FinishDigests() {
  Digests digests;
  if (state_->sha256) digests.sha256 = state_->sha256->Finish();
  if (state_->sha512) digests.sha512 = state_->sha512->Finish();
  return digests;
}

absl::Status CheckContent(std::string_view bytes,
                          const ExpectedContent& expected,
                          std::string_view what) {
  RETURN_IF_ERROR(CheckPromise(expected, bytes.size(), what));
  Digests got;
  if (expected.digests.sha256) got.sha256 = Sha256Of(bytes);
  if (expected.digests.sha512) got.sha512 = Sha512Of(bytes);
  return CheckDigests(expected.digests, got, what);
}

}  // namespace tufmirror::crypto
