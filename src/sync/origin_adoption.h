// One project that an origin is about to publish, while its files are brought.
#ifndef TUFMIRROR_SYNC_ORIGIN_ADOPTION_H_
#define TUFMIRROR_SYNC_ORIGIN_ADOPTION_H_

#include <vector>

#include "absl/status/status.h"
#include "sync/origin_claims.h"
#include "sync/origin_plan.h"
#include "sync/origin_session.h"
#include "sync/package_supply.h"
#include "tufmirror/source/origin_source.h"

namespace tufmirror::sync {

struct OriginSession::Adoption {
  source::ProjectOffer offer;
  ProjectPlan plan;
  std::vector<WantedPackage> wanted = {};  // point into `plan`
  // What its maintainers signed; null where the origin decides.
  const WaitingClaim* claim = nullptr;
  absl::Status not_signed = {};  // upstream has more than they signed
};

}  // namespace tufmirror::sync

#endif  // TUFMIRROR_SYNC_ORIGIN_ADOPTION_H_
