#include "runtime/control.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "runtime/http/page.h"
#include "runtime/http/server.h"
#include "runtime/rpc/interface.h"

namespace sup {

namespace {

class ControlServers final : public host::Servers {
 public:
  ControlServers(core::Supervisor& supervisor, core::Machine& machine, http::ServerOptions options)
      : machine_(machine),
        interface_(supervisor, machine),
        events_(supervisor),
        server_(http::Site{supervisor, machine, interface_, events_, http::random_token()}, options,
                [this] {
                  if (settle_) {
                    settle_();
                  }
                }) {}

  schema::Status open(const std::shared_ptr<const schema::Resolved>& plan) override {
    interface_.configure(plan);
    return server_.open(*plan);
  }

  schema::Status serve(boost::asio::io_context& context, std::function<void()> settle) override {
    settle_ = std::move(settle);
    return server_.serve(context);
  }

  schema::Status change(const std::shared_ptr<const schema::Resolved>& plan) override {
    interface_.configure(plan);
    events_.collect(machine_.now());  // for the streams that end
    return server_.change(*plan);
  }

  void plan_taken(const std::shared_ptr<const schema::Resolved>& plan) override {
    interface_.configuration_read(plan);
  }

  core::Instant settled() override {
    core::Instant next = core::never;
    // What waited may have gone on to its next call. Neither one that never ends nor one of many
    // calls must hold the loop.
    constexpr int most_rounds = 100;
    constexpr core::Instant longest = std::chrono::milliseconds(10);
    const core::Instant begun = machine_.now().steady;
    for (int round = 0; round < most_rounds; ++round) {
      if (round > 0 && machine_.now().steady - begun >= longest) {
        break;
      }
      events_.collect(machine_.now());
      next = std::min(interface_.look(), server_.settled(machine_.now()));
      if (!interface_.take_changed()) {
        return next;
      }
    }
    return machine_.now().steady;
  }

  void close() override {
    set_finishing(true);  // the streams have their last events
    server_.close();
  }

  void set_finishing(bool finishing) override {
    events_.collect(machine_.now());
    server_.set_finishing(finishing);
  }

  std::size_t connections() const override { return server_.connections(); }

  std::vector<std::pair<std::string, int>> sockets() const override { return server_.sockets(); }

  void inherit(std::vector<std::pair<std::string, int>> sockets) override {
    std::vector<http::Listening> inherited;
    for (const auto& [address, descriptor] : sockets) {
      inherited.emplace_back(descriptor, address);
    }
    server_.inherit(std::move(inherited));
  }

  std::string objection_to_upgrade() const override {
    // The next image would not know of it.
    return interface_.trial().state() == rpc::TrialState::running
               ? "an update is on trial; try again when it is kept or taken back"
               : "";
  }

 private:
  core::Machine& machine_;
  rpc::Interface interface_;
  http::EventHub events_;
  std::function<void()> settle_;
  http::Server server_;
};

}  // namespace

std::unique_ptr<host::Servers> make_control_servers(core::Supervisor& supervisor,
                                                    core::Machine& machine,
                                                    http::ServerOptions options) {
  return std::make_unique<ControlServers>(supervisor, machine, options);
}

}  // namespace sup
