#include "runtime/host/state_memory.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <new>

namespace sup::host {

namespace {

constexpr std::array<char, 8> magic{'S', 'U', 'P', 'S', 'T', 'A', 'T', 'E'};
constexpr std::uint64_t format_version = 1;
constexpr std::size_t page = 4096;

// Each list. Only what was written takes memory.
constexpr std::size_t half_bytes = std::size_t{64} << 20U;
constexpr std::size_t all_bytes = page + StateMemory::buffer_bytes + 2 * half_bytes;

// A list is written anew when it is so much longer than it was.
constexpr std::size_t least_growth = std::size_t{128} << 10U;

constexpr std::size_t record_head_bytes = 5;  // length and kind
constexpr std::uint64_t second_half = std::uint64_t{1} << 63U;

using Mark = std::array<char, 16>;

}  // namespace

// Numbers that the next daemon acts on are stored last, each at once.
struct StateMemory::Header {
  std::array<char, 8> name{};
  std::uint64_t version = 0;
  std::atomic<std::uint64_t> committed{0};  // end of the list, and which half it is in
  std::atomic<std::uint64_t> reading{0};
  std::atomic<std::uint64_t> writing{0};
  Reading read{};
  Mark mark{};  // stands where the bytes will come, at the beginning and at the end
};

namespace {

// Where the marks are compared; short reads have less.
std::size_t mark_size(std::size_t size) { return std::min(size, sizeof(Mark)); }

}  // namespace

StateMemory::StateMemory(Descriptor file, void* memory)
    : file_(std::move(file)),
      header_(static_cast<Header*>(memory)),
      buffer_(static_cast<char*>(memory) + page) {}

StateMemory::~StateMemory() { ::munmap(header_, all_bytes); }

schema::Result<std::unique_ptr<StateMemory>> StateMemory::make() {
  Descriptor file(::memfd_create("suprun-state", MFD_CLOEXEC));
  if (!file || ::ftruncate(file.get(), static_cast<off_t>(all_bytes)) != 0) {
    return system_error("make memory for the state", errno);
  }
  void* memory =
      ::mmap(nullptr, all_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, file.get(), 0);
  if (memory == MAP_FAILED) {
    return system_error("map memory for the state", errno);
  }
  auto* header = new (memory) Header{};
  header->name = magic;
  header->version = format_version;
  if (::getrandom(header->mark.data(), header->mark.size(), GRND_NONBLOCK) < 0) {
    const std::int64_t time = now().wall.count();
    std::memcpy(header->mark.data(), &time, sizeof time);
  }
  return std::unique_ptr<StateMemory>(new StateMemory(std::move(file), memory));
}

schema::Result<std::unique_ptr<StateMemory>> StateMemory::open(Descriptor& file) {
  struct stat status {};

  if (::fstat(file.get(), &status) != 0) {
    return system_error("read the state of the other daemon", errno);
  }
  const bool sized = status.st_size == static_cast<off_t>(all_bytes);
  if (!sized) {
    return schema::Error{.message = "the state of the other daemon is of another version"};
  }
  void* memory =
      ::mmap(nullptr, all_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, file.get(), 0);
  if (memory == MAP_FAILED) {
    return system_error("read the state of the other daemon", errno);
  }
  std::unique_ptr<StateMemory> made(new StateMemory(std::move(file), memory));
  const Header& header = *made->header_;
  const std::uint64_t committed = header.committed.load();
  if (header.name != magic || header.version != format_version ||
      (committed & ~second_half) > half_bytes || header.read.size > buffer_bytes) {
    return schema::Error{.message = "the state of the other daemon is of another version"};
  }
  made->half_ = (committed & second_half) != 0 ? 1 : 0;
  made->tail_ = static_cast<std::size_t>(committed & ~second_half);
  made->first_size_ = made->tail_;
  return made;
}

void StateMemory::finish() { header_->committed.store(0, std::memory_order_release); }

bool StateMemory::is_finished(const Descriptor& file) {
  std::uint64_t committed = 0;
  return ::pread(file.get(), &committed, sizeof committed, offsetof(Header, committed)) ==
             static_cast<ssize_t>(sizeof committed) &&
         committed == 0;
}

char* StateMemory::half(unsigned number) const {
  return buffer_ + buffer_bytes + number * half_bytes;
}

void StateMemory::begin() {
  // One that was not committed is written over.
  half_ = is_new_ ? half_ : 1 - half_;
  tail_ = 0;
  is_new_ = true;
  full_ = false;
}

void StateMemory::append(RecordKind kind, std::string_view bytes) {
  full_ = full_ || half_bytes - tail_ < record_head_bytes + bytes.size();
  if (full_) {
    return;
  }
  char* place = half(half_) + tail_;
  const auto size = static_cast<std::uint32_t>(bytes.size());
  std::memcpy(place, &size, sizeof size);
  place[sizeof size] = static_cast<char>(kind);
  std::memcpy(place + record_head_bytes, bytes.data(), bytes.size());
  tail_ += record_head_bytes + bytes.size();
}

void StateMemory::commit() {
  if (is_reading()) {
    const std::uint64_t number = header_->read.number;
    append(RecordKind::read_done,
           {static_cast<const char*>(static_cast<const void*>(&number)), sizeof number});
  }
  if (full_) {
    return;
  }
  header_->committed.store(tail_ | (half_ == 1 ? second_half : 0), std::memory_order_release);
  if (is_new_) {
    is_new_ = false;
    first_size_ = tail_;
    const auto old =
        static_cast<off_t>(half(1 - half_) - static_cast<char*>(static_cast<void*>(header_)));
    ::fallocate(file_.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, old,
                static_cast<off_t>(half_bytes));
  }
}

bool StateMemory::is_long() const { return full_ || tail_ > 3 * first_size_ + least_growth; }

std::vector<StateMemory::Record> StateMemory::records() const {
  const std::uint64_t committed = header_->committed.load();
  const char* list = half((committed & second_half) != 0 ? 1 : 0);
  const auto end = static_cast<std::size_t>(committed & ~second_half);
  std::vector<Record> found;
  for (std::size_t at = 0; end - at >= record_head_bytes;) {
    std::uint32_t size = 0;
    std::memcpy(&size, list + at, sizeof size);
    const auto kind = static_cast<RecordKind>(list[at + sizeof size]);
    at += record_head_bytes;
    if (size > end - at) {
      break;
    }
    found.push_back({kind, std::string_view(list + at, size)});
    at += size;
  }
  return found;
}

void StateMemory::begin_read(Reading reading) {
  reading.number = ++reads_;
  header_->read = reading;
  const std::size_t size = mark_size(reading.size);
  std::memcpy(buffer_, header_->mark.data(), size);
  std::memcpy(buffer_ + reading.size - size, header_->mark.data(), size);
  header_->reading.store(1, std::memory_order_release);
}

void StateMemory::end_read() { header_->reading.store(0, std::memory_order_release); }

bool StateMemory::is_reading() const { return header_->reading.load() != 0; }

std::optional<StateMemory::Reading> StateMemory::lost_read() const {
  const Reading& read = header_->read;
  if (!is_reading() || read.size == 0 || read.size > buffer_bytes) {
    return std::nullopt;
  }
  for (const Record& record : records()) {
    std::uint64_t number = 0;
    if (record.kind == RecordKind::read_done && record.bytes.size() == sizeof number) {
      std::memcpy(&number, record.bytes.data(), sizeof number);
      if (number == read.number) {
        return std::nullopt;
      }
    }
  }
  const std::size_t size = mark_size(read.size);
  const bool untouched = std::memcmp(buffer_ + read.size - size, header_->mark.data(), size) == 0;
  return untouched ? std::nullopt : std::optional(read);
}

void StateMemory::begin_write(std::uint64_t token) {
  header_->writing.store(token, std::memory_order_release);
}

std::uint64_t StateMemory::lost_write() const { return header_->writing.load(); }

}  // namespace sup::host
