// Project pages in JSON. What PEP 691 requires of a page is required; what it
// requires of a file entry decides about that entry only.
#include <string>
#include <utility>

#include "fmt/format.h"
#include "pypi/offer_collector.h"
#include "pypi/upstream_json.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/json/document.h"
#include "tufmirror/pypi/upstream_page.h"

namespace tufmirror::pypi {
namespace {

using json::Value;

constexpr size_t kMaxUpstreamDepth = 16;

absl::Status MalformedPage(std::string message) {
  return MakeFailure(Failure::kMalformed, message);
}

// A string member; empty if absent or null.
absl::StatusOr<std::string> KeptText(const Value& object,
                                     std::string_view key) {
  const std::optional<Value> value = FindSet(object, key);
  if (!value) return std::string();
  ASSIGN_OR_RETURN(const std::string_view text, value->AsString(key));
  RETURN_IF_ERROR(CheckKeptText(key, text));
  return std::string(text);
}

// Some indexes have no 'hashes' at all, which is as good as an empty one.
absl::Status ReadHashes(const Value& entry, OfferedFile& file) {
  const std::optional<Value> hashes = FindSet(entry, "hashes");
  if (!hashes) return absl::OkStatus();
  RETURN_IF_ERROR(hashes->ExpectObject("hashes"));
  return hashes->ForEachMember(
      [&](std::string_view algorithm, Value value) -> absl::Status {
        if (value.type() == json::Type::kNull) return absl::OkStatus();
        if (algorithm != "sha256") {
          file.has_other_hash = true;
          return absl::OkStatus();
        }
        ASSIGN_OR_RETURN(const std::string_view hex, value.AsString("sha256"));
        return AddHash(algorithm, hex, file);
      });
}

absl::Status ReadSize(const Value& entry, OfferedFile& file) {
  const std::optional<Value> size = FindSet(entry, "size");
  if (!size) return absl::OkStatus();
  ASSIGN_OR_RETURN(const int64_t bytes, size->AsInteger("size"));
  if (bytes < 0) {
    return MalformedPage(
        fmt::format("size: 0 or more expected, got {}", bytes));
  }
  file.size = static_cast<uint64_t>(bytes);
  return absl::OkStatus();
}

// true, false or digests; the older key counts where the newer is not there.
absl::Status ReadMetadataOffer(const Value& entry, OfferedFile& file) {
  std::optional<Value> offer = FindSet(entry, "core-metadata");
  if (!offer) offer = FindSet(entry, "dist-info-metadata");
  if (!offer) return absl::OkStatus();
  if (offer->type() == json::Type::kBool) {
    ASSIGN_OR_RETURN(const bool present, offer->AsBool("core-metadata"));
    if (present) file.metadata = MetadataOffer::kPresent;
    return absl::OkStatus();
  }
  RETURN_IF_ERROR(offer->ExpectObject("core-metadata"));
  file.metadata = MetadataOffer::kPresent;
  const std::optional<Value> sha256 = FindSet(*offer, "sha256");
  if (!sha256) return absl::OkStatus();
  ASSIGN_OR_RETURN(const std::string_view hex,
                   sha256->AsString("core-metadata"));
  const absl::StatusOr<Sha256> digest = Sha256::FromHex(hex);
  if (!digest.ok()) return Annotate(digest.status(), "core-metadata");
  file.metadata = MetadataOffer::kWithDigest;
  file.metadata_sha256 = *digest;
  return absl::OkStatus();
}

absl::Status ReadYanked(const Value& entry, OfferedFile& file) {
  const std::optional<Value> yanked = FindSet(entry, "yanked");
  if (!yanked) return absl::OkStatus();
  if (yanked->type() == json::Type::kString) {
    ASSIGN_OR_RETURN(file.yanked, KeptText(entry, "yanked"));
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const bool is_yanked, yanked->AsBool("yanked"));
  if (is_yanked) file.yanked = "";
  return absl::OkStatus();
}

absl::Status ReadUploadTime(const Value& entry, OfferedFile& file) {
  ASSIGN_OR_RETURN(const std::string text, KeptText(entry, "upload-time"));
  if (text.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(file.upload_time, ParseUploadTime(text));
  return absl::OkStatus();
}

// Nothing of an entry is used before all of it is found to be in order.
absl::StatusOr<OfferedFile> ReadEntry(const Value& entry) {
  RETURN_IF_ERROR(entry.ExpectObject("a file entry"));
  OfferedFile file;
  ASSIGN_OR_RETURN(const Value name, entry.Get("filename", "a file entry"));
  ASSIGN_OR_RETURN(const std::string_view filename, name.AsString("filename"));
  RETURN_IF_ERROR(CheckOfferedFilename(filename));
  file.filename = filename;
  ASSIGN_OR_RETURN(const Value location, entry.Get("url", "the file entry"));
  ASSIGN_OR_RETURN(const std::string_view url, location.AsString("url"));
  RETURN_IF_ERROR(ReadHashes(entry, file));
  RETURN_IF_ERROR(SetUrl(url, file));
  RETURN_IF_ERROR(ReadSize(entry, file));
  RETURN_IF_ERROR(ReadUploadTime(entry, file));
  ASSIGN_OR_RETURN(file.requires_python, KeptText(entry, "requires-python"));
  RETURN_IF_ERROR(ReadMetadataOffer(entry, file));
  RETURN_IF_ERROR(ReadYanked(entry, file));
  ASSIGN_OR_RETURN(file.provenance, KeptText(entry, "provenance"));
  return file;
}

// The name of an entry that may be anything.
std::string_view NameOf(const Value& entry) {
  const std::optional<Value> name = entry.Find("filename");
  if (!name || name->type() != json::Type::kString) return {};
  return name->AsString("filename").value_or("");
}

absl::Status ReadFiles(const Value& root, OfferCollector& collector) {
  ASSIGN_OR_RETURN(const Value files, root.Get("files", "the page"));
  RETURN_IF_ERROR(files.ExpectArray("files"));
  return files.ForEachElement([&](Value entry) -> absl::Status {
    return collector.Add(NameOf(entry), ReadEntry(entry));
  });
}

// Versions, status and serial: a page without them is as good, so that a
// malformed one is left out and reported.
absl::Status ReadVersions(const Value& root, UpstreamPage& page) {
  const std::optional<Value> versions = FindSet(root, "versions");
  if (!versions) return absl::OkStatus();
  RETURN_IF_ERROR(versions->ExpectArray("versions"));
  std::vector<std::string> list;
  RETURN_IF_ERROR(versions->ForEachElement([&](Value value) -> absl::Status {
    ASSIGN_OR_RETURN(const std::string_view text, value.AsString("a version"));
    list.emplace_back(text);
    return absl::OkStatus();
  }));
  page.versions = std::move(list);
  return absl::OkStatus();
}

absl::Status ReadStatus(const Value& root, UpstreamPage& page) {
  const std::optional<Value> status = FindSet(root, "project-status");
  if (!status) return absl::OkStatus();
  RETURN_IF_ERROR(status->ExpectObject("project-status"));
  ASSIGN_OR_RETURN(const std::string word, KeptText(*status, "status"));
  ASSIGN_OR_RETURN(page.status_reason, KeptText(*status, "reason"));
  page.status = NormalStatus(word);
  return absl::OkStatus();
}

absl::Status ReadSerial(const Value& meta, UpstreamPage& page) {
  ASSIGN_OR_RETURN(page.last_serial, ReadJsonSerial(meta));
  return absl::OkStatus();
}

absl::StatusOr<UpstreamPage> ReadPage(const Value& root) {
  RETURN_IF_ERROR(root.ExpectObject("the page"));
  ASSIGN_OR_RETURN(const Value meta, ReadJsonMeta(root));
  OfferCollector collector;
  UpstreamPage& page = collector.page();
  ASSIGN_OR_RETURN(page.name, KeptText(root, "name"));
  RETURN_IF_ERROR(ReadFiles(root, collector));
  for (const absl::Status& status :
       {ReadVersions(root, page), ReadStatus(root, page),
        ReadSerial(meta, page)}) {
    if (!status.ok()) collector.AddProblem(status);
  }
  return std::move(collector).Take();
}

}  // namespace

absl::StatusOr<UpstreamPage> ParseUpstreamJson(std::string_view text) {
  absl::StatusOr<json::Document> document = json::Document::Parse(
      text, {.max_bytes = kMaxJsonPageBytes, .max_depth = kMaxUpstreamDepth});
  if (!document.ok()) return Annotate(document.status(), "project page");
  absl::StatusOr<UpstreamPage> page = ReadPage(document->root());
  if (!page.ok()) return Annotate(page.status(), "project page");
  return page;
}

}  // namespace tufmirror::pypi
