// Reading and writing of what is kept between runs.
#include "source/index_state.h"

#include "absl/strings/str_join.h"
#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/crypto/hash.h"
#include "tufmirror/fs/file.h"

namespace tufmirror::source {
namespace {

constexpr uint64_t kMaxStateBytes = uint64_t{4} << 30;
constexpr uint64_t kMaxCursorBytes = 4096;

std::string IndexName(const std::vector<std::string>& urls) {
  return absl::StrJoin(urls, " ", [](std::string* out, const auto& url) {
    out->append(http::RedactUrl(url));
  });
}

}  // namespace

absl::Status IndexSource::State::Load() {
  const std::string directory = layout.index_state();
  const auto cursor_text =
      fs::ReadFile(tree::IndexCursorsPath(directory), kMaxCursorBytes);
  if (cursor_text.ok()) cursors = ParseIndexCursors(*cursor_text);
  saved_cursors = cursors;
  absl::StatusOr<std::string> text =
      fs::ReadFile(tree::IndexProjectsPath(directory), kMaxStateBytes);
  if (!text.ok() && FailureOf(text.status()) != Failure::kNotFound) {
    return text.status();
  }
  if (text.ok()) {
    absl::StatusOr<IndexMemory> memory = ParseIndexMemory(*std::move(text));
    found = memory.ok();
    if (found) {
      facts = std::move(memory->facts);
      table = std::move(memory->table);
    }
  }
  saved_facts = facts;
  for (const auto& [name, extras] : facts.dependencies) {
    ASSIGN_OR_RETURN(pypi::ProjectName project, pypi::ProjectName::Parse(name));
    dependencies.emplace(std::move(project), extras);
  }
  // With provenance or without it, every project offers something else.
  const std::string rules =
      crypto::Sha256Of(fmt::format("{}{}", selection.fingerprint(),
                                   options.provenance ? "\nprovenance" : ""))
          .Hex();
  rules_changed = found && facts.selection != rules;
  facts.selection = rules;
  std::string index = IndexName(options.urls);
  if (facts.index != index) ForgetIndex();
  facts.index = std::move(index);
  return absl::OkStatus();
}

// Another index: its serials and ETags mean nothing here, its pages are
// compared by their bytes.
void IndexSource::State::ForgetIndex() {
  facts.html_only = false;
  facts.list_etag.clear();
  facts.list_digest.clear();
  rules_changed = found;
  const IndexTable known = std::exchange(table, IndexTable());
  known
      .ForEach([this](const IndexEntry& entry) {
        IndexEntry kept = entry;
        kept.listed.reset();
        kept.serial.reset();
        kept.stale_since.reset();
        kept.etag.clear();
        kept.again = !kept.gone;
        table.Put(kept);
        return absl::OkStatus();
      })
      .IgnoreError();
}

// What was fetched so far is kept; what was not asked for is found again by
// reading the list again.
absl::Status IndexSource::State::Checkpoint() {
  if (!is_scanned || options.dry_run) return absl::OkStatus();
  facts.list_etag.clear();
  facts.list_digest.clear();
  facts.closure_open = true;
  cursors = saved_cursors;
  for (auto& [name, extras] : saved_facts.dependencies) {
    const auto project = pypi::ProjectName::Parse(name);
    if (project.ok())
      dependencies[*project].insert(extras.begin(), extras.end());
  }
  Settle(changed);
  return Write();
}

// Enters what is published now, and drops what nobody needs to know any more.
void IndexSource::State::Settle(
    const std::set<pypi::ProjectName>& unpublished) {
  std::set<pypi::ProjectName> touched = changed;
  touched.insert(unpublished.begin(), unpublished.end());
  for (const pypi::ProjectName& project : touched) {
    std::optional<IndexEntry> entry = table.Find(project.str());
    const bool is_unpublished = unpublished.contains(project);
    if (!entry && !is_unpublished) continue;
    if (!entry) entry = IndexEntry{.name = project.str(), .absent = true};
    entry->unpublished = is_unpublished;
    if (is_unpublished || (!entry->gone && Selects(project))) {
      table.Put(*entry);
      continue;
    }
    unneeded.push_back(project.str());
    dropped.insert(project);
    if (entry->gone && entry->listed && !entry->absent && Selects(project)) {
      // Still listed: not to be taken for a new one.
      table.Put({.name = entry->name, .listed = entry->listed, .gone = true});
    } else {
      table.Remove(project.str());
    }
  }
}

absl::Status IndexSource::State::Write() {
  facts.dependencies.clear();
  for (const auto& [project, extras] : dependencies) {
    facts.dependencies.emplace(project.str(), extras);
  }
  const std::string directory = layout.index_state();
  RETURN_IF_ERROR(fs::MakeDirectories(directory, tree::kPrivateDirectoryMode));
  if (!found || table.changed() || facts != saved_facts || written) {
    const std::string text = FormatIndexMemory(facts, table);
    const Sha256 digest = crypto::Sha256Of(text);
    if (written != digest) {
      RETURN_IF_ERROR(fs::WriteFileAtomically(
          tree::IndexProjectsPath(directory), text, tree::kPrivateFileMode,
          fs::Durability::kFsync));
      written = digest;
    }
  }
  if (cursors != saved_cursors) {
    RETURN_IF_ERROR(WriteIndexFile(tree::IndexCursorsPath(directory),
                                   FormatIndexCursors(cursors)));
    saved_cursors = cursors;
  }
  for (const std::string& project : unneeded) {
    RETURN_IF_ERROR(pages.Remove(project));
    RETURN_IF_ERROR(fs::Remove(tree::IndexRequiresPath(directory, project)));
  }
  unneeded.clear();
  return absl::OkStatus();
}

}  // namespace tufmirror::source
