// A wheel is for every pair of one of its platforms and a machine that has the
// code; the rules take pairs away one after the other, and the one that takes
// the last is the one that refuses.
#include "select/platform_rules.h"

#include <re2/re2.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>

#include "fmt/format.h"
#include "select/pattern.h"
#include "select/rule_text.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"

namespace tufmirror::select {
namespace {

using pypi::Libc;
using pypi::OperatingSystem;
using pypi::PlatformKind;
using pypi::PlatformTag;
using pypi::SystemVersion;
using pypi::TargetPlatform;

constexpr char kPlatformWords[] =
    "linux, manylinux, manylinux_2_17, manylinux2014, musllinux, "
    "musllinux_1_2, macos, macos-11, windows, android, android-24, ios, "
    "ios-13 or emscripten";

struct PlainPlatform {
  std::string_view word;
  OperatingSystem os;
  Libc libc = Libc::kGlibc;
  std::optional<SystemVersion> max_libc = {};
};

const PlainPlatform kPlain[] = {
    {"linux", OperatingSystem::kLinux},
    {"linux", OperatingSystem::kLinux, Libc::kMusl},
    {"manylinux", OperatingSystem::kLinux},
    {"manylinux1", OperatingSystem::kLinux, Libc::kGlibc, SystemVersion{2, 5}},
    {"manylinux2010", OperatingSystem::kLinux, Libc::kGlibc,
     SystemVersion{2, 12}},
    {"manylinux2014", OperatingSystem::kLinux, Libc::kGlibc,
     SystemVersion{2, 17}},
    {"musllinux", OperatingSystem::kLinux, Libc::kMusl},
    {"macos", OperatingSystem::kMacos},
    {"windows", OperatingSystem::kWindows},
    {"android", OperatingSystem::kAndroid},
    {"ios", OperatingSystem::kIos},
    {"emscripten", OperatingSystem::kEmscripten},
};

// "manylinux_2_17", "musllinux_1_2".
std::optional<TargetPlatform> LinuxWithVersion(std::string_view word) {
  std::string libc;
  SystemVersion version;
  if (!re2::RE2::FullMatch(ToRe2(word),
                           "(manylinux|musllinux)_(\\d{1,6})_(\\d{1,6})", &libc,
                           &version.major, &version.minor)) {
    return std::nullopt;
  }
  return TargetPlatform{
      .libc = libc == "manylinux" ? Libc::kGlibc : Libc::kMusl,
      .max_libc = version};
}

// "macos-11", which is 11.x too; "macos-10.15", "android-24", "ios-13".
std::optional<TargetPlatform> SystemWithVersion(std::string_view word) {
  std::string system;
  SystemVersion version;
  const bool has_minor = re2::RE2::FullMatch(
      ToRe2(word), "(macos|android|ios)-(\\d{1,6})\\.(\\d{1,6})", &system,
      &version.major, &version.minor);
  if (!has_minor) {
    version.minor = std::numeric_limits<uint32_t>::max();
    if (!re2::RE2::FullMatch(ToRe2(word), "(macos|android|ios)-(\\d{1,6})",
                             &system, &version.major)) {
      return std::nullopt;
    }
  }
  const OperatingSystem os = system == "macos"     ? OperatingSystem::kMacos
                             : system == "android" ? OperatingSystem::kAndroid
                                                   : OperatingSystem::kIos;
  return TargetPlatform{.os = os, .max_system = version};
}

absl::StatusOr<std::vector<TargetPlatform>> ReadPlatforms(
    std::string_view option, const std::vector<std::string>& words) {
  std::vector<TargetPlatform> platforms;
  for (const std::string& word : words) {
    const size_t before = platforms.size();
    for (const PlainPlatform& plain : kPlain) {
      if (plain.word != word) continue;
      platforms.push_back(
          {.os = plain.os, .libc = plain.libc, .max_libc = plain.max_libc});
    }
    for (const auto& read : {LinuxWithVersion(word), SystemWithVersion(word)}) {
      if (read) platforms.push_back(*read);
    }
    if (platforms.size() == before) {
      return BadValue(option, word, kPlatformWords);
    }
  }
  return platforms;
}

absl::StatusOr<std::vector<std::string>> ReadMachines(
    std::string_view option, const std::vector<std::string>& words) {
  std::vector<std::string> machines;
  for (const std::string& word : words) {
    const auto platform = TargetPlatform::Parse("linux", word);
    if (!platform.ok()) {
      return BadValue(option, word, "a machine such as x86_64 or aarch64");
    }
    machines.push_back(platform->machine);
  }
  return machines;
}

bool Has(const std::vector<std::string>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// The machines that a binary for `tag` has code for.
std::vector<std::string> MachinesOf(const PlatformTag& tag) {
  struct Group {
    std::string_view name;
    std::vector<std::string> machines;
  };
  const Group groups[] = {{"universal2", {"x86_64", "aarch64"}},
                          {"universal", {"x86_64", "i686", "ppc", "ppc64"}},
                          {"intel", {"x86_64", "i686"}},
                          {"fat", {"i686", "ppc"}},
                          {"fat3", {"x86_64", "i686", "ppc"}},
                          {"fat32", {"x86_64", "i686", "ppc"}},
                          {"fat64", {"x86_64", "ppc64"}}};
  if (tag.kind == PlatformKind::kMacos) {
    for (const Group& group : groups) {
      if (group.name == tag.machine) return group.machines;
    }
  }
  return {tag.machine};
}

struct Pair {
  const PlatformTag* tag;
  std::string machine;
};

template <typename Stays>
bool IsEmptyAfter(std::vector<Pair>& pairs, Stays stays) {
  pairs.erase(std::remove_if(pairs.begin(), pairs.end(),
                             [&](const Pair& pair) { return !stays(pair); }),
              pairs.end());
  return pairs.empty();
}

std::optional<OperatingSystem> SystemOfLegacy(std::string_view filename) {
  constexpr std::pair<std::string_view, OperatingSystem> kExtensions[] = {
      {".exe", OperatingSystem::kWindows}, {".msi", OperatingSystem::kWindows},
      {".dmg", OperatingSystem::kMacos},   {".rpm", OperatingSystem::kLinux},
      {".deb", OperatingSystem::kLinux},
  };
  for (const auto& [extension, os] : kExtensions) {
    if (filename.ends_with(extension)) return os;
  }
  return std::nullopt;
}

}  // namespace

absl::StatusOr<PlatformRules> PlatformRules::Create(const Rules& rules) {
  PlatformRules made;
  ASSIGN_OR_RETURN(made.platforms_,
                   ReadPlatforms("platforms", rules.platforms));
  ASSIGN_OR_RETURN(made.exclude_platforms_,
                   ReadPlatforms("exclude_platforms", rules.exclude_platforms));
  ASSIGN_OR_RETURN(made.machines_,
                   ReadMachines("architectures", rules.architectures));
  ASSIGN_OR_RETURN(
      made.exclude_machines_,
      ReadMachines("exclude_architectures", rules.exclude_architectures));
  made.platforms_text_ = RuleText("platforms", rules.platforms);
  made.exclude_platforms_text_ =
      RuleText("exclude_platforms", rules.exclude_platforms);
  made.machines_text_ = RuleText("architectures", rules.architectures);
  made.exclude_machines_text_ =
      RuleText("exclude_architectures", rules.exclude_architectures);
  return made;
}

bool PlatformRules::RunsOnAny(const PlatformTag& tag,
                              const std::string& machine,
                              const Platforms& platforms) {
  return std::any_of(platforms.begin(), platforms.end(),
                     [&](TargetPlatform platform) {
                       platform.machine = machine;
                       return tag.RunsOn(platform);
                     });
}

std::string PlatformRules::RefusalOfWheel(const pypi::WheelTags& tags) const {
  std::vector<Pair> pairs;
  for (const PlatformTag& tag : tags.platforms) {
    if (tag.kind == PlatformKind::kAny) return "";
    for (std::string& machine : MachinesOf(tag)) {
      pairs.push_back({&tag, std::move(machine)});
    }
  }
  if (!platforms_.empty() && IsEmptyAfter(pairs, [&](const Pair& pair) {
        return RunsOnAny(*pair.tag, pair.machine, platforms_);
      })) {
    return platforms_text_;
  }
  if (!exclude_platforms_.empty() && IsEmptyAfter(pairs, [&](const Pair& pair) {
        return !RunsOnAny(*pair.tag, pair.machine, exclude_platforms_);
      })) {
    return exclude_platforms_text_;
  }
  // A tag that nobody knows does not say its machine.
  if (!machines_.empty() && IsEmptyAfter(pairs, [&](const Pair& pair) {
        return pair.machine.empty() || Has(machines_, pair.machine);
      })) {
    return machines_text_;
  }
  if (!exclude_machines_.empty() && IsEmptyAfter(pairs, [&](const Pair& pair) {
        return !Has(exclude_machines_, pair.machine);
      })) {
    return exclude_machines_text_;
  }
  return "";
}

std::string PlatformRules::RefusalOfLegacy(std::string_view filename) const {
  const std::optional<OperatingSystem> os = SystemOfLegacy(filename);
  if (!os) return "";
  const auto is_same = [&](const TargetPlatform& platform) {
    return platform.os == *os;
  };
  if (!platforms_.empty() &&
      std::none_of(platforms_.begin(), platforms_.end(), is_same)) {
    return platforms_text_;
  }
  // What is excluded up to a version, or for one C library, is not all.
  TargetPlatform whole{.os = *os};
  TargetPlatform musl{.os = *os, .libc = Libc::kMusl};
  const bool is_excluded =
      IsExcludedWhole(whole) &&
      (*os != OperatingSystem::kLinux || IsExcludedWhole(musl));
  return is_excluded ? exclude_platforms_text_ : "";
}

bool PlatformRules::IsExcludedWhole(const TargetPlatform& platform) const {
  return std::any_of(exclude_platforms_.begin(), exclude_platforms_.end(),
                     [&](const TargetPlatform& excluded) {
                       return excluded.os == platform.os &&
                              excluded.libc == platform.libc &&
                              !excluded.max_libc && !excluded.max_system;
                     });
}

std::vector<TargetPlatform> PlatformRules::Representatives() const {
  Platforms systems = platforms_;
  if (systems.empty()) {
    systems = {{.os = OperatingSystem::kLinux},
               {.os = OperatingSystem::kLinux, .libc = Libc::kMusl},
               {.os = OperatingSystem::kMacos},
               {.os = OperatingSystem::kWindows}};
  }
  std::vector<std::string> machines = machines_;
  if (machines.empty()) machines = {"x86_64", "aarch64", "i686"};
  Platforms representatives;
  for (const TargetPlatform& system : systems) {
    if (IsExcludedWhole(system)) continue;
    for (const std::string& machine : machines) {
      if (Has(exclude_machines_, machine)) continue;
      representatives.push_back(system);
      representatives.back().machine = machine;
    }
  }
  return representatives;
}

}  // namespace tufmirror::select
