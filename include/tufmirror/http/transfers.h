// Parallel, bounded, verified transfers: the only way bytes come from outside.
//
// One curl-multi loop moves bytes; hashing and writing to disk happen on a
// small pool. Every transfer has a byte limit; every download has a length and
// digests that no caller can leave out. libcurl is included in src/http only.
#ifndef TUFMIRROR_HTTP_TRANSFERS_H_
#define TUFMIRROR_HTTP_TRANSFERS_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tufmirror/base/digest.h"
#include "tufmirror/crypto/blake2b.h"

namespace tufmirror::http {

// How a program proves to an upstream server who it is.
enum class AuthScheme { kNone, kBasic, kBearer };

struct TransferOptions {
  int concurrency = 16;   // transfers in flight
  uint64_t max_rate = 0;  // bytes/s over all but file://; 0: none
  int retries = 4;        // further tries of what can heal
  absl::Duration connect_timeout = absl::Seconds(15);
  absl::Duration metadata_timeout = absl::Seconds(120);  // a try of a fetch
  absl::Duration download_timeout = absl::Hours(6);      // a try of a download
  uint64_t min_speed = 1000;                             // bytes per second ...
  absl::Duration min_speed_time = absl::Seconds(30);     // ... over this long
  absl::Duration backoff = absl::Milliseconds(500);      // first; doubles
  absl::Duration max_backoff = absl::Seconds(60);        // caps Retry-After too
  std::string user_agent;  // empty: "tufmirror/VERSION"
  std::string contact;     // e-mail or URL, in the User-Agent: " (+contact)"

  // "http://", "https://", "socks5://" or "socks5h://" (names looked up by the
  // proxy), host and port; "user:password" in TUFMIRROR_PROXY_CREDENTIALS, in
  // the first line of proxy_credentials_file, or in the URL, whichever is
  // first. Empty: the environment's, as curl has it.
  std::string proxy;
  std::string proxy_credentials_file;

  std::string ca_file;  // PEM; empty: the system's (CURL_CA_BUNDLE too)
  std::string ca_dir;   // hashed PEM files; empty: SSL_CERT_DIR, the system's
  std::string client_certificate;  // PEM; with its key if client_key is empty
  std::string client_key;          // PEM, not encrypted, only its owner's

  // What servers are told: for kBasic "user:password", for kBearer a token, in
  // TUFMIRROR_UPSTREAM_CREDENTIALS or the first line of credentials_file.
  // Only servers (scheme, host, port) of credential_urls hear it, or what such
  // a URL has as its own user and password; never a server that a redirect
  // leads to.
  AuthScheme auth = AuthScheme::kNone;
  std::string credentials_file;
  std::vector<std::string> credential_urls;
  // A netrc file, for hosts that have nothing of the above; "": ~/.netrc.
  std::optional<std::string> netrc;
  // Credentials go over https and to this machine; with this over http too.
  bool allow_plain_credentials = false;
};

// A URL fit for a message: user and password replaced by "***".
std::string RedactUrl(std::string_view url);

// OK for an absolute http, https or file URL without control characters;
// kUsage otherwise, naming what is wrong.
absl::Status CheckUrl(std::string_view url);
// The same for a URL that paths are appended to: a query is kUsage too, as the
// path would become part of it.
absl::Status CheckBaseUrl(std::string_view url);

// `path` percent-encoded for use in a URL path: unreserved characters and '/'
// stay, every other byte becomes %XX.
std::string EncodeUrlPath(std::string_view path);
// `base` and `relative` (already encoded) with exactly one '/' between.
std::string JoinUrl(std::string_view base, std::string_view relative);

// What the link `reference`, found on the page `base`, leads to (RFC 3986,
// 5.2): an absolute http or https URL (file too, where `base` is one) that
// CheckUrl accepts, without fragment and without user or password. Spaces and
// bytes beyond ASCII are percent-encoded. kMalformed for anything else, a
// reference that brings credentials of its own included.
absl::StatusOr<std::string> ResolveUrl(std::string_view base,
                                       std::string_view reference);

// How the body of a response may travel. Compressed: as gzip or zstd, decoded
// as it comes, within max_bytes.
enum class BodyEncoding { kIdentity, kCompressed };

// A small object wanted in memory.
struct FetchRequest {
  std::vector<std::string> urls;  // same object on several mirrors, in order
  uint64_t max_bytes = 0;         // more, unfolded, is kTooLarge
  std::vector<std::string> headers = {};  // "Name: value"
  uint64_t tag = 0;                       // for the caller; returned unchanged
  BodyEncoding encoding = BodyEncoding::kIdentity;
  // Names of response headers to return, lower case.
  std::vector<std::string> wanted_headers = {};
  std::optional<int> retries = {};  // in place of TransferOptions::retries
  // Of a try, where that is less than TransferOptions::metadata_timeout.
  std::optional<absl::Duration> timeout = {};
};

struct FetchResponse {
  int status = 0;  // 200, or 304 when the request was conditional
  std::string body;
  std::string etag;
  std::string content_type;
  // Those of wanted_headers that came, under the name asked for.
  std::map<std::string, std::string> headers;
  // Where the object was in the end, after redirects, without credentials:
  // the base of relative links.
  std::string effective_url;
};

// What `content.length` is: the length, or the most that is allowed where the
// length is not known.
enum class LengthRule { kExact, kAtMost };

// Whether a file may come without any digest to check. That is an operator's
// decision: such a file is whatever the server says it is.
enum class DigestRule { kRequired, kNoneKnown };

// What a file turned out to be.
struct ReceivedContent {
  uint64_t length = 0;  // bytes
  Sha256 sha256;
};

// A file wanted on disk, known by length and digests.
struct DownloadRequest {
  std::vector<std::string> urls;  // same object on several mirrors, in order
  ExpectedContent content;
  // Where bytes collect until they are verified; a file left there by an
  // earlier run is continued by Range, with its digest continued.
  std::string partial_path;
  // Called once after verification, on a pool thread, when `partial_path`
  // holds exactly the expected bytes: moves the file to its place. Its error
  // becomes the download's error. Calls for different downloads run at the
  // same time.
  absl::AnyInvocable<absl::Status()> accept;
  std::string what;  // the object's name in messages
  uint64_t tag = 0;
  LengthRule length_rule = LengthRule::kExact;  // else more is kTooLarge
  // All digests in `content` are checked whatever this says. A file with no
  // digest is never continued from an earlier try or run.
  DigestRule digest_rule = DigestRule::kRequired;
  std::optional<crypto::Blake2bDigest> blake2b = {};  // checked if given
  // Called in the place of `accept` if set: the same, and told what came.
  absl::AnyInvocable<absl::Status(const ReceivedContent&)> accept_content = {};
};

// Counted since creation; for reports and the progress bar.
struct TransferCounters {
  uint64_t requests = 0;
  uint64_t retries = 0;
  uint64_t bytes_received = 0;
  uint64_t files_verified = 0;
};

// Not for use by two threads at once; its own threads are its own business.
// A call from one of its own callbacks is refused (kInternal).
//
// Mirrors are tried in order: one that cannot heal (404, wrong bytes) is out,
// the others get a new round after a back-off, `retries` times each.
class Transfers {
 public:
  // Reads the files and variables with secrets that `options` name: kUsage if
  // they do not fit, kKey for a file that others than its owner can read.
  static absl::StatusOr<std::unique_ptr<Transfers>> Create(
      const TransferOptions& options);
  virtual ~Transfers() = default;

  // One small object. kNotFound on 404 and 410 (file://: absent), kHttpStatus
  // with the number in the message on any other status that is not success,
  // kTooLarge, kTimeout, kNetwork. Redirects are followed only to http(s),
  // never from https to http, at most 5, without credentials to another host.
  virtual absl::StatusOr<FetchResponse> Fetch(FetchRequest request) = 0;

  // Many small objects, in parallel. `next` is asked for another request
  // whenever there is room and says nullopt once there are no more; `done` is
  // called on the caller's thread for each, in order of completion. An error
  // from `done` abandons the rest and is returned.
  using NextFetch = absl::FunctionRef<std::optional<FetchRequest>()>;
  using FetchDone = absl::FunctionRef<absl::Status(
      const FetchRequest& request, absl::StatusOr<FetchResponse> response)>;
  virtual absl::Status FetchAll(NextFetch next, FetchDone done) = 0;

  // Many files, in parallel. `done` as above, with the download's status:
  // errors as Fetch, and kLength, kDigest after every mirror was tried. A
  // failed download leaves no file at `partial_path` if its bytes were wrong,
  // and keeps them there if they were merely cut short.
  using NextDownload = absl::FunctionRef<std::optional<DownloadRequest>()>;
  using DownloadDone = absl::FunctionRef<absl::Status(
      const DownloadRequest& request, absl::Status status)>;
  virtual absl::Status DownloadAll(NextDownload next, DownloadDone done) = 0;

  virtual TransferCounters counters() const = 0;

  // The HTTP status of a kHttpStatus or kNotFound failure; 0 for others.
  static int HttpStatusOf(const absl::Status& status);

  // Called about ten times a second during FetchAll and DownloadAll, on the
  // caller's thread; an error from it stops the transfer and is returned
  // (cancellation, progress bars).
  using Tick = absl::AnyInvocable<absl::Status(const TransferCounters&)>;
  virtual void SetTick(Tick tick) = 0;
};

}  // namespace tufmirror::http

#endif  // TUFMIRROR_HTTP_TRANSFERS_H_
