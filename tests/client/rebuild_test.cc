// Metadata rebuilt with delta packs: what it saves, and that a pack is trusted
// for nothing.
#include "client/client_fixture.h"
#include "fmt/format.h"
#include "tufmirror/compress/compressed.h"
#include "tufmirror/compress/delta_pack.h"
#include "tufmirror/compress/version_list.h"

namespace tufmirror::testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Not;

constexpr char kSnapshotPack[] = "/deltas/2.snapshot.pack";
constexpr char kWholeSnapshot[] = "/metadata/2.snapshot.json";

class RebuildTest : public ClientTest {
 protected:
  RebuildTest() {
    repository.DelegateSuccinct("targets", 5, "bin");
    for (int i = 0; i < 40; ++i) {
      repository.AddTarget(Bin(), fmt::format("a/{}", i), fmt::format("{}", i));
    }
  }
  std::string Bin() const { return repository.BinNameOf("targets", "a/x"); }

  absl::StatusOr<tuf::TrustedMetadataSet> RefreshWithPacks() {
    server.ForgetRequests();
    fetcher_.emplace(transfers(), std::vector<std::string>{metadata_url},
                     limits, std::vector<std::string>{server.Url("/deltas/")});
    return client::Refresh(*fetcher_, store(), now);
  }
  absl::StatusOr<tuf::RolePtr> LoadBin(const tuf::TrustedMetadataSet& trusted) {
    server.ForgetRequests();
    return client::LoadDelegatedRole(trusted, Bin(), *trusted.targets(),
                                     *fetcher_, store());
  }

  // A client that has version 1 of everything, when version 2 of the bin and
  // the snapshot is published.
  void StartAndChange() {
    Start();
    const auto trusted = RefreshWithPacks();
    ASSERT_THAT(trusted, IsOk());
    ASSERT_THAT(LoadBin(*trusted), IsOk());
    old_snapshot_ = repository.Raw("snapshot").bytes;
    old_bin_ = repository.Raw(Bin()).bytes;
    repository.AddTarget(Bin(), "a/x", "new");
    Publish();
  }
  void ServePack(const std::string& path, std::string_view from,
                 std::string_view to) {
    auto pack = compress::MakeDeltaPack(from, to, "");
    ASSERT_THAT(pack, IsOk());
    ASSERT_TRUE(pack->has_value());
    server.Serve(path, **pack);
  }
  void ServePacks() {
    ServePack(kSnapshotPack, old_snapshot_, repository.Raw("snapshot").bytes);
    ServePack(fmt::format("/deltas/2.{}.pack", Bin()), old_bin_,
              repository.Raw(Bin()).bytes);
  }

  std::string old_snapshot_;
  std::string old_bin_;
  std::optional<client::MetadataFetcher> fetcher_;
};

TEST_F(RebuildTest, APackReplacesTheWholeFile) {
  StartAndChange();
  ServePacks();
  ASSERT_OK_AND_ASSIGN(const auto trusted, RefreshWithPacks());
  EXPECT_THAT(Asked(), Contains(kSnapshotPack));
  EXPECT_THAT(Asked(), Not(Contains(kWholeSnapshot)));
  EXPECT_EQ(Stored("snapshot.json"), repository.Raw("snapshot").bytes);

  ASSERT_THAT(LoadBin(trusted), IsOk());
  EXPECT_THAT(Asked(), ElementsAre(fmt::format("/deltas/2.{}.pack", Bin())));
  EXPECT_EQ(Stored(Bin() + ".json"), repository.Raw(Bin()).bytes);
}

TEST_F(RebuildTest, WhoHasNothingAsksForNoPack) {
  StartAndChange();
  ServePacks();
  for (const std::string& name : {std::string("snapshot"), Bin()}) {
    ASSERT_THAT(fs::Remove(metadata() + "/" + name + ".json"), IsOk());
  }
  ASSERT_OK_AND_ASSIGN(const auto trusted, RefreshWithPacks());
  EXPECT_THAT(Asked(), Not(Contains(kSnapshotPack)));
  EXPECT_THAT(Asked(), Contains(kWholeSnapshot));
  ASSERT_THAT(LoadBin(trusted), IsOk());
  EXPECT_THAT(Asked(), ElementsAre(fmt::format("/metadata/2.{}.json", Bin())));
}

TEST_F(RebuildTest, WhoIsTooFarBehindAsksForNoPackOfTheSnapshot) {
  StartAndChange();
  repository.snapshot.version = 2 + compress::kMaxPackLinks;
  Publish();
  ASSERT_THAT(RefreshWithPacks(), IsOk());
  for (const std::string& path : Asked()) {
    EXPECT_EQ(path.find("deltas"), std::string::npos) << path;
  }
}

TEST_F(RebuildTest, WithoutAPackTheWholeFileIsFetchedAndNoOtherPackAskedFor) {
  StartAndChange();
  ASSERT_OK_AND_ASSIGN(const auto trusted, RefreshWithPacks());
  EXPECT_THAT(Asked(), Contains(kSnapshotPack));
  EXPECT_THAT(Asked(), Contains(kWholeSnapshot));
  ASSERT_THAT(LoadBin(trusted), IsOk());
  EXPECT_THAT(Asked(), ElementsAre(fmt::format("/metadata/2.{}.json", Bin())));
}

TEST_F(RebuildTest, APackThatFailsIsNotTriedTwice) {
  transfer_options.retries = 3;
  StartAndChange();
  server.Inject(kSnapshotPack, Fault::Status(503), kEveryTime);
  ASSERT_THAT(RefreshWithPacks(), IsOk());
  EXPECT_EQ(server.CountRequests(kSnapshotPack), 1u);
  EXPECT_EQ(Stored("snapshot.json"), repository.Raw("snapshot").bytes);
}

TEST_F(RebuildTest, APackLongerThanWhatItStartsFromIsNotReceived) {
  StartAndChange();
  server.Serve(kSnapshotPack, std::string(500'000, 'x'));
  ASSERT_THAT(RefreshWithPacks(), IsOk());
  EXPECT_EQ(server.CountRequests(kSnapshotPack), 1u);
  EXPECT_LT(transfers().counters().bytes_received, 300'000u);
  EXPECT_EQ(fetcher_->wrong_packs(), 1);
}

TEST_F(RebuildTest, AFailingPackOfTheSnapshotDoesNotTurnOffTheOthers) {
  StartAndChange();
  ServePacks();
  server.Inject(kSnapshotPack, Fault::Status(503), kEveryTime);
  ASSERT_OK_AND_ASSIGN(const auto trusted, RefreshWithPacks());
  ASSERT_THAT(LoadBin(trusted), IsOk());
  EXPECT_THAT(Asked(), ElementsAre(fmt::format("/deltas/2.{}.pack", Bin())));
}

TEST_F(RebuildTest, SoManyUselessPacksAreEnough) {
  Start();
  RefreshWithPacks().IgnoreError();
  const auto asks = [this] {
    const auto request = fetcher_->PackRequestFor("bin-00", 2, 1000);
    if (!request) return false;
    EXPECT_EQ(request->max_bytes, 1000u);
    EXPECT_LE(request->timeout, absl::Seconds(15));
    return true;
  };
  const absl::Status useless = MakeFailure(Failure::kMalformed, "junk");
  fetcher_->CountPack(absl::OkStatus(), absl::OkStatus());
  for (int i = 0; i < 9; ++i) {
    EXPECT_TRUE(asks()) << i;
    fetcher_->CountPack(absl::OkStatus(), useless);
  }
  EXPECT_TRUE(asks());
  fetcher_->CountPack(absl::OkStatus(), useless);
  EXPECT_FALSE(asks());
}

// Snapshots so large that the list of their versions is worth a request.
class ListedSnapshotTest : public RebuildTest {
 protected:
  ListedSnapshotTest() {
    repository = RepositoryFixture();
    repository.DelegateSuccinct("targets", 9, "bin");
    for (int i = 0; i < 40; ++i) {
      repository.AddTarget(Bin(), fmt::format("a/{}", i), fmt::format("{}", i));
    }
  }
  // Version 100, when the client has version 1, and its list.
  std::string StartFarBehind() {
    StartAndChange();
    repository.snapshot.version = 100;
    for (auto& [name, role] : repository.delegated) role.version = 7;
    Publish();
    auto list = compress::MakeVersionList(repository.Raw("snapshot").bytes);
    EXPECT_THAT(list, IsOk());
    return *std::move(list);
  }

  static constexpr char kList[] = "/deltas/100.snapshot.versions";
  static constexpr char kWhole[] = "/metadata/100.snapshot.json";
};

TEST_F(ListedSnapshotTest, IsRebuiltFromItsVersionsHoweverFarBehind) {
  server.Serve(kList, StartFarBehind());
  ASSERT_THAT(RefreshWithPacks(), IsOk());
  EXPECT_THAT(Asked(), Contains(kList));
  EXPECT_THAT(Asked(), Not(Contains(kWhole)));
  EXPECT_EQ(Stored("snapshot.json"), repository.Raw("snapshot").bytes);
}

TEST_F(ListedSnapshotTest, IsRebuiltFromItsVersionsWhereItsPackIsMissing) {
  StartAndChange();
  ServePacks();
  server.Inject(kSnapshotPack, Fault::Status(404), kEveryTime);
  auto list = compress::MakeVersionList(repository.Raw("snapshot").bytes);
  ASSERT_THAT(list, IsOk());
  server.Serve("/deltas/2.snapshot.versions", *list);
  ASSERT_OK_AND_ASSIGN(const auto trusted, RefreshWithPacks());
  EXPECT_THAT(Asked(), Contains(kSnapshotPack));
  EXPECT_THAT(Asked(), Not(Contains(kWholeSnapshot)));
  ASSERT_THAT(LoadBin(trusted), IsOk());
  EXPECT_THAT(Asked(), ElementsAre(fmt::format("/deltas/2.{}.pack", Bin())));
}

TEST_F(ListedSnapshotTest, AListThatDoesNotFitIsNotTrusted) {
  const std::string good = StartFarBehind();
  auto old = compress::MakeVersionList(old_snapshot_);
  auto forged = compress::MakeVersionList(Replaced(
      repository.Raw("snapshot").bytes, "\"version\":7", "\"version\":8"));
  ASSERT_THAT(old, IsOk());
  ASSERT_THAT(forged, IsOk());
  for (const std::string& list :
       {*old, *forged, good.substr(0, good.size() - 1), std::string()}) {
    StoreBytes("snapshot.json", old_snapshot_);
    server.Serve(kList, list);
    ASSERT_THAT(RefreshWithPacks(), IsOk());
    EXPECT_THAT(Asked(), Contains(kList));
    EXPECT_THAT(Asked(), Contains(kWhole));
    EXPECT_EQ(Stored("snapshot.json"), repository.Raw("snapshot").bytes);
  }
}

// What is in the place of the good pack, and how it fails.
class HostilePackTest : public RebuildTest {
 protected:
  // The client falls back to the whole file and trusts that alone.
  void ExpectFallback() {
    ASSERT_THAT(RefreshWithPacks(), IsOk());
    EXPECT_THAT(Asked(), Contains(kSnapshotPack));
    EXPECT_THAT(Asked(), Contains(kWholeSnapshot));
    EXPECT_EQ(Stored("snapshot.json"), repository.Raw("snapshot").bytes);
  }
};

TEST_F(HostilePackTest, AChangedByteInTheResultIsNotTrusted) {
  StartAndChange();
  const std::string forged = Replaced(repository.Raw("snapshot").bytes,
                                      "\"version\":2", "\"version\":3");
  ServePack(kSnapshotPack, old_snapshot_, forged);
  ExpectFallback();
}

TEST_F(HostilePackTest, AnOlderSnapshotThatWasSignedOnceIsNotTrusted) {
  StartAndChange();
  ServePack(kSnapshotPack, old_snapshot_, old_snapshot_);
  ExpectFallback();
}

TEST_F(HostilePackTest, APackForAnotherBaseIsNotUsed) {
  StartAndChange();
  ServePack(kSnapshotPack, old_snapshot_ + " ",
            repository.Raw("snapshot").bytes);
  ExpectFallback();
}

TEST_F(HostilePackTest, ABinOfAnotherNameIsNotTrusted) {
  StartAndChange();
  ServePacks();
  std::string other;
  for (const auto& [name, role] : repository.delegated) {
    if (name != Bin()) other = name;
  }
  ServePack(fmt::format("/deltas/2.{}.pack", Bin()), old_bin_,
            repository.Raw(other).bytes + std::string(2000, ' '));
  ASSERT_OK_AND_ASSIGN(const auto trusted, RefreshWithPacks());
  ASSERT_OK_AND_ASSIGN(const auto role, LoadBin(trusted));
  EXPECT_EQ((*role)->version, 2);
  EXPECT_THAT(Asked(), Contains(fmt::format("/metadata/2.{}.json", Bin())));
}

TEST_F(HostilePackTest, ABombUnfoldsToNoMoreThanTheSignedLength) {
  repository.timestamp_detail = MetaDetail::kLengthAndDigests;
  StartAndChange();
  ServePack(kSnapshotPack, old_snapshot_, std::string(50'000'000, '\0'));
  ExpectFallback();
}

TEST_F(HostilePackTest, GarbageAndEndlessPacksAreNotUsed) {
  StartAndChange();
  ServePacks();
  for (const Fault& fault :
       {Fault::WrongBytes(), Fault::Endless(), Fault::Truncate(20),
        Fault::Garbage(), Fault::CloseEarly(), Fault::Status(404)}) {
    server.ClearFaults();
    StoreBytes("snapshot.json", old_snapshot_);
    server.Inject(kSnapshotPack, fault, kEveryTime);
    ExpectFallback();
  }
}

// Metadata may come compressed; what counts is what it decodes to.
class CompressedMetadataTest : public ClientTest {};

TEST_F(CompressedMetadataTest, IsAskedForAndABombIsCutOffAtTheCap) {
  Start();
  limits.timestamp = 20'000;
  server.Serve("/metadata/timestamp.json",
               // 15 MB of zeros, as gzip has them in 15 KB.
               []() -> std::string {
                 auto made = compress::Compress(std::string(15'000'000, '\0'),
                                                compress::Encoding::kGzip);
                 return made.ok() ? *std::move(made) : "";
               }());
  server.AddHeader("/metadata/timestamp.json", "Content-Encoding: gzip");
  EXPECT_THAT(Refresh(), FailsWith(Failure::kTooLarge, "at most 20000 bytes"));
  EXPECT_EQ(server.requests().back().Header("Accept-Encoding"), "zstd, gzip");
}

TEST_F(CompressedMetadataTest, IsVerifiedAsItWasSigned) {
  Start();
  for (const auto& [path, bytes] : repository.files()) {
    if (path.find("snapshot") == std::string::npos) continue;
    auto made = compress::Compress(bytes, compress::Encoding::kZstd);
    ASSERT_THAT(made, IsOk());
    server.Serve("/" + path, *made);
    server.AddHeader("/" + path, "Content-Encoding: zstd");
  }
  ASSERT_THAT(Refresh(), IsOk());
  EXPECT_EQ(Stored("snapshot.json"), repository.Raw("snapshot").bytes);
}

}  // namespace
}  // namespace tufmirror::testing
