// Built from the public interface of the module only.
#include "tree/tree_fixture.h"

#include <stdlib.h>

#include <iostream>
#include <utility>

#include "support/status_matchers.h"
#include "support/temp_directory.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/crypto/hash.h"
#include "tufmirror/fs/file.h"
#include "tufmirror/fs/walk.h"
#include "tufmirror/tree/staging.h"

namespace tufmirror::tree {
namespace {

[[noreturn]] void Die(const absl::Status& status) {
  std::cerr << "test fixture: " << status.ToString() << std::endl;
  abort();
}

}  // namespace

TargetPath PathOf(std::string_view text) {
  absl::StatusOr<TargetPath> path = TargetPath::Parse(text);
  if (!path.ok()) Die(path.status());
  return *std::move(path);
}

Digests DigestsOf(std::string_view bytes) {
  Digests digests;
  digests.sha256 = crypto::Sha256Of(bytes);
  return digests;
}

GenerationInfo InfoOf(uint64_t number) {
  GenerationInfo info;
  info.number = number;
  info.published = absl::FromUnixSeconds(1700000000 + 60 * number);
  info.targets = 10 * number;
  info.target_bytes = 1000 * number;
  info.timestamp_version = static_cast<int64_t>(100 + number);
  info.earliest_expiry = info.published + absl::Hours(24);
  return info;
}

Home MakeHome(const std::string& path) {
  absl::StatusOr<Home> home = Home::Create(path);
  if (!home.ok()) Die(home.status());
  const absl::Status written = fs::WriteFileAtomically(
      home->layout().config(), "", 0644, fs::Durability::kNone);
  if (!written.ok()) Die(written);
  return *std::move(home);
}

Files FilesBelow(const std::string& root) {
  Files files;
  const absl::Status walked = fs::WalkFiles(
      root, [&](std::string_view path, const fs::FileInfo&) -> absl::Status {
        ASSIGN_OR_RETURN(files[std::string(path)],
                         fs::ReadFile(root + "/" + std::string(path), 1 << 20));
        return absl::OkStatus();
      });
  EXPECT_THAT(walked, testing::IsOk());
  return files;
}

Files LiveFiles(const Home& home) { return FilesBelow(home.layout().live()); }

Files StandbyFiles(const Home& home) {
  const absl::StatusOr<TreeSide> live = home.LiveSide();
  EXPECT_THAT(live, testing::IsOk());
  return FilesBelow(home.layout().tree(Other(live.value_or(TreeSide::kA))));
}

Files Edited(Files files, const Edits& edits) {
  for (const auto& [path, content] : edits) {
    if (content) {
      files[path] = *content;
    } else {
      files.erase(path);
    }
  }
  return files;
}

absl::StatusOr<std::unique_ptr<Publisher>> StageEdits(const Home& home,
                                                      const Edits& edits) {
  const StagingArea staging(home);
  ASSIGN_OR_RETURN(std::unique_ptr<Publisher> publisher,
                   Publisher::Begin(home));
  for (const auto& [path, content] : edits) {
    TreeEdit edit{TreeEdit::Kind::kRemove, PathOf(path), ""};
    if (content) {
      edit.kind = TreeEdit::Kind::kPut;
      ASSIGN_OR_RETURN(edit.source, staging.PutBlob(*content));
    }
    RETURN_IF_ERROR(publisher->Add(edit));
  }
  RETURN_IF_ERROR(publisher->Stage());
  return publisher;
}

absl::Status Publish(const Home& home, uint64_t number, const Edits& edits) {
  ASSIGN_OR_RETURN(const std::unique_ptr<Publisher> publisher,
                   StageEdits(home, edits));
  return publisher->Commit(InfoOf(number));
}

absl::Status Accept(const Home& home, const std::string& path,
                    std::string_view bytes) {
  const StagingArea staging(home);
  const Digests digests = DigestsOf(bytes);
  const std::string partial =
      staging.PartialPath(ExpectedContent{bytes.size(), digests});
  RETURN_IF_ERROR(
      fs::WriteFileAtomically(partial, bytes, 0600, fs::Durability::kNone));
  return staging.AcceptPackage(partial, PathOf(path), digests);
}

}  // namespace tufmirror::tree
