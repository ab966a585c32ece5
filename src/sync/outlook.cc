// Reads the live tree as a reader would that looks at no expiry.
#include "tufmirror/sync/outlook.h"

#include <algorithm>
#include <map>

#include "fmt/format.h"
#include "sync/offline_roles.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/client/metadata_fetcher.h"
#include "tufmirror/fs/file.h"
#include "tufmirror/json/canonical.h"
#include "tufmirror/repo/tree_view.h"
#include "tufmirror/source/tuf_source.h"
#include "tufmirror/tree/layout.h"
#include "tufmirror/tuf/model.h"

namespace tufmirror::sync {
namespace {

using report::ExpiringRole;
using report::Urgency;
using Event = Rehearsal::Event;

std::string TrustedRootPath(const tree::Layout& layout) {
  return layout.upstream_trust() + "/root.json";
}

// A replica may have no root version 1, and names without versions.
absl::StatusOr<client::RepositoryView> OpenReplica(const tree::Layout& layout) {
  ASSIGN_OR_RETURN(std::string bytes, fs::ReadFile(TrustedRootPath(layout),
                                                   client::kMaxRootBytes));
  ASSIGN_OR_RETURN(
      tuf::TrustedMetadataSet trusted,
      source::OpenTree(layout.live(), tuf::RawMetadata{std::move(bytes)},
                       absl::InfinitePast()));
  const bool consistent = trusted.root()->consistent_snapshot;
  return client::RepositoryView(
      std::move(trusted), source::ReadRolesFrom(layout.live(), consistent));
}

// "root", "root and targets", "root, targets and bins"
std::string Names(const std::vector<ExpiringRole>& roles) {
  std::string names;
  for (size_t i = 0; i < roles.size(); ++i) {
    if (i > 0) names += i + 1 == roles.size() ? " and " : ", ";
    names += Printable(roles[i].role, 80);
  }
  return names;
}

std::string TimeOf(absl::Time time) {
  return absl::FormatTime("%E4Y-%m-%d %H:%M", time, absl::UTCTimeZone());
}

std::string_view Reminders(HomeKind kind) {
  return kind == HomeKind::kOrigin ? "status says so, and sync once a day"
                                   : "status says so";
}

void AddWarnings(const std::vector<ExpiringRole>& roles, const Outlook& outlook,
                 absl::Time now, std::vector<Event>& events) {
  const absl::Time expires = roles.front().expires;
  const std::pair<absl::Duration, Urgency> stages[] = {
      {report::kSoonBefore, Urgency::kSoon},
      {report::kUrgentBefore, Urgency::kUrgent},
      {report::kCriticalBefore, Urgency::kCritical}};
  for (const auto& [before, urgency] : stages) {
    if (expires - before < now) continue;
    events.push_back(
        {expires - before, fmt::format("{}: {} days are left for {}; {}",
                                       report::UrgencyName(urgency),
                                       absl::ToInt64Hours(before) / 24,
                                       Names(roles), Reminders(outlook.kind))});
  }
}

std::string WhatStops(HomeKind kind) {
  const std::string readers =
      "clients and guards refuse this mirror at once, also for what they had "
      "before; replicas refuse to follow it";
  if (kind == HomeKind::kReplica) {
    return "sync ends with exit code 5 (expired) and brings nothing new; "
           "what is here is served on, but " +
           readers;
  }
  return "sync ends with exit code 5 (expired), signs nothing and publishes "
         "nothing; " +
         readers + ", and what they serve is refused likewise";
}

std::string Act(const Outlook& outlook, absl::Time first, absl::Time now) {
  const std::string_view who = outlook.kind == HomeKind::kOrigin
                                   ? "sign"
                                   : "the owner of the origin must sign";
  if (first <= now) {
    return fmt::format(
        "It is late: {} new versions of what is expired with its offline keys; "
        "every reader recovers by itself as soon as that is published",
        who);
  }
  return fmt::format(
      "Before {}: {} new versions of what expires with its offline keys; there "
      "is nothing that readers must do",
      TimeOf(first), who);
}

}  // namespace

absl::StatusOr<Outlook> ReadOutlook(const tree::Home& home) {
  const tree::Layout& layout = home.layout();
  ASSIGN_OR_RETURN(const auto trusted, fs::Stat(TrustedRootPath(layout)));
  Outlook outlook;
  outlook.kind = trusted ? HomeKind::kReplica : HomeKind::kOrigin;
  ASSIGN_OR_RETURN(
      client::RepositoryView view,
      trusted ? OpenReplica(layout)
              : repo::OpenTreeView(layout.live(), absl::InfinitePast()));
  ASSIGN_OR_RETURN(outlook.offline, OfflineRolesOf(view));
  outlook.online_expires = std::min((*view.trusted().timestamp())->expires,
                                    (*view.trusted().snapshot())->expires);
  return outlook;
}

Rehearsal Rehearse(const Outlook& outlook, absl::Time now) {
  std::map<absl::Time, std::vector<ExpiringRole>> by_expiry;
  for (const ExpiringRole& role : outlook.offline) {
    by_expiry[role.expires].push_back(role);
  }
  Rehearsal rehearsal;
  std::vector<Event>& events = rehearsal.unless_signed;
  for (const auto& [expires, roles] : by_expiry) {
    const bool first = expires == by_expiry.begin()->first;
    AddWarnings(roles, outlook, now, events);
    if (expires < now) continue;
    events.push_back(
        {expires, first ? fmt::format("expired: {}. From now on {}",
                                      Names(roles), WhatStops(outlook.kind))
                        : fmt::format("expired: {} too", Names(roles))});
  }
  std::stable_sort(
      events.begin(), events.end(),
      [](const Event& a, const Event& b) { return a.when < b.when; });
  if (!by_expiry.empty()) {
    rehearsal.act = Act(outlook, by_expiry.begin()->first, now);
  }
  rehearsal.unless_synced = {
      outlook.online_expires,
      "what sync renews is expired: every reader refuses this mirror until a "
      "sync runs again"};
  return rehearsal;
}

std::string ToText(const Rehearsal& rehearsal) {
  std::string text = "If nobody signs with the offline keys (UTC):\n";
  for (const Event& event : rehearsal.unless_signed) {
    text += fmt::format("  {}  {}\n", TimeOf(event.when), event.what);
  }
  if (rehearsal.unless_signed.empty()) {
    text += "  nothing more changes: what expires is expired\n";
  }
  text += fmt::format("If no sync runs any more:\n  {}  {}\n",
                      TimeOf(rehearsal.unless_synced.when),
                      rehearsal.unless_synced.what);
  return text + rehearsal.act + "\n";
}

std::string ToJson(const Rehearsal& rehearsal) {
  const auto object = [](const Event& event) {
    std::string what;
    json::AppendString(event.what, what);
    return fmt::format("{{\"when\":\"{}\",\"what\":{}}}",
                       tuf::FormatExpiry(event.when), what);
  };
  std::string events;
  for (const Event& event : rehearsal.unless_signed) {
    if (!events.empty()) events += ',';
    events += object(event);
  }
  std::string act;
  json::AppendString(rehearsal.act, act);
  return fmt::format(
      "{{\"unless_signed\":[{}],\"unless_synced\":{},\"act\":{}}}\n", events,
      object(rehearsal.unless_synced), act);
}

}  // namespace tufmirror::sync
