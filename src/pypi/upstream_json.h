// What project pages and the root list have in common in JSON.
#ifndef TUFMIRROR_SRC_PYPI_UPSTREAM_JSON_H_
#define TUFMIRROR_SRC_PYPI_UPSTREAM_JSON_H_

#include <cstdint>
#include <optional>
#include <string_view>

#include "absl/status/statusor.h"
#include "tufmirror/json/document.h"

namespace tufmirror::pypi {

// The member `key` of an object, with null as absent.
std::optional<json::Value> FindSet(const json::Value& object,
                                   std::string_view key);

// The 'meta' of a page; kMalformed if it is not there or its 'api-version' is
// not one that can be read.
absl::StatusOr<json::Value> ReadJsonMeta(const json::Value& root);

// The member '_last-serial', which some indexes write as a string; kMalformed
// if it is there and no serial.
absl::StatusOr<std::optional<int64_t>> ReadJsonSerial(
    const json::Value& object);

}  // namespace tufmirror::pypi

#endif  // TUFMIRROR_SRC_PYPI_UPSTREAM_JSON_H_
