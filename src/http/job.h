// One object on its way through its tries: what the loop and the pool drive.
#ifndef TUFMIRROR_SRC_HTTP_JOB_H_
#define TUFMIRROR_SRC_HTTP_JOB_H_

#include <curl/curl.h>

#include <memory>
#include <string_view>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "http/easy_handle.h"
#include "tufmirror/http/transfers.h"

namespace tufmirror::http {

// What a job needs next.
struct Step {
  enum class Kind {
    kTransfer,  // a handle: PrepareTry, OnData, OnTryEnd
    kWait,      // a handle, after `delay`
    kPool,      // the pool is at work: OnPoolDone
    kReport,    // nothing more: Report
  };
  Kind kind = Kind::kReport;
  absl::Duration delay;

  static Step Transfer() { return {Kind::kTransfer, {}}; }
  static Step Wait(absl::Duration delay) { return {Kind::kWait, delay}; }
  static Step Pool() { return {Kind::kPool, {}}; }
  static Step Report() { return {Kind::kReport, {}}; }
};

// All on the loop's thread but RunOnPool.
class Job {
 public:
  enum class Take { kTaken, kPause, kAbort };

  virtual ~Job() = default;

  virtual Step Start() = 0;
  virtual absl::Status PrepareTry(EasyHandle& handle) = 0;
  // Part of a response's body, that of an error too. After kPause the same
  // bytes are offered again; kAbort ends the try.
  virtual Take OnData(EasyHandle& handle, std::string_view bytes) = 0;
  virtual Step OnTryEnd(EasyHandle& handle, CURLcode code) = 0;
  // The request could not be made at all.
  virtual Step OnUnpreparable(absl::Status status) = 0;
  virtual Step OnPoolDone() = 0;
  // Gives the result to the caller, once.
  virtual absl::Status Report() = 0;

  // On a pool thread, never on two at once. True when OnPoolDone is due.
  virtual bool RunOnPool() = 0;
};

}  // namespace tufmirror::http

#endif  // TUFMIRROR_SRC_HTTP_JOB_H_
