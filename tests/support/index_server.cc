#include "support/index_server.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

#include "fmt/format.h"
#include "tufmirror/crypto/hash.h"
#include "tufmirror/json/canonical.h"
#include "tufmirror/pypi/names.h"

namespace tufmirror::testing {
namespace {

std::string Normalized(std::string_view name) {
  return pypi::ProjectName::Parse(name).value().str();
}

std::string Quoted(std::string_view text) {
  std::string out;
  json::AppendString(text, out);
  return out;
}

std::string Escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else if (c == '"') {
      out += "&quot;";
    } else {
      out += c;
    }
  }
  return out;
}

std::string DigestOf(const ServedFile& file) {
  return file.sha256.value_or(crypto::Sha256Of(file.bytes).Hex());
}

// Comma-separated.
class List {
 public:
  void Add(std::string_view item) {
    if (!text_.empty()) text_ += ",";
    text_ += item;
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

}  // namespace

IndexServer::IndexServer(Format format) : format_(format) { ServeList(); }

std::string IndexServer::PagePath(std::string_view project) {
  return fmt::format("/simple/{}/", project);
}

std::string IndexServer::FilePath(std::string_view filename) {
  return fmt::format("/packages/{}", filename);
}

std::string IndexServer::ProvenancePath(std::string_view filename) {
  return fmt::format("/integrity/{}/provenance", filename);
}

size_t IndexServer::PageRequests(std::string_view project) const {
  return pages_.CountRequests(PagePath(project));
}

void IndexServer::Put(ServedProject project) {
  const std::string name = Normalized(project.name);
  if (project.serial == 0) project.serial = last_serial_ + 1;
  last_serial_ = std::max(last_serial_, project.serial);
  for (const ServedFile& file : project.files) {
    files_.Serve(FilePath(file.filename), file.bytes);
    if (file.metadata) {
      files_.Serve(FilePath(file.filename) + ".metadata", *file.metadata);
    }
    if (file.provenance) {
      pages_.Serve(ProvenancePath(file.filename), *file.provenance,
                   "application/vnd.pypi.integrity.v1+json");
    }
  }
  Entry entry{.project = std::move(project)};
  entry.listed = entry.project.serial;
  entry.page = PageText(entry.project);
  const auto known = projects_.find(name);
  if (known != projects_.end()) entry.old_page = known->second.page;
  pages_.Serve(PagePath(name), entry.page, ContentType());
  projects_.insert_or_assign(name, std::move(entry));
  ServeList();
}

void IndexServer::Remove(std::string_view project) {
  pages_.Remove(PagePath(project));
  projects_.erase(std::string(project));
  ServeList();
}

void IndexServer::Unlist(std::string_view project) {
  At(project).is_listed = false;
  ServeList();
}

void IndexServer::Quarantine(std::string_view project) {
  ServedProject quarantined = At(project).project;
  quarantined.files.clear();
  quarantined.serial = 0;
  quarantined.status = "quarantined";
  Put(std::move(quarantined));
  Unlist(project);
}

void IndexServer::ListSerial(std::string_view project, int64_t serial) {
  At(project).listed = serial;
  ServeList();
}

void IndexServer::HideSerials() {
  has_serials_ = false;
  ServeList();
}

void IndexServer::ServeOldPage(std::string_view project, int times) {
  const std::string old_path = fmt::format("/old/{}/", project);
  pages_.Serve(old_path, At(project).old_page, ContentType());
  pages_.Inject(PagePath(project), Fault::Redirect(pages_.Url(old_path)),
                times);
}

void IndexServer::ServePage(std::string_view project, std::string bytes,
                            std::string content_type) {
  pages_.Serve(PagePath(project), std::move(bytes), std::move(content_type));
}

int64_t IndexServer::serial_of(std::string_view project) const {
  return projects_.find(project)->second.project.serial;
}

IndexServer::Entry& IndexServer::At(std::string_view project) {
  const auto found = projects_.find(project);
  EXPECT_NE(found, projects_.end()) << project;
  return found->second;
}

void IndexServer::ServeList() {
  pages_.Serve(ListPath(), ListText(), ContentType());
}

std::string IndexServer::ContentType() const {
  return format_ == Format::kJson ? "application/vnd.pypi.simple.v1+json"
                                  : "text/html; charset=utf-8";
}

std::string IndexServer::ListText() const {
  List json;
  std::string html = "<!DOCTYPE html><html><body>\n";
  for (const auto& [name, entry] : projects_) {
    if (!entry.is_listed) continue;
    html += fmt::format("<a href=\"/simple/{}/\">{}</a><br>\n", name,
                        entry.project.name);
    const std::string serial =
        has_serials_ ? fmt::format(",\"_last-serial\":{}", entry.listed) : "";
    json.Add(
        fmt::format("{{\"name\":{}{}}}", Quoted(entry.project.name), serial));
  }
  if (format_ == Format::kHtml) return html + "</body></html>\n";
  return fmt::format(
      "{{\"meta\":{{\"api-version\":\"1.4\",\"_last-serial\":{}}},"
      "\"projects\":[{}]}}",
      last_serial_, json.text());
}

std::string IndexServer::PageText(const ServedProject& project) const {
  if (format_ == Format::kHtml) {
    std::string html = fmt::format(
        "<!DOCTYPE html><html><head>\n"
        "<meta name=\"pypi:repository-version\" content=\"1.4\">\n"
        "<title>Links for {0}</title></head><body><h1>Links for {0}</h1>\n",
        project.name);
    for (const ServedFile& file : project.files) html += FileHtml(file);
    return html + "</body></html>\n";
  }
  List files;
  for (const ServedFile& file : project.files) files.Add(FileJson(file));
  List versions;
  for (const std::string& version : project.versions) {
    versions.Add(Quoted(version));
  }
  const std::string status =
      project.status.empty()
          ? ""
          : fmt::format(",\"project-status\":{{\"status\":{},\"reason\":{}}}",
                        Quoted(project.status), Quoted(project.status_reason));
  return fmt::format(
      "{{\"meta\":{{\"api-version\":\"1.4\",\"_last-serial\":{}}},"
      "\"name\":{},\"files\":[{}],\"versions\":[{}]{}}}",
      project.serial, Quoted(Normalized(project.name)), files.text(),
      versions.text(), status);
}

std::string IndexServer::FileJson(const ServedFile& file) const {
  List hashes;
  const std::string sha256 = DigestOf(file);
  if (!sha256.empty()) hashes.Add(fmt::format("\"sha256\":\"{}\"", sha256));
  if (file.md5) hashes.Add(fmt::format("\"md5\":\"{}\"", *file.md5));
  std::string json =
      fmt::format("{{\"filename\":{},\"url\":{},\"hashes\":{{{}}}",
                  Quoted(file.filename), Quoted(UrlOf(file)), hashes.text());
  if (file.has_size) json += fmt::format(",\"size\":{}", file.bytes.size());
  if (!file.upload_time.empty()) {
    json += fmt::format(",\"upload-time\":{}", Quoted(file.upload_time));
  }
  if (!file.requires_python.empty()) {
    json +=
        fmt::format(",\"requires-python\":{}", Quoted(file.requires_python));
  }
  if (file.yanked) json += fmt::format(",\"yanked\":{}", Quoted(*file.yanked));
  if (file.metadata) {
    json += fmt::format(",\"core-metadata\":{{\"sha256\":\"{}\"}}",
                        crypto::Sha256Of(*file.metadata).Hex());
  }
  if (file.provenance) {
    json += fmt::format(",\"provenance\":{}",
                        Quoted(pages_.Url(ProvenancePath(file.filename))));
  }
  return json + "}";
}

std::string IndexServer::FileHtml(const ServedFile& file) const {
  std::string fragment;
  const std::string sha256 = DigestOf(file);
  if (!sha256.empty()) {
    fragment = "#sha256=" + sha256;
  } else if (file.md5) {
    fragment = "#md5=" + *file.md5;
  }
  std::string attributes;
  if (!file.requires_python.empty()) {
    attributes += fmt::format(" data-requires-python=\"{}\"",
                              Escaped(file.requires_python));
  }
  if (file.yanked) {
    attributes += fmt::format(" data-yanked=\"{}\"", Escaped(*file.yanked));
  }
  if (file.metadata) {
    attributes += fmt::format(" data-core-metadata=\"sha256={}\"",
                              crypto::Sha256Of(*file.metadata).Hex());
  }
  if (file.provenance) {
    attributes +=
        fmt::format(" data-provenance=\"{}\"",
                    Escaped(pages_.Url(ProvenancePath(file.filename))));
  }
  return fmt::format("<a href=\"{}{}\"{}>{}</a><br>\n", Escaped(UrlOf(file)),
                     fragment, attributes, Escaped(file.filename));
}

std::string IndexServer::UrlOf(const ServedFile& file) const {
  return file.url.empty() ? files_.Url(FilePath(file.filename)) : file.url;
}

}  // namespace tufmirror::testing
