// A real HTTP/1.1 server on a loopback port, with faults on request.
//
//   FaultServer server;
//   server.Serve("/a.whl", bytes);
//   server.Inject("/a.whl", Fault::Truncate(10));        // the next request
//   server.Inject("/b.whl", Fault::Status(503), 2);      // the next two
//   server.Inject("/c.whl", Fault::Status(404), kEveryTime);
//   ... client asks for server.Url("/a.whl") ...
//   EXPECT_EQ(server.CountRequests("/a.whl"), 2u);
//
// Faults of one path are used up in the order they were injected. Without a
// fault it answers GET and HEAD with 200, 206 (one Range "bytes=A-" or
// "bytes=A-B"), 304 (If-None-Match), 404 and 416, keeps connections alive and
// sends an ETag. As a proxy it answers absolute-form requests
// ("GET http://host/path") for any host from its own paths, and CONNECT with
// 501; the request line is recorded as received.
//
// All members may be called from any thread at any time.
#ifndef TUFMIRROR_TESTS_SUPPORT_FAULT_SERVER_H_
#define TUFMIRROR_TESTS_SUPPORT_FAULT_SERVER_H_

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace tufmirror::testing {

// What goes wrong with one response. Make one with the functions.
struct Fault {
  enum class Kind {
    kTruncate,
    kStall,
    kWrongBytes,
    kStatus,
    kOversize,
    kEndless,
    kRedirect,
    kDrip,
    kCloseEarly,
    kGarbage,
    kContentLength,
    kIgnoreRange,
    kNoLength,
    kWrongRange,
  };

  // Headers and the first `bytes` of the body, then the connection closes.
  static Fault Truncate(uint64_t bytes);
  // Headers and the first `bytes` of the body, then nothing, until Release(),
  // which lets the rest through, or until the client closes.
  static Fault Stall(uint64_t bytes);
  // As many bytes as there should be, all of them others.
  static Fault WrongBytes();
  // This status with a short body. `retry_after`: a Retry-After header.
  static Fault Status(int status, std::string retry_after = "");
  // The right bytes and `bytes` more, declared in Content-Length.
  static Fault Oversize(uint64_t bytes);
  // The right bytes and then zeros without end, chunked: no length declared.
  static Fault Endless();
  // `status` with "Location: `url`".
  static Fault Redirect(std::string url, int status = 302);
  // One byte at a time, ten a second, until Release().
  static Fault Drip();
  // Closes the connection without an answer.
  static Fault CloseEarly();
  // A first line that is not HTTP, then closes.
  static Fault Garbage();
  // The right bytes under a Content-Length of `bytes`, then closes.
  static Fault ContentLength(uint64_t bytes);
  // 200 and all bytes, whatever Range says.
  static Fault IgnoreRange();
  // The first `bytes`, no Content-Length, end of body by close (HTTP/1.0).
  static Fault NoLength(uint64_t bytes);
  // 206 with a Content-Range that begins at 0 (and those bytes).
  static Fault WrongRange();

  Kind kind = Kind::kStatus;
  uint64_t bytes = 0;
  int status = 0;
  std::string text = {};  // URL or Retry-After
};

inline constexpr int kEveryTime = -1;

struct RecordedRequest {
  std::string method;
  std::string target;  // as on the request line
  std::string path;    // without scheme, host and query
  std::vector<std::pair<std::string, std::string>> headers;

  // The first header of that name (any case); empty if absent.
  std::string Header(std::string_view name) const;
};

class FaultServer {
 public:
  // Listens on 127.0.0.1, a port of the system's choice.
  FaultServer();
  // Closes every connection, also stalled ones, and joins all threads.
  ~FaultServer();
  FaultServer(const FaultServer&) = delete;
  FaultServer& operator=(const FaultServer&) = delete;

  int port() const { return port_; }
  std::string url() const;                       // "http://127.0.0.1:PORT"
  std::string Url(std::string_view path) const;  // url() + path

  // GET `path` ("/x/y", compared after percent-decoding) gives `bytes`;
  // replaces what was there.
  void Serve(std::string path, std::string bytes,
             std::string content_type = "application/octet-stream");
  void Remove(const std::string& path);
  // Every answer for `path` without a fault has this too: "Name: value".
  void AddHeader(const std::string& path, std::string header);
  // Paths not given to Serve are looked up below `directory` (read anew at
  // each request; symlinks followed).
  void ServeDirectory(std::string directory);

  // `times` requests of `path` (all later ones: kEveryTime) meet `fault`.
  void Inject(std::string path, Fault fault, int times = 1);
  // As Inject, for any path that has no fault of its own left.
  void InjectAnywhere(Fault fault, int times = 1);
  void ClearFaults();
  // Lets all stalled and dripping responses go on, now and later.
  void Release();

  // In order of arrival.
  std::vector<RecordedRequest> requests() const;
  // Requests of `path`, or of anything.
  size_t CountRequests(std::string_view path) const;
  size_t CountRequests() const;
  void ForgetRequests();
  // Connections accepted so far.
  size_t connections() const;
  // The most requests that were being answered at one time.
  size_t most_at_once() const;
  // Returns when at least `count` requests have arrived, or the server stops.
  void WaitForRequests(size_t count) const;

 private:
  struct Content {
    std::string bytes;
    std::string type;
  };
  struct ScriptedFault {
    Fault fault;
    int times;
  };
  struct Response;
  class Connection;

  void AcceptLoop();
  void ServeConnection(int fd);
  // False when the connection must close.
  bool Answer(Connection& connection, const RecordedRequest& request);
  bool AnswerWithFault(Connection& connection, const RecordedRequest& request,
                       const Fault& fault);
  Response MakeResponse(const RecordedRequest& request,
                        bool ignore_range) const;
  std::optional<Content> Find(const std::string& path) const;
  std::optional<Fault> TakeFault(const std::string& path);
  std::optional<Fault> TakeFrom(std::deque<ScriptedFault>& faults);
  bool SendStalled(Connection& connection, std::string_view rest);
  bool SendDripping(Connection& connection, std::string_view body);

  int listener_ = -1;
  int port_ = 0;
  mutable std::mutex mutex_;  // of everything below
  mutable std::condition_variable changed_;
  std::map<std::string, Content> contents_;
  std::map<std::string, std::vector<std::string>> headers_;
  std::string directory_;
  std::map<std::string, std::deque<ScriptedFault>> faults_;
  std::deque<ScriptedFault> anywhere_;
  std::vector<RecordedRequest> requests_;
  std::set<int> open_;
  size_t connections_ = 0;
  size_t answering_ = 0;
  size_t most_at_once_ = 0;
  bool released_ = false;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
  std::thread accept_thread_;
};

}  // namespace tufmirror::testing

#endif  // TUFMIRROR_TESTS_SUPPORT_FAULT_SERVER_H_
