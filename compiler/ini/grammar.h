// The grammar of configuration files, two levels of it, as Python's RawConfigParser reads them.
//
// `file` cuts any bytes into lines. `content` tells what the text of a line is, once comment and
// surrounding blanks are off and continuation lines are set apart; those depend on what came before
// and are decided in document.cpp. Both always match.
#pragma once

#include <tao/pegtl.hpp>

namespace sup::compiler::grammar {

namespace p = tao::pegtl;

// LF, CRLF or a lone CR, as universal newlines.
struct line_end : p::sor<p::string<'\r', '\n'>, p::one<'\n'>, p::one<'\r'>> {};

struct raw_text : p::star<p::not_one<'\r', '\n'>> {};

struct whole_line : p::seq<raw_text, line_end> {};

struct last_line : p::plus<p::not_one<'\r', '\n'>> {};

struct file : p::seq<p::star<whole_line>, p::opt<last_line>, p::eof> {};

// [name]: the name runs to the last bracket of the line, what follows is ignored.
struct last_bracket : p::seq<p::one<']'>, p::not_at<p::star<p::not_one<']'>>, p::one<']'>>> {};

struct section_name : p::seq<p::any, p::until<p::at<last_bracket>, p::any>> {};

struct trailing : p::star<p::any> {};

struct header : p::seq<p::one<'['>, section_name, p::one<']'>, trailing> {};

// key = value: the first = or : divides.
struct delimiter : p::one<'=', ':'> {};

struct key : p::plus<p::not_one<'=', ':'>> {};

struct value : p::star<p::any> {};

struct entry : p::seq<key, delimiter, value> {};

struct junk : p::star<p::any> {};

struct content : p::seq<p::sor<header, entry, junk>, p::eof> {};

}  // namespace sup::compiler::grammar
