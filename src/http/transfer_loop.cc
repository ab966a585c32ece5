// See transfer_loop.h. Jobs that the pool works for are owned by nobody's
// unique_ptr in the meantime: the pool gives each back exactly once, and
// Abandon waits for it.
#include "http/transfer_loop.h"

#include <algorithm>
#include <utility>

#include "tufmirror/base/status_macros.h"

namespace tufmirror::http {
namespace {

constexpr std::chrono::milliseconds kTickTime(100);
constexpr size_t kMaxJobsInPool = 1024;

std::chrono::nanoseconds Nanoseconds(absl::Duration duration) {
  return absl::ToChronoNanoseconds(duration);
}

}  // namespace

TransferLoop::TransferLoop(const TransferOptions& options,
                           const Credentials& credentials, MultiHandle& multi,
                           WriterPool& pool, TransferCounters& counters,
                           size_t max_queued_bytes)
    : options_(options),
      credentials_(credentials),
      multi_(multi),
      pool_(pool),
      counters_(counters),
      max_queued_bytes_(max_queued_bytes),
      rate_(options.max_rate, Clock::now()) {}

TransferLoop::~TransferLoop() { Abandon(); }

absl::Status TransferLoop::Run(NextJob next) {
  running_ = true;
  no_more_ = false;
  now_ = Clock::now();
  next_tick_ = now_ + kTickTime;
  const absl::Status status = RunUntilDone(next);
  Abandon();
  running_ = false;
  return status;
}

absl::Status TransferLoop::RunUntilDone(NextJob next) {
  while (true) {
    now_ = Clock::now();
    RETURN_IF_ERROR(TickIfDue());
    RETURN_IF_ERROR(HandlePoolDone());
    AdmitWaiting();
    RETURN_IF_ERROR(StartReady());
    RETURN_IF_ERROR(AdmitNew(next));
    if (Idle()) return absl::OkStatus();
    ResumePaused();
    RETURN_IF_ERROR(multi_.Perform());
    const size_t active_before = active_;
    RETURN_IF_ERROR(HandleEnded());
    // What ended makes room for another transfer, or was the last one: there
    // is something to do before there is something to wait for.
    if (active_ < active_before) continue;
    RETURN_IF_ERROR(WaitForEvents());
  }
}

bool TransferLoop::Idle() const {
  return no_more_ && active_ == 0 && ready_.empty() && waiting_.empty() &&
         in_pool_ == 0;
}

void TransferLoop::Abandon() {
  for (const std::unique_ptr<Slot>& slot : slots_) {
    if (slot->job) multi_.Remove(slot->handle->get());
  }
  pool_.WaitUntilIdle();
  for (Job* job : pool_.TakeDone()) {
    --in_pool_;
    delete job;
  }
  free_.clear();
  for (const std::unique_ptr<Slot>& slot : slots_) {
    slot->job.reset();
    slot->paused = false;
    free_.push_back(slot.get());
  }
  active_ = 0;
  paused_ = 0;
  ready_.clear();
  waiting_.clear();
}

absl::Status TransferLoop::Take(std::unique_ptr<Job> job, Step step) {
  switch (step.kind) {
    case Step::Kind::kTransfer:
      ready_.push_back(std::move(job));
      return absl::OkStatus();
    case Step::Kind::kWait:
      waiting_.push_back(
          {Clock::now() + Nanoseconds(step.delay), std::move(job)});
      return absl::OkStatus();
    case Step::Kind::kPool:
      ++in_pool_;
      job.release();
      return absl::OkStatus();
    case Step::Kind::kReport:
      break;
  }
  return job->Report();
}

absl::Status TransferLoop::AdmitNew(NextJob next) {
  const auto window = static_cast<size_t>(options_.concurrency);
  while (!no_more_ && active_ + ready_.size() + waiting_.size() < window &&
         in_pool_ < kMaxJobsInPool &&
         pool_.queued_bytes() <= max_queued_bytes_ && rate_.Allows(now_)) {
    std::unique_ptr<Job> job = next();
    if (!job) {
      no_more_ = true;
      break;
    }
    const Step step = job->Start();
    RETURN_IF_ERROR(Take(std::move(job), step));
    RETURN_IF_ERROR(StartReady());
  }
  return absl::OkStatus();
}

void TransferLoop::AdmitWaiting() {
  for (size_t i = 0; i < waiting_.size();) {
    if (waiting_[i].until > now_) {
      ++i;
      continue;
    }
    ready_.push_back(std::move(waiting_[i].job));
    std::swap(waiting_[i], waiting_.back());
    waiting_.pop_back();
  }
}

absl::Status TransferLoop::StartReady() {
  while (!ready_.empty()) {
    ASSIGN_OR_RETURN(Slot * slot, FreeSlot());
    if (slot == nullptr) break;
    std::unique_ptr<Job> job = std::move(ready_.front());
    ready_.pop_front();
    RETURN_IF_ERROR(StartOn(*slot, std::move(job)));
  }
  return absl::OkStatus();
}

// Null if the window is full.
absl::StatusOr<TransferLoop::Slot*> TransferLoop::FreeSlot() {
  if (free_.empty()) {
    if (slots_.size() >= static_cast<size_t>(options_.concurrency)) {
      return nullptr;
    }
    auto slot = std::make_unique<Slot>();
    slot->loop = this;
    ASSIGN_OR_RETURN(slot->handle,
                     EasyHandle::Create(options_, credentials_,
                                        &TransferLoop::OnWrite, slot.get()));
    free_.push_back(slot.get());
    slots_.push_back(std::move(slot));
  }
  return free_.back();
}

absl::Status TransferLoop::StartOn(Slot& slot, std::unique_ptr<Job> job) {
  if (absl::Status status = job->PrepareTry(*slot.handle); !status.ok()) {
    const Step step = job->OnUnpreparable(std::move(status));
    return Take(std::move(job), step);
  }
  RETURN_IF_ERROR(multi_.Add(slot.handle->get()));
  free_.pop_back();
  slot.job = std::move(job);
  ++active_;
  ++counters_.requests;
  return absl::OkStatus();
}

absl::Status TransferLoop::HandleEnded() {
  while (std::optional<MultiHandle::Ended> ended = multi_.TakeEnded()) {
    char* data = nullptr;
    curl_easy_getinfo(ended->easy, CURLINFO_PRIVATE, &data);
    Slot& slot = *reinterpret_cast<Slot*>(data);
    multi_.Remove(ended->easy);
    std::unique_ptr<Job> job = std::move(slot.job);
    if (std::exchange(slot.paused, false)) --paused_;
    --active_;
    free_.push_back(&slot);
    const Step step = job->OnTryEnd(*slot.handle, ended->code);
    RETURN_IF_ERROR(Take(std::move(job), step));
  }
  return absl::OkStatus();
}

absl::Status TransferLoop::HandlePoolDone() {
  if (in_pool_ == 0) return absl::OkStatus();
  absl::Status first_error;
  for (Job* done : pool_.TakeDone()) {
    std::unique_ptr<Job> job(done);
    --in_pool_;
    if (!first_error.ok()) continue;
    const Step step = job->OnPoolDone();
    first_error = Take(std::move(job), step);
  }
  return first_error;
}

size_t TransferLoop::OnWrite(char* data, size_t size, size_t count,
                             void* slot) {
  auto* receiver = static_cast<Slot*>(slot);
  return receiver->loop->Receive(*receiver, {data, size * count});
}

size_t TransferLoop::Receive(Slot& slot, std::string_view bytes) {
  Job::Take take = Job::Take::kPause;
  if (rate_.Allows(now_)) take = slot.job->OnData(*slot.handle, bytes);
  switch (take) {
    case Job::Take::kTaken:
      break;
    case Job::Take::kPause:
      if (!std::exchange(slot.paused, true)) ++paused_;
      return CURL_WRITEFUNC_PAUSE;
    case Job::Take::kAbort:
      return 0;
  }
  Count(bytes.size());
  return bytes.size();
}

void TransferLoop::Count(uint64_t received) {
  rate_.Charge(received);
  counters_.bytes_received += received;
}

// In turn, as long as the rate allows; each takes what it had in hand.
void TransferLoop::ResumePaused() {
  const size_t count = slots_.size();
  for (size_t i = 0; i < count && paused_ > 0 && rate_.Allows(now_); ++i) {
    Slot& slot = *slots_[next_paused_++ % count];
    if (!slot.paused) continue;
    slot.paused = false;
    --paused_;
    // An error ends the transfer, which is then heard of like any other.
    curl_easy_pause(slot.handle->get(), CURLPAUSE_CONT);
  }
}

absl::Status TransferLoop::TickIfDue() {
  if (now_ < next_tick_) return absl::OkStatus();
  next_tick_ = now_ + kTickTime;
  return tick_ ? tick_(counters_) : absl::OkStatus();
}

std::chrono::milliseconds TransferLoop::WaitTime() {
  using std::chrono::milliseconds;
  milliseconds time = kTickTime;
  for (const Waiting& waiting : waiting_) {
    time =
        std::min(time, std::chrono::ceil<milliseconds>(waiting.until - now_));
  }
  if (rate_.limited() && (paused_ > 0 || active_ < slots_.size())) {
    const milliseconds allowed = rate_.UntilAllowed(now_);
    if (allowed > milliseconds(0)) time = std::min(time, allowed);
  }
  return std::max(time, milliseconds(0));
}

absl::Status TransferLoop::WaitForEvents() {
  const auto window = static_cast<size_t>(options_.concurrency);
  // A place freed just now can be filled at once.
  const bool room =
      !ready_.empty() ||
      (!no_more_ && active_ + waiting_.size() < window &&
       in_pool_ < kMaxJobsInPool && pool_.queued_bytes() <= max_queued_bytes_ &&
       rate_.Allows(now_));
  if (room) return absl::OkStatus();
  // While the window is full the network wakes this thread often enough to
  // collect what the pool has done.
  if (in_pool_ > 0 || paused_ > 0) {
    const bool pool_matters = active_ < window || paused_ > 0;
    if (pool_matters && !pool_.WakeMe()) return absl::OkStatus();
  }
  return multi_.Wait(WaitTime());
}

}  // namespace tufmirror::http
