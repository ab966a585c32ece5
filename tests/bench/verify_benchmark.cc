// What verifying one bin's metadata costs, stage by stage and as a whole: a
// document of 1,100 targets, about 250 KB, signed with Ed25519.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "fmt/format.h"
#include "tufmirror/crypto/hash.h"
#include "tufmirror/crypto/private_key.h"
#include "tufmirror/crypto/public_key.h"
#include "tufmirror/json/canonical.h"
#include "tufmirror/json/document.h"
#include "tufmirror/tuf/model.h"
#include "tufmirror/tuf/verified.h"

namespace tufmirror {
namespace {

constexpr int kTargets = 1100;

// What a repository's writer makes of the same values.
enum class Shape { kCanonical, kIndented, kUnsorted };

std::string TargetPathOf(int number) {
  return fmt::format(
      "packages/project-{0:05}/project_{0:05}-1.{1}.0-cp311-cp311-manylinux_2_"
      "17_x86_64.manylinux2014_x86_64.whl",
      number, number % 17);
}

std::string Target(int number, Shape shape) {
  const std::string path = TargetPathOf(number);
  const std::string digest = crypto::Sha256Of(path).Hex();
  const int64_t length = 1000 + int64_t{number} * 7919 % 5'000'000;
  switch (shape) {
    case Shape::kCanonical:
      return fmt::format(R"("{}":{{"hashes":{{"sha256":"{}"}},"length":{}}})",
                         path, digest, length);
    case Shape::kIndented:
      return fmt::format(
          "\n   \"{}\": {{\n    \"hashes\": {{\n     "
          "\"sha256\": \"{}\"\n    }},\n    \"length\": {}\n   "
          "}}",
          path, digest, length);
    case Shape::kUnsorted:
      return fmt::format(R"("{}":{{"length":{},"hashes":{{"sha256":"{}"}}}})",
                         path, length, digest);
  }
  return {};
}

struct SignedBin {
  std::string bytes;
  Sha256 digest;
  std::vector<crypto::PublicKey> keys;
  std::string signature;
};

SignedBin MakeBin(Shape shape) {
  const auto key =
      *crypto::PrivateKey::Generate(crypto::KeyAlgorithm::kEd25519);
  std::string body = R"({"_type":"targets","expires":"2030-01-01T00:00:00Z",)"
                     R"("spec_version":"1.0.34","targets":{)";
  for (int i = 0; i < kTargets; ++i) {
    if (i > 0) body += ',';
    body += Target(i, shape);
  }
  body += R"(},"version":7})";
  const auto unsigned_document = *json::Document::Parse(body);
  SignedBin bin;
  bin.signature = *key.Sign(*json::Canonicalize(unsigned_document.root()));
  bin.keys.push_back(*crypto::PublicKey::Create(key.keytype(), key.scheme(),
                                                key.public_value()));
  bin.bytes = fmt::format(
      R"({{"signatures":[{{"keyid":"{}","sig":"{}"}}],"signed":{}}})",
      std::string(64, 'a'), std::string(128, 'b'), body);
  bin.digest = crypto::Sha256Of(bin.bytes);
  return bin;
}

void SetRate(benchmark::State& state, const SignedBin& bin) {
  state.SetBytesProcessed(state.iterations() *
                          static_cast<int64_t>(bin.bytes.size()));
}

void Parse(benchmark::State& state, Shape shape) {
  const SignedBin bin = MakeBin(shape);
  for (auto _ : state) {
    benchmark::DoNotOptimize(json::Document::Parse(bin.bytes));
  }
  SetRate(state, bin);
}

void Canonical(benchmark::State& state, Shape shape) {
  const SignedBin bin = MakeBin(shape);
  const auto document = *json::Document::Parse(bin.bytes);
  for (auto _ : state) {
    std::string storage;
    benchmark::DoNotOptimize(
        json::CanonicalView(*document.root().Find("signed"), storage));
  }
  SetRate(state, bin);
}

void Digest(benchmark::State& state) {
  const SignedBin bin = MakeBin(Shape::kCanonical);
  for (auto _ : state) benchmark::DoNotOptimize(crypto::Sha256Of(bin.bytes));
  SetRate(state, bin);
}

void Signature(benchmark::State& state) {
  const SignedBin bin = MakeBin(Shape::kCanonical);
  const auto document = *json::Document::Parse(bin.bytes);
  const std::string body = *json::Canonicalize(*document.root().Find("signed"));
  for (auto _ : state) {
    if (!bin.keys[0].Verify(body, bin.signature)) {
      state.SkipWithError("the signature does not verify");
    }
  }
  SetRate(state, bin);
}

void Verify(benchmark::State& state, Shape shape) {
  const SignedBin bin = MakeBin(shape);
  for (auto _ : state) {
    const auto document = *json::Document::Parse(bin.bytes);
    std::string storage;
    const auto body =
        *json::CanonicalView(*document.root().Find("signed"), storage);
    if (crypto::Sha256Of(bin.bytes) != bin.digest ||
        !bin.keys[0].Verify(body, bin.signature)) {
      state.SkipWithError("the bin does not verify");
    }
  }
  SetRate(state, bin);
}

// Top-level targets that delegate to one bin, and that bin, as files.
struct SignedDelegation {
  tuf::Verified<tuf::Targets> delegator;
  tuf::RawMetadata bin;
};

std::string Sign(const crypto::PrivateKey& key, const std::string& keyid,
                 const std::string& canonical) {
  return tuf::WriteMetadata(canonical, {{keyid, *key.Sign(canonical)}});
}

SignedDelegation MakeDelegation() {
  const auto private_key =
      *crypto::PrivateKey::Generate(crypto::KeyAlgorithm::kEd25519);
  const tuf::Key key{private_key.keytype(), private_key.scheme(),
                     private_key.public_value()};
  const std::string keyid = key.ComputeKeyId();
  const tuf::RoleKeys role_keys{{keyid}, 1};
  const absl::Time expires = absl::FromUnixSeconds(2'000'000'000);

  tuf::Root root;
  root.expires = expires;
  root.keys = {{keyid, key}};
  root.root = root.timestamp = root.snapshot = root.targets = role_keys;
  tuf::Targets top;
  top.expires = expires;
  top.delegations =
      tuf::Delegations{{{keyid, key}}, tuf::SuccinctRoles{role_keys, 1, "bin"}};
  tuf::Targets bin;
  bin.expires = expires;
  for (int i = 0; i < kTargets; ++i) {
    tuf::TargetFile target;
    target.path = TargetPathOf(i);
    target.content.length = 1000 + static_cast<uint64_t>(i) * 7919 % 5'000'000;
    target.content.digests.sha256 = crypto::Sha256Of(target.path);
    bin.targets.push_back(std::move(target));
  }
  const auto trusted = *tuf::Verifier::VerifyInitialRoot(
      {Sign(private_key, keyid, tuf::CanonicalForm(root))});
  return {*tuf::Verifier::VerifyTargets(
              {Sign(private_key, keyid, tuf::CanonicalForm(top))}, trusted),
          {Sign(private_key, keyid, tuf::CanonicalForm(bin))}};
}

// All that a client does with a bin, the model included.
void VerifyDelegated(benchmark::State& state) {
  const SignedDelegation signed_by = MakeDelegation();
  for (auto _ : state) {
    auto verified = tuf::Verifier::VerifyDelegated(signed_by.bin, "bin-0",
                                                   signed_by.delegator);
    if (!verified.ok()) state.SkipWithError("the bin does not verify");
    benchmark::DoNotOptimize(verified);
  }
  state.SetBytesProcessed(state.iterations() *
                          static_cast<int64_t>(signed_by.bin.bytes.size()));
}

BENCHMARK(VerifyDelegated);
BENCHMARK_CAPTURE(Parse, canonical, Shape::kCanonical);
BENCHMARK_CAPTURE(Parse, indented, Shape::kIndented);
BENCHMARK_CAPTURE(Parse, unsorted, Shape::kUnsorted);
BENCHMARK_CAPTURE(Canonical, canonical, Shape::kCanonical);
BENCHMARK_CAPTURE(Canonical, indented, Shape::kIndented);
BENCHMARK_CAPTURE(Canonical, unsorted, Shape::kUnsorted);
BENCHMARK(Digest);
BENCHMARK(Signature);
BENCHMARK_CAPTURE(Verify, canonical, Shape::kCanonical);
BENCHMARK_CAPTURE(Verify, indented, Shape::kIndented);
BENCHMARK_CAPTURE(Verify, unsorted, Shape::kUnsorted);

}  // namespace
}  // namespace tufmirror

BENCHMARK_MAIN();
