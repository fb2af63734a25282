// SPDX-License-Identifier: MIT
#include <span>

#include "im/handlers.h"
#include "im/iq.h"
#include "xmpp/namespaces.h"

namespace rosterd::im {

namespace {

namespace ns = xmpp::ns;

constexpr unsigned kServer = static_cast<unsigned>(IqPlace::kServer);
constexpr unsigned kOwn = static_cast<unsigned>(IqPlace::kOwn);
constexpr unsigned kAccount = static_cast<unsigned>(IqPlace::kAccount);
constexpr unsigned kAnywhere = kServer | kOwn | kAccount;

constexpr IqRow kRows[] = {
    {"query", ns::kRoster, "get", kOwn, handle_roster_get},
    {"query", ns::kRoster, "set", kOwn, handle_roster_set},
    {"query", ns::kRoster, "get", kAccount, handle_foreign_roster},
    {"query", ns::kRoster, "set", kAccount, handle_foreign_roster},
    {"query", ns::kDiscoInfo, "get", kAnywhere, handle_disco_info},
    {"query", ns::kDiscoItems, "get", kAnywhere, handle_disco_items},
    {"ping", ns::kPing, "get", kServer | kOwn, handle_ping},
    {"query", ns::kVersion, "get", kServer, handle_version},
    {"time", ns::kTime, "get", kServer, handle_time},
    {"session", ns::kSession, "set", kServer | kOwn, handle_session},
};

}  // namespace

std::span<const IqRow> iq_rows() { return kRows; }

}  // namespace rosterd::im
