// One client's connection as cpp-httplib sees it: a stream that holds exactly
// one complete, bounded request head at a time.
//
// The library's own reader takes lines of any length for any time; here a head
// is read whole, within limits of size and time, before the library sees it.
#ifndef TUFMIRROR_SRC_SERVE_CONNECTION_H_
#define TUFMIRROR_SRC_SERVE_CONNECTION_H_

#include <httplib.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "serve/listener.h"
#include "tufmirror/fs/file.h"

namespace tufmirror::serve {

struct ConnectionLimits {
  size_t max_line_bytes = 4096;   // request line, and each header line
  size_t max_head_bytes = 16384;  // request line and headers
  absl::Duration idle_timeout;
  absl::Duration head_timeout;
  absl::Duration write_timeout;
  absl::Duration drain_timeout;
  // A client that takes an answer at less than this rate, over this time, gives
  // its thread to a waiting one.
  uint64_t slow_rate = 0;  // bytes per second
  absl::Duration slow_time;
};

class Connection : public httplib::Stream {
 public:
  // `stop` and `pressure` outlive the connection. When stop is set an idle
  // connection ends at once and a busy one after the drain time; a Set of
  // pressure lets one idle or slow connection give its thread to a waiting
  // client.
  Connection(Listener::Accepted accepted, const ConnectionLimits& limits,
             const Event& stop, const Event& pressure);

  enum class Head {
    kReady,       // one head is there to be read
    kClosed,      // the client, the idle time or Stop ended the connection
    kMalformed,   // 400
    kTimeout,     // 408
    kUriTooLong,  // 414
    kTooLarge,    // 431
  };
  Head AwaitHead();

  // True once the library has read all of the head.
  bool HeadConsumed() const { return position_ == head_end_; }

  // The phrase of the next answer's status line; empty: the library's.
  void SetReason(std::string reason) { reason_ = std::move(reason); }

  // Sends what is still buffered; false if the client is gone.
  bool Flush();
  // Ends the connection so that the client gets the last answer: half-close,
  // then take and drop for a moment what the client still sends.
  void Linger();

  bool is_readable() const override { return !HeadConsumed(); }
  bool is_writable() const override { return !broken_; }
  ssize_t read(char* ptr, size_t size) override;
  ssize_t write(const char* ptr, size_t size) override;
  void get_remote_ip_and_port(std::string& ip, int& port) const override;
  void get_local_ip_and_port(std::string& ip, int& port) const override;
  socket_t socket() const override { return socket_.get(); }

 private:
  enum class Wait { kReady, kTimeout, kStopped, kPressure, kError };
  enum class Watch { kIdle, kBusy, kSlow };
  // Buffers or sends bytes of an answer.
  bool Put(std::string_view bytes);
  // Waits for `events` on the socket until `deadline`. kIdle also ends by
  // pressure and stop at once, kBusy by stop and the drain time, kSlow by
  // pressure besides.
  Wait WaitFor(short events, absl::Time deadline, Watch watch);

  // The verdict on what is buffered; nullopt if more must be received.
  std::optional<Head> CheckBuffered();
  bool SendAll(std::string_view bytes, int flags);
  Wait WaitForRoom();

  fs::UniqueFd socket_;
  const std::string remote_;
  const ConnectionLimits limits_;
  const Event& stop_;
  const Event& pressure_;
  std::string in_;       // received, from the current head on
  size_t position_ = 0;  // read by the library
  size_t head_end_ = 0;  // where the current head ends
  std::string reason_;
  std::string out_;  // small writes, to be sent together
  bool broken_ = false;
  absl::Time answer_begin_;    // when the current head was complete
  uint64_t answer_bytes_ = 0;  // taken of its answer
  std::optional<absl::Time> drain_deadline_;
};

}  // namespace tufmirror::serve

#endif  // TUFMIRROR_SRC_SERVE_CONNECTION_H_
