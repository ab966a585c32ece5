// An index on the loopback interface for unmodified installers, between them
// and any mirror. Invariant: every byte that it serves is of a TUF target that
// was verified; a file is never complete before its digest held.
#ifndef TUFMIRROR_GUARD_GUARD_H_
#define TUFMIRROR_GUARD_GUARD_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/http/transfers.h"

namespace tufmirror::guard {

// What is refused although a mirror offers it and it verifies. Such files are
// left out of pages and refused when asked for by name.
struct Policy {
  // Names or globs ("django-*"), compared normalized; empty: all projects.
  std::vector<std::string> projects = {};
  bool refuse_yanked = false;
  // Files younger than this (PEP 700 upload-time), or of no known age.
  absl::Duration min_age = absl::ZeroDuration();
  // Paths of pylock.toml, uv.lock, poetry.lock or requirements files: only
  // files whose sha256 is in one of them. Empty: any file.
  std::vector<std::string> hash_lists = {};

  bool empty() const {
    return projects.empty() && !refuse_yanked &&
           min_age == absl::ZeroDuration() && hash_lists.empty();
  }
};

enum class Connectivity {
  kOnline,
  kOffline,  // nothing is asked of a mirror: trusted metadata and the cache
};

enum class Reach {
  kLoopback,  // `listen` must be a loopback address
  kRemote,    // others on the network may use the guard
};

// Something the operator should see; one line without control characters.
struct LogLine {
  enum class Kind { kNote, kRefusal, kMirrorDropped, kMirrorBack };
  Kind kind = Kind::kNote;
  std::string text;
};

struct GuardOptions {
  // Base URLs of mirrors of one repository, in order of preference until their
  // speed is known: metadata at <base>/metadata/, targets at <base>/.
  std::vector<std::string> mirrors;
  // Where trusted metadata is kept between runs (root.json, timestamp.json,
  // ...): protects from rollback. May be shared by several guards. Empty: a
  // directory below `cache_directory` that belongs to `root`.
  std::string trust_directory;
  // Bytes of the root.json to trust. Needed only where `trust_directory` has
  // no root.json yet; otherwise that one, or what it was rotated to, counts.
  std::string root;
  // Private, made if absent; shared by several guards. Not empty.
  std::string cache_directory;
  uint64_t cache_size = uint64_t{4} << 30;     // bytes, of verified files
  absl::Duration refresh = absl::Seconds(60);  // metadata at most this often
  std::string listen = "127.0.0.1:0";          // as for serve
  Reach reach = Reach::kLoopback;
  // Names that may be in a Host header besides IP addresses and "localhost".
  std::vector<std::string> host_names = {};
  Connectivity connectivity = Connectivity::kOnline;
  Policy policy;
  // A dropped mirror is not asked again for so long, while another one is good.
  absl::Duration drop_time = absl::Minutes(5);
  // An answer that takes longer than this begins before the file is complete;
  // its end is withheld until the digest holds.
  absl::Duration hold = absl::Seconds(8);
  http::TransferOptions transfer = DefaultTransfer();
  // The time that expiry is judged by; empty: the system's clock.
  std::function<absl::Time()> clock;
  // Called from several threads, one at a time; empty: off.
  std::function<void(const LogLine&)> log;

  // Limits that fit what installers wait for: pip gives up after 15 seconds.
  static http::TransferOptions DefaultTransfer();
};

// One refused request.
struct Refusal {
  absl::Time when;
  Failure check = Failure::kInternal;  // which check failed
  int http_status = 0;
  std::string what;     // the target, or the path asked for
  std::string mirror;   // without credentials; empty if none is to blame
  std::string message;  // all of it in one line, as the client got it
};

struct MirrorState {
  std::string url;  // without credentials
  bool dropped = false;
  std::string reason;  // why it was dropped, last time; empty: never
};

// Since Start.
struct Stats {
  uint64_t requests = 0;
  uint64_t files_verified = 0;  // answers with a file below packages/ or pages
  uint64_t bytes_sent = 0;      // of verified targets
  uint64_t metadata_bytes = 0;  // fetched
  uint64_t target_bytes = 0;    // downloaded
  uint64_t cache_hits = 0;      // answers without a download
  uint64_t refused = 0;         // all, also those no longer in `refusals`
  std::vector<Refusal> refusals;  // the last 100 at most, oldest first
  std::string mirror;             // in use, without credentials
  std::vector<MirrorState> mirrors;
};

class Guard {
 public:
  // Checks `options`, takes the trusted root, listens and serves on threads of
  // its own. Asks no mirror yet: one that is down now may be up later. kUsage
  // for options that do not fit, kNotFound where there is no root to trust,
  // kThreshold and so on for a bad one, kNetwork if the address is taken.
  static absl::StatusOr<std::unique_ptr<Guard>> Start(GuardOptions options);
  // Stops, and waits for that.
  ~Guard();
  Guard(const Guard&) = delete;
  Guard& operator=(const Guard&) = delete;

  int port() const;
  // "http://127.0.0.1:43210/".
  std::string Url() const;
  // What installers want: "http://127.0.0.1:43210/simple/".
  std::string IndexUrl() const;

  // Refreshes the metadata now if it is due. OK: requests can be served. The
  // error says what every request would be refused with.
  absl::Status Refresh();

  Stats stats() const;

  // Ends all transfers and connections soon. Callable from any thread and from
  // a signal handler; calling it again does nothing.
  void Stop();
  // Returns once Stop was called and every thread has ended; the error of the
  // listener, if that was what ended it. Called once.
  absl::Status Wait();

 private:
  class Core;
  explicit Guard(std::unique_ptr<Core> core);
  std::unique_ptr<Core> core_;
};

}  // namespace tufmirror::guard

#endif  // TUFMIRROR_GUARD_GUARD_H_
