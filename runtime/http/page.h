// The page, at the paths where supervisord has its own, so that bookmarks live. The server writes
// it whole, with forms for what can be done, so that it works without scripts; page/page.js makes
// it live.
//
// What changes something is a POST with the token of the daemon. A GET that asks for an action, as
// old bookmarks do, shows a page that asks back.
#pragma once

#include <string>
#include <string_view>

#include "runtime/http/routes.h"

namespace sup::http {

void answer_page(Site& site, Request& request, Response& response);
void answer_tail_page(Site& site, Request& request, Response& response);
void answer_ok(Site& site, Request& request, Response& response);

// Style sheet and script, which come with the program.
void answer_stylesheet(Site& site, Request& request, Response& response);
void answer_script(Site& site, Request& request, Response& response);

// What the page can do; the actions of supervisord's page, and startall.
struct PageAction {
  std::string_view name;
  std::string_view call;      // the method
  std::string_view label;     // of the button
  std::string_view question;  // before the name of the process, or as it is
  std::string_view done;      // behind the name
  bool is_for_all = false;
};

// Null when there is none.
const PageAction* find_action(std::string_view name);

void answer_action(Site& site, Request& request, Response& response);

// --- for pages

// As it stands in a page, also in an attribute.
std::string escape_html(std::string_view text);

// Unguessable; letters and digits.
std::string random_token();

// Everything before the content, and the headers.
void begin_page(Response& response, std::string_view title, bool with_script,
                std::string_view token);
void end_page(Response& response);

}  // namespace sup::http
