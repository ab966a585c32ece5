// Claims as text for a person, and as JSON.
#ifndef TUFMIRROR_SRC_CLI_CLAIM_TEXT_H_
#define TUFMIRROR_SRC_CLI_CLAIM_TEXT_H_

#include <string>
#include <vector>

#include "tufmirror/repo/claim_bundle.h"
#include "tufmirror/repo/claim_request.h"
#include "tufmirror/sync/claims.h"
#include "tufmirror/tuf/model.h"

namespace tufmirror::cli {

std::string RequestText(const repo::ClaimRequest& request);
// The page that users will see, version and expiry.
std::string ReleaseText(const repo::ClaimRelease& release);
std::string ClaimedRoleText(const tuf::Targets& role);
// The role `next` whole, with what is other than in `last` marked.
std::string ClaimedRoleText(const tuf::Targets& next, const tuf::Targets& last);
// Who has signed a bundle; with requests, which signatures count.
std::string SignaturesText(const repo::ClaimBundle& bundle,
                           const std::vector<std::string>& keyids,
                           const std::vector<repo::ClaimRequest>& requests);
std::string AcceptedText(const sync::AcceptedClaim& accepted);

std::string ListingText(const sync::ClaimListing& listing);
std::string ListingsText(const std::vector<sync::ClaimListing>& listings);
std::string ListingsJson(const std::vector<sync::ClaimListing>& listings);

}  // namespace tufmirror::cli

#endif  // TUFMIRROR_SRC_CLI_CLAIM_TEXT_H_
