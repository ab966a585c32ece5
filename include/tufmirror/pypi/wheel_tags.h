// Compatibility tags of wheels (PEP 425, 600, 656, 703, 730, 738, 783): what
// they say, and whether a wheel runs on a platform with an interpreter.
#ifndef TUFMIRROR_PYPI_WHEEL_TAGS_H_
#define TUFMIRROR_PYPI_WHEEL_TAGS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "tufmirror/pypi/names.h"
#include "tufmirror/pypi/target.h"

namespace tufmirror::pypi {

enum class PlatformKind {
  kAny,
  kManylinux,   // glibc of `version`; 1, 2010 and 2014 are 2.5, 2.12, 2.17
  kMusllinux,   // musl of `version`
  kLinux,       // "linux_x86_64": no promise about the C library
  kMacos,       // macOS of `version`
  kWindows,     // win32, win_amd64, win_arm64
  kAndroid,     // API level in `version.major`
  kIos,         // iOS of `version`
  kEmscripten,  // "emscripten_3_1_58_wasm32", "pyodide_2024_0_wasm32"
  kOther,
};

struct PlatformTag {
  PlatformKind kind = PlatformKind::kOther;
  SystemVersion version = {};
  // Canonical, or one of macOS's groups: universal2, universal, intel, fat,
  // fat3, fat64. Empty for "any" and other tags.
  std::string machine = {};
  bool simulator = false;  // iOS

  // Never fails: what is not known is kOther.
  static PlatformTag Of(std::string_view tag);
  // True if code for this tag runs on `platform` at all.
  bool RunsOn(const TargetPlatform& platform) const;

  friend bool operator==(const PlatformTag&, const PlatformTag&) = default;
};

enum class PythonKind {
  kGeneric,  // py
  kCpython,  // cp
  kPypy,     // pp
  kGraalpy,  // graalpy
  kOther,    // jy, ip, source, ...
};

// "py3", "py37", "cp311", "pp39".
struct PythonTag {
  PythonKind kind = PythonKind::kOther;
  uint32_t major = 0;
  std::optional<uint32_t> minor = {};

  static PythonTag Of(std::string_view tag);

  friend bool operator==(const PythonTag&, const PythonTag&) = default;
};

enum class AbiKind {
  kNone,                // pure, or a library loaded without Python's C API
  kStable,              // abi3
  kStableFreeThreaded,  // abi3t (PEP 803)
  kCpython,             // cp37m, cp311, cp313t
  kPypy,                // pypy39_pp73
  kGraalpy,             // graalpy231_310_native
  kOther,
};

struct AbiTag {
  AbiKind kind = AbiKind::kOther;
  uint32_t major = 0;  // CPython, PyPy, GraalPy: of the Python language
  uint32_t minor = 0;
  std::string flags = {};  // CPython: any of "d", "m", "t", "u"

  static AbiTag Of(std::string_view tag);

  friend bool operator==(const AbiTag&, const AbiTag&) = default;
};

// The tags of one wheel. It has every combination of the three sets.
struct WheelTags {
  std::vector<PythonTag> pythons = {};
  std::vector<AbiTag> abis = {};
  std::vector<PlatformTag> platforms = {};

  // Those of a wheel's file name; empty sets for other distributions.
  static WheelTags Of(const DistributionName& wheel);
  // "py2.py3-none-any"; kMalformed if there are not three sets.
  static absl::StatusOr<WheelTags> Parse(std::string_view text);

  friend bool operator==(const WheelTags&, const WheelTags&) = default;
};

// True if one of the wheel's combinations is for `platform` and `interpreter`.
// Installers leave out a few that no PEP rules out, and that nothing makes
// wheels for: an ABI with the platform "any" ("cp38-abi3-any"), and of PyPy
// "pp39-none-any" and "pp3-none" on one platform. Those count here.
bool RunsOn(const WheelTags& tags, const TargetPlatform& platform,
            const Interpreter& interpreter);

// True if at least one of the wheel's platforms is `platform`, whatever the
// Python; and the reverse.
bool RunsOnPlatform(const WheelTags& tags, const TargetPlatform& platform);
bool RunsOnInterpreter(const WheelTags& tags, const Interpreter& interpreter);

}  // namespace tufmirror::pypi

#endif  // TUFMIRROR_PYPI_WHEEL_TAGS_H_
