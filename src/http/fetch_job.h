// A small object into memory.
#ifndef TUFMIRROR_SRC_HTTP_FETCH_JOB_H_
#define TUFMIRROR_SRC_HTTP_FETCH_JOB_H_

#include <memory>

#include "http/job.h"
#include "http/job_context.h"
#include "tufmirror/compress/body_decoder.h"

namespace tufmirror::http {

class FetchJob : public Job {
 public:
  FetchJob(FetchRequest request, const JobContext& context,
           Transfers::FetchDone done)
      : request_(std::move(request)),
        context_(context),
        rounds_(request_.urls.size(),
                request_.retries.value_or(context.options.retries)),
        done_(done) {}

  Step Start() override;
  absl::Status PrepareTry(EasyHandle& handle) override;
  Take OnData(EasyHandle& handle, std::string_view bytes) override;
  Step OnTryEnd(EasyHandle& handle, CURLcode code) override;
  Step OnUnpreparable(absl::Status status) override;
  Step OnPoolDone() override { return Step::Report(); }
  absl::Status Report() override;
  bool RunOnPool() override { return true; }

 private:
  // Begins on the mirror whose turn it is.
  Step BeginMirror();
  Step ReadLocalFile(const std::string& url);
  Step AfterFailure(TryFailure failure);
  Step Finish(absl::Status status);
  bool IsConditional() const;
  bool IsWanted(int http_status) const;
  absl::Status TooLarge() const;
  // At the first bytes of a body: what they are for, how they came.
  absl::Status Judge(EasyHandle& handle);
  absl::Status TakeBytes(std::string_view bytes);
  Step AfterBadEncoding();

  FetchRequest request_;
  const JobContext& context_;
  MirrorRounds rounds_;
  Transfers::FetchDone done_;

  FetchResponse response_;
  absl::Status result_;
  size_t unwanted_bytes_ = 0;
  bool wanted_ = false;  // this try's body
  bool judged_ = false;  // wanted_ was found out
  bool too_large_ = false;
  bool plain_ = false;  // asked for so since compressed bytes were bad
  std::unique_ptr<compress::BodyDecoder> decoder_;  // null: body is as it is
  absl::Status bad_encoding_;
};

}  // namespace tufmirror::http

#endif  // TUFMIRROR_SRC_HTTP_FETCH_JOB_H_
