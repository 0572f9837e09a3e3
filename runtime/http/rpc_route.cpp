#include "runtime/http/rpc_route.h"

#include <utility>

#include "runtime/core/concat.h"
#include "runtime/rpc/xmlrpc.h"
#include "schema/text.h"

namespace sup::http {

namespace {

constexpr std::string_view type_header = "Content-Type: text/xml\r\n";

void trace(Site& site, std::string_view method, const rpc::Fault* fault) {
  if (!site.machine.logs(core::Level::trace)) {
    return;
  }
  site.machine.log(
      core::Level::trace,
      fault == nullptr
          ? core::concat("XML-RPC method ", core::visible(method), "() returned successfully")
          : core::concat("XML-RPC method ", core::visible(method), "() returned fault: [",
                         fault->code, "] ", core::visible(fault->text)));
}

// A call that has to wait for what the daemon does.
class LaterCall final : public LaterAnswer {
 public:
  LaterCall(Site& site, std::string method, std::unique_ptr<rpc::Pending> pending,
            const Request& request)
      : site_(site),
        method_(std::move(method)),
        pending_(std::move(pending)),
        access_(request.access),
        version_(request.version),
        keep_alive_(request.keep_alive) {}

  Progress resume(core::Now now, std::string& out) override {
    Response response;
    response.headers = type_header;
    response.body = rpc::response_head;
    rpc::XmlWriter writer(response.body);
    const rpc::Progress progress = site_.interface.resume(*pending_, access_, writer);
    if (std::holds_alternative<rpc::Waiting>(progress)) {
      return Progress::waiting;
    }
    const auto* fault = std::get_if<rpc::Fault>(&progress);
    if (fault != nullptr) {
      writer.finish();
      response.body = rpc::print_fault(*fault);
    } else {
      writer.finish();
      response.body += rpc::response_tail;
    }
    trace(site_, method_, fault);
    Request shape;
    shape.version = version_;
    shape.keep_alive = keep_alive_;
    std::string head;
    append_head(head, shape, response, response.body.size(), now.wall);
    if (out.empty()) {
      // It may be of many megabytes, which stand there once like this.
      response.body.insert(0, head);
      out.swap(response.body);
    } else {
      out.append(head).append(response.body);
    }
    return keep_alive_ ? Progress::done : Progress::close;
  }

  core::Instant wake() const override {
    return pending_->goes_on() ? core::Instant{} : core::never;
  }

 private:
  Site& site_;
  std::string method_;
  std::unique_ptr<rpc::Pending> pending_;
  rpc::Access access_;
  int version_;
  bool keep_alive_;
};

// As Supervisor logs what it cannot read.
void refuse_data(Site& site, const std::string& data, std::string_view why, Response& response) {
  constexpr std::size_t most = 1000;
  if (const auto line = site.unreadable.add(
          site.machine.now().steady,
          core::concat("XML-RPC request data ",
                       schema::python_repr(std::string_view(data).substr(0, most)),
                       " is invalid: ", why))) {
    site.machine.log(core::Level::error, *line);
  }
  refuse(response, 400);
}

// What the body says; `large` has it when it is not kept. The error tells why it cannot be read.
schema::Result<const rpc::Call*> read_call(KeptCall& kept, const std::string& body,
                                           rpc::Call& large) {
  constexpr std::size_t most = 512;
  if (!kept.body.empty() && kept.body == body) {
    return &kept.call;
  }
  schema::Result<rpc::Call> call = rpc::parse_call(body);
  if (!call) {
    return call.error();
  }
  if (body.size() > most) {
    large = std::move(*call);
    return &large;
  }
  kept = {.body = body, .call = std::move(*call)};
  return &kept.call;
}

}  // namespace

void answer_rpc(Site& site, Request& request, Response& response) {
  if (request.method != "POST") {
    refuse(response, 400);
    return;
  }
  if (!request.has_length) {
    refuse(response, 411);
    return;
  }
  rpc::Call large;
  const schema::Result<const rpc::Call*> read = read_call(site.kept_call, request.body, large);
  if (!read) {
    refuse_data(site, request.body,
                read.error().message == "no method name" ? "no method name" : "unmarshallable",
                response);
    return;
  }
  const rpc::Call* const call = *read;
  if (site.machine.logs(core::Level::trace)) {
    site.machine.log(core::Level::trace,
                     core::concat("XML-RPC method called: ", core::visible(call->method), "()"));
  }
  response.headers = type_header;
  response.body = rpc::response_head;
  rpc::XmlWriter writer(response.body, &site.kept_answer);
  rpc::Outcome outcome =
      site.interface.call(call->method, call->parameters, request.access, writer);
  if (auto* pending = std::get_if<std::unique_ptr<rpc::Pending>>(&outcome)) {
    response.later = std::make_unique<LaterCall>(site, call->method, std::move(*pending), request);
    return;
  }
  const auto* fault = std::get_if<rpc::Fault>(&outcome);
  if (fault != nullptr) {
    writer.finish();
    response.body = rpc::print_fault(*fault);
  } else if (writer.is_known()) {
    response.shared_body = site.kept_answer.text();
  } else {
    writer.finish();
    response.body += rpc::response_tail;
    if (writer.unknown()) {
      site.kept_answer.keep(*writer.unknown(), std::move(response.body));
      response.shared_body = site.kept_answer.text();
    }
  }
  trace(site, call->method, fault);
}

}  // namespace sup::http
