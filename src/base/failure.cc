#include "tufmirror/base/failure.h"

#include <optional>
#include <string>

#include "absl/strings/cord.h"
#include "fmt/format.h"
#include "tufmirror/base/strings.h"

namespace tufmirror {
namespace {

constexpr absl::string_view kPayloadUrl = "tufmirror/failure";

absl::StatusCode CodeFor(Failure failure) {
  switch (failure) {
    case Failure::kInternal:
      return absl::StatusCode::kInternal;
    case Failure::kUsage:
    case Failure::kMalformed:
    case Failure::kUnsafePath:
      return absl::StatusCode::kInvalidArgument;
    case Failure::kCancelled:
      return absl::StatusCode::kCancelled;
    case Failure::kLocked:
    case Failure::kNetwork:
    case Failure::kHttpStatus:
      return absl::StatusCode::kUnavailable;
    case Failure::kTimeout:
      return absl::StatusCode::kDeadlineExceeded;
    case Failure::kNotFound:
      return absl::StatusCode::kNotFound;
    case Failure::kDiskFull:
    case Failure::kTooLarge:
      return absl::StatusCode::kResourceExhausted;
    case Failure::kUnsupported:
      return absl::StatusCode::kUnimplemented;
    case Failure::kLength:
    case Failure::kDigest:
      return absl::StatusCode::kDataLoss;
    case Failure::kThreshold:
    case Failure::kUnauthorised:
      return absl::StatusCode::kPermissionDenied;
    case Failure::kBrake:
    case Failure::kHeldBack:
    case Failure::kFileSystem:
    case Failure::kKey:
    case Failure::kExpired:
    case Failure::kRollback:
    case Failure::kVersion:
    case Failure::kReplacedFile:
      return absl::StatusCode::kFailedPrecondition;
  }
  return absl::StatusCode::kUnknown;
}

}  // namespace

absl::Status MakeFailure(Failure failure, std::string_view message) {
  absl::Status status(CodeFor(failure), ToAbsl(message));
  status.SetPayload(kPayloadUrl,
                    absl::Cord(std::to_string(static_cast<int>(failure))));
  return status;
}

Failure FailureOf(const absl::Status& status) {
  const auto payload = status.GetPayload(kPayloadUrl);
  if (!payload.has_value()) return Failure::kInternal;
  return static_cast<Failure>(std::stoi(std::string(*payload)));
}

std::string_view FailureName(Failure failure) {
  switch (failure) {
    case Failure::kInternal:
      return "internal";
    case Failure::kUsage:
      return "usage";
    case Failure::kCancelled:
      return "cancelled";
    case Failure::kLocked:
      return "locked";
    case Failure::kBrake:
      return "brake";
    case Failure::kHeldBack:
      return "held back";
    case Failure::kFileSystem:
      return "file system";
    case Failure::kDiskFull:
      return "disk full";
    case Failure::kKey:
      return "key";
    case Failure::kNetwork:
      return "network";
    case Failure::kTimeout:
      return "timeout";
    case Failure::kNotFound:
      return "not found";
    case Failure::kHttpStatus:
      return "http status";
    case Failure::kMalformed:
      return "malformed";
    case Failure::kUnsupported:
      return "unsupported";
    case Failure::kTooLarge:
      return "too large";
    case Failure::kLength:
      return "length";
    case Failure::kDigest:
      return "digest";
    case Failure::kThreshold:
      return "threshold";
    case Failure::kExpired:
      return "expired";
    case Failure::kRollback:
      return "rollback";
    case Failure::kVersion:
      return "version";
    case Failure::kUnauthorised:
      return "unauthorised";
    case Failure::kUnsafePath:
      return "unsafe path";
    case Failure::kReplacedFile:
      return "replaced file";
  }
  return "unknown";
}

bool IsSecurityFailure(Failure failure) {
  switch (failure) {
    case Failure::kTooLarge:
    case Failure::kLength:
    case Failure::kDigest:
    case Failure::kThreshold:
    case Failure::kExpired:
    case Failure::kRollback:
    case Failure::kVersion:
    case Failure::kUnauthorised:
    case Failure::kUnsafePath:
    case Failure::kReplacedFile:
      return true;
    default:
      return false;
  }
}

absl::Status Annotate(const absl::Status& status, std::string_view context) {
  if (status.ok()) return status;
  // The object may have been named further down already.
  if (MessageOf(status).starts_with(context)) return status;
  absl::Status annotated(
      status.code(), ToAbsl(fmt::format("{}: {}", context, MessageOf(status))));
  status.ForEachPayload(
      [&annotated](absl::string_view url, const absl::Cord& payload) {
        annotated.SetPayload(url, payload);
      });
  return annotated;
}

std::string_view MessageOf(const absl::Status& status) {
  return FromAbsl(status.message());
}

}  // namespace tufmirror
