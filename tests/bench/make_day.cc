// Writes the metadata of a repository as large as the largest index at three
// moments: DIRECTORY/0; DIRECTORY/1, a day later; and DIRECTORY/2, a quarter of
// an hour after that.
//
// 2^14 bins of 1,040 targets each are 17 million targets. What nobody asks for
// is left out: only bins that have a target which DIRECTORY/targets-0 or
// targets-1 names (lines "path sha256 length") are written, with as many other
// targets in them, and only versions are kept of the others. Equal arguments
// give equal targets.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <map>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/time/clock.h"
#include "fmt/format.h"
#include "support/repository_fixture.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/compress/delta_pack.h"
#include "tufmirror/compress/version_list.h"
#include "tufmirror/fs/file.h"
#include "tufmirror/tree/layout.h"

namespace tufmirror {
namespace {

constexpr int kBinBits = 14;
constexpr size_t kTargetsOfBin = 1040;
constexpr int kPublicationsOfDay = 288;  // one in five minutes
// Files, their core metadata and pages that are new or changed in a day, and
// the bins that are signed again because they expire.
constexpr int kChangesOfDay = 40'000;
constexpr int kResignedOfDay = (1 << kBinBits) / 7;
constexpr int kHistoryDays = 14;
constexpr int kContentDays = 6;  // of which packs can have links
constexpr int kFirstMoment = kHistoryDays * kPublicationsOfDay;
constexpr int kMoments[] = {kFirstMoment, kFirstMoment + kPublicationsOfDay,
                            kFirstMoment + kPublicationsOfDay + 3};

class Day {
 public:
  explicit Day(std::string directory) : directory_(std::move(directory)) {}

  absl::Status Make() {
    ASSIGN_OR_RETURN(const Listed before, ReadListed("targets-0"));
    ASSIGN_OR_RETURN(const Listed after, ReadListed("targets-1"));
    MakeRepository();
    for (const auto& [path, target] : before) Touch(path);
    for (const auto& [path, target] : after) Touch(path);
    for (const std::string& bin : touched_) Fill(bin);
    for (const auto& [path, target] : before) Put(target);
    size_t moment = 0;
    for (publication_ = 1; moment < std::size(kMoments); ++publication_) {
      if (publication_ == kFirstMoment + kPublicationsOfDay / 2) {
        for (const auto& [path, target] : after) Put(target);
      }
      RETURN_IF_ERROR(Publish());
      if (publication_ == kMoments[moment]) RETURN_IF_ERROR(Write(moment++));
    }
    return absl::OkStatus();
  }

 private:
  using Listed = std::map<std::string, tuf::TargetFile>;
  struct File {
    int64_t version = 0;
    std::string bytes;
    std::string pack;
  };

  absl::StatusOr<Listed> ReadListed(const std::string& name) const {
    ASSIGN_OR_RETURN(const std::string text,
                     fs::ReadFile(directory_ + "/" + name, 1 << 24));
    Listed listed;
    for (const std::string_view line : SplitAt(text, '\n')) {
      const auto words = SplitAt(line, ' ');
      if (words.size() != 3) continue;
      tuf::TargetFile target;
      target.path = words[0];
      ASSIGN_OR_RETURN(target.content.digests.sha256,
                       Sha256::FromHex(words[1]));
      if (!absl::SimpleAtoi(ToAbsl(words[2]), &target.content.length)) continue;
      listed.emplace(target.path, target);
    }
    return listed;
  }

  void MakeRepository() {
    repository_.root.expires = expires_;
    repository_.timestamp.expires = expires_;
    repository_.snapshot.expires = expires_;
    repository_.targets.expires = expires_;
    repository_.Delegate("targets", "bins", {"simple/*/*", "packages/*/*"},
                         testing::Terminating::kYes);
    repository_.DelegateSuccinct("bins", kBinBits, "bin");
    for (const auto& [name, role] : repository_.delegated) {
      if (name != "bins") bins_.push_back(name);
    }
  }

  void Touch(const std::string& path) {
    listed_.insert(path);
    touched_.insert(repository_.BinNameOf("bins", path));
  }

  std::string Word(int syllables) {
    static constexpr std::string_view kConsonants = "bcdfghklmnprstvz";
    static constexpr std::string_view kVowels = "aeiou";
    std::string word;
    for (int i = 0; i < syllables; ++i) {
      word += kConsonants[Below(kConsonants.size())];
      word += kVowels[Below(kVowels.size())];
      if (Below(4) == 0) word += kConsonants[Below(kConsonants.size())];
    }
    return word;
  }

  // As they are on an index: a sixth pages, then sdists, wheels and their
  // core metadata. No two bins share one.
  tuf::TargetFile Other() {
    static constexpr std::string_view kTags[] = {
        "py3-none-any",
        "py3-none-any",
        "py2.py3-none-any",
        "cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64",
        "cp39-cp39-win_amd64",
        "cp312-cp312-macosx_11_0_arm64"};
    const std::string name =
        Word(2) + "-" + Word(1 + static_cast<int>(Below(3)));
    const std::string file = fmt::format("packages/{0}/{0}-{1}.{2}.{3}", name,
                                         Below(5), Below(30), Below(20));
    tuf::TargetFile target;
    switch (Below(12)) {
      case 0:
        target.path = fmt::format("simple/{}/index.html", name);
        break;
      case 1:
        target.path = fmt::format("simple/{}/index.v1_json", name);
        break;
      case 2:
      case 3:
      case 4:
        target.path = file + ".tar.gz";
        break;
      default:
        target.path = fmt::format("{}-{}.whl{}", file, kTags[Below(6)],
                                  Below(3) == 0 ? ".metadata" : "");
    }
    Renew(target);
    return target;
  }

  void Renew(tuf::TargetFile& target) {
    std::array<uint8_t, Sha256::kSize> digest;
    for (uint8_t& byte : digest) byte = static_cast<uint8_t>(random_());
    target.content.digests.sha256 = Sha256(digest);
    target.content.length = static_cast<uint64_t>(
        std::lognormal_distribution<double>(10, 1.8)(random_));
  }

  void Fill(const std::string& bin) {
    tuf::Targets& role = repository_.delegated.find(bin)->second;
    while (role.targets.size() < kTargetsOfBin) role.targets.push_back(Other());
    Sort(role);
  }

  static void Sort(tuf::Targets& role) {
    std::sort(role.targets.begin(), role.targets.end(),
              [](const tuf::TargetFile& a, const tuf::TargetFile& b) {
                return a.path < b.path;
              });
  }

  void Put(const tuf::TargetFile& target) {
    const std::string bin = repository_.BinNameOf("bins", target.path);
    tuf::Targets& role = repository_.delegated.find(bin)->second;
    std::erase_if(role.targets, [&target](const tuf::TargetFile& other) {
      return other.path == target.path;
    });
    role.targets.push_back(target);
    Sort(role);
    changed_.insert(bin);
  }

  // Two of five changes are new pages of old projects.
  void ChangeSomething(const std::string& bin) {
    tuf::Targets& role = repository_.delegated.find(bin)->second;
    tuf::TargetFile& some = role.targets[Below(role.targets.size())];
    if (Below(5) < 2 && !listed_.contains(some.path)) {
      Renew(some);
    } else {
      role.targets.push_back(Other());
      Sort(role);
    }
  }

  absl::Status Publish() {
    const bool content =
        publication_ > kFirstMoment - kContentDays * kPublicationsOfDay;
    for (int i = 0; i < kChangesOfDay / kPublicationsOfDay; ++i) {
      const std::string& bin = bins_[Below(bins_.size())];
      changed_.insert(bin);
      if (content && touched_.contains(bin)) ChangeSomething(bin);
    }
    for (int i = 0; i < kResignedOfDay / kPublicationsOfDay; ++i) {
      changed_.insert(bins_[Below(bins_.size())]);
    }
    for (const std::string& bin : std::exchange(changed_, {})) {
      tuf::Targets& role = repository_.delegated.find(bin)->second;
      role.version = publication_;
      role.expires = expires_;
      if (content && touched_.contains(bin)) {
        RETURN_IF_ERROR(Emit(bin, publication_));
      }
    }
    if (publication_ < kMoments[0]) return absl::OkStatus();
    repository_.snapshot.version = publication_;
    repository_.UpdateSnapshotMeta();
    return Emit("snapshot", publication_);
  }

  absl::Status Emit(const std::string& role, int64_t version) {
    File& file = files_[role];
    std::string bytes = repository_.Raw(role).bytes;
    if (!file.bytes.empty()) {
      ASSIGN_OR_RETURN(auto pack,
                       compress::MakeDeltaPack(file.bytes, bytes, file.pack));
      file.pack = pack ? *std::move(pack) : "";
    }
    file.version = version;
    file.bytes = std::move(bytes);
    return absl::OkStatus();
  }

  absl::Status Write(size_t moment) {
    for (const std::string& bin : touched_) {
      if (!files_.contains(bin)) {
        RETURN_IF_ERROR(
            Emit(bin, repository_.delegated.find(bin)->second.version));
      }
    }
    repository_.timestamp.version = publication_;
    repository_.UpdateTimestampMeta();
    for (const auto& [role, file] : files_) {
      RETURN_IF_ERROR(WriteFile(moment, tree::MetadataPath(role, file.version),
                                file.bytes));
      if (role == "snapshot") {
        ASSIGN_OR_RETURN(const std::string list,
                         compress::MakeVersionList(file.bytes));
        RETURN_IF_ERROR(
            WriteFile(moment, tree::VersionListPath(file.version), list));
      }
      if (file.pack.empty()) continue;
      RETURN_IF_ERROR(
          WriteFile(moment, tree::PackPath(role, file.version), file.pack));
    }
    for (const std::string role : {"root", "targets", "bins"}) {
      RETURN_IF_ERROR(WriteFile(moment, tree::MetadataPath(role, 1),
                                repository_.Raw(role).bytes));
    }
    return WriteFile(moment, tree::MetadataPath("timestamp", std::nullopt),
                     repository_.Raw("timestamp").bytes);
  }

  absl::Status WriteFile(size_t moment, const std::string& path,
                         std::string_view bytes) const {
    const std::string file = fmt::format("{}/{}/{}", directory_, moment, path);
    RETURN_IF_ERROR(fs::MakeDirectories(file.substr(0, file.rfind('/')),
                                        tree::kServedDirectoryMode));
    return fs::WriteFileAtomically(file, bytes, tree::kServedFileMode,
                                   fs::Durability::kNone);
  }

  size_t Below(size_t limit) { return random_() % limit; }

  const std::string directory_;
  const absl::Time expires_ =
      absl::FromUnixSeconds(absl::ToUnixSeconds(absl::Now())) +
      absl::Hours(10 * 24);
  std::mt19937_64 random_{1};
  testing::RepositoryFixture repository_;
  std::vector<std::string> bins_;
  std::set<std::string> listed_;   // targets that somebody asks for
  std::set<std::string> touched_;  // bins that are written
  std::set<std::string> changed_;  // bins of this publication
  std::map<std::string, File> files_;
  int publication_ = 0;
};

}  // namespace
}  // namespace tufmirror

int main(int argc, char** argv) {
  if (argc != 2) {
    fmt::print(stderr, "usage: make_day DIRECTORY\n");
    return 2;
  }
  const absl::Status status = tufmirror::Day(argv[1]).Make();
  if (status.ok()) return 0;
  fmt::print(stderr, "make_day: {}\n", tufmirror::FromAbsl(status.message()));
  return 1;
}
