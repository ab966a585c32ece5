#include "source/index_closure.h"

#include <utility>

#include "fmt/format.h"
#include "source/index_offer.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/fs/file.h"
#include "tufmirror/tree/layout.h"

namespace tufmirror::source {
namespace {

constexpr int kMaxRounds = 100;
constexpr size_t kMaxDependencies = 100'000;
constexpr uint64_t kMaxRequiresBytes = uint64_t{256} << 20;

// True if the requirements of some file of that version are known: the others
// have no metadata of their own and need what it needs.
bool KnowsVersion(const std::vector<SourceFile>& files,
                  const RequiresByFile& known, std::string_view version) {
  for (const SourceFile& file : files) {
    if (file.version == version && known.contains(RequiresKey(file))) {
      return true;
    }
  }
  return false;
}

}  // namespace

IndexClosure::IndexClosure(IndexWork& work, PageAsker& asker,
                           http::Transfers& transfers, std::string state)
    : work_(work),
      asker_(asker),
      transfers_(transfers),
      state_(std::move(state)),
      before_(work.dependencies) {}

absl::StatusOr<bool> IndexClosure::Run() {
  work_.facts.closure_open = false;
  work_.dependencies.clear();
  std::set<pypi::ProjectName> pending = Roots();
  for (int round = 0; !pending.empty(); ++round) {
    if (round == kMaxRounds || work_.dependencies.size() > kMaxDependencies) {
      work_.problems.push_back(
          {"dependencies",
           MakeFailure(Failure::kTooLarge,
                       fmt::format("no end after {} rounds and {} projects",
                                   round, work_.dependencies.size()))});
      incomplete_ = true;
      break;
    }
    RETURN_IF_ERROR(AskUnknown(pending));
    std::vector<Visit> visits;
    for (const pypi::ProjectName& project : pending) {
      std::optional<Visit> visit = Open(project);
      if (visit) visits.push_back(*std::move(visit));
    }
    RETURN_IF_ERROR(FetchMetadata(visits, Missing(visits)));
    pending.clear();
    for (Visit& visit : visits) {
      AskPublished(visit);
      RETURN_IF_ERROR(Keep(visit));
      pending.merge(Follow(visit));
    }
  }
  Finish();
  return !incomplete_;
}

std::set<pypi::ProjectName> IndexClosure::Roots() const {
  std::set<pypi::ProjectName> roots;
  work_.table
      .ForEach([&](const IndexEntry& entry) {
        absl::StatusOr<pypi::ProjectName> name =
            pypi::ProjectName::Parse(entry.name);
        if (name.ok() && !entry.gone && work_.Selects(*name)) {
          roots.insert(*std::move(name));
        }
        return absl::OkStatus();
      })
      .IgnoreError();
  return roots;
}

absl::Status IndexClosure::AskUnknown(
    const std::set<pypi::ProjectName>& projects) {
  std::vector<PageQuestion> questions;
  for (const pypi::ProjectName& project : projects) {
    if (!work_.table.Find(project.str()) && asked_.insert(project).second) {
      questions.push_back({project});
    }
  }
  return asker_.Ask(std::move(questions));
}

std::optional<IndexClosure::Visit> IndexClosure::Open(
    const pypi::ProjectName& project) {
  const std::optional<IndexEntry> entry = work_.table.Find(project.str());
  if (!entry || entry->gone) return std::nullopt;
  const auto page = work_.pages.Read(*entry);
  if (!page.ok()) {
    incomplete_ = true;
    return std::nullopt;
  }
  const std::string url =
      entry->url.empty() ? ShownPageUrl(work_.options.urls.front(), entry->name)
                         : entry->url;
  const select::PageVerdict verdict = work_.selection.OfPage(
      project, *page, work_.dependencies, work_.options.now);
  // What is wrong with files is said when they are offered.
  MappedOffer mapped =
      MapOffer(project, *page, url, verdict,
               {work_.options.allow_unhashed, work_.options.max_file_size});
  Visit visit{
      .project = project, .files = std::move(mapped.offer.files), .known = {}};
  const auto text = fs::ReadFile(tree::IndexRequiresPath(state_, entry->name),
                                 kMaxRequiresBytes);
  if (text.ok()) visit.known = ParseRequires(*text);
  return visit;
}

std::vector<IndexClosure::Wanted> IndexClosure::Missing(
    const std::vector<Visit>& visits) const {
  std::vector<Wanted> wanted;
  std::set<std::string> keys;
  for (size_t at = 0; at < visits.size(); ++at) {
    const Visit& visit = visits[at];
    for (size_t i = 0; i < visit.files.size(); ++i) {
      const SourceFile& file = visit.files[i];
      const std::string key = RequiresKey(file);
      if (!file.has_core_metadata || visit.known.contains(key) ||
          failed_.contains(file.location) || !keys.insert(key).second) {
        continue;
      }
      wanted.push_back({at, i});
    }
  }
  return wanted;
}

absl::Status IndexClosure::FetchMetadata(std::vector<Visit>& visits,
                                         const std::vector<Wanted>& wanted) {
  size_t next = 0;
  size_t finished = 0;
  return transfers_.FetchAll(
      [&]() -> std::optional<http::FetchRequest> {
        if (next == wanted.size()) return std::nullopt;
        const Wanted& one = wanted[next];
        http::FetchRequest request =
            MetadataRequest(visits[one.visit].files[one.file]);
        request.tag = next++;
        return request;
      },
      [&](const http::FetchRequest& request,
          absl::StatusOr<http::FetchResponse> response) {
        const Wanted& one = wanted[request.tag];
        Visit& visit = visits[one.visit];
        const SourceFile& file = visit.files[one.file];
        absl::StatusOr<std::vector<std::string>> lines =
            response.ok()
                ? ReadRequires(file, response->body)
                : absl::StatusOr<std::vector<std::string>>(response.status());
        if (lines.ok()) {
          visit.known.insert_or_assign(RequiresKey(file), *std::move(lines));
          visit.learned = true;
        } else {
          Fail(file, lines.status());
        }
        ++finished;
        return work_.options.progress
                   ? work_.options.progress("dependencies", finished,
                                            wanted.size())
                   : absl::OkStatus();
      });
}

void IndexClosure::Fail(const SourceFile& file, const absl::Status& status) {
  failed_.insert(file.location);
  // Offered, and not there: as if it had not been offered.
  if (FailureOf(status) == Failure::kNotFound) return;
  incomplete_ = true;
  reported_.insert(file.location);
  work_.problems.push_back(
      {fmt::format("{}: {}", file.project.str(), Printable(file.filename)),
       Annotate(status, "its dependencies")});
}

void IndexClosure::AskPublished(Visit& visit) {
  std::set<std::string> said;  // versions
  for (const SourceFile& file : visit.files) {
    if (KnowsVersion(visit.files, visit.known, file.version)) continue;
    absl::StatusOr<std::optional<std::vector<std::string>>> lines =
        work_.options.published_requires
            ? work_.options.published_requires(file)
            : std::optional<std::vector<std::string>>();
    if (lines.ok() && *lines) {
      visit.known.insert_or_assign(RequiresKey(file), **std::move(lines));
      visit.learned = true;
      continue;
    }
    work_.facts.closure_open = true;
    if (reported_.contains(file.location) ||
        !said.insert(file.version).second) {
      continue;
    }
    work_.problems.push_back(
        {fmt::format("{}: {}", visit.project.str(), Printable(file.filename)),
         lines.ok()
             ? MakeFailure(Failure::kHeldBack,
                           "its dependencies: the index has no core metadata "
                           "of it; they are followed once it is published")
             : Annotate(lines.status(), "its dependencies")});
  }
}

absl::Status IndexClosure::Keep(Visit& visit) {
  if (!visit.learned || work_.options.dry_run) return absl::OkStatus();
  RequiresByFile current;
  for (const SourceFile& file : visit.files) {
    const auto lines = visit.known.find(RequiresKey(file));
    if (lines != visit.known.end()) current.insert(*lines);
  }
  return WriteIndexFile(tree::IndexRequiresPath(state_, visit.project.str()),
                        FormatRequires(current));
}

std::set<pypi::ProjectName> IndexClosure::Follow(const Visit& visit) {
  std::set<std::string> lines;
  for (const SourceFile& file : visit.files) {
    const auto known = visit.known.find(RequiresKey(file));
    if (known == visit.known.end()) continue;
    lines.insert(known->second.begin(), known->second.end());
  }
  std::set<std::string> extras = work_.selection.ExtrasOf(visit.project);
  const auto needed = work_.dependencies.find(visit.project);
  if (needed != work_.dependencies.end()) {
    extras.insert(needed->second.begin(), needed->second.end());
  }
  std::set<pypi::ProjectName> grown;
  const select::Dependencies found =
      work_.selection.DependenciesOf({lines.begin(), lines.end()}, extras);
  for (const auto& [project, wanted] : found) {
    const auto [at, is_new] = work_.dependencies.try_emplace(project);
    if (is_new && !work_.Selects(project)) {  // excluded
      work_.dependencies.erase(at);
      continue;
    }
    const size_t before = at->second.size();
    at->second.insert(wanted.begin(), wanted.end());
    if (is_new || at->second.size() > before) grown.insert(project);
  }
  return grown;
}

void IndexClosure::Finish() {
  if (incomplete_) {
    work_.facts.closure_open = true;
    for (const auto& [project, extras] : before_) {
      work_.dependencies[project].insert(extras.begin(), extras.end());
    }
  }
  for (const auto& [project, extras] : before_) {
    const auto now = work_.dependencies.find(project);
    if (now == work_.dependencies.end() || now->second != extras) {
      work_.changed.insert(project);
    }
  }
  for (const auto& [project, extras] : work_.dependencies) {
    if (!before_.contains(project)) work_.changed.insert(project);
  }
}

}  // namespace tufmirror::source
