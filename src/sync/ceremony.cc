// The note is for people: what decides whether a candidate may be published is
// what is published.
#include "tufmirror/sync/ceremony.h"

#include <utility>

#include "fmt/format.h"
#include "sync/ceremony_tree.h"
#include "sync/offline_roles.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/client/metadata_fetcher.h"
#include "tufmirror/fs/file.h"
#include "tufmirror/json/canonical.h"
#include "tufmirror/json/document.h"
#include "tufmirror/repo/tree_view.h"
#include "tufmirror/tree/layout.h"
#include "tufmirror/tree/publisher.h"

namespace tufmirror::sync {
namespace {

constexpr uint64_t kMaxNoteBytes = uint64_t{64} << 10;

absl::StatusOr<tuf::RawMetadata> ReadTreeRole(const std::string& tree,
                                              std::string_view role,
                                              int64_t version) {
  ASSIGN_OR_RETURN(std::string bytes,
                   fs::ReadFile(tree + "/" + tree::MetadataPath(role, version),
                                client::MetadataLimits().ForRole(role)));
  return tuf::RawMetadata{std::move(bytes)};
}

absl::StatusOr<std::string> NoteText(const json::Value& note,
                                     std::string_view member) {
  ASSIGN_OR_RETURN(const json::Value value, note.Get(member, "note"));
  ASSIGN_OR_RETURN(const std::string_view text, value.AsString(member));
  return std::string(text);
}

absl::StatusOr<OpenCeremony> ParseNote(std::string_view text) {
  ASSIGN_OR_RETURN(const json::Document document, json::Document::Parse(text));
  OpenCeremony open;
  ASSIGN_OR_RETURN(open.id, NoteText(document.root(), "id"));
  ASSIGN_OR_RETURN(open.file, NoteText(document.root(), "file"));
  ASSIGN_OR_RETURN(const std::string begun, NoteText(document.root(), "begun"));
  ASSIGN_OR_RETURN(open.begun, tuf::ParseExpiry(begun));
  return open;
}

absl::Status SaveNote(const tree::Layout& layout, const OpenCeremony& open) {
  std::string text = "{\"id\":";
  json::AppendString(open.id, text);
  text += ",\"begun\":";
  json::AppendString(tuf::FormatExpiry(open.begun), text);
  text += ",\"file\":";
  json::AppendString(open.file, text);
  return fs::WriteFileAtomically(layout.open_ceremony(), text + "}\n",
                                 tree::kPrivateFileMode,
                                 fs::Durability::kFsync);
}

absl::Status CheckNoneOpen(const tree::Home& home) {
  ASSIGN_OR_RETURN(const auto open, ReadOpenCeremony(home.layout()));
  if (!open) return absl::OkStatus();
  return MakeFailure(
      Failure::kUsage,
      fmt::format("ceremony begin: ceremony {} is open since {}, in {}: only "
                  "one of two could be published; finish that one, or forget "
                  "it with 'tufmirror ceremony abort {}'",
                  Printable(open->id, 80), tuf::FormatExpiry(open->begun),
                  Printable(open->file, 1024),
                  Printable(home.layout().home(), 1024)));
}

}  // namespace

absl::StatusOr<repo::OfflineMetadata> ReadOfflineMetadataOf(
    const std::string& tree, client::RepositoryView& view) {
  repo::OfflineMetadata metadata;
  for (int64_t v = 1; v <= view.trusted().root()->version; ++v) {
    ASSIGN_OR_RETURN(tuf::RawMetadata root, ReadTreeRole(tree, "root", v));
    metadata.roots.push_back(std::move(root));
  }
  ASSIGN_OR_RETURN(metadata.targets,
                   ReadTreeRole(tree, "targets", (*view.top())->version));
  ASSIGN_OR_RETURN(const std::vector<std::string> names,
                   OfflineDelegationsOf(view));
  for (const std::string& name : names) {
    ASSIGN_OR_RETURN(const tuf::MetaFile meta, view.trusted().RoleMeta(name));
    ASSIGN_OR_RETURN(tuf::RawMetadata role,
                     ReadTreeRole(tree, name, meta.version));
    metadata.delegated.emplace(name, std::move(role));
  }
  return metadata;
}

absl::Status WriteNewCandidate(const std::string& path,
                               const repo::Candidate& candidate) {
  ASSIGN_OR_RETURN(const auto existing, fs::Stat(path));
  if (existing) {
    return MakeFailure(Failure::kUsage,
                       fmt::format("write a candidate: expected no file {}, "
                                   "one is never overwritten",
                                   Printable(path, 1024)));
  }
  return fs::WriteFileAtomically(path, candidate.Serialize(),
                                 tree::kServedFileMode, fs::Durability::kFsync);
}

absl::Status NoteOpenCeremony(const tree::Layout& layout,
                              const repo::Candidate& candidate,
                              const std::string& path) {
  return SaveNote(layout, {candidate.id(), candidate.created(), path});
}

absl::StatusOr<repo::OfflineMetadata> ReadOfflineMetadata(
    const tree::Home& home) {
  ASSIGN_OR_RETURN(const auto live, tree::Publisher::CurrentGeneration(home));
  ASSIGN_OR_RETURN(const tree::TreeSide side, home.LiveSide());
  const std::string tree = home.layout().tree(side);
  auto view = repo::OpenTreeView(tree, absl::InfinitePast());
  if (!view.ok()) {
    return live.number > 0
               ? view.status()
               : MakeFailure(
                     Failure::kUsage,
                     fmt::format("{0}: nothing is published yet; 'tufmirror "
                                 "ceremony publish {0}' does it with what init "
                                 "wrote down and the holders have signed",
                                 Printable(home.layout().home(), 1024)));
  }
  return ReadOfflineMetadataOf(tree, *view);
}

absl::StatusOr<std::optional<OpenCeremony>> ReadOpenCeremony(
    const tree::Layout& layout) {
  const auto text = fs::ReadFile(layout.open_ceremony(), kMaxNoteBytes);
  if (!text.ok()) {
    if (FailureOf(text.status()) == Failure::kNotFound) return std::nullopt;
    return text.status();
  }
  auto open = ParseNote(*text);
  if (open.ok()) return *std::move(open);
  return Annotate(open.status(), Printable(layout.open_ceremony(), 1024));
}

absl::StatusOr<BegunCeremony> BeginCeremony(
    const tree::Home& home, const repo::CeremonyChanges& changes,
    NameCandidate name, absl::Time now) {
  ASSIGN_OR_RETURN(const auto lock, home.Lock("ceremony begin"));
  RETURN_IF_ERROR(CheckNoneOpen(home));
  ASSIGN_OR_RETURN(const repo::OfflineMetadata current,
                   ReadOfflineMetadata(home));
  ASSIGN_OR_RETURN(repo::Candidate candidate,
                   repo::BeginCeremony(current, changes, now));
  ASSIGN_OR_RETURN(std::string file, name(candidate.id()));
  RETURN_IF_ERROR(WriteNewCandidate(file, candidate));
  RETURN_IF_ERROR(NoteOpenCeremony(home.layout(), candidate, file));
  return BegunCeremony{std::move(candidate), std::move(file)};
}

absl::StatusOr<OpenCeremony> AbortCeremony(const tree::Home& home) {
  ASSIGN_OR_RETURN(const auto lock, home.Lock("ceremony abort"));
  auto open = ReadOpenCeremony(home.layout());
  if (open.ok() && !*open) {
    return MakeFailure(Failure::kUsage,
                       fmt::format("ceremony abort {}: no ceremony is open",
                                   Printable(home.layout().home(), 1024)));
  }
  // A note that nobody can read is forgotten too.
  if (!open.ok()) open = OpenCeremony();
  RETURN_IF_ERROR(fs::Remove(home.layout().open_ceremony()));
  return **std::move(open);
}

}  // namespace tufmirror::sync
