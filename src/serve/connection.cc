// All waiting is in WaitFor, so that every wait has an end and heeds Stop.
#include "serve/connection.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace tufmirror::serve {
namespace {

constexpr size_t kReceiveBytes = 16 * 1024;
// Writes up to this are collected: a head and its small body go out as one.
constexpr size_t kCollectBytes = 16 * 1024;
constexpr size_t kLingerBytes = 256 * 1024;
constexpr absl::Duration kLingerTime = absl::Seconds(1);

constexpr size_t kReasonOffset = std::string_view("HTTP/1.1 200 ").size();
constexpr std::string_view kLineEnd = "\r\n";
constexpr std::string_view kHeadEnd = "\r\n\r\n";

int PollTimeout(absl::Time deadline) {
  const int64_t left = absl::ToInt64Milliseconds(
      absl::Ceil(deadline - absl::Now(), absl::Milliseconds(1)));
  return static_cast<int>(std::clamp<int64_t>(left, 0, 1'000'000'000));
}

}  // namespace

Connection::Connection(Listener::Accepted accepted,
                       const ConnectionLimits& limits, const Event& stop,
                       const Event& pressure)
    : socket_(std::move(accepted.socket)),
      remote_(std::move(accepted.remote)),
      limits_(limits),
      stop_(stop),
      pressure_(pressure) {}

Connection::Wait Connection::WaitFor(short events, absl::Time deadline,
                                     Watch watch) {
  while (true) {
    pollfd waiting[] = {{socket_.get(), events, 0},
                        {stop_.fd(), POLLIN, 0},
                        {pressure_.fd(), POLLIN, 0}};
    // Once draining, stop stays readable and is no news.
    if (drain_deadline_) waiting[1].fd = -1;
    if (watch == Watch::kBusy) waiting[2].fd = -1;
    if (drain_deadline_) deadline = std::min(deadline, *drain_deadline_);
    const int count = poll(waiting, 3, PollTimeout(deadline));
    if (count < 0 && errno != EINTR) return Wait::kError;
    if (count < 0) continue;
    if (count == 0) return Wait::kTimeout;
    if (waiting[1].revents != 0) {
      if (watch == Watch::kIdle) return Wait::kStopped;
      drain_deadline_ = absl::Now() + limits_.drain_timeout;
      continue;
    }
    if (waiting[0].revents != 0) return Wait::kReady;
    if (pressure_.TryTake()) return Wait::kPressure;
  }
}

std::optional<Connection::Head> Connection::CheckBuffered() {
  const std::string_view buffered = in_;
  const size_t end = buffered.find(kHeadEnd);
  const bool complete = end != std::string_view::npos;
  std::string_view head =
      complete ? buffered.substr(0, end + kHeadEnd.size()) : buffered;
  if (head.size() > limits_.max_head_bytes) return Head::kTooLarge;
  // A line end that we and the library might see differently hides a request.
  for (size_t i = 0; i < head.size(); ++i) {
    const bool bare_lf = head[i] == '\n' && (i == 0 || head[i - 1] != '\r');
    const bool bare_cr =
        head[i] == '\r' && i + 1 < head.size() && head[i + 1] != '\n';
    if (bare_lf || bare_cr || head[i] == '\0') return Head::kMalformed;
  }
  for (bool first = true; !head.empty(); first = false) {
    const size_t line = std::min(head.find(kLineEnd), head.size());
    if (line > limits_.max_line_bytes) {
      return first ? Head::kUriTooLong : Head::kTooLarge;
    }
    head.remove_prefix(std::min(head.size(), line + kLineEnd.size()));
  }
  if (!complete) return std::nullopt;
  head_end_ = end + kHeadEnd.size();
  return Head::kReady;
}

Connection::Head Connection::AwaitHead() {
  in_.erase(0, head_end_);
  position_ = head_end_ = 0;
  bool idle = in_.empty();
  absl::Time deadline =
      absl::Now() + (idle ? limits_.idle_timeout : limits_.head_timeout);
  while (true) {
    if (!in_.empty()) {
      if (const std::optional<Head> verdict = CheckBuffered()) {
        answer_begin_ = absl::Now();
        answer_bytes_ = 0;
        return *verdict;
      }
    }
    const Wait wait =
        WaitFor(POLLIN, deadline, idle ? Watch::kIdle : Watch::kBusy);
    if (wait == Wait::kTimeout && !idle) return Head::kTimeout;
    if (wait != Wait::kReady) return Head::kClosed;
    const size_t before = in_.size();
    in_.resize(before + kReceiveBytes);
    const ssize_t got =
        recv(socket_.get(), in_.data() + before, kReceiveBytes, 0);
    const int error_number = errno;
    in_.resize(before + (got > 0 ? static_cast<size_t>(got) : 0));
    if (got == 0) return Head::kClosed;
    if (got < 0 && error_number != EAGAIN && error_number != EINTR) {
      return Head::kClosed;
    }
    if (idle && got > 0) {
      idle = false;
      deadline = absl::Now() + limits_.head_timeout;
    }
  }
}

ssize_t Connection::read(char* ptr, size_t size) {
  const size_t count = std::min(size, head_end_ - position_);
  std::memcpy(ptr, in_.data() + position_, count);
  position_ += count;
  return static_cast<ssize_t>(count);
}

// For room to write in. A client that takes little by little is as good as
// idle, where another one waits.
Connection::Wait Connection::WaitForRoom() {
  const absl::Time deadline = absl::Now() + limits_.write_timeout;
  while (true) {
    const absl::Duration elapsed = absl::Now() - answer_begin_;
    const bool slow =
        static_cast<double>(answer_bytes_) <
        static_cast<double>(limits_.slow_rate) * absl::ToDoubleSeconds(elapsed);
    if (slow && elapsed >= limits_.slow_time) {
      return WaitFor(POLLOUT, deadline, Watch::kSlow);
    }
    // Looked at again when it may have become slow.
    const absl::Time next_look =
        absl::Now() + std::max(limits_.slow_time, absl::Milliseconds(10));
    const Wait wait =
        WaitFor(POLLOUT, std::min(deadline, next_look), Watch::kBusy);
    if (wait != Wait::kTimeout || absl::Now() >= deadline) return wait;
    if (drain_deadline_ && absl::Now() >= *drain_deadline_) return wait;
  }
}

bool Connection::SendAll(std::string_view bytes, int flags) {
  while (!bytes.empty() && !broken_) {
    const ssize_t sent =
        send(socket_.get(), bytes.data(), bytes.size(), flags | MSG_NOSIGNAL);
    if (sent >= 0) {
      bytes.remove_prefix(static_cast<size_t>(sent));
      answer_bytes_ += static_cast<uint64_t>(sent);
      // A client that takes little by little must not outlast the drain time.
      if (drain_deadline_ && absl::Now() > *drain_deadline_) broken_ = true;
    } else if (errno == EAGAIN) {
      if (WaitForRoom() != Wait::kReady) broken_ = true;
    } else if (errno != EINTR) {
      broken_ = true;
    }
  }
  return !broken_;
}

ssize_t Connection::write(const char* ptr, size_t size) {
  const std::string_view bytes(ptr, size);
  const auto result = [size](bool sent) {
    return sent ? static_cast<ssize_t>(size) : -1;
  };
  if (reason_.empty()) return result(Put(bytes));
  // The library hands over a whole head at once, "HTTP/1.1 403 Forbidden"
  // first, and has no way to say another phrase.
  const std::string reason = std::exchange(reason_, {});
  const size_t line_end = bytes.find(kLineEnd);
  if (!bytes.starts_with("HTTP/1.1 ") || line_end == std::string_view::npos ||
      line_end < kReasonOffset) {
    return result(Put(bytes));
  }
  std::string head(bytes.substr(0, kReasonOffset));
  head += reason;
  head += bytes.substr(line_end);
  return result(Put(head));
}

bool Connection::Put(std::string_view bytes) {
  if (bytes.size() <= kCollectBytes &&
      out_.size() + bytes.size() <= 2 * kCollectBytes) {
    out_.append(bytes);
    return !broken_;
  }
  std::string collected;
  collected.swap(out_);
  return SendAll(collected, MSG_MORE) && SendAll(bytes, 0);
}

bool Connection::Flush() {
  std::string collected;
  collected.swap(out_);
  return SendAll(collected, 0);
}

void Connection::Linger() {
  if (broken_ || shutdown(socket_.get(), SHUT_WR) != 0) return;
  const absl::Time deadline = absl::Now() + kLingerTime;
  std::string dropped(kReceiveBytes, '\0');
  size_t total = 0;
  while (total < kLingerBytes &&
         WaitFor(POLLIN, deadline, Watch::kIdle) == Wait::kReady) {
    const ssize_t got = recv(socket_.get(), dropped.data(), dropped.size(), 0);
    if (got <= 0) return;
    total += static_cast<size_t>(got);
  }
}

void Connection::get_remote_ip_and_port(std::string& ip, int& port) const {
  ip = remote_;
  port = 0;
}

// The library asks, nobody here does; the listening address is the server's.
void Connection::get_local_ip_and_port(std::string& ip, int& port) const {
  ip.clear();
  port = 0;
}

}  // namespace tufmirror::serve
