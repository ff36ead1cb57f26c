/// <reference lib="dom" />

/** Finds an element of the page's document. Throws if there is none. */
export function element<E extends HTMLElement>(id: string, kind: abstract new () => E): E {
  const found = document.getElementById(id);
  if (found instanceof kind) return found;
  throw new Error(`the page has no ${id}`);
}

export const button = (id: string) => element(id, HTMLButtonElement);
export const place = (id: string) => element(id, HTMLElement);
