// The signed metadata say what every file must be, so that it does not matter
// where its bytes come from.
#include "sync/origin_repair.h"

#include <set>
#include <utility>

#include "fmt/format.h"
#include "sync/claim_store.h"
#include "sync/directory_supply.h"
#include "sync/edition.h"
#include "sync/live_files.h"
#include "sync/origin_plan.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/crypto/hash.h"
#include "tufmirror/fs/file.h"
#include "tufmirror/repo/claim_bundle.h"
#include "tufmirror/repo/claim_roles.h"
#include "tufmirror/repo/root_pages.h"
#include "tufmirror/repo/tree_view.h"
#include "tufmirror/source/directory_source.h"
#include "tufmirror/source/distribution_reader.h"
#include "tufmirror/tree/layout.h"
#include "tufmirror/tree/publisher.h"
#include "tufmirror/tree/retired.h"

namespace tufmirror::sync {
namespace {

using client::RepositoryView;

// Trouble with one file, which keeps none of the others from being mended.
bool IsOfOneFile(Failure failure) {
  return failure == Failure::kNotFound || failure == Failure::kHeldBack ||
         failure == Failure::kDigest || failure == Failure::kLength ||
         failure == Failure::kMalformed || failure == Failure::kReplacedFile;
}

// "PROJECT" of "DIRECTORY/PROJECT/FILE"; kNotFound for other paths.
absl::StatusOr<pypi::ProjectName> ProjectIn(const TargetPath& path) {
  const std::string_view directory = path.directory();
  const size_t slash = directory.find('/');
  if (slash == std::string_view::npos) {
    return MakeFailure(Failure::kNotFound,
                       fmt::format("{} belongs to no project", path.str()));
  }
  return pypi::ProjectName::Parse(directory.substr(slash + 1));
}

absl::Status NotTheSignedPage(const TargetPath& path) {
  return MakeFailure(Failure::kDigest,
                     fmt::format("{}: what upstream had when it was looked at "
                                 "last does not give the page that was signed",
                                 Printable(path.str())));
}

}  // namespace

absl::Status OriginRepair::Run() {
  if (!repairs_.metadata.ok()) {
    return Annotate(repairs_.metadata,
                    "an origin's metadata are for its signers to mend, copy "
                    "the file back from a replica or a backup");
  }
  ASSIGN_OR_RETURN(const tree::TreeSide live, home_.LiveSide());
  live_root_ = home_.layout().tree(live);
  ASSIGN_OR_RETURN(view_, repo::OpenTreeView(live_root_, absl::InfinitePast()));
  for (const std::string& target : repairs_.targets) {
    ASSIGN_OR_RETURN(const TargetPath path, tree::TreePathOfTarget(target));
    RETURN_IF_ERROR(NoteOwnTrouble(path, Mend(target)));
  }
  RETURN_IF_ERROR(DownloadMissing());
  if (mended_.empty() && repairs_.orphans.empty()) return absl::OkStatus();
  return Publish();
}

// The others can be mended all the same.
absl::Status OriginRepair::NoteOwnTrouble(const TargetPath& path,
                                          const absl::Status& status) {
  if (status.ok() || !IsOfOneFile(FailureOf(status))) return status;
  report_.problems.push_back({path.str(), status});
  return absl::OkStatus();
}

absl::Status OriginRepair::Mend(const std::string& target) {
  ASSIGN_OR_RETURN(const auto found, view_->Find(target));
  if (!found) return absl::OkStatus();
  const ExpectedContent& content = found->target.content;
  ASSIGN_OR_RETURN(TargetPath path, tree::TreePathOfTarget(target));
  ASSIGN_OR_RETURN(const bool here, TakeFromLive(home_, path, content));
  const bool is_download =
      config_.upstream.kind == UpstreamKind::kIndex && tree::IsPackage(path);
  if (!here && is_download) {
    missing_.push_back({std::move(path), content});
    return absl::OkStatus();
  }
  if (!here) {
    RETURN_IF_ERROR(tree::IsPackage(path) ? CopyFromSource(path, content)
                                          : RenderAgain(path, content));
  }
  mended_.emplace(std::move(path), content);
  return absl::OkStatus();
}

absl::Status OriginRepair::OpenSource() {
  if (source_ != nullptr) return absl::OkStatus();
  if (config_.upstream.kind == UpstreamKind::kIndex) {
    ASSIGN_OR_RETURN(source_, OpenIndex());
    return absl::OkStatus();
  }
  source::ScanOptions options;
  options.now = options_.now;
  ASSIGN_OR_RETURN(
      auto scan, source::ScanDirectory(config_.upstream.directory,
                                       home_.layout().source_index(), options));
  source_ = std::make_unique<source::DirectorySource>(std::move(scan));
  return absl::OkStatus();
}

absl::StatusOr<source::ProjectOffer> OriginRepair::OfferOf(
    const pypi::ProjectName& project) {
  RETURN_IF_ERROR(OpenSource());
  return source_->Offer(project);
}

absl::Status OriginRepair::CopyFromSource(const TargetPath& path,
                                          const ExpectedContent& content) {
  ASSIGN_OR_RETURN(const pypi::ProjectName project, ProjectIn(path));
  ASSIGN_OR_RETURN(const source::ProjectOffer offer, OfferOf(project));
  const std::string partial = PartialPathOf(staging_, path, content);
  for (const source::SourceFile& file : offer.files) {
    const std::string from = config_.upstream.directory + "/" + file.location;
    if (repo::PackagePath(project, file.filename) == path.str()) {
      RETURN_IF_ERROR(CopyVerified(from, content, partial));
      return AcceptFile(staging_, path, content, partial);
    }
    const bool is_metadata =
        file.core_metadata &&
        repo::CoreMetadataPath(project, file.filename) == path.str();
    if (!is_metadata) continue;
    ASSIGN_OR_RETURN(
        const std::string bytes,
        source::ReadMetadataFile(from, file.filename, file.core_metadata));
    RETURN_IF_ERROR(crypto::CheckContent(bytes, content, from));
    RETURN_IF_ERROR(fs::WriteFileAtomically(
        partial, bytes, tree::kServedFileMode, fs::Durability::kNone));
    return AcceptFile(staging_, path, content, partial);
  }
  return MakeFailure(Failure::kNotFound,
                     fmt::format("{} does not have the file any more",
                                 Printable(config_.upstream.directory)));
}

absl::Status OriginRepair::RenderRootAgain(const TargetPath& path,
                                           const ExpectedContent& content) {
  ASSIGN_OR_RETURN(const auto names, PublishedProjectNames());
  ASSIGN_OR_RETURN(repo::RootPages pages, repo::RootPages::Create(home_));
  for (const pypi::ProjectName& name : names) {
    RETURN_IF_ERROR(pages.Add(name));
  }
  ASSIGN_OR_RETURN(const std::vector<tuf::TargetFile> targets,
                   std::move(pages).Finish());
  for (const tuf::TargetFile& target : targets) {
    const bool same = target.path == path.str() && target.content == content;
    if (same) return absl::OkStatus();
  }
  return NotTheSignedPage(path);
}

absl::Status OriginRepair::RenderAgain(const TargetPath& path,
                                       const ExpectedContent& content) {
  if (path.directory() == tree::kSimpleDirectory) {
    return RenderRootAgain(path, content);
  }
  ASSIGN_OR_RETURN(const auto candidates, PagesLike(path));
  for (const repo::RenderedPages& pages : candidates) {
    for (const repo::RenderedPage* page : {&pages.html, &pages.json}) {
      const bool same =
          page->target.path == path.str() &&
          crypto::CheckContent(page->bytes, content, path.str()).ok();
      if (same) return staging_.PutBlob(page->bytes).status();
    }
  }
  return NotTheSignedPage(path);
}

// What its maintainers signed, if they did.
std::optional<repo::RenderedPages> OriginRepair::ClaimedPages(
    const pypi::ProjectName& project) {
  const tuf::MetaFile* meta =
      (*view_->trusted().snapshot())->Find(repo::ClaimRoleName(project));
  if (meta == nullptr) return std::nullopt;
  const ClaimStore store(home_.layout());
  const auto text = store.Bundle(project, meta->version);
  if (!text.ok() || !*text) return std::nullopt;
  const auto bundle = repo::ParseClaimBundle(**text);
  if (!bundle.ok()) return std::nullopt;
  const auto page = pypi::ParseProjectJson(bundle->json);
  if (!page.ok()) return std::nullopt;
  return repo::RenderProject(*page);
}

// What the page may have been rendered from: the other page of the project,
// what its maintainers signed, and what upstream offers.
absl::StatusOr<std::vector<repo::RenderedPages>> OriginRepair::PagesLike(
    const TargetPath& path) {
  std::vector<repo::RenderedPages> pages;
  ASSIGN_OR_RETURN(const pypi::ProjectName project, ProjectIn(path));
  ASSIGN_OR_RETURN(const auto published, PublishedPage(project));
  if (published) pages.push_back(repo::RenderProject(*published));
  if (auto claimed = ClaimedPages(project)) {
    pages.push_back(*std::move(claimed));
  }
  ASSIGN_OR_RETURN(const source::ProjectOffer offer, OfferOf(project));
  ASSIGN_OR_RETURN(const pypi::ProjectPage page, PageOf(project, offer));
  pages.push_back(repo::RenderProject(page));
  return pages;
}

absl::StatusOr<std::optional<ExpectedContent>> OriginRepair::Signed(
    const std::string& target) {
  ASSIGN_OR_RETURN(const auto found, view_->Find(target));
  if (!found) return std::nullopt;
  return found->target.content;
}

// The page of what is signed, with what upstream says of it.
absl::StatusOr<pypi::ProjectPage> OriginRepair::PageOf(
    const pypi::ProjectName& project, const source::ProjectOffer& offer) {
  std::vector<repo::ReleaseFile> lines;
  for (const source::SourceFile& file : offer.files) {
    ASSIGN_OR_RETURN(const auto content,
                     Signed(repo::PackagePath(project, file.filename)));
    if (!content || !content->digests.sha256) continue;
    ASSIGN_OR_RETURN(const auto metadata,
                     Signed(repo::CoreMetadataPath(project, file.filename)));
    ASSIGN_OR_RETURN(const auto provenance,
                     Signed(repo::ProvenancePath(project, file.filename)));
    repo::ReleaseFile line = LineOf(file);
    line.file.sha256 = *content->digests.sha256;
    line.file.size = content->length;
    line.file.core_metadata =
        metadata ? metadata->digests.sha256 : std::nullopt;
    line.file.provenance =
        provenance
            ? pypi::PackageUrl(project, pypi::ProvenanceName(file.filename))
            : std::string();
    lines.push_back(std::move(line));
  }
  pypi::ProjectPage page = repo::MakeProjectPage(project, std::move(lines));
  page.status = offer.status;
  page.status_reason = offer.status_reason;
  page.last_serial = offer.last_serial;
  return page;
}

// What the JSON page says, if that one is good.
absl::StatusOr<std::optional<pypi::ProjectPage>> OriginRepair::PublishedPage(
    const pypi::ProjectName& project) {
  const std::string path = repo::JsonPagePath(project);
  ASSIGN_OR_RETURN(const auto found, view_->Find(path));
  if (!found) return std::nullopt;
  const ExpectedContent& content = found->target.content;
  const auto bytes = fs::ReadFile(live_root_ + "/" + path, content.length);
  const bool good =
      bytes.ok() && crypto::CheckContent(*bytes, content, path).ok();
  if (!good) return std::nullopt;
  return pypi::ParseProjectJson(*bytes);
}

absl::StatusOr<std::vector<pypi::ProjectName>>
OriginRepair::PublishedProjectNames() {
  std::set<pypi::ProjectName> names;
  const std::string below = fmt::format("{}/", tree::kSimpleDirectory);
  const auto add = [&](const tuf::TargetFile& target) -> absl::Status {
    ASSIGN_OR_RETURN(const TargetPath path, TargetPath::Parse(target.path));
    const bool page = path.filename() == tree::kHtmlPage &&
                      path.directory().starts_with(below);
    if (!page) return absl::OkStatus();
    ASSIGN_OR_RETURN(pypi::ProjectName name, ProjectIn(path));
    names.insert(std::move(name));
    return absl::OkStatus();
  };
  RETURN_IF_ERROR(
      view_->WalkDelegations([&](const RepositoryView::Delegation& delegation)
                                 -> absl::StatusOr<RepositoryView::Descend> {
        ASSIGN_OR_RETURN(const tuf::RolePtr role,
                         view_->Load(delegation.role, delegation.delegator_name,
                                     delegation.delegator));
        RETURN_IF_ERROR(view_->ForEachTarget(delegation.role, role, add));
        return RepositoryView::Descend::kLoad;
      }));
  return std::vector<pypi::ProjectName>(names.begin(), names.end());
}

// The same metadata, byte for byte, with what was mended put in place.
absl::Status OriginRepair::Publish() {
  using Content = absl::StatusOr<std::optional<ExpectedContent>>;
  ASSIGN_OR_RETURN(tree::GenerationInfo info,
                   tree::Publisher::CurrentGeneration(home_));
  ASSIGN_OR_RETURN(const auto publisher, tree::Publisher::Begin(home_));
  ASSIGN_OR_RETURN(tree::RetiredFiles retired, tree::RetiredFiles::Load(home_));
  Edition edition(home_, config_.publish, options_.now, Naming::kPrefixed,
                  *publisher, retired);
  for (const auto& [path, content] : mended_) {
    RETURN_IF_ERROR(edition.ChangeTarget(path, std::nullopt, content));
  }
  for (const TargetPath& path : repairs_.orphans) edition.RetireNow(path);
  const auto served = [this](std::string_view path) -> Content {
    ASSIGN_OR_RETURN(const auto found, view_->Find(path));
    if (!found) return std::nullopt;
    return found->target.content;
  };
  RETURN_IF_ERROR(
      edition.AddRemovals(**view_->trusted().snapshot(), served, served));
  RETURN_IF_ERROR(publisher->Stage());
  RETURN_IF_ERROR(retired.Save(home_));
  ++info.number;
  info.published = options_.now;
  RETURN_IF_ERROR(publisher->Commit(info));
  report_.published = true;
  RETURN_IF_ERROR(edition.FinishRemovals());
  return staging_.Clear();
}

}  // namespace tufmirror::sync
