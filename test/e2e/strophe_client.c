/* SPDX-License-Identifier: MIT */
/* strophe_client JID PASSWORD ADDRESS PORT CERTIFICATE: a client on libstrophe for the end-to-end
 * tests. It logs in, asks for its roster and says that it is there. It reads commands from standard
 * input and prints what it sees, one line each:
 *
 *   message TO TEXT     "online", "offline REASON", "contact JID SUBSCRIPTION"
 *   quit                "push JID SUBSCRIPTION", "presence FROM TYPE", "message FROM TEXT"
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strophe.h>
#include <unistd.h>

static xmpp_ctx_t* context;
static int running = 1;

static const char* or_nothing(const char* text) { return text ? text : ""; }

static void print_items(const char* what, xmpp_stanza_t* iq) {
  xmpp_stanza_t* query = xmpp_stanza_get_child_by_ns(iq, XMPP_NS_ROSTER);
  xmpp_stanza_t* item = query ? xmpp_stanza_get_children(query) : NULL;
  for (; item; item = xmpp_stanza_get_next(item)) {
    printf("%s %s %s\n", what, or_nothing(xmpp_stanza_get_attribute(item, "jid")),
           or_nothing(xmpp_stanza_get_attribute(item, "subscription")));
  }
}

static int on_message(xmpp_conn_t* conn, xmpp_stanza_t* message, void* data) {
  (void)conn, (void)data;
  char* body = xmpp_message_get_body(message);
  if (body) printf("message %s %s\n", or_nothing(xmpp_stanza_get_from(message)), body);
  if (body) xmpp_free(context, body);
  return 1;
}

static int on_presence(xmpp_conn_t* conn, xmpp_stanza_t* presence, void* data) {
  (void)conn, (void)data;
  const char* type = xmpp_stanza_get_type(presence);
  printf("presence %s %s\n", or_nothing(xmpp_stanza_get_from(presence)), type ? type : "available");
  return 1;
}

static int on_push(xmpp_conn_t* conn, xmpp_stanza_t* iq, void* data) {
  (void)data;
  print_items("push", iq);
  xmpp_stanza_t* reply = xmpp_iq_new(context, "result", xmpp_stanza_get_id(iq));
  xmpp_send(conn, reply);
  xmpp_stanza_release(reply);
  return 1;
}

static int on_roster(xmpp_conn_t* conn, xmpp_stanza_t* iq, void* data) {
  (void)data;
  print_items("contact", iq);
  xmpp_stanza_t* presence = xmpp_presence_new(context);
  xmpp_send(conn, presence);
  xmpp_stanza_release(presence);
  printf("online\n");
  return 0;
}

static void ask_roster(xmpp_conn_t* conn) {
  xmpp_stanza_t* iq = xmpp_iq_new(context, "get", "roster1");
  xmpp_stanza_t* query = xmpp_stanza_new(context);
  xmpp_stanza_set_name(query, "query");
  xmpp_stanza_set_ns(query, XMPP_NS_ROSTER);
  xmpp_stanza_add_child(iq, query);
  xmpp_id_handler_add(conn, on_roster, "roster1", NULL);
  xmpp_send(conn, iq);
  xmpp_stanza_release(query);
  xmpp_stanza_release(iq);
}

static void on_connection(xmpp_conn_t* conn, xmpp_conn_event_t event, int error,
                          xmpp_stream_error_t* stream_error, void* data) {
  (void)data;
  if (event == XMPP_CONN_CONNECT) {
    xmpp_handler_add(conn, on_message, NULL, "message", NULL, NULL);
    xmpp_handler_add(conn, on_presence, NULL, "presence", NULL, NULL);
    xmpp_handler_add(conn, on_push, XMPP_NS_ROSTER, "iq", "set", NULL);
    ask_roster(conn);
    return;
  }
  printf("offline error=%d stream_error=%d\n", error, stream_error ? (int)stream_error->type : -1);
  running = 0;
}

static void send_message(xmpp_conn_t* conn, char* arguments) {
  char* text = strchr(arguments, ' ');
  if (!text) return;
  *text++ = '\0';
  xmpp_stanza_t* message = xmpp_message_new(context, "chat", arguments, "m1");
  xmpp_message_set_body(message, text);
  xmpp_send(conn, message);
  xmpp_stanza_release(message);
}

/* Standard input is unbuffered here, so that poll() knows about every unread line. */
static void obey(xmpp_conn_t* conn) {
  struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
  char line[4096];
  if (poll(&input, 1, 0) <= 0) return;
  if (!fgets(line, sizeof line, stdin) || strcmp(line, "quit\n") == 0) {
    xmpp_disconnect(conn);
    return;
  }
  line[strcspn(line, "\n")] = '\0';
  if (strncmp(line, "message ", 8) == 0) send_message(conn, line + 8);
}

int main(int argc, char** argv) {
  if (argc != 6) {
    fprintf(stderr, "usage: strophe_client JID PASSWORD ADDRESS PORT CERTIFICATE\n");
    return 2;
  }
  setvbuf(stdin, NULL, _IONBF, 0);
  setvbuf(stdout, NULL, _IOLBF, 0);
  xmpp_initialize();
  context = xmpp_ctx_new(NULL, NULL);
  xmpp_conn_t* conn = xmpp_conn_new(context);
  xmpp_conn_set_flags(conn, XMPP_CONN_FLAG_MANDATORY_TLS);
  xmpp_conn_set_jid(conn, argv[1]);
  xmpp_conn_set_pass(conn, argv[2]);
  xmpp_conn_set_cafile(conn, argv[5]);
  const unsigned short port = (unsigned short)strtoul(argv[4], NULL, 10);
  if (xmpp_connect_client(conn, argv[3], port, on_connection, NULL) != XMPP_EOK) {
    printf("offline no connection\n");
    running = 0;
  }
  while (running) {
    xmpp_run_once(context, 20);
    obey(conn);
  }
  xmpp_conn_release(conn);
  xmpp_ctx_free(context);
  xmpp_shutdown();
  return 0;
}
