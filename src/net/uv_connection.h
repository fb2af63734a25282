// SPDX-License-Identifier: MIT
// Connection::Uv: the socket of a connection. For the sources of this room alone.
#pragma once

#include <uv.h>

#include "net/connection.h"

namespace rosterd::net {

struct Connection::Uv {
  uv_tcp_t tcp;

  uv_stream_t* stream() { return reinterpret_cast<uv_stream_t*>(&tcp); }
  uv_handle_t* handle() { return reinterpret_cast<uv_handle_t*>(&tcp); }

  static Connection& of(uv_handle_t* handle);
  static void on_alloc(uv_handle_t* handle, std::size_t, uv_buf_t* buffer);
  static void on_read(uv_stream_t* stream, ssize_t size, const uv_buf_t* buffer);
  static void on_written(uv_write_t* request, int status);
  static void on_closed(uv_handle_t* handle);
};

}  // namespace rosterd::net
