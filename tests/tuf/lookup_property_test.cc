// Random delegation graphs: the lookup agrees with a second resolver that is
// written from the specification's words alone, on plain values.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "support/repository_fixture.h"
#include "support/status_matchers.h"
#include "tuf/role_loader.h"
#include "tufmirror/crypto/hash.h"

namespace tufmirror::testing {
namespace {

// One random delegation, kept beside the fixture in the resolver's own form.
struct Edge {
  std::string to;
  std::vector<std::string> folders;   // covers exactly "folder/..." of these
  std::vector<std::string> prefixes;  // or these digest prefixes
  bool terminating = false;
};

struct Graph {
  std::map<std::string, std::vector<Edge>> edges;
  std::map<std::string, std::set<std::string>> listed;
};

bool Covers(const Edge& edge, const std::string& path) {
  for (const std::string& folder : edge.folders) {
    if (path.rfind(folder + "/", 0) == 0) return true;
  }
  const std::string hex = crypto::Sha256Of(path).Hex();
  for (const std::string& prefix : edge.prefixes) {
    if (hex.rfind(prefix, 0) == 0) return true;
  }
  return false;
}

// Recursive, as 5.6.7 is worded. Collects who is visited; sets `result` when
// found; returns whether the whole search is over.
class NaiveResolver {
 public:
  NaiveResolver(const Graph& graph, std::string path, size_t max_roles)
      : graph_(graph), path_(std::move(path)), max_roles_(max_roles) {
    Visit("targets");
  }
  const std::string& result() const { return result_; }
  const std::vector<std::string>& visited() const { return visited_; }

 private:
  bool Visit(const std::string& role) {
    for (const std::string& earlier : visited_) {
      if (earlier == role) return false;
    }
    if (max_roles_ != 0 && visited_.size() > max_roles_) return true;
    visited_.push_back(role);
    const auto listed = graph_.listed.find(role);
    if (listed != graph_.listed.end() && listed->second.contains(path_)) {
      result_ = role;
      return true;
    }
    const auto edges = graph_.edges.find(role);
    if (edges == graph_.edges.end()) return false;
    for (const Edge& edge : edges->second) {
      if (!Covers(edge, path_)) continue;
      if (Visit(edge.to)) return true;
      if (edge.terminating) return true;
    }
    return false;
  }

  const Graph& graph_;
  std::string path_;
  size_t max_roles_;
  std::string result_;
  std::vector<std::string> visited_;
};

class RandomGraph {
 public:
  explicit RandomGraph(uint32_t seed) : random_(seed) {
    const int roles = 3 + Pick(10);
    for (int i = 0; i < roles; ++i) names_.push_back("r" + std::to_string(i));
    AddEdges("targets");
    // Only roles that something delegates to exist; that set grows as we go.
    for (size_t i = 0; i < reached_.size(); ++i) AddEdges(reached_[i]);
    for (const std::string& role : reached_) AddListed(role);
    if (Pick(4) == 0) AddListed("targets");
  }

  std::string Path() {
    return std::string(1, "abc"[Pick(3)]) + "/" + std::to_string(Pick(6));
  }
  int Pick(int below) { return static_cast<int>(random_() % below); }

  Graph graph;
  RepositoryFixture repository;

 private:
  void AddEdges(std::string from) {
    std::vector<std::string> candidates = names_;
    std::shuffle(candidates.begin(), candidates.end(), random_);
    candidates.resize(
        std::min(candidates.size(), static_cast<size_t>(Pick(5))));
    for (const std::string& to : candidates) {
      Edge edge;
      edge.to = to;
      edge.terminating = Pick(5) == 0;
      const auto terminating =
          edge.terminating ? Terminating::kYes : Terminating::kNo;
      if (Pick(3) == 0) {
        for (int i = 0; i < 6; ++i) {
          edge.prefixes.push_back(std::string(1, "0123456789abcdef"[Pick(16)]));
        }
        repository.Delegate(from, to, tuf::PathHashPrefixes{edge.prefixes},
                            terminating);
      } else {
        std::vector<std::string> patterns;
        for (const char* folder : {"a", "b", "c"}) {
          if (Pick(3) == 0) continue;
          edge.folders.push_back(folder);
          patterns.push_back(std::string(folder) + "/*");
        }
        repository.Delegate(from, to, patterns, terminating);
      }
      if (std::find(reached_.begin(), reached_.end(), to) == reached_.end()) {
        reached_.push_back(to);
      }
      graph.edges[from].push_back(edge);
    }
  }
  void AddListed(const std::string& role) {
    for (int i = Pick(4); i > 0; --i) {
      const std::string path = Path();
      repository.AddTarget(role, path, role + " says " + path);
      graph.listed[role].insert(path);
    }
  }

  std::mt19937 random_;
  std::vector<std::string> names_;
  std::vector<std::string> reached_;
};

TEST(LookupPropertyTest, AgreesWithANaiveResolverOnRandomGraphs) {
  int found = 0, missing = 0;
  for (uint32_t seed = 1; seed <= 150; ++seed) {
    RandomGraph random(seed);
    RoleLoader lookup(random.repository);
    for (int i = 0; i < 8; ++i) {
      const std::string path = random.Path();
      const int max_roles = random.Pick(3) == 0 ? 1 + random.Pick(6) : 0;
      const NaiveResolver expected(random.graph, path,
                                   static_cast<size_t>(max_roles));
      ASSERT_OK_AND_ASSIGN(const auto target, lookup.Find(path, max_roles));
      ASSERT_EQ(target ? target->role : "", expected.result())
          << "seed " << seed << ", path " << path << ", cap " << max_roles;
      std::vector<std::string> visited = {"targets"};
      for (const std::string& asked : lookup.asked()) {
        visited.push_back(asked.substr(0, asked.find('<')));
      }
      ASSERT_EQ(visited, expected.visited())
          << "seed " << seed << ", path " << path << ", cap " << max_roles;
      if (target) {
        ASSERT_EQ(target->target.content.digests.sha256,
                  crypto::Sha256Of(target->role + " says " + path));
      }
      ++(target ? found : missing);
    }
  }
  EXPECT_GT(found, 100);
  EXPECT_GT(missing, 100);
}

}  // namespace
}  // namespace tufmirror::testing
