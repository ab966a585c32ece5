// Public keys as files have them: what openssl writes, and what metadata has.
#include <utility>

#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/crypto/public_key.h"
#include "tufmirror/json/document.h"
#include "tufmirror/repo/ceremony_changes.h"

namespace tufmirror::repo {
namespace {

absl::StatusOr<std::string> KeyField(const json::Value& object,
                                     std::string_view name) {
  ASSIGN_OR_RETURN(const json::Value value, object.Get(name, "key"));
  ASSIGN_OR_RETURN(const std::string_view text, value.AsString(name));
  return std::string(text);
}

absl::StatusOr<tuf::Key> FromKeyObject(std::string_view text) {
  ASSIGN_OR_RETURN(const json::Document document, json::Document::Parse(text));
  const json::Value root = document.root();
  tuf::Key key;
  ASSIGN_OR_RETURN(key.keytype, KeyField(root, "keytype"));
  ASSIGN_OR_RETURN(key.scheme, KeyField(root, "scheme"));
  ASSIGN_OR_RETURN(const json::Value keyval, root.Get("keyval", "key"));
  ASSIGN_OR_RETURN(key.value, KeyField(keyval, "public"));
  RETURN_IF_ERROR(
      crypto::PublicKey::Create(key.keytype, key.scheme, key.value).status());
  return key;
}

absl::StatusOr<tuf::Key> ParseAny(std::string_view text,
                                  std::string_view what) {
  if (text.starts_with('{')) return FromKeyObject(text);
  if (text.find("PRIVATE KEY") != std::string_view::npos) {
    return MakeFailure(Failure::kMalformed,
                       "expected a public key, got a private one: that stays "
                       "with its holder");
  }
  ASSIGN_OR_RETURN(crypto::PublicKeyFields fields,
                   crypto::PublicKey::FieldsFromPem(text, what));
  return tuf::Key{std::move(fields.keytype), std::move(fields.scheme),
                  std::move(fields.value)};
}

}  // namespace

absl::StatusOr<tuf::Key> ParsePublicKey(std::string_view text,
                                        std::string_view what) {
  auto key = ParseAny(StripWhitespace(text), what);
  if (key.ok()) return key;
  return Annotate(key.status(), fmt::format("public key {}", what));
}

}  // namespace tufmirror::repo
