// Publishes new files into the metadata of a large repository, as an origin
// does in a run: open, edit, sign, write, on disk. Prints one JSON object with
// the seconds that took and the peak of resident memory in bytes.
#include <sys/resource.h>

#include <cstdint>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/time/clock.h"
#include "fmt/format.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/crypto/hash.h"
#include "tufmirror/fs/file.h"
#include "tufmirror/repo/editor.h"
#include "tufmirror/repo/project_pages.h"
#include "tufmirror/repo/tree_view.h"
#include "tufmirror/tree/layout.h"

namespace tufmirror {
namespace {

// What a wheel that is new to its project changes: the wheel, its core
// metadata, and both pages.
absl::Status PutRelease(repo::RepositoryEditor& editor, int number,
                        int64_t release) {
  ASSIGN_OR_RETURN(
      const pypi::ProjectName project,
      pypi::ProjectName::Parse(fmt::format("project-{:06}", number * 37)));
  const std::string wheel =
      fmt::format("project_{:06}-2.{}-py3-none-any.whl", number * 37, release);
  const Sha256 digest = crypto::Sha256Of(wheel);
  for (std::string path :
       {repo::PackagePath(project, wheel),
        repo::CoreMetadataPath(project, wheel), repo::HtmlPagePath(project),
        repo::JsonPagePath(project)}) {
    RETURN_IF_ERROR(editor.Put(repo::TargetOf(std::move(path), 1000, digest)));
  }
  return absl::OkStatus();
}

struct Published {
  repo::BinStates states;
  size_t roles = 0;
  absl::Duration time;
};

absl::StatusOr<Published> Publish(const std::string& tree,
                                  const repo::Signer& online, int files,
                                  repo::BinStates known) {
  const absl::Time start = absl::Now();
  ASSIGN_OR_RETURN(client::RepositoryView view,
                   repo::OpenTreeView(tree, absl::InfinitePast()));
  ASSIGN_OR_RETURN(repo::RepositoryEditor editor,
                   repo::RepositoryEditor::Open(view, std::move(known)));
  const int64_t version = editor.NextVersion();
  for (int number = 0; number < files; ++number) {
    RETURN_IF_ERROR(PutRelease(editor, number, version));
  }
  RETURN_IF_ERROR(editor.Resolve());
  ASSIGN_OR_RETURN(
      const repo::SigningResult result,
      editor.Finish(
          {}, start, editor.NextVersion(), {&online, 1},
          [&tree](std::string_view role, std::optional<int64_t> role_version,
                  std::string_view bytes) {
            return fs::WriteFileAtomically(
                tree + "/" + tree::MetadataPath(role, role_version), bytes,
                tree::kServedFileMode, fs::Durability::kNone);
          }));
  RETURN_IF_ERROR(fs::SyncFileSystem(tree));
  return Published{editor.bin_states(), result.roles.size(),
                   absl::Now() - start};
}

absl::Status Run(const std::string& tree, int files) {
  ASSIGN_OR_RETURN(
      const repo::Signer online,
      repo::Signer::FromFile(tree + "/online.pem", crypto::Secret::Copy("")));
  // The first run reads every bin to learn when it expires; later ones know.
  ASSIGN_OR_RETURN(Published published, Publish(tree, online, 1, {}));
  ASSIGN_OR_RETURN(published,
                   Publish(tree, online, files, std::move(published.states)));
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  fmt::print("{{\"seconds\": {}, \"roles\": {}, \"peak_bytes\": {}}}\n",
             absl::ToDoubleSeconds(published.time), published.roles,
             int64_t{usage.ru_maxrss} * 1024);
  return absl::OkStatus();
}

}  // namespace
}  // namespace tufmirror

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  int files = 0;
  if (words.size() != 2 || !absl::SimpleAtoi(words[1], &files)) {
    fmt::print(stderr,
               "usage: publish_benchmark DIRECTORY FILES\n"
               "DIRECTORY is one of make_repository, which is changed\n");
    return 2;
  }
  const absl::Status status = tufmirror::Run(words[0], files);
  if (status.ok()) return 0;
  fmt::print(stderr, "publish_benchmark: {}\n",
             tufmirror::FromAbsl(status.message()));
  return 1;
}
