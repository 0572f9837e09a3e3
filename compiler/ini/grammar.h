// The grammar of configuration files, two levels of it, as Python's RawConfigParser reads them.
//
// `file` cuts any bytes into lines. `content` tells what the text of a line is, once comment and
// surrounding blanks are off and continuation lines are set apart; those depend on what came before
// and are decided in document.cpp. Both always match.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include <tao/pegtl.hpp>

namespace sup::compiler::grammar {

namespace p = tao::pegtl;

// star<not_one<A, B>>, many characters at a time: most of a file is this.
template <char A, char B>
struct until_either {
  using rule_t = until_either;
  using subs_t = p::empty_list;

  template <class Input>
  static bool match(Input& in) {
    const std::size_t size = in.size(0);
    if constexpr (A == B) {
      const void* found = size == 0 ? nullptr : std::memchr(in.current(), A, size);
      in.bump(found == nullptr ? size : to_size(static_cast<const char*>(found) - in.current()));
    } else {
      in.bump(distance(in.current(), size));
    }
    return true;
  }

 private:
  using Word = std::uint64_t;  // eight characters
  static constexpr Word ones = 0x0101010101010101;

  static std::size_t to_size(std::ptrdiff_t distance) { return static_cast<std::size_t>(distance); }

  // The highest bit of each character that is `wanted`. Those above the lowest one may be wrong.
  template <char wanted>
  static Word hits(Word word) {
    const Word rest = word ^ (ones * static_cast<unsigned char>(wanted));
    return (rest - ones) & ~rest & (ones << 7U);
  }

  // Up to the first of both, or all.
  static std::size_t distance(const char* begin, std::size_t size) {
    std::size_t at = 0;
    if constexpr (std::endian::native == std::endian::little) {
      for (; at + sizeof(Word) <= size; at += sizeof(Word)) {
        Word word = 0;
        std::memcpy(&word, begin + at, sizeof word);
        if (const Word found = hits<A>(word) | hits<B>(word); found != 0)
          return at + static_cast<std::size_t>(std::countr_zero(found)) / 8U;
      }
    }
    while (at < size && begin[at] != A && begin[at] != B) ++at;
    return at;
  }
};

// star<any>.
struct all_that_is_left {
  using rule_t = all_that_is_left;
  using subs_t = p::empty_list;

  template <class Input>
  static bool match(Input& in) {
    in.bump(in.size(0));
    return true;
  }
};

// LF, CRLF or a lone CR, as universal newlines.
struct line_end : p::sor<p::string<'\r', '\n'>, p::one<'\n'>, p::one<'\r'>> {};

struct raw_text : p::seq<until_either<'\n', '\r'>> {};

struct whole_line : p::seq<raw_text, line_end> {};

struct last_line : p::seq<p::not_at<p::eof>, raw_text> {};

struct file : p::seq<p::star<whole_line>, p::opt<last_line>, p::eof> {};

// The same for a file without a carriage return.
struct plain_text : p::seq<until_either<'\n', '\n'>> {};

struct plain_line : p::seq<plain_text, p::one<'\n'>> {};

struct last_plain_line : p::seq<p::not_at<p::eof>, plain_text> {};

struct plain_file : p::seq<p::star<plain_line>, p::opt<last_plain_line>, p::eof> {};

// [name]: the name runs to the last bracket of the line, what follows is ignored.
struct last_bracket : p::seq<p::one<']'>, p::not_at<p::star<p::not_one<']'>>, p::one<']'>>> {};

struct section_name : p::seq<p::any, p::until<p::at<last_bracket>, p::any>> {};

struct trailing : p::seq<all_that_is_left> {};

struct header : p::seq<p::one<'['>, section_name, p::one<']'>, trailing> {};

// key = value: the first = or : divides.
struct delimiter : p::one<'=', ':'> {};

struct key : p::seq<p::not_at<delimiter>, until_either<'=', ':'>> {};

struct value : p::seq<all_that_is_left> {};

struct entry : p::seq<key, delimiter, value> {};

struct junk : p::seq<all_that_is_left> {};

struct content : p::seq<p::sor<header, entry, junk>, p::eof> {};

// The same for Python 2: the name ends at the first bracket, and neither may be indented.
namespace python2 {

struct section_name : p::plus<p::not_one<']'>> {};

struct header : p::seq<p::one<'['>, section_name, p::one<']'>, trailing> {};

struct key : p::seq<p::not_at<p::sor<delimiter, p::space>>, until_either<'=', ':'>> {};

struct entry : p::seq<key, delimiter, value> {};

struct content : p::seq<p::sor<header, entry, junk>, p::eof> {};

}  // namespace python2

}  // namespace sup::compiler::grammar
