// Reading compatibility tags. Nothing fails here: an index holds tags that
// nobody knows, and those run nowhere.
#include "tufmirror/pypi/wheel_tags.h"

#include <algorithm>
#include <utility>

#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/strings.h"

namespace tufmirror::pypi {
namespace {

constexpr size_t kMaxTagDigits = 6;

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

bool IsTagDigit(char c) { return c >= '0' && c <= '9'; }

bool TakePrefix(std::string_view& text, std::string_view prefix) {
  if (text.substr(0, prefix.size()) != prefix) return false;
  text.remove_prefix(prefix.size());
  return true;
}

bool TakeSuffix(std::string_view& text, std::string_view suffix) {
  if (text.size() < suffix.size() ||
      text.substr(text.size() - suffix.size()) != suffix) {
    return false;
  }
  text.remove_suffix(suffix.size());
  return true;
}

std::optional<uint32_t> TakeNumber(std::string_view& text, size_t max_digits) {
  uint32_t value = 0;
  size_t digits = 0;
  for (; digits < text.size() && IsTagDigit(text[digits]); ++digits) {
    if (digits == max_digits) return std::nullopt;
    value = value * 10 + static_cast<uint32_t>(text[digits] - '0');
  }
  if (digits == 0) return std::nullopt;
  text.remove_prefix(digits);
  return value;
}

// "2_17_" at the front of `text`.
std::optional<SystemVersion> TakeVersion(std::string_view& text) {
  const std::optional<uint32_t> major = TakeNumber(text, kMaxTagDigits);
  if (!major || !TakePrefix(text, "_")) return std::nullopt;
  const std::optional<uint32_t> minor = TakeNumber(text, kMaxTagDigits);
  if (!minor || !TakePrefix(text, "_")) return std::nullopt;
  return SystemVersion{.major = *major, .minor = *minor};
}

struct ManylinuxAlias {
  std::string_view prefix;
  SystemVersion version;
};

constexpr ManylinuxAlias kManylinuxAliases[] = {
    {"manylinux1_", {2, 5}},
    {"manylinux2010_", {2, 12}},
    {"manylinux2014_", {2, 17}},
};

PlatformTag Tag(PlatformKind kind, SystemVersion version,
                std::string_view machine) {
  if (machine.empty()) return {};
  return {
      .kind = kind, .version = version, .machine = CanonicalMachine(machine)};
}

PlatformTag WithVersion(PlatformKind kind, std::string_view rest) {
  const std::optional<SystemVersion> version = TakeVersion(rest);
  return version ? Tag(kind, *version, rest) : PlatformTag();
}

PlatformTag IosTag(std::string_view rest) {
  const bool simulator = TakeSuffix(rest, "_iphonesimulator");
  if (!simulator && !TakeSuffix(rest, "_iphoneos")) return {};
  PlatformTag tag = WithVersion(PlatformKind::kIos, rest);
  tag.simulator = simulator && tag.kind == PlatformKind::kIos;
  return tag;
}

PlatformTag AndroidTag(std::string_view rest) {
  const std::optional<uint32_t> level = TakeNumber(rest, kMaxTagDigits);
  if (!level || !TakePrefix(rest, "_")) return {};
  return Tag(PlatformKind::kAndroid, {.major = *level, .minor = 0}, rest);
}

// "3_1_58_wasm32" or "2024_0_wasm32".
PlatformTag EmscriptenTag(std::string_view rest) {
  const std::optional<SystemVersion> version = TakeVersion(rest);
  if (!version) return {};
  std::string_view after_patch = rest;
  if (TakeNumber(after_patch, kMaxTagDigits) && TakePrefix(after_patch, "_")) {
    rest = after_patch;
  }
  return Tag(PlatformKind::kEmscripten, *version, rest);
}

PlatformTag LinuxTag(std::string_view rest) {
  for (const ManylinuxAlias& alias : kManylinuxAliases) {
    std::string_view machine = rest;
    if (TakePrefix(machine, alias.prefix)) {
      return Tag(PlatformKind::kManylinux, alias.version, machine);
    }
  }
  if (TakePrefix(rest, "manylinux_")) {
    return WithVersion(PlatformKind::kManylinux, rest);
  }
  if (TakePrefix(rest, "musllinux_")) {
    return WithVersion(PlatformKind::kMusllinux, rest);
  }
  if (TakePrefix(rest, "linux_")) return Tag(PlatformKind::kLinux, {}, rest);
  return {};
}

// The language version after an implementation's letters: "3", "37", "311",
// "3_11".
bool TakePythonVersion(std::string_view& text, uint32_t& major,
                       std::optional<uint32_t>& minor) {
  const std::optional<uint32_t> first =
      text.empty() || !IsTagDigit(text[0])
          ? std::nullopt
          : std::optional<uint32_t>(static_cast<uint32_t>(text[0] - '0'));
  if (!first) return false;
  text.remove_prefix(1);
  major = *first;
  std::string_view after = text;
  TakePrefix(after, "_");
  minor = TakeNumber(after, 3);
  if (minor) text = after;
  return true;
}

struct PythonPrefix {
  std::string_view prefix;
  PythonKind kind;
};

constexpr PythonPrefix kPythonPrefixes[] = {
    {"py", PythonKind::kGeneric},
    {"cp", PythonKind::kCpython},
    {"pp", PythonKind::kPypy},
    {"graalpy", PythonKind::kGraalpy},
};

template <typename Tag, typename Texts>
std::vector<Tag> TagsOf(const Texts& texts) {
  std::vector<Tag> tags;
  tags.reserve(texts.size());
  for (const auto& text : texts) tags.push_back(Tag::Of(text));
  return tags;
}

}  // namespace

PlatformTag PlatformTag::Of(std::string_view tag) {
  const std::string lower = Lower(tag);
  std::string_view rest = lower;
  if (rest == "any") return {.kind = PlatformKind::kAny};
  if (rest == "win32") return Tag(PlatformKind::kWindows, {}, "i686");
  if (TakePrefix(rest, "win_")) return Tag(PlatformKind::kWindows, {}, rest);
  if (TakePrefix(rest, "macosx_")) {
    return WithVersion(PlatformKind::kMacos, rest);
  }
  if (TakePrefix(rest, "ios_")) return IosTag(rest);
  if (TakePrefix(rest, "android_")) return AndroidTag(rest);
  if (TakePrefix(rest, "emscripten_") || TakePrefix(rest, "pyodide_")) {
    return EmscriptenTag(rest);
  }
  return LinuxTag(rest);
}

PythonTag PythonTag::Of(std::string_view tag) {
  const std::string lower = Lower(tag);
  for (const PythonPrefix& known : kPythonPrefixes) {
    std::string_view rest = lower;
    PythonTag python{.kind = known.kind};
    if (TakePrefix(rest, known.prefix) &&
        TakePythonVersion(rest, python.major, python.minor) && rest.empty()) {
      return python;
    }
  }
  return {};
}

AbiTag AbiTag::Of(std::string_view tag) {
  const std::string lower = Lower(tag);
  std::string_view rest = lower;
  if (rest == "none") return {.kind = AbiKind::kNone};
  if (rest == "abi3") return {.kind = AbiKind::kStable};
  if (rest == "abi3t") return {.kind = AbiKind::kStableFreeThreaded};
  AbiTag abi;
  if (TakePrefix(rest, "cp")) {
    abi.kind = AbiKind::kCpython;
  } else if (TakePrefix(rest, "pypy")) {
    abi.kind = AbiKind::kPypy;
  } else if (TakePrefix(rest, "graalpy") && !rest.empty()) {
    // "graalpy231_310_native": the first number is GraalPy's own.
    abi.kind = AbiKind::kGraalpy;
    rest.remove_prefix(std::min(rest.find('_'), rest.size() - 1) + 1);
  }
  std::optional<uint32_t> minor;
  if (abi.kind == AbiKind::kOther ||
      !TakePythonVersion(rest, abi.major, minor) || !minor) {
    return {};
  }
  abi.minor = *minor;
  // PyPy and GraalPy add versions of their own that nothing here compares.
  if (abi.kind != AbiKind::kCpython) {
    return rest.empty() || rest[0] == '_' ? abi : AbiTag();
  }
  if (rest.find_first_not_of("dmtu") != std::string_view::npos) return {};
  abi.flags = rest;
  return abi;
}

WheelTags WheelTags::Of(const DistributionName& wheel) {
  return {.pythons = TagsOf<PythonTag>(wheel.python_tags),
          .abis = TagsOf<AbiTag>(wheel.abi_tags),
          .platforms = TagsOf<PlatformTag>(wheel.platform_tags)};
}

absl::StatusOr<WheelTags> WheelTags::Parse(std::string_view text) {
  const std::vector<std::string_view> sets = SplitAt(text, '-');
  const bool empty_tag =
      std::any_of(sets.begin(), sets.end(), [](std::string_view set) {
        const std::vector<std::string_view> tags = SplitAt(set, '.');
        return std::find(tags.begin(), tags.end(), "") != tags.end();
      });
  if (sets.size() != 3 || empty_tag) {
    return MakeFailure(
        Failure::kMalformed,
        fmt::format("compatibility tags '{}': three sets between "
                    "'-' expected, such as py2.py3-none-any",
                    Printable(text)));
  }
  return WheelTags{.pythons = TagsOf<PythonTag>(SplitAt(sets[0], '.')),
                   .abis = TagsOf<AbiTag>(SplitAt(sets[1], '.')),
                   .platforms = TagsOf<PlatformTag>(SplitAt(sets[2], '.'))};
}

}  // namespace tufmirror::pypi
