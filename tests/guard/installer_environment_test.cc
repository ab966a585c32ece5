#include "tufmirror/guard/installer_environment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tufmirror::guard {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

const GuardAddress kGuard = {"127.0.0.1", "http://127.0.0.1:4321/simple/"};

TEST(InstallerEnvironment, EveryInstallerAsksTheGuard) {
  const Environment after = InstallerEnvironment({}, kGuard);
  for (const char* name :
       {"PIP_INDEX_URL", "UV_DEFAULT_INDEX", "UV_INDEX_URL", "PDM_PYPI_URL",
        "POETRY_PYPI_MIRROR_URL", "TUFMIRROR_GUARD_URL"}) {
    ASSERT_TRUE(after.contains(name)) << name;
    EXPECT_EQ(after.at(name), kGuard.index_url) << name;
  }
}

TEST(InstallerEnvironment, ConfigurationFilesOfTheUserAreNotRead) {
  const Environment after =
      InstallerEnvironment({{"PIP_CONFIG_FILE", "/home/u/pip.conf"},
                            {"PDM_CONFIG_FILE", "/home/u/pdm.toml"},
                            {"UV_CONFIG_FILE", "/home/u/uv.toml"},
                            {"UV_NO_CONFIG", "0"}},
                           kGuard);
  EXPECT_EQ(after.at("PIP_CONFIG_FILE"), "/dev/null");
  EXPECT_EQ(after.at("PDM_CONFIG_FILE"), "/dev/null");
  EXPECT_EQ(after.at("UV_NO_CONFIG"), "1");
  EXPECT_FALSE(after.contains("UV_CONFIG_FILE"));
}

TEST(InstallerEnvironment, NoOtherIndexPlaceOrProxyIsLeft) {
  for (const char* name : {"PIP_EXTRA_INDEX_URL",
                           "PIP_extra_index_url",
                           "PIP_EXTRA-INDEX-URL",
                           "PIP___EXTRA_INDEX_URL",
                           "PIP_PYPI_URL",
                           "PIP_index_url",
                           "PIP_FIND_LINKS",
                           "PIP_NO_INDEX",
                           "PIP_TRUSTED_HOST",
                           "PIP_PROXY",
                           "UV_INDEX",
                           "UV_EXTRA_INDEX_URL",
                           "UV_FIND_LINKS",
                           "UV_NO_INDEX",
                           "UV_INSECURE_HOST",
                           "UV_TORCH_BACKEND",
                           "UV_HTTP_PROXY",
                           "UV_HTTPS_PROXY",
                           "UV_ALL_PROXY",
                           "PDM_IGNORE_STORED_INDEX",
                           "PDM_PYPI_JSON_API",
                           "PDM_PYPI_USERNAME",
                           "PDM_PYPI_PASSWORD"}) {
    const Environment after =
        InstallerEnvironment({{name, "http://evil.example/"}}, kGuard);
    for (const auto& [left, value] : after) {
      EXPECT_THAT(value, Not(HasSubstr("evil"))) << name << " left " << left;
    }
    EXPECT_FALSE(after.contains(name)) << name;
  }
}

TEST(InstallerEnvironment, EverythingElseStays) {
  const Environment before = {{"HOME", "/home/u"},
                              {"HTTPS_PROXY", "http://proxy.example"},
                              {"PIP_REQUIRE_HASHES", "1"},
                              {"PIP_", "x"},
                              {"PIP_NO_CACHE_DIR", "1"},
                              {"UV_CACHE_DIR", "/c"},
                              {"PDM_PYTHON", "/python"},
                              {"POETRY_CACHE_DIR", "/p"},
                              {"MY_EXTRA_INDEX_URL", "x"},
                              {"pip_extra_index_url", "x"},
                              {"EMPTY", ""},
                              {"_", "=="}};
  const Environment after = InstallerEnvironment(before, kGuard);
  for (const auto& [name, value] : before) {
    ASSERT_TRUE(after.contains(name)) << name;
    EXPECT_EQ(after.at(name), value) << name;
  }
}

struct NoProxyRow {
  Environment before;
  const char* lower;
  const char* upper;
};

TEST(InstallerEnvironment, TheGuardIsReachedWithoutAProxy) {
  const NoProxyRow rows[] = {
      {{}, "127.0.0.1", "127.0.0.1"},
      {{{"no_proxy", "a.example"}},
       "a.example,127.0.0.1",
       "a.example,127.0.0.1"},
      {{{"NO_PROXY", "a.example"}},
       "a.example,127.0.0.1",
       "a.example,127.0.0.1"},
      {{{"no_proxy", "a"}, {"NO_PROXY", "b"}}, "a,127.0.0.1", "b,127.0.0.1"},
      {{{"no_proxy", ""}, {"NO_PROXY", "b"}}, "127.0.0.1", "b,127.0.0.1"},
      {{{"no_proxy", "*"}}, "*", "*"},
      {{{"no_proxy", "a, 127.0.0.1 ,b"}}, "a, 127.0.0.1 ,b", "a, 127.0.0.1 ,b"},
      {{{"no_proxy", "127.0.0.11,"}},
       "127.0.0.11,,127.0.0.1",
       "127.0.0.11,,127.0.0.1"},
  };
  for (const NoProxyRow& row : rows) {
    const Environment after = InstallerEnvironment(row.before, kGuard);
    EXPECT_EQ(after.at("no_proxy"), row.lower);
    EXPECT_EQ(after.at("NO_PROXY"), row.upper);
  }
}

TEST(ParseEnvironment, TheFirstOfTwoWithOneNameCounts) {
  const char* const entries[] = {"A=1",  "B=",  "A=2",  "nothing",
                                 "=odd", "C==", nullptr};
  const Environment parsed = ParseEnvironment(entries);
  EXPECT_EQ(parsed, (Environment{{"A", "1"}, {"B", ""}, {"C", "="}}));
  EXPECT_THAT(EnvironmentEntries(parsed), ElementsAre("A=1", "B=", "C=="));
}

}  // namespace
}  // namespace tufmirror::guard
