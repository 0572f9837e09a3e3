#include "runtime/host/event_spool.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <utility>

#include "runtime/host/setup.h"

namespace sup::host {

namespace {

constexpr std::string_view header = core::spool_header;
constexpr auto header_size = static_cast<std::int64_t>(header.size());
constexpr std::size_t chunk = std::size_t{64} << 10U;
// That cannot be written; a smaller spool keeps less.
constexpr std::int64_t most_in_memory = std::int64_t{4} << 20U;
// An empty file that is larger is cut.
constexpr std::int64_t worth_cutting = std::int64_t{64} << 10U;

// A file name for a pool of any name.
std::string file_name(const std::string& pool) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string name;
  for (const char letter : pool) {
    const bool plain = (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
                       (letter >= '0' && letter <= '9') || letter == '_' || letter == '-' ||
                       (letter == '.' && !name.empty());
    if (plain) {
      name += letter;
    } else {
      const auto byte = static_cast<unsigned char>(letter);
      name += '%';
      name += digits[byte >> 4U];
      name += digits[byte & 15U];
    }
  }
  return name + ".spool";
}

// What there is of so many bytes. The errno of a failure is left in `error_number`.
std::string read_at(int descriptor, std::int64_t offset, std::size_t length, int& error_number) {
  std::string bytes(length, '\0');
  std::size_t got = 0;
  while (got < length) {
    const ssize_t count = ::pread(descriptor, bytes.data() + got, length - got,
                                  offset + static_cast<std::int64_t>(got));
    if (count < 0 && errno == EINTR) {
      continue;
    }
    if (count <= 0) {
      error_number = count < 0 ? errno : error_number;
      break;
    }
    got += static_cast<std::size_t>(count);
  }
  bytes.resize(got);
  return bytes;
}

// All of it at this place; false with errno.
bool write_at(int descriptor, std::int64_t offset, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::pwrite(descriptor, bytes.data(), bytes.size(), offset);
    if (count < 0 && errno == EINTR) {
      continue;
    }
    if (count <= 0) {
      errno = count == 0 ? ENOSPC : errno;
      return false;
    }
    bytes.remove_prefix(static_cast<std::size_t>(count));
    offset += count;
  }
  return true;
}

bool only_zeros(int descriptor, std::int64_t offset, int& error_number) {
  std::string bytes;
  do {
    bytes = read_at(descriptor, offset, chunk, error_number);
    if (bytes.find_first_not_of('\0') != std::string::npos) {
      return false;
    }
    offset += static_cast<std::int64_t>(bytes.size());
  } while (!bytes.empty());
  return true;
}

// A record that makes no sense is the last one, which was being written.
bool is_last(int descriptor, std::int64_t offset, int& error_number) {
  constexpr std::size_t looked_at = std::size_t{1} << 20U;
  return only_zeros(descriptor, offset, error_number) ||
         !core::has_later_record(read_at(descriptor, offset, looked_at, error_number));
}

}  // namespace

EventSpool::EventSpool(Settings settings, LogTrouble trouble)
    : settings_(std::move(settings)),
      trouble_(std::move(trouble)),
      name_(file_name(settings_.pool)) {}

// ---------------------------------------------------------------------------------------- opening

schema::Status EventSpool::open_folder() {
  const std::string& path = settings_.folder;
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
    return system_error("make the folder '" + path + "'", errno);
  }
  folder_.reset(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));

  struct stat status {};

  if (!folder_ || ::fstat(folder_.get(), &status) != 0) {
    return system_error("open the folder '" + path + "'", errno);
  }
  if (status.st_uid != ::geteuid()) {
    return schema::Error{.message = "the folder '" + path + "' belongs to another user"};
  }
  if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return schema::Error{.message = "others may write to the folder '" + path + "'"};
  }
  return schema::Nothing{};
}

schema::Result<Descriptor> EventSpool::open_file(const std::string& name, int flags) const {
  Descriptor file(::openat(folder_.get(), name.c_str(),
                           O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | flags, 0600));

  struct stat status {};

  if (!file || ::fstat(file.get(), &status) != 0) {
    return system_error("open '" + path_of(name) + "'", errno);
  }
  if (!S_ISREG(status.st_mode) || status.st_uid != ::geteuid() || status.st_nlink > 1) {
    return schema::Error{.message = "'" + path_of(name) + "' is not a file of ours alone"};
  }
  return file;
}

schema::Status EventSpool::lock() {
  schema::Result<Descriptor> file = open_file(name_ + ".lock", O_CREAT);
  if (!file) {
    return file.error();
  }
  lock_ = std::move(*file);
  // A child that a daemon was just starting when it was killed has the lock for another moment.
  constexpr int rounds = 100;
  for (int i = 0; i < rounds; ++i) {
    if (::flock(lock_.get(), LOCK_EX | LOCK_NB) == 0) {
      return schema::Nothing{};
    }
    if (errno != EWOULDBLOCK) {
      return system_error("lock '" + path_of(name_) + "'", errno);
    }
    ::usleep(10000);
  }
  return schema::Error{.message = "'" + path_of(name_) + "' is in use by another daemon"};
}

schema::Status EventSpool::open(const std::vector<std::int64_t>& in_memory,
                                std::int64_t loaded_through) {
  core::SpoolScan found;
  for (const schema::Status& step : {open_folder(), folder_ ? lock() : schema::Nothing{}}) {
    if (!step) {
      return step.error();
    }
  }
  for (const auto& [name, file] : {
           std::pair{name_ + ".1", &old_    },
           std::pair{name_,        &current_}
  }) {
    const schema::Status scanned = scan(name, *file, found);
    if (!scanned) {
      return scanned.error();
    }
  }
  if (!current_) {
    const schema::Status begun = begin_file();
    if (!begun) {
      return begun.error();
    }
  }
  next_pool_serial_ = found.next_pool_serial();
  next_serial_ = found.next_serial();
  book_.open(found.waiting(), in_memory, loaded_through);
  cursor_ = {.in_old = static_cast<bool>(old_), .offset = header_size};
  tidy();
  return schema::Nothing{};
}

schema::Status EventSpool::scan(const std::string& name, File& file, core::SpoolScan& scan) {
  schema::Result<Descriptor> opened = open_file(name, 0);
  if (!opened) {
    return opened.error().error_number == ENOENT ? schema::Status(schema::Nothing{})
                                                 : schema::Status(opened.error());
  }
  file.descriptor = std::move(*opened);

  struct stat status {};

  if (::fstat(file.descriptor.get(), &status) != 0) {
    return system_error("look at '" + path_of(name) + "'", errno);
  }
  file.size = status.st_size;
  std::int64_t good = 0;
  int error_number = 0;
  const End end = scan_records(file, scan, good, error_number);
  if (error_number != 0) {
    return system_error("read '" + path_of(name) + "'", error_number);  // nothing of it is touched
  }
  if (end == End::damaged) {
    return set_aside(name, file, good);
  }
  if (end == End::cut) {
    if (good > 0 || file.size > 0) {
      trouble_(core::Level::warn, "'" + path_of(name) + "': its last record is incomplete, " +
                                      std::to_string(file.size - good) + " bytes are dropped");
    }
    if (::ftruncate(file.descriptor.get(), good) != 0) {
      return system_error("cut '" + path_of(name) + "'", errno);
    }
    file.size = good;
    if (good == 0 && !write_at(file.descriptor.get(), 0, header)) {
      return system_error("write '" + path_of(name) + "'", errno);
    }
    file.size = std::max(good, header_size);
  }
  return schema::Nothing{};
}

// `good`: where the part that makes sense ends. With an error the answer means nothing.
EventSpool::End EventSpool::scan_records(File& file, core::SpoolScan& scan, std::int64_t& good,
                                         int& error_number) const {
  const int descriptor = file.descriptor.get();
  std::string bytes = read_at(descriptor, 0, header.size(), error_number);
  if (bytes != header) {
    return header.starts_with(bytes) || only_zeros(descriptor, 0, error_number) ? End::cut
                                                                                : End::damaged;
  }
  good = header_size;
  bytes.clear();
  std::size_t used = 0;
  while (true) {
    const core::SpoolReading reading =
        core::read_spool_record(std::string_view(bytes).substr(used), now());
    if (reading.state == core::SpoolReading::State::complete) {
      scan.take(reading.record);
      if (!reading.record.is_done) {
        file.last = std::max(file.last, reading.record.pool_serial);
      }
      used += reading.size;
      good += static_cast<std::int64_t>(reading.size);
      continue;
    }
    const auto left = static_cast<std::size_t>(file.size - good);
    const bool is_whole = bytes.size() - used == left;
    if (is_whole && left == 0) {
      return End::complete;
    }
    // Of what was being written when the power went, the room may be there and not the bytes.
    if (reading.state == core::SpoolReading::State::damaged || is_whole || reading.size > left) {
      return is_last(descriptor, good, error_number) ? End::cut : End::damaged;
    }
    bytes = read_at(descriptor, good, std::max(reading.size, std::min(left, chunk)), error_number);
    used = 0;
    if (bytes.empty()) {
      return End::cut;
    }
  }
}

schema::Status EventSpool::set_aside(const std::string& name, File& file, std::int64_t good) {
  const std::string aside = name + ".damaged";
  trouble_(core::Level::error, "'" + path_of(name) + "' is damaged at byte " +
                                   std::to_string(good) + " and set aside as '" + path_of(aside) +
                                   "'; what stands before that is taken over");
  const Descriptor damaged = std::move(file.descriptor);
  if (::renameat(folder_.get(), name.c_str(), folder_.get(), aside.c_str()) != 0) {
    return system_error("rename '" + path_of(name) + "'", errno);
  }
  schema::Result<Descriptor> made = open_file(name, O_CREAT | O_EXCL);
  if (!made) {
    return made.error();
  }
  file.descriptor = std::move(*made);
  int error_number = 0;
  bool written = good > 0 || write_at(file.descriptor.get(), 0, header);
  for (std::int64_t offset = 0; written && offset < good;) {
    const std::string bytes = read_at(
        damaged.get(), offset,
        static_cast<std::size_t>(std::min<std::int64_t>(good - offset, chunk)), error_number);
    written = !bytes.empty() && write_at(file.descriptor.get(), offset, bytes);
    offset += static_cast<std::int64_t>(bytes.size());
  }
  file.size = std::max(good, header_size);
  return written ? schema::Status(schema::Nothing{})
                 : schema::Status(system_error("write '" + path_of(name) + "'", errno));
}

schema::Status EventSpool::begin_file() {
  schema::Result<Descriptor> made = open_file(name_, O_CREAT | O_EXCL);
  if (!made) {
    return made.error();
  }
  current_ = {std::move(*made), 0, -1};
  if (!write_at(current_.descriptor.get(), 0, header)) {
    return system_error("write '" + path_of(name_) + "'", errno);
  }
  current_.size = header_size;
  return schema::Nothing{};
}

// ---------------------------------------------------------------------------------------- writing

std::int64_t EventSpool::half() const {
  return settings_.maximum_bytes > 0 ? std::max(settings_.maximum_bytes / 2, header_size + 1)
                                     : std::numeric_limits<std::int64_t>::max();
}

void EventSpool::add(const core::SpoolNote& note) {
  const auto size = static_cast<std::int64_t>(waiting_.size() + note.record.size());
  if (!waiting_.empty() && size > std::min(half() - header_size, most_in_memory)) {
    write_waiting();
  }
  waiting_ += note.record;
  if (note.step != core::SpoolStep::done) {
    waiting_last_ = std::max(waiting_last_, note.pool_serial);
  }
  book_.take(note.pool_serial, note.step);
  if (note.step == core::SpoolStep::kept && book_.stored() == 0) {
    // Nothing before this one needs to be read.
    cursor_ = {.in_old = false,
               .offset = current_.size + static_cast<std::int64_t>(waiting_.size())};
  }
}

std::optional<std::int64_t> EventSpool::flush() {
  write_waiting();
  tidy();
  return std::exchange(dropped_, std::nullopt);
}

void EventSpool::write_waiting() {
  if (waiting_.empty()) {
    return;
  }
  make_room();
  if (!try_write() &&
      static_cast<std::int64_t>(waiting_.size()) > std::min(half(), most_in_memory)) {
    give_up();
  }
}

bool EventSpool::try_write() {
  if (write_at(current_.descriptor.get(), current_.size, waiting_)) {
    current_.size += static_cast<std::int64_t>(waiting_.size());
    current_.last = std::max(current_.last, std::exchange(waiting_last_, -1));
    waiting_.clear();
    if (std::exchange(failing_, false)) {
      trouble_(core::Level::info, "'" + path_of(name_) + "' can be written again");
    }
    return true;
  }
  if (!std::exchange(failing_, true)) {
    trouble_(core::Level::error, "cannot write '" + path_of(name_) + "': " + error_text(errno) +
                                     "; events are kept in memory");
  }
  return false;
}

// The current file becomes the old one, if it would grow beyond its half.
void EventSpool::make_room() {
  const auto more = static_cast<std::int64_t>(waiting_.size());
  if (current_.size <= header_size || current_.size <= half() - more) {
    return;
  }
  if (old_) {
    drop_through(old_.last);
    forget_old();
  }
  if (::renameat(folder_.get(), name_.c_str(), folder_.get(), (name_ + ".1").c_str()) != 0) {
    trouble_(core::Level::error, "cannot rename '" + path_of(name_) + "': " + error_text(errno));
    return;
  }
  old_ = std::exchange(current_, {});
  const schema::Status begun = begin_file();
  if (!begun) {
    // As before: it is written to although it is full.
    trouble_(core::Level::error, begun.error().message);
    static_cast<void>(::unlinkat(folder_.get(), name_.c_str(), 0));
    static_cast<void>(
        ::renameat(folder_.get(), (name_ + ".1").c_str(), folder_.get(), name_.c_str()));
    current_ = std::exchange(old_, {});
    return;
  }
  if (cursor_.offset >= old_.size) {
    // It is among what waits.
    cursor_ = {.in_old = false, .offset = cursor_.offset - old_.size + header_size};
  } else {
    cursor_ = {.in_old = true, .offset = cursor_.offset};
  }
}

// What is in the files has not helped.
void EventSpool::give_up() {
  drop_through(std::max(old_.last, current_.last));
  forget_old();
  if (::ftruncate(current_.descriptor.get(), header_size) == 0) {
    const std::int64_t ahead = std::max<std::int64_t>(cursor_.offset - current_.size, 0);
    cursor_ = {.in_old = false, .offset = header_size + ahead};
    current_.size = header_size;
    current_.last = -1;
  }
  if (!try_write()) {
    drop_through(waiting_last_);
    waiting_.clear();
    cursor_ = {.in_old = false, .offset = current_.size};
  }
}

void EventSpool::drop_through(std::int64_t pool_serial) {
  const std::optional<std::int64_t> oldest = book_.oldest();
  if (oldest && *oldest <= pool_serial) {
    dropped_ = std::max(dropped_.value_or(-1), pool_serial);
    book_.drop_through(pool_serial);
  }
}

void EventSpool::forget_old() {
  if (!old_) {
    return;
  }
  old_ = {};
  static_cast<void>(::unlinkat(folder_.get(), (name_ + ".1").c_str(), 0));
  if (cursor_.in_old) {
    cursor_ = {.in_old = false, .offset = header_size};
  }
}

// What nobody waits for any more goes.
void EventSpool::tidy() {
  const std::optional<std::int64_t> oldest = book_.oldest();
  if (old_ && (!oldest || *oldest > old_.last)) {
    forget_old();
  }
  if (!oldest && waiting_.empty() && current_.size > worth_cutting &&
      ::ftruncate(current_.descriptor.get(), header_size) == 0) {
    current_.size = header_size;
    current_.last = -1;
    cursor_ = {.in_old = false, .offset = header_size};
  }
}

// ---------------------------------------------------------------------------------------- reading

// False if there is no more.
bool EventSpool::fill(std::size_t wanted) {
  const File& file = cursor_.in_old ? old_ : current_;
  cursor_.bytes.erase(0, std::exchange(cursor_.used, 0));
  const std::int64_t from = cursor_.offset + static_cast<std::int64_t>(cursor_.bytes.size());
  if (from < file.size) {
    const std::size_t length =
        std::min(static_cast<std::size_t>(file.size - from), std::max(wanted, chunk));
    int error_number = 0;
    const std::string bytes = read_at(file.descriptor.get(), from, length, error_number);
    cursor_.bytes += bytes;
    return !bytes.empty();
  }
  const auto offset = static_cast<std::size_t>(from - file.size);
  if (cursor_.in_old || offset >= waiting_.size()) {
    return false;
  }
  cursor_.bytes += waiting_.substr(offset);
  return true;
}

std::optional<core::SpoolRecord> EventSpool::read_next() {
  while (true) {
    core::SpoolReading reading =
        core::read_spool_record(std::string_view(cursor_.bytes).substr(cursor_.used), now());
    if (reading.state == core::SpoolReading::State::complete) {
      cursor_.used += reading.size;
      cursor_.offset += static_cast<std::int64_t>(reading.size);
      return std::move(reading.record);
    }
    if (reading.state == core::SpoolReading::State::damaged) {
      return std::nullopt;
    }
    if (fill(reading.size)) {
      continue;
    }
    if (!cursor_.in_old) {
      return std::nullopt;
    }
    cursor_ = {.in_old = false, .offset = header_size};
  }
}

std::vector<core::QueuedEvent> EventSpool::load(std::size_t count) {
  std::vector<core::QueuedEvent> events;
  while (events.size() < count && book_.next()) {
    std::optional<core::SpoolRecord> record = read_next();
    if (!record) {
      trouble_(core::Level::error, "'" + path_of(name_) + "' cannot be read: " +
                                       std::to_string(book_.stored()) + " events are lost");
      while (book_.next()) {
        book_.lost();
      }
      break;
    }
    if (!record->is_done && record->pool_serial == *book_.next()) {
      book_.loaded();
      events.push_back(std::move(record->event));
    }
  }
  if (!book_.next()) {
    cursor_ = {.in_old = cursor_.in_old, .offset = cursor_.offset};  // what was read ahead
  }
  return events;
}

// -------------------------------------------------------------------------------------- all pools

void EventSpools::open(const core::effect::OpenSpool& order) {
  flush();
  spools_.erase(order.pool);  // its lock
  const schema::Group& group = parts_.supervisor.group_spec(order.pool);
  auto spool = std::make_unique<EventSpool>(
      EventSpool::Settings{
          .folder = absolute_path(group.listener.events_spool.value_or(""), parts_.folder),
          .pool = group.name,
          .maximum_bytes = group.listener.events_spool_maxbytes},
      parts_.log);
  const schema::Status opened = spool->open(order.in_memory, order.loaded_through);
  if (!opened) {
    const bool is_first = failed_.insert(order.pool).second;
    if (is_first) {
      parts_.log(core::Level::error,
                 "pool " + group.name +
                     " has no spool, its events wait in memory: " + opened.error().message);
    }
    if (opened.error().error_number == 0) {
      failed_.erase(order.pool);  // it is not the system, and would not be otherwise later
    } else if (retry_.due() == core::never) {
      retry_.failed(now().steady);
    }
    return;
  }
  if (failed_.erase(order.pool) > 0) {
    parts_.log(core::Level::warn, "pool " + group.name + " has its spool after all");
  }
  const EventSpool& made = *(spools_[order.pool] = std::move(spool));
  parts_.feed(core::input::SpoolOpened{.pool = order.pool,
                                       .stored = made.stored(),
                                       .next_pool_serial = made.next_pool_serial(),
                                       .next_serial = made.next_serial()});
}

void EventSpools::try_again() {
  const std::set<core::GroupId> failed = failed_;
  for (const core::GroupId pool : failed) {
    parts_.feed(core::input::OpenSpools{pool});
  }
  if (failed_.empty()) {
    retry_.settled();
  } else {
    retry_.failed(now().steady);
  }
}

void EventSpools::load(const core::effect::LoadSpool& order) {
  flush();
  const auto spool = spools_.find(order.pool);
  if (spool == spools_.end()) {
    return;
  }
  std::vector<core::QueuedEvent> events = spool->second->load(order.count);
  parts_.feed(core::input::SpoolLoaded{
      .pool = order.pool, .events = std::move(events), .stored = spool->second->stored()});
}

void EventSpools::close(core::GroupId pool) {
  flush();
  failed_.erase(pool);
  spools_.erase(pool);
}

void EventSpools::close_all() {
  flush();
  failed_.clear();
  retry_.settled();
  spools_.clear();
}

void EventSpools::flush() {
  if (spools_.empty()) {
    return;
  }
  // What is dropped is told, and leads to more.
  for (std::vector<core::SpoolNote> notes = parts_.supervisor.take_spool_notes(); !notes.empty();
       notes = parts_.supervisor.take_spool_notes()) {
    std::set<core::GroupId> touched;
    for (const core::SpoolNote& note : notes) {
      const auto spool = spools_.find(note.pool);
      if (spool != spools_.end()) {
        spool->second->add(note);
        touched.insert(note.pool);
      }
    }
    for (const core::GroupId pool : touched) {
      const std::optional<std::int64_t> dropped = spools_[pool]->flush();
      if (dropped) {
        parts_.feed(core::input::SpoolDropped{
            .pool = pool, .through = *dropped, .stored = spools_[pool]->stored()});
      }
    }
  }
}

}  // namespace sup::host
