// The page decides: the role must list what the page says and nothing else, and
// the page must come out the same when it is rendered again.
#include "tufmirror/repo/claim_bundle.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "fmt/format.h"
#include "repo/role_file.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/json/canonical.h"
#include "tufmirror/json/document.h"
#include "tufmirror/repo/claim_roles.h"
#include "tufmirror/repo/project_pages.h"
#include "tufmirror/tree/layout.h"

namespace tufmirror::repo {
namespace {

constexpr std::string_view kBundleFormat = "tufmirror claim bundle 1";

absl::Status BadBundle(std::string_view what) {
  return MakeFailure(Failure::kMalformed,
                     fmt::format("claim bundle: {}", what));
}

absl::StatusOr<std::string> MemberOf(const json::Value& root,
                                     std::string_view key) {
  ASSIGN_OR_RETURN(const json::Value value, root.Get(key, "claim bundle"));
  ASSIGN_OR_RETURN(const std::string_view text, value.AsString(key));
  return std::string(text);
}

absl::Status CheckLine(const pypi::ProjectName& project,
                       const pypi::IndexFile& line) {
  const auto name = pypi::ParseDistributionName(line.filename, project);
  if (!name.ok()) return Annotate(name.status(), "claim bundle");
  RETURN_IF_ERROR(
      tree::TreePathOfTarget(CoreMetadataPath(project, line.filename))
          .status());
  if (!line.provenance.empty()) {
    return BadBundle(
        fmt::format("{}: expected no provenance", Printable(line.filename)));
  }
  if (line.url == pypi::PackageUrl(project, line.filename)) {
    return absl::OkStatus();
  }
  return BadBundle(fmt::format(
      "{}: expected the URL {}, got {}", Printable(line.filename),
      pypi::PackageUrl(project, line.filename), Printable(line.url)));
}

// What the role must list, by path; for core metadata the page does not say the
// length.
struct Expected {
  std::optional<uint64_t> length;
  Sha256 sha256;
};

std::map<std::string, Expected> ExpectedTargets(const RenderedPages& pages,
                                                const pypi::ProjectPage& page) {
  std::map<std::string, Expected> expected;
  for (const RenderedPage* rendered : {&pages.html, &pages.json}) {
    const ExpectedContent& content = rendered->target.content;
    expected[rendered->target.path] = {content.length, *content.digests.sha256};
  }
  for (const pypi::IndexFile& file : page.files) {
    expected[PackagePath(page.name, file.filename)] = {file.size, file.sha256};
    if (file.core_metadata) {
      expected[CoreMetadataPath(page.name, file.filename)] = {
          std::nullopt, *file.core_metadata};
    }
  }
  return expected;
}

absl::Status CheckTargets(const tuf::Targets& role,
                          std::map<std::string, Expected> expected) {
  for (const tuf::TargetFile& target : role.targets) {
    const auto found = expected.find(target.path);
    if (found == expected.end()) {
      return BadBundle(
          fmt::format("the role lists {}, which is neither a page "
                      "nor on it",
                      Printable(target.path)));
    }
    const tuf::TargetFile wanted = TargetOf(
        target.path, found->second.length.value_or(target.content.length),
        found->second.sha256);
    const bool same = target == wanted;
    if (!same) {
      return BadBundle(
          fmt::format("{}: expected sha256 {} as on the page, got "
                      "other content in the role",
                      Printable(target.path), found->second.sha256.Hex()));
    }
    expected.erase(found);
  }
  if (expected.empty()) return absl::OkStatus();
  return BadBundle(fmt::format("the role does not list {}",
                               Printable(expected.begin()->first)));
}

}  // namespace

std::string WriteClaimBundle(const ClaimBundle& bundle) {
  std::string out = R"({"format":)";
  json::AppendString(kBundleFormat, out);
  for (const auto& [key, text] : {std::pair<std::string_view, std::string_view>{
                                      "project", bundle.project.str()},
                                  {"role", bundle.role},
                                  {"html", bundle.html},
                                  {"json", bundle.json}}) {
    out += fmt::format(",\n\"{}\":", key);
    json::AppendString(text, out);
  }
  return out + "}\n";
}

absl::StatusOr<ClaimBundle> ParseClaimBundle(std::string_view text) {
  json::Limits limits;
  limits.max_bytes = kMaxClaimBundleBytes;
  auto document = json::Document::Parse(text, limits);
  if (!document.ok()) return Annotate(document.status(), "claim bundle");
  const json::Value root = document->root();
  RETURN_IF_ERROR(root.ExpectObject("claim bundle"));
  ASSIGN_OR_RETURN(const std::string format, MemberOf(root, "format"));
  if (format != kBundleFormat) {
    return BadBundle(fmt::format("expected format '{}', got '{}'",
                                 kBundleFormat, Printable(format, 80)));
  }
  ASSIGN_OR_RETURN(const std::string name, MemberOf(root, "project"));
  ASSIGN_OR_RETURN(pypi::ProjectName project, pypi::ProjectName::Parse(name));
  if (project.str() != name) {
    return BadBundle(fmt::format("expected the normalized name '{}', got '{}'",
                                 project.str(), Printable(name)));
  }
  ClaimBundle bundle{std::move(project), "", "", ""};
  ASSIGN_OR_RETURN(bundle.role, MemberOf(root, "role"));
  ASSIGN_OR_RETURN(bundle.html, MemberOf(root, "html"));
  ASSIGN_OR_RETURN(bundle.json, MemberOf(root, "json"));
  return bundle;
}

absl::StatusOr<ClaimRelease> OpenClaimBundle(const ClaimBundle& bundle) {
  ASSIGN_OR_RETURN(RoleFile file, OpenRoleFile(bundle.role));
  if (file.role.delegations) return BadBundle("the role delegates to others");
  ASSIGN_OR_RETURN(pypi::ProjectPage page, pypi::ParseProjectJson(bundle.json));
  if (page.name != bundle.project) {
    return BadBundle(fmt::format("expected the page of {}, got that of {}",
                                 bundle.project.str(), page.name.str()));
  }
  std::set<std::string_view> names;
  for (const pypi::IndexFile& line : page.files) {
    RETURN_IF_ERROR(CheckLine(page.name, line));
    if (!names.insert(line.filename).second) {
      return BadBundle(
          fmt::format("{} is on the page twice", Printable(line.filename)));
    }
  }
  const RenderedPages pages = RenderProject(page);
  if (pages.json.bytes != bundle.json || pages.html.bytes != bundle.html) {
    return BadBundle(
        fmt::format("the {} page is not the one that is rendered "
                    "of its files",
                    pages.json.bytes != bundle.json ? "JSON" : "HTML"));
  }
  RETURN_IF_ERROR(CheckTargets(file.role, ExpectedTargets(pages, page)));
  return ClaimRelease{std::move(file.role), std::move(page)};
}

ClaimBundle MakeClaimBundle(const pypi::ProjectName& project,
                            const std::vector<ClaimFile>& files,
                            int64_t version, absl::Time expires) {
  tuf::Targets role;
  role.version = version;
  role.expires = expires;
  std::vector<ReleaseFile> lines;
  for (const ClaimFile& file : files) {
    const pypi::IndexFile& line = file.line;
    lines.push_back({file.version, line});
    role.targets.push_back(
        TargetOf(PackagePath(project, line.filename), line.size, line.sha256));
    if (!line.core_metadata) continue;
    role.targets.push_back(TargetOf(CoreMetadataPath(project, line.filename),
                                    file.core_metadata_bytes,
                                    *line.core_metadata));
  }
  RenderedPages pages = RenderProject(MakeProjectPage(project, lines));
  for (const RenderedPage* page : {&pages.html, &pages.json}) {
    role.targets.push_back(page->target);
  }
  std::sort(role.targets.begin(), role.targets.end(),
            [](const tuf::TargetFile& a, const tuf::TargetFile& b) {
              return a.path < b.path;
            });
  return {project, tuf::WriteMetadata(tuf::CanonicalForm(role), {}),
          std::move(pages.html.bytes), std::move(pages.json.bytes)};
}

absl::StatusOr<ClaimBundle> SignClaimBundle(ClaimBundle bundle,
                                            const Signer& signer) {
  RETURN_IF_ERROR(OpenClaimBundle(bundle).status());
  ASSIGN_OR_RETURN(RoleFile file, OpenRoleFile(bundle.role));
  ASSIGN_OR_RETURN(bundle.role, SignRoleFile(std::move(file), signer));
  return bundle;
}

absl::StatusOr<std::vector<std::string>> KeyidsThatSigned(
    const ClaimBundle& bundle) {
  ASSIGN_OR_RETURN(const RoleFile file, OpenRoleFile(bundle.role));
  std::vector<std::string> keyids;
  for (const tuf::Signature& signature : file.signatures) {
    keyids.push_back(signature.keyid);
  }
  return keyids;
}

}  // namespace tufmirror::repo
