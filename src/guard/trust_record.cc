#include "guard/trust_record.h"

#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/http/transfers.h"
#include "tufmirror/json/canonical.h"
#include "tufmirror/json/document.h"
#include "tufmirror/tuf/model.h"

namespace tufmirror::guard {
namespace {

constexpr size_t kMaxRecordBytes = size_t{64} << 10;

absl::StatusOr<std::string_view> StringMember(const json::Value& record,
                                              std::string_view key) {
  ASSIGN_OR_RETURN(const json::Value value, record.Get(key, "record"));
  return value.AsString(key);
}

}  // namespace

std::string WriteTrustRecord(const TrustRecord& record) {
  std::string text = "{\n  \"urls\": [";
  for (size_t i = 0; i < record.urls.size(); ++i) {
    if (i > 0) text += ", ";
    json::AppendString(record.urls[i], text);
  }
  text += fmt::format(
      "],\n  \"fingerprint\": \"{}\",\n  \"root_version\": {},\n"
      "  \"added\": \"{}\"\n}}\n",
      record.fingerprint.Hex(), record.root_version,
      tuf::FormatExpiry(record.added));
  return text;
}

absl::StatusOr<TrustRecord> ParseTrustRecord(std::string_view text) {
  json::Limits limits;
  limits.max_bytes = kMaxRecordBytes;
  ASSIGN_OR_RETURN(const auto document, json::Document::Parse(text, limits));
  const json::Value root = document.root();
  TrustRecord record;
  ASSIGN_OR_RETURN(const json::Value urls, root.Get("urls", "record"));
  RETURN_IF_ERROR(urls.ExpectArray("urls"));
  RETURN_IF_ERROR(urls.ForEachElement([&](json::Value url) -> absl::Status {
    ASSIGN_OR_RETURN(const std::string_view value, url.AsString("urls"));
    if (!http::CheckBaseUrl(value).ok()) {
      return MakeFailure(Failure::kMalformed, "urls: one is no base URL");
    }
    record.urls.emplace_back(value);
    return absl::OkStatus();
  }));
  if (record.urls.empty()) {
    return MakeFailure(Failure::kMalformed, "urls: expected one or more");
  }
  ASSIGN_OR_RETURN(const std::string_view hex,
                   StringMember(root, "fingerprint"));
  ASSIGN_OR_RETURN(record.fingerprint, Sha256::FromHex(hex));
  ASSIGN_OR_RETURN(const json::Value version,
                   root.Get("root_version", "record"));
  ASSIGN_OR_RETURN(record.root_version, version.AsInteger("root_version"));
  ASSIGN_OR_RETURN(const std::string_view added, StringMember(root, "added"));
  ASSIGN_OR_RETURN(record.added, tuf::ParseExpiry(added));
  return record;
}

}  // namespace tufmirror::guard
