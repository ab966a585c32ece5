// What the jobs of one Transfers share.
#ifndef TUFMIRROR_SRC_HTTP_JOB_CONTEXT_H_
#define TUFMIRROR_SRC_HTTP_JOB_CONTEXT_H_

#include <cstddef>
#include <cstdint>

#include "http/retry_policy.h"
#include "http/writer_pool.h"
#include "tufmirror/http/transfers.h"

namespace tufmirror::http {

struct JobContext {
  const TransferOptions& options;
  WriterPool& pool;
  Backoff& backoff;
  TransferCounters& counters;
  size_t whole_bytes;   // files up to this are held in memory in one piece
  size_t chunk_bytes;   // longer ones go to the pool in pieces of this
  size_t window_bytes;  // of one file with the pool before it is paused
};

// Bodies of responses that are not wanted are read to their end up to this, so
// that the connection can be used again.
constexpr size_t kMaxUnwantedBytes = 64 * 1024;

// Never let libcurl refuse a redirect or an error for its own small body.
constexpr uint64_t kLeastMaxBytes = 64 * 1024;

}  // namespace tufmirror::http

#endif  // TUFMIRROR_SRC_HTTP_JOB_CONTEXT_H_
