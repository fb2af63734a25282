// SPDX-License-Identifier: MIT
// One user's chat. He is logged in by the web application: for each connection converse.js asks
// the address `login` for {"jid", "password"}, and the password is a token that works once.
import "/converse/converse.min.js";

const { login, name, websocket } = document.body.dataset;

// What converse.js shows before the login, its form and its sponsors' pictures from another site,
// has no place in this page.
customElements.define("converse-footer", class extends HTMLElement {});
customElements.define(
  "converse-login-form",
  class extends HTMLElement {
    connectedCallback() {
      this.textContent = "Logging in…";
    }
  },
);

// A connection that was lost ends the session, and what has changed meanwhile is nowhere but in the
// contact list of the next one, which converse.js would not ask for: it goes on with what it had.
converse.plugins.add("contacts-anew", {
  initialize() {
    const { _converse } = this;
    _converse.api.listen.on("will-reconnect", () => {
      _converse.session.save("roster_cached", false);
      _converse.state.roster?.clearStore();
    });
  },
});

converse.initialize({
  authentication: "login",
  auto_login: true,
  credentials_url: login,
  websocket_url: websocket,
  discover_connection_methods: false,

  // Who is whose friend is for the web application to say.
  allow_contact_requests: false,
  allow_contact_removal: false,
  allow_non_roster_messaging: false,
  allow_registration: false,
  allow_logout: false,
  enable_roster_versioning: false,
  show_self_in_roster: false,

  // Nothing is kept in the browser, and nothing fetched from elsewhere.
  persistent_store: "sessionStorage",
  reuse_scram_keys: false,
  assets_path: "/converse/",
  autocomplete_providers_url: "",
  embed_3rd_party_media_players: false,
  render_media: false,
  i18n: "en",

  view_mode: "fullscreen",
  theme: "classic",
  dark_theme: "classic", // pane.css knows both
  nickname: name,
  show_client_info: false,
  show_desktop_notifications: false,
  play_sounds: false,
  auto_focus: false,
  visible_toolbar_buttons: { emoji: true },
  whitelisted_plugins: ["contacts-anew"],
  blacklisted_plugins: [
    "converse-bookmark-views",
    "converse-headlines-view",
    "converse-mam-views",
    "converse-minimize",
    "converse-omemo-views",
    "converse-omemo",
    "converse-register",
  ],
});
