// The step from offers to targets: files are brought below packages/, pages are
// rendered from what really came.
#include <algorithm>
#include <deque>
#include <iterator>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/types/span.h"
#include "fmt/format.h"
#include "sync/directory_supply.h"
#include "sync/failure_scope.h"
#include "sync/index_supply.h"
#include "sync/origin_adoption.h"
#include "sync/origin_session.h"
#include "sync/package_store.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/pypi/simple_index.h"
#include "tufmirror/repo/project_pages.h"
#include "tufmirror/repo/root_pages.h"

namespace tufmirror::sync {
namespace {

// Projects in memory at a time.
constexpr size_t kBatch = 256;

// Makes the offer say what was really supplied; true if it said anything else.
bool Amend(const WantedPackage& wanted, source::ProjectOffer& offer) {
  const auto file = std::find_if(offer.files.begin(), offer.files.end(),
                                 [&](const source::SourceFile& f) {
                                   return f.filename == wanted.file->filename;
                                 });
  if (file == offer.files.end()) return false;
  if (!wanted.supplied.ok() && !wanted.is_published) {
    offer.files.erase(file);
    return true;
  }
  source::SourceFile now = *file;
  if (wanted.file->has_core_metadata) {
    now.has_core_metadata = false;
    now.core_metadata.reset();
  }
  if (!wanted.file->provenance.empty() &&
      !(wanted.supplied.ok() && wanted.supplied->provenance)) {
    now.provenance.clear();
  }
  if (wanted.supplied.ok()) {
    const SuppliedPackage& supplied = *wanted.supplied;
    if (supplied.file) {
      now.sha256 = supplied.file->content.digests.sha256;
      now.size = supplied.file->content.length;
    }
    if (supplied.core_metadata) {
      now.has_core_metadata = true;
      now.core_metadata = supplied.core_metadata->content.digests.sha256;
    }
  }
  if (now == *file) return false;
  *file = std::move(now);
  return true;
}

}  // namespace

absl::Status OriginSession::Adopt() {
  PackageStore store(home_, retired_);
  const std::unique_ptr<PackageSupply> supply = MakeSupply(store);
  // First: what is known of a changed project wins.
  if (retarget_all_) {
    RETURN_IF_ERROR(ForEachDistribution([this](tuf::TargetFile target) {
      return editor_->Put(std::move(target));
    }));
    retarget_all_ = false;
  }
  for (size_t begin = 0; begin < changed_.size(); begin += kBatch) {
    const size_t end = std::min(begin + kBatch, changed_.size());
    RETURN_IF_ERROR(Tick("adopt", begin, changed_.size()));
    RETURN_IF_ERROR(
        AdoptBatch({changed_.begin() + static_cast<ptrdiff_t>(begin),
                    changed_.begin() + static_cast<ptrdiff_t>(end)},
                   *supply));
  }
  if (transfers_ != nullptr) CountTransfers();
  if (!index_changes_.empty()) RETURN_IF_ERROR(PutIndexPages());
  changed_.clear();
  return editor_->Resolve();
}

std::unique_ptr<PackageSupply> OriginSession::MakeSupply(PackageStore& store) {
  if (config_.upstream.kind == UpstreamKind::kDirectory) {
    return std::make_unique<DirectorySupply>(store, config_.upstream.directory);
  }
  return std::make_unique<IndexSupply>(store, *transfers_,
                                       config_.upstream.index);
}

absl::Status OriginSession::AdoptBatch(
    const std::vector<pypi::ProjectName>& batch, PackageSupply& supply) {
  std::deque<Adoption> adoptions;
  std::vector<WantedPackage> wanted;
  for (const pypi::ProjectName& project : batch) {
    ASSIGN_OR_RETURN(std::optional<Adoption> adoption, AdoptionOf(project));
    if (!adoption) continue;
    const ProjectPlan& plan = adoptions.emplace_back(*std::move(adoption)).plan;
    for (const source::SourceFile& file : plan.new_files) {
      wanted.push_back({.file = &file});
    }
    for (const source::SourceFile& file : plan.new_companions) {
      wanted.push_back({.file = &file, .is_published = true});
    }
  }
  RETURN_IF_ERROR(supply.Supply(absl::MakeSpan(wanted), [&](size_t done) {
    return Tick("adopt", done, wanted.size());
  }));
  auto next = wanted.begin();
  for (Adoption& adoption : adoptions) {
    const size_t count =
        adoption.plan.new_files.size() + adoption.plan.new_companions.size();
    const auto end = next + static_cast<ptrdiff_t>(count);
    adoption.wanted.assign(std::make_move_iterator(next),
                           std::make_move_iterator(end));
    next = end;
    RETURN_IF_ERROR(Settle(adoption));
  }
  return absl::OkStatus();
}

// Publishes what came. A file that did not is left out of the page, unless it
// was replaced: then the whole project stays as it is published.
absl::Status OriginSession::Settle(Adoption& adoption) {
  if (adoption.claim != nullptr) return SettleClaim(adoption);
  const pypi::ProjectName& project = adoption.plan.project;
  bool failed = false;
  bool amended = false;
  const auto report = [&](std::string_view filename, const absl::Status& why) {
    failed = true;
    report_.problems.push_back(
        {fmt::format("{}: {}", project.str(), filename), why});
  };
  for (const WantedPackage& wanted : adoption.wanted) {
    const absl::Status& status = wanted.supplied.status();
    if (FailureOf(status) == Failure::kReplacedFile) {
      HoldBack(project, status);
      return absl::OkStatus();
    }
    const std::string& filename = wanted.file->filename;
    if (!status.ok()) {
      report(filename, status);
    } else {
      const SuppliedPackage& supplied = *wanted.supplied;
      if (MayPass(FailureOf(supplied.core_metadata_status))) {
        report(filename + ".metadata", supplied.core_metadata_status);
      }
      if (!supplied.provenance_status.ok()) {
        report(pypi::ProvenanceName(filename), supplied.provenance_status);
      }
    }
    amended |= Amend(wanted, adoption.offer);
  }
  if (failed) held_back_.push_back(project);
  // Nothing of a new project came: no page without files for it.
  if (failed && adoption.offer.files.empty() && !adoption.plan.published) {
    return absl::OkStatus();
  }
  if (!amended) return ApplyProject(adoption.plan, adoption.wanted);
  // `wanted` points into the plan that it came from.
  auto plan = published_->Compare(project, adoption.offer);
  if (plan.ok()) return ApplyProject(*plan, adoption.wanted);
  HoldBack(project, plan.status());
  return absl::OkStatus();
}

absl::Status OriginSession::ApplyProject(
    const ProjectPlan& plan, const std::vector<WantedPackage>& wanted) {
  for (const WantedPackage& package : wanted) {
    if (!package.supplied.ok()) continue;
    const SuppliedPackage& supplied = *package.supplied;
    // It is as good as never promised; one that may still come is a problem.
    if (const absl::Status& status = supplied.core_metadata_status;
        !status.ok() && !MayPass(FailureOf(status))) {
      report_.warnings.push_back(fmt::format("{}: {}: {}", plan.project.str(),
                                             Printable(package.file->filename),
                                             MessageOf(status)));
    }
    for (const auto& target :
         {supplied.file, supplied.core_metadata, supplied.provenance}) {
      if (!target) continue;
      RETURN_IF_ERROR(editor_->Put(*target));
      ++report_.files_downloaded;
    }
  }
  RETURN_IF_ERROR(PutDistributions(plan, wanted));
  for (const std::string& path : plan.removed) {
    RETURN_IF_ERROR(editor_->Remove(path));
  }
  if (!plan.page) {
    if (plan.published) index_changes_[plan.project] = false;
    RETURN_IF_ERROR(editor_->Remove(repo::HtmlPagePath(plan.project)));
    return editor_->Remove(repo::JsonPagePath(plan.project));
  }
  if (!plan.published) index_changes_[plan.project] = true;
  const repo::RenderedPages pages = repo::RenderProject(*plan.page);
  for (const repo::RenderedPage* page : {&pages.html, &pages.json}) {
    RETURN_IF_ERROR(StageBlobOf(page->bytes));
    RETURN_IF_ERROR(editor_->Put(page->target));
  }
  return absl::OkStatus();
}

absl::Status OriginSession::StageBlobOf(std::string_view bytes) {
  return staging_.PutBlob(bytes).status();
}

// What is published, with the changes: both are sorted.
absl::Status OriginSession::PutIndexPages() {
  ASSIGN_OR_RETURN(repo::RootPages pages, repo::RootPages::Create(home_));
  auto change = index_changes_.cbegin();
  const auto end = index_changes_.cend();
  RETURN_IF_ERROR(
      published_->ForEachName([&](pypi::ProjectName name) -> absl::Status {
        for (; change != end && change->first < name; ++change) {
          if (change->second) RETURN_IF_ERROR(pages.Add(change->first));
        }
        const bool is_changed = change != end && change->first == name;
        const bool stays = !is_changed || change->second;
        if (is_changed) ++change;
        return stays ? pages.Add(name) : absl::OkStatus();
      }));
  for (; change != end; ++change) {
    if (change->second) RETURN_IF_ERROR(pages.Add(change->first));
  }
  ASSIGN_OR_RETURN(std::vector<tuf::TargetFile> targets,
                   std::move(pages).Finish());
  for (tuf::TargetFile& target : targets) {
    RETURN_IF_ERROR(editor_->Put(std::move(target)));
  }
  return absl::OkStatus();
}

}  // namespace tufmirror::sync
