// An origin that was restored from a backup has forgotten versions that its
// readers have seen. What they saw is asked of a replica.
#ifndef TUFMIRROR_SYNC_RESUME_H_
#define TUFMIRROR_SYNC_RESUME_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tufmirror/http/transfers.h"
#include "tufmirror/tree/home.h"

namespace tufmirror::sync {

// Versions that are left out above the highest that was found: somebody may
// have seen more than the replica that was asked. They cost nothing.
inline constexpr int64_t kResumeMargin = 1000;

struct ResumeOptions {
  std::vector<std::string> from;  // base URLs of replicas; all are asked
  http::TransferOptions transfer;
};

struct ResumeResult {
  int64_t here = 0;  // the highest version in this home
  int64_t seen = 0;  // the highest version that replicas have
  // The next sync signs everything that the online key signs, with this
  // version or a higher one.
  int64_t next = 0;
};

// Verifies each replica's metadata from this origin's root on, whatever is
// expired in it, and remembers what it finds; nothing is published. kVersion,
// and nothing is remembered, if a replica has a newer version of a role that
// the online key does not sign (an offline one, or a project's own): this home
// must publish it before. The caller holds the home's lock.
absl::StatusOr<ResumeResult> Resume(const tree::Home& home,
                                    const ResumeOptions& options);

}  // namespace tufmirror::sync

#endif  // TUFMIRROR_SYNC_RESUME_H_
