/// <reference lib="dom" />
import { type Api, openApi, Problem } from "./http/api.ts";
import { button, element, place } from "./nodes.ts";

const KEPT = "matchlight-token";

/**
 * Whether a new token is needed. Other failures pass, such as those of the network: the page can be loaded again with the token. Pure.
 */
export const isTokenRefused = (code: string) => ["token_missing", "token_refused", "not_allowed"].includes(code);

/**
 * Asks for a token until the gateway accepts one. The session storage of this tab keeps the token. A token in the fragment of the
 * URL is removed from the address at once; browsers send the fragment to nobody.
 * @param attempt the request that the token must allow; throws Problem if it does not
 */
export async function signIn<T>(attempt: (api: Api) => Promise<T>, say: (code: string) => string): Promise<[Api, T]> {
  button("sign-out").addEventListener("click", signOut);
  let token = takeFragment() ?? sessionStorage.getItem(KEPT) ?? (await askForToken());
  for (;;) {
    const api = openApi(token);
    try {
      const result = await attempt(api);
      sessionStorage.setItem(KEPT, token);
      show(true);
      return [api, result];
    } catch (error) {
      const code = error instanceof Problem ? error.code : "failed";
      place("sign-in-trouble").textContent = say(code);
      if (isTokenRefused(code)) sessionStorage.removeItem(KEPT);
      else sessionStorage.setItem(KEPT, token);
      token = await askForToken();
    }
  }
}

function signOut(): void {
  sessionStorage.removeItem(KEPT);
  location.reload();
}

function takeFragment(): string | undefined {
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  if (token !== null) history.replaceState(null, "", location.pathname);
  return token ?? undefined;
}

function show(isSignedIn: boolean): void {
  place("sign-in").hidden = isSignedIn;
  place("signed-in").hidden = !isSignedIn;
  button("sign-out").hidden = !isSignedIn;
}

function askForToken(): Promise<string> {
  const input = element("token", HTMLInputElement);
  show(false);
  input.value = "";
  input.focus();
  return new Promise((resolve) => {
    input.form?.addEventListener(
      "submit",
      (event) => {
        event.preventDefault();
        place("sign-in-trouble").textContent = "";
        resolve(input.value.trim());
        input.value = "";
      },
      { once: true },
    );
  });
}
