// A listening socket that can be told to stop from anywhere.
#ifndef TUFMIRROR_SRC_SERVE_LISTENER_H_
#define TUFMIRROR_SRC_SERVE_LISTENER_H_

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tufmirror/fs/file.h"
#include "tufmirror/serve/http_server.h"

namespace tufmirror::serve {

// A flag that poll(2) can wait for.
class Event {
 public:
  enum class Kind {
    kLatch,      // once set, readable for ever
    kSemaphore,  // each Set lets one TryTake succeed
  };
  static absl::StatusOr<Event> Create(Kind kind);
  // Async-signal-safe.
  void Set() const;
  // True once for each Set; for kSemaphore only.
  bool TryTake() const;
  int fd() const { return fd_.get(); }

 private:
  explicit Event(fs::UniqueFd fd) : fd_(std::move(fd)) {}
  fs::UniqueFd fd_;
};

class Listener {
 public:
  // Binds and listens. kUsage if the address does not parse or resolve,
  // kNetwork if it cannot be had.
  static absl::StatusOr<Listener> Create(std::string_view text);

  int fd() const { return socket_.get(); }
  int port() const { return port_; }
  // "http://HOST:PORT/".
  std::string url() const;

  struct Accepted {
    fs::UniqueFd socket;
    std::string remote;  // numeric address of the other end
  };
  // Waits for a connection (non-blocking, close-on-exec, without Nagle's
  // delay); nullopt once `stop` is set. Goes on after what passes, such as
  // connections that were gone at once and a lack of descriptors.
  absl::StatusOr<std::optional<Accepted>> Accept(const Event& stop) const;

 private:
  Listener(fs::UniqueFd socket, std::string host, int port)
      : socket_(std::move(socket)), host_(std::move(host)), port_(port) {}

  fs::UniqueFd socket_;
  std::string host_;
  int port_;
};

}  // namespace tufmirror::serve

#endif  // TUFMIRROR_SRC_SERVE_LISTENER_H_
