#include "guard/host_check.h"

#include <gtest/gtest.h>

#include "support/status_matchers.h"

namespace tufmirror::guard {
namespace {

using ::tufmirror::testing::FailsWith;
using ::tufmirror::testing::IsOk;

TEST(HostCheckTest, AllowsAddressesLocalhostAndGivenNames) {
  for (const char* host :
       {"127.0.0.1", "127.0.0.1:8080", "localhost", "LocalHost:1", "[::1]:80",
        "[::1]", "192.0.2.7:80", "guard.example", "guard.example:8080"}) {
    EXPECT_TRUE(IsAllowedHost(host, {"guard.example"})) << host;
  }
}

TEST(HostCheckTest, RefusesNamesThatAnybodyCanPointHere) {
  for (const char* host :
       {"", "attacker.example", "127.0.0.1.attacker.example",
        "localhost.attacker.example", "[::1].attacker.example", "[", "[::1",
        "guard.example.attacker.example", "127.0.0.1, attacker.example",
        "[attacker.example]"}) {
    EXPECT_FALSE(IsAllowedHost(host, {"guard.example"})) << host;
  }
}

TEST(HostCheckTest, KnowsLoopbackAddresses) {
  for (const char* listen :
       {"127.0.0.1:0", "127.3.2.1:80", "[::1]:0", "localhost:0"}) {
    EXPECT_THAT(CheckListenAddress(listen, Reach::kLoopback), IsOk());
  }
  for (const char* listen :
       {"0.0.0.0:0", "[::]:0", "192.0.2.1:1", "guard.example:80", "nonsense"}) {
    EXPECT_THAT(CheckListenAddress(listen, Reach::kLoopback),
                FailsWith(Failure::kUsage));
  }
  EXPECT_THAT(CheckListenAddress("0.0.0.0:0", Reach::kRemote), IsOk());
}

}  // namespace
}  // namespace tufmirror::guard
