// What 10,000 claimed projects cost: the size of the role `claimed`, verifying
// it, and finding a target past it.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/time/time.h"
#include "fmt/format.h"
#include "tufmirror/pypi/names.h"
#include "tufmirror/repo/claim_roles.h"
#include "tufmirror/repo/signer.h"
#include "tufmirror/tuf/lookup.h"
#include "tufmirror/tuf/model.h"
#include "tufmirror/tuf/verified.h"

namespace tufmirror {
namespace {

constexpr int kProjects = 10'000;

pypi::ProjectName ProjectOf(int number) {
  return *pypi::ProjectName::Parse(fmt::format("project-{:05}", number));
}

// Each with a key of its own.
std::string ClaimedBytes(const repo::Signer& signer) {
  tuf::Targets claimed;
  claimed.expires = absl::FromUnixSeconds(2'000'000'000);
  tuf::Delegations delegations;
  auto& roles = std::get<std::vector<tuf::DelegatedRole>>(delegations.roles);
  for (int i = 0; i < kProjects; ++i) {
    const tuf::Key key{"ed25519", "ed25519", fmt::format("{:064x}", i + 1)};
    tuf::Targets one =
        repo::WithClaim({}, ProjectOf(i), {{{key.ComputeKeyId(), key}}, 1});
    delegations.keys.merge(one.delegations->keys);
    roles.push_back(
        std::get<std::vector<tuf::DelegatedRole>>(one.delegations->roles)[0]);
  }
  claimed.delegations = std::move(delegations);
  const std::string canonical = tuf::CanonicalForm(claimed);
  return tuf::WriteMetadata(canonical, {*signer.Sign(canonical)});
}

struct World {
  repo::Signer signer = *repo::Signer::Generate();
  tuf::KeyMap keys = {{signer.keyid(), signer.key()}};
  tuf::RoleKeys role = {{signer.keyid()}, 1};
  tuf::RawMetadata claimed{ClaimedBytes(signer)};

  tuf::RolePtr Verify() const {
    return std::make_shared<const tuf::Verified<tuf::Targets>>(
        *tuf::Verifier::VerifyUnder(claimed, "claimed", keys, role));
  }
};

void BM_VerifyClaimed(benchmark::State& state) {
  const World world;
  for (auto _ : state) benchmark::DoNotOptimize(world.Verify());
  state.counters["bytes"] = static_cast<double>(world.claimed.bytes.size());
}
BENCHMARK(BM_VerifyClaimed)->Unit(benchmark::kMillisecond);

// `top` stands for targets: what it delegates to is the same as elsewhere.
void Lookup(benchmark::State& state, const std::string& path) {
  const World world;
  const tuf::RolePtr claimed = world.Verify();
  tuf::Targets empty;
  empty.expires = (*claimed)->expires;
  const std::string canonical = tuf::CanonicalForm(empty);
  const tuf::RolePtr leaf = std::make_shared<const tuf::Verified<tuf::Targets>>(
      *tuf::Verifier::VerifyUnder(
          {tuf::WriteMetadata(canonical, {*world.signer.Sign(canonical)})},
          "leaf", world.keys, world.role));
  const auto load = [&leaf](
                        std::string_view, std::string_view,
                        const tuf::RolePtr&) -> absl::StatusOr<tuf::RolePtr> {
    return leaf;
  };
  for (auto _ : state) {
    benchmark::DoNotOptimize(tuf::FindTarget(path, claimed, load, 0));
  }
}

void BM_LookUpUnclaimed(benchmark::State& state) {
  Lookup(state, "simple/another-project/index.html");
}
BENCHMARK(BM_LookUpUnclaimed)->Unit(benchmark::kMicrosecond);

void BM_LookUpClaimed(benchmark::State& state) {
  Lookup(state, "simple/project-09999/index.html");
}
BENCHMARK(BM_LookUpClaimed)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace tufmirror

BENCHMARK_MAIN();
