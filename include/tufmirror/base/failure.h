// What went wrong, as a value that callers can branch on.
//
// Every error in the project is an absl::Status that carries one Failure in a
// payload. The message is for people (operation, object, expected, got); the
// Failure decides exit codes, retries and reports.
#ifndef TUFMIRROR_BASE_FAILURE_H_
#define TUFMIRROR_BASE_FAILURE_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace tufmirror {

enum class Failure {
  kInternal,      // a defect of this program
  kUsage,         // command line or configuration is wrong
  kCancelled,     // the operator asked to stop
  kLocked,        // another run holds the lock
  kBrake,         // a safety brake stopped the run
  kHeldBack,      // one project or file was left out, the run went on
  kFileSystem,    // an operation of the file system failed
  kDiskFull,      // no space, no inodes or quota exceeded
  kKey,           // a private key cannot be read or used
  kNetwork,       // connection, DNS or TLS trouble
  kTimeout,       // too slow: overall or minimum-speed limit
  kNotFound,      // the server says 404 or 410, the file does not exist
  kHttpStatus,    // another HTTP status that is not success
  kMalformed,     // outside bytes that do not parse or break a format rule
  kUnsupported,   // well-formed, but nothing here can handle it
  kTooLarge,      // longer than allowed: endless data
  kLength,        // another length than the signed one
  kDigest,        // another digest than the signed one
  kThreshold,     // too few valid signatures
  kExpired,       // metadata past its expiry
  kRollback,      // a version went down, or a role disappeared
  kVersion,       // a version is not the one that was asked for
  kUnauthorised,  // no delegation authorises this role or target
  kUnsafePath,    // a path that would escape, collide or overflow
  kReplacedFile,  // a published file with other bytes (invariant 9)
};

// An error status with `failure` as its payload. `message` states operation,
// object, expected and got.
absl::Status MakeFailure(Failure failure, std::string_view message);

// The failure kind of a non-OK `status`; kInternal if it carries none.
Failure FailureOf(const absl::Status& status);

// "rollback", "disk full", ...: stable words, used in reports.
std::string_view FailureName(Failure failure);

// True for failures that mean somebody may be attacking: exit code 5.
bool IsSecurityFailure(Failure failure);

// `status` with "context: " put before its message, the failure kept. Called
// once on the way up, where the name of the object is known; a message that
// begins with `context` stays as it is. OK stays OK.
absl::Status Annotate(const absl::Status& status, std::string_view context);

// The message of `status` as a std::string_view (valid while `status` lives).
std::string_view MessageOf(const absl::Status& status);

}  // namespace tufmirror

#endif  // TUFMIRROR_BASE_FAILURE_H_
