// SPDX-License-Identifier: MIT
// The disk behind Accounts: reading, atomic replacement, locking.
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <utility>

#include "base/crypto.h"
#include "base/log.h"
#include "store/accounts_file.h"

namespace rosterd::store {

namespace {

constexpr std::size_t kDecoySecretSize = 32;

auto system_error(const std::string& path, const char* what) {
  const int code = errno;
  return make_error(code == ENOENT ? Errc::kNotFound : Errc::kUnavailable,
                    path + ": " + what + ": " + std::strerror(code));
}

class FileDescriptor {
 public:
  explicit FileDescriptor(int fd) : fd_(fd) {}
  ~FileDescriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  int get() const { return fd_; }
  bool is_open() const { return fd_ >= 0; }

 private:
  int fd_;
};

std::string folder_of(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  return folder.empty() ? "." : folder;
}

// Follows symbolic links, so that saving replaces the file and not the link to it.
std::string real_path(const std::string& path) {
  std::error_code error;
  const auto real = std::filesystem::canonical(path, error);
  return error ? path : real.string();
}

Result<std::string> read_file(const std::string& path) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status {};
  if (!file.is_open() || ::fstat(file.get(), &status) != 0) {
    return system_error(path, "cannot be read");
  }
  if ((status.st_mode & S_IROTH) != 0) {
    log::warn("store", "everybody may read the accounts file", {{"file", path}});
  }
  std::string out;
  char buffer[16 * 1024];
  for (;;) {
    const ssize_t size = ::read(file.get(), buffer, sizeof buffer);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return system_error(path, "cannot be read");
    if (size == 0) return out;
    out.append(buffer, static_cast<std::size_t>(size));
  }
}

bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t size = ::write(fd, bytes.data(), bytes.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(size));
  }
  return true;
}

// The file that `fd` is to replace lends it mode and owner.
bool take_over_rights(int fd, const std::string& path) {
  struct stat old {};
  if (::stat(path.c_str(), &old) == 0) {
    return ::fchown(fd, old.st_uid, old.st_gid) == 0 && ::fchmod(fd, old.st_mode & 07777) == 0;
  }
  if (::geteuid() != 0) return true;
  if (::stat(folder_of(path).c_str(), &old) != 0) return false;
  return ::fchown(fd, old.st_uid, old.st_gid) == 0;
}

// A rename is on the disk only when its folder is.
void sync_folder(const std::string& folder) {
  const FileDescriptor fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd.is_open()) ::fsync(fd.get());
}

Status replace_file(const std::string& path, std::string_view contents) {
  std::string temporary = path + ".XXXXXX";
  const FileDescriptor file(::mkostemp(temporary.data(), O_CLOEXEC));  // mode 0600
  if (!file.is_open()) return system_error(path, "no file can be made beside it");
  if (take_over_rights(file.get(), path) && write_all(file.get(), contents) &&
      ::fsync(file.get()) == 0 && ::rename(temporary.c_str(), path.c_str()) == 0) {
    sync_folder(folder_of(path));
    return {};
  }
  const auto error = system_error(path, "cannot be written");
  ::unlink(temporary.c_str());
  return error;
}

}  // namespace

Result<Accounts> Accounts::load(const std::string& path) {
  const auto text = read_file(path);
  if (!text) return tl::unexpected<Error>(text.error());
  auto accounts = parse(*text);
  if (!accounts) return make_error(accounts.error().code, path + ": " + accounts.error().text);
  return accounts;
}

Status Accounts::save(const std::string& path) {
  if (decoy_secret_.empty()) {
    decoy_secret_ = crypto::random_bytes(kDecoySecretSize);
    layout_.insert(
        layout_.begin(),
        {"# Accounts of rosterd: change them with 'rosterd passwd'.",
         "# From the next line come the keys shown for users who do not exist.", "@decoy"});
  }
  return replace_file(real_path(path), to_string());
}

Result<AccountsLock> AccountsLock::take(const std::string& path) {
  const std::string folder = folder_of(real_path(path));
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return system_error(folder, "cannot be opened");
  while (::flock(fd, LOCK_EX) != 0) {
    if (errno == EINTR) continue;
    ::close(fd);
    return system_error(folder, "cannot be locked");
  }
  return AccountsLock(fd);
}

AccountsLock::~AccountsLock() {
  if (fd_ >= 0) ::close(fd_);
}

AccountsLock::AccountsLock(AccountsLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

}  // namespace rosterd::store
