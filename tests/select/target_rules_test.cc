// Wheels and installers by what they run on: platforms, machines, Pythons.
#include <gtest/gtest.h>

#include <string>

#include "select/file_rule_row.h"

namespace tufmirror::select {
namespace {

class TargetRuleTest : public ::testing::TestWithParam<FileRule> {};
TEST_P(TargetRuleTest, LeavesWhatItShould) { CheckRow(GetParam()); }

const Names kWheels = {"foo-1-cp311-cp311-macosx_11_0_arm64.whl",
                       "foo-1-cp311-cp311-macosx_12_0_universal2.whl",
                       "foo-1-cp311-cp311-manylinux_2_17_x86_64.whl",
                       "foo-1-cp311-cp311-manylinux_2_28_aarch64.whl",
                       "foo-1-cp311-cp311-musllinux_1_2_x86_64.whl",
                       "foo-1-cp311-cp311-win_amd64.whl",
                       "foo-1-py3-none-any.whl",
                       "foo-1.tar.gz"};
INSTANTIATE_TEST_SUITE_P(
    Platforms, TargetRuleTest,
    ::testing::Values(
        FileRule{"Linux",
                 kWheels,
                 [](Rules& r) { r.platforms = {"linux"}; },
                 {kWheels[2], kWheels[3], kWheels[4], kWheels[6], kWheels[7]},
                 "platforms 'linux'"},
        FileRule{"Manylinux",
                 kWheels,
                 [](Rules& r) { r.platforms = {"manylinux"}; },
                 {kWheels[2], kWheels[3], kWheels[6], kWheels[7]},
                 "platforms 'manylinux'"},
        FileRule{"ManylinuxUpToAVersion",
                 kWheels,
                 [](Rules& r) { r.platforms = {"manylinux_2_17"}; },
                 {kWheels[2], kWheels[6], kWheels[7]},
                 "platforms"},
        FileRule{"ManylinuxAlias",
                 kWheels,
                 [](Rules& r) { r.platforms = {"manylinux2014"}; },
                 {kWheels[2], kWheels[6], kWheels[7]},
                 "platforms"},
        FileRule{"MusllinuxTooOld",
                 kWheels,
                 [](Rules& r) { r.platforms = {"musllinux_1_1"}; },
                 {kWheels[6], kWheels[7]},
                 "platforms"},
        FileRule{"MacosAndWindows",
                 kWheels,
                 [](Rules& r) {
                   r.platforms = {"macos", "windows"};
                 },
                 {kWheels[0], kWheels[1], kWheels[5], kWheels[6], kWheels[7]},
                 "platforms 'macos', 'windows'"},
        FileRule{"MacosUpToAVersion",
                 kWheels,
                 [](Rules& r) { r.platforms = {"macos-11"}; },
                 {kWheels[0], kWheels[6], kWheels[7]},
                 "platforms 'macos-11'"},
        FileRule{"ExcludePlatforms",
                 kWheels,
                 [](Rules& r) {
                   r.exclude_platforms = {"windows", "macos", "musllinux"};
                 },
                 {kWheels[2], kWheels[3], kWheels[6], kWheels[7]},
                 "exclude_platforms 'windows', 'macos', 'musllinux'"},
        FileRule{"ExclusionWinsOverPlatform",
                 kWheels,
                 [](Rules& r) {
                   r.platforms = {"linux"};
                   r.exclude_platforms = {"linux"};
                 },
                 {kWheels[6], kWheels[7]},
                 "platforms 'linux'"},
        FileRule{"Architectures",
                 kWheels,
                 [](Rules& r) { r.architectures = {"arm64"}; },
                 {kWheels[0], kWheels[1], kWheels[3], kWheels[6], kWheels[7]},
                 "architectures 'arm64'"},
        FileRule{"ExcludeArchitecturesKeepsUniversal",
                 kWheels,
                 [](Rules& r) { r.exclude_architectures = {"aarch64"}; },
                 {kWheels[1], kWheels[2], kWheels[4], kWheels[5], kWheels[6],
                  kWheels[7]},
                 "exclude_architectures 'aarch64'"},
        FileRule{"PlatformAndArchitectureTogether",
                 kWheels,
                 [](Rules& r) {
                   r.platforms = {"macos", "manylinux"};
                   r.architectures = {"x86_64"};
                 },
                 {kWheels[1], kWheels[2], kWheels[6], kWheels[7]},
                 ""},
        FileRule{"OnePlatformOfSeveralIsEnough",
                 {"foo-1-py3-none-manylinux2014_x86_64.macosx_10_9_x86_64.whl"},
                 [](Rules& r) { r.platforms = {"macos"}; },
                 {"foo-1-py3-none-manylinux2014_x86_64.macosx_10_9_x86_64.whl"},
                 ""},
        FileRule{"NoOneTagHasBothPlatformAndMachine",
                 {"foo-1-py3-none-win32.macosx_10_9_x86_64.whl"},
                 [](Rules& r) {
                   r.platforms = {"windows"};
                   r.architectures = {"x86_64"};
                 },
                 {},
                 "architectures 'x86_64'"},
        FileRule{"LegacyInstallers",
                 {"foo-1-py3.6.egg", "foo-1.dmg", "foo-1.exe", "foo-1.rpm"},
                 [](Rules& r) { r.platforms = {"manylinux"}; },
                 {"foo-1-py3.6.egg", "foo-1.rpm"},
                 "platforms"},
        FileRule{"LegacyInstallersExcluded",
                 {"foo-1-py3.6.egg", "foo-1.exe", "foo-1.rpm"},
                 [](Rules& r) {
                   r.exclude_platforms = {"windows", "linux"};
                 },
                 {"foo-1-py3.6.egg"},
                 "exclude_platforms"},
        FileRule{"HalfOfLinuxExcludedIsNotAllOfIt",
                 {"foo-1.rpm"},
                 [](Rules& r) { r.exclude_platforms = {"musllinux"}; },
                 {"foo-1.rpm"},
                 ""},
        FileRule{"UnknownPlatformIsNoneOfTheChosen",
                 {"foo-1-py3-none-freebsd_13_amd64.whl"},
                 [](Rules& r) {
                   r.platforms = {"linux", "windows"};
                 },
                 {},
                 "platforms"}),
    [](const auto& test) { return std::string(test.param.name); });

const Names kPythons = {"foo-1-cp27-cp27mu-manylinux1_x86_64.whl",
                        "foo-1-cp310-cp310-win_amd64.whl",
                        "foo-1-cp312-cp312-win_amd64.whl",
                        "foo-1-cp313-cp313t-win_amd64.whl",
                        "foo-1-cp38-abi3-win_amd64.whl",
                        "foo-1-pp310-pypy310_pp73-win_amd64.whl",
                        "foo-1-py2.py3-none-any.whl",
                        "foo-1-py2-none-any.whl"};
INSTANTIATE_TEST_SUITE_P(
    Pythons, TargetRuleTest,
    ::testing::Values(
        FileRule{"OneVersion",
                 kPythons,
                 [](Rules& r) { r.pythons = {"3.12"}; },
                 {kPythons[2], kPythons[4], kPythons[6]},
                 "pythons '3.12'"},
        FileRule{"AMajorVersion",
                 kPythons,
                 [](Rules& r) { r.pythons = {"2"}; },
                 {kPythons[0], kPythons[7], kPythons[6]},
                 "pythons '2'"},
        FileRule{"ASpecifier",
                 kPythons,
                 [](Rules& r) { r.pythons = {">=3.11"}; },
                 {kPythons[2], kPythons[3], kPythons[4], kPythons[6]},
                 "pythons '>=3.11'"},
        FileRule{"ExcludePythons",
                 kPythons,
                 [](Rules& r) {
                   r.exclude_pythons = {"2", "3.10"};
                 },
                 {kPythons[2], kPythons[3], kPythons[4], kPythons[6]},
                 "exclude_pythons '2', '3.10'"},
        FileRule{"Implementations",
                 kPythons,
                 [](Rules& r) { r.implementations = {"pypy"}; },
                 {kPythons[5], kPythons[7], kPythons[6]},
                 "implementations 'pypy'"},
        FileRule{"ExcludeImplementations",
                 kPythons,
                 [](Rules& r) {
                   r.exclude_implementations = {"pypy", "cpython-freethreaded"};
                 },
                 {kPythons[0], kPythons[1], kPythons[2], kPythons[4],
                  kPythons[7], kPythons[6]},
                 "exclude_implementations"},
        FileRule{"VersionAndImplementation",
                 kPythons,
                 [](Rules& r) {
                   r.pythons = {"3.10"};
                   r.implementations = {"cpython"};
                 },
                 {kPythons[1], kPythons[4], kPythons[6]},
                 "pythons '3.10', implementations 'cpython'"}),
    [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace tufmirror::select
