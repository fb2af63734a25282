// SPDX-License-Identifier: MIT
// The table between the panes: its forms are sent without leaving the page, which would close the
// chats, and it is read again when something has changed.
const friends = document.querySelector("#friends");
const trouble = document.querySelector("#trouble");
const EVERY = 1000; // ms; changes made elsewhere, and who is online
let shown = "";

async function read() {
  const reply = await fetch("/chat/table");
  return reply.ok ? reply.text() : shown;
}

function show(table) {
  if (table !== shown) friends.innerHTML = table;
  shown = table;
}

function isBeingEdited(input) {
  return input === document.activeElement || input.value !== input.defaultValue;
}

async function follow() {
  try {
    const table = document.hidden ? shown : await read();
    if (![...friends.querySelectorAll("input")].some(isBeingEdited)) show(table);
    trouble.textContent = "";
  } catch {
    trouble.textContent = "The web application does not answer.";
  }
  setTimeout(follow, EVERY);
}

friends.addEventListener("submit", async (event) => {
  event.preventDefault();
  const { action, method } = event.target;
  const body = new URLSearchParams(new FormData(event.target));
  try {
    const reply = await fetch(action, { method, body });
    trouble.textContent = reply.ok ? "" : `That was refused: ${reply.status}`;
    show(await read());
  } catch {
    trouble.textContent = "The web application does not answer.";
  }
});

follow();
