// What a distribution is to run on: an operating system with its machine and
// C library, and a Python interpreter.
#ifndef TUFMIRROR_PYPI_TARGET_H_
#define TUFMIRROR_PYPI_TARGET_H_

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "tufmirror/pypi/python_version.h"

namespace tufmirror::pypi {

enum class OperatingSystem {
  kLinux,
  kMacos,
  kWindows,
  kAndroid,
  kIos,
  kEmscripten,
};

enum class Libc { kGlibc, kMusl };

// The version of a C library, of macOS, an Android API level (major only).
struct SystemVersion {
  uint32_t major = 0;
  uint32_t minor = 0;
  friend auto operator<=>(const SystemVersion&, const SystemVersion&) = default;
};

// One name for each machine: "amd64" to "x86_64", "arm64" and "arm64_v8a" to
// "aarch64", "x86" and "i386" to "i686", "armeabi_v7a" to "armv7l"; others in
// lower case.
std::string CanonicalMachine(std::string_view machine);

struct TargetPlatform {
  OperatingSystem os = OperatingSystem::kLinux;
  std::string machine = "x86_64";  // canonical
  Libc libc = Libc::kGlibc;        // Linux only
  // The newest that is there; nullopt: as new as a file asks for.
  std::optional<SystemVersion> max_libc = {};    // Linux only
  std::optional<SystemVersion> max_system = {};  // macOS, iOS, Android

  // `os` is one of linux (with glibc), linux-musl, macos, windows, android,
  // ios, emscripten; kMalformed otherwise, or if `machine` is not a word.
  static absl::StatusOr<TargetPlatform> Parse(std::string_view os,
                                              std::string_view machine);

  friend bool operator==(const TargetPlatform&,
                         const TargetPlatform&) = default;
};

enum class Implementation { kCpython, kPypy, kGraalpy };

struct Interpreter {
  Implementation implementation = Implementation::kCpython;
  PythonVersion version = {};
  bool free_threaded = false;  // CPython without its lock (PEP 703)

  // "3.11", "3.13t", "3.11.4", "cpython3.11", "pypy3.10", "graalpy3.11";
  // kMalformed otherwise.
  static absl::StatusOr<Interpreter> Parse(std::string_view text);

  friend bool operator==(const Interpreter&, const Interpreter&) = default;
};

}  // namespace tufmirror::pypi

#endif  // TUFMIRROR_PYPI_TARGET_H_
