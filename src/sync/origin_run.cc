// The story of a run; each step is told in origin_session.h.
#include "sync/origin_run.h"

#include "sync/origin_session.h"
#include "sync/phase_clock.h"
#include "tufmirror/base/status_macros.h"

namespace tufmirror::sync {

absl::Status RunOrigin(const tree::Home& home, const Config& config,
                       RunOptions& options, report::RunReport& report) {
  OriginSession session(home, config, options, report);
  RETURN_IF_ERROR(
      RunPhase("open", report, [&] { return session.OpenPublished(); }));
  RETURN_IF_ERROR(RunPhase(
      config.upstream.kind == UpstreamKind::kDirectory ? "scan" : "fetch",
      report, [&] { return session.LookUpstream(); }));
  RETURN_IF_ERROR(
      RunPhase("compare", report, [&] { return session.Compare(); }));
  if (options.dry_run) return session.ShowPlan();
  if (!session.MustPublish()) return session.RememberSource();
  RETURN_IF_ERROR(session.ReadOnlineKeys());
  RETURN_IF_ERROR(session.CheckBrakesOfPlan());
  RETURN_IF_ERROR(RunPhase("adopt", report, [&] { return session.Adopt(); }));
  // Comparing may have found more than there was, such as the same bytes in a
  // file that was touched.
  if (!session.MustPublish()) return session.RememberSource();
  return RunPhase("publish", report, [&] { return session.Publish(); });
}

}  // namespace tufmirror::sync
