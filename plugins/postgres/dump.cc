#include "dump.h"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <iomanip>
#include <sstream>

namespace postgres {
namespace {

constexpr const char* kListFile = "archive.list";
constexpr std::size_t kListBytes = 64u << 20;  // a hundred thousand tables

// What stands behind the name in a line such as ";     dbname: app".
std::optional<std::string> behind(const std::string& line, std::string_view name) {
  const std::size_t at = line.find(name);
  if (at == line.npos) return std::nullopt;
  return line.substr(at + name.size());
}

[[noreturn]] void fail(const std::string& what, const sr::Exit& exit) {
  throw sr::Failed("postgres.archive", what + ": " + last_error(exit.tail),
                   "it is damaged, cut off, or not of pg_dump's custom format");
}

}  // namespace

std::int64_t to_time_ms(const std::string& text) {
  std::string spaced = text;
  std::replace(spaced.begin(), spaced.end(), 'T', ' ');
  std::istringstream in(spaced);
  std::tm at{};
  in >> std::get_time(&at, "%Y-%m-%d %H:%M:%S");
  const std::chrono::year_month_day date{std::chrono::year(at.tm_year + 1900),
                                         std::chrono::month(static_cast<unsigned>(at.tm_mon) + 1),
                                         std::chrono::day(static_cast<unsigned>(at.tm_mday))};
  if (in.fail() || !date.ok()) return -1;
  const auto days = std::chrono::sys_days(date).time_since_epoch();
  const long long seconds = (at.tm_hour * 60 + at.tm_min) * 60 + at.tm_sec;
  return std::chrono::milliseconds(days).count() + seconds * 1000;
}

std::string to_time_text(std::int64_t ms) {
  const std::chrono::sys_time<std::chrono::milliseconds> time{std::chrono::milliseconds(ms)};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::int64_t seconds = (time - day).count() / 1000;
  char text[40];
  std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02lld:%02lld:%02lldZ", int{date.year()},
                unsigned{date.month()}, unsigned{date.day()},
                static_cast<long long>(seconds / 3600), static_cast<long long>(seconds / 60 % 60),
                static_cast<long long>(seconds % 60));
  return text;
}

Listing read_listing(std::string_view text) {
  Listing listing;
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    if (line.empty()) continue;
    if (line.front() != ';') {
      ++listing.entries;
      continue;
    }
    if (const auto time = behind(line, "Archive created at "))
      listing.created_ms = to_time_ms(*time);
    if (const auto name = behind(line, "    dbname: ")) listing.database = *name;
    if (const auto from = behind(line, "Dumped from database version: "))
      listing.dumped_from = *from;
  }
  return listing;
}

Listing list_archive(Client& client, const std::string& path) {
  sr::ProcessRequest listing = client.request({"pg_restore", "--list", path}, "list " + path);
  listing.output = "file";
  listing.output_file = kListFile;
  const sr::Exit exit = client.call().run_process(listing);
  if (!exit.ok()) fail("pg_restore cannot list the archive", exit);
  Listing listed = read_listing(read_scratch(client.call(), kListFile, kListBytes));
  if (listed.entries > 0) return listed;
  throw sr::Failed("postgres.archive", "there is nothing in the archive",
                   "is this the database that was meant?");
}

void read_through(Client& client, const std::string& path) {
  const sr::Exit exit = client.call().run_process(
      client.request({"pg_restore", "--file=/dev/null", path}, "read all of " + path));
  if (!exit.ok()) fail("pg_restore cannot read the archive to its end", exit);
}

void require(Client& client, const Required& required) {
  const sr::FileState state = sr::File(client.call(), required.file).look();
  const auto fail = [&](const std::string& text, const char* hint) {
    throw sr::Failed("postgres.backup", required.file + ": " + text, hint);
  };
  if (!state.exists()) fail("the backup that must be there is not", "make it first");
  if (state.digest != required.sha256) {
    fail("this is not the backup that was made: its sha256 is " + state.digest,
         "somebody has changed it, or the sha256 is of another one");
  }
  const Listing listing = list_archive(client, "./" + required.file);
  if (!client.connection().database.empty() && listing.database != client.connection().database) {
    fail("this is a backup of the database " + listing.database + ", not of " +
             client.connection().database,
         "make one of this database");
  }
  const std::int64_t age_ms = client.call().now_ms() - listing.created_ms;
  if (required.max_age_ms >= 0 && (listing.created_ms < 0 || age_ms > required.max_age_ms)) {
    fail("the backup was made at " + to_time_text(listing.created_ms) + ", which is too long ago",
         "make a new one, or raise `max_age`");
  }
}

bool is_inside(std::string_view path) {
  if (path.empty() || path.front() == '/') return false;
  return ("/" + std::string(path) + "/").find("/../") == std::string::npos;
}

}  // namespace postgres
