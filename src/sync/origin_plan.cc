// A published file is known by its line on the verified project page.
#include "sync/origin_plan.h"

#include <map>
#include <utility>

#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/crypto/hash.h"
#include "tufmirror/fs/file.h"
#include "tufmirror/json/document.h"
#include "tufmirror/repo/project_pages.h"
#include "tufmirror/tree/layout.h"

namespace tufmirror::sync {
namespace {

using pypi::IndexFile;
using source::ScannedFile;

using PublishedFiles = std::map<std::string, IndexFile, std::less<>>;

absl::Status CheckName(const ScannedFile& file) {
  // The longer of the two names that the file will have.
  return tree::TreePathOfTarget(
             repo::CoreMetadataPath(file.project, file.filename))
      .status();
}

absl::Status Replaced(const ScannedFile& file, const IndexFile& published) {
  return MakeFailure(
      Failure::kReplacedFile,
      fmt::format("{}: expected the published bytes (sha256 {}), the directory "
                  "has others (sha256 {}); a published file never changes: "
                  "give new bytes a new version or build number",
                  Printable(file.relative_path), published.sha256.Hex(),
                  file.sha256.Hex()));
}

// Adds what `file` needs to `plan`; its line on the page to be.
absl::StatusOr<IndexFile> PlanFile(const ScannedFile& file,
                                   PublishedFiles& published,
                                   ProjectPlan& plan) {
  IndexFile line = IndexFileOf(file);
  const auto found = published.find(file.filename);
  if (found == published.end()) {
    plan.new_files.push_back(file);
    return line;
  }
  if (found->second.sha256 != file.sha256) {
    return Replaced(file, found->second);
  }
  // The same bytes: what was said of them stays, however they came back.
  line.upload_time = found->second.upload_time;
  if (found->second.core_metadata) {
    line.core_metadata = found->second.core_metadata;
  } else if (line.core_metadata) {
    plan.new_metadata.push_back(file);
  }
  published.erase(found);
  return line;
}

}  // namespace

IndexFile IndexFileOf(const ScannedFile& file) {
  IndexFile line;
  line.filename = file.filename;
  line.sha256 = file.sha256;
  line.size = file.size;
  line.upload_time = file.upload_time;
  line.requires_python = file.requires_python;
  line.core_metadata = file.core_metadata;
  return line;
}

absl::StatusOr<std::optional<std::string>> PublishedProjects::Read(
    const std::string& path) {
  ASSIGN_OR_RETURN(const auto found, view_.Find(path));
  if (!found) return std::nullopt;
  const ExpectedContent& content = found->target.content;
  ASSIGN_OR_RETURN(std::string bytes,
                   fs::ReadFile(tree_root_ + "/" + path, content.length));
  RETURN_IF_ERROR(crypto::CheckContent(bytes, content, path));
  return bytes;
}

absl::StatusOr<std::set<pypi::ProjectName>> PublishedProjects::Names() {
  std::set<pypi::ProjectName> names;
  ASSIGN_OR_RETURN(
      const auto text,
      Read(fmt::format("{}/{}", tree::kSimpleDirectory, tree::kJsonPage)));
  if (!text) return names;
  ASSIGN_OR_RETURN(const auto document, json::Document::Parse(*text));
  ASSIGN_OR_RETURN(const json::Value projects,
                   document.root().Get("projects", "root page"));
  RETURN_IF_ERROR(
      projects.ForEachElement([&names](json::Value entry) -> absl::Status {
        ASSIGN_OR_RETURN(const json::Value value, entry.Get("name", "project"));
        ASSIGN_OR_RETURN(const auto name, value.AsString("project name"));
        ASSIGN_OR_RETURN(auto project, pypi::ProjectName::Parse(name));
        names.insert(std::move(project));
        return absl::OkStatus();
      }));
  return names;
}

absl::StatusOr<ProjectPlan> PublishedProjects::Compare(
    const pypi::ProjectName& project, std::vector<ScannedFile> files) {
  ProjectPlan plan{project};
  ASSIGN_OR_RETURN(const auto text, Read(repo::JsonPagePath(project)));
  plan.published = text.has_value();
  PublishedFiles published;
  if (text) {
    ASSIGN_OR_RETURN(pypi::ProjectPage page, pypi::ParseProjectJson(*text));
    for (IndexFile& file : page.files) {
      std::string filename = file.filename;
      published.emplace(std::move(filename), std::move(file));
    }
  }
  std::vector<repo::ReleaseFile> lines;
  for (const ScannedFile& file : files) {
    if (absl::Status safe = CheckName(file); !safe.ok()) {
      plan.left_out.push_back({file.relative_path, std::move(safe)});
      continue;
    }
    ASSIGN_OR_RETURN(IndexFile line, PlanFile(file, published, plan));
    lines.push_back({file.version, std::move(line)});
  }
  for (const auto& [filename, file] : published) {
    plan.removed.push_back(repo::PackagePath(project, filename));
    if (file.core_metadata) {
      plan.removed.push_back(repo::CoreMetadataPath(project, filename));
    }
  }
  if (!lines.empty()) {
    plan.page = repo::MakeProjectPage(project, std::move(lines));
  }
  plan.page_changes = plan.page ? !text || pypi::RenderJson(*plan.page) != *text
                                : plan.published;
  return plan;
}

void ForEachPlanned(
    const ProjectPlan& plan,
    absl::FunctionRef<void(std::string_view action, const std::string& path)>
        visit) {
  for (const ScannedFile& file : plan.new_files) {
    visit("add", repo::PackagePath(plan.project, file.filename));
    if (!file.core_metadata) continue;
    visit("add", repo::CoreMetadataPath(plan.project, file.filename));
  }
  for (const ScannedFile& file : plan.new_metadata) {
    visit("add", repo::CoreMetadataPath(plan.project, file.filename));
  }
  for (const std::string& path : plan.removed) visit("remove", path);
  if (!plan.page_changes) return;
  const std::string_view action =
      !plan.published ? "add" : (plan.page ? "change" : "remove");
  visit(action, repo::HtmlPagePath(plan.project));
  visit(action, repo::JsonPagePath(plan.project));
}

void Count(const ProjectPlan& plan, PlanSummary& summary) {
  ForEachPlanned(plan, [&summary](std::string_view action, const std::string&) {
    if (action == "add") ++summary.added;
    if (action == "change") ++summary.changed;
    if (action == "remove") ++summary.removed;
  });
  summary.download_files +=
      2 * plan.new_files.size() + plan.new_metadata.size();
  for (const ScannedFile& file : plan.new_files) {
    summary.download_bytes += file.size;
  }
}

}  // namespace tufmirror::sync
