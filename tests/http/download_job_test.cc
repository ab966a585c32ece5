// Downloading files over real sockets: what is verified, what is tried again,
// what is continued, and what is left on disk.
#include "http/download_job.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "http/transfer_fixture.h"

namespace tufmirror::http {
namespace {

using ::testing::HasSubstr;
using ::tufmirror::testing::FailsWith;
using ::tufmirror::testing::IsOk;
using ::tufmirror::testing::kEveryTime;
using ::tufmirror::testing::ReadWholeFile;

constexpr char kPath[] = "/x.whl";

// Every rule holds for files that stay in memory and for those that are
// written as they come.
class DownloadTest : public TransferTest,
                     public ::testing::WithParamInterface<size_t> {
 protected:
  DownloadTest() : bytes_(SomeBytes(GetParam())) {
    server_.Serve(kPath, bytes_);
  }

  absl::Status DownloadIt() { return Download(bytes_, {server_.Url(kPath)}); }
  void LeavePartial(std::string_view bytes) {
    directory_.Write("staging/x.part", bytes);
  }
  std::string Half() const { return bytes_.substr(0, bytes_.size() / 2); }
  std::string RangeOf(size_t request) const {
    return server_.requests().at(request).Header("Range");
  }
  std::string HalfRange() const {
    return "bytes=" + std::to_string(Half().size()) + "-";
  }

  std::string bytes_;
};

INSTANTIATE_TEST_SUITE_P(SmallAndBig, DownloadTest,
                         ::testing::Values(1000, 3'000'000),
                         [](const auto& size) {
                           return size.param < 2000 ? "Small" : "Big";
                         });

TEST_P(DownloadTest, VerifiesAndAccepts) {
  EXPECT_THAT(DownloadIt(), IsOk());
  EXPECT_EQ(Final(), bytes_);
  EXPECT_FALSE(Exists(partial()));
  EXPECT_EQ(transfers().counters().files_verified, 1u);
  EXPECT_EQ(transfers().counters().bytes_received, bytes_.size());
}

TEST_P(DownloadTest, WrongBytesAreNeverAcceptedAndNotAskedForAgain) {
  server_.Inject(kPath, Fault::WrongBytes(), kEveryTime);
  EXPECT_THAT(
      DownloadIt(),
      FailsWith(Failure::kDigest, "download x.whl from " + server_.Url(kPath) +
                                      ": content: expected sha256 " +
                                      ContentOf(bytes_).digests.sha256->Hex()));
  EXPECT_EQ(server_.CountRequests(), 1u);
  EXPECT_FALSE(Exists(partial()));
  EXPECT_FALSE(Exists(final()));
}

TEST_P(DownloadTest, EveryListedDigestCounts) {
  DownloadRequest request = RequestFor(bytes_, {server_.Url(kPath)});
  request.content.digests.sha512 = crypto::Sha512Of("other");
  EXPECT_THAT(Download(std::move(request)),
              FailsWith(Failure::kDigest, "sha512"));
  EXPECT_FALSE(Exists(final()));
}

TEST_P(DownloadTest, WithoutADigestNothingIsAccepted) {
  DownloadRequest request = RequestFor(bytes_, {server_.Url(kPath)});
  request.content.digests = {};
  EXPECT_FALSE(Download(std::move(request)).ok());
  EXPECT_FALSE(Exists(final()));
  EXPECT_FALSE(Exists(partial()));
}

TEST_P(DownloadTest, AnotherLengthIsNotAskedForAgain) {
  for (const Fault& fault : {Fault::Oversize(1), Fault::Oversize(2'000'000),
                             Fault::ContentLength(bytes_.size() - 1),
                             Fault::ContentLength(bytes_.size() + 1)}) {
    server_.ForgetRequests();
    server_.Inject(kPath, fault);
    EXPECT_THAT(DownloadIt(), FailsWith(Failure::kLength, "expected"));
    EXPECT_EQ(server_.CountRequests(), 1u);
    EXPECT_FALSE(Exists(partial()));
    EXPECT_FALSE(Exists(final()));
  }
}

TEST_P(DownloadTest, EndlessDataIsCutOffAtTheLength) {
  server_.Inject(kPath, Fault::Endless());
  EXPECT_THAT(DownloadIt(), FailsWith(Failure::kLength, "got more"));
  EXPECT_LE(transfers().counters().bytes_received, bytes_.size());
  EXPECT_FALSE(Exists(partial()));
  EXPECT_FALSE(Exists(final()));
}

TEST_P(DownloadTest, AbsentIsAskedForOnce) {
  server_.Remove(kPath);
  EXPECT_THAT(DownloadIt(), FailsWith(Failure::kNotFound, "HTTP 404"));
  EXPECT_EQ(server_.CountRequests(), 1u);
  EXPECT_FALSE(Exists(partial()));
}

TEST_P(DownloadTest, ACaptivePortalsPageIsRefused) {
  server_.Serve(kPath, "<html>please log in</html>", "text/html");
  EXPECT_THAT(DownloadIt(), FailsWith(Failure::kLength, "got Content-Length"));
}

TEST_P(DownloadTest, ACutResponseIsContinued) {
  server_.Inject(kPath, Fault::Truncate(bytes_.size() / 2));
  EXPECT_THAT(DownloadIt(), IsOk());
  EXPECT_EQ(Final(), bytes_);
  ASSERT_EQ(server_.CountRequests(), 2u);
  EXPECT_EQ(RangeOf(1), HalfRange());
}

TEST_P(DownloadTest, ACutResponseWithoutLengthIsContinued) {
  server_.Inject(kPath, Fault::NoLength(bytes_.size() / 2));
  EXPECT_THAT(DownloadIt(), IsOk());
  EXPECT_EQ(RangeOf(1), HalfRange());
}

TEST_P(DownloadTest, CutShortToTheEndKeepsWhatThereIs) {
  options_.retries = 0;
  server_.Inject(kPath, Fault::Truncate(bytes_.size() / 2));
  EXPECT_THAT(DownloadIt(), FailsWith(Failure::kNetwork, "x.whl"));
  EXPECT_EQ(ReadWholeFile(partial()), Half());
  EXPECT_THAT(DownloadIt(), IsOk());
  EXPECT_EQ(RangeOf(1), HalfRange());
  EXPECT_EQ(Final(), bytes_);
}

TEST_P(DownloadTest, APartialFileOfAnEarlierRunIsContinued) {
  LeavePartial(Half());
  EXPECT_THAT(DownloadIt(), IsOk());
  EXPECT_EQ(Final(), bytes_);
  ASSERT_EQ(server_.CountRequests(), 1u);
  EXPECT_EQ(RangeOf(0), HalfRange());
  EXPECT_EQ(transfers().counters().bytes_received,
            bytes_.size() - Half().size());
}

TEST_P(DownloadTest, ACompletePartialFileNeedsNoRequest) {
  LeavePartial(bytes_);
  EXPECT_THAT(DownloadIt(), IsOk());
  EXPECT_EQ(Final(), bytes_);
  EXPECT_EQ(server_.CountRequests(), 0u);
}

TEST_P(DownloadTest, ABadPartialFileIsDroppedAndAllAskedForOnce) {
  LeavePartial(std::string(Half().size(), '?'));
  EXPECT_THAT(DownloadIt(), IsOk());
  EXPECT_EQ(Final(), bytes_);
  ASSERT_EQ(server_.CountRequests(), 2u);
  EXPECT_EQ(RangeOf(0), HalfRange());
  EXPECT_EQ(RangeOf(1), "");
}

TEST_P(DownloadTest, ABadCompletePartialFileIsDropped) {
  LeavePartial(std::string(bytes_.size(), '?'));
  EXPECT_THAT(DownloadIt(), IsOk());
  EXPECT_EQ(Final(), bytes_);
  EXPECT_EQ(server_.CountRequests(), 1u);
}

TEST_P(DownloadTest, ATooLongPartialFileIsDropped) {
  LeavePartial(bytes_ + "x");
  EXPECT_THAT(DownloadIt(), IsOk());
  EXPECT_EQ(Final(), bytes_);
  EXPECT_EQ(RangeOf(0), "");
}

TEST_P(DownloadTest, ABadPartialFileIsNotAnExcuseForever) {
  LeavePartial(std::string(Half().size(), '?'));
  server_.Inject(kPath, Fault::WrongBytes(), kEveryTime);
  EXPECT_THAT(DownloadIt(), FailsWith(Failure::kDigest));
  EXPECT_EQ(server_.CountRequests(), 2u);
  EXPECT_FALSE(Exists(partial()));
}

TEST_P(DownloadTest, AServerThatIgnoresRangeSendsAllAgain) {
  LeavePartial(Half());
  server_.Inject(kPath, Fault::IgnoreRange());
  EXPECT_THAT(DownloadIt(), IsOk());
  EXPECT_EQ(Final(), bytes_);
  EXPECT_EQ(server_.CountRequests(), 1u);
}

TEST_P(DownloadTest, AServerThatSendsAnotherRangeIsAskedForAll) {
  LeavePartial(Half());
  server_.Inject(kPath, Fault::WrongRange());
  EXPECT_THAT(DownloadIt(), IsOk());
  EXPECT_EQ(Final(), bytes_);
  EXPECT_EQ(RangeOf(1), "");
}

TEST_P(DownloadTest, AnUnsatisfiableRangeStartsOver) {
  LeavePartial(Half());
  server_.Inject(kPath, Fault::Status(416));
  EXPECT_THAT(DownloadIt(), IsOk());
  EXPECT_EQ(Final(), bytes_);
  EXPECT_EQ(RangeOf(1), "");
}

TEST_P(DownloadTest, MirrorsAreTriedInOrderUntilOneIsRight) {
  FaultServer second;
  FaultServer third;
  server_.Inject(kPath, Fault::Status(404));
  second.Serve(kPath, bytes_);
  second.Inject(kPath, Fault::WrongBytes());
  third.Serve(kPath, bytes_);
  EXPECT_THAT(Download(bytes_, {server_.Url(kPath), second.Url(kPath),
                                third.Url(kPath)}),
              IsOk());
  EXPECT_EQ(Final(), bytes_);
  EXPECT_EQ(second.CountRequests(), 1u);
  EXPECT_EQ(third.CountRequests(), 1u);
  EXPECT_EQ(third.requests()[0].Header("Range"), "");
}

TEST_P(DownloadTest, TheNextMirrorContinuesWhatOneBegan) {
  FaultServer second;
  second.Serve(kPath, bytes_);
  server_.Inject(kPath, Fault::Truncate(bytes_.size() / 2));
  EXPECT_THAT(Download(bytes_, {server_.Url(kPath), second.Url(kPath)}),
              IsOk());
  EXPECT_EQ(Final(), bytes_);
  EXPECT_EQ(second.requests().at(0).Header("Range"), HalfRange());
}

TEST_P(DownloadTest, TheErrorNamesEveryMirrorAndIsTheGravest) {
  FaultServer second;
  server_.Inject(kPath, Fault::WrongBytes());
  EXPECT_THAT(Download(bytes_, {server_.Url(kPath), second.Url("/none")}),
              FailsWith(Failure::kDigest,
                        "; from " + second.Url("/none") + ": HTTP 404"));
}

TEST_P(DownloadTest, AnErrorOfAcceptIsTheDownloadsErrorAndFinal) {
  DownloadRequest request = RequestFor(bytes_, {server_.Url(kPath)});
  request.accept = [] {
    return MakeFailure(Failure::kReplacedFile, "other bytes are published");
  };
  EXPECT_THAT(Download(std::move(request)),
              FailsWith(Failure::kReplacedFile, "other bytes"));
  EXPECT_EQ(server_.CountRequests(), 1u);
}

TEST_P(DownloadTest, AcceptSeesExactlyTheBytesInAReadableFile) {
  DownloadRequest request = RequestFor(bytes_, {server_.Url(kPath)});
  std::string seen;
  mode_t mode = 0;
  request.accept = [&] {
    seen = ReadWholeFile(partial());
    struct stat info {};
    if (stat(partial().c_str(), &info) == 0) mode = info.st_mode;
    return absl::OkStatus();
  };
  EXPECT_THAT(Download(std::move(request)), IsOk());
  EXPECT_EQ(seen, bytes_);
  EXPECT_EQ(mode & 0755, static_cast<mode_t>(0644));
}

TEST_P(DownloadTest, ASymlinkInThePartialFilesPlaceIsNotWrittenThrough) {
  const std::string victim = directory_.Write("victim", "");
  LeavePartial("");
  std::filesystem::remove(partial());
  std::filesystem::create_symlink(victim, partial());
  EXPECT_FALSE(DownloadIt().ok());
  EXPECT_EQ(ReadWholeFile(victim), "");
}

TEST_P(DownloadTest, AFullDiskIsSaidAndFinal) {
  DownloadRequest request = RequestFor(bytes_, {server_.Url(kPath)});
  request.partial_path = "/dev/full";
  const absl::Status status = Download(std::move(request));
  EXPECT_THAT(status, FailsWith(Failure::kDiskFull, "/dev/full"));
  EXPECT_LE(server_.CountRequests(), 1u);
}

TEST_P(DownloadTest, AStalledServerTimesOutAndTheRestIsContinued) {
  options_.min_speed_time = absl::Seconds(1);
  server_.Inject(kPath, Fault::Stall(bytes_.size() / 2));
  EXPECT_THAT(DownloadIt(), IsOk());
  EXPECT_EQ(Final(), bytes_);
  EXPECT_EQ(RangeOf(1), HalfRange());
}

TEST_P(DownloadTest, OverallTimeOutEndsIt) {
  options_.download_timeout = absl::Milliseconds(200);
  options_.retries = 0;
  server_.Inject(kPath, Fault::Stall(1));
  EXPECT_THAT(DownloadIt(), FailsWith(Failure::kTimeout, "x.whl"));
}

TEST_P(DownloadTest, AFileUrlIsCopiedAndVerified) {
  const std::string path = directory_.Write("upstream/x y.whl", bytes_);
  EXPECT_THAT(Download(bytes_, {"file://" + path}), IsOk());
  EXPECT_EQ(Final(), bytes_);
  EXPECT_EQ(ReadWholeFile(path), bytes_);
  EXPECT_EQ(transfers().counters().requests, 0u);
}

TEST_P(DownloadTest, AFileUrlWithOtherBytesIsRefused) {
  std::string other = bytes_;
  other.back() = static_cast<char>(other.back() ^ 1);
  EXPECT_THAT(Download(bytes_, {"file://" + directory_.Write("x", other)}),
              FailsWith(Failure::kDigest, "content: expected"));
  EXPECT_THAT(
      Download(bytes_, {"file://" + directory_.Write("x", bytes_ + "1")}),
      FailsWith(Failure::kLength));
  EXPECT_THAT(Download(bytes_, {"file://" + directory_.Write("x", Half())}),
              FailsWith(Failure::kLength));
  EXPECT_FALSE(Exists(partial()));
  EXPECT_FALSE(Exists(final()));
}

TEST_P(DownloadTest, AnAbsentFileIsNotFoundAndTheNextMirrorHelps) {
  const std::string none = "file://" + directory_.Join("none");
  EXPECT_THAT(Download(bytes_, {none}), FailsWith(Failure::kNotFound, "none"));
  EXPECT_THAT(Download(bytes_, {none, server_.Url(kPath)}), IsOk());
  EXPECT_EQ(Final(), bytes_);
}

TEST_P(DownloadTest, ADirectoryByFileUrlIsRefused) {
  EXPECT_THAT(Download(bytes_, {"file://" + directory_.path()}),
              FailsWith(Failure::kFileSystem, "expected a regular file"));
}

TEST_P(DownloadTest, CredentialsAreNeverTold) {
  std::string url = server_.Url("/none");
  url.insert(url.find("//") + 2, "user:secret@");
  const absl::Status status = Download(bytes_, {url});
  EXPECT_THAT(status, FailsWith(Failure::kNotFound, "***@127.0.0.1"));
  EXPECT_EQ(status.ToString().find("secret"), std::string::npos);
}

class EmptyDownloadTest : public TransferTest {};

TEST_F(EmptyDownloadTest, AnEmptyFileIsAFile) {
  server_.Serve("/empty", "");
  EXPECT_THAT(Download("", {server_.Url("/empty")}), IsOk());
  EXPECT_EQ(Final(), "");
}

TEST_F(EmptyDownloadTest, AnEmptyAnswerForAFileIsRefused) {
  server_.Serve("/empty", "");
  EXPECT_THAT(Download("x", {server_.Url("/empty")}),
              FailsWith(Failure::kLength, "got Content-Length 0"));
  EXPECT_FALSE(Exists(final()));
}

TEST_F(EmptyDownloadTest, AnAnswerForAnEmptyFileIsRefused) {
  server_.Serve("/full", "x");
  EXPECT_THAT(Download("", {server_.Url("/full")}),
              FailsWith(Failure::kLength));
}

TEST_F(EmptyDownloadTest, AnEmptyFilesAbsenceIsNotSuccess) {
  EXPECT_THAT(Download("", {server_.Url("/none")}),
              FailsWith(Failure::kNotFound));
  EXPECT_FALSE(Exists(final()));
}

}  // namespace
}  // namespace tufmirror::http
