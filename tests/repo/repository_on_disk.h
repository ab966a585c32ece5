// A tree with the metadata of a new origin, and the keys that signed it.
#ifndef TUFMIRROR_TESTS_REPO_REPOSITORY_ON_DISK_H_
#define TUFMIRROR_TESTS_REPO_REPOSITORY_ON_DISK_H_

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "support/status_matchers.h"
#include "support/temp_directory.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/client/repository_view.h"
#include "tufmirror/crypto/hash.h"
#include "tufmirror/repo/editor.h"
#include "tufmirror/repo/genesis.h"
#include "tufmirror/repo/keys.h"
#include "tufmirror/repo/project_pages.h"
#include "tufmirror/repo/tree_view.h"
#include "tufmirror/tree/layout.h"

namespace tufmirror::testing {

class RepositoryOnDisk : public ::testing::Test {
 protected:
  static absl::Time Start() { return absl::FromUnixSeconds(1'800'000'000); }

  static tuf::TargetFile Target(std::string_view path,
                                std::string_view content) {
    return repo::TargetOf(std::string(path), content.size(),
                          crypto::Sha256Of(content));
  }

  void Make(repo::GenesisOptions options = {}, int root_keys = 1,
            int online_keys = 1) {
    auto keys = repo::OriginKeys::Generate(root_keys, online_keys);
    ASSERT_THAT(keys, IsOk());
    keys_ = std::make_unique<repo::OriginKeys>(*std::move(keys));
    options.now = Start();
    ASSERT_THAT(repo::MakeGenesis(options, *keys_, Writer()), IsOk());
  }

  absl::StatusOr<client::RepositoryView> View(absl::Time now) const {
    return repo::OpenTreeView(tree(), now);
  }

  // Publishes one edit of targets; nullopt content removes.
  struct Edit {
    std::string path;
    std::optional<std::string> content;
  };
  absl::StatusOr<repo::SigningResult> Publish(const std::vector<Edit>& edits,
                                              absl::Time now) {
    written_.clear();
    ASSIGN_OR_RETURN(auto view, View(absl::InfinitePast()));
    ASSIGN_OR_RETURN(auto editor, repo::RepositoryEditor::Open(view, states_));
    for (const Edit& edit : edits) {
      RETURN_IF_ERROR(edit.content
                          ? editor.Put(Target(edit.path, *edit.content))
                          : editor.Remove(edit.path));
    }
    RETURN_IF_ERROR(editor.Resolve());
    counts_ = editor.Counts();
    ASSIGN_OR_RETURN(auto result,
                     editor.Finish(policy_, now, editor.NextVersion(),
                                   keys_->online, Writer()));
    states_ = editor.bin_states();
    return result;
  }

  // What a client finds at `path`.
  std::optional<tuf::FoundTarget> Find(std::string_view path, absl::Time now) {
    auto view = View(now);
    EXPECT_THAT(view, IsOk());
    if (!view.ok()) return std::nullopt;
    auto found = view->Find(path);
    EXPECT_THAT(found, IsOk());
    return found.ok() ? *found : std::nullopt;
  }

  std::string tree() const { return dir_.Join("tree"); }
  std::function<absl::Status(std::string_view, std::optional<int64_t>,
                             std::string_view)>
  Writer() {
    return [this](std::string_view role, std::optional<int64_t> version,
                  std::string_view bytes) {
      written_.emplace_back(role);
      dir_.Write("tree/" + tree::MetadataPath(role, version), bytes);
      return absl::OkStatus();
    };
  }

  TempDirectory dir_;
  std::unique_ptr<repo::OriginKeys> keys_;
  repo::SigningPolicy policy_;
  repo::BinStates states_;
  repo::ChangeCounts counts_;
  std::vector<std::string> written_;  // roles, in order
};

}  // namespace tufmirror::testing

#endif  // TUFMIRROR_TESTS_REPO_REPOSITORY_ON_DISK_H_
