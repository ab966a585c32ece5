// A published file is known by its line on the verified project page.
#include "sync/origin_plan.h"

#include <map>
#include <optional>
#include <utility>

#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/crypto/file_content.h"
#include "tufmirror/crypto/hash.h"
#include "tufmirror/fs/file.h"
#include "tufmirror/pypi/simple_index.h"
#include "tufmirror/repo/project_pages.h"
#include "tufmirror/repo/root_pages.h"
#include "tufmirror/tree/layout.h"

namespace tufmirror::sync {
namespace {

using pypi::IndexFile;
using source::SourceFile;

using PublishedFiles = std::map<std::string, IndexFile, std::less<>>;

absl::Status CheckName(const SourceFile& file) {
  // The longer of the two names that the file will have.
  return tree::TreePathOfTarget(
             repo::CoreMetadataPath(file.project, file.filename))
      .status();
}

// As there are files without provenance, none is left out for its name.
void LeaveOutUnsafeProvenance(SourceFile& file, ProjectPlan& plan) {
  if (file.provenance.empty()) return;
  absl::Status safe =
      tree::TreePathOfTarget(repo::ProvenancePath(file.project, file.filename))
          .status();
  if (safe.ok()) return;
  file.provenance.clear();
  plan.left_out.push_back(
      {pypi::ProvenanceName(file.filename), std::move(safe)});
}

// What `file` offers besides itself and `published` lacks.
std::optional<SourceFile> CompanionsOf(const SourceFile& file,
                                       const IndexFile& published) {
  SourceFile wanted = file;
  if (published.core_metadata) {
    wanted.has_core_metadata = false;
    wanted.core_metadata.reset();
  }
  if (!published.provenance.empty()) wanted.provenance.clear();
  const bool any = wanted.has_core_metadata || !wanted.provenance.empty();
  return any ? std::optional(std::move(wanted)) : std::nullopt;
}

absl::Status Replaced(const SourceFile& file, const IndexFile& published) {
  return MakeFailure(
      Failure::kReplacedFile,
      fmt::format("{}: expected the published bytes (sha256 {}), upstream has "
                  "others (sha256 {}); a published file never changes: give "
                  "new bytes a new version or build number",
                  Printable(file.filename), published.sha256.Hex(),
                  file.sha256->Hex()));
}

// What the metadata say of a published file, as far as its line tells.
bool IsRetargeted(const IndexFile& before, const IndexFile& after,
                  const repo::CustomFields& fields) {
  return repo::CustomOf(before, std::nullopt, fields) !=
         repo::CustomOf(after, std::nullopt, fields);
}

// Adds what `file` needs to `plan`; its line on the page to be.
absl::StatusOr<repo::ReleaseFile> PlanFile(const SourceFile& file,
                                           const repo::CustomFields& fields,
                                           PublishedFiles& published,
                                           ProjectPlan& plan) {
  repo::ReleaseFile line = LineOf(file);
  const auto found = published.find(file.filename);
  if (found == published.end()) {
    plan.new_files.push_back(file);
    return line;
  }
  const IndexFile& before = found->second;
  if (file.sha256 && before.sha256 != *file.sha256) {
    return Replaced(file, before);
  }
  // The same bytes: what was said of them stays, however they came back.
  line.file.sha256 = before.sha256;
  line.file.size = before.size;
  if (before.upload_time) line.file.upload_time = before.upload_time;
  if (before.core_metadata) line.file.core_metadata = before.core_metadata;
  bool retargeted = IsRetargeted(before, line.file, fields);
  if (auto wanted = CompanionsOf(file, before)) {
    retargeted |= wanted->has_core_metadata &&
                  fields.contains(repo::CustomField::kRequiresDist);
    plan.new_companions.push_back(*std::move(wanted));
  }
  if (retargeted) plan.retargeted.push_back(file.filename);
  if (!before.provenance.empty() && file.provenance.empty()) {
    plan.removed.push_back(repo::ProvenancePath(file.project, file.filename));
  }
  published.erase(found);
  return line;
}

}  // namespace

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

absl::Status PublishedProjects::ForEachName(
    absl::FunctionRef<absl::Status(pypi::ProjectName name)> visit) {
  const std::string page =
      fmt::format("{}/{}", tree::kSimpleDirectory, tree::kHtmlPage);
  ASSIGN_OR_RETURN(const auto found, view_.Find(page));
  if (!found) return absl::OkStatus();
  const std::string path = tree_root_ + "/" + page;
  RETURN_IF_ERROR(crypto::CheckFile(path, found->target.content));
  return repo::ForEachProjectOnRootPage(path, visit);
}

absl::StatusOr<std::set<pypi::ProjectName>> PublishedProjects::Names() {
  std::set<pypi::ProjectName> names;
  RETURN_IF_ERROR(ForEachName([&names](pypi::ProjectName name) {
    names.insert(names.end(), std::move(name));
    return absl::OkStatus();
  }));
  return names;
}

absl::StatusOr<std::optional<pypi::ProjectPage>> PublishedProjects::Page(
    const pypi::ProjectName& project) {
  ASSIGN_OR_RETURN(const auto text, Read(repo::JsonPagePath(project)));
  if (!text) return std::nullopt;
  return pypi::ParseProjectJson(*text);
}

repo::ReleaseFile LineOf(const SourceFile& file) {
  IndexFile line;
  line.filename = file.filename;
  line.sha256 = file.sha256.value_or(Sha256());
  line.size = file.size.value_or(0);
  line.upload_time = file.upload_time;
  line.requires_python = file.requires_python;
  line.core_metadata = file.core_metadata;
  line.yanked = file.yanked;
  if (!file.provenance.empty()) {
    line.provenance =
        pypi::PackageUrl(file.project, pypi::ProvenanceName(file.filename));
  }
  return {file.version, std::move(line)};
}

absl::StatusOr<ProjectPlan> PublishedProjects::Compare(
    const pypi::ProjectName& project, const source::ProjectOffer& offer) {
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
  for (SourceFile file : offer.files) {
    if (absl::Status safe = CheckName(file); !safe.ok()) {
      plan.left_out.push_back({file.filename, std::move(safe)});
      continue;
    }
    LeaveOutUnsafeProvenance(file, plan);
    ASSIGN_OR_RETURN(repo::ReleaseFile line,
                     PlanFile(file, fields_, published, plan));
    lines.push_back(std::move(line));
  }
  for (const auto& [filename, file] : published) {
    plan.removed.push_back(repo::PackagePath(project, filename));
    if (file.core_metadata) {
      plan.removed.push_back(repo::CoreMetadataPath(project, filename));
    }
    if (!file.provenance.empty()) {
      plan.removed.push_back(repo::ProvenancePath(project, filename));
    }
  }
  if (offer.listed) {
    plan.page = repo::MakeProjectPage(project, std::move(lines));
    plan.page->status = offer.status;
    plan.page->status_reason = offer.status_reason;
    plan.page->last_serial = offer.last_serial;
  }
  plan.page_changes = plan.page ? !text || pypi::RenderJson(*plan.page) != *text
                                : plan.published;
  return plan;
}

void ForEachPlanned(
    const ProjectPlan& plan,
    absl::FunctionRef<void(std::string_view action, const std::string& path)>
        visit) {
  const auto visit_companions = [&](const SourceFile& file) {
    if (file.has_core_metadata) {
      visit("add", repo::CoreMetadataPath(plan.project, file.filename));
    }
    if (!file.provenance.empty()) {
      visit("add", repo::ProvenancePath(plan.project, file.filename));
    }
  };
  for (const SourceFile& file : plan.new_files) {
    visit("add", repo::PackagePath(plan.project, file.filename));
    visit_companions(file);
  }
  for (const SourceFile& file : plan.new_companions) visit_companions(file);
  for (const std::string& filename : plan.retargeted) {
    visit("change", repo::PackagePath(plan.project, filename));
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
      2 * plan.new_files.size() + plan.new_companions.size();
  for (const SourceFile& file : plan.new_files) {
    summary.download_bytes =
        SaturatingAdd(summary.download_bytes, file.size.value_or(0));
  }
}

}  // namespace tufmirror::sync
