// JSON pages of the simple index (PEP 691, 700, 714, 740, 792), rendered.
// PEP 714 explains why the older key "dist-info-metadata" must not appear
// here: installers of its time stumble over it.
#include <string>
#include <vector>

#include "fmt/format.h"
#include "pypi/page_writer.h"
#include "tufmirror/json/canonical.h"
#include "tufmirror/pypi/simple_index.h"

namespace tufmirror::pypi {
namespace {

constexpr size_t kJsonHeadBytes = 256;
constexpr size_t kJsonFileBytes = 640;

void AppendNumber(uint64_t value, std::string& out) {
  const fmt::format_int digits(value);
  out.append(digits.data(), digits.size());
}

void AppendMember(std::string_view key_and_colon, std::string_view value,
                  std::string& out) {
  out += key_and_colon;
  json::AppendString(value, out);
}

void AppendMeta(std::optional<int64_t> last_serial, std::string& out) {
  out += "{\"meta\":{";
  if (last_serial) {
    out += fmt::format("\"_last-serial\":{},", *last_serial);
  }
  AppendMember("\"api-version\":", kApiVersion, out);
  out += '}';
}

void AppendDigestObject(const Sha256& digest, std::string& out) {
  out += "{\"sha256\":\"";
  AppendHex(digest, out);
  out += "\"}";
}

void AppendJsonFile(const IndexFile& file, std::string& out) {
  if (file.core_metadata) {
    out += "{\"core-metadata\":";
    AppendDigestObject(*file.core_metadata, out);
  } else {
    out += "{\"core-metadata\":false";
  }
  AppendMember(",\"filename\":", file.filename, out);
  out += ",\"hashes\":";
  AppendDigestObject(file.sha256, out);
  if (!file.provenance.empty()) {
    AppendMember(",\"provenance\":", file.provenance, out);
  }
  if (!file.requires_python.empty()) {
    AppendMember(",\"requires-python\":", file.requires_python, out);
  }
  out += ",\"size\":";
  AppendNumber(file.size, out);
  if (file.upload_time) {
    out += ",\"upload-time\":\"";
    AppendUploadTime(*file.upload_time, out);
    out += '"';
  }
  AppendMember(",\"url\":", file.url, out);
  if (!file.yanked) {
    out += ",\"yanked\":false}";
  } else if (file.yanked->empty()) {  // PEP 691: a reason is not empty
    out += ",\"yanked\":true}";
  } else {
    AppendMember(",\"yanked\":", *file.yanked, out);
    out += '}';
  }
}

}  // namespace

std::string RenderJson(const ProjectPage& page) {
  std::string out;
  out.reserve(kJsonHeadBytes + page.files.size() * kJsonFileBytes);
  AppendMeta(page.last_serial, out);
  AppendMember(",\"name\":", page.name.str(), out);
  out += ",\"files\":[";
  for (size_t i = 0; i < page.files.size(); ++i) {
    if (i > 0) out += ',';
    AppendJsonFile(page.files[i], out);
  }
  out += "],\"versions\":[";
  for (size_t i = 0; i < page.versions.size(); ++i) {
    if (i > 0) out += ',';
    json::AppendString(page.versions[i], out);
  }
  out += "],\"project-status\":{";
  AppendMember("\"status\":",
               page.status.empty() ? "active" : std::string_view(page.status),
               out);
  if (!page.status_reason.empty()) {
    AppendMember(",\"reason\":", page.status_reason, out);
  }
  out += "}}\n";
  return out;
}

std::string RootJsonHead(std::optional<int64_t> last_serial) {
  std::string out;
  AppendMeta(last_serial, out);
  return out + ",\"projects\":[";
}

void AppendRootJson(std::string_view display_name, std::string& out) {
  AppendMember("{\"name\":", display_name, out);
  out += '}';
}

std::string RenderRootJson(const std::vector<RootEntry>& projects,
                           std::optional<int64_t> last_serial) {
  std::string out = RootJsonHead(last_serial);
  out.reserve(out.size() + projects.size() * 32);
  for (size_t i = 0; i < projects.size(); ++i) {
    if (i > 0) out += ',';
    AppendRootJson(projects[i].display_name, out);
  }
  return out.append(kRootJsonTail);
}

}  // namespace tufmirror::pypi
