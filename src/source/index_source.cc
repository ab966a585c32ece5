// The story of a run: read what is kept, ask for the list, for pages that are
// new, changed or due, follow dependencies; then offer from the kept pages.
#include "tufmirror/source/index_source.h"

#include <utility>

#include "fmt/format.h"
#include "source/index_asker.h"
#include "source/index_closure.h"
#include "source/index_due.h"
#include "source/index_list.h"
#include "source/index_offer.h"
#include "source/index_state.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"

namespace tufmirror::source {
namespace {

absl::Status BadOption(std::string_view what, std::string_view expected) {
  return MakeFailure(Failure::kUsage,
                     fmt::format("index: {}: {} expected", what, expected));
}

absl::Status CheckOptions(const IndexOptions& options) {
  if (options.urls.empty()) return BadOption("URL", "at least one");
  for (const std::string& url : options.urls) {
    RETURN_IF_ERROR(http::CheckBaseUrl(url));
  }
  if (!(options.sweep_share >= 0 && options.sweep_share <= 1)) {
    return BadOption("share of pages to look at again", "0 to 1");
  }
  if (options.removal_confirmations < 1) {
    return BadOption("confirmations of a removal", "1 or more");
  }
  if (options.max_absent_checks < 1 || options.stale_retries < 0) {
    return BadOption("checks and retries", "no negative number");
  }
  return absl::OkStatus();
}

absl::Status HeldBack(const pypi::ProjectName& project, std::string_view why) {
  return MakeFailure(Failure::kHeldBack,
                     fmt::format("{}: {}", project.str(), why));
}

}  // namespace

absl::Status IndexSource::State::AskAll(http::Transfers& transfers,
                                        IndexWork& work) {
  std::vector<PageQuestion> questions;
  if (selection.NeedsRootList()) {
    ASSIGN_OR_RETURN(questions, AskList(work, transfers));
  }
  RETURN_IF_ERROR(AddDue(work, cursors, questions));
  is_scanned = true;
  PageAsker asker(work, transfers);
  RETURN_IF_ERROR(asker.Ask(std::move(questions)));
  if (!counts.list_asked) RETURN_IF_ERROR(asker.Outcome());
  if (selection.FollowsDependencies() &&
      (!found || rules_changed || facts.closure_open || !changed.empty())) {
    IndexClosure closure(work, asker, transfers, layout.index_state());
    ASSIGN_OR_RETURN(closure_complete, closure.Run());
  }
  counts.dependencies = dependencies.size();
  return absl::OkStatus();
}

absl::StatusOr<ProjectOffer> IndexSource::State::OfferPage(
    const pypi::ProjectName& project, IndexEntry entry) {
  absl::StatusOr<pypi::UpstreamPage> page = pages.Read(entry);
  if (!page.ok()) {
    entry.digest.clear();
    entry.etag.clear();
    entry.again = true;
    table.Put(entry);
    return page.status();
  }
  if (!page->last_serial) page->last_serial = entry.serial;
  const std::string url = entry.url.empty()
                              ? ShownPageUrl(options.urls.front(), entry.name)
                              : entry.url;
  const select::PageVerdict verdict =
      selection.OfPage(project, *page, dependencies, options.now);
  entry.changes_at.reset();
  if (verdict.changes_at && *verdict.changes_at != absl::InfiniteFuture()) {
    entry.changes_at = absl::ToUnixSeconds(
        absl::Ceil(*verdict.changes_at - absl::UnixEpoch(), absl::Seconds(1)) +
        absl::UnixEpoch());
  }
  table.Put(entry);
  MappedOffer mapped = MapOffer(
      project, *page, url, verdict,
      {options.allow_unhashed, options.max_file_size, options.provenance});
  if (offered.insert(project).second) {
    for (Problem& problem : mapped.problems) {
      problems.push_back(std::move(problem));
    }
  }
  return std::move(mapped.offer);
}

IndexSource::IndexSource(std::unique_ptr<State> state)
    : state_(std::move(state)) {}
IndexSource::~IndexSource() = default;

absl::StatusOr<std::unique_ptr<IndexSource>> IndexSource::Open(
    const tree::Layout& layout, const select::Selection& selection,
    IndexOptions options) {
  RETURN_IF_ERROR(CheckOptions(options));
  auto state = std::make_unique<State>(layout, selection, std::move(options));
  RETURN_IF_ERROR(Annotate(state->Load(), "what is known of the index"));
  return std::unique_ptr<IndexSource>(new IndexSource(std::move(state)));
}

absl::Status IndexSource::Refresh(http::Transfers& transfers) {
  State& state = *state_;
  IndexWork work{.options = state.options,
                 .selection = state.selection,
                 .pages = state.pages,
                 .facts = state.facts,
                 .table = state.table,
                 .dependencies = state.dependencies,
                 .changed = state.changed,
                 .problems = state.problems,
                 .counts = state.counts,
                 .rules_changed = state.rules_changed};
  const absl::Status status = state.AskAll(transfers, work);
  state.changed_projects.assign(state.changed.begin(), state.changed.end());
  if (status.ok()) return status;
  // The first failure is the one to report.
  const absl::Status kept = state.Checkpoint();
  return kept.ok() ? status : Annotate(status, MessageOf(kept));
}

const IndexCounts& IndexSource::counts() const { return state_->counts; }

bool IndexSource::knows_changes() const { return state_->found; }

const std::vector<pypi::ProjectName>& IndexSource::changed_projects() const {
  return state_->changed_projects;
}

std::vector<pypi::ProjectName> IndexSource::Projects() const {
  std::vector<pypi::ProjectName> projects;
  state_->table
      .ForEach([&](const IndexEntry& entry) {
        absl::StatusOr<pypi::ProjectName> name =
            pypi::ProjectName::Parse(entry.name);
        if (name.ok() && !entry.gone && entry.has_page() &&
            state_->Selects(*name)) {
          projects.push_back(*std::move(name));
        }
        return absl::OkStatus();
      })
      .IgnoreError();
  return projects;
}

absl::StatusOr<ProjectOffer> IndexSource::Offer(
    const pypi::ProjectName& project) {
  if (!state_->Selects(project)) {
    if (state_->closure_complete) return ProjectOffer();
    return HeldBack(project, "it is not known now whether others need it");
  }
  const std::optional<IndexEntry> entry = state_->table.Find(project.str());
  if (!entry && state_->dropped.contains(project)) return ProjectOffer();
  if (!entry) {
    state_->table.Put({.name = project.str(), .absent = true, .again = true});
    return HeldBack(project,
                    "the index does not list it; whether it is gone is asked "
                    "in the next runs");
  }
  if (entry->gone) return ProjectOffer();
  if (entry->has_page()) return state_->OfferPage(project, *entry);
  return HeldBack(project, entry->missing > 0
                               ? "the index has no page of it; to be confirmed "
                                 "in the next run"
                               : "its page could not be had");
}

absl::StatusOr<Explanation> IndexSource::Explain(
    const pypi::ProjectName& project) const {
  const State& state = *state_;
  Explanation explanation;
  explanation.verdict.project =
      state.selection.OfProject(project, state.dependencies);
  const std::optional<IndexEntry> entry = state.table.Find(project.str());
  if (!entry || !entry->has_page()) return explanation;
  ASSIGN_OR_RETURN(explanation.page, state.pages.Read(*entry));
  explanation.has_page = true;
  explanation.verdict = state.selection.OfPage(
      project, explanation.page, state.dependencies, state.options.now);
  return explanation;
}

const std::vector<Problem>& IndexSource::problems() const {
  return state_->problems;
}

absl::Status IndexSource::Save(
    const std::vector<pypi::ProjectName>& unpublished) {
  if (state_->options.dry_run) return absl::OkStatus();
  state_->Settle({unpublished.begin(), unpublished.end()});
  return Annotate(state_->Write(), "keep what is known of the index");
}

}  // namespace tufmirror::source
