// What a home serves, found by walking it and by reading its metadata: for
// tests that compare two homes, and that look for what nothing refers to.
#ifndef TUFMIRROR_TESTS_SYNC_PUBLISHED_TREE_H_
#define TUFMIRROR_TESTS_SYNC_PUBLISHED_TREE_H_

#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "tufmirror/tree/home.h"

namespace tufmirror::testing {

// FAILs the test if the tree cannot be read.
class PublishedTree {
 public:
  PublishedTree(tree::Home home, absl::Time now);

  // Each target with its length and sha256.
  const std::map<std::string, std::string>& targets() const { return targets_; }
  // Names of distribution files that are targets.
  const std::set<std::string>& distributions() const { return distributions_; }

  // Targets and pages that the other tree has not, or has with other content:
  // both say what they have.
  std::vector<std::string> DifferencesFrom(const PublishedTree& other) const;

  // What the product's own verification finds, and links of pages to what is
  // no target, or no target with that digest.
  std::vector<std::string> Problems() const;
  // Files below packages/ and simple/ of the live tree that are neither a
  // target nor one under its other name, and targets that no page links to.
  std::vector<std::string> Unreferenced() const;

 private:
  void ReadTargets();
  void ReadPages();
  // Adds what `page` at `path` links to, to linked_ and link_problems_.
  void FollowLinks(const std::string& path, const std::string& page);
  void FollowLink(const std::string& page, const std::string& path,
                  const std::string& sha256);

  tree::Home home_;
  absl::Time now_;
  std::string root_;
  std::map<std::string, std::string> targets_;
  std::map<std::string, std::string> pages_;  // bytes, by path
  std::set<std::string> distributions_;
  std::set<std::string> linked_;
  std::vector<std::string> link_problems_;
};

}  // namespace tufmirror::testing

#endif  // TUFMIRROR_TESTS_SYNC_PUBLISHED_TREE_H_
