// Random versions, specifiers, markers and requirements from a fixed seed, for
// tests of what must hold for all of them.
#ifndef TUFMIRROR_TESTS_PYPI_RANDOM_TEXT_H_
#define TUFMIRROR_TESTS_PYPI_RANDOM_TEXT_H_

#include <cstdint>
#include <initializer_list>
#include <random>
#include <string>
#include <string_view>

namespace tufmirror::pypi {

class RandomText {
 public:
  explicit RandomText(uint32_t seed) : engine_(seed) {}

  size_t Below(size_t n) { return engine_() % n; }
  bool Chance(size_t percent) { return Below(100) < percent; }
  std::string OneOf(std::initializer_list<std::string_view> choices) {
    return std::string(*(choices.begin() + Below(choices.size())));
  }

  std::string Release() {
    std::string text = std::to_string(Below(3));
    for (size_t i = Below(4); i > 0; --i) {
      text += '.' + std::to_string(Below(3));
    }
    return text;
  }

  // Small numbers, so that two versions are often close to each other.
  std::string PublicVersion() {
    std::string text = Chance(10) ? "1!" : "";
    text += Release();
    if (Chance(25)) text += OneOf({"a", "b", "rc", ".RC-", "alpha."}) + Digit();
    if (Chance(25)) text += OneOf({".post", "-", "-r"}) + Digit();
    if (Chance(20)) text += OneOf({".dev", "dev"}) + Digit();
    return text;
  }

  std::string Version() {
    return PublicVersion() +
           (Chance(20) ? OneOf({"+a", "+1", "+a.1", "+01"}) : "");
  }

  std::string Clause() {
    switch (Below(5)) {
      case 0:
        return OneOf({"==", "!="}) + Release() + ".*";
      case 1:
        return OneOf({"==", "!=", "=== "}) + Version();
      case 2:
        return "~=" + Release() + "." + Digit() + OneOf({"", "a1", ".post1"});
      default:
        return OneOf({"<", "<=", ">", ">= "}) + PublicVersion();
    }
  }

  std::string Specifier() {
    std::string text;
    for (size_t i = Below(4); i > 0; --i)
      text += Clause() + OneOf({",", " , "});
    return text + Clause();
  }

  std::string Marker(int depth = 3) {
    const size_t operands = depth == 0 ? 1 : 1 + Below(3);
    std::string text;
    for (size_t i = 0; i < operands; ++i) {
      if (i > 0) text += OneOf({" and ", " or "});
      text += depth > 0 && Chance(40) ? "(" + Marker(depth - 1) + ")"
                                      : Comparison();
    }
    return text;
  }

  std::string Requirement() {
    std::string text = OneOf({"a", "Some.Name", "x-1", "A__b"});
    if (Chance(40)) text += OneOf({"[x]", " [ B_c , a ]", "[]"});
    switch (Below(4)) {
      case 0:
        text += OneOf({"", " "}) + Specifier();
        break;
      case 1:
        text += " (" + Specifier() + ")";
        break;
      case 2:
        text += OneOf({" @ ", "@"}) + "https://example.org/a-1.0.zip#x=y";
        break;
      default:
        break;
    }
    if (Chance(60)) text += " ; " + Marker();
    return text;
  }

 private:
  std::string Digit() { return std::to_string(Below(3)); }

  std::string Comparison() {
    switch (Below(5)) {
      case 0:
        return OneOf({"extra", "'x' == extra and extra"}) + " == '" +
               OneOf({"x", "B_c", "1.0"}) + "'";
      case 1:
        return OneOf({"os_name", "sys_platform", "platform.machine"}) +
               OneOf({" == ", "!=", " in ", " not in ", "<", ">="}) + "\"" +
               OneOf({"posix", "linux", "it's", "nt, posix", ""}) + "\"";
      case 2:
        return "'" + OneOf({"3.8", "3", "3.10.1", "two"}) + "'" +
               OneOf({"<", "<=", "==", " in ", " not  in "}) +
               OneOf({"python_version", "python_full_version"});
      case 3:
        return OneOf({"'a' in extras", "'b' not in dependency_groups"});
      default:
        return OneOf({"python_version", "python_full_version",
                      "implementation_version", "platform_release"}) +
               OneOf({"<", "<=", "==", "!=", ">", ">=", "~=", "==="}) + "'" +
               OneOf({"3.8", "3.*", "3", "3.8.1", "3.10", "4.0rc1", "odd"}) +
               "'";
    }
  }

  std::mt19937 engine_;
};

}  // namespace tufmirror::pypi

#endif  // TUFMIRROR_TESTS_PYPI_RANDOM_TEXT_H_
