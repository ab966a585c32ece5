#include "sync/published_tree.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <regex>
#include <utility>

#include "fmt/format.h"
#include "http/url.h"
#include "support/status_matchers.h"
#include "support/temp_directory.h"
#include "tufmirror/pypi/simple_index.h"
#include "tufmirror/repo/tree_view.h"
#include "tufmirror/sync/verify.h"

namespace tufmirror::testing {
namespace {

constexpr std::string_view kPackagesPrefix = "packages/";
constexpr std::string_view kSimplePrefix = "simple/";
constexpr std::string_view kMetadataSuffix = ".metadata";

std::string DescribeTarget(uint64_t length, std::string_view sha256) {
  return fmt::format("{} bytes, sha256 {}", length, sha256);
}

// What "a/b/<64 hexadecimal digits>.c" is another name of ("a/b/c"), and those
// digits; none for other names.
std::pair<std::string, std::string> SplitDigest(const std::string& path) {
  static const std::regex kPrefixed("(.*/)([0-9a-f]{64})\\.([^/]+)");
  std::smatch parts;
  if (!std::regex_match(path, parts, kPrefixed)) return {path, ""};
  return {parts[1].str() + parts[3].str(), parts[2].str()};
}

using Contents = std::map<std::string, std::string>;

std::vector<std::string> DifferencesOf(const Contents& ours,
                                       const Contents& theirs) {
  std::vector<std::string> differences;
  for (const auto& [path, content] : ours) {
    const auto found = theirs.find(path);
    if (found == theirs.end()) {
      differences.push_back("only here: " + path);
    } else if (found->second != content) {
      differences.push_back(
          fmt::format("{}: {}\ninstead of {}", path, content, found->second));
    }
  }
  for (const auto& [path, content] : theirs) {
    if (!ours.contains(path)) differences.push_back("only there: " + path);
  }
  return differences;
}

}  // namespace

PublishedTree::PublishedTree(tree::Home home, absl::Time now)
    : home_(std::move(home)), now_(now), root_(home_.layout().live()) {
  ReadTargets();
  ReadPages();
}

void PublishedTree::ReadTargets() {
  auto view = repo::OpenTreeView(root_, now_);
  ASSERT_THAT(view, IsOk());
  using Delegation = client::RepositoryView::Delegation;
  const auto walked = view->WalkDelegations(
      [&](const Delegation& delegation)
          -> absl::StatusOr<client::RepositoryView::Descend> {
        const auto role = view->Load(delegation.role, delegation.delegator_name,
                                     delegation.delegator);
        EXPECT_THAT(role, IsOk());
        const auto listed = view->ForEachTarget(
            delegation.role, *role, [&](const tuf::TargetFile& target) {
              targets_[target.path] = DescribeTarget(
                  target.content.length, target.content.digests.sha256->Hex());
              return absl::OkStatus();
            });
        EXPECT_THAT(listed, IsOk());
        return client::RepositoryView::Descend::kLoad;
      });
  ASSERT_THAT(walked, IsOk());
}

void PublishedTree::ReadPages() {
  for (const auto& [path, content] : targets_) {
    if (path.starts_with(kSimplePrefix)) {
      const std::string page = ReadWholeFile(root_ + "/" + path);
      FollowLinks(path, page);
      pages_[path] = page;
    } else if (!path.ends_with(kMetadataSuffix)) {
      distributions_.insert(path.substr(path.rfind('/') + 1));
    }
  }
}

void PublishedTree::FollowLinks(const std::string& path,
                                const std::string& page) {
  static const std::regex kLink(
      "href=\"(?:\\.\\./\\.\\./)([^\"#]+)#sha256=([0-9a-f]{64})\"");
  if (path.find('/') == path.rfind('/')) return;  // the root pages
  if (path.ends_with(".html")) {
    for (std::sregex_iterator link(page.begin(), page.end(), kLink), end;
         link != end; ++link) {
      const std::string target = http::PercentDecode((*link)[1].str());
      FollowLink(path, target, (*link)[2].str());
    }
    return;
  }
  const auto parsed = pypi::ParseProjectJson(page);
  if (!parsed.ok()) {
    link_problems_.push_back(path + ": " + parsed.status().ToString());
    return;
  }
  for (const pypi::IndexFile& file : parsed->files) {
    const std::string target = fmt::format("{}{}/{}", kPackagesPrefix,
                                           parsed->name.str(), file.filename);
    FollowLink(path, target, file.sha256.Hex());
    if (!file.core_metadata) continue;
    FollowLink(path, target + std::string(kMetadataSuffix),
               file.core_metadata->Hex());
  }
}

void PublishedTree::FollowLink(const std::string& page, const std::string& path,
                               const std::string& sha256) {
  linked_.insert(path);
  const auto target = targets_.find(path);
  if (target == targets_.end()) {
    link_problems_.push_back(page + " links to no target: " + path);
  } else if (target->second.find(sha256) == std::string::npos) {
    link_problems_.push_back(page + " links to other bytes: " + path);
  }
}

std::vector<std::string> PublishedTree::DifferencesFrom(
    const PublishedTree& other) const {
  std::vector<std::string> differences =
      DifferencesOf(targets_, other.targets_);
  for (std::string& difference : DifferencesOf(pages_, other.pages_)) {
    differences.push_back(std::move(difference));
  }
  return differences;
}

std::vector<std::string> PublishedTree::Problems() const {
  std::vector<std::string> problems = link_problems_;
  sync::VerifyOptions options;
  options.depth = sync::VerifyDepth::kDeep;
  options.now = now_;
  const auto report = sync::VerifyHome(home_, options);
  if (!report.ok()) {
    problems.push_back(report.status().ToString());
    return problems;
  }
  for (const report::Problem& problem : report->problems) {
    problems.push_back(problem.object + ": " + problem.reason.ToString());
  }
  return problems;
}

std::vector<std::string> PublishedTree::Unreferenced() const {
  std::vector<std::string> unreferenced;
  for (const auto& [path, content] : targets_) {
    if (path.starts_with(kPackagesPrefix) && !linked_.contains(path)) {
      unreferenced.push_back(path + ": no page links to it");
    }
  }
  for (const char* directory : {"packages", "simple"}) {
    // As a reader would: packages is a symbolic link.
    const std::string start = root_ + "/" + directory + "/";
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator(start)) {
      if (!entry.is_regular_file()) continue;
      const std::string path =
          directory + ("/" + entry.path().string().substr(start.size()));
      const auto [plain, digest] = SplitDigest(path);
      const auto target = targets_.find(plain);
      if (target == targets_.end() ||
          target->second.find(digest) == std::string::npos) {
        unreferenced.push_back(path + ": no target");
      }
    }
  }
  return unreferenced;
}

}  // namespace tufmirror::testing
