// Passkeys: the browser's authenticator is asked, and its answer goes with the form
// that was sent. Without this script, or where the browser has no passkeys, the
// forms stay hidden.
"use strict";

const told = (form, sentence) => {
  const p = document.createElement("p");
  p.className = "notice bad";
  p.textContent = sentence;
  form.querySelector("[data-said]").replaceChildren(...(sentence ? [p] : []));
};

// sentence is what the page says about what the browser reports (WebAuthn level 3, 5.1.3 and 5.1.4).
const sentence = (form, error) =>
  ({ NotAllowedError: form.dataset.cancelled, AbortError: form.dataset.cancelled, InvalidStateError: form.dataset.there, SecurityError: form.dataset.elsewhere })[error.name] || form.dataset.failed;

// ask asks the server what to ask the authenticator. It returns null where the page
// has told why not, or leads elsewhere.
const ask = async (form) => {
  const response = await fetch(form.dataset.begin, { method: "POST", headers: { Accept: "application/json" }, body: new URLSearchParams(new FormData(form)) });
  if (response.redirected) { // signed out meanwhile
    location.assign(response.url);
    return null;
  }
  const answer = await response.json();
  if (!response.ok) {
    told(form, answer.problem);
    return null;
  }
  return answer;
};

const answer = async (form) => {
  const asked = await ask(form);
  if (!asked) return;
  const options = asked.options.publicKey;
  const credential = form.dataset.passkey === "create"
    ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) })
    : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) });
  form.elements.token.value = asked.token;
  form.elements.answer.value = JSON.stringify(credential.toJSON());
  form.submit();
};

document.querySelectorAll("form[data-passkey]").forEach((form) => {
  const parse = form.dataset.passkey === "create" ? "parseCreationOptionsFromJSON" : "parseRequestOptionsFromJSON";
  if (!window.PublicKeyCredential || !(parse in PublicKeyCredential)) return;
  form.hidden = false;
  document.querySelectorAll("[data-without-passkey]").forEach((e) => { e.hidden = true; });
  let busy = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (busy) return;
    busy = true;
    told(form, "");
    try {
      await answer(form);
    } catch (error) {
      told(form, sentence(form, error));
    } finally {
      busy = false;
    }
  });
});
