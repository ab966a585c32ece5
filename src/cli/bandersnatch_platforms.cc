// Eggs and plain archives of binaries name their system too, in ways of their
// own.
#include "cli/bandersnatch_platforms.h"

#include "fmt/format.h"
#include "tufmirror/base/strings.h"

namespace tufmirror::cli {
namespace {

bool IsPythonVersion(std::string_view text) {
  return !text.empty() && (text[0] == '2' || text[0] == '3') &&
         text.find_first_not_of("0123456789.") == std::string_view::npos;
}

// `text` as an expression that matches it.
std::string Quoted(std::string_view text) {
  std::string quoted;
  for (const char c : text) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c >= '0' && c <= '9') || c == '_';
    if (!is_plain) quoted += '\\';
    quoted += c;
  }
  return quoted;
}

}  // namespace

ExcludedPlatform ExcludePlatform(std::string_view word) {
  const std::string lower = AsciiLower(word);
  if (lower == "windows" || lower == "win") {
    return {.platforms = {"windows"},
            .files = {"/[.-]win(32|-amd64)[^\\/]*\\.(egg|zip)$/"}};
  }
  if (lower == "macos" || lower == "macosx") {
    return {.platforms = {"macos"},
            .files = {"/[.-]macosx-[^\\/]*\\.(egg|tar\\.gz)$/"}};
  }
  if (lower == "linux") {
    return {.platforms = {"linux"},
            .files = {"/[.-]linux-(i686|x86_64)[^\\/]*\\.(egg|tar\\.gz)$/"}};
  }
  if (lower == "freebsd") {
    return {.files = {"/(-freebsd_[^-]*\\.whl|"
                      "[.]freebsd-[^\\/]*\\.(egg|tar\\.gz|zip))$/"}};
  }
  if (lower.starts_with("py") && IsPythonVersion(lower.substr(2))) {
    return {.pythons = {lower.substr(2)}};
  }
  return {.files = {fmt::format("/{}.*\\.(whl|egg|exe|msi|dmg|rpm|deb)$/",
                                Quoted(word))}};
}

}  // namespace tufmirror::cli
