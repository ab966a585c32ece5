#include "tufmirror/tree/blob_writer.h"

#include <fcntl.h>

#include <utility>

#include "fmt/format.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/tree/layout.h"

namespace tufmirror::tree {

absl::StatusOr<BlobWriter> BlobWriter::Create(const Home& home,
                                              std::string_view name) {
  std::string directory = home.layout().blobs();
  // No blob has such a name: those are digests.
  std::string path = fmt::format("{}/{}.unfinished", directory, name);
  RETURN_IF_ERROR(fs::Remove(path));
  ASSIGN_OR_RETURN(fs::UniqueFd fd, fs::Open(path, O_WRONLY | O_CREAT | O_EXCL,
                                             kServedFileMode));
  return BlobWriter(std::move(directory), std::move(path), std::move(fd));
}

absl::Status BlobWriter::Append(std::string_view bytes) {
  hasher_.Update(bytes);
  return fs::WriteAll(fd_.get(), bytes, path_);
}

absl::StatusOr<ExpectedContent> BlobWriter::Finish() && {
  RETURN_IF_ERROR(fd_.Close(path_));
  ExpectedContent content;
  content.length = hasher_.length();
  content.digests = hasher_.FinishDigests();
  RETURN_IF_ERROR(fs::Rename(
      path_, directory_ + "/" + content.digests.sha256.value().Hex()));
  return content;
}

}  // namespace tufmirror::tree
