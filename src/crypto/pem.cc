#include "crypto/pem.h"

#include <openssl/crypto.h>
#include <openssl/pem.h>

#include <string>

#include "crypto/openssl.h"

namespace tufmirror::crypto {
namespace {

// Above every key here; an 8192-bit RSA private key takes 6 KB.
constexpr size_t kMaxPemBytes = size_t{64} << 10;

std::string_view Trimmed(std::string_view text) {
  constexpr std::string_view kWhiteSpace = " \t\r\n";
  const size_t first = text.find_first_not_of(kWhiteSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kWhiteSpace) - first + 1);
}

std::string Boundary(std::string_view kind, std::string_view name) {
  return std::string("-----").append(kind).append(name).append("-----");
}

}  // namespace

DerBytes::DerBytes(unsigned char* owned, size_t size)
    : bytes_(owned, Wiper{size}) {}

void DerBytes::Wiper::operator()(unsigned char* bytes) const {
  OPENSSL_secure_clear_free(bytes, size);  // wherever they are
}

bool BeginsPem(std::string_view text, std::string_view name) {
  return Trimmed(text).starts_with(Boundary("BEGIN ", name));
}

std::optional<DerBytes> DecodePem(std::string_view text, std::string_view name,
                                  PemContents contents) {
  const ErrorQueueGuard guard;
  const std::string_view pem = Trimmed(text);
  const std::string begin = Boundary("BEGIN ", name);
  const std::string end = Boundary("END ", name);
  if (pem.size() > kMaxPemBytes || pem.size() < begin.size() + end.size() ||
      !pem.starts_with(begin) || !pem.ends_with(end) ||
      pem.find("-----", begin.size()) != pem.size() - end.size()) {
    return std::nullopt;
  }
  const BioPtr bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  char* got_name = nullptr;
  char* header = nullptr;
  unsigned char* bytes = nullptr;
  long size = 0;
  if (bio == nullptr ||
      PEM_read_bio_ex(bio.get(), &got_name, &header, &bytes, &size,
                      contents == PemContents::kSecret
                          ? PEM_FLAG_SECURE | PEM_FLAG_EAY_COMPATIBLE
                          : PEM_FLAG_EAY_COMPATIBLE) != 1) {
    return std::nullopt;
  }
  DerBytes der(bytes, static_cast<size_t>(size));
  const bool plain = name == got_name && *header == '\0';
  OPENSSL_secure_free(got_name);
  OPENSSL_secure_free(header);
  if (!plain) return std::nullopt;
  return der;
}

}  // namespace tufmirror::crypto
