// The body of an answer that begins before its file is verified: everything
// but the end, and the end once the digest of what was sent holds.
#ifndef TUFMIRROR_SRC_GUARD_WITHHELD_BODY_H_
#define TUFMIRROR_SRC_GUARD_WITHHELD_BODY_H_

#include <cstdint>
#include <memory>

#include "guard/downloads.h"
#include "tufmirror/serve/exchange.h"

namespace tufmirror::guard {

// Sends bytes `first` to `first` + `length` of the download's file as they
// arrive, but withholds the last 64 KiB of them until the download is verified
// and what was read here, sent or not, has the digest as a whole too: bytes of
// a mirror that was given up meanwhile never become part of a complete file.
// False as soon as that cannot be had: the client then gets a short body.
bool SendWithheld(const Download& download, uint64_t first, uint64_t length,
                  serve::BodySink sink);

}  // namespace tufmirror::guard

#endif  // TUFMIRROR_SRC_GUARD_WITHHELD_BODY_H_
