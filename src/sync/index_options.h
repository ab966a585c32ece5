// What every use of an upstream index takes from the configuration.
#ifndef TUFMIRROR_SRC_SYNC_INDEX_OPTIONS_H_
#define TUFMIRROR_SRC_SYNC_INDEX_OPTIONS_H_

#include "absl/time/time.h"
#include "tufmirror/source/index_source.h"
#include "tufmirror/sync/config.h"

namespace tufmirror::sync {

inline source::IndexOptions IndexOptionsOf(const Config& config,
                                           absl::Time now) {
  const IndexConfig& index = config.upstream.index;
  source::IndexOptions options;
  options.urls = config.upstream.urls;
  options.sweep_share = index.sweep_share;
  options.removal_confirmations = index.removal_confirmations;
  options.allow_unhashed = index.allow_unhashed;
  options.max_file_size = index.max_file_size;
  options.provenance = index.provenance;
  options.now = now;
  return options;
}

}  // namespace tufmirror::sync

#endif  // TUFMIRROR_SRC_SYNC_INDEX_OPTIONS_H_
