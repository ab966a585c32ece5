// A file onto disk: what the loop does for it. DownloadWriter does the rest.
#ifndef TUFMIRROR_SRC_HTTP_DOWNLOAD_JOB_H_
#define TUFMIRROR_SRC_HTTP_DOWNLOAD_JOB_H_

#include "http/content_check.h"
#include "http/download_writer.h"
#include "http/job.h"
#include "http/job_context.h"

namespace tufmirror::http {

class DownloadJob : public Job {
 public:
  DownloadJob(DownloadRequest request, const JobContext& context,
              Transfers::DownloadDone done)
      : request_(std::move(request)),
        context_(context),
        rules_(request_),
        writer_(request_, context.pool, this),
        rounds_(request_.urls.size(), context.options.retries),
        done_(done) {}

  Step Start() override;
  absl::Status PrepareTry(EasyHandle& handle) override;
  Take OnData(EasyHandle& handle, std::string_view bytes) override;
  Step OnTryEnd(EasyHandle& handle, CURLcode code) override;
  Step OnUnpreparable(absl::Status status) override;
  Step OnPoolDone() override;
  absl::Status Report() override;
  bool RunOnPool() override { return writer_.RunOnPool(); }

 private:
  // The order whose answer is awaited.
  enum class Awaiting { kResume, kFinish, kCopy, kClose };

  // Begins, or goes on, on the mirror whose turn it is.
  Step BeginMirror();
  Step Order(Awaiting awaiting, WriteOrder::Kind kind, std::string bytes);
  // Forgets all bytes held, in memory and on disk.
  void StartOver();
  void JudgeResponse(EasyHandle& handle);
  // Why a `declared` length of what follows cannot be right, if so.
  absl::Status JudgeLength(uint64_t declared) const;
  // True if all there is has arrived, as far as a length can tell.
  bool IsComplete(const EasyHandle& handle, CURLcode code) const;
  bool IsWanted(int http_status) const;
  // The bytes held are not the promised ones.
  Step AfterWrong(absl::Status status);
  Step AfterFailure(TryFailure failure);
  // The end: what is held stays on disk for a later run.
  Step Close(absl::Status status);
  size_t ChunkBytes() const;
  std::string Operation() const { return "download " + request_.what; }

  DownloadRequest request_;
  const JobContext& context_;
  const ContentRules rules_;
  DownloadWriter writer_;
  MirrorRounds rounds_;
  Transfers::DownloadDone done_;
  Awaiting awaiting_ = Awaiting::kFinish;
  absl::Status result_;

  std::string chunk_;     // received, not yet with the writer
  uint64_t held_ = 0;     // bytes so far: with the writer, then in chunk_
  bool on_disk_ = false;  // the writer may have a file
  bool resumed_ = false;  // held_ has bytes of an earlier try or run
  bool restarted_ = false;
  // This try:
  uint64_t offset_ = 0;  // first byte asked for
  bool judged_ = false;
  bool wanted_ = false;
  absl::Status wrong_;  // why its bytes cannot be the promised ones
  size_t unwanted_bytes_ = 0;
};

}  // namespace tufmirror::http

#endif  // TUFMIRROR_SRC_HTTP_DOWNLOAD_JOB_H_
