// HTML pages of the simple index (PEP 503, 592, 629, 658, 714, 740, 792).
#include <string>
#include <vector>

#include "fmt/format.h"
#include "pypi/page_writer.h"
#include "tufmirror/pypi/simple_index.h"

namespace tufmirror::pypi {
namespace {

// Enough for the head and one file, so that a page is one allocation.
constexpr size_t kHtmlHeadBytes = 512;
constexpr size_t kHtmlFileBytes = 640;

void AppendMeta(std::string_view name, std::string_view content,
                std::string& out) {
  out += "<meta name=\"";
  out += name;
  out += "\" content=\"";
  AppendHtml(content, out);
  out += "\">\n";
}

void OpenHead(std::string_view title, std::string& out) {
  out +=
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n";
  AppendMeta("pypi:repository-version", kApiVersion, out);
  out += "<title>";
  AppendHtml(title, out);
  out += "</title>\n";
}

void AppendAttribute(std::string_view name, std::string_view value,
                     std::string& out) {
  out += ' ';
  out += name;
  out += "=\"";
  AppendHtml(value, out);
  out += '"';
}

void AppendDigestAttribute(std::string_view name, const Sha256& digest,
                           std::string& out) {
  out += ' ';
  out += name;
  out += "=\"sha256=";
  AppendHex(digest, out);
  out += '"';
}

void AppendHtmlFile(const IndexFile& file, std::string& out) {
  out += "<a href=\"";
  AppendHtml(file.url, out);
  out += "#sha256=";
  AppendHex(file.sha256, out);
  out += '"';
  if (!file.requires_python.empty()) {
    AppendAttribute("data-requires-python", file.requires_python, out);
  }
  if (file.core_metadata) {
    // The older name is for installers from before PEP 714.
    AppendDigestAttribute("data-dist-info-metadata", *file.core_metadata, out);
    AppendDigestAttribute("data-core-metadata", *file.core_metadata, out);
  }
  if (file.yanked) AppendAttribute("data-yanked", *file.yanked, out);
  if (!file.provenance.empty()) {
    AppendAttribute("data-provenance", file.provenance, out);
  }
  out += '>';
  AppendHtml(file.filename, out);
  out += "</a><br>\n";
}

}  // namespace

std::string RenderHtml(const ProjectPage& page) {
  std::string out;
  out.reserve(kHtmlHeadBytes + page.files.size() * kHtmlFileBytes);
  const std::string title = "Links for " + page.name.str();
  OpenHead(title, out);
  AppendMeta("pypi:project-status",
             page.status.empty() ? "active" : std::string_view(page.status),
             out);
  if (!page.status_reason.empty()) {
    AppendMeta("pypi:project-status-reason", page.status_reason, out);
  }
  out += "</head>\n<body>\n<h1>";
  AppendHtml(title, out);
  out += "</h1>\n";
  for (const IndexFile& file : page.files) AppendHtmlFile(file, out);
  out += "</body>\n</html>\n";
  if (page.last_serial) {
    out += fmt::format("<!--SERIAL {}-->\n", *page.last_serial);
  }
  return out;
}

std::string RootHtmlHead() {
  std::string out;
  OpenHead("Simple index", out);
  return out + "</head>\n<body>\n";
}

void AppendRootHtml(const ProjectName& name, std::string_view display_name,
                    std::string& out) {
  out += "<a href=\"";
  out += name.str();  // only letters, digits and '-'
  out += "/\">";
  AppendHtml(display_name, out);
  out += "</a><br>\n";
}

std::string RenderRootHtml(const std::vector<RootEntry>& projects) {
  std::string out = RootHtmlHead();
  out.reserve(out.size() + projects.size() * 64);
  for (const RootEntry& project : projects) {
    AppendRootHtml(project.name, project.display_name, out);
  }
  return out.append(kRootHtmlTail);
}

std::string PackageUrl(const ProjectName& project, std::string_view filename) {
  std::string url = "../../packages/";
  url += project.str();
  url += '/';
  AppendPathSegment(filename, url);
  return url;
}

std::string ProvenanceName(std::string_view filename) {
  return std::string(filename) + ".provenance";
}

}  // namespace tufmirror::pypi
