#include "runtime/option_reader.h"

#include <getopt.h>

#include <algorithm>
#include <filesystem>

namespace sup {

namespace {

// Codes from here on are indexes of arguments that were given by their long names.
constexpr int first_long = 256;

schema::Error usage_mistake(std::string text) { return schema::Error{.message = std::move(text)}; }

std::string dashed(const Argument& argument) { return std::string("--") + argument.name; }

std::vector<option> long_names(std::span<const Argument> known) {
  std::vector<option> names;
  for (std::size_t i = 0; i < known.size(); ++i) {
    names.push_back({known[i].name, known[i].value.empty() ? no_argument : required_argument,
                     nullptr, first_long + static_cast<int>(i)});
  }
  names.push_back({nullptr, 0, nullptr, 0});
  return names;
}

}  // namespace

OptionReader::OptionReader(std::span<const Argument> known, int count, char** arguments,
                           bool stops_at_word)
    : known_(known), count_(count), arguments_(arguments), letters_(stops_at_word ? "+:" : ":") {
  // The colon at the front: a missing value is told apart from an unknown option.
  for (const Argument& argument : known) {
    if (argument.letter != 0) {
      letters_ += argument.letter;
      letters_ += argument.value.empty() ? "" : ":";
    }
  }
  ::opterr = 0;
  ::optind = 0;  // the C library begins anew
}

// As getopt of Python words it.
schema::Error OptionReader::not_understood(const std::string& word, int letter) const {
  if (!word.starts_with("--")) {
    return usage_mistake("option -" + std::string(1, static_cast<char>(letter)) +
                         " not recognized");
  }
  const std::string name = word.substr(0, word.find('='));
  const auto matches = std::count_if(known_.begin(), known_.end(), [&](const Argument& argument) {
    return dashed(argument).starts_with(name);
  });
  if (matches == 0) {
    return usage_mistake("option " + name + " not recognized");
  }
  return usage_mistake(matches > 1 ? "option " + name + " not a unique prefix"
                                   : "option " + name + " must not have an argument");
}

const Argument& OptionReader::argument_of(int code) const {
  return code >= first_long
             ? known_[static_cast<std::size_t>(code - first_long)]
             : *std::find_if(known_.begin(), known_.end(),
                             [&](const Argument& argument) { return argument.letter == code; });
}

schema::Result<std::optional<GivenArgument>> OptionReader::next() {
  const int word = std::max(::optind, 1);
  const std::vector<option> names = long_names(known_);
  const int code = ::getopt_long(count_, arguments_, letters_.c_str(), names.data(), nullptr);
  if (code == -1) {
    return std::optional<GivenArgument>();
  }
  if (code == '?' && ::optopt == '?') {  // not a usage_mistake to Python's programs, but their help
    return std::optional(
        GivenArgument{.argument = &argument_of('h'), .as_given = "-?", .value = ""});
  }
  if (code == '?') {
    return not_understood(arguments_[std::max(word, ::optind - 1)], ::optopt);
  }
  const int known_code = code == ':' ? ::optopt : code;
  const Argument& argument = argument_of(known_code);
  std::string as_given =
      known_code >= first_long ? dashed(argument) : "-" + std::string(1, argument.letter);
  if (code == ':') {
    return usage_mistake("option " + as_given + " requires argument");
  }
  return std::optional(GivenArgument{.argument = &argument,
                                     .as_given = std::move(as_given),
                                     .value = ::optarg != nullptr ? ::optarg : ""});
}

std::vector<std::string> OptionReader::rest() const {
  return {arguments_ + ::optind, arguments_ + count_};
}

std::string argument_help(std::span<const Argument> known) {
  std::string text;
  for (const Argument& argument : known) {
    text += argument.letter != 0 ? "-" + std::string(1, argument.letter) + "/" : "";
    text += dashed(argument);
    text += argument.value.empty() ? "" : " " + std::string(argument.value);
    text += " -- " + std::string(argument.doc) + "\n";
  }
  return text;
}

std::vector<std::string> configuration_places(const std::string& program) {
  const std::string above = std::filesystem::path(program).parent_path().parent_path().string();
  const std::string folder = above.empty() ? "" : above + "/";
  return {folder + "etc/supervisord.conf",
          folder + "supervisord.conf",
          "supervisord.conf",
          "etc/supervisord.conf",
          "/etc/supervisord.conf",
          "/etc/supervisor/supervisord.conf"};
}

}  // namespace sup
