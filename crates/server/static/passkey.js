// Passkeys: asks the server what to ask the browser for, and sends the browser's answer as the form that stands on the page. It is loaded
// where passkeys are added and where people sign in with one, and nowhere else. Without this script, everything else works.
"use strict";
(() => {
  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (one) => one.charCodeAt(0));
  const text = (buffer) => btoa(Array.from(new Uint8Array(buffer), (one) => String.fromCharCode(one)).join(""))
    .replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

  const WORDS = {
    NotAllowedError: "Nothing was done: it was cancelled, took too long, or there is no passkey for these pages here.",
    InvalidStateError: "This authenticator has a passkey for this account already.",
    NotSupportedError: "This authenticator makes no passkey that can be used here.",
    SecurityError: "The browser uses no passkeys at this address.",
    ConstraintError: "This authenticator cannot keep a passkey, or cannot verify who uses it: set a PIN on it first.",
  };

  const ask = async (form) => {
    const answer = await fetch(form.dataset.ask, { method: "POST", body: new URLSearchParams(new FormData(form)) });
    const told = await answer.json().catch(() => ({ what: "The server did not answer as it should", hint: "load the page anew" }));
    if (!answer.ok || !told.options) throw new Error([told.what, told.why, told.hint].filter(Boolean).join("; "));
    return told;
  };

  const add = async (form) => {
    const { options, challenge } = await ask(form);
    if (form.elements.present) form.elements.present.value = "";
    const known = options.excludeCredentials.map((one) => ({ ...one, id: bytes(one.id) }));
    const user = { ...options.user, id: bytes(options.user.id) };
    const publicKey = { ...options, challenge: bytes(options.challenge), user, excludeCredentials: known };
    const { response } = await navigator.credentials.create({ publicKey });
    return { challenge, client_data: text(response.clientDataJSON), attestation: text(response.attestationObject) };
  };

  const signIn = async (form) => {
    const { options } = await ask(form);
    const { rawId, response } = await navigator.credentials.get({ publicKey: { ...options, challenge: bytes(options.challenge) } });
    return {
      credential: text(rawId),
      account: response.userHandle ? text(response.userHandle) : "",
      client_data: text(response.clientDataJSON),
      authenticator_data: text(response.authenticatorData),
      signature: text(response.signature),
    };
  };

  const form = document.querySelector("form[data-passkey]");
  const said = document.getElementById("passkey-said");
  const elsewhere = document.getElementById("passkey-elsewhere");
  if (!form || !said) return;
  const say = (words) => { said.textContent = words; said.hidden = words === ""; };
  if (!window.PublicKeyCredential) return say("This browser knows no passkeys.");
  // Browsers bind passkeys to the name in the address: elsewhere they would refuse.
  if (location.origin !== form.dataset.origin) { elsewhere.hidden = false; return; }
  form.hidden = false;

  const button = form.querySelector("button");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    say("");
    try {
      const fields = await (form.dataset.passkey === "add" ? add(form) : signIn(form));
      for (const [name, value] of Object.entries(fields)) form.elements[name].value = value;
      form.submit();
    } catch (error) {
      say(WORDS[error.name] ?? error.message);
      button.disabled = false;
      button.focus();
    }
  });
})();
