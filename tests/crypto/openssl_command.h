// Keys and signatures made by the `openssl` command: what the tests compare
// with.
#ifndef TUFMIRROR_TESTS_CRYPTO_OPENSSL_COMMAND_H_
#define TUFMIRROR_TESTS_CRYPTO_OPENSSL_COMMAND_H_

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "support/temp_directory.h"

namespace tufmirror::crypto {

// A directory in which the command runs.
class OpenSslCommand {
 public:
  // Exit status 0? Its output goes nowhere; files are relative to path().
  bool Succeeds(const std::string& arguments) const {
    const std::string command = "cd '" + directory_.path() + "' && openssl " +
                                arguments + " >/dev/null 2>&1";
    return std::system(command.c_str()) == 0;
  }
  void Run(const std::string& arguments) const {
    EXPECT_TRUE(Succeeds(arguments)) << "openssl " << arguments;
  }
  std::string Read(const std::string& name) const {
    return testing::ReadWholeFile(directory_.Join(name));
  }
  std::string Join(const std::string& name) const {
    return directory_.Join(name);
  }
  void Write(const std::string& name, const std::string& bytes) const {
    directory_.Write(name, bytes);
  }

 private:
  testing::TempDirectory directory_;
};

}  // namespace tufmirror::crypto

#endif  // TUFMIRROR_TESTS_CRYPTO_OPENSSL_COMMAND_H_
