// SPDX-License-Identifier: MIT
// Loop::Uv: what of the loop needs libuv's types. For the sources of this room alone.
#pragma once

#include <uv.h>

#include <string>
#include <vector>

#include "base/intrusive_list.h"
#include "base/result.h"
#include "net/connection.h"
#include "net/loop.h"

namespace rosterd::net {

struct Loop::Uv {
  static constexpr std::size_t kReadBufferSize = 64 * 1024;

  uv_loop_t loop;
  uv_prepare_t turn_end;      // runs just before the loop waits for the kernel
  uv_timer_t wake;            // at the next due time of Loop::timers_
  std::uint64_t wake_at = 0;  // milliseconds of uv_now(); 0 = not armed
  std::vector<uv_signal_t*> signals;

  IntrusiveList<Connection, &Connection::dirty_> dirty[2];  // by FlushPhase
  std::vector<Handle<Connection>> throttled;                // spent their read budget in this turn

  std::string plain;  // what the TLS filter of the connection being read has decrypted
  char read_buffer[kReadBufferSize];

  static void on_work_done(uv_work_t* request, int status);
  static void on_signal(uv_signal_t* handle, int signum);
};

// An error of libuv as ours: "connection refused (connect 127.0.0.1:80)".
Error make_uv_error(int code, const std::string& what);

}  // namespace rosterd::net
