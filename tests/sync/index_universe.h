// A random plain index that changes in all the ways that real ones do, and the
// rules that an operator may follow it by. Equal seeds, equal histories.
#ifndef TUFMIRROR_TESTS_SYNC_INDEX_UNIVERSE_H_
#define TUFMIRROR_TESTS_SYNC_INDEX_UNIVERSE_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "support/index_server.h"
#include "tufmirror/select/rules.h"

namespace tufmirror::testing {

class RandomChoice {
 public:
  explicit RandomChoice(uint32_t seed) : engine_(seed) {}
  // Both ends included.
  int Between(int low, int high) {
    return low +
           static_cast<int>(engine_() % static_cast<uint32_t>(high - low + 1));
  }
  bool OneIn(int n) { return Between(1, n) == 1; }
  template <typename T>
  const T& Of(const std::vector<T>& items) {
    return items[engine_() % items.size()];
  }

 private:
  std::mt19937 engine_;
};

class IndexUniverse {
 public:
  // `random` outlives this.
  explicit IndexUniverse(RandomChoice& random);

  std::string url() const { return server_.url(); }
  // What happened so far.
  const std::string& log() const { return log_; }
  void Note(const std::string& what) { log_ += " " + what; }
  // Names of the files that the pages list now.
  std::set<std::string> Filenames() const;

  // A few things happen at `now`: what comes and goes, yanks, quarantine,
  // status, metadata that is added, pages that are replaced; some without a
  // new serial.
  void Evolve(absl::Time now);
  // Pages and files cannot be had, or not as they are, until Heal.
  void BreakSomething();
  void Heal();

  // None in every third case.
  select::Rules RandomRules();

 private:
  // By normalized name: what the page says, also while it is not there.
  struct Project {
    ServedProject page;
    bool is_removed = false;
    bool is_quarantined = false;
  };
  enum class Serial { kNew, kSame };

  void AddProject(absl::Time now);
  void AddFile(Project& project, absl::Time now);
  // Fills in what is said of `file` from the first time that it is offered on.
  void Describe(ServedFile& file, absl::Time now);
  ServedFile Wheel(const Project& project, const std::string& version);
  ServedFile Sdist(const Project& project, const std::string& version);
  void ChangeFiles(Project& project, absl::Time now);
  void ChangeProject(Project& project);
  void Publish(Project& project, Serial serial);
  Project& AnyProject();

  RandomChoice& random_;
  IndexServer server_;
  bool has_serials_;
  std::map<std::string, Project> projects_;
  // As they were last offered, by name: what is said of the same bytes when
  // they come back stays the same.
  std::map<std::string, ServedFile> files_;
  std::string log_;
};

}  // namespace tufmirror::testing

#endif  // TUFMIRROR_TESTS_SYNC_INDEX_UNIVERSE_H_
